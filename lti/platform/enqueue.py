"""Queues this package's tasks by name, so that no module imports `lti.tasks`, which imports most of them."""

from functools import partial
from importlib import import_module
from typing import Any

from django.db import transaction


def on_commit(name: str, *args: Any, after: float = 0.0) -> None:
    """Queue `lti.tasks.<name>` once the transaction commits, to run `after` seconds later."""
    task = getattr(import_module("lti.tasks"), name)
    transaction.on_commit(partial(task.apply_async, args, countdown=after or None))
