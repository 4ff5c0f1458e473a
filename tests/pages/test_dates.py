"""When a check may be begun, as learners read it and teachers set it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from assessment.models import Assignment, Attempt
from assessment.views import dates
from lti.models import Launch
from tests.cast import Cast, all_right, hand_in, make_cast, published_quiz
from tests.pages.conftest import Visit

SHOWN = dict.fromkeys(("show_mark", "show_answer", "show_rationale", "show_section"), "never")
POLICY = {"max_attempts": "", "counts": "highest", **SHOWN, "while_waiting": "nothing"}


def within(cast: Cast, opens: int | None = None, closes: int | None = None) -> None:
    """Open and close so many days from now."""
    now = timezone.now()
    cast.assignment.opens_at = None if opens is None else now + timedelta(days=opens)
    cast.assignment.closes_at = None if closes is None else now + timedelta(days=closes)
    cast.assignment.due_at = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)
    cast.assignment.save()


@pytest.mark.parametrize(
    ("opens", "closes", "said", "begins"),
    [
        (1, 2, (b"<dt>Opens</dt>", b"This check is not open yet. You can start once it opens."), False),
        (-2, -1, (b"<dt>Closed</dt>", b"This check is closed. No new attempt can be started."), False),
        (-1, 1, (b"<dt>Closes</dt>",), True),
        (None, None, (b"<dt>Due</dt>",), True),
    ],
)
def test_learner_reads_the_dates_and_begins_only_between_them(
    cast: Cast, opens: int | None, closes: int | None, said: tuple[bytes, ...], begins: bool
) -> None:
    within(cast, opens, closes)
    visit = Visit(cast.alice)

    page = visit.get().content
    pressed = visit.post("/check/")

    assert all(words in page for words in said)
    assert (b"Take the check" in visit.get("/lesson/").content) is begins
    assert b"31 Jan 2027" in page
    assert (b"Start the check" in page) is begins
    assert pressed.status_code == (303 if begins else 409)
    assert Attempt.objects.exists() is begins
    assert (b"no new attempt was started" in pressed.content) is not begins


def test_learner_with_an_extension_in_the_lms_begins_after_the_class_is_closed(cast: Cast) -> None:
    within(cast, closes=-1)
    later = (timezone.now() + timedelta(days=1)).isoformat()
    Launch.objects.filter(pk=cast.alice.pk).update(custom=cast.alice.custom | {"closes_at": later})

    assert Visit(Launch.objects.get(pk=cast.alice.pk)).post("/check/").status_code == 303
    assert Visit(cast.bob).post("/check/").status_code == 409


@pytest.mark.parametrize("end", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59Z"])
def test_date_at_the_end_of_the_calendar_is_none(cast: Cast, end: str) -> None:
    """So some systems write that nothing was set."""
    dates = {"opens_at": end, "due_at": end, "closes_at": end}
    Launch.objects.filter(pk=cast.alice.pk).update(custom=cast.alice.custom | dates)

    page = Visit(Launch.objects.get(pk=cast.alice.pk)).get()

    assert page.status_code == 200
    assert b"<dt>Due</dt>" not in page.content
    assert b"<dt>Closes</dt>" not in page.content
    assert b"Start the check" in page.content


def test_begun_attempt_goes_on_after_closing(cast: Cast) -> None:
    visit = Visit(cast.alice)
    begun = visit.begin()
    within(cast, closes=-1)

    assert b"Continue the check" in visit.get().content
    assert visit.get(f"/attempts/{begun.pk}/").status_code == 200
    assert visit.post("/check/").status_code == 303


def test_due_date_that_only_repeats_the_closing_one_is_not_shown(cast: Cast) -> None:
    within(cast, closes=1)
    cast.assignment.due_at = cast.assignment.closes_at
    cast.assignment.save()

    page = Visit(cast.alice).get().content

    assert b"<dt>Closes</dt>" in page
    assert b"<dt>Due</dt>" not in page


def test_result_of_a_closed_check_offers_no_new_attempt(cast: Cast) -> None:
    attempt = hand_in(cast.alice, **all_right(q1="c"))
    result = f"/attempts/{attempt.pk}/result"
    assert b"Start again" in Visit(cast.alice).get(result).content

    within(cast, closes=-1)
    page = Visit(cast.alice).get(result).content

    assert b"Start again" not in page
    assert b"try once more" not in page
    assert b"You can read the lesson again." in page


def test_teacher_sets_dates_in_local_time_and_takes_them_away(cast: Cast) -> None:
    tess = Visit(cast.tess)
    dates = {"opens_at": "2027-01-31T08:00", "due_at": "2027-02-01T08:00", "closes_at": ""}

    assert tess.post("/class/policy", POLICY | dates | {"zone": "Asia/Tokyo"}).status_code == 303

    cast.assignment.refresh_from_db()
    assert cast.assignment.opens_at == datetime(2027, 1, 30, 23, 0, tzinfo=UTC)
    assert cast.assignment.closes_at is None
    assert b'value="2027-01-30T23:00"' in tess.get("/class/policy").content  # UTC, and the page says so
    assert b"<option selected>UTC" in tess.get("/class/policy").content
    wrong = tess.post("/class/policy", POLICY | dates | {"closes_at": "2027-01-01T00:00", "zone": "Asia/Tokyo"})
    assert wrong.status_code == 422
    assert b'value="2027-01-31T08:00"' in wrong.content
    assert tess.post("/class/policy", POLICY | dict.fromkeys(dates, "")).status_code == 303
    cast.assignment.refresh_from_db()
    assert (cast.assignment.opens_at, cast.assignment.due_at) == (None, None)


@pytest.mark.parametrize(
    ("opens", "closes", "said", "label"),
    [
        (1, 2, b"Learners cannot start yet; you can, as a preview.", b"<dt>Opens</dt>"),
        (-2, -1, b"Learners can no longer start; you can, as a preview.", b"<dt>Closed</dt>"),
        (-1, 1, b"Preview.", b"<dt>Open since</dt>"),
    ],
)
def test_preview_says_what_learners_could_do_now(
    cast: Cast, opens: int, closes: int, said: bytes, label: bytes
) -> None:
    within(cast, opens, closes)
    page = Visit(cast.tess).get("/preview/").content
    assert said in page
    assert label in page
    assert b"Start the check" in page
    assert (b"Open since" in page) is (opens < 0 < closes)


def test_date_that_the_lms_sets_cannot_be_written_here(cast: Cast) -> None:
    Launch.objects.filter(pk=cast.tess.pk).update(custom={"closes_at": "2027-01-31T12:00:00Z"})
    tess = Visit(Launch.objects.get(pk=cast.tess.pk))
    page = tess.get("/class/policy").content.decode()
    assert [" disabled" in field for field in re.findall(r"<input type=.datetime-local.[^>]*>", page)] == [
        False,
        False,
        True,
    ]
    assert tess.post("/class/policy", POLICY | {"closes_at": "2030-01-01T00:00", "zone": "UTC"}).status_code == 303
    cast.assignment.refresh_from_db()
    assert cast.assignment.closes_at is None


@pytest.mark.parametrize("stored", ["2026-10-25T01:30:00+00:00", "2026-12-01T22:59:59+00:00"])
def test_date_that_was_not_touched_is_saved_as_it_was(cast: Cast, stored: str) -> None:
    closes_at = datetime.fromisoformat(stored)
    Assignment.objects.filter(pk=cast.assignment.pk).update(closes_at=closes_at)
    Launch.objects.filter(pk=cast.tess.pk).update(custom={"timezone": "Europe/Berlin"})
    tess = Visit(Launch.objects.get(pk=cast.tess.pk))
    [shown] = re.findall(r'name="closes_at"[^>]*value="([^"]*)"', tess.get("/class/policy").content.decode())

    given = POLICY | {"opens_at": "", "due_at": "", "closes_at": shown, "zone": "Europe/Berlin"}
    assert tess.post("/class/policy", given).status_code == 303
    cast.assignment.refresh_from_db()
    assert cast.assignment.closes_at == closes_at


def test_time_that_comes_twice_means_the_first_and_one_that_never_comes_is_refused(cast: Cast) -> None:
    tess = Visit(cast.tess)
    given = POLICY | {"opens_at": "", "due_at": "", "zone": "Europe/Berlin"}
    assert tess.post("/class/policy", given | {"closes_at": "2026-10-25T02:30"}).status_code == 303
    cast.assignment.refresh_from_db()
    assert cast.assignment.closes_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    refused = tess.post("/class/policy", given | {"closes_at": "2027-03-28T02:30"})
    assert refused.status_code == 422
    assert "This time does not exist on that day, because the clocks change." in refused.content.decode()


def test_teacher_reads_that_the_lms_sets_the_dates(cast: Cast) -> None:
    tess = Visit(cast.tess)
    assert b"Your LMS sets dates" not in tess.get("/class/policy").content
    Launch.objects.filter(pk=cast.tess.pk).update(custom={"due_at": "2027-01-31T12:00:00Z"})

    assert b"Your LMS sets dates" in tess.get("/class/policy").content


@pytest.mark.django_db(transaction=True)
def test_script_shows_stored_dates_in_the_browsers_own_zone_and_they_come_back_unchanged(
    chromium: Browser, live_server: object
) -> None:
    cast = make_cast(quiz=published_quiz())
    cast.assignment.due_at = datetime(2027, 7, 1, 22, 30, tzinfo=UTC)
    cast.assignment.save()
    context = chromium.new_context(timezone_id="Europe/Berlin")
    page = context.new_page()
    page.goto(f"{live_server}{Visit(cast.tess).base}/class/policy")

    assert page.get_by_label("Due").input_value() == "2027-07-02T00:30"
    assert page.locator("#zone").input_value() == "Europe/Berlin"
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/class/?saved=1")
    context.close()

    cast.assignment.refresh_from_db()
    assert cast.assignment.due_at == datetime(2027, 7, 1, 22, 30, tzinfo=UTC)


def test_time_zones_are_offered_by_the_names_that_are_in_use() -> None:
    assert {"UTC", "Asia/Kolkata", "Europe/Kyiv", "Europe/Oslo", "America/New_York"} <= set(dates.ZONES)
    assert not {"Asia/Calcutta", "Europe/Kiev", "US/Eastern", "EST5EDT", "Etc/GMT+5"} & set(dates.ZONES)


@pytest.mark.parametrize(("given", "shown"), [("Asia/Calcutta", "Asia/Kolkata"), ("US/Eastern", "America/New_York")])
def test_a_zone_that_the_lms_gives_by_an_older_name_is_known(cast: Cast, given: str, shown: str) -> None:
    Launch.objects.filter(pk=cast.tess.pk).update(custom={"timezone": given})
    tess = Visit(Launch.objects.get(pk=cast.tess.pk))
    assert f"<option selected>{shown}\n" in tess.get("/class/policy").content.decode()
