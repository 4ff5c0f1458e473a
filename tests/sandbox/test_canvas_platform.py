"""Canvas beside scores: launches, tokens, the throttle, several schools on one issuer."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from sandbox.client import CANVAS_ISSUER
from sandbox.wire.throttle import Throttle
from tests.patience import PATIENCE
from tests.sandbox.rig import LTI, SCORE, Rig, a_score, authorization, form, moment, tail, verified

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
SYSTEM_USER = "http://purl.imsglobal.org/vocab/lis/v2/system/person#User"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
PERSONAL = {"sub", "name", "given_name", "family_name", "email", "locale", LTI + "lti11_legacy_user_id"}


def authorize(rig: Rig, start: dict[str, Any], *, cookie: bool = True, **changes: str) -> tuple[str, dict[str, str]]:
    """Where the answer to an authentication request is posted, and its fields."""
    cookies = {start["cookie"]["name"]: start["cookie"]["value"]} if cookie else {}
    asked = urlencode(authorization(start["params"], rig.tool, **changes))
    answer = requests.get(f"{rig.url}/lti/authorize?{asked}", cookies=cookies, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    return form(answer.text)


# Launches


def test_the_login_says_all_that_canvas_says(canvas: Rig) -> None:
    params = canvas.lms.start_launch(canvas.alice, canvas.activity["id"])["params"]
    assert params["iss"] == CANVAS_ISSUER != canvas.url
    assert (params["login_hint"], params["client_id"]) == (str(canvas.alice), canvas.client_id)
    assert params["deployment_id"] == params["lti_deployment_id"] == "1"
    assert params["lti_storage_target"] == "post_message_forwarding"
    assert {"target_link_uri", "lti_message_hint", "canvas_region", "canvas_environment"} <= set(params)


def test_a_token_lives_an_hour_and_carries_canvas_own_claims(canvas: Rig) -> None:
    claims = canvas.id_token(canvas.alice)
    assert (claims["iss"], claims["exp"] - claims["iat"]) == (CANVAS_ISSUER, 3600)
    platform = claims[LTI + "tool_platform"]
    assert (platform["product_family_code"], platform["version"], len(platform["guid"])) == ("canvas", "cloud", 32)
    assert claims["https://www.instructure.com/placement"] == "assignment_selection"
    assert claims[LTI + "resource_link"]["errors"] == {"errors": {}}
    assert claims[AGS_CLAIM]["lineitem"] == canvas.line_item
    assert canvas.line_item.startswith(f"{canvas.url}/api/lti/courses/{canvas.course}/line_items/")


def test_roles_mix_what_somebody_is_in_the_school_and_in_the_course(canvas: Rig) -> None:
    other = canvas.lms.create_course("Another", mode="canvas")
    canvas.lms.enrol(other, canvas.bob, role="instructor")
    boss = canvas.lms.add_person(f"boss-{canvas.course}", course=canvas.course, is_admin=True)
    outside = canvas.lms.add_person(f"outside-{canvas.course}", is_admin=True)

    def roles(person: int) -> list[str]:
        found: list[str] = canvas.id_token(person)[LTI + "roles"]
        return found

    learner = MEMBERSHIP + "Learner"
    assert roles(canvas.alice) == [INSTITUTION + "Student", learner, SYSTEM_USER]
    assert roles(canvas.bob) == [INSTITUTION + "Student", INSTITUTION + "Instructor", learner, SYSTEM_USER]
    assert roles(boss) == [INSTITUTION + "Student", INSTITUTION + "Administrator", learner, SYSTEM_USER]
    assert roles(outside) == [INSTITUTION + "Administrator", SYSTEM_USER]
    assert roles(canvas.tess) == [INSTITUTION + "Instructor", MEMBERSHIP + "Instructor", SYSTEM_USER]


def test_the_student_view_is_a_test_user(canvas: Rig) -> None:
    view = canvas.student("view", is_test=True)
    assert "http://purl.imsglobal.org/vocab/lti/system/person#TestUser" in canvas.id_token(view)[LTI + "roles"]


def test_a_variable_without_a_value_arrives_literally(canvas: Rig) -> None:
    due = "$Canvas.assignment.dueAt.iso8601"
    wanted = {"due": due, "who": "$Canvas.user.id", "tries": "$Canvas.assignment.allowedAttempts", "x": "$Nope.nope"}
    link = canvas.link("Variables", maximum=8, custom=wanted)
    custom = canvas.id_token(canvas.alice, link["id"])[LTI + "custom"]
    assert custom == wanted | {"who": str(canvas.alice)}
    body = {"endDateTime": "2026-12-24T18:00:00Z"}
    assert canvas.call("PUT", link["url"], media="application/json", body=body).status_code == 200
    canvas.lms.change_column(link["line_item"], allowed_attempts=3)
    custom = canvas.id_token(canvas.alice, link["id"])[LTI + "custom"]
    assert (custom["due"], custom["tries"]) == ("2026-12-24T18:00:00Z", "3")


def test_a_launch_is_consumed_once(canvas: Rig) -> None:
    start = canvas.lms.start_launch(canvas.alice, canvas.activity["id"])
    assert "id_token" in authorize(canvas, start)[1]
    where, found = authorize(canvas, start, state="s1")
    assert where == f"{canvas.tool.url}/lti/launch"
    assert (found["error"], found["state"], "id_token" in found) == ("launch_no_longer_valid", "s1", False)
    assert found["error_description"]


def test_a_launch_that_waited_too_long_is_no_longer_valid(canvas: Rig) -> None:
    start = canvas.lms.start_launch(canvas.alice, canvas.activity["id"])
    canvas.lms.turn_clock(3600)
    try:
        assert authorize(canvas, start)[1]["error"] == "launch_no_longer_valid"
    finally:
        canvas.lms.turn_clock(0)


def test_nobody_signed_in_is_reported_as_login_required(canvas: Rig) -> None:
    session = requests.Session()
    fields = form(session.get(canvas.url, timeout=PATIENCE).text)[1]
    session.post(f"{canvas.url}/sign-in", data={**fields, "person": canvas.alice}, timeout=PATIENCE)
    page = session.get(f"{canvas.url}/activities/{canvas.activity['id']}/launch", timeout=PATIENCE).text
    start = {"params": form(page)[1], "cookie": {"name": "none", "value": ""}}
    token = {"csrfmiddlewaretoken": session.cookies["sandbox_csrf"]}
    session.post(f"{canvas.url}/sign-out", data=token, timeout=PATIENCE)
    where, found = authorize(canvas, start, cookie=False, state="s1")
    assert (where, found["error"], found["state"]) == (f"{canvas.tool.url}/lti/launch", "login_required", "s1")


@pytest.mark.parametrize("changes", [{"nonce": ""}, {"prompt": ""}, {"response_mode": ""}, {"scope": "email"}], ids=str)
def test_a_request_that_lacks_something_is_an_invalid_request_object(canvas: Rig, changes: dict[str, str]) -> None:
    start = canvas.lms.start_launch(canvas.alice, canvas.activity["id"])
    assert authorize(canvas, start, **changes)[1]["error"] == "invalid_request_object"


def test_a_guest_of_a_public_course_comes_without_a_sub_and_without_a_name(canvas: Rig) -> None:
    rig = Rig(canvas.url, canvas.tool, "canvas")
    start = rig.lms.start_launch(None, rig.activity["id"])
    assert authorize(rig, start)[1]["error"] == "access_denied", "the course is not public yet"
    rig.lms.change_course(rig.course, public=True)
    claims = rig.id_token(None)
    assert not PERSONAL & set(claims)
    assert not any(uri.startswith(MEMBERSHIP) for uri in claims[LTI + "roles"])
    assert claims[LTI + "resource_link"]["id"] == str(rig.activity["id"])


# Several schools under one issuer


def test_schools_share_an_issuer_and_differ_in_guid_deployment_and_people(canvas: Rig) -> None:
    north, south = (Rig(canvas.url, canvas.tool, "canvas") for _ in range(2))
    for rig, name in ((north, "North"), (south, "South")):
        rig.lms.change_course(rig.course, account=name, deployment_id=f"{rig.course}:{name}")
    ours, theirs = north.id_token(north.alice), south.id_token(south.alice)
    assert ours["iss"] == theirs["iss"] == CANVAS_ISSUER
    for claim in ("aud", "sub", LTI + "deployment_id"):
        assert ours[claim] != theirs[claim]
    platforms = [claims[LTI + "tool_platform"] for claims in (ours, theirs)]
    assert [platform["name"] for platform in platforms] == ["North", "South"]
    assert platforms[0]["guid"] != platforms[1]["guid"]
    crossed = north.call("POST", tail(south.line_item, "scores"), media=SCORE, body=a_score(south.alice))
    assert (crossed.status_code, south.lms.gradebook(south.course)) == (401, [])


def test_one_developer_key_has_several_deployments(canvas: Rig) -> None:
    course = canvas.lms.create_course("Second", mode="canvas", account="South", deployment_id="7:south")
    canvas.lms.enrol(course, canvas.alice)
    link = canvas.lms.add_activity(course, "There", client_id=canvas.client_id)
    here, there = canvas.id_token(canvas.alice), canvas.id_token(canvas.alice, link["id"])
    assert here["aud"] == there["aud"] == canvas.client_id
    assert (here[LTI + "deployment_id"], there[LTI + "deployment_id"]) == ("1", "7:south")
    assert canvas.lms.start_launch(canvas.alice, link["id"])["params"]["deployment_id"] == "7:south"


# Tokens


def test_a_token_is_granted_for_an_hour_and_the_keys_are_fetched_every_time(canvas: Rig) -> None:
    before = canvas.tool.fetched
    for aud in (f"{canvas.url}/lti/token", ["http://elsewhere.example", f"{canvas.url}/lti/token"]):
        answer = canvas.token(canvas.assertion(aud=aud))
        assert (answer.status_code, answer.json()["expires_in"]) == (200, 3600)
    assert canvas.tool.fetched == before + 2


def test_an_assertion_may_come_twice_and_be_five_minutes_old_or_half_a_minute_ahead(canvas: Rig) -> None:
    assertion, now = canvas.assertion(), int(time.time())
    assert [canvas.token(assertion).status_code for _ in range(2)] == [200, 200]
    for issued, status in ((now - 290, 200), (now - 310, 400), (now + 20, 200), (now + 60, 400)):
        assert canvas.token(canvas.assertion(iat=issued, exp=now + 600)).status_code == status


@pytest.mark.parametrize(
    "changes", [{"aud": "x"}, {"jti": None}, {"exp": 1}, {"iat": True}, {"iat": 10**400}, {"iss": None}], ids=str
)
def test_a_bad_assertion_is_400(canvas: Rig, changes: dict[str, Any]) -> None:
    answer = canvas.token(canvas.assertion(**changes))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_scope_that_is_not_granted_refuses_the_whole_request(canvas: Rig) -> None:
    answer = canvas.token(scope="https://purl.imsglobal.org/spec/lti-ags/scope/score urn:x")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


# User-Agent, header names, throttle


def without_user_agent(rig: Rig, method: str, url: str, body: str, media: str) -> int:
    """The status. http.client adds no User-Agent by itself."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {rig.bearer}", "Content-Type": media}
    connection.request(method, parts.path, body, headers)
    return connection.getresponse().status


def test_a_request_without_a_user_agent_is_403(canvas: Rig) -> None:
    score = json.dumps(a_score(canvas.alice))
    assert without_user_agent(canvas, "POST", tail(canvas.line_item, "scores"), score, SCORE) == 403
    form = urlencode({"client_assertion": canvas.assertion()})
    media = "application/x-www-form-urlencoded"
    assert without_user_agent(canvas, "POST", f"{canvas.url}/lti/token", form, media) == 403


def test_every_answer_tells_what_is_left_in_small_letters(canvas: Rig) -> None:
    for answer in (canvas.results(), canvas.call("GET", canvas.line_item, bearer="wrong")):
        assert 0 < float(answer.headers["x-rate-limit-remaining"]) <= 600
        assert float(answer.headers["x-request-cost"]) > 0
        names = [name for name in answer.raw.headers if name.lower() in ("link", "x-request-cost", "content-type")]
        assert names == [name.lower() for name in names]


def test_a_full_bucket_is_403_in_plain_text_and_leaks(canvas: Rig) -> None:
    rig = Rig(canvas.url, canvas.tool, "canvas")
    rig.lms.set_throttle(high_water=100, maximum=120, up_front=10, outflow=1, cost=60)
    try:
        assert [rig.results().status_code for _ in range(3)] == [200, 200, 403]
        refused = rig.results()
        assert (refused.text, refused.headers["x-rate-limit-remaining"]) == (
            "403 Forbidden (Rate Limit Exceeded)\n",
            "0.0",
        )
        assert refused.headers["content-type"].startswith("text/plain")
        assert canvas.results().status_code == 200, "another client has a bucket of its own"
        rig.lms.turn_clock(60)
        assert rig.results().status_code == 200
    finally:
        rig.lms.turn_clock(0)
        rig.lms.set_throttle()


def test_requests_at_once_trip_where_requests_in_turn_do_not(canvas: Rig) -> None:
    rig = Rig(canvas.url, canvas.tool, "canvas")
    rig.lms.set_throttle(high_water=150, outflow=0)
    try:
        assert [rig.results().status_code for _ in range(2)] == [200, 200]
        for seconds in (0.4, 5, 60):  # until they do meet, however slow the machine is
            rig.lms.clear_faults()
            rig.lms.fault("results", "slow", seconds=seconds)
            with ThreadPoolExecutor(6) as pool:
                statuses = list(pool.map(lambda _: rig.results().status_code, range(6)))
            if 403 in statuses:
                break
        assert (set(statuses), statuses.count(200) >= 2) == ({200, 403}, True)
        assert 403 in [row["status"] for row in rig.lms.request_log("results")]
    finally:
        rig.lms.clear_faults()
        rig.lms.set_throttle()


def test_canvas_own_numbers_let_eleven_requests_in_at_once() -> None:
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    throttle = Throttle()
    assert [throttle.enter("a", now=now) for _ in range(13)] == [True] * 11 + [False] * 2
    for _ in range(13):
        left = throttle.leave("a", 0.5, now=now)
    assert left == 593.5
    throttle.enter("a", now=now)
    assert throttle.leave("a", 0, now=now + timedelta(seconds=1)) == 600


# The roster


def test_the_roster_has_fifty_a_page_and_case_sensitive_bookmarks(canvas: Rig) -> None:
    rig = Rig(canvas.url, canvas.tool, "canvas")
    rig.lms.add_people([{"username": f"many-{rig.course}-{n}"} for n in range(60)], course=rig.course)
    claims = rig.id_token(rig.alice)
    url = claims["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"]["context_memberships_url"]
    first = rig.call("GET", tail(url, "", limit="999").replace("/?", "?"))
    following = first.links["next"]["url"]
    assert (len(first.json()["members"]), "page=bookmark:" in following) == (50, True)
    second = rig.call("GET", following)
    assert (len(second.json()["members"]), "next" in second.links) == (13, False)
    ids = [member["user_id"] for answer in (first, second) for member in answer.json()["members"]]
    assert len(set(ids)) == 63
    lowered = rig.call("GET", following.lower()).json()["members"]
    assert [member["user_id"] for member in lowered] == ids[:50], "a spoilt bookmark begins again"


def test_the_roster_filters_by_role_limit_and_link(canvas: Rig) -> None:
    rig = Rig(canvas.url, canvas.tool, "canvas")
    url = f"{rig.url}/api/lti/courses/{rig.course}/names_and_roles"
    rig.lms.enrol(rig.course, rig.bob, status="suspended")
    link = rig.link("Mine", maximum=8, custom={"who": "$User.id"})
    everyone = rig.call("GET", url).json()["members"]
    assert [member["user_id"] for member in everyone] == [str(rig.alice), str(rig.tess)]
    for role in (MEMBERSHIP + "Instructor", "Instructor"):
        found = rig.call("GET", tail(url, "", role=role).replace("/?", "?")).json()["members"]
        assert [member["roles"] for member in found] == [[MEMBERSHIP + "Instructor"]]
    assert len(rig.call("GET", f"{url}?limit=1").json()["members"]) == 1
    message = rig.call("GET", f"{url}?rlid={link['id']}").json()["members"][0]["message"][0]
    assert message[LTI + "custom"] == {"who": str(rig.alice)}
    assert rig.call("GET", f"{url}?rlid=999999").status_code == 400


# Line items and results


def create(rig: Rig, **column: Any) -> requests.Response:
    url = f"{rig.url}/api/lti/courses/{rig.course}/line_items"
    return rig.call("POST", url, media="application/json", body={"label": "Essay", "scoreMaximum": 20, **column})


def test_columns_come_ten_a_page_with_a_link_in_small_letters(canvas: Rig) -> None:
    rig = Rig(canvas.url, canvas.tool, "canvas")
    for number in range(11):
        create(rig, label=f"Essay {number}", tag="essay", resourceId=f"essay-{number}")
    url = f"{rig.url}/api/lti/courses/{rig.course}/line_items"
    first = rig.call("GET", f"{url}?tag=essay")
    assert (len(first.json()), "link" in first.raw.headers) == (10, True)
    second = rig.call("GET", first.links["next"]["url"])
    assert ([item["label"] for item in second.json()], "next" in second.links) == (["Essay 10"], False)
    assert len(rig.call("GET", f"{url}?limit=100").json()) == 12
    assert [item["label"] for item in rig.call("GET", f"{url}?resource_id=essay-3").json()] == ["Essay 3"]
    found = rig.call("GET", f"{url}?resource_link_id={rig.activity['id']}&include[]=launch_url").json()
    assert [item["label"] for item in found] == ["Rivers lesson"]
    assert found[0]["https://canvas.instructure.com/lti/launch_url"].startswith(rig.tool.url)


def test_a_column_of_an_unknown_link_is_404_and_of_one_elsewhere_412(canvas: Rig) -> None:
    ungraded = canvas.link("Ungraded", maximum=None)
    assert create(canvas, resourceLinkId="999999").status_code == 404
    assert create(canvas, resourceLinkId=str(ungraded["id"])).status_code == 412
    assert create(canvas, resourceLinkId=str(canvas.activity["id"])).status_code == 201
    assert create(canvas, label="").status_code == 400


def test_put_renames_and_repoints_the_assignment_and_keeps_what_is_not_sent(canvas: Rig) -> None:
    link, person = canvas.link("Old name", maximum=8, tag="grade"), canvas.student()
    where = tail(link["url"], "scores")
    canvas.call("POST", where, media=SCORE, body=a_score(person, 4))
    answer = canvas.call("PUT", link["url"], media="application/json", body={"label": "New", "scoreMaximum": 16})
    assert (answer.status_code, answer.json()["label"], answer.json()["tag"]) == (200, "New", "grade")
    found = canvas.lms.grade(link["line_item"], person, canvas.course)
    assert found is not None
    assert found["final"] == 4, "grades are not rescaled"
    assert canvas.id_token(canvas.alice, link["id"])[LTI + "resource_link"]["title"] == "New"
    canvas.call("POST", where, media=SCORE, body=a_score(person, 4, moment(1)))
    found = canvas.lms.grade(link["line_item"], person, canvas.course)
    assert found is not None
    assert found["final"] == 8


def test_the_column_of_an_assignment_cannot_be_deleted_and_an_own_one_can(canvas: Rig) -> None:
    assert canvas.call("DELETE", canvas.line_item).status_code == 401
    own = create(canvas).json()["id"]
    assert canvas.call("DELETE", own).status_code == 204
    assert canvas.call("GET", own).status_code == 404


def test_results_of_somebody_who_is_no_student_are_empty(canvas: Rig) -> None:
    person = canvas.student()
    canvas.score(person, 4)
    assert [row["userId"] for row in canvas.results(user_id=person).json()] == [str(person)]
    canvas.lms.unenrol(canvas.course, person)
    for who in (person, canvas.tess, "nobody", ""):
        assert canvas.results(user_id=who).json() == []


def test_results_come_in_pages(canvas: Rig) -> None:
    rig = Rig(canvas.url, canvas.tool, "canvas")
    for person in (rig.alice, rig.bob):
        rig.score(person, 4)
    first = rig.results(limit=1)
    second = rig.call("GET", first.links["next"]["url"])
    ids = [row["userId"] for answer in (first, second) for row in answer.json()]
    assert (ids, "next" in second.links) == ([str(rig.alice), str(rig.bob)], False)


def test_a_token_is_signed_by_a_published_key(canvas: Rig) -> None:
    start = canvas.lms.start_launch(canvas.alice, canvas.activity["id"])
    asked = authorize(canvas, start, nonce="n1")[1]
    assert verified(canvas.url, asked["id_token"])["nonce"] == "n1"
