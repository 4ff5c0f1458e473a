"""Faults of the common Python library for LTI that could reach us, each shown not to.

Others stand where they belong: replay, expiry and audience of a message in test_launch and test_certification, key sets
in test_keys, the score's address and the second implementation's in test_delivery, paging in test_reconcile and
test_rosters, deep linking in test_deep_linking.
"""

import json
import time
from typing import Any

import pytest

from lti.gradebook import ags
from lti.models import LineItem, Registration, ScoreState
from lti.platform import keys, tokens
from lti.wire import client
from tests.lti.desk import SCOPES, SCORES, Desk
from tests.lti.platform import Answer, impatient

COLUMN = "/lineitems/1/lineitem"


def test_token_ends_before_the_platform_says_it_does(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library keeps a token without looking at its life, or takes a new one for every task."""
    clock = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    with client.session() as session:
        first = tokens.get(desk.registration, ("s",), key=keys.signing_key(), session=session)
        clock[0] += 3_600 - 301
        assert tokens.get(desk.registration, ("s",), key=keys.signing_key(), session=session) == first
        clock[0] += 2
        assert tokens.get(desk.registration, ("s",), key=keys.signing_key(), session=session) != first


def test_platform_that_hangs_does_not_hold_a_worker(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library sets no timeout anywhere."""
    impatient(monkeypatch, SCORES)
    desk.queue()
    desk.platform.switch(SCORES, Answer(hangs=True))

    assert desk.drain().state == ScoreState.DUE


def test_score_that_was_sent_to_a_platform_that_hangs_may_have_arrived(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch, SCORES)
    desk.queue()
    desk.platform.switch(SCORES, Answer(hangs=True))

    assert desk.drain().read_first


@pytest.mark.parametrize("what", ["token", "column", "columns"])
@pytest.mark.parametrize("url", ["http://10.0.0.1/x", "https://169.254.169.254/latest", "https://[::1]/x", "file:///x"])
def test_no_service_call_goes_into_a_private_network(desk: Desk, what: str, url: str) -> None:
    """The library checks no address that a platform names."""
    if what == "token":
        Registration.objects.update(token_url=url)
    elif what == "column":
        LineItem.objects.update(url=url)
    else:
        LineItem.objects.update(url="")
        desk.link.line_items_url = url
        desk.link.save()
    desk.queue()
    event = desk.drain()

    assert event.state == ScoreState.DUE
    assert "allowed hosts" in event.hint
    assert desk.sent() == []


def test_token_is_not_carried_along_a_redirect(desk: Desk) -> None:
    desk.queue()
    desk.platform.switch(SCORES, Answer(307, headers={"Location": f"{desk.platform.url}/elsewhere"}))

    assert desk.drain().state == ScoreState.DUE
    assert desk.platform.asked("/elsewhere") == []


def test_values_of_a_column_that_are_zero_or_empty_go_back_as_they_came(desk: Desk) -> None:
    """The library drops them."""
    read: dict[str, Any] = {"id": "x", "label": "Old", "scoreMaximum": 10, "tag": "", "resourceId": None, "gradesReleased": False, "order": 0}  # fmt: skip # noqa: E501
    desk.platform.switch(COLUMN, Answer(body=json.dumps(read).encode()))
    with client.session() as session:
        call = tokens.authorised(desk.registration, SCOPES, key=keys.signing_key(), session=session)
        ags.update_line_item(call, line_item=desk.column.url, label="New", maximum=None)

    (put,) = desk.platform.asked(COLUMN, "PUT")
    assert put.json == {**read, "label": "New"}


def test_zero_points_are_sent_as_a_score(desk: Desk) -> None:
    desk.queue(0)
    desk.drain()

    assert desk.sent()[0]["scoreGiven"] == 0


def test_moments_keep_their_milliseconds(desk: Desk) -> None:
    """The library's successor drops them, and Canvas orders by them."""
    desk.queue()
    desk.drain()

    (sent,) = desk.sent()
    assert sent["timestamp"].endswith(".123Z")
    assert sent["submission"]["submittedAt"].endswith(".123Z")


@pytest.mark.parametrize("answer", [b"[7]", b"{}", b"null", b"[{}]", b'[{"id":7}]', b"\xff", b"[" * 50_000], ids=len)
def test_list_of_columns_that_is_none_stops_nothing(desk: Desk, answer: bytes) -> None:
    """Faults of the platform come as errors of ours, never as a crash of the worker."""
    LineItem.objects.update(url="")
    desk.platform.switch("/lineitems", Answer(body=answer))
    desk.queue()

    assert desk.drain().state == ScoreState.DUE
    assert Registration.objects.get().drain_until is None
