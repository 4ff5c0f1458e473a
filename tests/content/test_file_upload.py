"""File upload: what may be handed in, and how its answer is kept."""

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.item_types import InvalidAnswer, file_upload
from tests.content import rules

BODY: dict[str, Any] = {
    "stem": "Hand in your report.",
    "types": [".pdf", ".docx", ".odt", ".doc", ".png", ".jpeg", ".txt", ".csv", ".py", ".xyz", ".zip", ".tgz"],
    "max_size": 1_000_000,
    "max_files": 2,
    "rubric": [
        {"level": "full", "idea": "Names *three* sources", "example": ""},
        {"level": "none", "idea": "Names no source", "example": ""},
    ],
    "section": None,
}
ONE = {"id": "f1", "name": "report.pdf", "size": 12_345}
TWO = {"id": "f2", "name": "Größe „2“.png", "size": 1}
FIELDS = st.sampled_from(["types", "max_size", "max_files", "rubric-level", "rubric-idea", "rubric-example", "x"])


def zipped(*names: str, stored: bytes = b"x") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, stored)
    return packed.getvalue()


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + b"\x00" * 13
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
WORD = zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml")
OLD_WORD = file_upload.OLD_OFFICE + b"\x00" * 600
PROGRAM = b"MZ" + b"\x00" * 200


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("report.pdf", PDF),
        ("REPORT.PDF", PDF),
        ("a.b.docx", WORD),
        ("essay.odt", zipped("mimetype", stored=b"application/vnd.oasis.opendocument.text")),
        ("old.doc", OLD_WORD),
        ("picture.png", PNG),
        ("photo.jpeg", b"\xff\xd8\xff\xe0" + b"\x00" * 20),
        ("notes.txt", "Größe, naïve, 数".encode()),
        ("cut.txt", ("é" * file_upload.HEAD).encode()[: file_upload.HEAD - 1]),
        ("notes.txt", "Größe".encode("cp1252")),
        ("table.csv", "a;b\n1;2\n".encode("utf-16")),
        ("sum.py", b"#!/usr/bin/env python3\nprint(1)\n"),
        ("own.xyz", b"\x01\x02\x03 whatever its program writes"),
        ("all.zip", zipped("a.txt")),
        ("all.tgz", b"\x1f\x8b\x08\x00" + b"\x00" * 20),
    ],
)
def test_file_that_is_what_its_name_says_may_be_handed_in(name: str, head: bytes) -> None:
    assert file_upload.check_file(BODY, name, len(head), head) is None


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("report.pdf", PNG),
        ("report.pdf", b"just text"),
        ("report.pdf", PROGRAM),
        ("essay.docx", PDF),
        ("essay.docx", b"PK no archive"),
        ("picture.png", b"\xff\xd8\xff\xe0" + b"\x00" * 20),
        ("notes.txt", PROGRAM),
        ("notes.txt", PDF),
        ("notes.txt", b"a\x00b"),
        ("notes.txt", b"\xff\xfea"[:2] + b"\x00\xd8\x00\xd8"),
        ("own.xyz", PROGRAM),
        ("old.doc", WORD),
    ],
)
def test_file_that_is_not_what_its_name_says_is_refused_by_its_name(name: str, head: bytes) -> None:
    found = file_upload.check_file(BODY, name, len(head), head)
    assert found is not None
    assert name in found


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("report.exe", 10, ".pdf, .docx"),
        ("report", 10, "cannot be handed in"),
        ("pdf", 10, "cannot be handed in"),
        ("report.pdf.exe", 10, "cannot be handed in"),
        ("report.pdf", 0, "empty"),
        ("report.pdf", 1_000_001, "larger than 976.6"),
    ],
)
def test_type_and_size_are_checked_before_the_content(name: str, size: int, words: str) -> None:
    assert words in str(file_upload.check_file(BODY, name, size, PDF))


def test_real_files_of_this_project_are_what_they_say() -> None:
    body = BODY | {"types": [".py", ".md", ".css", ".js", ".html", ".toml"], "max_size": 10**6}
    root = Path(__file__).parents[2]
    files = [path for path in [*root.glob("*.*"), *(root / "content").rglob("*.*")] if path.suffix in body["types"]]
    assert len(files) > 20
    refused = [
        path for path in files if file_upload.check_file(body, path.name, 1 + path.stat().st_size, path.read_bytes())
    ]
    assert refused == []


@given(
    name=st.text() | st.sampled_from([f"a{ending}" for ending in BODY["types"]]),
    size=st.integers(),
    head=st.binary(max_size=600)
    | st.builds(lambda start, more: start + more, st.sampled_from([PDF, WORD, PNG, OLD_WORD]), st.binary()),
)
def test_any_file_may_be_handed_in_or_is_refused_in_words(name: str, size: int, head: bytes) -> None:
    assert file_upload.check_file(BODY, name, size, head) is None or file_upload.check_file(BODY, name, size, head)


def test_form_holds_each_file_and_takes_away_those_that_are_ticked() -> None:
    fields = file_upload.to_form(BODY, {"files": [ONE, TWO]})
    assert [json.loads(value) for value in fields[""]] == [ONE, TWO]
    left = file_upload.from_form(BODY, fields | {"remove": ["f1", "other"]})
    assert file_upload.clean(BODY, left) == {"files": [TWO]}
    assert file_upload.clean(BODY, file_upload.from_form(BODY, fields | {"remove": ["f1", "f2"]})) == {}


def test_files_of_a_browser_that_sent_only_their_names_are_not_lost_silently() -> None:
    with pytest.raises(InvalidAnswer, match="Choose it again"):
        file_upload.clean(BODY, file_upload.from_form(BODY, {"": ["report.pdf"]}))


def test_same_file_counts_once_and_more_than_allowed_are_refused() -> None:
    assert file_upload.clean(BODY, {"files": [ONE, ONE]}) == {"files": [ONE]}
    with pytest.raises(InvalidAnswer, match="2 files at most"):
        file_upload.clean(BODY, {"files": [ONE, TWO, ONE | {"id": "f3"}]})


@pytest.mark.parametrize(
    "change",
    [{"id": ""}, {"id": 1}, {"id": "a\n"}, {"id": "a" * 65}, {"name": ""}, {"name": "a.exe"}, {"name": "a" * 300}]
    + [{"size": size} for size in (0, -1, 1.5, True, None, "9", 10**9)],
)
def test_what_is_no_stored_file_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidAnswer):
        file_upload.clean(BODY, {"files": [ONE | change]})


def test_files_wait_for_a_person_who_decides_by_the_rubric() -> None:
    outcome = file_upload.mark(BODY, {"files": [ONE]})
    assert (outcome.credit, outcome.tier) == (None, "person")
    assert [level.id for level in file_upload.levels(BODY)] == ["full", "none"]
    assert file_upload.expected(BODY) == ["Names three sources"]
    assert file_upload.text(BODY, {"files": [ONE, TWO]}) == "report.pdf\nGröße „2“.png"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stem": ""}, "no text"),
        ({"types": []}, "types of file"),
        ({"types": ["pdf"]}, "types of file"),
        ({"types": [".PDF"]}, "types of file"),
        ({"types": ".pdf"}, "types of file"),
        ({"types": [1]}, "types of file"),
        ({"max_size": 0}, "1 byte"),
        ({"max_size": 1.5}, "1 byte"),
        ({"max_size": 2**40}, "1 byte"),
        ({"max_files": 0}, "may be handed in"),
        ({"max_files": True}, "may be handed in"),
        ({"rubric": []}, "full credit"),
        ({"rubric": None}, "rubric"),
    ],
)
def test_file_upload_that_cannot_be_published_says_why(change: dict[str, Any], words: str) -> None:
    assert words in " ".join(file_upload.problems(BODY | change))


def test_editor_reads_types_as_people_write_them_and_sizes_in_megabytes() -> None:
    fields = {
        "types": ["PDF, .docx; *.odt pdf"],
        "max_size": ["2,5"],
        "max_files": ["3"],
        "rubric-level": ["full", "half"],
        "rubric-idea": ["Names sources", ""],
        "rubric-example": ["", ""],
    }
    assert file_upload.from_editor(fields) == {
        "types": [".pdf", ".docx", ".odt"],
        "max_size": 2_621_440,
        "max_files": 3,
        "rubric": [{"level": "full", "idea": "Names sources", "example": ""}],
    }


FILES = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["f1", "f2"]) | rules.LEAVES,
        "name": st.sampled_from(["a.pdf", "b .txt"]) | st.builds("{}.pdf".format, st.text()) | rules.LEAVES,
        "size": st.integers(1, 100) | rules.LEAVES,
    },
)


@given(raw=st.builds(dict, files=st.lists(FILES, max_size=3) | rules.JSON) | st.lists(FILES, max_size=3))
def test_any_answer_to_a_file_upload_is_cleaned_once_for_all_or_refused(raw: Any) -> None:
    rules.answer_is_cleaned_once_for_all_or_refused("file_upload", BODY, raw)
    rules.any_stored_answer_raises_invalid_answer_only("file_upload", BODY, raw)


@given(
    fields=st.dictionaries(
        st.sampled_from(["", "remove", "x"]),
        st.lists(st.builds(json.dumps, FILES) | st.text() | st.sampled_from(["[", "[" * 5000, "f1", "1e999", "{}"])),
    )
)
def test_any_fields_are_files_or_refused(fields: dict[str, list[str]]) -> None:
    rules.any_fields_of_its_control_are_an_answer_or_refused("file_upload", BODY, fields)


@given(fields=st.dictionaries(FIELDS, st.lists(st.sampled_from(["full", "1", "pdf", ""]) | st.text())))
def test_any_fields_of_its_editor_make_a_file_upload(fields: dict[str, list[str]]) -> None:
    rules.any_fields_of_its_editor_make_a_body("file_upload", fields)


@given(body=st.dictionaries(st.sampled_from(["stem", "types", "max_size", "max_files", "rubric"]), rules.JSON))
def test_any_body_of_a_file_upload_has_problems_or_none(body: Any) -> None:
    rules.any_body_has_problems_or_none("file_upload", body)
