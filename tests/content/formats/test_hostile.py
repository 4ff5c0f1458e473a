"""Hostile files through the door that imports use: refused in one sentence or read, within bounds."""

import json
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content import importing
from content.formats import table
from content.formats.reading import Draft, Refused, Source
from tests.content.formats import hostile
from tests.content.formats.bodies import drafted
from tests.content.formats.test_markdown import PLAIN

SCRIPT = """
import json, resource, time, django
django.setup()
from content import importing
from content.formats.reading import Refused, Source
from tests.content.formats import hostile

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

for name, data in hostile.cases():
    before, began = peak(), time.process_time()
    try:
        said = importing.read(Source("hostile.txt", data))[0].name
    except Refused as refusal:
        said = str(refusal)
    print(json.dumps([name, said, time.process_time() - began, peak() - before]))
"""
WRITTEN = [
    known.write(Draft([drafted(kind, PLAIN[kind], kind) for kind in PLAIN], title="A")).data
    for known in table.FORMATS
    if known.write
]


def test_hostile_files_are_refused_or_read_within_bounds() -> None:
    """In a process of its own: processor time, and how far the memory grows. Two seconds on an idle machine."""
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=os.environ, check=True)
    found = [json.loads(line) for line in run.stdout.splitlines()]
    names = {known.name for known in table.FORMATS}
    assert len(found) > 150
    assert [name for name, _said, seconds, _grown in found if seconds > 10] == []
    assert [name for name, _said, _seconds, grown in found if grown > 200] == []
    refusals = [said for _name, said, _seconds, _grown in found if said not in names]
    assert len(refusals) > 50
    assert [said for said in refusals if not said.endswith(".") or "\n" in said or len(said) > 500] == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("answer-key.json", b'{"lesson": "a", "answers": [{"item": 1, "key": "B"}]}\n'),
        ("answer-key.json", b'{\n  "lesson": "a",\n  "answers": {\n    "1": "B"\n  }\n}\n'),
        ("empty.gift", b""),
        ("empty.gift", b"// nothing but a remark\n\n$CATEGORY: none\n"),
        ("broken.gift", b"Which? {=a ~b} or {=c ~d}"),
        ("empty.md", b"---\ntitle: a\n---\n# Questions\n"),
        ("empty.csv", b"stem,key\n"),
        ("empty.xml", b"<quiz/>"),
    ],
)
def test_a_file_without_a_question_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        importing.read(Source(name, data))
    assert str(refusal.value).endswith(".")
    assert name in str(refusal.value)


def test_every_question_has_an_identifier_of_its_own() -> None:
    data = b"::a::One {T}\n\n" * 3 + b"::a-2::Two {T}\n\n"
    _known, draft = importing.read(Source("same.gift", data))
    assert len({item.identifier for item in draft.items}) == 4


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_any_bytes_are_read_or_refused(data: st.DataObject) -> None:
    found = data.draw(hostile.mutations(data.draw(st.sampled_from(WRITTEN))))
    refusals = []
    for name in ("", *(known.name for known in table.FORMATS)):
        try:
            importing.read(Source("any.txt", found), name)
        except Refused as refusal:
            refusals.append(str(refusal))
    assert all(said.endswith(".") for said in refusals)
