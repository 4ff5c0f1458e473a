"""Drafts: nothing is overwritten, a change reaches every draft that uses a question and no published version."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from content import check_list, key_review, lesson_writing, writing
from content.models import Item, KeyReview, Quiz
from content.publishing import PublishingBlocked
from content.writing import Author, Stale
from roster.models import Institution, Person
from tests.content.conftest import NOW, choice, open_text
from tests.races import race

ALICE, BOB = Author("Alice"), Author("Bob")

pytestmark = pytest.mark.django_db


def written(quiz: Quiz, author: Author = ALICE, **changes: Any) -> Item:
    """A finished choice in the draft."""
    item = writing.add_item(quiz=quiz, kind="choice", author=author, now=NOW)
    return saved(item, author, dict(choice(**changes).body))


def saved(item: Item, author: Author = ALICE, body: dict[str, Any] | None = None, **changes: Any) -> Item:
    item.refresh_from_db()
    given = {"points": item.points, "tags": item.tags, "revision": item.revision, "now": NOW} | changes
    return writing.save_item(item=item, body=body or item.body, author=author, **given)


def fresh(quiz: Quiz) -> Quiz:
    return Quiz.objects.select_related("current").get(pk=quiz.pk)


def stems(quiz: Quiz) -> list[str]:
    return [item.body["stem"] for item, _pool in writing.items_of(fresh(quiz))]


def published(quiz: Quiz) -> list[str]:
    version = writing.publish(quiz=fresh(quiz), author=ALICE, now=NOW)
    return [place.item_version.body["stem"] for place in version.places.all()]


def test_save_on_an_older_revision_is_refused_and_says_who_saved_meanwhile() -> None:
    quiz = writing.new_quiz(author=ALICE)
    item = written(quiz)
    before = item.revision
    saved(item, BOB, dict(choice(stem="Bob's?").body))
    with pytest.raises(Stale) as stale:
        saved(item, ALICE, dict(choice(stem="Alice's?").body), revision=before)
    assert stale.value.by == "Bob"
    assert stems(quiz) == ["Bob's?"]


def test_settings_on_an_older_revision_are_refused() -> None:
    quiz = writing.new_quiz(author=ALICE)
    change = partial(writing.save_settings, quiz=quiz, revision=1, now=NOW)
    change(changes={"title": "Bob's"}, author=BOB)
    with pytest.raises(Stale) as stale:
        change(changes={"title": "Alice's"}, author=ALICE)
    assert (stale.value.by, fresh(quiz).draft["title"]) == ("Bob", "Bob's")


@pytest.mark.django_db(transaction=True)
def test_of_editors_who_save_in_the_same_instant_one_wins_and_the_others_are_told() -> None:
    item = written(writing.new_quiz(author=ALICE))

    def save(number: int) -> str:
        try:
            body = dict(choice(stem=f"Number {number}?").body)
            return writing.save_item(
                item=item,
                body=body,
                points=item.points,
                tags=[],
                revision=item.revision,
                author=Author(str(number)),
                now=NOW,
            ).changed_by
        except Stale as stale:
            return f"after {stale.by}"

    told = race(*(partial(save, number) for number in range(4)))
    [winner] = [one for one in told if not one.startswith("after")]
    assert [one for one in told if one != winner] == [f"after {winner}"] * 3
    assert Item.objects.get().body["stem"] == f"Number {winner}?"


def test_change_to_a_question_reaches_every_draft_that_uses_it_and_no_published_version() -> None:
    first, second = writing.new_quiz(author=ALICE, title="First"), writing.new_quiz(author=ALICE, title="Second")
    item = written(first)
    writing.use_item(quiz=second, item=item, author=ALICE, now=NOW)
    assert published(second) == ["Is it so?"]
    saved(item, ALICE, dict(choice(stem="Is it not?").body))
    assert (stems(first), stems(second)) == (["Is it not?"], ["Is it not?"])
    version = fresh(second).current
    assert version is not None
    assert [one.body["stem"] for one in version.items.all()] == ["Is it so?"]
    assert published(second) == ["Is it not?"]


def test_quiz_is_changed_once_a_question_of_its_draft_is() -> None:
    first, second = writing.new_quiz(author=ALICE, title="First"), writing.new_quiz(author=ALICE, title="Second")
    item = written(first)
    writing.use_item(quiz=second, item=item, author=ALICE, now=NOW)
    published(first), published(second)
    assert not writing.is_changed(fresh(first))
    saved(item, BOB, dict(choice(stem="Is it not?").body), now=NOW.replace(year=2027))
    assert writing.is_changed(fresh(first))
    assert writing.is_changed(fresh(second))


def test_two_questions_of_one_name_from_two_quizzes_stand_side_by_side() -> None:
    first, second = writing.new_quiz(author=ALICE, title="First"), writing.new_quiz(author=ALICE, title="Second")
    written(second, stem="Of the second?")
    writing.use_item(quiz=second, item=written(first), author=ALICE, now=NOW)
    assert published(second) == ["Of the second?", "Is it so?"]


def test_published_quiz_opens_as_the_draft_of_its_next_version(publish_demo: Any) -> None:
    quiz = publish_demo().quiz.quiz
    draft = writing.open_draft(fresh(quiz))
    assert (len(draft["places"]), draft["lesson"]) == (10, str(quiz.lesson_id))
    assert not writing.is_changed(fresh(quiz))
    again = writing.publish(quiz=fresh(quiz), author=ALICE, now=NOW)
    assert again.number == 1


def test_changed_key_is_proposed_again_and_says_who_wrote_it(publish_demo: Any) -> None:
    publish_demo()
    item = writing.as_written(Item.objects.get(identifier="q1"))
    assert item.key_state == "approved"
    item = saved(item, BOB, {**item.body, "stem": "Changed?"}, story={"support": "Line one.", "help": ""})
    assert item.key_state == "proposed"
    assert item.provenance["key"] == {"by": "Bob", "how": "written", "support": "Line one."}
    assert item.provenance["source"]["line"] > 0


def test_same_text_again_leaves_the_key_as_it_is(publish_demo: Any) -> None:
    publish_demo()
    item = writing.as_written(Item.objects.get(identifier="q1"))
    again = saved(item, BOB, points=Decimal(2))
    assert (again.key_state, again.points) == ("approved", 2)


def test_publishing_confirms_the_proposed_keys_and_names_who_did() -> None:
    quiz = writing.new_quiz(author=ALICE)
    written(quiz)
    version = writing.publish(quiz=fresh(quiz), author=BOB, now=NOW)
    item = version.items.get()
    assert (item.key_state, item.provenance["approved"]) == ("approved", {"by": "Bob"})


def test_question_without_key_blocks_and_leaves_the_published_version() -> None:
    quiz = writing.new_quiz(author=ALICE)
    item = written(quiz)
    published(quiz)
    Item.objects.filter(pk=item.pk).update(key_state="unkeyed")
    with pytest.raises(PublishingBlocked, match="Its key is unkeyed"):
        published(quiz)
    assert fresh(quiz).versions.count() == 1


def test_draft_of_a_running_check_changes_nothing_that_is_published() -> None:
    quiz = writing.new_quiz(author=ALICE)
    item = written(quiz)
    published(quiz)
    writing.remove_item(quiz=quiz, item=item, author=ALICE, now=NOW)
    assert stems(quiz) == []
    assert fresh(quiz).current is not None
    assert Item.objects.filter(pk=item.pk).exists()


@pytest.mark.parametrize(("to", "order"), [(0, "bac"), (1, "abc"), (2, "acb"), (99, "acb"), (-1, "bac")])
def test_question_is_put_where_it_belongs(to: int, order: str) -> None:
    quiz = writing.new_quiz(author=ALICE)
    items = [written(quiz, stem=stem) for stem in "abc"]
    writing.move_item(quiz=quiz, item=items[1], to=to, author=ALICE, now=NOW)
    assert "".join(stems(quiz)) == order


def test_pools_weigh_what_is_drawn_and_one_too_small_blocks() -> None:
    quiz = writing.new_quiz(author=ALICE)
    for stem in "abc":
        item = written(quiz, stem=stem)
        writing.set_pool(quiz=quiz, item=item, pool="Easy", author=ALICE, now=NOW)
    change = partial(writing.save_settings, quiz=quiz, author=ALICE, now=NOW)
    change(changes={"pools": {"Easy": 2}}, revision=fresh(quiz).revision)
    assert writing.publish(quiz=fresh(quiz), author=ALICE, now=NOW).points == 2
    change(changes={"pools": {"Easy": 4}}, revision=fresh(quiz).revision)
    assert any("smaller than its draw" in reason.text for reason in check_list.of(fresh(quiz)).errors)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stem": "See ![](media:" + "0" * 64 + ")"}, "no text for those who cannot see it"),
        (
            {"stem": " ".join(["Internationalisation notwithstanding"] * 12) + "?"},
            "hard to read",
        ),
        ({"options": [{**option, "rationale": ""} for option in choice().body["options"]]}, "no rationale"),
    ],
)
def test_check_list_warns_and_publishing_goes_on(changes: dict[str, Any], words: str) -> None:
    quiz = writing.new_quiz(author=ALICE)
    written(quiz, **changes)
    seen = check_list.of(fresh(quiz))
    assert not seen.errors
    assert any(words in reason.text for reason in seen.warnings)
    assert published(quiz)


def test_all_of_the_above_is_warned_of_only_while_options_are_shuffled() -> None:
    quiz = writing.new_quiz(author=ALICE)
    options = [*choice().body["options"], {"id": "c", "text": "All of the above", "credit": 0, "rationale": "No."}]
    written(quiz, options=options)
    assert not check_list.of(fresh(quiz)).warnings
    writing.save_settings(
        quiz=quiz, changes={"shuffle_options": True}, revision=fresh(quiz).revision, author=ALICE, now=NOW
    )
    assert any("must keep its place" in reason.text for reason in check_list.of(fresh(quiz)).warnings)


def test_lesson_that_is_not_published_blocks() -> None:
    lesson = lesson_writing.new(author=ALICE, title="Cells")
    quiz = writing.new_quiz(author=ALICE)
    written(quiz)
    writing.save_settings(
        quiz=quiz, changes={"lesson": str(lesson.pk)}, revision=fresh(quiz).revision, author=ALICE, now=NOW
    )
    assert [reason.text for reason in check_list.of(fresh(quiz)).errors] == ["The lesson is not published yet."]
    lesson_writing.publish(lesson=lesson, author=ALICE, now=NOW)
    assert not check_list.of(fresh(quiz)).errors


def test_copy_takes_questions_keys_and_their_story_along(publish_demo: Any) -> None:
    version = publish_demo().quiz
    school = Institution.objects.create(name="North", slug="north")
    copied = writing.copy(version=version, author=Author("Tess", school), now=NOW)
    assert (copied.institution, copied.pk == version.quiz.pk) == (school, False)
    [item, *_] = [item for item, _pool in writing.items_of(copied) if item.identifier == "q2"]
    assert (item.key_state, item.provenance["key"]["agreement"]) == ("approved", False)
    saved(item, ALICE, {**item.body, "stem": "Otherwise?"})
    assert Item.objects.get(quiz=version.quiz, identifier="q2").body["stem"] != "Otherwise?"


def test_private_content_is_for_its_authors_and_that_of_others_for_nobody_else() -> None:
    north, south = (Institution.objects.create(name=name, slug=name.lower()) for name in ("North", "South"))
    tess, tom, dora = (
        Person.objects.create(institution=at, name=name)
        for at, name in ((north, "Tess"), (north, "Tom"), (south, "Dora"))
    )
    quiz = writing.new_quiz(author=Author("Tess", north, tess))
    authors = {
        name: Author(name, at, person)
        for name, at, person in (
            ("Tess", north, tess),
            ("Tom", north, tom),
            ("Dora", south, dora),
            ("Staff", north, None),
        )
    }

    def who() -> list[str]:
        return [name for name, author in authors.items() if writing.writable(author).filter(pk=quiz.pk).exists()]

    assert who() == ["Tess", "Tom", "Staff"]
    writing.share(quiz=quiz, visibility="private", practice=False, author=authors["Tess"])
    assert who() == ["Tess", "Staff"]
    writing.share(quiz=quiz, visibility="public", practice=False, author=authors["Tess"])
    assert who() == ["Tess", "Tom", "Staff"]


def test_titles_alike_get_slugs_of_their_own() -> None:
    assert [writing.new_quiz(author=ALICE, title="Cells").slug for _ in range(3)] == ["cells", "cells-2", "cells-3"]
    assert writing.new_quiz(author=ALICE, title="細胞").slug == "check"


def test_blind_answer_that_agrees_makes_the_key_reviewed_until_the_question_changes() -> None:
    quiz = writing.new_quiz(author=ALICE)
    item = written(quiz)
    compared = key_review.record(item=item, answer={"option": "a"}, note="", author=BOB, now=NOW)
    item.refresh_from_db()
    assert (compared.agrees, item.key_state, item.provenance["review"]["by"]) == (True, "reviewed", "Bob")
    assert [one.review.by for one in key_review.comparisons(fresh(quiz))] == ["Bob"]
    item = saved(item, ALICE, dict(choice(stem="Changed?").body))
    assert item.key_state == "proposed"
    assert "review" not in item.provenance
    assert key_review.comparisons(fresh(quiz)) == []
    assert key_review.open_for(fresh(quiz), BOB) == [item]


def test_blind_answer_that_differs_is_shown_until_the_key_is_kept() -> None:
    quiz = writing.new_quiz(author=ALICE)
    item = written(quiz)
    compared = key_review.record(item=item, answer={"option": "b"}, note="Or so.", author=BOB, now=NOW)
    assert (compared.agrees, compared.answered, compared.expected) == (False, "No", ["Yes"])
    assert Item.objects.get().key_state == "proposed"
    key_review.settle(item=item, author=ALICE, now=NOW)
    [compared] = key_review.comparisons(fresh(quiz))
    assert (compared.settled, Item.objects.get().key_state) == (True, "reviewed")


def test_who_wrote_the_key_cannot_review_it() -> None:
    quiz = writing.new_quiz(author=ALICE)
    item = written(quiz)
    assert key_review.open_for(fresh(quiz), ALICE) == []
    with pytest.raises(key_review.OwnKey):
        key_review.record(item=item, answer={"option": "a"}, note="", author=ALICE, now=NOW)
    assert not KeyReview.objects.exists()


def test_answer_that_no_rule_marks_is_left_to_be_compared() -> None:
    quiz = writing.new_quiz(author=ALICE)
    item = writing.add_item(quiz=quiz, kind="open_text", author=ALICE, now=NOW)
    item = saved(item, ALICE, dict(open_text().body))
    compared = key_review.record(item=item, answer={"text": "I ask."}, note="", author=BOB, now=NOW)
    assert (compared.agrees, Item.objects.get().key_state) == (None, "proposed")


def test_lesson_on_an_older_revision_is_refused_and_publishing_makes_a_version() -> None:
    lesson = lesson_writing.new(author=ALICE, title="Cells")
    body = lesson_writing.open_draft(lesson) | {"summary": "Bob's"}
    lesson = lesson_writing.save(lesson=lesson, body=body, revision=1, author=BOB)
    with pytest.raises(Stale, match="Bob has changed"):
        lesson_writing.save(lesson=lesson, body=body | {"summary": "Alice's"}, revision=1, author=ALICE)
    assert lesson_writing.is_changed(lesson)
    version = lesson_writing.publish(lesson=lesson, author=ALICE, now=NOW)
    assert (version.body["summary"], version.number) == ("Bob's", 1)
    lesson.refresh_from_db()
    assert not lesson_writing.is_changed(lesson)
