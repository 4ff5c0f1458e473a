"""Reader of the printed lesson sheet: plain text with no marks for headings, questions or options. Pure.

A sheet is, in this order: title, summary, a line such as "40 min · Reviewed 2026", sections (a heading, then
paragraphs or points), and the check (a heading, "10 questions · ... at host/learn/quiz/slug", then the questions).
Every line is read into something or reported with its number; what was guessed is reported too.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import slugify

from content.formats.lines import Line, Problem, split
from content.formats.sheet_questions import BULLET, SheetItem, read_items

__all__ = ["Problem", "Section", "SheetItem", "SheetReading", "read"]

HEADINGS = {"the premise", "what ai does well here", "what ai cannot do"}
HEADING_WORDS = re.compile(
    r"(the|what|how|why|when|where|who|which|key|common|further|about|an? (word|note|quick)|try (it|this)|your turn"
    r"|examples?|background|overview|introduction|summary|takeaways?|glossary|resources|in (short|practice|brief))\b",
    re.I,
)
CHECK = re.compile(
    r"(end[- ]of[- ]lesson|end[- ]of[- ]unit|lesson|knowledge|self|quick|final)?[- ]?(check|quiz|test)(?:[- ]?up)?"
    r"|check your (understanding|knowledge)|questions|review questions",
    re.I,
)
WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
DECLARED = re.compile(rf"(?:(\d{{1,4}})|({'|'.join(WORDS)})) (?:short |quick )?questions?\b(?!\s*\?)", re.I)
ADDRESS = re.compile(
    r"(?<![\w.-])(?:https?://)?((?:(?:[\w-]+\.)+[a-z\d]+|localhost)(?::\d+)?(?:/[\w.~%-]+)*/quiz/([\w-]+))",
    re.I,
)
SEPARATOR = re.compile(r"\s*[·•∙‧⋅・|,;]\s*|\s+[-–—]\s+")
MINUTES = re.compile(
    r"(?:about |approx\.? |ca\.? |~ ?|(?:reading )?time:? |duration:? )?"
    r"(?:(?P<hours>\d{1,2}) ?(?:h|hrs?|hours?)\b\.? ?)?(?:(?P<minutes>\d{1,4}) ?(?:min|mins|minutes?)\b\.?)?(?: read)?",
    re.I,
)
REVIEWED = re.compile(
    r"(?:last )?(?:reviewed|updated|revised):?(?: (?:on|in))?:? (?:\S+ ){0,2}?(?:\S*\D)?"
    r"(?P<year>\d{4})(?:-\d\d){0,2}\.?",
    re.I,
)
FURNITURE = re.compile(r"page \d+(?: (?:of|/) \d+)?|[-–—] ?\d+ ?[-–—]|(?:©|copyright (?:©|\(c\)|\d)).*", re.I)
PRINTED_KEY = re.compile(r"(?:correct )?(?:answers?|key)(?: key)? ?[:=].*", re.I)
ENDS_SENTENCE = tuple(".!?:;…。")


@dataclass(frozen=True)
class Section:
    """`id` is the slug of the heading; `kind` is `prose` or `points`."""

    id: str
    title: str
    kind: str
    paragraphs: tuple[str, ...]


@dataclass
class SheetReading:
    """What a sheet says. What it does not say is empty or None. `quiz_address` is host and path as printed."""

    title: str = ""
    summary: str = ""
    minutes: int | None = None
    review_year: int | None = None
    sections: list[Section] = field(default_factory=list)
    check_title: str = ""
    quiz_address: str = ""
    quiz_slug: str = ""
    declared_questions: int | None = None
    items: list[SheetItem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def lesson_body(self) -> dict[str, Any]:
        """The shape of `LessonVersion.body`."""
        return {
            "title": self.title,
            "summary": self.summary,
            "minutes": self.minutes,
            "reviewed": self.review_year,
            "sections": [
                {"id": part.id, "title": part.title, "kind": part.kind, "paragraphs": list(part.paragraphs)}
                for part in self.sections
            ],
        }


def read(text: str) -> SheetReading:
    """Read a sheet. Never raises: what is missing, odd or guessed is in `problems`, by line."""
    reading = SheetReading()
    lines, reading.problems = split(text)
    if not lines:
        reading.problems.append(Problem(1, "The sheet is empty."))
        return reading
    lines = _without_furniture(lines, reading)
    check_at = _check_begins(lines)
    _read_lesson(lines[:check_at], reading)
    if check_at < len(lines):
        _read_check(lines[check_at:], reading)
    else:
        reading.problems.append(Problem(lines[-1].number if lines else 1, "There is no end-of-lesson check."))
    reading.problems.sort(key=lambda problem: problem.line)
    return reading


def _without_furniture(lines: Sequence[Line], reading: SheetReading) -> list[Line]:
    """Page numbers, copyright lines and a title repeated at the top of a page are reported, not read."""
    kept = [lines[0]]
    for line in lines[1:]:
        if FURNITURE.fullmatch(line.text):
            reading.problems.append(Problem(line.number, f"Not part of the lesson, left out: {line.text}"))
        elif line.text == lines[0].text:
            reading.problems.append(Problem(line.number, "The title is printed again; left out."))
        else:
            kept.append(line)
    return kept


def _check_begins(lines: Sequence[Line]) -> int:
    """The index of the check's first line; the number of lines where there is no check."""
    for at, line in enumerate(lines[1:], start=1):
        if DECLARED.match(line.text):
            before = lines[at - 1]
            return at - 1 if at > 1 and (_is_check(before.text) or _looks_like_heading(before.text)) else at
        if _is_check(line.text):
            return at
    return len(lines)


def _is_check(text: str) -> bool:
    return CHECK.fullmatch(text.lstrip("# ").rstrip(": ")) is not None


def _read_lesson(lines: Sequence[Line], reading: SheetReading) -> None:
    if not lines:
        return
    title, rest = lines[0], list(lines[1:])
    reading.title = title.text.lstrip("# ")
    facts_at = next((at for at, line in enumerate(rest) if _facts(line.text)), None)
    head_ends = next((at for at in range(len(rest)) if _is_known(rest[at].text)), len(rest))
    if facts_at is not None and facts_at < head_ends:
        summary, sections = rest[:facts_at], rest[facts_at + 1 :]
        _read_facts(rest[facts_at], reading)
    else:
        at = next((at for at in range(1, head_ends) if _is_heading(rest, at, after_prose=True)), head_ends)
        summary, sections = rest[:at], rest[at:]
        reading.problems.append(Problem(title.number, "There is no line with the minutes and the year of review."))
    reading.summary = " ".join(line.text for line in summary)
    if not summary:
        reading.problems.append(Problem(title.number, "There is no summary after the title."))
    _read_sections(sections, reading)


def _facts(text: str) -> dict[str, int]:
    """Minutes and year of review from a line made of such facts, else empty."""
    found: dict[str, int] = {}
    for part in SEPARATOR.split(text):
        if len(part) > 40:
            return {}
        minutes, reviewed = MINUTES.fullmatch(part), REVIEWED.fullmatch(part)
        if minutes and (minutes["hours"] or minutes["minutes"]):
            found["minutes"] = int(minutes["hours"] or 0) * 60 + int(minutes["minutes"] or 0)
        elif reviewed:
            found["year"] = int(reviewed["year"])
    return found


def _read_facts(line: Line, reading: SheetReading) -> None:
    facts = _facts(line.text)
    reading.minutes, reading.review_year = facts.get("minutes"), facts.get("year")
    unread = [part for part in SEPARATOR.split(line.text) if part and not _facts(part)]
    checks = {
        "There are no minutes on this line.": reading.minutes is None,
        "There is no year of review on this line.": reading.review_year is None,
        "The year of review is hardly right.": not 1990 <= (reading.review_year or 2000) <= 2100,
        f"Not understood: {' · '.join(unread)}": bool(unread),
    }
    reading.problems += [Problem(line.number, text) for text, wrong in checks.items() if wrong]


def _read_sections(lines: Sequence[Line], reading: SheetReading) -> None:
    heading: Line | None = None
    content: list[Line] = []
    for at, line in enumerate(lines):
        starts = at == 0 and (_is_known(line.text) or _looks_like_heading(line.text))
        if starts or ((content or heading is None) and _is_heading(lines, at)):
            _add_section(heading, content, reading)
            heading, content = line, []
            if not _is_known(line.text):
                reading.problems.append(Problem(line.number, f"Taken for a heading by its form: {line.text}"))
        else:
            content.append(line)
    _add_section(heading, content, reading)


def _is_known(text: str) -> bool:
    return text.startswith("#") or text.rstrip(": ").casefold() in HEADINGS


def _looks_like_heading(text: str) -> bool:
    plain = text.rstrip(":")
    return (
        len(plain) <= 60
        and len(plain.split()) <= 8
        and not plain.endswith((".", "!", ";", ",", ":"))
        and not plain[:1].islower()
        and not BULLET.match(text)
    )


def _is_heading(lines: Sequence[Line], at: int, after_prose: bool = False) -> bool:
    """A line of a section region that starts a section. With no marks in the text, its neighbours must tell."""
    line = lines[at]
    if _is_known(line.text):
        return True
    if not _looks_like_heading(line.text) or at + 1 == len(lines) or _is_known(lines[at + 1].text):
        return False
    before = lines[at - 1].text if at else ""
    if after_prose or before.endswith(ENDS_SENTENCE):
        return True
    bulleted = bool(BULLET.match(lines[at + 1].text))
    apart = line.spaced and not lines[at + 1].spaced
    titled = HEADING_WORDS.match(line.text) is not None and len(line.text.split()) <= 5
    return bulleted or apart or titled or line.text.endswith(":")


def _add_section(heading: Line | None, content: Sequence[Line], reading: SheetReading) -> None:
    if heading is None and not content:
        return
    title = heading.text.lstrip("# ").rstrip(": ") if heading else ""
    if heading is None:
        reading.problems.append(Problem(content[0].number, "Text before the first heading."))
    elif not content:
        reading.problems.append(Problem(heading.number, "A heading with nothing under it."))
    bulleted = sum(BULLET.match(line.text) is not None for line in content)
    sentences = sum(line.text.endswith(ENDS_SENTENCE) for line in content)
    reading.problems += _hidden_headings(content) if not bulleted else []
    kind = "points" if bulleted or 2 * sentences <= len(content) else "prose"
    paragraphs = tuple(BULLET.sub("", line.text, count=1) if BULLET.match(line.text) else line.text for line in content)
    reading.sections.append(Section(_section_id(title, reading), title, kind, paragraphs))


def _hidden_headings(content: Sequence[Line]) -> list[Problem]:
    """Among long unmarked points a very short one may be a heading that nothing gives away."""
    words = sorted(len(line.text.split()) for line in content)
    if not words or words[len(words) // 2] < 7:
        return []
    return [
        Problem(line.number, f"Perhaps a heading; read as text: {line.text}")
        for line in content[1:-1]
        if len(line.text.split()) <= 4 and _looks_like_heading(line.text)
    ]


def _section_id(title: str, reading: SheetReading) -> str:
    """The slug of the heading, made unique; `title` and `summary` are anchors of the lesson itself."""
    wanted = slugify(title) or slugify(title, allow_unicode=True) or f"section-{len(reading.sections) + 1}"
    taken = {"title", "summary"} | {section.id for section in reading.sections}
    return next(name for n in range(1, len(taken) + 2) if (name := wanted if n == 1 else f"{wanted}-{n}") not in taken)


def _read_check(lines: Sequence[Line], reading: SheetReading) -> None:
    at, rest = lines[0].number, list(lines)
    if not DECLARED.match(rest[0].text):
        reading.check_title = rest.pop(0).text.lstrip("# ").rstrip(": ")
    questions: list[Line] = []
    for line in rest:
        if reading.declared_questions is None and (declared := DECLARED.match(line.text)):
            at = line.number
            reading.declared_questions = _number(declared)
            _read_address(line, reading)
        elif not questions and not reading.quiz_slug and ADDRESS.search(line.text):
            _read_address(line, reading)
        elif unread := _not_a_question(line):
            reading.problems.append(Problem(line.number, unread))
        else:
            questions.append(line)
    reading.items, doubts = read_items(questions, reading.declared_questions, at)
    reading.problems += [*doubts, *_check_doubts(reading, at), *_item_doubts(reading.items)]


def _number(declared: re.Match[str]) -> int:
    return int(declared[1]) if declared[1] else WORDS.index(declared[2].lower()) + 1


def _read_address(line: Line, reading: SheetReading) -> None:
    if match := ADDRESS.search(line.text):
        reading.quiz_address, reading.quiz_slug = match[1], match[2]


def _not_a_question(line: Line) -> str:
    """Why a line of the check is no part of a question; empty where it may be one."""
    if _is_check(line.text) or DECLARED.match(line.text):
        return f"The head of the check is printed again; left out: {line.text}"
    if PRINTED_KEY.fullmatch(line.text):
        return f"A printed key is not taken over: {line.text}"
    return f"An address, left out: {line.text}" if ADDRESS.fullmatch(line.text) else ""


def _check_doubts(reading: SheetReading, at: int) -> list[Problem]:
    declared, found = reading.declared_questions, len(reading.items)
    checks = {
        "The number of questions is not printed.": declared is None,
        f"The sheet says {declared} questions; {found} were read.": declared not in (None, found),
        "The address of the quiz is not printed.": not reading.quiz_slug,
    }
    return [Problem(at, text) for text, wrong in checks.items() if wrong]


def _item_doubts(items: Sequence[SheetItem]) -> list[Problem]:
    sizes = Counter(len(item.options) for item in items if item.options)
    usual = max(sizes, key=lambda size: sizes[size], default=0)
    stems = Counter(item.stem.casefold() for item in items)
    found = []
    for item in items:
        count = len(item.options)
        checks = {
            "has no options: read as an open question.": not count,
            f"has {count} options where most have {usual}.": count not in (0, usual),
            "prints an option twice.": len({option.casefold() for option in item.options}) != count,
            "is printed more than once.": stems[item.stem.casefold()] > 1,
        }
        found += [Problem(item.line, f"Question {item.number} {text}") for text, wrong in checks.items() if wrong]
    return found
