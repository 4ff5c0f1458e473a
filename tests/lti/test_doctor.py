"""The doctor names the step that fails and its remedy, and leaves nothing behind in the LMS."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from lti.connect import doctor, doctor_score, remedies
from lti.connect.examination import Finding
from lti.models import Context, Deployment, LineItem, Registration, ResourceLink, Score
from lti.platform import keys
from roster.models import Course, Institution
from tests.lti.conftest import register
from tests.lti.platform import AGS, MEMBERSHIP, Answer, Platform, Seen

NRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPE = AGS + "scope/"
COLUMNS = "/lineitems"
MINE = "/lineitems/9/lineitem"


class Lms(Platform):
    """A platform with a roster, a gradebook that remembers, and scopes that can be refused."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[str] = set()
        self.granted: dict[str, str] = {}
        self.line_items = [self.column(1, "link-1")]
        self.scores: list[dict[str, Any]] = []
        self.members = [
            {"user_id": "t1", "roles": [MEMBERSHIP + "#Instructor"]},
            {"user_id": "gone", "roles": ["Learner"], "status": "Inactive"},
            {"user_id": "s1", "roles": ["Learner"], "status": "Active"},
        ]

    def column(self, number: int, link: str = "", **more: Any) -> dict[str, Any]:
        url = f"{self.url}/lineitems/{number}/lineitem?type_id=1"
        return {"id": url, "label": "The check", "scoreMaximum": 10, "resourceLinkId": link, **more}

    def _usual(self, seen: Seen) -> Answer:
        if seen.path == "/token":
            return self._token(seen)
        if seen.method == "DELETE":
            path = f"{self.url}{seen.path}?type_id=1"
            self.line_items = [item for item in self.line_items if item["id"] != path]
            return Answer(204)
        if seen.path == "/members":
            return Answer(body=json.dumps({"id": "x", "members": self.members}).encode())
        if seen.path.endswith("/scores"):
            self.scores.append(seen.json)
            self.results = [{"userId": seen.json["userId"], "resultScore": 1, "resultMaximum": 1}]
        return super()._usual(seen)

    def _token(self, seen: Seen) -> Answer:
        scope = seen.body.decode().partition("scope=")[2].replace("%3A", ":").replace("%2F", "/").partition("&")[0]
        if scope.rpartition("/")[2] in self.refused:
            return Answer(400, b'{"error":"invalid_scope"}')
        self.tokens.append(f"t{len(self.tokens)}")
        given = {"access_token": self.tokens[-1], "expires_in": 3600, "scope": self.granted.get(scope, scope)}
        return Answer(body=json.dumps(given).encode())


@pytest.fixture
def lms() -> Iterator[Lms]:
    lms = Lms()
    yield lms
    lms.close()


@pytest.fixture
def connection(lms: Lms, school: Institution, settings: Any) -> Registration:
    """A registration whose tool was used in a course; our own key set answers at an address that can be reached."""
    settings.ROOT_URLCONF = "tests.lti.own_urls"
    settings.BASE_URL = lms.url
    lms.switch("/own/jwks", Answer(body=json.dumps(keys.key_set(now=timezone.now())).encode()))
    registration = register(lms)
    deployment = registration.deployments.create(deployment_id="1", institution=school, active=True)
    course = Course.objects.create(institution=school, title="Course one")
    context = Context.objects.create(
        institution=school, deployment=deployment, context_id="c1", course=course, title="Course one",
        memberships_url=f"{lms.url}/members",
    )  # fmt: skip
    link = ResourceLink.objects.create(
        institution=school, deployment=deployment, context=context, resource_link_id="link-1", title="The check",
        line_items_url=f"{lms.url}/lineitems?type_id=1",
    )  # fmt: skip
    url = f"{lms.url}/lineitems/1/lineitem?type_id=1"
    LineItem.objects.create(institution=school, registration=registration, resource_link=link, url=url)
    return registration


def examined(connection: Registration, **how: Any) -> dict[str, Finding]:
    return {finding.step: finding for finding in doctor.examine(registration=connection, **how)}


def outcomes(found: dict[str, Finding], outcome: str) -> list[str]:
    return [step for step, finding in found.items() if finding.outcome == outcome]


def test_sound_connection_passes_every_step(lms: Lms, connection: Registration) -> None:
    found = examined(connection, score_test=True)

    assert outcomes(found, "ok") == list(found)
    assert len(found) == 17
    assert "1 for “The check”" in found["Gradebook columns"].said
    assert "3 people" in found["Roster"].said
    assert found["Test score read back"].said == "1 of 1."


def test_connection_whose_launches_are_refused_fails(lms: Lms, connection: Registration) -> None:
    waiting = Deployment.objects.create(registration=connection, deployment_id="new", active=False)
    assert "wait for approval, whose launches are refused: 1." in examined(connection)["Launches"].said
    waiting.delete()
    connection.active = False
    found = examined(connection)["Launches"]
    assert (found.outcome, found.remedy) == ("failed", remedies.SWITCHED_OFF)


@pytest.mark.parametrize("words", ['"the assertion has expired"', "iat lies in the future", "token not yet valid"])
def test_clock_of_the_lms_is_named_where_its_own_words_are_of_time(words: str) -> None:
    assert remedies.token(400, f"invalid_client: {words}", "moodle") == remedies.CLOCK
    assert remedies.token(400, "invalid_client", "moodle") != remedies.CLOCK


def test_without_permission_nothing_is_written(lms: Lms, connection: Registration) -> None:
    found = examined(connection)

    assert "Test column made" not in found
    assert {(seen.method, seen.path) for seen in lms.seen if seen.method != "GET"} == {("POST", "/token")}


def test_score_test_scores_a_learner_and_leaves_nothing(lms: Lms, connection: Registration) -> None:
    before = [*lms.line_items]

    for _ in range(2):
        examined(connection, score_test=True)

    assert lms.line_items == before
    assert [score["userId"] for score in lms.scores] == ["s1", "s1"]
    [made, _] = [seen.json for seen in lms.asked(COLUMNS, "POST")]
    assert made == {"label": doctor_score.LABEL, "scoreMaximum": 1, "tag": doctor_score.TAG}
    assert not Score.objects.exists()


def test_learner_is_found_without_a_roster(lms: Lms, connection: Registration, school: Institution) -> None:
    Context.objects.update(memberships_url="")
    person = school.person_set.create(name="Ada")
    person.platform_users.create(institution=school, registration=connection, sub="ada")
    person.enrollments.create(institution=school, course=Course.objects.get(), role="learner")

    examined(connection, score_test=True)

    assert [score["userId"] for score in lms.scores] == ["ada"]


def test_nobody_to_score_is_said(lms: Lms, connection: Registration) -> None:
    lms.members = []

    found = examined(connection, score_test=True)

    assert found["Test score sent"].outcome == "skipped"
    assert "roster" in found["Test score sent"].remedy
    assert found["Test column deleted"].outcome == "ok"


@pytest.mark.parametrize("status", [400, 500])
def test_column_goes_even_when_the_score_is_refused(lms: Lms, connection: Registration, status: int) -> None:
    lms.switch(MINE + "/scores", Answer(status, b"no such person"))

    found = examined(connection, score_test=True)

    assert outcomes(found, "failed") == ["Test score sent"]
    assert "no such person" in found["Test score sent"].said
    assert found["Test score read back"].outcome == "skipped"
    assert len(lms.line_items) == 1


def test_column_whose_making_was_never_answered_goes_too(lms: Lms, connection: Registration) -> None:
    orphan = lms.column(7, tag=doctor_score.TAG, label=doctor_score.LABEL)
    found = examined(connection)
    lms.line_items.append(orphan)
    lms.switch(MINE, Answer(204))

    found = examined(connection, score_test=True)

    assert orphan not in lms.line_items
    assert found["Test column made"].outcome == "ok"


def test_columns_of_others_are_never_deleted(lms: Lms, connection: Registration) -> None:
    foreign = [
        lms.column(5, label=doctor_score.LABEL),
        lms.column(6, tag=doctor_score.TAG),
        {**lms.column(8, tag=doctor_score.TAG, label=doctor_score.LABEL), "id": "http://127.0.0.1:1/lineitem"},
    ]
    lms.line_items += foreign

    examined(connection, score_test=True)

    assert [item for item in lms.line_items if item in foreign] == foreign
    assert {seen.path for seen in lms.seen if seen.method == "DELETE"} == {MINE}


def test_column_that_cannot_be_deleted_is_named(lms: Lms, connection: Registration) -> None:
    lms.switch(MINE, Answer(403, b"not yours"))

    found = examined(connection, score_test=True)

    assert outcomes(found, "failed") == ["Test column deleted"]


def test_moodles_failure_behind_a_good_status_is_a_failure(lms: Lms, connection: Registration) -> None:
    lms.switch(MINE + "/scores", Answer(200, b"[]", reason="Incorrect score received"))

    found = examined(connection, score_test=True)

    assert "Incorrect score received" in found["Test score sent"].said


def test_score_test_needs_permission_to_make_columns(lms: Lms, connection: Registration) -> None:
    lms.refused = {"lineitem"}
    Registration.objects.update(family="moodle")
    connection.refresh_from_db()

    found = examined(connection, score_test=True)

    assert found["Test column made"].outcome == "skipped"
    assert "grade sync and column management" in found["Test column made"].remedy
    assert "Test column deleted" not in found
    assert doctor.failed(list(found.values())) == []


def test_canvas_test_score_makes_no_submission(lms: Lms, connection: Registration) -> None:
    Registration.objects.update(family="canvas")
    connection.refresh_from_db()

    examined(connection, score_test=True)

    assert lms.scores[0]["https://canvas.instructure.com/lti/submission"] == {"new_submission": False}


# Each step failing


WEAK = {"keys": [{"kty": "RSA", "kid": "k", "n": "AQAB", "e": "AQAB"}]}
FAILING = {
    "Key set of the LMS": ("/jwks", Answer(404), "404", "key set address"),
    "Gradebook columns": (COLUMNS, Answer(404, b"gone"), "gone", "Open an activity"),
    "Results": ("/lineitems/1/lineitem/results", Answer(500), "500", "failed by itself"),
    "Roster": ("/members", Answer(403, b"no"), "403", "Open an activity"),
}


@pytest.mark.parametrize("step", FAILING)
def test_failing_step_is_named_with_its_remedy(lms: Lms, connection: Registration, step: str) -> None:
    path, answer, said, remedy = FAILING[step]
    lms.switch(path, answer)

    found = examined(connection)

    assert outcomes(found, "failed") == [step]
    assert said in found[step].said
    assert remedy in found[step].remedy


@pytest.mark.parametrize(("path", "step"), [("/jwks", "Key set of the LMS"), (COLUMNS, "Gradebook columns")])
@pytest.mark.parametrize("body", [b"<html>", b'"x"', b"7", json.dumps(WEAK).encode()])
def test_answers_of_the_wrong_shape_fail_their_step(
    lms: Lms, connection: Registration, path: str, step: str, body: bytes
) -> None:
    lms.switch(path, Answer(body=body))

    assert outcomes(examined(connection), "failed") == [step]


def test_roster_of_the_wrong_shape_fails(lms: Lms, connection: Registration) -> None:
    lms.switch("/members", Answer(body=b"[]"))

    assert outcomes(examined(connection), "failed") == ["Roster"]


@pytest.mark.parametrize("off", [-90, 90])
def test_clock_that_is_off_is_reported(connection: Registration, off: int) -> None:
    found = examined(connection, clock=lambda: timezone.now() + timedelta(seconds=off))

    assert outcomes(found, "failed") == ["Clocks"]
    assert f"{'ahead of' if off < 0 else 'behind'} us" in found["Clocks"].said
    assert "NTP" in found["Clocks"].remedy


def test_own_key_set_of_another_installation_is_reported(lms: Lms, connection: Registration) -> None:
    lms.switch("/own/jwks", Answer(body=json.dumps(lms.jwks()).encode()))

    found = examined(connection)

    assert outcomes(found, "failed") == ["Our own key set"]
    assert "Another installation" in found["Our own key set"].remedy


def test_own_key_set_that_does_not_answer_is_reported(lms: Lms, connection: Registration) -> None:
    lms.switch("/own/jwks", Answer(502))

    assert "ASSAY_BASE_URL" in examined(connection)["Our own key set"].remedy


def test_own_private_address_is_not_fetched(connection: Registration, settings: Any) -> None:
    settings.BASE_URL = "http://10.0.0.1"

    found = examined(connection)

    assert found["Our own key set"].outcome == "skipped"
    assert "machine of the LMS" in found["Our own key set"].remedy


@pytest.mark.parametrize(("scope", "step"), [("score", "send scores"), ("result.readonly", "read results")])
@pytest.mark.parametrize("silently", [True, False])
def test_permission_that_grades_need_fails_when_refused(
    lms: Lms, connection: Registration, scope: str, step: str, silently: bool
) -> None:
    if silently:
        lms.granted = {SCOPE + scope: SCOPE + "lineitem"}
    else:
        lms.refused = {scope}

    found = examined(connection)

    assert f"Permission to {step}" in outcomes(found, "failed")
    assert "Without it" in found[f"Permission to {step}"].remedy


def test_permission_that_may_be_missing_is_skipped_with_what_is_lost(lms: Lms, connection: Registration) -> None:
    lms.refused = {"contextmembership.readonly", "lineitem"}
    Registration.objects.update(family="canvas")
    connection.refresh_from_db()

    found = examined(connection)

    assert outcomes(found, "failed") == []
    assert "Can retrieve user data" in found["Permission to read the roster"].remedy
    assert "cannot be made" in found["Permission to make columns"].remedy
    assert found["Roster"].outcome == "skipped"
    assert found["Gradebook columns"].outcome == "ok"


def test_reading_columns_is_covered_by_making_them(lms: Lms, connection: Registration) -> None:
    lms.refused = {"lineitem.readonly"}

    found = examined(connection)

    assert "includes it" in found["Permission to read columns"].said
    assert found["Gradebook columns"].outcome == "ok"


REFUSALS = [
    ("moodle", Answer(404, b"<html><title>Error</title>"), "Moodle answers so when its server cannot read"),
    ("", Answer(404), "token address"),
    ("canvas", Answer(401, b'{"error":"invalid_client"}'), "developer key must be ON"),
    ("moodle", Answer(400, b'{"error":"invalid_client"}'), "client ID"),
    ("", Answer(500, b""), "log of the LMS"),
    ("", Answer(drop=True), "token address"),
    ("", Answer(200, b"<html>"), "token address"),
]


@pytest.mark.parametrize(("family", "answer", "remedy"), REFUSALS)
def test_platform_that_gives_no_token_is_asked_once(
    lms: Lms, connection: Registration, family: str, answer: Answer, remedy: str
) -> None:
    Registration.objects.update(family=family)
    connection.refresh_from_db()
    lms.switch("/token", answer)

    found = examined(connection, score_test=True)

    assert outcomes(found, "failed") == ["Permission to send scores"]
    assert remedy in found["Permission to send scores"].remedy
    assert len(lms.asked("/token")) == 1
    assert len(outcomes(found, "skipped")) == 10


def test_lms_that_offers_no_gradebook_is_shown_which_switch(connection: Registration) -> None:
    ResourceLink.objects.update(line_items_url="")
    Registration.objects.update(family="moodle")
    connection.refresh_from_db()

    found = examined(connection)

    assert outcomes(found, "failed") == ["Gradebook columns"]
    assert "IMS LTI Assignment and Grade Services" in found["Gradebook columns"].remedy


def test_before_the_first_launch_services_are_skipped(connection: Registration) -> None:
    LineItem.objects.all().delete()
    ResourceLink.objects.all().delete()
    Context.objects.all().delete()

    found = examined(connection, score_test=True)

    assert outcomes(found, "failed") == []
    assert "as a teacher" in found["Gradebook columns"].remedy


# The command


def test_command_lists_the_steps(connection: Registration) -> None:
    for name in ("Test LMS", str(connection.pk)):
        out = StringIO()
        call_command("lti_doctor", name, "--score-test", stdout=out)
        assert "ok      Key set of the LMS: 1 of 1 keys usable" in out.getvalue()
        assert "Test column deleted" in out.getvalue()


def test_command_fails_where_a_step_does(lms: Lms, connection: Registration) -> None:
    lms.switch("/jwks", Answer(500))
    out = StringIO()

    with pytest.raises(CommandError, match="failed: Key set of the LMS"):
        call_command("lti_doctor", "Test LMS", stdout=out)
    assert "What to do: Compare the key set address" in out.getvalue()


def test_command_needs_one_registration(connection: Registration) -> None:
    register_again = {"name": "Test LMS", "client_id": "other"}
    Registration.objects.create(issuer="https://x.example", **register_again)

    for name in ("Test LMS", "nobody"):
        with pytest.raises(CommandError, match=str(connection.pk)):
            call_command("lti_doctor", name, stdout=StringIO())


def test_the_last_check_and_what_failed_in_it_are_remembered(lms: Lms, connection: Registration) -> None:
    doctor.examine(registration=connection)
    connection.refresh_from_db()
    assert connection.checked_at
    assert connection.check_failed == ""

    Registration.objects.update(active=False)
    connection.refresh_from_db()
    doctor.examine(registration=connection)
    connection.refresh_from_db()
    assert connection.check_failed == "Launches"
