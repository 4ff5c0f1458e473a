"""Whatever is done to a file of QTI, its reader gives a draft that can be written again, or refuses it."""

import io
import re
import zipfile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.formats import table
from content.formats.reading import Refused, Source
from tests.content.formats import drafts

NAMES = ("qti2", "qti3", "qti1", "cc")
PLACES = re.compile(rb'="[^"]*"|>[^<>]+<|<[\w-]+ ?/>')
PUT = st.sampled_from(
    [b'=""', b'="-1"', b'="1e999"', b'="a b c"', b'="nan"', b"><", b">0<", b"", b"<p>", b"&#0;", b"<not/>"]
)


def written() -> list[bytes]:
    """Every XML file that the writers make of every kind of question."""
    found = []
    for name in NAMES:
        known = table.named(name)
        assert known.write
        archive = zipfile.ZipFile(io.BytesIO(known.write(drafts.draft(drafts.COMMON + drafts.MORE)).data))
        found += [archive.read(member) for member in archive.namelist() if member.endswith((".xml", ".qti"))]
    return found


WRITTEN = written()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(WRITTEN))
    for _ in range(data.draw(st.integers(1, 3))):
        places = [found.span() for found in PLACES.finditer(text)]
        start, end = data.draw(st.sampled_from(places)) if places else (0, 0)
        text = text[:start] + data.draw(PUT) + text[end:]
    attempt(text)


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"<questestinterop>", b"<assessmentItem>", b"<qti-assessment-item>"])
)
def test_any_bytes_are_read_or_refused(data: bytes, start: bytes) -> None:
    attempt(start + data)


def attempt(data: bytes) -> None:
    source = Source("quiz.xml", data)
    for name in NAMES:
        known = table.named(name)
        known.detect(source)
        try:
            draft = known.read(source)
        except Refused:
            continue
        assert known.write
        assert known.write(draft).data
