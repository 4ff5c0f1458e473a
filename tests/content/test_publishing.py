"""A version is immutable and named by its content; nothing without a fit key is published."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from content.drafts import ItemDraft
from content.hashing import content_hash
from content.models import Item, ItemVersion, Lesson, LessonVersion, Quiz, QuizVersion, QuizVersionItem
from content.publishing import PublishingBlocked, publish_lesson, publish_quiz
from tests.content.conftest import LESSON, NOW, QUIZ, choice, lesson_body, open_text
from tests.races import race

LATER = NOW + timedelta(days=1)
ITEMS = [choice("q1"), open_text("q2")]


def lesson(**changes: Any) -> LessonVersion:
    return publish_lesson(slug="a-lesson", body=lesson_body(**changes), provenance={"file": "x"}, now=NOW)


def quiz(items: list[ItemDraft] = ITEMS, title: str = "A quiz", **named: Any) -> QuizVersion:
    named = {"lesson_version": None, "provenance": {}, "now": NOW} | named
    return publish_quiz(slug="a-quiz", title=title, items=items, **named)


def reasons(items: list[ItemDraft]) -> list[tuple[str, str]]:
    with pytest.raises(PublishingBlocked) as blocked:
        quiz(items)
    assert not Quiz.objects.exists()
    assert not ItemVersion.objects.exists()
    return [(reason.item, reason.text) for reason in blocked.value.reasons]


@pytest.mark.django_db
def test_same_lesson_again_is_the_same_version() -> None:
    first = lesson()
    again = publish_lesson(slug="a-lesson", body=lesson_body(minutes=5.0), provenance={"file": "y"}, now=LATER)
    assert again == first
    assert (again.provenance, again.published_at) == ({"file": "x"}, NOW)
    assert Lesson.objects.get().current_since == NOW


@pytest.mark.django_db
def test_changed_lesson_is_the_next_version_and_the_old_one_stays() -> None:
    first, second = lesson(), lesson(summary="Otherwise.")
    assert (first.number, second.number) == (1, 2)
    assert Lesson.objects.get().current == second
    assert LessonVersion.objects.get(number=1).body["summary"] == "In short."


@pytest.mark.django_db
def test_older_content_again_becomes_current_again_without_a_new_version() -> None:
    first = lesson()
    lesson(summary="Otherwise.")
    back = publish_lesson(slug="a-lesson", body=lesson_body(), provenance={}, now=LATER)
    assert back == first
    row = Lesson.objects.get()
    assert (row.current, row.current_since, row.versions.count()) == (first, LATER, 2)


@pytest.mark.django_db
def test_same_quiz_again_is_the_same_version() -> None:
    first = quiz()
    assert quiz(now=LATER) == first
    assert (QuizVersion.objects.count(), ItemVersion.objects.count(), QuizVersionItem.objects.count()) == (1, 2, 2)


@pytest.mark.django_db
def test_changed_item_gets_a_version_and_the_others_are_reused() -> None:
    first = quiz()
    second = quiz([choice("q1", stem="Is it really so?"), open_text("q2")])
    before, after = ([place.item_version for place in version.places.all()] for version in (first, second))
    assert (second.number, [version.number for version in after]) == (2, [2, 1])
    assert after[1] == before[1]
    assert after[0].item == before[0].item
    assert [place.item_version for place in QuizVersion.objects.get(number=1).places.all()] == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "items",
    [
        [open_text("q2"), choice("q1")],
        [choice("q1")],
        [choice("q1"), open_text("q2"), choice("q3", stem="And?")],
        [replace(choice("q1"), points=Decimal(2)), open_text("q2")],
    ],
    ids=["order", "fewer", "more", "points"],
)
def test_order_number_and_points_of_items_are_content(items: list[ItemDraft]) -> None:
    quiz()
    second = quiz(items)
    assert second.number == 2
    assert second.points == sum(item.points for item in items)
    assert [place.item_version.item.identifier for place in second.places.all()] == [item.identifier for item in items]


@pytest.mark.django_db
def test_title_and_lesson_text_are_content_of_a_quiz() -> None:
    first = quiz(lesson_version=lesson())
    assert quiz(title="Another", lesson_version=first.lesson_version).number == 2
    third = quiz(lesson_version=lesson(summary="Otherwise."))
    assert third.number == 3
    assert Quiz.objects.get().lesson == Lesson.objects.get()


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["unkeyed", "proposed", "reviewed", "retired"])
def test_choice_without_an_approved_key_blocks(state: str) -> None:
    assert reasons([choice("q1", state), open_text("q2")]) == [("q1", f"Its key is {state}; it must be approved.")]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["unkeyed", "proposed", "retired"])
def test_open_item_without_a_reviewed_rubric_blocks(state: str) -> None:
    [(item, text)] = reasons([choice("q1"), open_text("q2", state)])
    assert item == "q2"
    assert "reviewed or approved" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("items", "named", "words"),
    [
        ([], "", "no questions"),
        ([choice("q1"), choice("q1", stem="Or?")], "q1", "share this identifier"),
        ([choice("q 1")], "q 1", "letters, digits"),
        ([replace(choice(), kind="essay")], "q1", "no kind"),
        ([replace(choice(), points=Decimal(0))], "q1", "above 0"),
        ([replace(choice(), points=Decimal("0.0001"))], "q1", "three decimals"),
        ([choice(stem="")], "q1", "no text"),
        ([choice(options=[])], "q1", "at least two"),
        ([open_text("q1", rubric=[])], "q1", "full credit"),
        ([choice(stem="a\x00b")], "q1", "NUL"),
        ([choice(stem="a\ud800b")], "q1", "JSON"),
    ],
)
def test_unfit_quiz_is_refused_by_item(items: list[ItemDraft], named: str, words: str) -> None:
    found = reasons(items)
    assert any(item == named and words in text for item, text in found)


@pytest.mark.django_db
def test_every_obstacle_is_named_at_once() -> None:
    found = reasons([choice("q1", "unkeyed"), choice("q2", stem=" "), open_text("q3", "proposed")])
    assert [item for item, _ in found] == ["q1", "q2", "q3"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "changes", "words"),
    [
        ("a lesson", {}, "letters, digits"),
        ("x" * 121, {}, "letters, digits"),
        ("a", {"title": " "}, "no title"),
        ("a", {"title": "x" * 301}, "longer than 300"),
        ("a", {"sections": [{"id": "summary"}]}, "id of its own"),
        ("a", {"sections": [{"id": "x"}, {"id": "x"}]}, "id of its own"),
        ("a", {"summary": "\x00"}, "NUL"),
        ("a", {"minutes": float("nan")}, "JSON"),
    ],
)
def test_unfit_lesson_is_refused(slug: str, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PublishingBlocked, match=words):
        publish_lesson(slug=slug, body=lesson_body(**changes), provenance={}, now=NOW)
    assert not Lesson.objects.exists()


@pytest.mark.django_db
def test_wording_retired_since_is_not_published_again() -> None:
    quiz()
    ItemVersion.objects.filter(item__identifier="q1").update(key_state="retired")
    with pytest.raises(PublishingBlocked, match="q1: This wording and key were retired"):
        quiz(title="Again")
    assert ItemVersion.objects.get(item__identifier="q1").key_state == "retired"


@pytest.mark.django_db
def test_key_state_moves_forward_only() -> None:
    first = quiz()
    assert quiz([choice("q1"), open_text("q2", "approved")]) == first
    state = ItemVersion.objects.filter(item__identifier="q2").values_list("key_state", flat=True)
    assert list(state) == ["approved"]
    quiz()
    assert list(state.all()) == ["approved"]


@pytest.mark.django_db
def test_publishing_again_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    items = [choice(f"q{number}") for number in range(1, 41)]
    with django_assert_max_num_queries(20):
        quiz(items)
    with django_assert_max_num_queries(9):
        quiz(items)


@pytest.mark.django_db
def test_demo_is_published_with_its_provenance(publish_demo: Any) -> None:
    published = publish_demo()
    places = list(published.quiz.places.select_related("item_version__item"))
    assert (published.lesson.lesson.slug, published.quiz.quiz.slug) == (LESSON, QUIZ)
    assert [place.item_version.item.identifier for place in places] == [f"q{number}" for number in range(1, 11)]
    assert [place.position for place in places] == list(range(1, 11))
    source = places[1].item_version.provenance["source"]
    assert source == {
        "file": "when-to-fine-tune.txt",
        "sha256": published.lesson.provenance["source"]["sha256"],
        "line": 22,
    }
    key = places[1].item_version.provenance["key"]
    assert (key["file"], key["keyed_on"], key["agreement"]) == ("answer-key.json", "2026-11-23", False)
    assert published.quiz.provenance["address"].startswith("tendril.neural-forge.io/")
    assert published.quiz.lesson_version == published.lesson
    assert published.quiz.points == 10


@pytest.mark.django_db
def test_demo_without_key_is_blocked_and_nothing_is_published(publish_demo: Any) -> None:
    with pytest.raises(PublishingBlocked) as blocked:
        publish_demo(key=None)
    assert {reason.item for reason in blocked.value.reasons} == {f"q{number}" for number in range(1, 11)}
    assert not Lesson.objects.exists()


@pytest.mark.django_db
def test_one_changed_option_without_its_key_blocks_that_item_alone(publish_demo: Any) -> None:
    sheet = publish_demo.__globals__["SHEET"].replace("Explain the topic in plain language", "Explain it")
    with pytest.raises(PublishingBlocked) as blocked:
        publish_demo(sheet=sheet)
    assert {reason.item for reason in blocked.value.reasons} == {"q4"}


@pytest.mark.django_db(transaction=True)
def test_publishers_at_once_make_one_version_of_each_content() -> None:
    def publish(number: int) -> tuple[int, int]:
        version = publish_lesson(slug="raced", body=lesson_body(summary=f"Text {number}"), provenance={}, now=NOW)
        items = [choice("q1", stem=f"Is it {number}?"), open_text("q2")]
        made = publish_quiz(slug="raced", title="Raced", items=items, lesson_version=version, provenance={}, now=NOW)
        return version.number, made.number

    numbers = race(*(partial(publish, place % 2) for place in range(6)))
    assert set(numbers) in ({(1, 1), (2, 2)}, {(1, 2), (2, 1)})
    assert sorted(LessonVersion.objects.values_list("number", flat=True)) == [1, 2]
    assert sorted(QuizVersion.objects.values_list("number", flat=True)) == [1, 2]
    assert (Item.objects.count(), ItemVersion.objects.count(), QuizVersionItem.objects.count()) == (2, 3, 4)


CHANGES: dict[str, tuple[Any, dict[str, Any]]] = {
    "lesson title": (LessonVersion, {"title": "Else"}),
    "lesson body": (LessonVersion, {"body": {}}),
    "lesson number": (LessonVersion, {"number": 9}),
    "quiz title": (QuizVersion, {"title": "Else"}),
    "quiz points": (QuizVersion, {"points": 1}),
    "quiz provenance": (QuizVersion, {"provenance": {"else": 1}}),
    "place": (QuizVersionItem, {"position": 9}),
    "item body": (ItemVersion, {"body": {}}),
    "item points": (ItemVersion, {"points": 7}),
    "item body with key state": (ItemVersion, {"key_state": "retired", "body": {}}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", CHANGES)
def test_database_refuses_to_change_a_version(name: str, publish_demo: Any) -> None:
    publish_demo()
    model, change = CHANGES[name]
    row = model.objects.first()
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**change)
    assert model.objects.filter(pk=row.pk).values().get() == {
        field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields
    }


@pytest.mark.django_db
def test_key_state_may_change_and_a_row_may_be_written_back(publish_demo: Any) -> None:
    publish_demo()
    assert ItemVersion.objects.update(key_state="retired") == 10
    for model in (LessonVersion, QuizVersion, QuizVersionItem, ItemVersion):
        model.objects.first().save()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON))
def test_hash_does_not_depend_on_order_of_keys(content: dict[str, Any]) -> None:
    try:
        name = content_hash(content)
    except UnicodeEncodeError:
        return
    assert name == content_hash(dict(reversed(content.items())))
    assert len(name) == 64


def test_hash_names_content_not_its_spelling() -> None:
    assert content_hash({"a": 1.0, "b": Decimal("2.50")}) == content_hash({"b": 2.5, "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": "1"})
    assert content_hash({"a": True}) != content_hash({"a": 1})
    assert content_hash(["é"]) != content_hash(["e\u0301"])
