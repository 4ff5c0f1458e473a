"""The gradebook column of a link: found, made, followed."""

from lti import ags, http, keys, tokens
from lti.models import LineItem, ResourceLink, ScoreEvent, ScoreState
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

    assert desk.drain().state == ScoreState.DELIVERED
    (asked,) = desk.platform.asked("/lineitems", "GET")
    assert asked.query == {"type_id": ["1"], "resource_link_id": ["link-1"]}
    assert LineItem.objects.get().url == f"{url}/lineitems/1/lineitem?type_id=1"


def test_column_is_made_where_there_is_none(desk: Desk) -> None:
    LineItem.objects.update(url="")
    desk.queue()

    assert desk.drain().state == ScoreState.DELIVERED
    (made,) = desk.platform.asked("/lineitems", "POST")
    column = LineItem.objects.get()
    ours = {"resourceId": str(column.pk), "tag": "assay"}
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
    assert ScoreEvent.objects.filter(state=ScoreState.DELIVERED).count() == 8


def test_column_made_while_the_answer_was_lost_is_found_not_made_again(desk: Desk) -> None:
    LineItem.objects.update(url="")
    desk.platform.drops_made_columns = True
    desk.queue()
    assert desk.drain().state == ScoreState.DUE
    desk.platform.line_items.insert(
        0, {**desk.platform.line_items[0], "id": f"{desk.platform.url}/x", "resourceId": "z"}
    )

    assert desk.drain(after=60).state == ScoreState.DELIVERED
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
    with http.session() as session:
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

    assert desk.drain().state == ScoreState.DELIVERED
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

    assert desk.drain().state == ScoreState.DELIVERED
    assert LineItem.objects.get().url.endswith("/lineitems/2/lineitem")
