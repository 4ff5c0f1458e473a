"""The picker of Deep Linking 2.0, without script, and what the LMS gets from it."""

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse

from assessment.models import Placement
from content.models import Lesson, LessonVersion, Quiz
from lti.models import Family, Launch, Registration
from roster.models import Role
from tests.cast import NOW, make_deployment, make_institution, make_launch, make_link, make_person, published_quiz
from tests.lti.test_deep_linking import DL, opened
from tests.pages.conftest import Visit

SETTINGS = {
    "return_url": "https://lms.example/return?course=2&sesskey=x",
    "accept_types": ["ltiResourceLink", "link"],
    "document_targets": ["frame", "iframe", "window"],
    "accept_multiple": True,
    "accept_line_item": True,
    "auto_create": False,
    "title": "",
    "text": "",
    "media_types": "",
    "placement": "",
}


def picker(family: str = "", custom: dict[str, str] | None = None, **settings: Any) -> Visit:
    """A teacher in front of the picker."""
    deployment = make_deployment(make_institution())
    Registration.objects.filter(pk=deployment.registration_id).update(family=family)
    link = make_link(deployment)
    launch = make_launch(link, make_person(link, "Tess"), Role.INSTRUCTOR)
    fields = {
        "message_type": "LtiDeepLinkingRequest",
        "resource_link": None,
        "context": link.context,
        "settings": SETTINGS | settings,
        "custom": custom or {},
    }
    Launch.objects.filter(pk=launch.pk).update(**fields)
    return Visit(Launch.objects.get(pk=launch.pk))


def fields_of(response: HttpResponse) -> dict[str, Any]:
    """The form as the page prints it, as a browser without script would send it."""
    html = response.content.decode()
    data: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", html):
        given = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if given.get("type") not in ("checkbox", "radio") or " checked" in tag:
            data.setdefault(given["name"], []).append(given.get("value", ""))
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options) or re.search(
            r'<option(?: value="([^"]*)")?>([^<]*)', options
        )
        assert chosen
        data[name] = [chosen[1] or chosen[2].strip()]
    return data


def answered(response: HttpResponse) -> dict[str, Any]:
    """The claims of the signed answer on the page."""
    assert response.status_code == 200, response.content
    found = re.search(r'name="JWT" value="([^"]+)"', response.content.decode())
    assert found
    return opened(found[1])


def add(visit: Visit, **changes: Any) -> HttpResponse:
    """Press "Add" on the page as it stands, with some fields filled in."""
    return visit.post("/", fields_of(visit.get()) | {"do": "add"} | changes)


def item(visit: Visit, **changes: Any) -> dict[str, Any]:
    items = answered(add(visit, **changes))[DL + "content_items"]
    assert len(items) == 1
    found: dict[str, Any] = items[0]
    return found


@pytest.fixture
def only(db: None) -> Quiz:
    return published_quiz("fine-tuning")


def lonely_lesson(slug: str = "reading", title: str = "Only to read") -> Lesson:
    lesson = Lesson.objects.create(slug=slug)
    body = {"title": title, "summary": "All of it.", "minutes": 3, "reviewed": 2026, "sections": []}
    lesson.current = LessonVersion.objects.create(
        lesson=lesson, number=1, title=title, body=body, content_hash=slug, published_at=NOW
    )
    lesson.save()
    return lesson


def test_one_published_thing_is_one_click(only: Quiz) -> None:
    visit = picker()

    found = item(visit)

    assert only.lesson
    assert only.lesson.current
    placed = Placement.objects.get()
    assert (placed.quiz, placed.institution_id, placed.context_id, placed.created_by_id) == (
        only,
        visit.launch.institution_id,
        visit.launch.context_id,
        visit.launch.person_id,
    )
    assert found == {
        "type": "ltiResourceLink",
        "title": "A lesson",
        "text": only.lesson.current.body["summary"],
        "url": f"{settings.BASE_URL}/lti/launch?quiz=fine-tuning&placement={placed.pk}",
        "custom": {
            "quiz": "fine-tuning",
            "placement": str(placed.pk),
            "context_history": "$Context.id.history",
            "opens_at": "$ResourceLink.available.startDateTime",
            "due_at": "$ResourceLink.submission.endDateTime",
            "closes_at": "$ResourceLink.available.endDateTime",
        },
        "iframe": {"height": 600},
        "lineItem": {
            "label": "A lesson",
            "scoreMaximum": 10,
            "resourceId": "fine-tuning",
            "tag": "assay",
            "submissionReview": {"reviewableStatus": ["InProgress", "Submitted", "Completed"]},
        },
    }


def test_answer_posts_itself_to_the_platform_and_nowhere_else(only: Quiz) -> None:
    visit = picker()

    response = add(visit)

    policy = response["Content-Security-Policy"]
    assert "form-action https://lms.example;" in policy + ";"
    assert "script-src 'self';" in policy + ";"
    assert "unsafe" not in policy
    assert b'action="https://lms.example/return?course=2&amp;sesskey=x"' in response.content
    assert b"<button" in response.content
    assert b"assay/post.js" in response.content
    assert "form-action 'self'" in visit.get()["Content-Security-Policy"]
    assert visit.base.encode() not in re.sub(rb'href="[^"]*"', b"", response.content)


def test_several_are_added_at_once_where_the_platform_takes_several(only: Quiz) -> None:
    published_quiz("prompting")
    lonely_lesson()
    visit = picker()

    response = add(visit, chosen=["quiz-fine-tuning", "lesson-reading"])

    items = answered(response)[DL + "content_items"]
    assert [(one["title"], "lineItem" in one) for one in items] == [("A lesson", True), ("Only to read", False)]
    assert "lesson=reading" in items[1]["url"]
    assert (items[1]["custom"]["lesson"], "opens_at" in items[1]["custom"]) == ("reading", False)


def test_one_is_added_where_the_platform_takes_one(only: Quiz) -> None:
    published_quiz("prompting")
    visit = picker(accept_multiple=False)

    page = visit.get().content
    items = answered(add(visit, chosen=["quiz-fine-tuning", "quiz-prompting"]))[DL + "content_items"]

    assert (page.count(b'type="radio" name="chosen"'), page.count(b"checkbox")) == (2, 0)
    assert len(items) == 1


def test_lesson_check_or_both_is_named_in_custom_and_address(only: Quiz) -> None:
    lesson = only.lesson
    assert lesson
    check = item(picker(), **{"quiz-fine-tuning-opens": "check"})
    reading = item(picker(), **{"quiz-fine-tuning-opens": "lesson"})

    assert (check["custom"]["quiz"], check["custom"]["opens"]) == ("fine-tuning", "check")
    assert "quiz=fine-tuning&opens=check&" in check["url"]
    assert "text" not in check
    assert "lineItem" in check
    assert reading["custom"]["lesson"] == lesson.slug
    assert f"?lesson={lesson.slug}&" in reading["url"]
    assert not {"lineItem", "available", "submission"} & set(reading)
    assert "quiz" not in reading["custom"]
    dates = {"opens_at": "2099-01-01T08:00", "due_at": "2099-01-02T08:00"}
    later = item(
        picker(), **{"quiz-fine-tuning-opens": "lesson"}, **{f"quiz-fine-tuning-{k}": v for k, v in dates.items()}
    )
    assert later["available"] == {"startDateTime": "2099-01-01T08:00:00Z"}
    assert "submission" not in later


def test_what_the_teacher_says_is_sent_and_kept(only: Quiz) -> None:
    visit = picker()
    entered = {
        "title": ' <b>"Week 3" & more</b> ',
        "points": "12.5",
        "max_attempts": "2",
        "counts": "latest",
        "opens_at": "2027-03-27T08:00",
        "due_at": "2027-03-28T23:59",
        "closes_at": "2027-04-01T00:00",
    }

    found = item(visit, zone="Europe/Berlin", **{f"quiz-fine-tuning-{name}": value for name, value in entered.items()})

    # Summer time begins in Berlin on 2027-03-28.
    assert found["available"] == {"startDateTime": "2027-03-27T07:00:00Z", "endDateTime": "2027-03-31T22:00:00Z"}
    assert found["submission"] == {"startDateTime": "2027-03-27T07:00:00Z", "endDateTime": "2027-03-28T21:59:00Z"}
    assert (found["title"], found["lineItem"]["label"]) == ('<b>"Week 3" & more</b>',) * 2
    assert found["lineItem"]["scoreMaximum"] == 12.5
    placed = Placement.objects.get()
    assert (placed.max_attempts, placed.counts, placed.points) == (2, "latest", 12.5)
    assert placed.due_at is not None
    assert placed.due_at.isoformat() == "2027-03-28T21:59:00+00:00"


def test_time_zone_is_the_one_the_lms_gave_until_the_form_says_another(only: Quiz) -> None:
    visit = picker(custom={"timezone": "America/Denver"})

    assert b"<option selected>America/Denver" in visit.get().content
    found = item(visit, **{"quiz-fine-tuning-due_at": "2027-01-31T17:00"})

    assert found["submission"] == {"endDateTime": "2027-02-01T00:00:00Z"}
    assert b"<option selected>UTC" in picker(custom={"timezone": "Mars/Olympus"}).get().content


BAD = {
    "quiz-fine-tuning-title": ["", " ", "x" * 256],
    "quiz-fine-tuning-points": ["0", "-1", "ten", "1000000000", "1.234"],
    "quiz-fine-tuning-max_attempts": ["0", "1.5", "many"],
    "quiz-fine-tuning-counts": ["worst", ""],
    "quiz-fine-tuning-opens": ["everything", ""],
    "quiz-fine-tuning-due_at": ["tomorrow", "9999-01-01T00:00", "2027-02-30T10:00"],
    "chosen": ["", "quiz-nothing", "x\x00"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_what_cannot_be_is_said_beside_the_field_and_nothing_is_added(only: Quiz, name: str, value: str) -> None:
    response = add(picker(), **{name: value})

    assert response.status_code == 422
    assert b"Not added yet" in response.content
    assert not Placement.objects.exists()
    assert b'name="JWT"' not in response.content


@pytest.mark.parametrize(
    ("earlier", "later"), [("opens_at", "due_at"), ("opens_at", "closes_at"), ("due_at", "closes_at")]
)
def test_dates_come_in_their_order(only: Quiz, earlier: str, later: str) -> None:
    dates = {f"quiz-fine-tuning-{earlier}": "2027-02-01T10:00", f"quiz-fine-tuning-{later}": "2027-01-31T10:00"}

    response = add(picker(), **dates)

    assert response.status_code == 422
    assert b"must come after" in response.content
    assert b'value="2027-02-01T10:00"' in response.content


def test_hour_that_the_clocks_skip_is_asked_again(only: Quiz) -> None:
    response = add(picker(), zone="Europe/Berlin", **{"quiz-fine-tuning-due_at": "2027-03-28T02:30"})

    assert response.status_code == 422


@pytest.mark.parametrize("points", ["0.5", "101", "12.5"])
def test_moodle_takes_whole_points_to_a_hundred_and_the_page_says_so(only: Quiz, points: str) -> None:
    response = add(picker(Family.MOODLE), **{"quiz-fine-tuning-points": points})

    assert response.status_code == 422
    assert b"Moodle accepts only whole points, from 1 to 100." in response.content


def test_moodle_default_points_fit_its_form(db: None) -> None:
    published_quiz("halves", q1={"points": Decimal("0.4")})
    published_quiz("large", q1={"points": Decimal(400)})

    items = answered(add(picker(Family.MOODLE), chosen=["quiz-halves", "quiz-large"]))[DL + "content_items"]

    assert [one["lineItem"]["scoreMaximum"] for one in items] == [9, 100]
    assert all(isinstance(one["lineItem"]["scoreMaximum"], int) for one in items)


@pytest.mark.parametrize(
    ("family", "destination", "warned"),
    [("moodle", "document", True), ("moodle", "iframe", False), ("moodle", None, False), ("canvas", "document", False)],
)
def test_tab_that_moodle_takes_nothing_from_says_so(
    only: Quiz, family: str, destination: str | None, warned: bool
) -> None:
    headers = {"Sec-Fetch-Dest": destination} if destination else {}

    page = picker(family).get(headers=headers)

    assert (b"inside its own window" in page.content) == warned


def test_no_column_is_asked_for_where_the_platform_makes_none(only: Quiz) -> None:
    visit = picker(accept_line_item=False)

    assert b"makes no gradebook column" in visit.get().content
    assert "lineItem" not in item(visit)


@pytest.mark.parametrize(
    ("place", "column"),
    [
        ("assignment_selection", True),
        ("course_assignments_menu", True),
        ("module_index_menu_modal", True),
        ("", True),
        ("link_selection", False),
        ("editor_button", False),
    ],
)
def test_canvas_gets_columns_only_in_its_placements_for_them(only: Quiz, place: str, column: bool) -> None:
    assert ("lineItem" in item(picker(Family.CANVAS, placement=place))) is column


@pytest.mark.parametrize("family", [Family.CANVAS, Family.GENERIC])
def test_canvas_makes_no_due_date_of_the_closing_one(only: Quiz, family: Family) -> None:
    found = item(picker(family), **{"quiz-fine-tuning-closes_at": "2027-01-31T17:00"})

    assert found["available"] == {"endDateTime": "2027-01-31T17:00:00Z"}
    assert found.get("submission") == (None if family == Family.CANVAS else found["available"])


def test_canvas_gets_no_start_of_submission_and_is_asked_for_its_own_dates(only: Quiz) -> None:
    found = item(picker(Family.CANVAS), **{"quiz-fine-tuning-opens_at": "2027-01-31T17:00"})

    assert "submission" not in found
    assert found["available"] == {"startDateTime": "2027-01-31T17:00:00Z"}
    assert found["custom"]["canvas_due_at"] == "$Canvas.assignment.dueAt.iso8601"


@pytest.mark.parametrize(
    ("targets", "shown"),
    [(["iframe", "window"], {"iframe"}), (["window"], {"window"}), (["frame"], set()), (["embed"], set())],
)
def test_item_is_shown_only_as_the_platform_accepts(only: Quiz, targets: list[str], shown: set[str]) -> None:
    assert {"iframe", "window"} & set(item(picker(document_targets=targets))) == shown


def test_platform_that_takes_plain_links_gets_the_public_page(only: Quiz) -> None:
    assert only.lesson
    assert only.lesson.current
    visit = picker(accept_types=["link", "file"])

    assert b"accepts only plain links" in visit.get().content
    found = item(visit)
    check = item(picker(accept_types=["link"]), **{"quiz-fine-tuning-opens": "check"})

    assert found == {
        "type": "link",
        "title": "A lesson",
        "text": only.lesson.current.body["summary"],
        "url": f"{settings.BASE_URL}/learn/lesson/{only.lesson.slug}",
    }
    assert check["url"] == f"{settings.BASE_URL}/learn/quiz/fine-tuning"
    assert not Placement.objects.exists()


def test_platform_that_takes_nothing_of_ours_gets_a_message(only: Quiz) -> None:
    response = picker(accept_types=["html", "file"]).get()

    claims = answered(response)
    assert b"Nothing can be added here" in response.content
    assert claims[DL + "content_items"] == []
    assert "does not accept links" in claims[DL + "errormsg"]
    assert "html, file" in claims[DL + "errorlog"]
    assert b"post.js" not in response.content


def test_cancel_goes_back_with_no_item(only: Quiz) -> None:
    visit = picker()

    claims = answered(visit.post("/", fields_of(visit.get()) | {"do": "cancel"}))

    assert claims[DL + "content_items"] == []
    assert DL + "errormsg" not in claims
    assert not Placement.objects.exists()


def test_search_keeps_what_was_chosen_and_filled_in(only: Quiz) -> None:
    lonely_lesson("prompts", "Prompts first")
    lonely_lesson("other", "Something else")
    visit = picker()

    sent = {"chosen": "quiz-fine-tuning", "quiz-fine-tuning-title": "Mine", "q": "FIRST prompts", "do": "search"}
    page = visit.post("/", fields_of(visit.get()) | sent)
    items = answered(visit.post("/", fields_of(page) | {"do": "add"}))[DL + "content_items"]

    assert page.status_code == 200
    assert b"Prompts first" in page.content
    assert b"Something else" not in page.content
    assert [one["title"] for one in items] == ["Mine"]


def test_long_list_is_shown_further_with_what_was_chosen(only: Quiz) -> None:
    for number in range(45):
        lonely_lesson(f"reading-{number}", f"Reading {number:02}")
    visit = picker()
    listed = [visit.get("/").content.decode().count('name="chosen"')]
    fields = fields_of(visit.get("/"))
    for _ in range(2):
        page = visit.post("/", {**fields, "chosen": "lesson-reading-44", "do": "more"})
        fields = fields_of(page)
        listed.append(page.content.decode().count('name="chosen"'))
    assert listed == [20, 41, 46]
    assert 'value="lesson-reading-44" checked' in page.content.decode()
    assert "Show more" not in page.content.decode()
    assert visit.post("/", {**fields, "shown": "99999", "do": "search", "q": "Reading 0"}).status_code == 200


def test_search_that_finds_nothing_says_so(only: Quiz) -> None:
    page = picker().post("/", {"q": "quantum\x00 %_", "do": "search"})

    assert b"Nothing matches" in page.content


def test_nothing_published_is_a_page_with_a_way_back(db: None) -> None:
    page = picker().get().content

    assert b"Nothing is published yet" in page
    assert b"Cancel" in page
    assert b">Add<" not in page


def test_titles_are_escaped(db: None) -> None:
    lonely_lesson("evil", "<script>alert(1)</script>")

    assert b"<script>alert" not in picker().get().content


def test_preview_shows_lesson_and_check_without_the_key(only: Quiz) -> None:
    page = picker().get("/pick/quiz-fine-tuning").content

    assert page.count(b"<legend><h2") == 10
    assert b"<fieldset disabled>" in page
    assert b"Because it is so" not in page
    assert b"secret idea" not in page
    assert picker().get("/pick/quiz-nothing").status_code == 404


def test_learners_and_other_launches_reach_no_picker(only: Quiz) -> None:
    link = make_link(make_deployment(make_institution()))
    for role in (Role.LEARNER, Role.INSTRUCTOR):
        visit = Visit(make_launch(link, make_person(link, "Someone"), role))
        assert visit.get("/pick/quiz-fine-tuning").status_code == 404
        assert b'name="JWT"' not in visit.post("/", {"do": "add", "chosen": "quiz-fine-tuning"}).content
    assert not Placement.objects.exists()
