"""What a teacher can pick for a course, and the content items that the LMS makes its links of."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Case, Count, F, Q, QuerySet, When

from assessment.models import Opens, Placement
from assessment.placement import windows
from content import addresses
from content.addresses import outside as outside
from content.models import Lesson, LessonVersion, Quiz, QuizVersion
from lti.gradebook import ags, families
from lti.models import Launch
from lti.platform import tool

SHOWN = 20
MOST_SHOWN = 500
LTI_LINK, LINK = "ltiResourceLink", "link"


@dataclass(frozen=True)
class Thing:
    """A published check with its lesson, or a published lesson without a check. `key` names it in forms."""

    check: Any = None  # QuizVersion, with its number of `questions`
    lesson: LessonVersion | None = None

    @property
    def key(self) -> str:
        return f"quiz-{self.check.quiz.slug}" if self.check else f"lesson-{self.lesson.lesson.slug}"  # type: ignore[union-attr]

    @property
    def rank(self) -> int:
        return int(self.check.rank if self.check else self.lesson.rank)  # type: ignore[union-attr]

    @property
    def title(self) -> str:
        return str(self.lesson.title if self.lesson else self.check.title)

    @property
    def summary(self) -> str:
        return str(self.lesson.body.get("summary", "")) if self.lesson else ""

    @property
    def opens(self) -> list[Opens]:
        """What of it can be picked, the usual choice first."""
        if self.check and self.lesson:
            return [Opens.BOTH, Opens.CHECK, Opens.LESSON]
        return [Opens.CHECK] if self.check else [Opens.LESSON]


@dataclass(frozen=True)
class Pick:
    """One thing as the teacher wants it. `points` is the maximum of the gradebook column."""

    thing: Thing
    opens: str
    title: str
    points: Decimal | None = None
    max_attempts: int | None = None
    counts: str = "highest"
    opens_at: datetime | None = None
    due_at: datetime | None = None
    closes_at: datetime | None = None


def things(launch: Launch, words: str = "", *, limit: int = SHOWN) -> list[Thing]:
    """What the person may place and has all the words, by title; one more than `limit` where there is more."""
    checks, lessons = _checks(launch), _lessons(launch)
    for word in words.split()[:10]:
        checks = checks.filter(
            Q(title__icontains=word) | Q(lesson_version__title__icontains=word) | Q(quiz__slug__icontains=word)
        )
        lessons = lessons.filter(Q(title__icontains=word) | Q(lesson__slug__icontains=word))
    found = [Thing(check, check.lesson_version) for check in checks[: limit + 1]]
    found += [Thing(lesson=lesson) for lesson in lessons[: limit + 1]]
    return sorted(_own_first(found), key=lambda thing: (thing.title.lower(), thing.key))[: limit + 1]


def named(launch: Launch, keys: list[str]) -> list[Thing]:
    """The things with these keys that the person may place; a key that names none is left out."""
    slugs = {kind: [key.removeprefix(kind) for key in keys if key.startswith(kind)] for kind in ("quiz-", "lesson-")}
    checks = _checks(launch).filter(quiz__slug__in=slugs["quiz-"])
    lessons = _lessons(launch).filter(lesson__slug__in=slugs["lesson-"])
    found = [Thing(check, check.lesson_version) for check in checks] + [Thing(lesson=lesson) for lesson in lessons]
    return sorted(_own_first(found), key=lambda thing: keys.index(thing.key))


def _own_first(found: list[Thing]) -> list[Thing]:
    """One of each key: of several with one name the institution's own, since a link names it so, then the library's."""
    ranked = sorted(found, key=lambda thing: thing.rank)
    return list({thing.key: thing for thing in reversed(ranked)}.values())


def item_type(launch: Launch) -> str:
    """The type of item that the platform accepts and we can make; empty where there is none."""
    accepted = launch.settings["accept_types"]
    return next((kind for kind in (LTI_LINK, LINK) if kind in accepted), "")


def makes_column(launch: Launch) -> bool:
    """Whether the platform makes a gradebook column for what is added here, as far as it says."""
    if item_type(launch) != LTI_LINK or not launch.settings["accept_line_item"]:
        return False
    place, places = launch.settings["placement"], _family(launch).COLUMN_PLACEMENTS
    return not places or not place or place in places


def is_stranded(launch: Launch, destination: str) -> bool:
    """Whether the answer would be lost: some platforms take it inside their own dialog only, not in a tab of ours.

    `destination` is the browser's `Sec-Fetch-Dest`.
    """
    return _family(launch).PICKS_IN_DIALOG and destination == "document"


def points_limit(launch: Launch) -> tuple[int, int] | None:
    """The whole points that the platform's own form takes; None where any number above 0 will do."""
    return _family(launch).WHOLE_POINTS


def _family(launch: Launch) -> families.PlatformFamily:
    return families.of(launch.registration.family)


@transaction.atomic
def items(*, launch: Launch, picks: list[Pick]) -> list[dict[str, Any]]:
    """The content items for these picks, each naming a placement made for it (Deep Linking 2.0 section 3)."""
    if item_type(launch) == LINK:
        return [_link(pick) for pick in picks]
    return [_lti_link(launch, pick, _place(launch, pick)) for pick in picks]


def _checks(launch: Launch) -> QuerySet[Any]:
    readable = Quiz.objects.readable(launch.institution, launch.person)
    current = QuizVersion.objects.filter(quiz__current=F("pk"), quiz__in=readable)
    current = current.select_related("quiz__institution", "lesson_version__lesson").annotate(rank=_rank(launch, "quiz"))
    if item_type(launch) == LINK:  # a plain address opens for everybody
        current = current.filter(quiz__practice=True)
    return current.annotate(questions=Count("places")).order_by("title", "quiz__slug")


def _lessons(launch: Launch) -> QuerySet[LessonVersion]:
    readable = Lesson.objects.readable(launch.institution, launch.person)
    current = LessonVersion.objects.filter(lesson__current=F("pk"), lesson__in=readable).select_related("lesson")
    current = current.annotate(rank=_rank(launch, "lesson"))
    return current.exclude(lesson__quizzes__current__isnull=False).order_by("title", "lesson__slug")


def _rank(launch: Launch, owned: str) -> Case:
    mine = When(**{f"{owned}__institution": launch.institution_id}, then=0)
    return Case(mine, When(**{f"{owned}__institution": None}, then=1), default=2)


def _place(launch: Launch, pick: Pick) -> Placement:
    has_check = pick.opens != Opens.LESSON
    return Placement.objects.create(
        institution_id=launch.institution_id,
        context_id=launch.context_id,
        quiz=pick.thing.check.quiz if has_check else None,
        lesson=pick.thing.lesson.lesson if pick.thing.lesson else None,
        opens=pick.opens,
        title=pick.title,
        points=pick.points if has_check else None,
        max_attempts=pick.max_attempts if has_check else None,
        counts=pick.counts,
        opens_at=pick.opens_at,
        due_at=pick.due_at,
        closes_at=pick.closes_at,
        created_by_id=launch.person_id,
    )


def _lti_link(launch: Launch, pick: Pick, placed: Placement) -> dict[str, Any]:
    """Section 3.2. The content stands in the address and in custom: of a copied link either may be lost."""
    names = _names(pick) | {"placement": str(placed.pk)}
    item: dict[str, Any] = {
        "type": LTI_LINK,
        "title": pick.title,
        "url": f"{outside('lti:launch')}?{urlencode(names)}",
        "custom": names | _asked(launch, pick),
        **_text(pick),
        **_target(launch.settings["document_targets"]),
    }
    windows_of = _windows(launch, pick)
    if pick.opens == Opens.LESSON:
        return item | {name: window for name, window in windows_of.items() if name == "available"}
    if pick.points and makes_column(launch):
        item["lineItem"] = {
            "label": pick.title,
            "scoreMaximum": _number(pick.points),
            "resourceId": pick.thing.check.quiz.slug,
            "tag": ags.TAG,
            "submissionReview": ags.REVIEWABLE,
        }
    return item | windows_of


def _link(pick: Pick) -> dict[str, Any]:
    """Section 3.1: a plain address, for a platform that takes no LTI links here. It has no learner and no grade."""
    if pick.opens != Opens.CHECK and pick.thing.lesson:
        url = outside("content:lesson", pick.thing.lesson.lesson.slug)
    else:
        url = addresses.practice(pick.thing.check.quiz)
    return {"type": LINK, "title": pick.title, "url": url, **_text(pick)}


def _names(pick: Pick) -> dict[str, str]:
    if pick.opens == Opens.LESSON and pick.thing.lesson:
        return {"lesson": pick.thing.lesson.lesson.slug}
    quiz = {"quiz": pick.thing.check.quiz.slug}
    return quiz | {"opens": "check"} if pick.opens == Opens.CHECK and pick.thing.lesson else quiz


def _asked(launch: Launch, pick: Pick) -> dict[str, str]:
    """Variables for the platform to fill in at every launch. Names in lower case: Moodle changes others."""
    copied = tool.CUSTOM
    if pick.opens == Opens.LESSON:
        return copied
    return copied | windows.ASKED | _family(launch).DATE_VARIABLES


def _windows(launch: Launch, pick: Pick) -> dict[str, Any]:
    """`available`: when it can be opened; `submission`: when work is taken.

    Canvas knows no start of the latter, and takes its end for the due date.
    """
    due_only = _family(launch).SUBMISSION_ENDS_WHEN_DUE
    opens, due, closes = (_iso(moment) for moment in (pick.opens_at, pick.due_at, pick.closes_at))
    available = {"startDateTime": opens, "endDateTime": closes}
    submission = {"startDateTime": "" if due_only else opens, "endDateTime": due or ("" if due_only else closes)}
    given = {"available": _given(available), "submission": _given(submission)}
    return {name: window for name, window in given.items() if window}


def _target(accepted: list[str]) -> dict[str, Any]:
    """How it is to be shown (section 3.2): inside the course where that is accepted."""
    if "iframe" in accepted:
        return {"iframe": {"height": 600}}
    return {"window": {"targetName": "_blank"}} if "window" in accepted else {}


def _text(pick: Pick) -> dict[str, str]:
    return {"text": pick.thing.summary} if pick.thing.summary and pick.opens != Opens.CHECK else {}


def _given(window: dict[str, str]) -> dict[str, str]:
    return {name: moment for name, moment in window.items() if moment}


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
