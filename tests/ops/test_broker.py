"""A broker that is gone."""

import os
import subprocess
import sys

from dev.local import ROOT
from tests.system import free_port

SCRIPT = """
import django
django.setup()
from assessment import tasks
from config import celery
celery.QUIET_SECONDS = 1e6  # however slow this machine is
for _ in range(20):
    tasks.mark_attempt.delay("01890000-0000-7000-8000-000000000001")
"""


def test_submissions_neither_fail_nor_queue_up_behind_a_dead_broker() -> None:
    gone = {
        **os.environ,
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    gone.pop("CELERY_BROKER_URL", None)
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=gone, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("left to the sweeper") == 1, "only the first asks the broker and waits for it"
