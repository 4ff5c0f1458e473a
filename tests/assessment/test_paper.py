"""Answers from paper: rows of a table become submitted attempts, once, and every row says what became of it."""

import csv
import io
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from assessment import attempts, marking, paper
from assessment.models import Assignment, Attempt, AttemptState, Grade
from content import item_types, places, publishing, variants
from content.drafts import ItemDraft
from content.item_types import InvalidAnswer
from content.models import KeyState
from content.publishing import Layout, Pool
from lti.models import Launch, Score
from roster.models import Enrollment
from tests.cast import Cast, at, begin, choice, make_cast, publish, quiz_of
from tests.content import test_cloze, test_hotspot, test_matching, test_ordering
from tests.races import race


@pytest.fixture
def cast(db: None) -> Cast:
    return enrolled(make_cast())


def enrolled(cast: Cast) -> Cast:
    for launch in (cast.alice, cast.bob, cast.tess, cast.charlie, cast.dora):
        Enrollment.objects.create(
            institution=launch.institution, course=launch.course, person=launch.person, role=launch.role
        )
    return cast


def table(*rows: dict[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def take(on: Assignment, *rows: dict[str, str]) -> paper.Report:
    return paper.take(assignment=on, data=table(*rows), now=at(0))


def marked(person: Launch) -> Attempt:
    return marking.mark_attempt(Attempt.objects.get(person=person.person).pk, at(1))


def reasons(report: paper.Report) -> list[str]:
    return [reason for row in report.refused for reason in row.reasons]


def test_row_becomes_a_submitted_attempt_that_is_marked_graded_and_sent(cast: Cast) -> None:
    report = take(
        cast.assignment, {"name": "Alice", "q1": "A", "q2": "b", "q3": "The wrong one", "q8": "I would look."}
    )

    assert (report.taken, report.known, report.refused, report.doubts) == (1, 0, [], [])
    attempt = Attempt.objects.get(person=cast.alice.person)
    assert (attempt.state, attempt.submitted_at, attempt.items_total) == (AttemptState.SUBMITTED, at(0), 10)
    attempt = marked(cast.alice)
    assert (attempt.state, attempt.points) == (AttemptState.NEEDS_REVIEW, Decimal("1.5"))
    grade = Grade.objects.get(person=cast.alice.person)
    assert (grade.attempt_id, grade.points) == (attempt.pk, Decimal("1.5"))
    assert Score.objects.filter(platform_user__person=cast.alice.person).exists()


def test_questions_are_named_by_their_number_too(cast: Cast) -> None:
    take(cast.assignment, {"email": "", "name": "alice", "1": "a", "10": "a"})
    assert marked(cast.alice).points == 2


def test_same_file_twice_changes_nothing_even_after_the_next_version(cast: Cast) -> None:
    rows = [{"name": "Alice", "q1": "A", "remarks": "late"}, {"name": "Bob", "q1": "B", "remarks": ""}]
    assert take(cast.assignment, *rows).taken == 2
    before = list(Attempt.objects.order_by("pk").values())
    publish(cast.quiz)
    rows[0]["remarks"] = "in time"

    again = take(Assignment.objects.get(pk=cast.assignment.pk), *rows)

    assert (again.taken, again.known) == (0, 2)
    assert list(Attempt.objects.order_by("pk").values()) == before
    assert again.doubts == ["The column “remarks” is no question of this check and was left out."]


@pytest.mark.django_db(transaction=True)
def test_same_file_twice_at_once_makes_each_attempt_once() -> None:
    cast = enrolled(make_cast())
    data = table({"name": "Alice", "q1": "A"}, {"name": "Bob", "q1": "B"})
    race(*[lambda: paper.take(assignment=Assignment.objects.get(pk=cast.assignment.pk), data=data, now=at(0))] * 3)
    assert Attempt.objects.count() == 2


def test_corrected_row_is_another_attempt_within_the_limit(db: None) -> None:
    cast = enrolled(make_cast(max_attempts=2))
    for letter in "AB":
        assert take(cast.assignment, {"name": "Alice", "q1": letter}).taken == 1
    assert reasons(take(cast.assignment, {"name": "Alice", "q1": "C"})) == [
        "This person has made all the attempts that the check allows."
    ]
    assert list(Attempt.objects.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_attempt_that_is_open_goes_on_beside_the_one_from_paper(cast: Cast) -> None:
    opened = begin(cast.alice)
    assert take(cast.assignment, {"name": "Alice", "q1": "A"}).taken == 1
    assert attempts.start(assignment=cast.assignment, person=cast.alice.person, preview=False, now=at(2)) == opened


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ({"name": "Nobody"}, "No learner of this class fits."),
        ({"name": "Charlie"}, "No learner of this class fits."),
        ({"name": "Dora"}, "No learner of this class fits."),
        ({"name": "Tess"}, "No learner of this class fits."),
        ({"name": " "}, "The row names nobody."),
        ({"name": "Alice", "email": "x@example.edu"}, "No learner of this class fits."),
    ],
)
def test_row_that_fits_no_learner_of_the_class_is_named(cast: Cast, who: dict[str, str], why: str) -> None:
    report = take(cast.assignment, who | {"q1": "A"})
    assert [(row.number, row.reasons) for row in report.refused] == [(2, [why])]
    assert report.doubts == []
    assert not Attempt.objects.exists()


def test_row_that_fits_two_is_refused_until_another_column_decides(cast: Cast) -> None:
    cast.bob.person.name = "Alice"
    cast.bob.person.email = "Bob@Example.edu"
    cast.bob.person.save()
    row = {"name": "Alice", "q1": "A"}
    assert reasons(take(cast.assignment, row)) == ["Two learners of this class fit the row: add their LMS id."]
    assert take(cast.assignment, row | {"email": "bob@example.edu"}).taken == 1
    assert take(cast.assignment, row | {"LMS id": f"u-{cast.alice.person_id}"}).taken == 1
    assert {attempt.person_id for attempt in Attempt.objects.all()} == {cast.alice.person_id, cast.bob.person_id}


def test_every_answer_that_cannot_be_read_is_named_and_the_row_stays_out(cast: Cast) -> None:
    report = take(cast.assignment, {"name": "Alice", "q1": "E", "q2": "a", "q3": "A B"}, {"name": "Bob", "q1": "A"})
    assert reasons(report) == [
        "Question q1: “E” is not one of the options.",
        "Question q3: “A B” is not one of the options.",
    ]
    assert [attempt.person_id for attempt in Attempt.objects.all()] == [cast.bob.person_id]


def test_person_stands_in_one_row_only_and_a_row_without_answers_is_no_attempt(cast: Cast) -> None:
    report = take(
        cast.assignment, {"name": "Alice", "q1": "A"}, {"name": "Alice", "q1": "B"}, {"name": "Bob", "q1": ""}
    )
    assert reasons(report) == ["This person already stands in row 2.", "The row holds no answer."]
    assert Attempt.objects.count() == 1


def test_sheet_of_an_earlier_version_is_marked_as_it_was_printed(cast: Cast) -> None:
    first = cast.quiz.current
    assert first is not None
    options = [{"id": name, "text": f"New {name}", "credit": int(name == "b"), "rationale": ""} for name in "abc"]
    publish(cast.quiz, q1={"body": {"stem": "New?", "options": options, "section": None}})
    on = Assignment.objects.get(pk=cast.assignment.pk)
    rows = [
        {"name": "Alice", "version": str(first.pk), "q1": "A"},
        {"name": "Bob", "version": "2", "q1": "A"},
    ]
    assert take(on, *rows).taken == 2
    assert (marked(cast.alice).points, marked(cast.bob).points) == (1, 0)
    for odd in ("9", "x", str(cast.quiz.pk)):
        assert reasons(take(on, {"name": "Alice", "version": odd, "q1": "A"})) == [
            f"This check has no version “{odd}”."
        ]


def pooled(**shuffles: bool) -> Cast:
    """q1, and two of q2 to q5."""
    items = [
        ItemDraft(f"q{place}", "choice", choice()["body"] | {"stem": f"{place}?"}, key_state=KeyState.APPROVED)
        for place in range(1, 6)
    ]
    layout = Layout([Pool("Facts", 2, [f"q{place}" for place in range(2, 6)])], **shuffles)
    version = publishing.publish_quiz(
        slug="pooled", title="Pooled", items=items, lesson_version=None, provenance={}, now=at(0), layout=layout
    )
    return enrolled(make_cast(quiz=version.quiz))


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({"q1": "A", "q3": "A", "q5": "A"}, ["q1", "q3", "q5"]),
        ({"q1": "A", "q4": "A"}, ["q1", "q2", "q4"]),
        ({"q1": "A"}, ["q1", "q2", "q3"]),
    ],
)
def test_answered_questions_of_a_pool_count_up_to_its_draw(db: None, answers: dict[str, str], asked: list[str]) -> None:
    cast = pooled(shuffle_questions=True, shuffle_options=True)
    assert take(cast.assignment, {"name": "Alice"} | answers).taken == 1
    attempt = marked(cast.alice)
    assert [question.identifier for question in attempts.questions(attempt)] == asked
    assert (attempt.points, attempt.points_max) == (len(answers), 3)
    assert {str(response.shown) for response in attempt.responses.all()} == {"{}"}, "as printed: nothing is shuffled"


def test_more_answers_than_a_pool_draws_are_refused(db: None) -> None:
    cast = pooled()
    report = take(cast.assignment, {"name": "Alice", "q2": "A", "q3": "A", "q4": "A"})
    assert reasons(report) == ["3 questions of the pool “Facts” are answered, but only 2 count. Keep 2."]


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00\x01\x02", b"q1,q2\nA,B\n", b"name,name\nx,y\n", b"name;q1;q1\n", "näme,q1".encode("utf-16")],
)
def test_file_that_is_no_table_of_answers_is_refused_in_a_sentence(cast: Cast, data: bytes) -> None:
    with pytest.raises(paper.Unreadable, match=r"\.$"):
        paper.take(assignment=cast.assignment, data=data, now=at(0))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_of_every_spreadsheet_are_read(cast: Cast, encoding: str, mark: str) -> None:
    cast.alice.person.name = "Älice"
    cast.alice.person.save()
    data = f"Name{mark}q1\r\nälice{mark}A\r\n\r\n".encode(encoding)
    assert paper.take(assignment=cast.assignment, data=data, now=at(0)).taken == 1


def test_command_prints_what_became_of_each_row(cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "answers.csv"
    file.write_bytes(table({"name": "Alice", "q1": "A"}, {"name": "Nobody", "q1": "A"}))
    call_command("import_answers", str(cast.assignment.pk), str(file))
    said = capsys.readouterr().out
    assert "1 handed in, 0 were here already, 1 refused." in said
    assert "row 3 (Nobody): No learner of this class fits." in said
    for wrong in ([str(cast.quiz.pk), str(file)], [str(cast.assignment.pk), str(tmp_path / "none.csv")]):
        with pytest.raises(CommandError):
            call_command("import_answers", *wrong)


SEVERAL = {"stem": "Which?", "options": choice(("1", "0", "1"))["body"]["options"], "scoring": "all_or_nothing"}
WRITTEN: list[tuple[str, dict[str, Any], str, Any]] = [
    ("choice", choice()["body"], "(b)", {"option": "b"}),
    ("choice", choice()["body"], "option 2", {"option": "c"}),
    ("multiple_response", SEVERAL, "C A", {"options": ["a", "c"]}),
    ("multiple_response", SEVERAL, "ac", {"options": ["a", "c"]}),
    ("multiple_response", SEVERAL, "Option 0; Option 2", {"options": ["a", "c"]}),
    ("multiple_response", SEVERAL, "A, B", {"options": ["a", "b"]}),
    ("true_false", {"stem": "So?", "correct": True}, "FALSE", {"value": False}),
    ("true_false", {"stem": "So?", "correct": True}, "t", {"value": True}),
    ("short_text", {"stem": "Who?", "answers": []}, "[Marie] {Curie}", {"text": "[Marie] {Curie}"}),
    ("open_text", {"stem": "Why?", "rubric": [], "max_length": 99}, "Since, it is; so.", {"text": "Since, it is; so."}),
]


@pytest.mark.parametrize(("kind", "body", "written", "answer"), WRITTEN)
def test_answers_are_read_as_people_write_them(kind: str, body: Any, written: str, answer: Any) -> None:
    rules = item_types.get(kind)
    assert rules.clean(body, rules.from_paper(body, written)) == answer


def test_pairs_orders_areas_and_gaps_are_read_by_letter_number_or_json() -> None:
    for kind, body in (("matching", test_matching.BODY), ("ordering", test_ordering.BODY)):
        rules = item_types.get(kind)
        listed = body["choices"] if kind == "matching" else body["entries"]
        ids = [part["id"] for part in listed]
        number = len(body["prompts"]) if kind == "matching" else len(ids)
        letters = "CBADEFGH"[:number] if number >= 3 else "BA"
        chosen = [ids["ABCDEFGH".index(letter)] for letter in letters]
        prompts = [prompt["id"] for prompt in body.get("prompts", [])]
        wanted = {"pairs": dict(zip(prompts, chosen, strict=True))} if kind == "matching" else {"order": chosen}
        for written in (letters, " ".join(letters).lower(), ", ".join(letters)):
            assert rules.clean(body, rules.from_paper(body, written)) == wanted
    pairs = item_types.get("matching")
    first, second = (prompt["id"] for prompt in test_matching.BODY["prompts"][:2])
    a, b = (part["id"] for part in test_matching.BODY["choices"][:2])
    read = pairs.clean(test_matching.BODY, pairs.from_paper(test_matching.BODY, "2 - A, 1=b"))
    assert read == {"pairs": {first: b, second: a}}
    assert pairs.from_paper(test_matching.BODY, f'{{"pairs": {{"{first}": "{a}"}}}}') == {"pairs": {first: a}}
    areas = item_types.get("hotspot")
    names = [area["id"] for area in test_hotspot.SEVERAL["areas"]]
    assert areas.clean(test_hotspot.SEVERAL, areas.from_paper(test_hotspot.SEVERAL, "1 2")) == {"areas": names[:2]}


def test_true_and_false_are_known_in_every_language() -> None:
    rules, body = item_types.get("true_false"), {"stem": "So?", "correct": True}
    for code in ("en", "de", "fr", "es"):
        with translation.override(code):
            words = [str(translation.gettext(word)) for word in ("True", "False")]
        assert [rules.from_paper(body, word.lower()) for word in words] == [True, False]


BODIES: list[tuple[str, Any]] = [
    *((kind, body) for kind, body, _written, _answer in WRITTEN),
    ("matching", test_matching.BODY),
    ("ordering", test_ordering.BODY),
    ("hotspot", test_hotspot.BODY),
    ("hotspot", test_hotspot.SEVERAL),
    ("cloze", test_cloze.BODY),
    ("description", {"stem": "Read."}),
]


@given(
    st.sampled_from(BODIES),
    st.text(min_size=1) | st.text('ABab123-;=, {}[]"', min_size=1) | st.from_regex(r"(\d-[A-D] ?){1,4}"),
)
def test_whatever_is_written_is_read_or_refused(asked: tuple[str, Any], written: str) -> None:
    rules = item_types.get(asked[0])
    with suppress(InvalidAnswer):
        rules.mark(asked[1], rules.clean(asked[1], rules.from_paper(asked[1], written)))


def test_what_the_sheet_prints_is_what_the_answers_are_read_by(db: None) -> None:
    body = test_matching.BODY | {"stem": "Match {a}", "parameters": {"a": {"from": 1, "to": 900, "step": 1}}}
    version = quiz_of({"kind": "matching", "points": "1", "body": body})
    (place,) = places.of(version.pk)
    cast = enrolled(make_cast(quiz=version.quiz))
    printed = variants.apply(body, variants.on_paper(place))
    assert printed["stem"] == variants.sample(body)["stem"]
    right = [
        "ABCDEFGH"[[choice["id"] for choice in printed["choices"]].index(prompt["match"])]
        for prompt in printed["prompts"]
    ]
    assert take(cast.assignment, {"name": "Alice", "1": " ".join(right)}).taken == 1
    assert marked(cast.alice).points == 1
