"""How far a reader has come: it says how many questions there are and counts each that it begins."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

Listener = Callable[[int, int], None]


@dataclass
class _Listening:
    listener: Listener
    expected: int = 0


_listening: ContextVar[_Listening | None] = ContextVar("listening", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within the block `listener` gets, at each question, how many were begun and of how many (0: not known)."""
    token = _listening.set(_Listening(listener))
    try:
        yield
    finally:
        _listening.reset(token)


def expect(count: int) -> None:
    """A reader is about to read about so many questions."""
    if found := _listening.get():
        found.expected = count


def begun(count: int) -> None:
    """A reader has begun its question number `count`."""
    if found := _listening.get():
        found.listener(count, found.expected)
