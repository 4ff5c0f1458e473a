"""The gradebook column of a link: found, made, followed."""

import json
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from lti.gradebook import ags, by_hand, column_changes, second_chances
from lti.models import LineItem, Registration, ResourceLink, Score, ScoreState
from lti.platform import keys, tokens
from lti.platform.leases import Lease
from lti.wire import client
from tests.lti.conftest import Browser
from tests.lti.desk import SCOPES, SCORES, Desk
from tests.lti.platform import Answer


def test_column_is_found_where_the_launch_named_none(desk: Desk) -> None:
    LineItem.objects.update(url="")
    url = desk.platform.url
    desk.platform.line_items = [
        {"id": "https://evil.example/1", "resourceLinkId": "link-1"},
        {"id": f"{url}/lineitems/7/lineitem", "resourceLinkId": "other"},
        {"id": f"{url}/lineitems/8/lineitem", "resourceLinkId": "link-1", "tag": "extra"},
        {"id": f"{url}/lineitems/1/lineitem?type_id=1", "resourceLinkId": "link-1"},
        {"resourceLinkId": "link-1"},
        7,
    ]
    desk.queue()

    assert desk.drain().state == ScoreState.SYNCED
    (asked,) = desk.platform.asked("/lineitems", "GET")
    assert asked.query == {"type_id": ["1"], "resource_link_id": ["link-1"]}
    assert LineItem.objects.get().url == f"{url}/lineitems/1/lineitem?type_id=1"


def test_column_whose_link_is_written_as_a_number_is_found(desk: Desk) -> None:
    ResourceLink.objects.update(resource_link_id="17")
    LineItem.objects.update(url="")
    url = f"{desk.platform.url}/lineitems/1/lineitem"
    desk.platform.line_items = [{"id": url, "resourceLinkId": 17}]
    desk.queue()

    assert desk.drain().state == ScoreState.SYNCED
    assert LineItem.objects.get().url == url


def test_column_is_made_where_there_is_none(desk: Desk) -> None:
    LineItem.objects.update(url="")
    desk.queue()

    assert desk.drain().state == ScoreState.SYNCED
    (made,) = desk.platform.asked("/lineitems", "POST")
    column = LineItem.objects.get()
    ours: dict[str, object] = {"resourceId": str(column.pk), "tag": "assay"}
    ours["submissionReview"] = {"reviewableStatus": ["InProgress", "Submitted", "Completed"]}
    assert made.json == {"label": "The check", "scoreMaximum": 10, "resourceLinkId": "link-1", **ours}
    assert column.made
    assert made.headers["content-type"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert LineItem.objects.get().url.endswith("/lineitems/9/lineitem?type_id=1")


def test_many_scores_at_once_make_one_column(desk: Desk) -> None:
    LineItem.objects.update(url="")
    desk.queue()
    for number in range(7):
        desk.queue(person=desk.person(f"p{number}"))
    desk.drain()

    assert len(desk.platform.asked("/lineitems", "POST")) == 1
    assert Score.objects.filter(state=ScoreState.SYNCED).count() == 8


def test_no_second_column_is_made_where_the_list_of_columns_is_cut(desk: Desk) -> None:
    LineItem.objects.update(url="")
    elsewhere = {"Link": '<https://evil.example/columns>; rel="next"'}
    ours = json.dumps([{"id": f"{desk.platform.url}/lineitems/1/lineitem", "resourceLinkId": "link-1"}]).encode()
    desk.platform.switch("/lineitems", Answer(body=b"[]", headers=elsewhere), Answer(body=ours, headers=elsewhere))
    desk.queue()

    assert desk.drain().state == ScoreState.DUE
    assert desk.drain(after=60).state == ScoreState.SYNCED
    assert desk.platform.asked("/lineitems", "POST") == []


def test_column_made_while_the_answer_was_lost_is_found_not_made_again(desk: Desk) -> None:
    LineItem.objects.update(url="")
    desk.platform.drops_made_columns = True
    desk.queue()
    assert desk.drain().state == ScoreState.DUE
    desk.platform.line_items.insert(
        0, {**desk.platform.line_items[0], "id": f"{desk.platform.url}/x", "resourceId": "z"}
    )

    assert desk.drain(after=60).state == ScoreState.SYNCED
    assert len(desk.platform.asked("/lineitems", "POST")) == 1
    column = LineItem.objects.get()
    assert column.url.endswith("/lineitems/9/lineitem?type_id=1")
    assert column.made


def test_link_with_several_columns_uses_ours(desk: Desk) -> None:
    """Moodle names none in the launch then."""
    LineItem.objects.update(url="")
    url, ours = desk.platform.url, str(desk.column.pk)
    columns = [
        {"id": f"{url}/lineitems/5/lineitem", "resourceLinkId": "link-1", "tag": "other"},
        {"id": f"{url}/lineitems/6/lineitem", "resourceLinkId": "link-1"},
        {"id": f"{url}/lineitems/7/lineitem", "resourceLinkId": "link-1", "tag": "assay", "resourceId": "deep-linked"},
        {"id": f"{url}/lineitems/1/lineitem", "resourceLinkId": "link-1", "resourceId": ours},
    ]
    with client.session() as session:
        call = tokens.authorised(desk.registration, SCOPES, key=keys.signing_key(), session=session)
        for expected in ("1", "7", "6", "5"):
            desk.platform.line_items = columns
            found = ags.find_line_item(
                call, line_items=desk.link.line_items_url, resource_link_id="link-1", resource_id=ours
            )
            assert found
            assert found["id"] == f"{url}/lineitems/{expected}/lineitem"
            columns = [column for column in columns if column != found]


def test_column_of_ours_that_is_bound_to_no_link_is_found(desk: Desk) -> None:
    LineItem.objects.update(url="")
    desk.platform.line_items = [
        {"id": f"{desk.platform.url}/lineitems/4/lineitem", "resourceId": str(desk.column.pk), "resourceLinkId": "old"},
        {"id": f"{desk.platform.url}/lineitems/1/lineitem", "resourceId": str(desk.column.pk)},
    ]
    desk.queue()

    assert desk.drain().state == ScoreState.SYNCED
    assert len(desk.sent()) == 1
    assert desk.platform.asked("/lineitems", "POST") == []


def test_column_is_not_made_without_the_right_to(desk: Desk) -> None:
    LineItem.objects.update(url="")
    ResourceLink.objects.update(scopes=[scope for scope in SCOPES if not scope.endswith("/lineitem")])
    desk.link.refresh_from_db()
    desk.queue()

    event = desk.drain()

    assert event.state == ScoreState.REFUSED
    assert "no column" in event.hint
    assert desk.platform.asked("/lineitems", "POST") == []


def test_moved_column_is_found_again(desk: Desk) -> None:
    desk.platform.line_items = [{"id": f"{desk.platform.url}/lineitems/2/lineitem", "resourceLinkId": "link-1"}]
    desk.queue()
    desk.platform.switch(SCORES, Answer(404))

    assert desk.drain().state == ScoreState.SYNCED
    assert LineItem.objects.get().url.endswith("/lineitems/2/lineitem")


@pytest.mark.parametrize("how", ["a launch names it", "it is found"])
def test_column_in_the_place_of_another_gets_the_scores_of_everyone(desk: Desk, browser: Browser, how: str) -> None:
    """What the old one showed says nothing about the new one."""
    old, new = "/lineitems/2/lineitem", "/lineitems/1/lineitem"
    desk.now = timezone.now() - timedelta(minutes=5)
    LineItem.objects.update(url=f"{desk.platform.url}{old}")
    desk.platform.switch(f"{old}/scores", Answer(200))
    desk.queue(3)
    desk.queue(4, person=desk.person("bob"))
    desk.drain()
    desk.platform.results.clear()  # a column of its own
    if how == "a launch names it":
        browser.launch()
    else:
        desk.platform.line_items = [{"id": f"{desk.platform.url}{new}", "resourceLinkId": "link-1"}]
        for end in ("scores", "results"):
            desk.platform.switch(f"{old}/{end}", Answer(404))
    desk.queue(5, submitted_at=desk.now + timedelta(minutes=6))
    assert desk.drain(after=600).state == ScoreState.SYNCED
    column = LineItem.objects.get()
    assert urlsplit(column.url).path == new
    desk.drain(after=1)

    sent = [(body["userId"], body["scoreGiven"]) for body in desk.sent()]
    assert sorted(sent) == [("ada", 5), ("bob", 4)]
    assert set(Score.objects.values_list("state", flat=True)) == {ScoreState.SYNCED}


COLUMN = "/lineitems/1/lineitem"
AS_READ = {"id": "x", "label": "Old", "scoreMaximum": 100, "resourceLinkId": "link-1", "tag": "t", "endDateTime": "z"}


def _push(desk: Desk, after: float = 0) -> LineItem:
    desk.now += timedelta(seconds=after)
    for column_id in column_changes.due(now=desk.now):
        column_changes.push(column_id, clock=lambda: desk.now)
    return LineItem.objects.get()


def test_name_and_points_that_a_teacher_gives_go_to_the_lms_and_the_rest_stays(desk: Desk) -> None:
    desk.queue(7)
    desk.drain()
    desk.platform.switch(COLUMN, Answer(body=json.dumps(AS_READ).encode()))
    column_changes.change(resource_link=desk.link, label="Week 1", points=Decimal(20), now=desk.now)
    column = _push(desk)

    (put,) = desk.platform.asked(COLUMN, "PUT")
    assert put.json == {**AS_READ, "label": "Week 1", "scoreMaximum": 20}
    assert put.headers["content-type"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert (column.push_at, column.push_hint) == (None, "")
    assert desk.drain(after=2).state == ScoreState.SYNCED
    assert len(desk.sent()) == 2, "sent again, since the column has other points"
    column_changes.change(resource_link=desk.link, label="Week 1", points=Decimal(20), now=desk.now)
    _push(desk)
    assert len(desk.platform.asked(COLUMN, "PUT")) == 1


def test_points_are_never_changed_where_that_grades_people_without_a_grade(desk: Desk) -> None:
    """Moodle rescales an empty grade to 0, so a change of the name sends the maximum as it was read."""
    desk.family("moodle")
    LineItem.objects.update(points=Decimal(50))  # set before this was known
    desk.queue(7)
    desk.drain()
    sent = len(desk.sent())
    desk.platform.switch(COLUMN, Answer(body=json.dumps(AS_READ).encode()))
    column_changes.change(resource_link=desk.link, label="Week 1", points=Decimal(20), now=desk.now)
    column = _push(desk)

    (put,) = desk.platform.asked(COLUMN, "PUT")
    assert put.json == {**AS_READ, "label": "Week 1"}
    assert (column.points, column.push_at) == (50, None)
    desk.drain(after=2)
    assert len(desk.sent()) == sent, "nothing is sent again, since the points stay"
    column_changes.change(resource_link=desk.link, label="Week 1", points=Decimal(30), now=desk.now)
    assert column_changes.due(now=desk.now) == []


def test_change_that_the_lms_has_not_taken_is_not_in_force(desk: Desk) -> None:
    assert column_changes.in_force(desk.column) == column_changes.InForce(desk.link.title, None)
    desk.platform.switch(COLUMN, Answer(503), Answer(body=json.dumps(AS_READ).encode()))
    column_changes.change(resource_link=desk.link, label="Week 1", points=Decimal(20), now=desk.now)
    assert column_changes.in_force(_push(desk)) == column_changes.InForce("", None)

    taken = column_changes.InForce("Week 1", Decimal(20))
    assert column_changes.in_force(_push(desk, after=600)) == taken


def test_change_of_a_column_is_tried_again_and_its_refusal_shown(desk: Desk) -> None:
    desk.platform.switch(COLUMN, Answer(503), Answer(body=json.dumps(AS_READ).encode()), Answer(401))
    column_changes.change(resource_link=desk.link, label="Week 1", points=None, now=desk.now)

    waiting = _push(desk)
    assert waiting.push_at
    assert "keep trying" in waiting.push_hint
    refused = _push(desk, after=600)
    assert refused.push_at is None
    assert "gradebook itself" in refused.push_hint


def test_column_is_not_changed_without_the_right_to(desk: Desk) -> None:
    ResourceLink.objects.update(scopes=[scope for scope in SCOPES if not scope.endswith("/lineitem")])
    desk.link.refresh_from_db()

    with pytest.raises(column_changes.NotOurs):
        column_changes.change(resource_link=desk.link, label="x", points=None, now=desk.now)


def test_only_a_column_that_we_made_is_deleted(desk: Desk) -> None:
    """Deleting the activity's own column succeeds on Moodle and destroys its grades."""
    with pytest.raises(column_changes.NotOurs):
        column_changes.remove(column=desk.column, now=desk.now)
    LineItem.objects.update(url="")
    desk.queue()
    desk.drain()
    column = LineItem.objects.select_related("registration", "resource_link").get()
    assert column.made
    column_changes.remove(column=column, now=desk.now)

    assert [seen.path for seen in desk.platform.seen if seen.method == "DELETE"] == ["/lineitems/9/lineitem"]
    assert desk.queue(8) is None


def test_column_deleted_here_is_not_made_again_by_a_score_that_waits(desk: Desk) -> None:
    LineItem.objects.update(url="")
    desk.queue()
    desk.drain()
    desk.queue(8)
    desk.platform.switch("/lineitems/9/lineitem/scores", Answer(503))
    assert desk.drain().state == ScoreState.DUE
    column = LineItem.objects.select_related("registration", "resource_link").get()
    column_changes.remove(column=column, now=desk.now)

    desk.platform.results.clear()  # deleted with the column
    waiting = desk.drain(after=3_600)
    assert waiting.state == ScoreState.LOST
    assert waiting.hint == column_changes.DELETED
    assert by_hand.resend(score=waiting, now=desk.now) == waiting
    assert len(desk.platform.asked("/lineitems", "POST")) == 1

    # An administrator lets scores go there again.
    LineItem.objects.update(wanted=True, news_at=desk.now)
    desk.platform.switch("/lineitems/9/lineitem/scores", Answer(200))
    again = {"column_id": LineItem.objects.get().pk, "refused_before": desk.now, "now": desk.now}
    assert second_chances.retry_column(**again) == 1
    assert desk.drain().state == ScoreState.SYNCED
    assert second_chances.retry_column(**again) == 0


def test_column_is_not_changed_by_two_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease is asked for at each request: the answers may take longer than it lasts."""
    column_changes.change(resource_link=desk.link, label="New", points=None, now=desk.now)
    take = Lease.take

    def taken_over(lease: Lease) -> bool:
        had = take(lease)
        Registration.objects.update(drain_until=desk.now + timedelta(hours=1))
        return had

    monkeypatch.setattr(Lease, "take", taken_over)
    column_changes.push(desk.column.pk, clock=lambda: desk.now)

    assert [seen.path for seen in desk.platform.seen if seen.method == "PUT"] == []
    assert LineItem.objects.get().push_hint == column_changes.WAITING


def test_column_that_a_launch_names_is_not_ours_to_delete(desk: Desk, browser: Browser) -> None:
    LineItem.objects.update(url="https://x.example/1", made=True)
    browser.launch()

    column = LineItem.objects.get()
    assert column.url == desk.platform.endpoint()["lineitem"]
    assert not column.made


@pytest.mark.parametrize(
    "fault",
    [Answer(status) for status in (302, 408, 425, 429, 503)]
    + [Answer(403, b"403 Forbidden (Rate Limit Exceeded)"), Answer(drop=True)],
    ids=str,
)
@pytest.mark.parametrize("gone", [404, 412])
def test_fault_while_a_moved_column_is_looked_up_is_no_refusal(desk: Desk, gone: int, fault: Answer) -> None:
    there = {"id": f"{desk.platform.url}/lineitems/5/lineitem", "resourceLinkId": "link-1"}
    desk.platform.switch(SCORES, Answer(gone))
    desk.platform.switch("/lineitems", fault, Answer(body=json.dumps([there]).encode()))
    desk.queue()

    assert desk.drain().state == ScoreState.DUE
    assert desk.drain(after=120).state == ScoreState.SYNCED
    assert len(desk.platform.asked("/lineitems/5/lineitem/scores")) == 1


def test_column_of_a_link_that_the_platform_does_not_know_is_made_without_it(desk: Desk) -> None:
    """Canvas: an entry of the course menu has the id of the course."""
    LineItem.objects.update(url="")
    made = json.dumps({"id": f"{desk.platform.url}/lineitems/9/lineitem", "resourceId": "x"}).encode()
    desk.platform.switch("/lineitems", Answer(body=b"[]"), Answer(body=b"[]"), Answer(412), Answer(201, made))
    desk.queue()

    assert desk.drain().state == ScoreState.SYNCED
    bound, free = (one.json for one in desk.platform.asked("/lineitems", "POST"))
    assert bound.pop("resourceLinkId") == "link-1"
    assert bound == free


@pytest.mark.parametrize("order", [1, -1])
def test_ours_is_used_whatever_stands_before_it(desk: Desk, order: int) -> None:
    LineItem.objects.update(url="")
    ours = {"resourceId": str(desk.column.pk), "tag": "assay"}
    columns = [{"tag": "extra"}, {}, {"tag": "assay"}, ours]
    listed = [
        {"id": f"{desk.platform.url}/lineitems/{number}/lineitem", "resourceLinkId": "link-1", **column}
        for number, column in enumerate(columns)
    ]
    desk.platform.line_items = listed[::order]
    desk.queue()
    desk.drain()
    assert LineItem.objects.get().url.endswith("/lineitems/3/lineitem")
