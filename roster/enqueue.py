"""Queues tasks by name, so that no module imports a room's tasks, which import most of that room."""

from functools import partial
from importlib import import_module
from typing import Any

from django.db import transaction


def on_commit(name: str, *args: Any, after: float = 0.0) -> None:
    """Queue a task such as `lti.tasks.drain` once the transaction commits, to run `after` seconds later."""
    module, task = name.rsplit(".", 1)
    queue = getattr(import_module(module), task).apply_async
    transaction.on_commit(partial(queue, args, countdown=after) if after else partial(queue, args))
