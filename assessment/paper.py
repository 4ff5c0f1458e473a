"""Answers from paper: a table of people and what they wrote becomes submitted attempts. Its columns: `docs/paper.md`.

Every row is taken or refused as a whole, since an attempt never changes once it is handed in. A row that was taken
before is known by its person and its answers, so that the same file twice changes nothing.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from io import StringIO
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _

from assessment import access, attempts
from assessment.attempts import AnotherQuiz, NoAttemptLeft, Written
from assessment.models import Assignment
from content import item_types, places, variants
from content.formats import lines
from content.item_types import InvalidAnswer
from content.models import QuizVersion, QuizVersionItem
from roster.models import Person

PERSON = ("lms_id", "email", "name")  # the surest first
VERSION = "version"
MOST_BYTES, MOST_ROWS = 5_000_000, 5_000


class Unreadable(ValueError):
    """The file as a whole is no table of answers."""


class RowRefused(ValueError):
    """One row cannot become an attempt; `reasons` say why."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = list(reasons)
        super().__init__(" ".join(reasons))


@dataclass(frozen=True)
class Row:
    """What became of one row of the file; `number` as a spreadsheet counts, the header being row 1."""

    number: int
    who: str
    state: Literal["taken", "known", "refused"]
    reasons: Sequence[str] = ()


@dataclass
class Report:
    """`doubts` are about the file as a whole: columns that fit nothing."""

    rows: list[Row] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def count(self, state: str) -> int:
        return sum(row.state == state for row in self.rows)

    @property
    def taken(self) -> int:
        return self.count("taken")

    @property
    def known(self) -> int:
        return self.count("known")

    @property
    def refused(self) -> list[Row]:
        return [row for row in self.rows if row.state == "refused"]


def take(*, assignment: Assignment, data: bytes, now: datetime) -> Report:
    """Hand in what the table holds, row by row, and say what became of each. Raises Unreadable.

    Numbers and words such as "true" are read in the active language.
    """
    header, rows = _table(data)
    sheets, people, report = _Sheets(assignment, header), _People(assignment), Report()
    taken: dict[UUID, int] = {}
    for number, cells in rows:
        who = next((cells[name] for name in ("name", "email", "lms_id") if cells.get(name)), "")
        try:
            person = people.find(cells)
            if person.pk in taken:
                raise RowRefused(_("This person already stands in row {row}.").format(row=taken[person.pk]))
            taken[person.pk] = number
            is_new = _hand_in(assignment, person, cells, sheets, now)
            report.rows.append(Row(number, person.display_name, "taken" if is_new else "known"))
        except RowRefused as error:
            report.rows.append(Row(number, who, "refused", error.reasons))
    report.doubts = sheets.doubts()
    return report


def _hand_in(
    assignment: Assignment, person: Person, cells: Mapping[str, str], sheets: "_Sheets", now: datetime
) -> bool:
    sheet = sheets.named(cells.get(VERSION, ""))
    given = {name: cells[name] for name in sheet.columns if cells.get(name)}
    if not given:
        raise RowRefused(_("The row holds no answer."))
    try:
        made = attempts.hand_in_on_paper(
            assignment=assignment,
            person=person,
            written=sheet.read(given),
            key=_key(assignment, person, sheets, cells),
            now=now,
        )
    except NoAttemptLeft:
        raise RowRefused(_("This person has made all the attempts that the check allows.")) from None
    except AnotherQuiz:
        raise RowRefused(_("Another check was chosen for this activity just now. Open the page again.")) from None
    return made is not None


def _key(assignment: Assignment, person: Person, sheets: "_Sheets", cells: Mapping[str, str]) -> str:
    """Names the row by what was written, however it is read one day and whatever version is current then."""
    answers = sorted((name, cells[name]) for name in (*sheets.asked, VERSION) if cells.get(name))
    return sha256(repr((str(assignment.pk), str(person.pk), answers)).encode()).hexdigest()


class _People:
    """The learners of the class by all that a row may call them."""

    def __init__(self, assignment: Assignment) -> None:
        self.known: dict[tuple[str, str], set[Person]] = defaultdict(set)
        registration = assignment.resource_link.deployment.registration_id
        for person in access.learners_of(assignment).prefetch_related("platform_users"):
            for column, text in self._names(person, registration):
                if text:
                    self.known[column, _folded(text)].add(person)

    def _names(self, person: Person, registration: UUID) -> Iterator[tuple[str, str]]:
        yield from (
            ("lms_id", user.sub) for user in person.platform_users.all() if user.registration_id == registration
        )
        yield "email", person.email
        given, family = person.given_name, person.family_name
        names = (person.display_name, f"{given} {family}", f"{family} {given}", f"{family}, {given}")
        yield from (("name", name) for name in names if _folded(name).strip(","))

    def find(self, cells: Mapping[str, str]) -> Person:
        """The learner whom the surest cell names; where it fits several, the others decide. Raises RowRefused."""
        given = [(column, cells[column]) for column in PERSON if cells.get(column)]
        if not given:
            raise RowRefused(_("The row names nobody."))
        found = self.known.get((given[0][0], _folded(given[0][1])), set())
        for column, text in given[1:]:
            if len(found) > 1:
                found = found & self.known.get((column, _folded(text)), set())
        if len(found) == 1:
            return next(iter(found))
        raise RowRefused(
            _("Two learners of this class fit the row: add their LMS id.")
            if found
            else _("No learner of this class fits.")
        )


@dataclass(frozen=True)
class _Sheet:
    """The questions of one version by the columns of the file."""

    version: QuizVersion
    columns: Mapping[str, QuizVersionItem]

    def read(self, given: Mapping[str, str]) -> list[Written]:
        """Every question that the attempt has, with what was written. Raises RowRefused naming each unfit answer."""
        answers: dict[UUID, dict[str, Any]] = {}
        reasons = []
        for column, text in given.items():
            place = self.columns[column]
            try:
                answers[place.pk] = _read(place, text)
            except InvalidAnswer as error:
                reasons.append(_("Question {column}: {why}").format(column=column, why=error))
        kept = self._kept(answers, reasons)
        if reasons:
            raise RowRefused(*reasons)
        return [(place, variants.on_paper(place), answers.get(place.pk, {})) for place in kept]

    def _kept(self, answers: Mapping[UUID, Any], reasons: list[str]) -> list[QuizVersionItem]:
        """Without those of a pool that were not answered, beyond its draw; what is missing counts as left blank."""
        printed = places.of(self.version.pk)
        left: set[UUID] = set()
        for pool, draw in self.version.pools.items():
            members = [place for place in printed if place.pool == pool]
            answered = [place for place in members if answers.get(place.pk)]
            if len(answered) > draw:
                words = _("{number} questions of the pool “{pool}” are answered, but only {draw} count. Keep {draw}.")
                reasons.append(words.format(number=len(answered), pool=pool, draw=draw))
            blank = [place for place in members if not answers.get(place.pk)]
            left |= {place.pk for place in blank[max(draw - len(answered), 0) :]}
        return [place for place in printed if place.pk not in left]


class _Sheets:
    """The versions that rows name, each looked up once."""

    def __init__(self, assignment: Assignment, header: Sequence[str]) -> None:
        self.quiz, self.header = assignment.quiz, header
        self.named = lru_cache(maxsize=None)(self._named)
        self.used: set[str] = {*PERSON, VERSION}
        asked = QuizVersionItem.objects.filter(quiz_version__quiz=self.quiz)
        names = set(asked.values_list("item_version__item__identifier", flat=True))
        self.asked = [name for name in header if name.isdigit() or name in names]  # of whichever version

    def _named(self, text: str) -> _Sheet:
        version = self._version(text)
        if version is None and not text:
            raise RowRefused(_("The check is not published."))
        if version is None:
            raise RowRefused(_("This check has no version “{version}”.").format(version=text[:40]))
        printed = places.of(version.pk)
        known = {str(position): place for position, place in enumerate(printed, start=1)}
        known |= {place.item_version.item.identifier: place for place in printed}
        columns = {name: known[name] for name in self.header if name in known}
        if len({place.pk for place in columns.values()}) < len(columns):
            raise RowRefused(_("Two columns are for the same question."))
        self.used |= columns.keys()
        return _Sheet(version, columns)

    def _version(self, text: str) -> QuizVersion | None:
        """By its number or id, as the printed sheet says both; the current one where the row names none."""
        if not text:
            return self.quiz.current
        if text.isascii() and text.isdigit() and len(text) < 6:
            return self.quiz.versions.filter(number=int(text)).first()
        try:
            return self.quiz.versions.filter(pk=UUID(text)).first()
        except ValueError:
            return None

    def doubts(self) -> list[str]:
        with suppress(RowRefused):  # also where no row came so far as to be read
            self.named("")
        unused = [name for name in self.header if name and name not in self.used]
        words = _("The column “{column}” is no question of this check and was left out.")
        return [words.format(column=name[:80]) for name in unused]


def _read(place: QuizVersionItem, text: str) -> dict[str, Any]:
    """The answer in its stored shape. Raises InvalidAnswer."""
    item = place.item_version
    body = variants.apply(item.body, variants.on_paper(place))
    kind = item_types.get(item.kind)
    return kind.clean(body, kind.from_paper(body, text))


def _table(data: bytes) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The names of the columns, and each row with its number and its cells by column. Raises Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable(_("The file is larger than {most} MB.").format(most=MOST_BYTES // 1_000_000))
    text, _doubts = lines.decode(data)
    first = text.partition("\n")[0]
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=first.count)))
    except csv.Error as error:
        raise Unreadable(_("The file cannot be read as a table (CSV).")) from error
    header = [_column(name) for name in rows[0]] if rows else []
    if not set(header) & set(PERSON):
        raise Unreadable(_("The first row must name the columns, one of them lms_id, email or name."))
    named = [name for name in header if name]
    if len(set(named)) < len(named):
        raise Unreadable(_("Two columns have the same name."))
    if len(rows) > MOST_ROWS + 1:
        raise Unreadable(_("The table has more than {most} rows.").format(most=MOST_ROWS))
    found = [(number, [cell.strip() for cell in row]) for number, row in enumerate(rows[1:], start=2)]
    return header, [(number, dict(zip(header, row, strict=False))) for number, row in found if any(row)]


def _column(name: str) -> str:
    known = name.strip().casefold().replace(" ", "_")
    return known if known in (*PERSON, VERSION) else name.strip()


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
