"""The printed sheet is read whole, and what is odd is reported by its line."""

import random
import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from content.formats import lines, sheet
from content.formats.sheet import SheetReading
from tests.content import variants
from tests.content.conftest import QUIZ, SHEET


def texts(reading: SheetReading) -> Iterator[str]:
    """Everything that a reading holds, and what it reports."""
    yield from (reading.title, reading.summary, reading.check_title, reading.quiz_address)
    yield from (f"{reading.minutes} min", f"Reviewed {reading.review_year}", f"{reading.declared_questions} questions")
    for section in reading.sections:
        yield from (section.title, *section.paragraphs)
    for item in reading.items:
        yield from (item.stem, *item.options)


def unaccounted(text: str, reading: SheetReading) -> list[str]:
    """Lines of text that are neither in the reading nor named by a problem."""
    reported = {problem.line for problem in reading.problems}
    everything = "\n".join(texts(reading))
    found = []
    for line in lines.split(text)[0]:
        bare = line.text.lstrip("# ").rstrip(": ")
        unmarked = re.sub(r"^(?:\S{1,9}\s+){1,2}", "", line.text)
        if line.number in reported or any(part in everything for part in (line.text, bare, unmarked) if part):
            continue
        if sheet._facts(line.text) or sheet.DECLARED.match(line.text) or sheet.ADDRESS.search(line.text):
            continue
        if not line.text.strip("#: ") or re.fullmatch(r"(?i)(q(uestion)?)?\s*\d+[.):]?", line.text):
            continue
        found.append(f"{line.number}: {line.text}")
    return found


def test_real_sheet_is_read_exactly() -> None:
    reading = sheet.read(SHEET)
    assert reading.title == "When to Fine-Tune vs When to Just Prompt: A Decision Framework"
    assert reading.summary.startswith("Fine-tuning is expensive and slow to iterate on. Prompting is fast and free.")
    assert reading.summary.endswith("premature optimization.")
    assert (reading.minutes, reading.review_year, reading.declared_questions) == (40, 2026, 10)
    assert [(part.id, part.title, part.kind, len(part.paragraphs)) for part in reading.sections] == [
        ("the-premise", "The premise", "prose", 1),
        ("what-ai-does-well-here", "What AI does well here", "points", 4),
        ("what-ai-cannot-do", "What AI cannot do", "points", 3),
    ]
    assert reading.check_title == "End-of-lesson check"
    assert reading.quiz_slug == QUIZ
    assert reading.quiz_address == f"tendril.neural-forge.io/learn/quiz/{QUIZ}"
    assert [len(item.options) for item in reading.items] == [4, 4, 4, 4, 4, 4, 4, 0, 4, 3]
    assert [item.number for item in reading.items] == list(range(1, 11))
    printed = SHEET.split("\n")
    for item in reading.items:
        assert [item.stem, *item.options] == printed[item.line - 1 : item.line + len(item.options)]


def test_real_sheet_leaves_two_doubts() -> None:
    assert sheet.read(SHEET).problems == [
        sheet.Problem(52, "Question 8 has no options: read as an open question."),
        sheet.Problem(58, "Question 10 has 3 options where most have 4."),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "  \t\n"),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.replace("\nEnd-of-lesson", "\n\fEnd-of-lesson"),
        lambda text: text.replace("What should a careful", "\fWhat should a careful"),
        lambda text: text.replace("Organize", "Orga\u00adnize").replace("fine-tuning\n", "fine-tuning\u200b\n"),
        lambda text: text.replace("End-of-lesson check", "End\u2011of\u2011lesson check"),
        lambda text: text + "\n\n\n",
    ],
    ids=["crlf", "cr", "bom", "trailing", "nbsp", "formfeed", "formfeed2", "invisible", "hyphen", "blank end"],
)
def test_typography_does_not_change_the_reading(change) -> None:
    plain, changed = sheet.read(SHEET), sheet.read(change(SHEET))
    assert changed.items == plain.items
    assert [part.id for part in changed.sections] == [part.id for part in plain.sections]
    assert (changed.title, changed.summary, changed.minutes, changed.quiz_slug) == (
        plain.title,
        plain.summary,
        plain.minutes,
        plain.quiz_slug,
    )


def test_blank_lines_between_all_lines_change_nothing_but_line_numbers() -> None:
    spaced = sheet.read(SHEET.replace("\n", "\n\n"))
    assert [(item.stem, item.options) for item in spaced.items] == [
        (item.stem, item.options) for item in sheet.read(SHEET).items
    ]
    assert spaced.items[0].line == 33


def test_real_sheet_is_read_without_its_printed_number() -> None:
    without = sheet.read(SHEET.replace("10 questions · take", "Take"))
    assert [item.stem for item in without.items] == [item.stem for item in sheet.read(SHEET).items]
    assert without.declared_questions is None
    assert without.quiz_slug == QUIZ
    assert any("number of questions is not printed" in problem.text for problem in without.problems)


def test_wrong_printed_number_is_reported_at_its_line() -> None:
    reading = sheet.read(SHEET.replace("10 questions", "12 questions"))
    assert sheet.Problem(16, "The sheet says 12 questions; 10 were read.") in reading.problems
    assert len(reading.items) == 10


def test_unmarked_variant() -> None:
    reading = sheet.read(variants.CHOOSING)
    assert (reading.minutes, reading.review_year) == (25, 2025)
    assert [(part.title, part.kind) for part in reading.sections] == [
        ("Where it starts", "prose"),
        ("Common mistakes", "points"),
        ("Key terms", "prose"),
    ]
    assert [item.options for item in reading.items] == [
        ("A pie", "A line", "A table"),
        ("Sales are up, but why?", "Sales", "What happened to sales in May?"),
        (),
    ]
    assert {4, 6, 9} <= {problem.line for problem in reading.problems}, "guessed headings are reported"
    assert {18, 20} <= {problem.line for problem in reading.problems}, "options that ask are reported"


def test_numbered_variant() -> None:
    reading = sheet.read(variants.NUMBERED)
    assert (reading.minutes, reading.review_year, reading.quiz_slug) == (70, 2024, "cells")
    assert reading.quiz_address == "school.example/learn/quiz/cells"
    assert [(item.stem, item.options) for item in reading.items] == [
        ("What does a cell need?", ("Energy", "A name", "Money")),
        (
            "Complete the sentence:",
            ("A cell divides.", "A cell never divides, whatever happens to it.", "Cells are glass."),
        ),
        ('Read the claim. "All cells have a nucleus." Is it true?', ("Yes", "No")),
        ("Name one cell of your body.", ()),
    ]


def test_bulleted_variant() -> None:
    reading = sheet.read(variants.BULLETED)
    assert reading.title == "Fractions"
    assert reading.sections[0].paragraphs == ("A part of a whole", "A number like any other")
    assert [(item.stem, item.options) for item in reading.items] == [
        ("Which is largest?", ("1/2", "1/3", "3/4")),
        ("1/2 + 1/4 = ____", ("3/4", "2/6", "1/6")),
    ]


def test_options_with_numbers() -> None:
    reading = sheet.read(variants.NUMBERED_OPTIONS)
    assert [(item.stem, item.options) for item in reading.items] == [
        ("Where does a river end?", ("In the sea", "In the air", "Nowhere")),
        ("What feeds it?", ("Rain", "Wind", "Noise")),
    ]


def test_stems_of_many_forms_are_distinguished_by_the_printed_number() -> None:
    reading = sheet.read(variants.PROMPTING)
    assert [part.id for part in reading.sections] == [
        "the-premise",
        "what-ai-does-well-here",
        "what-ai-cannot-do",
        "try-it-yourself",
    ]
    assert [len(item.options) for item in reading.items] == [4, 2, 3, 3, 3, 0, 0, 3]
    assert reading.items[3].stem == 'Complete the sentence: "A prompt needs a ____."'
    reported = {problem.line: problem.text for problem in reading.problems}
    assert reported[9] == "Perhaps a heading; read as text: Prompt recipe"
    assert "please check" in reported[16]
    wrong = sheet.read(variants.PROMPTING.replace("8 questions", "12 questions"))
    assert any("The sheet says 12 questions" in problem.text for problem in wrong.problems)


@pytest.mark.parametrize(
    ("option", "kept"),
    [("1/2", "1/2"), ("42", "42"), ("(c) Charlie", "(c) Charlie"), ("Page", "Page"), ("- 3", "- 3")],
)
def test_odd_options_stay_options(option: str, kept: str) -> None:
    reading = sheet.read(SHEET.replace("training data\n", f"{option}\n", 1))
    assert [len(item.options) for item in reading.items] == [4, 4, 4, 4, 4, 4, 4, 0, 4, 3]
    assert reading.items[1].options[2] == kept


@pytest.mark.parametrize(
    "text", ["a" * 200_000, "a." * 100_000, "which " * 40_000, "(" * 100_000, "reviewed " * 20_000]
)
def test_one_endless_line_is_read(text: str) -> None:
    assert unaccounted(text, sheet.read(text)) == []


@pytest.mark.parametrize("name", ["CHOOSING", "NUMBERED", "BULLETED", "NUMBERED_OPTIONS", "PROMPTING"])
def test_no_line_of_a_variant_is_lost(name: str) -> None:
    text = getattr(variants, name)
    assert unaccounted(text, sheet.read(text)) == []


@pytest.mark.parametrize("count", range(len(SHEET.split("\n")) + 1))
def test_truncated_sheet_reads_what_is_there(count: int) -> None:
    text = "\n".join(SHEET.split("\n")[:count])
    reading = sheet.read(text)
    assert unaccounted(text, reading) == []
    assert reading.problems
    whole = sheet.read(SHEET)
    complete = [item for item in whole.items if item.line + len(item.options) <= count - 1]
    assert reading.items[: len(complete)] == complete or count < 16


@given(seed=st.integers(), swaps=st.integers(1, 60))
def test_shuffled_sheet_loses_no_line(seed: int, swaps: int) -> None:
    order, chance = SHEET.split("\n"), random.Random(seed)
    for _ in range(swaps):
        one, two = chance.randrange(len(order)), chance.randrange(len(order))
        order[one], order[two] = order[two], order[one]
    text = "\n".join(order)
    assert unaccounted(text, sheet.read(text)) == []


@given(st.lists(st.integers(0, len(SHEET.split("\n")) - 1), max_size=12))
def test_doubled_lines_are_not_lost(doubled: list[int]) -> None:
    text = "\n".join(line for at, line in enumerate(SHEET.split("\n")) for line in [line] * (1 + doubled.count(at)))
    reading = sheet.read(text)
    assert unaccounted(text, reading) == []
    if doubled:
        doubts = {problem.text for problem in reading.problems} - {
            problem.text for problem in sheet.read(SHEET).problems
        }
        assert doubts or set(doubled) <= set(range(1, 14))


PIECES = st.sampled_from([*SHEET.split("\n"), *variants.NUMBERED.split("\n"), *variants.BULLETED.split("\n"), "", "?"])


@given(st.lists(PIECES | st.text(max_size=60), max_size=40).map("\n".join) | st.text())
@example("\x00")
@example("\ud800")
@example("3.\n3.")
@example("questions\n1 questions")
@example("a\na\na\na")
@example("T\n10 questions\na)\n(\n?")
def test_any_text_is_read_and_accounted_for(text: str) -> None:
    assert unaccounted(text, sheet.read(text)) == []


def test_unreadable_characters_are_reported_and_left_out() -> None:
    reading = sheet.read(SHEET.replace("Focus only", "Foc\x00us on\ufffdly"))
    assert sheet.Problem(21, "Characters that cannot be read were left out.") in reading.problems
    assert reading.items[0].options[3] == "Focus only on speed instead of judgment"


def test_page_furniture_and_printed_key_are_reported_not_read() -> None:
    text = SHEET.replace("\nWhich use of AI", "\nPage 1 of 2\n© 2026 The house\nAnswers: A, B\nWhich use of AI")
    reading = sheet.read(text)
    assert [item.options for item in reading.items] == [item.options for item in sheet.read(SHEET).items]
    assert {27, 28, 29} <= {problem.line for problem in reading.problems}


def test_skipped_number_is_reported() -> None:
    reading = sheet.read(variants.NUMBERED.replace("4. Name", "5. Name"))
    assert any("Printed as question 5, read as 4." in problem.text for problem in reading.problems)


def test_long_file_is_read_in_time_that_grows_with_its_length() -> None:
    text = SHEET.split("End-of-lesson")[0] + "1000 questions\n" + "Is it so?\nYes\nNo\nPerhaps\nNever\n" * 1000
    assert len(sheet.read(text).items) == 1000


def test_file_in_another_encoding_is_read_and_reported() -> None:
    text, odd = lines.decode("Fine\n“Try” — it’s".encode("cp1252"))
    assert text.endswith("“Try” — it’s")
    assert odd == [lines.Problem(2, "The file is not UTF-8; it was read as Windows-1252.")]
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert lines.decode(SHEET.encode(encoding)) == (SHEET, [])
