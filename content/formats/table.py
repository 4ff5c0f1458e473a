"""Every format in which content comes in or goes out. Adding one: its module and a line in FORMATS."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from content.formats import (
    aiken,
    csv,
    gift,
    gift_writing,
    markdown,
    moodle,
    moodle_writing,
    printed,
    qti,
    qti1,
    qti1_writing,
    qti_writing,
)
from content.formats.reading import Draft, Source, Written


@dataclass(frozen=True)
class Format:
    """`detect` says whether a file looks like it. `read` raises Refused for a file that cannot be read at all; what it
    could not take of any other stands in the draft's `losses`. A format without `write` only comes in.
    """

    name: str
    label: str
    extensions: tuple[str, ...]
    read: Callable[[Source], Draft]
    detect: Callable[[Source], bool]
    write: Callable[[Draft], Written] | None = None


# In the order in which a file is tried: the printed sheet last, which is plain text like others.
FORMATS = (
    Format("qti3", "QTI 3.0", (".xml", ".zip"), qti.read3, qti.detect3, qti_writing.write3),
    Format("qti2", "QTI 2.1 and 2.2", (".xml", ".zip"), qti.read2, qti.detect2, qti_writing.write2),
    Format(
        "cc", "Common Cartridge", (".imscc", ".zip"), qti1.read, qti1.detect_cartridge, qti1_writing.write_cartridge
    ),
    Format("qti1", "QTI 1.2 (Canvas)", (".xml", ".zip"), qti1.read, qti1.detect, qti1_writing.write),
    Format("moodle", "Moodle XML", (".xml",), moodle.read, moodle.detect, moodle_writing.write),
    Format("markdown", "Markdown", (".md", ".markdown", ".zip"), markdown.read, markdown.detect, markdown.write),
    Format("csv", "Table (CSV)", (".csv", ".tsv"), csv.read, csv.detect, csv.write),
    Format("aiken", "Aiken", (".txt", ".aiken"), aiken.read, aiken.detect, aiken.write),
    Format("gift", "GIFT", (".gift", ".txt"), gift.read, gift.detect, gift_writing.write),
    Format("sheet", "Printed sheet", (".txt",), printed.read, printed.detect),
)


class UnknownFormat(LookupError):
    """No format has this name, or none looks like this file."""


def named(name: str) -> Format:
    """Raises UnknownFormat."""
    return _first((known for known in FORMATS if known.name == name), name)


def of(source: Source) -> Format:
    """The first format that the file looks like. Raises UnknownFormat."""
    return _first((known for known in FORMATS if known.detect(source)), source.name)


def _first(fitting: Iterator[Format], what: str) -> Format:
    """Those after it are not tried."""
    found = next(fitting, None)
    if found is None:
        raise UnknownFormat(what)
    return found
