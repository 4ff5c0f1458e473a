"""Folded sums, a full recount, and a naive computation from the raw answers say the same."""

from collections import Counter
from decimal import Decimal
from threading import Thread
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from assessment.models import Assignment, Attempt, StatisticsDelta, StatisticsRow
from assessment.statistics import deltas, folding, recount
from assessment.statistics.report import report
from tests import cast

NUMBERS = ("n", "complete", "in_total", "x", "xx", "r", "rr", "xr", "counts")
CHOICES = (("1", "0", "0"), ("1", "0.5", "0"), ("0", "0.333", "1"))
ANSWERS = st.tuples(*[st.sampled_from(["", "a", "b", "c"])] * 3, st.sampled_from(["", "because"]))
# Of each sitting: who, what they answered, and the points a teacher gives later (None: it keeps waiting).
SITTINGS = st.lists(
    st.tuples(st.integers(0, 3), ANSWERS, st.sampled_from([None, "0", "0.5", "2"])), min_size=1, max_size=9
)


def rows(on: Assignment) -> dict[Any, dict[str, Any]]:
    found = StatisticsRow.objects.filter(assignment=on)
    return {
        (row.quiz_version_id, row.population, row.item_version_id): {name: getattr(row, name) for name in NUMBERS}
        for row in found
    }


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
        taken = []
        for minutes, (who, answers, points) in enumerate(sittings):
            taken.append((cast.take(on, learners[who], answers, minutes * 10), answers, points))
            if random.random() < 0.4:
                folding.fold(assignment_id=on.pk, now=cast.NOW, batch=batch)
        for attempt, answers, points in taken:
            if points is not None and answers[3]:
                cast.confirm(attempt, "q4", points, learners[0], 1000)
        cast.take(on, learners[0], ("a", "a", "a", ""), 2000, preview=True)
        folding.fold(assignment_id=on.pk, now=cast.NOW, batch=batch)

        folded = rows(on)
        assert not StatisticsDelta.objects.exists()
        assert recount.recount(assignment_id=on.pk, now=cast.NOW) == len(sittings)
        assert rows(on) == folded
        for population in ("first", "all"):
            self.compare(on, population)

    def compare(self, on: Assignment, population: str) -> None:
        attempts = list(Attempt.objects.filter(assignment=on, preview=False).order_by("pk"))
        attempts = [attempt for attempt in attempts if population == "all" or attempt.number == 1]
        matrix = [points_of(attempt) for attempt in attempts]
        totals = np.array([sum(line[:3]) for line in matrix], dtype=float)
        shown = report(assignment=on, population=population, now=cast.NOW)
        complete = [sum(line) for line in matrix if line[3] is not None]
        assert (shown["n"], shown["waiting"]) == (len(matrix), len(matrix) - len(complete))
        self.same(shown["score"]["mean"], np.mean(complete) if complete else None)
        self.same(shown["machine_marked"]["mean"], totals.mean())
        self.same(shown["machine_marked"]["sd"], totals.std(ddof=1) if len(totals) > 1 else None)
        by_item = StatisticsRow.objects.filter(assignment=on, population=population, item_version__isnull=False)
        for row in by_item.select_related("item_version__item"):
            at = int(row.item_version.item.identifier[1:]) - 1
            known = [(line[at], total) for line, total in zip(matrix, totals, strict=True) if line[at] is not None]
            x = np.array([points for points, _ in known])
            rest = np.array([total - (points if at < 3 else 0) for points, total in known])
            sums = [len(known), x.sum(), (x**2).sum(), rest.sum(), (rest**2).sum(), (x * rest).sum()]
            stored = [float(value) for value in (row.n, row.x, row.xx, row.r, row.rr, row.xr)]
            assert stored == pytest.approx(sums)
            if at < 3:
                answers = row.item_version.response_set.filter(attempt__in=attempts).values_list("answer", flat=True)
                chosen = Counter(answer.get("option", "") for answer in answers)
                assert {category: sum(by.values()) for category, by in row.counts.items()} == chosen

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
def test_recording_twice_changes_nothing_and_a_new_mark_takes_the_old_one_back() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    learner = cast.make_learner(school)
    attempt = cast.take(on, learner, ("a", "b", "", "because"))
    deltas.record(attempt=attempt, now=cast.NOW)
    assert sorted(StatisticsDelta.objects.values_list("population", "sign")) == [("all", 1), ("first", 1)]
    cast.confirm(attempt, "q4", "1.5", learner)
    assert sorted(StatisticsDelta.objects.values_list("population", "sign")) == [
        ("all", -1), ("all", 1), ("all", 1), ("first", -1), ("first", 1), ("first", 1)
    ]  # fmt: skip
    counted = Attempt.objects.get(pk=attempt.pk).counted
    assert (counted["complete"], counted["score"], counted["total"]) == (True, "3.75", "2.25")


@pytest.mark.django_db
def test_a_blank_open_answer_is_no_part_of_the_machine_marked_total() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    blank = cast.take(on, cast.make_learner(school), ("a", "a", "c", ""))
    waiting = cast.take(on, cast.make_learner(school), ("a", "a", "c", "because"))
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    shown = report(assignment=on, population="first", now=cast.NOW)
    assert blank.counted["total"] == waiting.counted["total"] == "4.5"
    assert shown["machine_marked"]["items"] == 3
    assert shown["machine_marked"]["points_max"] == Decimal("4.5")
    assert (shown["n"], shown["waiting"]) == (2, 1)


@pytest.mark.django_db
def test_a_revised_mark_of_a_choice_moves_the_total_with_it() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    learner = cast.make_learner(school)
    attempt = cast.take(on, learner, ("b", "b", "b", ""))
    cast.confirm(attempt, "q1", "1.5", learner)
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    whole = StatisticsRow.objects.get(assignment=on, population="first", item_version=None)
    assert whole.r == Decimal("1.5") + Decimal("0.75") + Decimal("0.500")
    first = StatisticsRow.objects.get(assignment=on, population="first", item_version__item__identifier="q1")
    assert (first.x, first.r) == (Decimal("1.5"), whole.r - Decimal("1.5"))
    assert first.counts == {"b": {"1.25": 1}}


@pytest.mark.django_db
def test_recount_repairs_rows_and_contributions_that_went_wrong() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    attempt = cast.take(on, cast.make_learner(school), ("a", "a", "c", ""))
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    right = rows(on)
    StatisticsRow.objects.filter(item_version=None).update(r=77, n=9)
    Attempt.objects.filter(pk=attempt.pk).update(counted=None)
    recount.recount(assignment_id=on.pk, now=cast.NOW)
    assert rows(on) == right
    deltas.record(attempt=Attempt.objects.get(pk=attempt.pk), now=cast.NOW)
    assert not StatisticsDelta.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_folds_at_the_same_time_as_marking_count_everything_once() -> None:
    school = cast.make_institution()
    on, learners = cast.place_quiz(school, a_quiz()), [cast.make_learner(school) for _ in range(24)]
    failed: list[BaseException] = []

    def mark(some: list[Any]) -> None:
        for learner in some:
            cast.take(on, learner, ("a", "b", "b", "because"))

    def fold() -> None:
        for _ in range(12):
            folding.fold(assignment_id=on.pk, now=cast.NOW, batch=3)
        recount.recount(assignment_id=on.pk, now=cast.NOW)

    def run(work: Any, *args: Any) -> None:
        try:
            work(*args)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(mark, learners[start::3])) for start in range(3)]
    threads += [Thread(target=run, args=(fold,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    folded = rows(on)
    assert {(key[1], row["n"]) for key, row in folded.items() if key[2] is None} == {("first", 24), ("all", 24)}
    recount.recount(assignment_id=on.pk, now=cast.NOW)
    assert rows(on) == folded


@pytest.mark.django_db(transaction=True)
def test_a_fold_that_dies_before_its_end_leaves_every_delta() -> None:
    school = cast.make_institution()
    on = cast.place_quiz(school, a_quiz())
    cast.take(on, cast.make_learner(school), ("a", "a", "c", ""))

    @transaction.atomic
    def killed_at_the_end() -> None:
        folding.fold(assignment_id=on.pk, now=cast.NOW)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed_at_the_end()
    assert StatisticsDelta.objects.count() == 2
    assert not StatisticsRow.objects.exists()


@pytest.mark.django_db
def test_folding_an_assignment_that_is_gone_does_nothing() -> None:
    assert folding.fold(assignment_id=cast.make_institution().pk, now=cast.NOW) == 0
