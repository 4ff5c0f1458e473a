"""GIFT as Moodle reads it (docs.moodle.org, "GIFT format"): a text as questions, each with its parts. Pure.

Questions are divided by empty lines. A character after a backslash is taken as it is and never divides anything; while
a question is being parsed, such characters stand as code points that are no characters.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from content.formats.texts import number

Kind = Literal["category", "description", "essay", "numerical", "multichoice", "match", "truefalse", "shortanswer"]
FORMATS = ("html", "moodle", "plain", "markdown")
SPECIAL = "~=#{}:n\\"
MASKED = {character: chr(0xFDD0 + at) for at, character in enumerate(SPECIAL)}
NEW_LINE = MASKED["n"]
UNMASK = str.maketrans({mask: "\n" if character == "n" else character for character, mask in MASKED.items()})
ESCAPE = re.compile(r"\\([~=#{}:n\\])")
FORMAT = re.compile(r"\[([a-z]{1,20})\]")
WEIGHT = re.compile(r"\s*%(-?\d{1,3}(?:\.\d{0,20})?)%")
ID = re.compile(r"\[id:((?:\\\]|[^\]\n]){1,500})\]")
TAG = re.compile(r"\[tag:((?:\\\]|[^\]\n]){1,500})\]")
LONGEST = 200_000  # characters of a question
MOST_ANSWERS = 500
BLANK = "_____"
TRUE, FALSE = ("T", "TRUE"), ("F", "FALSE")


class Unreadable(ValueError):
    """Why a question cannot be read."""


@dataclass(frozen=True)
class Text:
    """As the file has it, in one of FORMATS. `breaks` of the author's `\\n` are line ends of `value`."""

    value: str
    format: str


EMPTY = Text("", "moodle")


@dataclass(frozen=True)
class Answer:
    """`weight` in percent, None where none is printed; `right`: printed with `=`. `match` belongs to a pair."""

    text: Text
    right: bool
    weight: float | None = None
    feedback: Text | None = None
    match: str = ""


@dataclass(frozen=True)
class Question:
    """One entry of the file; a category has its path as `title`. `line` is where it begins, from 1."""

    line: int
    kind: Kind
    title: str = ""
    id: str = ""
    tags: tuple[str, ...] = ()
    stem: Text = EMPTY
    answers: tuple[Answer, ...] = ()
    feedback: Text | None = None
    embedded: bool = False
    is_true: bool = False
    # Of a statement, in the order of the file: for a wrong answer, for a right one.
    judgements: tuple[Text | None, Text | None] = (None, None)
    otherwise: Text | None = None  # feedback for every other number


@dataclass
class Block:
    """The lines between two empty ones, without comments."""

    line: int
    text: str
    comments: list[str] = field(default_factory=list)


def questions(text: str) -> Iterator[Question | tuple[Block, str]]:
    """Each question, or the block that could not be read with the reason."""
    for block in blocks(text):
        try:
            yield parse(block)
        except Unreadable as unreadable:
            yield block, str(unreadable)


def blocks(text: str) -> Iterator[Block]:
    """The questions as they stand. An empty line within braces that the next block closes divides nothing."""
    held: Block | None = None
    for block in _divided(text):
        masked = ESCAPE.sub("", block.text)
        if held is not None and "{" not in masked.partition("}")[0] and "}" in masked:
            yield Block(held.line, f"{held.text}\n\n{block.text}", held.comments + block.comments)
            held = None
            continue
        if held is not None:
            yield held
            held = None
        if masked.count("{") > masked.count("}"):
            held = block
        elif block.text:
            yield block
    if held is not None:
        yield held


def _divided(text: str) -> Iterator[Block]:
    kept: list[str] = []
    comments: list[str] = []
    begins = 0
    for at, line in enumerate(text.split("\n"), start=1):
        bare = line.strip()
        if bare.startswith("//"):
            comments.append(bare)
        elif bare.startswith("$CATEGORY:"):
            # Moodle asks for an empty line after a category; people forget it.
            if kept:
                yield Block(begins, "\n".join(kept), comments)
            yield Block(at, bare)
            kept, comments = [], []
        elif bare:
            begins = begins if kept else at
            kept.append(line)
        else:
            if kept:
                yield Block(begins, "\n".join(kept), comments)
            kept, comments = [], []
    if kept:
        yield Block(begins, "\n".join(kept), comments)


def parse(block: Block) -> Question:
    """Raises Unreadable."""
    if len(block.text) > LONGEST:
        raise Unreadable(f"It is longer than {LONGEST} characters.")
    text = ESCAPE.sub(lambda found: MASKED[found[1]], block.text).strip()
    if text.startswith("$CATEGORY:"):
        return Question(block.line, "category", title=text[10:].translate(UNMASK).strip())
    title, text = _title(text)
    before, answers, after = _braces(text)
    answers, feedback = _general(answers)
    stem = _text(_joined(before, after) if answers is not None else text, "moodle")
    comment = "\n".join(block.comments)
    found = ID.search(comment)
    known = Question(
        line=block.line,
        kind="description",
        title=title,
        id=found[1].replace("\\]", "]").strip() if found else "",
        tags=tuple(tag.replace("\\]", "]").strip() for tag in TAG.findall(comment)),
        stem=stem,
        feedback=_text(feedback, stem.format) if feedback else None,
        embedded=answers is not None and bool(after.strip()),
    )
    return known if answers is None else _answered(known, answers)


def _title(text: str) -> tuple[str, str]:
    if text.startswith("::"):
        title, ends, rest = text[2:].partition("::")
        if ends:
            return " ".join(title.translate(UNMASK).split()), rest.strip()
    return "", text.removeprefix("::")


def _braces(text: str) -> tuple[str, str | None, str]:
    """Before, within and after the first braces; None within where there are none."""
    opens, closes = text.find("{"), text.find("}")
    if opens < 0 and closes < 0:
        return text, None, ""
    if opens < 0 or closes < opens:
        raise Unreadable("Its braces { } do not match.")
    if "{" in text[opens + 1 : closes] or "{" in text[closes:]:
        raise Unreadable("It has more than one pair of braces { }; those of a text need a backslash: \\{ \\}.")
    return text[:opens], text[opens + 1 : closes].strip(), text[closes + 1 :]


def _joined(before: str, after: str) -> str:
    """The text around the answers, with a blank where something follows them."""
    return f"{before.rstrip()} {BLANK} {after.lstrip()}".strip() if after.strip() else before.strip()


def _general(answers: str | None) -> tuple[str | None, str]:
    if answers is None:
        return None, ""
    rest, mark, feedback = answers.rpartition("####")
    return (rest.strip(), feedback.strip()) if mark else (answers, "")


def _text(text: str, otherwise: str) -> Text:
    """A text and its format. Line ends of the file are spaces, but where the format sees a difference."""
    text, name = text.strip(), otherwise
    if (found := FORMAT.match(text)) and found[1] in FORMATS:
        name, text = found[1], text[found.end() :]
    if name in ("moodle", "plain"):
        text = " ".join(re.sub(f"[ \t\n]*{NEW_LINE}[ \t\n]*", NEW_LINE, text).split())
    return Text(text.translate(UNMASK).strip(), name)


def _answered(known: Question, answers: str) -> Question:
    return _parser(answers)(known, answers)


def _parser(answers: str) -> Callable[[Question, str], Question]:
    if not answers:
        return _essay
    if answers[0] == "#":
        return _numerical
    if "~" in answers:
        return _choices
    if "=" in answers and "->" in answers:
        return _pairs
    return _statement if answers.partition("#")[0].strip() in TRUE + FALSE else _short


def _essay(known: Question, _answers: str) -> Question:
    return replace(known, kind="essay")


def _statement(known: Question, answers: str) -> Question:
    given, *judgements = answers.split("#", 2)
    found = [_text(text, known.stem.format) if text.strip() else None for text in judgements]
    wrong, right = (*found, None, None)[:2]
    return replace(known, kind="truefalse", is_true=given.strip() in TRUE, judgements=(wrong, right))


def _choices(known: Question, answers: str) -> Question:
    parts = _parts(answers.replace("=", "~="), "~")
    if len(parts) < 2:
        raise Unreadable("A choice needs two answers at least.")
    return replace(
        known, kind="multichoice", answers=tuple(_answer(p.removeprefix("="), known, p.startswith("=")) for p in parts)
    )


def _short(known: Question, answers: str) -> Question:
    found = tuple(_answer(part, known, True) for part in _parts(answers, "="))
    return replace(known, kind="shortanswer", answers=found)


def _pairs(known: Question, answers: str) -> Question:
    pairs = []
    for part in _parts(answers, "="):
        prompt, arrow, match = part.partition("->")
        if not arrow:
            raise Unreadable("A pair of a matching question has no arrow (->).")
        pairs.append(Answer(_text(prompt, known.stem.format), True, match=_plain(match)))
    if len(pairs) < 2:
        raise Unreadable("A matching question needs two pairs at least.")
    return replace(known, kind="match", answers=tuple(pairs))


def _numerical(known: Question, answers: str) -> Question:
    given, other, otherwise = answers[1:].partition("~")
    found = tuple(_answer(part, known, True) for part in _parts(given, "="))
    if not found:
        raise Unreadable("A numerical question has no answer.")
    for answer in found:
        if answer.text.value != "*" and interval(answer.text.value) is None:
            raise Unreadable(f"“{answer.text.value[:60]}” is neither a number nor a range of numbers.")
    feedback = _feedback(otherwise.partition("#")[2], known) if other else None
    return replace(known, kind="numerical", answers=found, otherwise=feedback)


def interval(text: str) -> dict[str, object] | None:
    """`3`, `3:0.5` or `1..5` as a numeric answer without credit; None for anything else."""
    if text.find("..") > 0:
        low, _dots, high = text.partition("..")
        ends = [number(low), number(high)]
        return {"min": ends[0], "max": ends[1]} if None not in ends else None
    value, colon, tolerance = text.partition(":")
    numbers = [number(value), number(tolerance) if colon else 0]
    if None in numbers:
        return None
    answer: dict[str, object] = {"value": numbers[0]}
    return answer | ({"tolerance": {"type": "absolute", "value": numbers[1]}} if numbers[1] else {})


def _parts(answers: str, mark: str) -> list[str]:
    parts = [part for part in map(str.strip, answers.split(mark)) if part]
    if len(parts) > MOST_ANSWERS:
        raise Unreadable(f"It has more than {MOST_ANSWERS} answers.")
    return parts


def _answer(part: str, known: Question, right: bool) -> Answer:
    weight = WEIGHT.match(part)
    text, _hash, feedback = (part[weight.end() :] if weight else part).partition("#")
    return Answer(
        _text(text, known.stem.format), right, float(weight[1]) if weight else None, _feedback(feedback, known)
    )


def _feedback(text: str, known: Question) -> Text | None:
    return _text(text, known.stem.format) if text.strip() else None


def _plain(text: str) -> str:
    return " ".join(text.split()).translate(UNMASK)
