"""Every format in which content comes in or goes out. Adding one: its module and a line in FORMATS."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from content.formats import printed
from content.formats.reading import Draft, Source


class Read(Protocol):
    def __call__(self, source: Source, *, key: Source | None, lesson: str) -> Draft:
        """What the file says. Never raises: what could not be read is in `doubts`."""


@dataclass(frozen=True)
class Format:
    """`detect` says whether a file looks like it; a format without `write` only comes in."""

    name: str
    label: str
    read: Read
    detect: Callable[[Source], bool]
    write: Callable[[Draft], bytes] | None = None


FORMATS = (Format("sheet", "Printed sheet", printed.read, printed.detect),)


class UnknownFormat(LookupError):
    """No format has this name, or none looks like this file."""


def named(name: str) -> Format:
    """Raises UnknownFormat."""
    return _first([one for one in FORMATS if one.name == name], name)


def of(source: Source) -> Format:
    """The first format that the file looks like. Raises UnknownFormat."""
    return _first([one for one in FORMATS if one.detect(source)], source.name)


def _first(found: list[Format], what: str) -> Format:
    if not found:
        raise UnknownFormat(what)
    return found[0]
