"""Pages of a teacher, and that they are nobody else's."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from assessment import access, activity, review
from assessment.models import Attempt, Mark
from assessment.statistics import folding, report
from content.models import KeyState
from lti.gradebook import lookups
from lti.models import Launch, LineItem, Live, Registration, ResourceLink, Score, ScoreState
from lti.words import scopes
from roster.models import Role
from tests.cast import NOW, Cast, all_right, answer, begin, hand_in, make_launch, make_link, make_person, published_quiz
from tests.pages.conftest import Visit

Open = Callable[..., Visit]

NOBODY = "01890000-0000-7000-8000-000000000001"  # the same in every worker
TEACHER_PAGES = ["/class/", "/class/policy", "/review/", f"/review/{NOBODY}/", f"/class/attempts/{NOBODY}"]
TEACHER_PAGES += ["/class/list.csv", "/class/changes", f"/class/people/{NOBODY}/", "/courses/"]

SHOWN = dict.fromkeys(("show_mark", "show_answer", "show_rationale", "show_section"), "never")


@pytest.mark.parametrize("path", TEACHER_PAGES)
@pytest.mark.parametrize("role", [Role.LEARNER, Role.OTHER])
def test_only_instructors_see_teacher_pages(cast: Cast, visit: Open, path: str, role: Role) -> None:
    person = cast.alice.person
    answer = visit(make_launch(cast.alice.resource_link, person, role)).get(path)
    assert answer.status_code == 403
    assert "This page is not for you" in answer.content.decode()


def test_learner_can_neither_mark_nor_resend_nor_change_the_policy(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    response = access.waiting_responses(cast.tess).get()
    event = Score.objects.get()
    alice = visit(cast.alice)
    posts = [
        alice.post(f"/review/{response.pk}/", {"level": "full"}),
        alice.post(f"/review/{response.pk}/settings", {"names": "1"}),
        alice.post("/review/undo"),
        alice.post("/review/share", {"percent": "100"}),
        alice.post(f"/class/attempts/{response.attempt_id}/comment", {"comment": "Mine"}),
        alice.post(f"/class/scores/{event.pk}/resend"),
        alice.post("/class/policy", {"max_attempts": 99, "counts": "first", **SHOWN}),
    ]
    assert {one.status_code for one in posts} == {403}
    assert not Mark.objects.filter(by="person").exists()
    assert Score.objects.count() == 1


@pytest.mark.parametrize("stranger", ["bob", "charlie", "dora", "tess"])
def test_attempt_of_another_is_not_there(cast: Cast, visit: Open, stranger: str) -> None:
    attempt = begin(cast.alice)
    other = visit(getattr(cast, stranger))
    answers = [other.get(f"/attempts/{attempt.pk}/{page}") for page in ("", "submit", "result", "status")]
    answers += [other.post(f"/attempts/{attempt.pk}/{page}") for page in ("", "submit")]
    answers.append(other.send(attempt, {"responses": []}))
    assert {one.status_code for one in answers} == {404}
    assert Attempt.objects.get(pk=attempt.pk).state == "in_progress"


def test_teacher_of_another_course_sees_nothing_of_this_class(cast: Cast, visit: Open) -> None:
    attempt = hand_in(cast.alice, **all_right())
    response = access.waiting_responses(cast.tess).get()
    link = cast.charlie.resource_link
    other = visit(make_launch(link, make_person(link, "Theo"), Role.INSTRUCTOR))
    assert "Alice" not in other.get("/class/").content.decode()
    assert other.get(f"/class/attempts/{attempt.pk}").status_code == 404
    assert other.get(f"/review/{response.pk}/").status_code == 404
    assert other.post(f"/review/{response.pk}/", {"level": "full"}).status_code == 404
    other.post(f"/class/scores/{Score.objects.get().pk}/resend")
    assert Score.objects.count() == 1


def test_class_page_shows_first_what_needs_a_hand(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    answer(begin(cast.bob), q1="a")
    event = Score.objects.get()
    event.state, event.last_status, event.last_answer = ScoreState.REFUSED, 422, "User <b>unknown</b>"
    event.save()
    page = visit(cast.tess).get().content.decode()
    assert page.index("Needs attention") < page.index(">Statistics<") < page.index(">Class<")
    assert "<strong>1 answer</strong> waits" in page
    assert "The LMS said: User unknown" in page
    assert "<b>" not in page
    assert "Send again" in page
    assert "Working on attempt 1" in page
    assert "9 of 10" in page


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            'Unprocessable Entity {"errors":{"type":"unprocessable","message":"The course is over"}}',
            "The course is over",
        ),
        ("Not Found <html><head><title>404 at LMS</title></head><body>x</body></html>", "404 at LMS"),
        ('Bad Request {"broken', "Bad Request {&quot;broken"),
        ('{"error":"invalid_client","error_description":"No such client"}', "The LMS said: No such client"),
        ("", "(HTTP 422)"),
    ],
)
def test_words_of_the_lms_are_shown_without_their_wrapping(cast: Cast, visit: Open, said: str, shown: str) -> None:
    hand_in(cast.alice, **all_right())
    Score.objects.update(state=ScoreState.REFUSED, last_status=422, last_answer=said, hint="Ask the teacher.")
    page = visit(cast.tess).get().content.decode()
    assert shown in page
    assert page.index("Ask the teacher.") < page.index(shown)
    assert "unprocessable&quot;" not in page


@pytest.mark.parametrize(
    ("said", "hint", "folded"),
    [
        ('{"a":"' + "x" * 500, "", True),
        ("no such user", "Ask the teacher.", True),
        ("no such user", "", False),
    ],
)
def test_long_answer_of_the_lms_or_one_that_is_explained_is_folded(
    cast: Cast, visit: Open, said: str, hint: str, folded: bool
) -> None:
    hand_in(cast.alice, **all_right())
    Score.objects.update(state=ScoreState.REFUSED, last_status=422, last_answer=said, hint=hint)
    page = visit(cast.tess).get().content.decode()
    assert ("<summary>What the LMS said</summary>" in page) == folded
    assert said[-12:] in page


def test_class_page_says_what_is_on_its_way_until_it_is_there(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    tess = visit(cast.tess)
    page = tess.get().content.decode()
    assert "… 1 score</span> on the way to the LMS." in page
    assert "no problem with a score" not in page
    Score.objects.update(state=ScoreState.SYNCED)
    assert "on the way" not in tess.get().content.decode()


def test_resend_puts_the_score_on_its_way_again(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    event = Score.objects.get()
    Score.objects.update(state=ScoreState.REFUSED, last_answer="no")
    assert visit(cast.tess).post(f"/class/scores/{event.pk}/resend").status_code == 303
    newest = lookups.latest(resource_link=cast.alice.resource_link, person=cast.alice.person)
    assert newest is not None
    assert newest.state == ScoreState.DUE
    assert newest.timestamp > event.timestamp


def test_next_try_is_not_shown_for_before_the_platform_is_asked_again(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    Score.objects.update(tries=2, last_answer="busy", next_try_at=NOW)
    until = timezone.now() + timedelta(minutes=7)
    Registration.objects.update(paused_until=until)
    page = visit(cast.tess).get("/class/").content.decode()
    next_try = page.split("Next try:")[1].split("</time>")[0]
    assert f'datetime="{until.isoformat()}"' in next_try


@pytest.mark.usefixtures("stopped_clock")
@pytest.mark.parametrize("word", ["first", "again"])
def test_score_that_waits_for_a_pause_of_the_lms_is_in_sight_of_everyone(cast: Cast, visit: Open, word: str) -> None:
    hand_in(cast.alice, **all_right())
    Registration.objects.update(paused_until=timezone.now() + timedelta(minutes=50))
    tess, alice = visit(cast.tess), visit(cast.alice)
    if word == "again":
        Score.objects.update(state=ScoreState.REFUSED, last_answer="no")
        sent = tess.post(f"/class/scores/{Score.objects.get().pk}/resend")
        assert sent["Location"].endswith("/class/?done=sent")
    page = tess.get("/class/?done=sent").content.decode()
    assert "1 score is not in the gradebook as it should be." in page
    assert "The LMS accepts no scores right now." in page
    assert "on the way to the LMS" not in page
    assert "Sent again. The result so far is below." in page
    assert "Waiting for your LMS until" in alice.get("/").content.decode()

    Registration.objects.update(paused_until=timezone.now() + timedelta(seconds=20))
    assert "… 1 score</span> on the way to the LMS." in tess.get("/class/").content.decode()
    assert "On its way to your gradebook" in alice.get("/").content.decode()


def test_what_a_teacher_decided_about_a_score_is_said(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    Score.objects.update(state=ScoreState.HELD, live=Live.GRADED, live_given=7, live_maximum=10)
    tess, event = visit(cast.tess), Score.objects.get()
    kept = tess.post(f"/class/scores/{event.pk}/keep")
    assert kept["Location"].endswith("/class/?done=kept")
    assert "The LMS's score is kept." in tess.get("/class/?done=kept").content.decode()

    page = visit(cast.alice).get("/").content.decode()
    assert "Set by your teacher: 7 of 10" in page
    assert "<dt>Score of the check</dt><dd><strong>9 of 10</strong>" in page


@pytest.mark.parametrize(
    ("scopes", "said"),
    [([], "offers no column for this activity"), ([scopes.RESULT], "does not let this tool write them")],
)
def test_teacher_reads_why_no_scores_go_to_the_gradebook(cast: Cast, visit: Open, scopes: list[str], said: str) -> None:
    assert "No scores go to the gradebook" not in visit(cast.tess).get("/class/").content.decode()
    LineItem.objects.filter(resource_link=cast.tess.resource_link).delete()
    ResourceLink.objects.filter(pk=cast.tess.resource_link_id).update(scopes=scopes)

    tess = visit(Launch.objects.get(pk=cast.tess.pk))
    for page in ("/class/", "/class/column"):
        assert said in tess.get(page).content.decode()


def test_score_that_may_not_be_sent_any_more_needs_a_hand(cast: Cast, visit: Open) -> None:
    hand_in(cast.bob, **all_right())
    ResourceLink.objects.filter(pk=cast.tess.resource_link_id).update(scopes=[scopes.RESULT])
    hand_in(make_launch(ResourceLink.objects.get(pk=cast.alice.resource_link_id), cast.alice.person), **all_right())

    page = visit(cast.tess).get("/class/").content.decode()
    hand = page[page.index("Needs attention") : page.index(">Class<")]
    assert "<strong>1 score</strong> was not sent." in hand
    assert "does not let this tool write them" in hand
    assert "no problem with a score" not in hand
    assert "Not in the gradebook</span>" in page
    assert "accepts no score for this activity" in visit(cast.alice).get().content.decode()


def test_what_the_gradebook_lacks_is_sent_again_by_one_click(
    cast: Cast, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assessment.views.teacher.MOST_TROUBLES", 2)
    viewers = [cast.alice, cast.bob]
    viewers += [make_launch(cast.alice.resource_link, make_person(cast.alice.resource_link, "Ann"))]
    for viewer in viewers:
        hand_in(viewer, **all_right())
    changed, missing, refused = Score.objects.order_by("pk")
    for event, state, live in (
        (changed, ScoreState.HELD, Live.GRADED),
        (missing, ScoreState.HELD, Live.MISSING),
        (refused, ScoreState.REFUSED, ""),
    ):
        Score.objects.filter(pk=event.pk).update(state=state, live=live)
    tess = visit(cast.tess)
    page = tess.get("/class/").content.decode()
    assert "Send all missing scores" in page
    assert "3 scores are not in the gradebook as they should be. The first 2:" in page
    assert page.count('/resend">') == 3, "two of one score and that of all"

    assert tess.post("/class/scores/resend").status_code == 303

    newest = Score.objects.filter(state=ScoreState.DUE)
    assert set(newest.values_list("platform_user", flat=True)) == {
        event.platform_user_id for event in (missing, refused)
    }
    changed.refresh_from_db()
    assert changed.state == ScoreState.HELD
    assert visit(cast.alice).post("/class/scores/resend").status_code == 403


def test_second_reviewer_sees_the_mark_of_the_first(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    response = access.waiting_responses(cast.tess).get()
    tess = visit(cast.tess)
    address = f"/review/{response.pk}/"
    assert '<input type="hidden" name="seen" value="">' in tess.get(address).content.decode()
    assert tess.post(address, {"seen": "", "level": "full"}).status_code == 303

    page = tess.post(address, {"seen": "", "level": "none", "note": "too short"})

    assert page.status_code == 422
    shown = page.content.decode()
    assert "Someone else has marked this answer in the meantime" in shown
    assert "too short" in shown
    mark = Mark.objects.get(by="person")
    assert f'name="seen" value="{mark.pk}"' in shown
    assert tess.post(address, {"seen": str(mark.pk), "level": "none"}).status_code == 303
    assert Mark.objects.filter(by="person").count() == 2


def test_class_page_costs_the_same_for_any_number_of_learners(
    cast: Cast, visit: Open, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for name in ("Ann", "Ben", "Cem", "Dee"):
        hand_in(make_launch(cast.alice.resource_link, make_person(cast.alice.resource_link, name)), **all_right())
    tess = visit(cast.tess)
    # One of them asks for a newer reading of the gradebook, two see whether the teacher may write the check, two make
    # the version that the open page asks about.
    with django_assert_max_num_queries(29):
        tess.get("/class/")


def test_long_class_comes_in_pages(cast: Cast, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessment.views.class_list.PER_PAGE", 1)
    begin(cast.alice)
    begin(cast.bob)
    tess = visit(cast.tess)
    first, second = tess.get("/class/").content.decode(), tess.get("/class/?page=2").content.decode()
    assert ("Alice" in first, "Bob" in first) == (True, False)
    assert ("Alice" in second, "Bob" in second) == (False, True)
    assert tess.get("/class/?page=nonsense").status_code == 200


def test_marking_an_answer_moves_on_to_the_next_and_then_to_the_list(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    hand_in(cast.bob, **all_right(q8="Dunno"))
    first, second = access.waiting_responses(cast.tess)
    tess = visit(cast.tess)
    page = tess.get(f"/review/{first.pk}/").content.decode()
    assert "Names the secret idea." in page
    assert "I would check the source." in page
    moved = tess.post(f"/review/{first.pk}/", {"level": "full", "note": "Well done <3"})
    assert moved["Location"].endswith(f"/review/{second.pk}/?saved=1")
    assert b"Your mark is saved. This is the next answer." in tess.get(f"/review/{second.pk}/?saved=1").content
    done = tess.post(f"/review/{second.pk}/", {"level": "other", "points": "0,25"})
    assert done["Location"].endswith("/review/?saved=1")
    assert b"Your mark is saved." in tess.get("/review/?saved=1").content
    assert sorted(Mark.objects.filter(by="person").values_list("points", flat=True)) == [Decimal("0.25"), Decimal(1)]
    attempt = Attempt.objects.get(person=cast.alice.person)
    result = visit(cast.alice).get(f"/attempts/{attempt.pk}/result").content.decode()
    assert "Well done &lt;3" in result
    assert "10 <small>of 10 points</small>" in result


@pytest.mark.parametrize(
    "data",
    [{}, {"level": "other"}, {"level": "other", "points": "much"}, {"level": "other", "points": "-1"},
     {"level": "other", "points": "1.01"}, {"level": "other", "points": "NaN"}, {"level": "other", "points": "1e9999"},
     {"level": "other", "points": "0.00001"}, {"level": "double"}, {"level": "full", "points": "0.5"}],
)  # fmt: skip
def test_odd_points_are_refused_and_the_note_stays(cast: Cast, visit: Open, data: dict[str, str]) -> None:
    hand_in(cast.alice, **all_right())
    response = access.waiting_responses(cast.tess).get()
    page = visit(cast.tess).post(f"/review/{response.pk}/", data | {"note": "my long note"})
    assert page.status_code == 422
    assert "my long note" in page.content.decode()
    assert not Mark.objects.filter(by="person").exists()


def test_note_is_kept_without_what_no_database_holds(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    tess, response = visit(cast.tess), access.waiting_responses(cast.tess).get()
    form = b"level=full&note=" + rb"good\x00 \ud800 work"
    for charset in ("unicode_escape", "rot13"):
        kind = f"application/x-www-form-urlencoded; charset={charset}"
        sent = tess.client.generic("POST", f"{tess.base}/review/{response.pk}/", form, content_type=kind)
        assert sent.status_code == 303
    review.confirm(response=response, points=Decimal(1), note="a\ud800\x00b ", by=cast.tess.person, now=NOW)
    assert [*Mark.objects.filter(by="person").order_by("created_at").values_list("note", flat=True)][-1] == "ab"


def test_odd_name_of_a_check_is_none(cast: Cast, visit: Open) -> None:
    link = make_link(cast.alice.deployment)
    published_quiz("second")
    tess = make_launch(link, make_person(link, "Tom"), Role.INSTRUCTOR)
    assert visit(tess).post("/", {"quiz": "\x00"}).status_code == 422


def test_points_that_are_written_need_no_choice_beside_them(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    response = access.waiting_responses(cast.tess).get()
    assert visit(cast.tess).post(f"/review/{response.pk}/", {"points": " 0.5 "}).status_code == 303
    assert Mark.objects.get(by="person").points == Decimal("0.5")


def test_mark_of_an_approved_key_can_be_changed_and_the_key_is_not_called_unapproved(cast: Cast, visit: Open) -> None:
    attempt = hand_in(cast.alice, **all_right())
    response = attempt.responses.get(item_version__item__identifier="q1")
    page = visit(cast.tess).get(f"/review/{response.pk}/").content.decode()
    assert "The half right one</span>: 0.5" in page
    assert "not approved" not in page


def test_interval_of_the_mean_ends_where_the_scale_ends(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right(q8=""))
    hand_in(cast.bob, **all_right(q8="", q1="c"))
    folding.fold(assignment_id=cast.assignment.pk, now=NOW)
    page = visit(cast.tess).get("/class/").content.decode()
    assert "8.50 of 10" in page
    assert "interval 2.15 to 10)" in page
    assert "fully marked" not in page

    ann = make_launch(cast.assignment.resource_link, make_person(cast.assignment.resource_link, "Ann"))
    hand_in(ann, **all_right())
    folding.fold(assignment_id=cast.assignment.pk, now=NOW)
    page = visit(cast.tess).get("/class/").content.decode()
    assert "1 not fully marked" in page
    assert "Counts only learners whose answers are all marked." in page


def test_question_of_which_answers_wait_has_no_figures_yet(cast: Cast, visit: Open) -> None:
    link = cast.assignment.resource_link
    for number in range(12):
        learner = make_launch(link, make_person(link, f"P{number}"))
        hand_in(learner, **all_right(q8="" if number < 10 else "I would check the source."))
    folding.fold(assignment_id=cast.assignment.pk, now=NOW)

    found = report.report(scope=cast.assignment, now=NOW, small=False)
    waits, marked = found["items"][7], found["items"][0]
    assert (waits["n"], waits["facility"]["value"], waits["facility"]["reason"]) == (10, None, report.SOME_WAIT)
    assert waits["discrimination"]["reason"] == report.SOME_WAIT
    assert marked["facility"]["value"] == 1
    mean = found["score"]["mean"]
    assert (mean["value"], mean["ci"], mean["reason"]) == (9, None, report.SOME_WAIT)


def test_question_without_approved_key_is_marked_by_a_person_with_all_options_in_view(cast: Cast, visit: Open) -> None:
    quiz = published_quiz("unkeyed-check", q1={"key_state": KeyState.PROPOSED})
    link = make_link(cast.alice.deployment)
    alice = make_launch(link, make_person(link, "Ann"), custom={"quiz": quiz.slug})
    tess = make_launch(link, make_person(link, "Tom"), Role.INSTRUCTOR, custom={"quiz": quiz.slug})
    hand_in(alice, **all_right(q8=""))
    response = access.waiting_responses(tess).get()
    page = visit(tess).get(f"/review/{response.pk}/").content.decode()
    assert "The half right one</span>: 0.5" in page
    assert "The answer key of this question is not approved" in page
    assert visit(tess).post(f"/review/{response.pk}/", {"level": "none"}).status_code == 303


def test_teacher_previews_as_learner_without_a_trace_in_the_class(cast: Cast, visit: Open) -> None:
    tess = visit(cast.tess)
    assert "Preview." in tess.get("/preview/").content.decode()
    attempt = tess.begin()
    assert attempt.preview
    tess.post(f"/attempts/{attempt.pk}/submit", tess.form(attempt, **all_right()))
    assert "Being marked" in tess.get(f"/attempts/{attempt.pk}/result").content.decode()
    page = tess.get("/class/").content.decode()
    assert "No learner has started yet" in page
    assert not Score.objects.exists()


def test_policy_is_changed_and_odd_values_are_refused(cast: Cast, visit: Open, settings: Any) -> None:
    tess = visit(cast.tess)
    assert f'href="{settings.BASE_URL}/learn/quiz/{cast.quiz.slug}"' in tess.get("/class/policy").content.decode()
    good = {"max_attempts": "3", "counts": "latest", **SHOWN, "while_waiting": "nothing"}
    assert tess.post("/class/policy", good).status_code == 303
    cast.assignment.refresh_from_db()
    assert (cast.assignment.max_attempts, cast.assignment.counts) == (3, "latest")
    for name, value in {"max_attempts": "0", "counts": "worst", "show_mark": "", "while_waiting": "x"}.items():
        assert tess.post("/class/policy", good | {name: value}).status_code == 422
    beside = tess.post("/class/policy", good | {"max_attempts": "0"}).content.decode()
    assert '<p class="error" id="max_attempts-error">' in beside
    assert 'aria-describedby="max_attempts-hint max_attempts-error"' in beside
    assert tess.post("/class/policy", good | {"max_attempts": ""}).status_code == 303
    cast.assignment.refresh_from_db()
    assert cast.assignment.max_attempts is None


def test_undecided_activity_lets_the_teacher_choose_and_tells_the_learner_kindly(cast: Cast, visit: Open) -> None:
    published_quiz("another-check")
    link = make_link(cast.alice.deployment)
    ann = visit(make_launch(link, make_person(link, "Ann")))
    tom = visit(make_launch(link, make_person(link, "Tom"), Role.INSTRUCTOR))
    assert "has not chosen a check" in ann.get().content.decode()
    assert ann.post("/", {"quiz": "the-check"}).status_code in (200, 403)
    assert "Choose a check" in tom.get().content.decode()
    assert tom.post("/", {"quiz": "no-such"}).status_code == 422
    assert tom.post("/", {"quiz": "another-check"}).status_code == 303
    assert "Start the check" in ann.get().content.decode()


@pytest.mark.parametrize("role", [Role.LEARNER, Role.INSTRUCTOR])
def test_launch_without_a_resource_link_shows_no_fault(cast: Cast, visit: Open, role: Role) -> None:
    person = cast.alice.person if role == Role.LEARNER else cast.tess.person
    lost = visit(make_launch(None, person, role))
    assert {lost.get(path).status_code for path in ("/", "/lesson/", "/class/", "/review/", "/preview/")} <= {
        200,
        403,
        404,
    }
    assert lost.post("/check/").status_code == 404


def test_attempt_in_progress_can_be_seen_but_says_so(cast: Cast, visit: Open) -> None:
    attempt = begin(cast.bob, NOW)
    page = visit(cast.tess).get(f"/class/attempts/{attempt.pk}").content.decode()
    assert "Not submitted yet" in page


def test_another_check_is_chosen_from_the_class_page_until_somebody_has_begun(cast: Cast, visit: Open) -> None:
    other = published_quiz()
    tess = visit(cast.tess)
    assert "?choose=1" in tess.get("/class/").content.decode()
    shown = tess.get("/?choose=1").content.decode()
    assert f'value="{cast.quiz.slug}" checked' in shown

    assert tess.post("/", {"quiz": other.slug}).status_code == 303
    assert activity.assignment(cast.alice).quiz == other  # type: ignore[union-attr]
    begin(cast.alice)
    assert "?choose=1" not in tess.get("/class/").content.decode()


def test_teacher_reads_of_a_check_that_the_lms_names_too_late(cast: Cast, visit: Open) -> None:
    other = published_quiz()
    begin(cast.alice)
    words = "but learners have already started this check"
    assert words not in visit(cast.tess).get("/class/").content.decode()
    later = make_launch(cast.alice.resource_link, cast.tess.person, Role.INSTRUCTOR, custom={"quiz": other.slug})

    assert words in visit(later).get("/class/").content.decode()


@pytest.mark.parametrize(
    ("posted", "field"),
    [({"level": "other", "points": "7"}, "points"), ({"points": "x"}, "points"), ({}, "credit")],
    ids=str,
)
def test_wrong_mark_is_said_where_it_was_given(cast: Cast, visit: Open, posted: dict[str, str], field: str) -> None:
    hand_in(cast.alice, **all_right())
    response = access.waiting_responses(cast.tess).get()
    page = visit(cast.tess).post(f"/review/{response.pk}/", {"points": "", **posted}).content.decode()
    at, error = page.index('name="points"'), page.index('id="credit-error"')
    assert f'href="#{field}"' in page
    assert (0 < at - error < 300) is (field == "points")


def test_errors_of_the_policy_are_listed_as_on_the_page(cast: Cast, visit: Open) -> None:
    wrong = {"max_attempts": "0", "counts": "highest", **SHOWN, "while_waiting": "nothing"}
    page = visit(cast.tess).post("/class/policy", {**wrong, "closes_at": "soon", "zone": "UTC"}).content.decode()
    listed = page[page.index('class="errors"') :]
    assert listed.index("Number of attempts") < listed.index("Closes")


def test_changing_a_mark_returns_to_the_attempt_it_was_opened_from(cast: Cast, visit: Open) -> None:
    attempt = hand_in(cast.alice, **all_right())
    hand_in(cast.bob, **all_right())
    tess = visit(cast.tess)
    response = attempt.responses.get(item_version__item__identifier="q3")
    address = f"/review/{response.pk}/?from=attempt"
    assert address in tess.get(f"/class/attempts/{attempt.pk}").content.decode()
    page = tess.get(address).content.decode()
    assert f"{address}&quot;" in page or f'action="{tess.base}{address}"' in page
    assert tess.post(address, {"level": "double"}).status_code == 422

    done = tess.post(address, {"level": "none"})

    assert done["Location"].endswith(f"/class/attempts/{attempt.pk}?saved=1#q3")
    assert "Your mark is saved." in tess.get(f"/class/attempts/{attempt.pk}?saved=1").content.decode()


def test_teacher_sees_figures_from_the_first_learner(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    folding.fold(assignment_id=cast.assignment.pk, now=NOW)
    page = visit(cast.tess).get("/class/").content.decode()
    assert "hidden until" not in page
    assert "<dt>Learners</dt><dd>1, 1 not fully marked" in page
