"""A person's right to see, take along and erase what is kept about them (docs/decisions/007)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from assessment import sheets, showing
from assessment.models import (
    Accommodation,
    Attempt,
    AttemptState,
    Erasure,
    Grade,
    Mark,
    Placement,
    Regrade,
    Response,
    SavedComment,
)
from assessment.placement import placing
from assessment.reviewing import second_looks
from assessment.statistics import deltas
from events import outbox
from lti.launch import privacy
from roster.models import Enrollment, Person

IDENTITY = ("name", "given_name", "family_name", "email")
ACCOMMODATION = (
    *("assignment__title", "time_factor", "extra_minutes", "no_time_limit", "extra_attempts", *placing.DATES),
    *("reason", "given_by", "created_at"),
)


def summary(person: Person) -> dict[str, Any]:
    """How much is kept, by kind, in the order of the page."""
    kept = privacy.kept(person)
    launches = kept["launches"]
    parts = f"{person.given_name} {person.family_name}".strip()
    return {
        "identity": {name: getattr(person, name) for name in IDENTITY if getattr(person, name)},
        "names": f"{person.name} ({parts})" if person.name and parts not in ("", person.name) else person.name or parts,
        "platforms": kept["known_to_platforms_as"],
        "enrollments": list(Enrollment.objects.filter(person=person).select_related("course")),
        "launches": len(launches),
        "first_launch": launches[0]["created_at"] if launches else None,
        "last_launch": launches[-1]["created_at"] if launches else None,
        "attempts": _attempts(person).count(),
        "responses": _answered(person),
        "marks": Mark.objects.filter(response__attempt__person=person).count(),
        "grades": Grade.objects.filter(person=person).count(),
        "accommodations": Accommodation.objects.filter(person=person).count(),
        "scores": len(kept["scores_sent_to_platforms"]),
        "marks_given": Mark.objects.filter(person=person).count(),
    }


def export(person: Person, *, for_administrator: bool) -> dict[str, Any]:
    """Everything about the person, ready for JSON.

    To the person an attempt is shown as its page shows it: where the policy gives the score only, so does this.
    """
    enrollments = Enrollment.objects.filter(person=person)
    return {
        "person": {"id": person.pk, **{name: getattr(person, name) for name in IDENTITY}},
        "known_since": person.created_at,
        "enrollments": list(enrollments.values("course__title", "course__label", "role", "active")),
        "groups": list(person.groups.values("name", "course__title")),
        **privacy.kept(person),
        "attempts": [_attempt(one, for_administrator) for one in _attempts(person)],
        "grades": list(
            Grade.objects.filter(person=person).values(
                "assignment__title", "points", "points_max", "state", "updated_at"
            )
        ),
        "accommodations": list(
            Accommodation.objects.filter(person=person).order_by("created_at").values(*ACCOMMODATION)
        ),
        "marks_given_to_others": Mark.objects.filter(person=person).count(),
        "content_placed": list(Placement.objects.filter(created_by=person).values("title", "created_at")),
        "saved_comments": list(SavedComment.objects.filter(person=person).values("text", "created_at")),
        "questions_marked_again": list(
            Regrade.objects.filter(by=person, committed_at__isnull=False).values("choice", "reason", "committed_at")
        ),
        "erasures_ordered": list(Erasure.objects.filter(by=person).values("id", "at")),
    }


@transaction.atomic
def erase(*, person: Person, by: Person | None, now: datetime) -> Erasure:
    """Erase the person; `by` is the administrator who asked, None where it was the person.

    Attempts, answers, marks, grades, scores and accommodations go; a score that was not sent yet is dropped. The next
    fold takes the attempts out of the statistics. Marks and regrades that the person made belong to the learners and
    stay, by nobody.
    """
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    made = list(_attempts(person).order_by("pk").select_for_update(of=("self",)))
    erased = {
        "attempts": len(made),
        "responses": _answered(person),
        "grades": Grade.objects.filter(person=person).count(),
        "accommodations": Accommodation.objects.filter(person=person).count(),
        "scores": len(privacy.kept(person)["scores_sent_to_platforms"]),
        "enrollments": Enrollment.objects.filter(person=person).count(),
    }
    for assignment_id in {one.assignment_id for one in made if one.counted and one.assignment_id}:
        deltas.note(assignment_id=assignment_id, person_id=person.pk, now=now)
    Grade.objects.filter(person=person).delete()
    Attempt.objects.filter(person=person).delete()
    SavedComment.objects.filter(person=person).delete()
    Accommodation.objects.filter(person=person).delete()
    Regrade.objects.filter(by=person).update(by=None, by_name="")
    privacy.forget(person=person, now=now)
    outbox.forget(person.pk)
    Enrollment.objects.filter(person=person).delete()
    person.groups.clear()
    Person.objects.filter(pk=person.pk).update(**dict.fromkeys(IDENTITY, ""))
    return Erasure.objects.create(institution_id=person.institution_id, by=by, erased=erased, at=now)


def _attempts(person: Person) -> QuerySet[Attempt]:
    attempts = Attempt.objects.filter(person=person).select_related("institution", "assignment__course", "quiz_version")
    return attempts.order_by("started_at", "pk")


def _answered(person: Person) -> int:
    """Questions that have an answer; an empty response is made for every question at the start."""
    return Response.objects.filter(attempt__person=person).exclude(answer={}).count()


def _attempt(attempt: Attempt, for_administrator: bool) -> dict[str, Any]:
    assignment = attempt.assignment
    return {
        "assignment": assignment.title if assignment else "",
        "course": str(assignment.course) if assignment and assignment.course else "",
        "number": attempt.number,
        "preview": attempt.preview,
        "state": attempt.state,
        "started_at": attempt.started_at,
        "submitted_at": attempt.submitted_at,
        "marked_at": attempt.marked_at,
        "points": attempt.points,
        "points_max": attempt.points_max,
        "comment": attempt.comment if for_administrator or not showing.withholds_score(attempt) else "",
        "answers": _answers(attempt, for_administrator),
    }


def _answers(attempt: Attempt, for_administrator: bool) -> list[dict[str, Any]]:
    """What was answered, with the marks as far as the policy of the assignment shows them."""
    if attempt.state == AttemptState.IN_PROGRESS:
        asked = sheets.questions(attempt)
        return [{"question": one.public.get("stem"), "answer": one.answer, "saves": one.seq} for one in asked]
    marked = sheets.results(attempt, for_instructor=for_administrator)
    looks = second_looks.by_response(one.response_id for one in marked)
    return [
        {
            "question": one.public.get("stem"),
            "answer": one.answer,
            "answer_text": one.answer_text,
            "points": one.points,
            "points_max": one.points_max,
            "marked_by": one.marked_by,
            "note": one.note,
            "marked_again": _regrade(one.regrade),
            "second_looks": [
                {"asked": look.text, "asked_at": look.asked_at, "answer": look.answer, "answered_at": look.answered_at}
                for look in looks.get(one.response_id, [])
            ],
        }
        for one in marked
    ]


def _regrade(found: Regrade | None) -> dict[str, Any] | None:
    """Why all answers to the question were marked again."""
    return {"choice": found.choice, "reason": found.reason, "at": found.committed_at} if found else None
