"""Planning, committing and undoing a regrade: what a teacher decides, and what stands in its way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from assessment import rules
from assessment.models import Assignment, Regrade, RegradeChoice, RegradeState
from assessment.regrading import scope
from content import item_types, variants, writing
from content.models import ItemVersion, KeyState
from content.publishing import PublishingBlocked
from content.writing import Author
from roster import enqueue
from roster.models import Person

WORKING = (RegradeState.RUNNING, RegradeState.UNDOING)
LONGEST_REASON = 500


class CannotRegrade(Exception):
    """Why not, in words for the teacher."""


def plan(
    *,
    assignment: Assignment,
    item_version: ItemVersion,
    choice: str,
    everywhere: bool,
    body: Mapping[str, Any] | None,
    by: Person,
    now: datetime,
) -> Regrade:
    """A regrade to look at before it is committed; nothing is marked.

    `everywhere`: in all assignments that the institution has of the quiz, else in this one. `body`: the question with
    its corrected key; without it that of its newest published version. Raises CannotRegrade.
    """
    planned = Regrade(
        institution=assignment.institution,
        quiz=assignment.quiz,
        item_version=item_version,
        assignment=None if everywhere else assignment,
        choice=RegradeChoice(choice),
        body=_corrected(item_version, body) if choice in rules.BY_KEY else {},
        by=by,
        by_name=by.display_name,
        created_at=now,
    )
    _check(planned)
    planned.save()
    return planned


def newest_body(item_version: ItemVersion) -> dict[str, Any] | None:
    """The text and key of the newest published version; None where it is this one or of another kind."""
    newest = writing.newest_published(item_version.item)
    usable = newest is not None and newest.kind == item_version.kind and newest.key_state == KeyState.APPROVED
    return dict(newest.body) if usable and newest and newest.pk != item_version.pk else None


def _corrected(item_version: ItemVersion, body: Mapping[str, Any] | None) -> dict[str, Any]:
    found = newest_body(item_version) if body is None else dict(body)
    if found is None:
        raise CannotRegrade(_("There is no newer version of the question. Correct its key first."))
    if found == item_version.body:
        raise CannotRegrade(_("The key is the same as before."))
    if wrong := _problems(item_version.kind, found):
        raise CannotRegrade(" ".join(wrong))
    if _answers(item_version.kind, item_version.body) - _answers(item_version.kind, found):
        raise CannotRegrade(_("An answer that learners could choose is missing from the corrected question."))
    return found


def _problems(kind: str, body: Mapping[str, Any]) -> list[str]:
    return variants.problems(body) or item_types.get(kind).problems(variants.sample(body))


def _answers(kind: str, body: Mapping[str, Any]) -> set[str]:
    return {str(category.id) for category in item_types.get(kind).categories(body)}


def _check(regrade: Regrade) -> None:
    """Raises CannotRegrade."""
    if scope.leaves_nothing(regrade):
        raise CannotRegrade(_("Without this question nothing would count any more. Give full marks instead."))


def commit(*, regrade: Regrade, reason: str, by: Author, now: datetime) -> Regrade:
    """Put the regrade in force; the marks follow in the background. Committing twice changes nothing.

    Raises CannotRegrade.
    """
    try:
        return _commit(regrade, reason.strip()[:LONGEST_REASON], by, now)
    except IntegrityError as error:
        raise CannotRegrade(_("This question is being re-marked right now. Wait until that is done.")) from error
    except PublishingBlocked as error:
        raise CannotRegrade(" ".join(one.text for one in error.reasons)) from error


@transaction.atomic
def _commit(regrade: Regrade, reason: str, by: Author, now: datetime) -> Regrade:
    locked = _locked(regrade)
    if locked.state != RegradeState.DRY_RUN:
        return locked
    if not reason:
        raise CannotRegrade(_("Say why. Learners read it on their result page."))
    _check(locked)
    if locked.body:
        locked.key = writing.correct_key(version=locked.item_version, body=locked.body, author=by, now=now)
    locked.reason, locked.committed_at = reason, now
    return _start(locked, RegradeState.RUNNING)


def undo(*, regrade: Regrade, by: Person, now: datetime) -> Regrade:
    """Give every response the mark back that it had; where a person marked it since, that mark stays.

    Raises CannotRegrade where a later regrade of the question holds: that has to be undone first.
    """
    try:
        return _undo(regrade, by, now)
    except IntegrityError as error:
        raise CannotRegrade(_("This question is being re-marked right now. Wait until that is done.")) from error


@transaction.atomic
def _undo(regrade: Regrade, by: Person, now: datetime) -> Regrade:
    locked = _locked(regrade)
    if locked.state not in rules.RULING:
        return locked
    later = rules.ruling(institution=locked.institution_id, quiz=locked.quiz_id, item_version=locked.item_version_id)
    if later.filter(committed_at__gt=locked.committed_at).exists():
        raise CannotRegrade(_("This question was re-marked again since. Undo that first."))
    locked.undone_by, locked.undone_at = by.display_name, now
    return _start(locked, RegradeState.UNDOING)


def _locked(regrade: Regrade) -> Regrade:
    rows = Regrade.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("item_version__item", "quiz").get(pk=regrade.pk)


def _start(regrade: Regrade, state: RegradeState) -> Regrade:
    """Queue the marks. Attempts that are marked from this commit on follow it by themselves."""
    regrade.state, regrade.reached, regrade.done_at = state, None, None
    regrade.counts = {"all": scope.attempts(regrade).count()}
    regrade.save()
    enqueue.on_commit("assessment.tasks.regrade", str(regrade.pk))
    return regrade
