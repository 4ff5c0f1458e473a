"""Folded cells, a full recount, and a naive computation from the raw answers say the same."""

from collections import Counter
from datetime import date
from decimal import Decimal
from threading import Thread
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from assessment import privacy
from assessment.models import (
    AnswerCount,
    Assignment,
    Attempt,
    Population,
    StatisticsCell,
    StatisticsDelta,
    StatisticsPart,
)
from assessment.statistics import deltas, folding, recount
from assessment.statistics.report import QuizScope, report
from roster.models import Group
from tests import cast

CHOICES = (("1", "0", "0"), ("1", "0.5", "0"), ("0", "0.333", "1"))
ANSWERS = st.tuples(*[st.sampled_from(["", "a", "b", "c"])] * 3, st.sampled_from(["", "because"]))
# Of each sitting: who, what they answered, and the points a teacher gives later (None: it keeps waiting).
SITTINGS = st.lists(
    st.tuples(st.integers(0, 3), ANSWERS, st.sampled_from([None, "0", "0.5", "2"])), min_size=1, max_size=9
)


def cells(institution: Any) -> dict[Any, Any]:
    found = StatisticsCell.objects.filter(institution=institution)
    names = ("assignment", "quiz_version", "population", "group", "day")
    return {
        tuple(cell[name] for name in names): (cell["n"], cell["data"]) for cell in found.values(*names, "n", "data")
    }


def typed(institution: Any) -> dict[Any, int]:
    rows = AnswerCount.objects.filter(institution=institution)
    return {
        tuple(row[:-1]): row[-1] for row in rows.values_list("assignment", "item_version", "population", "answer", "n")
    }


def fold(on: Assignment, batch: int = folding.BATCH) -> int:
    return folding.fold(assignment_id=on.pk, now=cast.NOW, batch=batch)


def a_quiz() -> Any:
    return cast.quiz_of(*[cast.choice(credits, "1.5") for credits in CHOICES], cast.open_text("2"))


def points_of(attempt: Attempt) -> list[float | None]:
    """The points of each item as a reader of the marks would take them down; None while one waits."""
    found = []
    for response in attempt.responses.order_by("item_version__quizversionitem__position"):
        mark = response.marks.order_by("-created_at").first()
        found.append(float(mark.points) if mark else None)
    return found


class SameNumbers(TestCase):
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(SITTINGS, st.integers(1, 5), st.randoms(use_true_random=False))
    def test_fold_recount_and_naive_computation_agree(self, sittings: Any, batch: int, random: Any) -> None:
        school = cast.make_institution()
        on, learners = cast.place_quiz(school, a_quiz()), [cast.make_learner(school) for _ in range(4)]
        group = Group.objects.create(institution=school, course=on.course, group_id="g")
        group.members.add(*learners[:2])
        taken = []
        for minutes, (who, answers, points) in enumerate(sittings):
            taken.append((cast.take(on, learners[who], answers, minutes * 400), answers, points))
            if random.random() < 0.4:
                fold(on, batch)
        for attempt, answers, points in taken:
            if points is not None and answers[3]:
                cast.confirm(attempt, "q4", points, learners[0], 10_000)
        cast.take(on, learners[0], ("a", "a", "a", ""), 12_000, preview=True)
        fold(on, batch)

        folded = cells(school)
        assert not StatisticsDelta.objects.exists()
        assert recount.recount(assignment_id=on.pk, now=cast.NOW) == len(sittings)
        assert cells(school) == folded
        for population in Population.values:
            self.compare(on, population)
        self.compare(on, "all", group)
        gone = learners[random.randrange(4)]
        privacy.erase(person=gone, by=None, now=cast.NOW)
        fold(on, batch)
        assert not StatisticsPart.objects.filter(person_id=gone.pk).exists()
        folded = cells(school)
        recount.recount(assignment_id=on.pk, now=cast.NOW)
        assert cells(school) == folded
        if Attempt.objects.filter(assignment=on, preview=False).exists():
            self.compare(on, "all")

    def compare(self, on: Assignment, population: str, group: Group | None = None) -> None:
        attempts = list(Attempt.objects.filter(assignment=on, preview=False).order_by("number"))
        attempts = [attempt for attempt in attempts if self.is_in(attempt, population, attempts)]
        if group:
            attempts = [attempt for attempt in attempts if group.members.filter(pk=attempt.person_id).exists()]
        matrix = [points_of(attempt) for attempt in attempts]
        totals = np.array([sum(line[:3]) for line in matrix], dtype=float)
        pk = group.pk if group else None
        shown = report(scope=on, population=population, group=pk, now=cast.NOW, small=True)
        complete = [sum(line) for line in matrix if line[3] is not None]
        assert (shown["n"], shown["waiting"]) == (len(matrix), len(matrix) - len(complete))
        self.same(shown["score"]["mean"], np.mean(complete) if complete else None)
        self.same(shown["machine_marked"]["mean"], totals.mean() if len(totals) else None)
        self.same(shown["machine_marked"]["sd"], totals.std(ddof=1) if len(totals) > 1 else None)
        for at, item in enumerate(shown["items"]):
            known = [(line[at], total) for line, total in zip(matrix, totals, strict=True) if line[at] is not None]
            assert item["n"] == len(known)
            x = np.array([points for points, _ in known])
            if len(known) < len(matrix):
                assert item["facility"]["value"] is None
                continue
            self.same(item["facility"], x.mean() / float(item["points_max"]) if len(x) else None)
            rest = np.array([total - (points if at < 3 else 0) for points, total in known])
            if len(x) > 2 and x.std() > 0 and rest.std() > 0:
                self.same(item["discrimination"], np.corrcoef(x, rest)[0, 1])
            if at < 3:
                answers = [attempt.responses.get(item_version=item["item_version"]).answer for attempt in attempts]
                chosen = Counter(answer.get("option", "") for answer in answers)
                assert {one["category"]: one["count"] for one in item["categories"] if one["count"]} == chosen
                assert item["blanks"] == chosen[""]

    def is_in(self, attempt: Attempt, population: str, attempts: list[Attempt]) -> bool:
        own = [other for other in attempts if other.person_id == attempt.person_id]
        best = max(own, key=lambda other: (other.points, -other.number))
        return {"first": attempt == own[0], "latest": attempt == own[-1], "highest": attempt == best, "all": True}[
            population
        ]

    def same(self, figure: Any, expected: Any) -> None:
        assert figure["value"] == (None if expected is None else pytest.approx(expected))


@pytest.mark.django_db
def test_previews_practice_and_attempts_not_marked_yet_stay_out() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    attempt = cast.take(on, cast.make_learner(school), ("a", "a", "c", ""), preview=True)
    deltas.record(attempt=attempt, now=cast.NOW)
    attempt = cast.take(on, cast.make_learner(school), ("a", "a", "c", ""))
    StatisticsDelta.objects.all().delete()
    attempt.state, attempt.counted = "submitted", None
    deltas.record(attempt=attempt, now=cast.NOW)
    assert not StatisticsDelta.objects.exists()


@pytest.mark.django_db
def test_recording_twice_changes_nothing_and_a_new_mark_is_noted() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    learner = cast.make_learner(school)
    attempt = cast.take(on, learner, ("a", "b", "", "because"))
    deltas.record(attempt=attempt, now=cast.NOW)
    assert StatisticsDelta.objects.count() == 1
    cast.confirm(attempt, "q4", "1.5", learner)
    assert StatisticsDelta.objects.count() == 2
    counted = Attempt.objects.get(pk=attempt.pk).counted
    assert (counted["complete"], counted["score"], counted["total"]) == (True, 3750, 2250)


@pytest.mark.django_db
def test_folding_the_same_change_twice_counts_it_once() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    attempt = cast.take(on, cast.make_learner(school), ("a", "a", "c", ""))
    fold(on)
    once = cells(school)
    for _ in range(3):
        deltas.note_attempt(attempt, cast.NOW)
    assert fold(on) == 3
    assert cells(school) == once


@pytest.mark.django_db
def test_a_blank_open_answer_is_no_part_of_the_machine_marked_total() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    blank = cast.take(on, cast.make_learner(school), ("a", "a", "c", ""))
    waiting = cast.take(on, cast.make_learner(school), ("a", "a", "c", "because"))
    fold(on)
    shown = report(scope=on, now=cast.NOW, small=True)
    assert blank.counted["total"] == waiting.counted["total"] == 4500
    assert shown["machine_marked"]["items"] == 3
    assert shown["machine_marked"]["points_max"] == Decimal("4.5")
    assert (shown["n"], shown["waiting"]) == (2, 1)


@pytest.mark.django_db
def test_a_revised_mark_of_a_choice_moves_the_total_with_it() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    learner = cast.make_learner(school)
    attempt = cast.take(on, learner, ("b", "b", "b", ""))
    fold(on)
    cast.confirm(attempt, "q1", "1.5", learner)
    fold(on)
    shown = report(scope=on, now=cast.NOW, small=True)
    assert shown["machine_marked"]["mean"]["value"] == 1.5 + 0.75 + 0.5
    assert shown["items"][0]["facility"]["value"] == 1
    whole = StatisticsCell.objects.get(assignment=on, population="first", day=None, group=None)
    first = whole.data["items"][str(attempt.responses.get(item_version__item__identifier="q1").item_version_id)]
    assert first["in"]["c"] == {"b": {"1500": {"2750": 1}}}


@pytest.mark.django_db
def test_recount_repairs_cells_and_contributions_that_went_wrong() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    attempt = cast.take(on, cast.make_learner(school), ("a", "a", "c", ""))
    fold(on)
    right = cells(school)
    StatisticsCell.objects.update(n=9, data={"n": 9})
    StatisticsPart.objects.all().delete()
    Attempt.objects.filter(pk=attempt.pk).update(counted=None)
    call_command("recount_statistics", assignment=on.pk)
    assert cells(school) == right
    StatisticsCell.objects.filter(assignment=None).delete()
    call_command("recount_statistics")
    assert cells(school) == right
    deltas.record(attempt=Attempt.objects.get(pk=attempt.pk), now=cast.NOW)
    assert not StatisticsDelta.objects.exists()


@pytest.mark.django_db
def test_joining_and_leaving_a_group_moves_the_attempts_at_the_next_fold() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    learner = cast.make_learner(school)
    group = Group.objects.create(institution=school, course=on.course, group_id="g")
    cast.take(on, learner, ("a", "a", "c", ""))
    fold(on)

    def n() -> Any:
        fold(on)
        return report(scope=on, group=group.pk, now=cast.NOW, small=True)["n"]

    assert n() == 0
    group.members.add(learner)
    assert n() == 1
    group.members.remove(learner)
    assert n() == 0
    group.members.add(learner)
    pk = group.pk
    group.delete()
    fold(on)
    assert not StatisticsCell.objects.filter(group=pk).exists()


@pytest.mark.django_db
def test_a_quiz_is_counted_over_all_assignments_of_its_institution_only() -> None:
    north, south, version = cast.make_institution(), cast.make_institution("South School"), a_quiz()
    placed = [cast.place_quiz(at, version) for at in (north, north, south)]
    for on in placed:
        cast.take(on, cast.make_learner(on.institution), ("a", "b", "c", ""))
        fold(on)
    shown = [report(scope=QuizScope(at, version.quiz), now=cast.NOW, small=True)["n"] for at in (north, south)]
    assert shown == [2, 1]


@pytest.mark.django_db
def test_a_period_is_the_days_of_submission_with_both_ends() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    for day in range(4):
        cast.take(on, cast.make_learner(school), ("a", "b", "c", ""), day * 24 * 60)
    fold(on)
    periods = [
        ((None, None), 4),
        ((date(2026, 11, 24), None), 3),
        ((date(2026, 11, 24), date(2026, 11, 25)), 2),
        ((None, date(2026, 11, 22)), 0),
    ]
    for scope in (on, QuizScope(school, on.quiz)):
        for period, n in periods:
            shown = report(scope=scope, period=period, now=cast.NOW, small=True)
            assert (shown["n"], shown["from"], shown["to"]) == (n, *period)


@pytest.mark.django_db
def test_common_answers_are_counted_in_their_normal_form_and_erased_with_the_person() -> None:
    school = cast.make_institution()
    answers = [{"text": "Zürich", "credit": 1, "match": "exact"}]
    item = {"kind": "short_text", "points": "1", "body": {"stem": "Where?", "answers": answers}}
    on = cast.place_quiz(school, cast.quiz_of(item))
    given = ["Zürich", "ZÜRICH ", "bern", "Bern", "  bern", "Basel"]
    learners = [cast.make_learner(school) for _ in given]
    for learner, text in zip(learners, given, strict=True):
        cast.take(on, learner, (text,))
    fold(on)

    def common(scope: Any) -> Any:
        found = report(scope=scope, now=cast.NOW, small=True)["items"][0]["common_answers"]
        return [(one["answer"], one["count"], one["share"]["n"]) for one in found]

    assert common(on) == common(QuizScope(school, on.quiz)) == [("bern", 3, 6), ("zürich", 2, 6), ("basel", 1, 6)]
    counted = typed(school)
    recount.recount_all(now=cast.NOW)
    assert typed(school) == counted
    privacy.erase(person=learners[-1], by=None, now=cast.NOW)
    fold(on)
    assert common(on) == common(QuizScope(school, on.quiz)) == [("bern", 3, 5), ("zürich", 2, 5)]
    assert not AnswerCount.objects.filter(answer="basel").exists()


@pytest.mark.django_db(transaction=True)
def test_folds_and_recounts_at_the_same_time_as_marking_count_everything_once() -> None:
    school = cast.make_institution()
    version = a_quiz()
    placed = [cast.place_quiz(school, version) for _ in range(2)]
    learners = [cast.make_learner(school) for _ in range(24)]
    failed: list[BaseException] = []

    def mark(some: list[Any]) -> None:
        for learner in some:
            for on in placed:
                cast.take(on, learner, ("a", "b", "b", "because"))

    def count() -> None:
        for _ in range(8):
            for on in placed:
                fold(on, 3)
        for on in placed:
            recount.recount(assignment_id=on.pk, now=cast.NOW)

    def run(work: Any, *args: Any) -> None:
        try:
            work(*args)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(mark, learners[start::3])) for start in range(3)]
    threads += [Thread(target=run, args=(count,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    for on in placed:
        fold(on)
    folded = cells(school)
    assert {(key[0] is None, n) for key, (n, _) in folded.items()} == {(True, 48), (False, 24)}
    recount.recount_all(now=cast.NOW)
    assert cells(school) == folded


@pytest.mark.django_db(transaction=True)
def test_marking_does_not_wait_for_a_recount_or_a_fold() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    cast.take(on, cast.make_learner(school), ("a", "a", "c", ""))
    learner, done = cast.make_learner(school), []

    def mark() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
            done.append(cast.take(on, learner, ("a", "a", "c", "")))
        finally:
            connection.close()

    with transaction.atomic():
        recount.recount(assignment_id=on.pk, now=cast.NOW)
        fold(on)
        thread = Thread(target=mark)
        thread.start()
        thread.join()
    assert done
    assert fold(on) == 1
    assert report(scope=on, now=cast.NOW, small=True)["n"] == 2


@pytest.mark.django_db(transaction=True)
def test_a_fold_that_dies_before_its_end_leaves_every_marker() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    cast.take(on, cast.make_learner(school), ("a", "a", "c", ""))

    @transaction.atomic
    def killed_at_the_end() -> None:
        fold(on)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed_at_the_end()
    assert StatisticsDelta.objects.count() == 1
    assert not StatisticsCell.objects.exists()


@pytest.mark.django_db
def test_folding_an_assignment_that_is_gone_does_nothing() -> None:
    assert folding.fold(assignment_id=cast.make_institution().pk, now=cast.NOW) == 0
