"""The Celery application.

A message is only a hint: PostgreSQL holds the work, sweepers find what a lost message left behind.
"""

import logging
import os
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

logger = logging.getLogger(__name__)


class HintTask(DjangoTask):  # type: ignore[type-arg]  # generic in its stubs only
    """A task whose message may be lost without harm: a broker that is down never fails the request."""

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().apply_async(*args, **kwargs)
        except OperationalError as error:
            logger.warning("broker unreachable, %s is left to the sweeper: %s", self.name, error)
            return None


app = Celery("assay", task_cls=HintTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
