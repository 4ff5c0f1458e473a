"""Queues this package's tasks by name, so that no module imports `assessment.tasks`, which imports most of them."""

from functools import partial
from importlib import import_module

from django.db import transaction


def on_commit(name: str, *args: str) -> None:
    """Queue `assessment.tasks.<name>` once the transaction commits."""
    task = getattr(import_module("assessment.tasks"), name)
    transaction.on_commit(partial(task.delay, *args))
