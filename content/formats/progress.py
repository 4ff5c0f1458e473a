"""How far a reader has come: it counts each question that it begins, and an import may listen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[int], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within the block `listener` gets the number of questions that were begun, after each."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def begun(count: int) -> None:
    """A reader has begun its question number `count`."""
    if listener := _listener.get():
        listener(count)
