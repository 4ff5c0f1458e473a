"""Statistics end to end: taken, marked, folded, and read over HTTP."""

from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from scipy import stats

from assessment.models import Assignment, StatisticsDelta
from assessment.statistics import folding, formulas, report
from tests import cast
from tests.api.conftest import Caller, School

pytestmark = pytest.mark.django_db
# Of twelve learners: three choices with the key "a" (one point each) and whether the open question was answered.
ANSWERS = [
    "aaa+", "aaa+", "aab+", "aba+", "abb+", "bab+", "bbb+", "bbb ", "aa ", "a ab", "aac+", "cca+",
]  # fmt: skip


@pytest.fixture
def on(north: School) -> Assignment:
    version = cast.quiz_of(*[cast.choice() for _ in range(3)], cast.open_text("2"), slug="counted")
    made = cast.place_quiz(north.institution, version)
    for number, line in enumerate(ANSWERS):
        sit(made, cast.make_learner(north.institution), line, number * 10)
    folding.fold(assignment_id=made.pk, now=cast.NOW)
    return made


def sit(on: Assignment, by: Any, line: str, minutes: int = 0) -> Any:
    answers = [letter.strip() for letter in line[:3].ljust(3)]
    return cast.take(on, by, [*answers, "because" if line[3:] == "+" else ""], minutes)


def matrix() -> np.ndarray:
    return np.array([[letter == "a" for letter in line[:3].ljust(3)] for line in ANSWERS], dtype=float)


def shown(script: Caller, on: Assignment, **query: Any) -> dict[str, Any]:
    response = script.get(f"assignments/{on.pk}/statistics", **query)
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    return body


def test_the_figures_are_those_of_numpy_and_scipy(script: Caller, on: Assignment) -> None:
    body, x = shown(script, on), matrix()
    totals = x.sum(axis=1)
    assert (body["n"], body["waiting"]) == (12, sum(line.endswith("+") for line in ANSWERS))
    machine = body["machine_marked"]
    assert (machine["items"], machine["points_max"]) == (3, 3.0)
    assert machine["mean"]["value"] == pytest.approx(totals.mean())
    assert machine["mean"]["ci"] == pytest.approx(stats.t.interval(0.95, 11, totals.mean(), stats.sem(totals)))
    assert machine["sd"]["value"] == pytest.approx(totals.std(ddof=1))
    alpha = 3 / 2 * (1 - x.var(axis=0, ddof=1).sum() / totals.var(ddof=1))
    assert machine["alpha"]["value"] == pytest.approx(alpha)
    assert machine["sem"]["value"] == pytest.approx(totals.std(ddof=1) * np.sqrt(1 - alpha))
    for at, item in enumerate(body["items"][:3]):
        assert (item["position"], item["identifier"], item["kind"], item["n"]) == (at + 1, f"q{at + 1}", "choice", 12)
        oracle = stats.binomtest(int(x[:, at].sum()), 12).proportion_ci(method="wilson")
        assert item["facility"]["value"] == pytest.approx(x[:, at].mean())
        assert item["facility"]["ci"] == pytest.approx([oracle.low, oracle.high])
        rest = stats.pearsonr(x[:, at], totals - x[:, at])
        interval = rest.confidence_interval()
        assert item["discrimination"]["value"] == pytest.approx(rest.statistic)
        assert item["discrimination"]["ci"] == pytest.approx([interval.low, interval.high])
        chosen = [line.ljust(3)[at].strip() for line in ANSWERS]
        assert {option["category"]: option["count"] for option in item["categories"]} == {
            option: chosen.count(option) for option in ("a", "b", "c", "")
        }
        for option in item["categories"]:
            taken = np.array([letter == option["category"] for letter in chosen], dtype=float)
            assert option["share"]["value"] == pytest.approx(taken.mean())
            if taken.any():
                expected = np.corrcoef(taken, totals - x[:, at])[0, 1]
                assert option["rest_correlation"]["value"] == pytest.approx(expected)
            else:
                assert option["rest_correlation"]["value"] is None


def figures(part: Any) -> list[dict[str, Any]]:
    if isinstance(part, list):
        return [found for one in part for found in figures(one)]
    if not isinstance(part, dict):
        return []
    if "method" in part:
        return [part]
    return [found for one in part.values() for found in figures(one)]


def test_every_figure_says_its_n_level_and_method_and_why_it_is_missing(script: Caller, on: Assignment) -> None:
    found = figures(shown(script, on))
    assert len(found) > 20
    for figure in found:
        assert figure.keys() == {"value", "ci", "level", "n", "method", "provisional", "reason"}
        assert (figure["ci"] is None) == (figure["reason"] is not None)
        assert figure["method"]
        if figure["ci"]:
            assert figure["ci"][0] <= figure["value"] <= figure["ci"][1]
            assert figure["provisional"]  # 12 attempts


def test_key_that_reads_attempts_sees_figures_from_the_first(script: Caller, north: School) -> None:
    on = cast.place_quiz(north.institution, cast.quiz_of(cast.choice(), cast.choice(), slug="few"))
    cast.take(on, cast.make_learner(north.institution), "ab")
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    item = shown(script, on)["items"][0]
    assert (item["facility"]["value"], item["categories"][0]["count"]) == (1.0, 1)


def test_figures_are_hidden_below_ten_from_keys_that_read_no_attempts(north: School) -> None:
    script = Caller(north.key("statistics:read"))
    version = cast.quiz_of(cast.choice(), cast.choice(), slug="few")
    on = cast.place_quiz(north.institution, version)
    for number in range(9):
        cast.take(on, cast.make_learner(north.institution), "ab", number)
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    body = shown(script, on)
    of_learners = [figure for figure in figures(body) if figure["value"] is not None]
    assert {figure["method"].split(" ")[0] for figure in of_learners} == {"points", "mean"}  # of the question itself
    assert all(option["count"] is None for option in body["items"][0]["categories"])
    assert (body["score"]["histogram"], body["items"][0]["blanks"]) == ([], None)
    cast.take(on, cast.make_learner(north.institution), "ab", 10)
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    body = shown(script, on)
    item = body["items"][0]
    assert (item["facility"]["value"], body["machine_marked"]["mean"]["value"]) == (1.0, 1.0)
    assert [option["count"] for option in item["categories"]] == [10, 0, 0, 0]


def test_an_assignment_that_nobody_answered_has_no_figures_but_all_questions(script: Caller, north: School) -> None:
    body = shown(script, north.assignment)
    assert (body["n"], body["waiting"], body["folded_at"], body["versions"]) == (0, 0, None, [])
    assert [item["identifier"] for item in body["items"]] == ["q1", "q2", "q3"]
    of_question = ("intended_weight", "guess")
    items = [{name: part for name, part in item.items() if name not in of_question} for item in body["items"]]
    assert all(figure["value"] is None for figure in figures(body | {"items": items}))


def counted(script: Caller, north: School, *items: Any, answers: Any, n: int) -> dict[str, Any]:
    """The report of a quiz of its own that `n` learners answered alike."""
    on = cast.place_quiz(north.institution, cast.quiz_of(*items, slug="reasons"))
    for number in range(n):
        cast.take(on, cast.make_learner(north.institution), answers, number)
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    return shown(script, on)


def test_nobody_answered_is_the_reason_of_every_missing_figure(script: Caller, north: School) -> None:
    body = counted(script, north, cast.choice(), cast.choice(), answers="ab", n=0)
    whole = [*body["score"].values(), *body["machine_marked"].values()]
    assert {figure["reason"] for figure in whole if isinstance(figure, dict)} == {formulas.TOO_FEW}


def test_a_question_is_compared_with_no_other_where_there_is_none(script: Caller, north: School) -> None:
    body = counted(script, north, cast.choice(), cast.open_text("2"), answers=("a", "words"), n=12)
    choice, essay = body["items"]
    alone = report.NO_OTHER_ITEMS
    assert (choice["facility"]["value"], choice["discrimination"]["reason"]) == (1.0, alone)
    assert {option["rest_correlation"]["reason"] for option in choice["categories"]} == {alone}
    assert essay["facility"]["reason"] == essay["discrimination"]["reason"] == report.SOME_WAIT
    assert body["score"]["mean"]["reason"] == body["score"]["sd"]["reason"] == report.SOME_WAIT


def test_a_quiz_that_people_mark_has_no_machine_marked_figures(script: Caller, north: School) -> None:
    marked = counted(script, north, cast.open_text("2"), answers=("words",), n=12)["machine_marked"]
    assert {marked["mean"]["reason"], marked["sd"]["reason"]} == {report.NO_ITEMS}
    assert (marked["mean"]["value"], marked["sd"]["value"]) == (None, None)
    assert "at least two" in marked["alpha"]["reason"]


def test_too_few_attempts_are_the_reason_even_while_some_wait(north: School) -> None:
    script = Caller(north.key("statistics:read"))
    body = counted(script, north, cast.choice(), cast.open_text("2"), answers=("a", "words"), n=1)
    assert body["items"][1]["facility"]["reason"] == formulas.HIDDEN
    assert {body["score"][name]["reason"] for name in ("mean", "sd", "median")} == {formulas.HIDDEN}


def test_first_attempts_are_the_default_and_all_can_be_asked_for(script: Caller, on: Assignment, north: School) -> None:
    sit(on, on.attempts.order_by("pk").first().person, "aaa", 500)
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    assert shown(script, on)["n"] == shown(script, on, population="first")["n"] == 12
    assert shown(script, on, population="all")["n"] == 13
    assert script.get(f"assignments/{on.pk}/statistics", population="last").status_code == 400


def test_what_waits_to_be_added_is_reported_until_it_is(script: Caller, on: Assignment, north: School) -> None:
    sit(on, north.people[0], "aaa", 500)
    body = shown(script, on)
    assert (body["n"], body["pending"]) == (12, 1)
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    body = shown(script, on)
    assert (body["n"], body["pending"]) == (13, 0)
    assert not StatisticsDelta.objects.exists()


def test_a_confirmed_answer_moves_from_waiting_to_the_score(script: Caller, on: Assignment, north: School) -> None:
    before = shown(script, on)
    waiting = on.attempts.filter(state="needs_review").first()
    cast.confirm(waiting, "q4", "2", north.people[0], 999)
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    after = shown(script, on)
    assert after["waiting"] == before["waiting"] - 1
    assert after["score"]["mean"]["n"] == before["score"]["mean"]["n"] + 1
    assert after["machine_marked"] == before["machine_marked"]


def test_each_version_of_the_quiz_has_its_own_figures(script: Caller, on: Assignment, north: School) -> None:
    cast.quiz_of(cast.choice(), cast.choice(), slug="counted")
    assert shown(script, on)["quiz_version"]["number"] == 1  # the newest that was answered
    assert shown(script, on, version=2)["n"] == 0
    cast.take(on, north.people[0], "ab", 900)
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    body = shown(script, on)
    assert (body["quiz_version"]["number"], body["n"], len(body["items"])) == (2, 1, 2)
    assert [(version["number"], version["n"]) for version in body["versions"]] == [(1, 12), (2, 1)]
    assert shown(script, on, version=1)["n"] == 12
    for version in ("3", "9" * 30):
        assert script.get(f"assignments/{on.pk}/statistics", version=version).status_code == 404
    for version in ("x", "-1", "0", "1.0", "9" * 5000):
        response = script.get(f"assignments/{on.pk}/statistics", version=version)
        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["version"]


def test_reading_costs_the_same_at_any_number_of_attempts(script: Caller, on: Assignment, north: School) -> None:
    used = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            shown(script, on)
        used.append([query["sql"] for query in queries if "last_used_at" not in query["sql"].split("WHERE")[0][:40]])
        for number in range(15):
            sit(on, cast.make_learner(north.institution), "aba+", 600 + number)
        folding.fold(assignment_id=on.pk, now=cast.NOW)
    assert len(used[1]) <= 6
    assert abs(len(used[0]) - len(used[1])) <= 1  # the first call also writes when the key was used
    assert not any('FROM "assessment_response"' in sql or 'FROM "assessment_attempt"' in sql for sql in used[1])


def test_an_etag_saves_the_body_until_something_changes(script: Caller, on: Assignment, north: School) -> None:
    path = f"assignments/{on.pk}/statistics"
    first = script.get(path)
    etag = first["ETag"]
    assert etag.startswith('"')  # strong
    again = script.get(path)
    assert (again["ETag"], again.content) == (etag, first.content)  # as a strong one promises
    for header in (etag, f'"other", {etag}', "*", f"W/{etag}"):
        unchanged = script.get(path, headers={"If-None-Match": header})
        assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", etag)
    assert script.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert script.get(path, population="all")["ETag"] != etag
    sit(on, north.people[0], "aaa", 500)
    folding.fold(assignment_id=on.pk, now=cast.NOW)
    changed = script.get(path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed["ETag"] != etag
    assert "private" in changed["Cache-Control"]


def test_an_etag_opens_nothing_to_another_institution(script: Caller, on: Assignment, south: School) -> None:
    path = f"assignments/{on.pk}/statistics"
    etag = script.get(path)["ETag"]
    assert Caller(south.key()).get(path, headers={"If-None-Match": etag}).status_code == 404
