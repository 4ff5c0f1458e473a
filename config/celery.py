"""The Celery application.

A message is only a hint: PostgreSQL holds the work, sweepers find what a lost message left behind.
"""

import logging
import os
import time
from typing import Any

from celery import Celery, signals
from celery.contrib.django.task import DjangoTask
from django.db import close_old_connections
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

logger = logging.getLogger(__name__)

QUIET_SECONDS = 15.0
quiet_until = 0.0  # monotonic time, of this process


class HintTask(DjangoTask):  # type: ignore[type-arg]  # generic in its stubs only
    """A task whose message may be lost without harm: a broker that is down never fails the request.

    The Redis client tries for about six seconds before it gives up. So that not every submission waits for that,
    nothing is sent for a while after a failure: the sweepers find the work.
    """

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        global quiet_until
        if time.monotonic() < quiet_until:
            return None
        try:
            return super().apply_async(*args, **kwargs)
        except OperationalError as error:
            quiet_until = time.monotonic() + QUIET_SECONDS
            logger.warning("broker unreachable, %s is left to the sweeper: %s", self.name, error)
            return None


app = Celery("assay", task_cls=HintTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Celery's own care for Django closes the whole pool before and after every task: a new connection for each, which costs
# PostgreSQL more than the work. So it does that only now and then, and a connection goes back to the pool instead.
app.conf.CELERY_DB_REUSE_MAX = 10_000  # tasks


@signals.task_prerun.connect
@signals.task_postrun.connect
def give_back_connections(task: Any, **_: Any) -> None:
    """As Django does around every request. A task that runs inside a test's transaction leaves it alone."""
    if not task.request.is_eager:
        close_old_connections()
