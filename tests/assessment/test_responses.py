"""Saving: what counts is the learner's newest word, and nothing after the end."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from assessment import attempts, responses
from assessment.models import Attempt, AttemptState, Response
from assessment.responses import AttemptClosed, Entry, InvalidAnswer, Saved, UnknownItem
from tests.cast import Cast, all_right, at, begin, hand_in, make_cast, publish
from tests.patience import PATIENCE
from tests.races import race
from tests.system import wait_for


@pytest.fixture
def attempt(cast: Cast) -> Attempt:
    return begin(cast.alice)


def item(attempt: Attempt, identifier: str = "q1") -> Any:
    return next(one.item_version_id for one in attempts.questions(attempt) if one.identifier == identifier)


def save(attempt: Attempt, raw: Any, seq: int | None, identifier: str = "q1", seconds: float = 1) -> Saved:
    return responses.save(attempt=attempt, item_version_id=item(attempt, identifier), raw=raw, seq=seq, now=at(seconds))


def stored(attempt: Attempt, identifier: str = "q1") -> tuple[dict[str, Any], int]:
    response = Response.objects.get(attempt=attempt, item_version=item(attempt, identifier))
    return response.answer, response.seq


def test_save_stores_and_says_so(attempt: Attempt) -> None:
    saved = save(attempt, "a", 1)

    assert saved == Saved(item(attempt), "saved", 1, {"option": "a"}, at(1))
    assert stored(attempt) == ({"option": "a"}, 1)


def test_late_save_never_overwrites_a_later_one(attempt: Attempt) -> None:
    save(attempt, "b", 5, seconds=1)
    late = save(attempt, "a", 4, seconds=2)

    assert (late.state, late.seq, late.answer, late.saved_at) == ("stale", 5, {"option": "b"}, at(1))
    assert stored(attempt) == ({"option": "b"}, 5)


def test_repeated_save_is_acknowledged_again(attempt: Attempt) -> None:
    first = save(attempt, "b", 5, seconds=1)
    assert save(attempt, {"option": "b"}, 5, seconds=9) == first


def test_other_answer_with_the_same_number_is_stale(attempt: Attempt) -> None:
    save(attempt, "b", 5)
    assert save(attempt, "c", 5).state == "stale"
    assert stored(attempt) == ({"option": "b"}, 5)


def test_clearing_an_answer_is_a_change_like_any_other(attempt: Attempt) -> None:
    save(attempt, "b", 1)
    assert save(attempt, "", 2).answer == {}
    assert stored(attempt) == ({}, 2)


def test_form_without_script_takes_the_next_number(attempt: Attempt) -> None:
    save(attempt, "b", 7)
    assert save(attempt, "c", None) == Saved(item(attempt), "saved", 8, {"option": "c"}, at(1))
    assert save(attempt, "c", None).seq == 8


@pytest.mark.parametrize("raw", ["d", "A", " a", 1, True, ["a"], {"option": "zzz"}, {"option": ["a"]}, "a\x00"])
def test_unknown_option_is_refused_and_what_is_stored_stays(attempt: Attempt, raw: Any) -> None:
    save(attempt, "b", 1)
    with pytest.raises(InvalidAnswer):
        save(attempt, raw, 2)
    assert stored(attempt) == ({"option": "b"}, 1)


@pytest.mark.parametrize("raw", ["x" * 201, 5, ["text"]])
def test_text_too_long_or_none_is_refused(attempt: Attempt, raw: Any) -> None:
    with pytest.raises(InvalidAnswer):
        save(attempt, raw, 1, "q8")
    assert stored(attempt, "q8") == ({}, 0)


@pytest.mark.parametrize(
    "text", ["naïve \u2014 \U0001f600", "a\nb", "half \ud83d of a pair", "nul \x00 inside", "\\u0000"]
)
def test_any_text_that_a_browser_can_send_is_stored(attempt: Attempt, text: str) -> None:
    assert save(attempt, text, 1, "q8").state == "saved"


@pytest.mark.parametrize("seq", [-1, 2**31, 10**30, True, "1", 1.5])
def test_sequence_number_out_of_range_is_refused(attempt: Attempt, seq: Any) -> None:
    with pytest.raises(InvalidAnswer):
        save(attempt, "a", seq)
    assert stored(attempt) == ({}, 0)


def test_item_of_another_quiz_or_version_is_unknown(cast: Cast, attempt: Attempt) -> None:
    newer = publish(cast.quiz).places.first()
    assert newer is not None
    for unknown in (newer.item_version_id, uuid4(), "nonsense", ""):
        with pytest.raises(UnknownItem):
            responses.save(attempt=attempt, item_version_id=unknown, raw="a", seq=1, now=at(1))


def test_nothing_is_stored_after_submission(attempt: Attempt) -> None:
    save(attempt, "a", 1)
    attempts.submit(attempt=attempt, now=at(5))

    for raw, seq in (("b", 2), ("a", 1), ("nonsense", 3)):
        with pytest.raises(AttemptClosed):
            save(attempt, raw, seq)
    assert stored(attempt) == ({"option": "a"}, 1)


def test_save_many_is_all_or_none(attempt: Attempt) -> None:
    good, bad = Entry(item(attempt, "q1"), "a", 1), Entry(item(attempt, "q2"), "zzz", 1)
    with pytest.raises(InvalidAnswer):
        responses.save_many(attempt=attempt, entries=[good, bad], now=at(1))
    assert stored(attempt, "q1") == ({}, 0)

    both = responses.save_many(attempt=attempt, entries=[Entry(bad.item_version_id, "b", 1), good], now=at(1))
    assert [(one.item_version_id, one.answer["option"]) for one in both] == [
        (bad.item_version_id, "b"),
        (good.item_version_id, "a"),
    ]
    assert responses.save_many(attempt=attempt, entries=[], now=at(1)) == []


def test_save_costs_two_queries(attempt: Attempt, django_assert_num_queries: Any) -> None:
    target = item(attempt)
    with django_assert_num_queries(2 + 2):  # and a savepoint with its release
        responses.save(attempt=attempt, item_version_id=target, raw="a", seq=1, now=at(1))


def test_many_answers_cost_no_more_than_one(attempt: Attempt, django_assert_num_queries: Any) -> None:
    entries = [Entry(item(attempt, name), "a", 1) for name in ("q1", "q2", "q3")]
    with django_assert_num_queries(2 + 2):  # and a savepoint with its release
        saved = responses.save_many(attempt=attempt, entries=entries, now=at(1))
    assert [one.state for one in saved] == ["saved"] * 3
    assert [stored(attempt, name) for name in ("q1", "q2", "q3")] == [({"option": "a"}, 1)] * 3


def test_stale_answer_beside_fresh_ones_changes_nothing_of_its_own(attempt: Attempt) -> None:
    save(attempt, "a", 5)
    entries = [Entry(item(attempt), "b", 4), Entry(item(attempt, "q2"), "b", 1)]
    saved = responses.save_many(attempt=attempt, entries=entries, now=at(1))
    assert [(one.state, one.answer["option"], one.seq) for one in saved] == [("stale", "a", 5), ("saved", "b", 1)]
    assert (stored(attempt), stored(attempt, "q2")) == (({"option": "a"}, 5), ({"option": "b"}, 1))


# --- how long a question was in sight


def seconds(attempt: Attempt, *identifiers: str) -> list[int]:
    found = dict(Response.objects.filter(attempt=attempt).values_list("item_version", "seconds"))
    return [found[item(attempt, name)] for name in identifiers]


def see(attempt: Attempt, passed: float, entries: list[Entry] | None = None, **seen: int) -> None:
    report = {item(attempt, name): value for name, value in seen.items()}
    responses.save_many(attempt=attempt, entries=entries or [], seen=report, now=at(passed))


def test_seconds_in_sight_add_up_over_saves_and_without_an_answer(attempt: Attempt) -> None:
    see(attempt, 10, [Entry(item(attempt), "a", 1)], q1=7, q2=3)
    see(attempt, 30, [Entry(item(attempt), "b", 2)], q1=5)
    see(attempt, 40, q1=2, q2=4)

    assert seconds(attempt, "q1", "q2", "q3") == [14, 7, 0]
    assert stored(attempt) == ({"option": "b"}, 2)
    assert stored(attempt, "q2") == ({}, 0)


def test_repeated_save_adds_its_seconds_once(attempt: Attempt) -> None:
    for _ in range(3):
        see(attempt, 60, [Entry(item(attempt), "a", 1)], q1=9)
    assert seconds(attempt, "q1") == [9]


@pytest.mark.parametrize("claimed", [11, 3600, 2**31 - 1, 2**31, 10**30])
def test_no_more_seconds_are_believed_than_have_passed(attempt: Attempt, claimed: int) -> None:
    see(attempt, 10, [Entry(item(attempt), "a", 1)], q1=claimed, q2=claimed)
    assert seconds(attempt, "q1", "q2") == [10, 10]
    see(attempt, 14, [Entry(item(attempt), "b", 2)], q1=claimed)
    for _ in range(3):
        see(attempt, 20, q1=claimed, q2=claimed)
    assert seconds(attempt, "q1", "q2") == [20, 20]


def test_seconds_since_the_last_save_of_an_answer_are_the_most_that_the_next_adds(attempt: Attempt) -> None:
    see(attempt, 100, [Entry(item(attempt), "a", 1)], q1=1)
    see(attempt, 104, [Entry(item(attempt), "b", 2)], q1=90)
    assert seconds(attempt, "q1") == [5]


@pytest.mark.parametrize("claimed", [0, -1, -(10**30)])
def test_seconds_never_become_fewer(attempt: Attempt, claimed: int) -> None:
    see(attempt, 10, [Entry(item(attempt), "a", 1)], q1=8)
    see(attempt, 20, [Entry(item(attempt), "b", 2)], q1=claimed, q2=claimed)
    assert seconds(attempt, "q1", "q2") == [8, 0]


def test_server_whose_clock_is_behind_takes_no_seconds_away(attempt: Attempt) -> None:
    see(attempt, 10, [Entry(item(attempt), "a", 1)], q1=8)
    see(attempt, -5, [Entry(item(attempt), "b", 2)], q1=3)
    assert seconds(attempt, "q1") == [8]
    assert stored(attempt) == ({"option": "b"}, 2)


def test_stale_answer_brings_no_seconds(attempt: Attempt) -> None:
    see(attempt, 10, [Entry(item(attempt), "a", 5)], q1=4)
    see(attempt, 20, [Entry(item(attempt), "b", 4)], q1=6)
    assert seconds(attempt, "q1") == [4]


def test_seconds_of_a_question_of_another_attempt_go_nowhere(cast: Cast, attempt: Attempt) -> None:
    other = hand_in(cast.bob, **all_right())
    newer = publish(cast.quiz).places.first()
    assert newer is not None
    responses.save_many(attempt=attempt, entries=[], seen={newer.item_version_id: 5, uuid4(): 5}, now=at(10))
    see(attempt, 10, q1=5)
    assert not Response.objects.filter(attempt=other).exclude(seconds=0).exists()


def test_seconds_after_submission_are_refused(attempt: Attempt) -> None:
    attempts.submit(attempt=attempt, now=at(5))
    with pytest.raises(AttemptClosed):
        see(attempt, 9, q1=4)
    assert seconds(attempt, "q1") == [0]


def test_seconds_cost_no_query_of_their_own(attempt: Attempt, django_assert_num_queries: Any) -> None:
    items = {name: item(attempt, name) for name in ("q1", "q2", "q3")}
    with django_assert_num_queries(2 + 2):  # and a savepoint with its release
        responses.save_many(
            attempt=attempt, entries=[Entry(items["q1"], "a", 1)], seen=dict.fromkeys(items.values(), 4), now=at(9)
        )
    assert seconds(attempt, "q1", "q2", "q3") == [4, 4, 4]


def test_check_is_for_practice_only(attempt: Attempt) -> None:
    save(attempt, "a", 1)
    with pytest.raises(AttemptClosed):
        responses.check(attempt=attempt, item_version_id=item(attempt), now=at(1))


# --- the database holds the promise too


@pytest.mark.parametrize("change", [{"answer": {"option": "b"}}, {"seq": 99}])
def test_database_refuses_to_change_a_submitted_answer(cast: Cast, change: dict[str, Any]) -> None:
    attempt = hand_in(cast.alice, **all_right())
    with pytest.raises(IntegrityError, match="handed in"), transaction.atomic():
        Response.objects.filter(attempt=attempt).update(**change)


def test_database_lets_everything_else_of_a_response_change(cast: Cast) -> None:
    attempt = hand_in(cast.alice, **all_right())
    assert Response.objects.filter(attempt=attempt).update(waiting=False) == 10


# --- races


@pytest.mark.django_db(transaction=True)
def test_of_concurrent_saves_the_highest_number_wins() -> None:
    attempt = begin(make_cast().alice)
    target = item(attempt)

    def write(seq: int) -> Saved:
        raw = "abc"[seq % 3]
        return responses.save(attempt=attempt, item_version_id=target, raw=raw, seq=seq, now=at(seq))

    results = race(*[lambda seq=seq: write(seq) for seq in (3, 1, 6, 2, 5, 4)])

    assert all(isinstance(one, Saved) for one in results)
    assert stored(attempt) == ({"option": "a"}, 6)
    assert results[2].state == "saved"


@pytest.mark.django_db(transaction=True)
def test_save_that_races_with_submit_is_stored_before_or_refused() -> None:
    cast = make_cast()
    outcomes = set()
    for number in range(1, 13):
        attempt = begin(cast.alice)
        target = item(attempt)

        def write(attempt: Attempt = attempt, target: Any = target) -> Saved:
            return responses.save(attempt=attempt, item_version_id=target, raw="a", seq=1, now=at(1))

        def hand_over(attempt: Attempt = attempt) -> Attempt:
            return attempts.submit(attempt=attempt, now=at(2))

        works = (write, hand_over) if number % 2 else (hand_over, write)
        results = race(*works)
        wrote, submitted = results if number % 2 else reversed(results)

        assert submitted.state == AttemptState.SUBMITTED
        assert isinstance(wrote, Saved | AttemptClosed), wrote
        assert stored(attempt) == (({"option": "a"}, 1) if isinstance(wrote, Saved) else ({}, 0))
        outcomes.add(type(wrote))
    assert outcomes


@pytest.mark.django_db(transaction=True)
def test_save_waits_for_a_submission_under_way_and_is_refused() -> None:
    attempt = begin(make_cast().alice)
    target = item(attempt)

    def write() -> Saved:
        return responses.save(attempt=attempt, item_version_id=target, raw="a", seq=1, now=at(1))

    with transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(state=AttemptState.SUBMITTED, submitted_at=at(1))
        waiting = _in_background(write)
    result = waiting()

    assert isinstance(result, AttemptClosed)
    assert stored(attempt) == ({}, 0)


@pytest.mark.django_db(transaction=True)
def test_trigger_waits_for_a_submission_under_way_and_refuses() -> None:
    attempt = begin(make_cast().alice)

    with transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(state=AttemptState.SUBMITTED, submitted_at=at(1))
        waiting = _in_background(lambda: Response.objects.filter(attempt=attempt).update(seq=9))
    result = waiting()

    assert isinstance(result, IntegrityError)
    assert stored(attempt) == ({}, 0)


def _in_background(work: Any) -> Any:
    """Start the work and return once it waits for a lock; the result is asked for later."""
    from concurrent.futures import ThreadPoolExecutor

    threads = ThreadPoolExecutor(1)
    future = threads.submit(lambda: race(work)[0])
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with connection.cursor() as cursor:
        wait_for(lambda: future.done() or cursor.execute(waiting) or cursor.fetchone() != (0,), every=0.001)
    assert not future.done(), future.result()
    return lambda: future.result(timeout=PATIENCE)
