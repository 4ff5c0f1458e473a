"""Who may see what, tried from outside."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from api import keys
from api.models import ApiKey
from assessment.placement import accommodations
from assessment.statistics import folding
from roster.models import Enrollment, Group, Role, User
from tests import cast
from tests.api.conftest import ALL, Caller, School

NEEDS = {
    "accommodations": "accommodations:read",
    "courses": "assignments:read",
    "people": "people:read",
    "enrollments": "people:read",
    "groups": "assignments:read",
    "assignments": "assignments:read",
    "attempts": "attempts:read",
    "responses": "attempts:read",
    "marks": "attempts:read",
    "grades": "grades:read",
    "deliveries": "grades:read",
    **{
        f"statistics/{name}": "statistics:read"
        for name in ("assignments", "quizzes", "items", "options", "distribution", "over-time")
    },
}
LISTS = list(NEEDS)
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer a b", "Basic YTpi", "Bearer assay_wrong", "Bearer \xff\x00"])
def test_without_a_valid_key_nothing_is_shown(public: Caller, path: str, header: str) -> None:
    response = public.get(path, headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", LISTS)
def test_a_key_without_the_scope_reads_which_is_missing(north: School, path: str) -> None:
    others = [scope for scope in ALL if scope != NEEDS[path]]
    response = Caller(north.key(*others)).get(path)
    assert response.status_code == 403
    assert NEEDS[path] in response.json()["detail"]
    assert f'scope="{NEEDS[path]}"' in response["WWW-Authenticate"]
    assert Caller(north.key(NEEDS[path])).get(path).status_code == 200


def test_statistics_and_single_rows_need_their_scopes(north: School) -> None:
    attempt = cast.take(north.assignment, north.people[0], ("a", "b", ""))
    paths = {
        f"assignments/{north.assignment.pk}": "assignments:read",
        f"assignments/{north.assignment.pk}/statistics": "statistics:read",
        f"attempts/{attempt.pk}": "attempts:read",
    }
    for path, scope in paths.items():
        assert Caller(north.key(scope)).get(path).status_code == 200
        assert Caller(north.key(*[other for other in ALL if other != scope])).get(path).status_code == 403


def test_an_institution_sees_only_its_own_rows(north: School, south: School) -> None:
    mine = cast.take(north.assignment, north.people[0], ("a", "b", ""))
    theirs = cast.take(south.assignment, south.people[0], ("a", "a", ""))
    script = Caller(north.key(*ALL))
    assert [row["id"] for row in script.get("attempts").json()["results"]] == [str(mine.pk)]
    assert [row["id"] for row in script.get("assignments").json()["results"]] == [str(north.assignment.pk)]
    assert [row["person"] for row in script.get("grades").json()["results"]] == [str(north.people[0].pk)]
    for path in (
        f"attempts/{theirs.pk}",
        f"assignments/{south.assignment.pk}",
        f"assignments/{south.assignment.pk}/statistics",
    ):
        assert script.get(path).status_code == 404
    for path, query in (
        ("attempts", {"assignment": south.assignment.pk}),
        ("attempts", {"person": south.people[0].pk}),
        ("grades", {"assignment": south.assignment.pk}),
    ):
        assert script.get(path, **query).json()["results"] == []
        assert "Dora" not in script.get(path, format="csv", **query).getvalue().decode()


def fill(school: School) -> list[str]:
    """Something for every list; the ids that nobody else may see, and by which lists are narrowed."""
    cast.take(school.assignment, school.people[0], ("a", "b", "mine"))
    course = school.assignment.course
    assert course is not None
    link = school.assignment.resource_link
    cast.offer_column(link)
    other = cast.hand_in(cast.make_launch(link, cast.make_person(link, "Eve")), q1="a", q2="b")
    Enrollment.objects.create(institution=school.institution, course=course, person=school.people[0], role=Role.LEARNER)
    group = Group.objects.create(institution=school.institution, course=course, group_id="g", name="Reds")
    group.members.add(school.people[0])
    accommodations.give(assignment=school.assignment, person=school.people[0], extra_minutes=5)
    other.delete()  # leaves tombstones
    cast.take(school.assignment, other.person, ("a", "b", "mine"))  # type: ignore[arg-type]
    folding.fold(assignment_id=school.assignment.pk, now=cast.NOW)
    return [str(row.pk) for row in (school.assignment, course, group, school.people[0])]


def rows_of(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


@pytest.mark.parametrize("path", [*LISTS, "changes"])
def test_no_list_shows_another_institution_a_row(north: School, south: School, path: str) -> None:
    assignment, course, group, person = fill(north)
    owner, stranger = Caller(north.key(*ALL)), Caller(south.key(*ALL))
    own = {row.get("id") for row in rows_of(stranger.get(path))}
    assert rows_of(owner.get(path, limit=200))
    assert not own & {row.get("id", "") for row in rows_of(owner.get(path, limit=200)) if "id" in row}
    for name, value in (("assignment", assignment), ("course", course), ("group", group), ("person", person)):
        answer = stranger.get(path, **{name: value})
        if answer.status_code == 400:
            assert list(answer.json()["errors"]) == [name], "it cannot be narrowed by that"
        elif name == "group" and path.startswith("statistics/"):
            assert not any(row["n"] for row in rows_of(answer) if "n" in row)
        else:
            assert rows_of(answer) == []
            assert len(stranger.get(path, format="csv", **{name: value}).getvalue().splitlines()) == 1
    for shown in (stranger.get(path).content, stranger.get(path, sort="-id").content):
        assert not any(one.encode() in shown for one in (assignment, course, group, person))


def test_changes_show_the_kinds_that_the_key_may_read(north: School) -> None:
    fill(north)
    kinds = lambda *scopes: {row["kind"] for row in rows_of(Caller(north.key(*scopes)).get("changes"))}  # noqa: E731
    assert kinds("attempts:read") == {"attempt", "response", "mark"}
    assert kinds("grades:read") == {"grade"}
    assert Caller(north.key("statistics:read")).get("changes").status_code == 403


def test_a_cursor_of_another_institution_opens_nothing(north: School, south: School) -> None:
    for school in (north, south):
        for person in school.people:
            cast.take(school.assignment, person, ("a", "b", ""))
    cast.take(south.assignment, south.people[0], ("a", "b", ""), 60)
    cursor = Caller(south.key()).get("attempts", limit=1).json()["next"].split("cursor=")[1].split("&")[0]
    rows = Caller(north.key()).get("attempts", cursor=cursor).json()["results"]
    assert {row["person"] for row in rows} <= {str(person.pk) for person in north.people}


def test_previews_are_never_exported(north: School, script: Caller) -> None:
    preview = cast.take(north.assignment, north.people[0], ("a", "b", ""), preview=True)
    assert script.get("attempts").json()["results"] == []
    assert script.get(f"attempts/{preview.pk}").status_code == 404


def test_names_are_shown_only_with_the_scope(north: School, script: Caller) -> None:
    attempt = cast.take(north.assignment, north.people[0], ("a", "b", ""))
    for path in ("attempts", "grades", f"attempts/{attempt.pk}"):
        response = script.get(path)
        assert "Alice" not in response.content.decode()
        assert "example.edu" not in response.content.decode()
        assert "Alice A" in Caller(north.key(*ALL)).get(path).content.decode()
        assert "alice@example.edu" in Caller(north.key(*ALL)).get(path, include="names").content.decode()
        refused = script.get(path, include="names")
        assert refused.status_code == 403
        assert "people:read" in refused.json()["detail"]
        assert Caller(north.key(*ALL)).get(path, include="grades").status_code == 400
    assert "Alice" not in script.get("attempts", format="csv").getvalue().decode()
    assert "Alice A,alice@example.edu" in Caller(north.key(*ALL)).get("attempts", format="csv").getvalue().decode()


def test_the_key_of_a_quiz_never_leaves_by_any_door(north: School) -> None:
    attempt = cast.take(north.assignment, north.people[0], ("a", "b", "because"))
    script = Caller(north.key(*ALL))
    for path in (
        "quizzes", "quizzes/check", "assignments", "attempts", f"attempts/{attempt.pk}", "grades",
        f"assignments/{north.assignment.pk}/statistics",
    ):  # fmt: skip
        shown = script.get(path).content.decode()
        assert "secret" not in shown, path
        assert "credit" not in shown, path


def test_a_revoked_key_is_refused_at_once(north: School) -> None:
    script = Caller(north.key())
    assert script.get("attempts").status_code == 200
    ApiKey.objects.update(revoked_at=timezone.now())
    assert script.get("attempts").status_code == 401


def test_the_key_is_stored_only_as_a_hash(north: School) -> None:
    key = north.key()
    row = ApiKey.objects.get()
    assert len(key) == len("assay_") + 43
    assert key not in str(vars(row))
    assert row.prefix == key[:12]


def test_last_use_is_written_at_most_once_a_minute(north: School) -> None:
    key, now = north.key(), timezone.now()
    for seconds, expected in ((0, 0), (59, 0), (60, 60)):
        keys.authenticate(key, now=now + timedelta(seconds=seconds))
        assert ApiKey.objects.get().last_used_at == now + timedelta(seconds=expected)


def test_content_for_everybody_needs_no_key_and_a_bad_one_is_named(public: Caller, north: School) -> None:
    cast.make_lesson()
    for path in ("lessons", "lessons/lesson", "quizzes", "quizzes/check"):
        assert public.get(path).status_code == 200
        assert public.get(path, headers={"Authorization": "Bearer nonsense"}).status_code == 401


@pytest.mark.parametrize(
    "scopes", [["attempts:read,grades:read"], ["attempts:read", "grades:read"], ["grades:read attempts:read"]]
)
def test_the_command_prints_the_key_once_and_alone(north: School, scopes: list[str]) -> None:
    out, err = StringIO(), StringIO()
    call_command("create_api_key", institution="north", scopes=scopes, name="report", stdout=out, stderr=err)
    key = out.getvalue().strip()
    row = keys.authenticate(key, now=timezone.now())
    assert row is not None
    assert row.scopes == ["attempts:read", "grades:read"]
    assert row.name == "report"
    assert key not in err.getvalue()


@pytest.mark.parametrize(
    ("institution", "scopes", "word"),
    [("nowhere", ["grades:read"], "north"), ("north", ["grades:write"], "grades:write"), ("north", [","], "at least")],
)
def test_the_command_says_what_is_wrong(north: School, institution: str, scopes: list[str], word: str) -> None:
    with pytest.raises(CommandError, match=word):
        call_command("create_api_key", institution=institution, scopes=scopes)
    assert not ApiKey.objects.exists()


def test_staff_revoke_keys_of_their_own_institution_only(north: School, south: School) -> None:
    north.key()
    south.key()
    staff = User.objects.create_superuser("staff", password="x", institution=north.institution)
    client = Client()
    client.force_login(staff)
    data = {"action": "revoke", "_selected_action": [str(pk) for pk in ApiKey.objects.values_list("pk", flat=True)]}
    client.post("/admin/api/apikey/", data)
    revoked = ApiKey.objects.exclude(revoked_at=None)
    assert [row.institution for row in revoked] == [north.institution]
    page = client.get(f"/admin/api/apikey/{revoked[0].pk}/change/")
    assert page.status_code == 200
    assert revoked[0].key_hash not in page.content.decode()
