"""Telling questions and options apart on a sheet that marks neither.

Every way to cut the lines into questions has a cost: a question should end in `?` or begin with a verb such as
"Name", an option should not; questions of one sheet mostly have the same number of options; marks such as "1.",
"a)" or "-" count where they are used with system. The cheapest cut is the reading. The number of questions that the
sheet prints is its check: where the cheapest cut misses it, a slightly dearer one that meets it is taken and reported.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from content.formats.lines import Line, Problem

NUMBER = re.compile(
    r"(?P<style>(?:Q(?:uestion)?\s*)?(?P<open>\(?)(?P<number>\d{1,3})(?P<close>[.):])(?=\s))\s+(?=\S)", re.I
)
LETTER = re.compile(r"\(?(?P<letter>[A-Ha-h])(?P<close>[.)])\s+(?=\S)")
BULLET = re.compile(r"(?:[-*+•‣◦▪–—○●□☐]|\[ ?\])\s+(?=\S)")
LABEL = re.compile(r"\d{1,3}[.)]|Q(?:uestion)?\s*\d{1,3}\s*[.):]?", re.I)
ASKS = re.compile(
    r"(?:briefly |please )?(?:name|describe|explain|list|give|state|define|write|outline|discuss|justify|suggest"
    r"|propose|summari[sz]e|compare|identify|tell|in your own words|in one sentence|in a sentence)\b",
    re.I,
)
CHOOSES = re.compile(r"(?:select|choose|pick|tick|mark|complete|finish|fill in|true or false|match)\b", re.I)
CLOSERS = "\"'”’»)]"
LONGEST_ITEM = 16
SIZES = (4, 3, 5, 2, 6)
MISS = 3.0  # what a question more or fewer than the sheet prints may cost
NUDGES = (-1.0, 1.0, -2.0, 2.0, -MISS, MISS)


@dataclass(frozen=True)
class SheetItem:
    """One question as printed. No options: an open question. `line` is where it begins."""

    number: int
    stem: str
    options: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Mark:
    """A line without its mark, and what the mark says: `question`, `option` or nothing."""

    line: Line
    text: str
    says: str = ""
    number: int | None = None


@dataclass(frozen=True)
class Cut:
    """Lines `start` to `end` as one question: `stems` lines of text, then options."""

    start: int
    stems: int
    end: int
    options: int
    cost: float


def read_items(lines: Sequence[Line], declared: int | None, at: int) -> tuple[list[SheetItem], list[Problem]]:
    """The questions on these lines. `declared` is their number as printed on line `at`, if it is."""
    marks = _marks(_without_labels(lines))
    if not marks:
        return [], []
    cuts_at = _cuts(marks)
    readings = {size: _cheapest(marks, cuts_at, size, 0.0) for size in SIZES}
    size = min(SIZES, key=lambda size: _total(readings[size], size, declared))
    cuts = readings[size]
    problems: list[Problem] = []
    if declared and len(cuts) != declared:
        for nudge in NUDGES:
            other = _cheapest(marks, cuts_at, size, nudge)
            if len(other) == declared:
                cuts = other
                problems.append(Problem(at, "Where questions begin was decided by their printed number; please check."))
                break
    items = [_item(number, cut, marks) for number, cut in enumerate(cuts, start=1)]
    return items, problems + [doubt for n, cut in enumerate(cuts, start=1) for doubt in _doubts(n, cut, marks)]


def _without_labels(lines: Sequence[Line]) -> list[Line]:
    """A number alone on its line belongs to the text on the next."""
    joined: list[Line] = []
    label: Line | None = None
    for line in lines:
        if label:
            digits = re.sub(r"\D", "", label.text)
            line = Line(label.number, f"{digits}. {line.text}", label.spaced)
            label = None
        elif LABEL.fullmatch(line.text):
            label = line
            continue
        joined.append(line)
    return [*joined, label] if label else joined


def _marks(lines: Sequence[Line]) -> list[Mark]:
    """Each line with what its mark says, judged by how that style of mark is used on the whole sheet."""
    styles = _number_styles(lines)
    letters = {match["letter"].lower() for line in lines if (match := LETTER.match(line.text))}
    marks = [_mark(line, *styles, lettered={"a", "b"} <= letters) for line in lines]
    # A stray dash or letter is text: where options are marked at all, they are a good part of the lines.
    if 3 * sum(mark.says == "option" for mark in marks) < len(marks):
        marks = [Mark(mark.line, mark.line.text) if mark.says == "option" else mark for mark in marks]
    return marks


def _mark(line: Line, rising: set[str], again: set[str], *, lettered: bool) -> Mark:
    number = NUMBER.match(line.text)
    if number and _style(number) in rising:
        return Mark(line, line.text[number.end() :], "question", int(number["number"]))
    numbered = number if number and _style(number) in again else None
    option = numbered or (LETTER.match(line.text) if lettered else None) or BULLET.match(line.text)
    return Mark(line, line.text[option.end() :], "option") if option else Mark(line, line.text)


def _number_styles(lines: Sequence[Line]) -> tuple[set[str], set[str]]:
    """Numbers that rise through the sheet count questions, numbers that begin again at 1 count options."""
    used: dict[str, list[int]] = {}
    for line in lines:
        if match := NUMBER.match(line.text):
            used.setdefault(_style(match), []).append(int(match["number"]))
    rising = {s for s, numbers in used.items() if 2 * len(set(numbers)) > len(numbers) and min(numbers) <= len(numbers)}
    again = {style for style, numbers in used.items() if numbers.count(1) > 1}
    return rising, again - rising


def _style(match: re.Match[str]) -> str:
    return re.sub(r"\d+", "0", match["style"]).lower()


def _cuts(marks: Sequence[Mark]) -> list[list[Cut]]:
    """For each line, every question that may begin there, without the cost of its number of options."""
    says = Counter(mark.says for mark in marks)
    spaced = sum(mark.line.spaced for mark in marks[1:])
    spacing = 1.0 if 0 < spaced < len(marks) * 0.6 else 0.0
    stem = [_stem_cost(mark, says["question"] > 0) + spacing * (not mark.line.spaced) for mark in marks]
    more = [_more_cost(mark, says["option"] > 0) for mark in marks]
    option = [_option_cost(mark, says["option"] > 0) + spacing * mark.line.spaced for mark in marks]
    return [_cuts_from(start, marks, stem, more, option, says["option"] > 0) for start in range(len(marks))]


def _cuts_from(
    start: int,
    marks: Sequence[Mark],
    stem: Sequence[float],
    more: Sequence[float],
    option: Sequence[float],
    marked: bool,
) -> list[Cut]:
    cuts = []
    for stems in (1, 2, 3):
        first = start + stems
        if first > len(marks):
            break
        # Of a question on several lines the last one asks, the first carries the mark.
        asks = stem[start] if stems == 1 or marks[start].says else stem[first - 1]
        cost = asks + sum(more[start : first - 1]) + (0.0 if stems == 1 else 0.5)
        cuts.append(Cut(start, stems, first, 0, cost + _open_cost(marks[first - 1].text, first == len(marks))))
        count = 0
        for end in range(first + 1, min(len(marks), start + LONGEST_ITEM) + 1):
            cost += option[end - 1]
            count += not marked or marks[end - 1].says == "option" or count == 0
            cuts.append(Cut(start, stems, end, count, cost))
    return cuts


def _stem_cost(mark: Mark, numbered: bool) -> float:
    if mark.says:
        return 0.0 if mark.says == "question" else 20.0
    return _asking_cost(mark.text) + (6.0 if numbered else 0.0)


def _asking_cost(text: str) -> float:
    """How little this looks like a question: 0 for `?`, 1 for "Name one way.", 8 for a bare phrase."""
    plain = re.sub(r"\s*\([^()]*\)$", "", text) or text
    last = plain.rstrip(CLOSERS)[-1:] or plain[-1:]
    if last in "?？؟՞⸮":
        return 0.0
    if ASKS.match(plain) or CHOOSES.match(plain):
        return 1.0 if last in ".:…" else 4.0
    if last in ":…" or plain.endswith("...") or "__" in plain:
        return 1.5
    return 6.0 if last in ".!" else 8.0


def _more_cost(mark: Mark, marked: bool) -> float:
    """A line of a question before its last."""
    if marked:
        return 1.0
    if ASKS.match(mark.text):
        return 5.0
    return 2.5 if mark.text.rstrip(CLOSERS)[-1:] in (".", ":", "!") else 6.0


def _option_cost(mark: Mark, marked: bool) -> float:
    if mark.says == "question":
        return 20.0
    unmarked = 1.5 if marked and not mark.says else 0.0
    asking = _asking_cost(mark.text)
    if mark.says == "option" or asking >= 6.0:
        return unmarked
    return unmarked + {0.0: 2.5, 1.0: 1.5, 1.5: 2.0, 4.0: 0.0}[asking]


def _open_cost(stem: str, last: bool) -> float:
    """How odd this question is without options: "Name one way." is at home, "Which of these?" is not."""
    if last or ASKS.match(stem):
        return 1.5
    return 5.0 if CHOOSES.match(stem) or re.search(r"\b(which|whose) [^.?]*\?", stem[-500:], re.I) else 3.0


def _size_cost(cut: Cut, size: int, last: int) -> float:
    """How odd this number of options is where most questions have `size`. The last question may have been cut off."""
    if cut.options in (0, size):
        return 0.0
    if cut.end == last and cut.options < size:
        return 1.0 if cut.options > 1 else 2.0
    return 4.0 if cut.options == 1 else 1.0 + abs(cut.options - size)


def _total(cuts: Sequence[Cut], size: int, declared: int | None) -> float:
    missed = abs(len(cuts) - declared) if declared else 0
    return sum(cut.cost + _size_cost(cut, size, cuts[-1].end) for cut in cuts) + MISS * missed


def _cheapest(marks: Sequence[Mark], cuts_at: Sequence[Sequence[Cut]], size: int, nudge: float) -> list[Cut]:
    """The cheapest cut of all lines into questions, each of which costs `nudge` more."""
    best: list[float] = [0.0] * (len(marks) + 1)
    chosen: list[Cut] = []
    for cuts in reversed(cuts_at):
        cost, cut = min(
            ((cut.cost + _size_cost(cut, size, len(marks)) + nudge + best[cut.end], cut) for cut in cuts),
            key=lambda pair: pair[0],
        )
        best[cut.start] = cost
        chosen.append(cut)
    chosen.reverse()
    path: list[Cut] = []
    while (at := path[-1].end if path else 0) < len(marks):
        path.append(chosen[at])
    return path


def _item(number: int, cut: Cut, marks: Sequence[Mark]) -> SheetItem:
    first = cut.start + cut.stems
    stem = " ".join(mark.text for mark in marks[cut.start : first])
    marked = any(mark.says == "option" for mark in marks)
    options: list[str] = []
    for mark in marks[first : cut.end]:
        if marked and mark.says != "option" and options:
            options[-1] += f" {mark.text}"
        else:
            options.append(mark.text)
    return SheetItem(number, stem, tuple(options), marks[cut.start].line.number)


def _doubts(number: int, cut: Cut, marks: Sequence[Mark]) -> list[Problem]:
    """Lines that were read as something they do not look like, and numbers that were skipped."""
    begins, first = marks[cut.start], cut.start + cut.stems
    asks = marks[first - 1]
    checks = (
        (begins, begins.number not in (None, number), f"Printed as question {begins.number}, read as {number}."),
        (begins, cut.stems > 1 and not begins.says, "Read as the beginning of the question that follows."),
        (asks, not begins.says and _asking_cost(asks.text) >= 4.0, "Read as a question by its place; it asks nothing."),
    )
    found = [Problem(mark.line.number, text) for mark, wrong, text in checks if wrong]
    return found + [
        Problem(mark.line.number, "Read as an option, though it looks like a question.")
        for mark in marks[first : cut.end]
        if mark.says != "option" and _asking_cost(mark.text) < 4.0
    ]
