"""Files on their way in and out: the commands, and what an import leaves."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from content import exporting, importing
from content.formats.reading import Source
from content.models import Item, ItemVersion, Quiz, QuizVersion
from content.writing import Author
from tests import cast

GIFT = """::Capital:: What is the capital of France? {=Paris ~Lyon ~Nice}

::Sum:: What is 2 + 3? {#5}

::Sky:: The sky is blue.{T}
"""


@pytest.fixture
def file(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    path = tmp_path / "geography.gift"
    path.write_text(GIFT)
    return path


def run(*words: Any, **options: Any) -> str:
    out = StringIO()
    call_command(*map(str, words), stdout=out, stderr=out, **options)
    return out.getvalue()


def test_dry_run_says_what_is_there_and_stores_nothing(db: None, file: Path) -> None:
    found = json.loads(run("import_content", file, "--json"))
    assert found["format"] == "gift"
    assert [item["kind"] for item in found["items"]] == ["choice", "numeric", "true_false"]
    assert [item["key"] for item in found["items"]] == [["Paris"], ["5"], ["True"]]
    assert found["losses"] == []
    assert not Quiz.objects.exists()


def test_person_at_a_terminal_sees_how_far_a_large_bank_has_come(tmp_path: Path) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    path = tmp_path / "bank.gift"
    path.write_text("".join(f"::Q{number}:: Is {number} a number? {{T}}\n\n" for number in range(250)))
    terminal = Terminal()
    call_command("import_content", path, "--json", stdout=StringIO(), stderr=terminal)
    assert terminal.getvalue().count("\r[" + "#" * 16 + "." * 24 + "] 100 questions read") == 1
    assert terminal.getvalue().count(" 200 questions read") == 1
    quiet = StringIO()
    call_command("import_content", path, "--json", stdout=StringIO(), stderr=quiet)
    assert quiet.getvalue() == ""


def test_published_once_and_unchanged_the_second_time(db: None, file: Path) -> None:
    school = cast.make_institution(slug="north")
    run("import_content", file, "--publish", "--institution", "north")
    version = QuizVersion.objects.get()
    assert version.quiz.institution == school
    assert not version.quiz.practice
    assert [place.item_version.kind for place in version.places.all()] == ["choice", "numeric", "true_false"]
    run("import_content", file, "--publish", "--institution", "north")
    assert QuizVersion.objects.get() == version
    assert Item.objects.count() == 3


def test_changed_question_gets_a_version_and_the_others_keep_theirs(db: None, file: Path) -> None:
    run("import_content", file, "--publish")
    file.write_text(GIFT.replace("~Nice", "~Nantes"))
    run("import_content", file, "--publish")
    assert QuizVersion.objects.count() == 2
    assert ItemVersion.objects.count() == 4


def test_printed_sheet_without_key_cannot_be_published(db: None, tmp_path: Path) -> None:
    sheet = Path(__file__).parents[2] / "content" / "demo" / "when-to-fine-tune.txt"
    found = json.loads(run("import_content", sheet, "--json"))
    assert found["format"] == "sheet"
    assert {item["key_state"] for item in found["items"]} == {"unkeyed"}
    with pytest.raises(CommandError, match="key"):
        run("import_content", sheet, "--publish")
    assert not QuizVersion.objects.exists()


@pytest.mark.parametrize("known", exporting.writable_formats(), ids=lambda known: known.name)
def test_quiz_goes_out_in_every_format_and_comes_in_again(db: None, file: Path, known: Any, tmp_path: Path) -> None:
    run("import_content", file, "--publish")
    quiz = Quiz.objects.get()
    target = tmp_path / "out"
    run("export_content", quiz.slug, "--to", known.name, "-o", target)
    _format, draft = importing.read(importing.open_file(target), known.name)
    kinds = [item.kind for item in draft.items]
    lost = len(exporting.export(quiz=quiz, to=known.name).losses)
    assert kinds == ["choice", "numeric", "true_false"] or lost


def test_folder_of_markdown_is_kept_in_step(db: None, file: Path, tmp_path: Path) -> None:
    run("import_content", file, "--publish")
    folder = tmp_path / "checks"
    folder.mkdir()
    written = exporting.export(quiz=Quiz.objects.get(), to="markdown")
    (folder / "one.md").write_bytes(written.data)
    cast.make_institution(slug="north")
    assert "one.md" in run("sync_content", folder, "--institution", "north")
    assert "unchanged" in run("sync_content", folder, "--institution", "north")
    assert Quiz.objects.filter(institution__slug="north", current__isnull=False).count() == 1


def test_file_that_is_none_is_refused_in_one_sentence(db: None, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 100)
    with pytest.raises(CommandError) as error:
        run("import_content", path)
    assert len(str(error.value).splitlines()) == 1


def test_key_beside_a_sheet_is_joined_and_another_key_is_taken_in(db: None, tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    demo = Path(__file__).parents[2] / "content" / "demo"
    sheet, key = demo / "when-to-fine-tune.txt", demo / "answer-key.json"
    source = importing.open_file(sheet, key)
    author = Author("Olga")

    def take(source: Source) -> importing.Taken:
        return importing.take(draft=importing.read(source)[1], source=source, author=author, now=cast.NOW)

    bare = take(replace(source, key=None))
    assert {item.key_state for item in bare.quiz.items.all()} == {"unkeyed"}
    keyed = take(source)
    assert (keyed.quiz, keyed.changed) == (bare.quiz, True)
    assert "approved" in {item.key_state for item in keyed.quiz.items.all()}
    assert keyed.quiz.items.count() == 10
    assert not take(source).changed
