"""What a regrade costs: every mark, total, grade and score of a large class follows a corrected key.

In a database of its own, which goes afterwards. The rows of the class are made by COPY, as marking leaves them; one
process re-marks, beside PostgreSQL and the broker. A third of the class had the option that becomes the key, a third
the old one.
"""

import copy
import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import django

QUESTIONS = 10


def measure(attempts: int) -> Iterator[str]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from bench.analytics import database

    with database():
        from assessment.regrading import batches, decisions, dry_run
        from content.writing import Author
        from tests import cast

        made, by = _class(attempts)
        version = made.quiz.current.places.get(position=1).item_version
        body = copy.deepcopy(version.body)
        body["options"][0]["credit"], body["options"][1]["credit"] = 0, 1
        planned = decisions.plan(
            assignment=made, item_version=version, choice="new_key", everywhere=False, body=body, by=by, now=cast.at(9)
        )
        yield f"dry run over {attempts} attempts, {_timed(lambda: dry_run.of(planned))}"
        author = Author(by.name, made.institution, by)
        decisions.commit(regrade=planned, reason="The key was wrong.", by=author, now=cast.at(10))
        yield f"regrade of {attempts} attempts, {_timed(lambda: batches.run(regrade_id=planned.pk, now=cast.at(11)))}"
        _check(planned, attempts)
        decisions.undo(regrade=planned, by=by, now=cast.at(12))
        yield f"its undoing, {_timed(lambda: batches.run(regrade_id=planned.pk, now=cast.at(13)))}"


def _timed(work: Callable[[], object]) -> str:
    """The time that passed, and of it what this process worked; the rest is PostgreSQL's, or others' on the machine."""
    started, used = time.perf_counter(), time.process_time()
    work()
    return f"s: {time.perf_counter() - started:.1f} (this process: {time.process_time() - used:.1f})"


def _check(planned: Any, attempts: int) -> None:
    """Nothing was left out: each attempt that moved has its mark, grade and score."""
    from assessment.models import Grade, Mark
    from lti.models import Score

    planned.refresh_from_db()
    moved = planned.counts["up"] + planned.counts["down"]
    assert planned.state == "done", planned.state
    assert planned.counts["handled"] == Mark.objects.filter(tier="regrade").count() == attempts
    assert Score.objects.filter(state="due").count() == Grade.objects.exclude(points=5).count() == moved


def _class(attempts: int) -> tuple[Any, Any]:
    """An assignment with so many marked attempts of as many learners, each with a score in the gradebook."""
    from assessment.models import Attempt, Grade, Mark, Response
    from assessment.statistics import deltas
    from lti.models import PlatformUser, Score
    from roster.ids import uuid7
    from roster.models import Person
    from tests import cast

    school = cast.make_institution()
    version = cast.quiz_of(*[cast.choice(("1", "0", "0")) for _ in range(QUESTIONS)])
    link = cast.make_link(cast.make_deployment(school))
    made = cast.make_assignment(link, version.quiz)
    items = [place.item_version for place in version.places.select_related("item_version").order_by("position")]
    registration, column, now = link.deployment.registration, link.line_item, cast.NOW
    rows: dict[Any, list[Any]] = {model: [] for model in (Person, PlatformUser, Attempt, Response, Mark, Grade, Score)}
    for number in range(attempts):
        person = Person(institution=school, name=f"Learner {number}")
        user = PlatformUser(institution=school, registration=registration, sub=str(number), person=person)
        # Five points for everyone, whatever the answer to the first question.
        first = "abc"[number % 3]
        right = {0} | set(range(6, 10)) if first == "a" else set(range(5, 10))
        given = [first, *("a" if place in right else "b" for place in range(1, QUESTIONS))]
        attempt = Attempt(
            institution=school, assignment=made, person=person, quiz_version=version, state="marked", started_at=now,
            submitted_at=now + timedelta(minutes=5), marked_at=now + timedelta(minutes=6), items_total=QUESTIONS,
            items_marked=QUESTIONS, points=Decimal(5), points_max=QUESTIONS,
        )  # fmt: skip
        answers = [
            Response(attempt=attempt, item_version=item, position=place, answer={"option": option}, saved_at=now)
            for place, (item, option) in enumerate(zip(items, given, strict=True), start=1)
        ]
        marks = [
            Mark(
                response=answer, points=Decimal(answer.answer["option"] == "a"), by="rule", tier="exact", created_at=now
            )
            for answer in answers
        ]
        attempt.counted = deltas.contribution(attempt, answers, marks)
        grade = Grade(
            institution=school, assignment=made, person=person, attempt=attempt, points=5, points_max=QUESTIONS,
            state="final", updated_at=now,
        )  # fmt: skip
        score = Score(
            institution=school, registration=registration, line_item=column, platform_user=user, score_given=5,
            score_maximum=QUESTIONS, final=True, timestamp=now, submitted_at=now, state="synced", next_try_at=now,
            created_at=now, updated_at=now, work=str(attempt.pk),
        )  # fmt: skip
        for model, new in zip(rows, ([person], [user], [attempt], answers, marks, [grade], [score]), strict=True):
            rows[model] += new
    for model, found in rows.items():
        _copy(model, found)
    teacher = Person.objects.create(pk=uuid7(), institution=school, name="Tess")
    return made, teacher


def _copy(model: Any, rows: Iterable[Any]) -> None:
    from django.db import connection
    from django.utils import timezone

    from bench.analytics import copy

    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    for row in rows:
        for name in ("created_at", "updated_at"):
            if hasattr(row, name) and getattr(row, name) is None:
                setattr(row, name, timezone.now())
    values = (
        tuple(field.get_db_prep_save(getattr(row, field.attname), connection=connection) for field in fields)
        for row in rows
    )
    copy(model, values)
