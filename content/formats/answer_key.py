"""Reader of an answer key in JSON, and the joining of key and sheet. Pure.

A key belongs to an item when number and option texts agree (dashes, quotes and spaces aside). Anything less is
reported by item and leaves the item `unkeyed`: a doubtful key is no key.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

from content.drafts import ItemDraft
from content.formats.lines import INVISIBLE, UNREADABLE
from content.formats.sheet import SheetItem, SheetReading
from content.models import KeyState

LEVELS = {"full_credit": "full", "half_credit": "half", "no_credit": "none"}
OPTION_IDS = "abcdefghijklmnopqrstuvwxyz"
# How a key came about, kept beside it under its own names.
NAMED = (
    "keyed_by_first", "keyed_by_second", "agreement", "second_keyer_certainty", "decision", "support", "note"
)  # fmt: skip
DASHES = re.compile(r"\s*[-‐‑‒–—―−]+\s*")
QUOTES = str.maketrans({**dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("“”„‟″«»", '"')})


@dataclass(frozen=True)
class KeyProblem:
    """What does not fit or is doubtful. `item` is the printed number; None where the whole key is meant."""

    item: int | None
    text: str


class Misfit(ValueError):
    """A key entry cannot be applied to its item."""


@dataclass
class AnswerKey:
    """A key as read. `entries` are the raw entries by item number; `sha256` names the source."""

    lesson: str = ""
    about: dict[str, Any] = field(default_factory=dict)
    entries: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    sha256: str = ""
    problems: list[KeyProblem] = field(default_factory=list)


def read(text: str) -> AnswerKey:
    """Read a key. Never raises: what cannot be used is in `problems`."""
    key = AnswerKey(sha256=sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    try:
        data = _readable(json.loads(text.removeprefix("\ufeff"), parse_constant=_no_number))
    except (ValueError, RecursionError) as error:
        key.problems.append(KeyProblem(None, f"The key is not JSON: {error}"))
        return key
    if not isinstance(data, dict):
        key.problems.append(KeyProblem(None, "The key is not a JSON object."))
        return key
    key.lesson = _text(data.get("lesson"))
    key.about = {name: data[name] for name in ("keyed_on", "how", "weaknesses") if name in data}
    notes = data.get("weaknesses")
    key.problems += (
        [KeyProblem(None, note) for note in notes if isinstance(note, str)] if isinstance(notes, list) else []
    )
    choices = data.get("items", [])
    if not isinstance(choices, list):
        key.problems.append(KeyProblem(None, "`items` is not a list."))
        choices = []
    _collect(key, [*choices, data["open_item"]] if data.get("open_item") is not None else choices)
    return key


def join(reading: SheetReading, key: AnswerKey, *, lesson: str) -> tuple[list[ItemDraft], list[KeyProblem]]:
    """The items of the sheet, `q1` and on, each with its key where one fits, and what did not fit.

    `lesson` is the slug under which the sheet is published, empty while it has none; a key for another lesson is not
    used at all.
    """
    problems = list(key.problems)
    entries = dict(key.entries)
    if key.lesson and lesson and key.lesson != lesson:
        problems.append(KeyProblem(None, f"The key is for the lesson {key.lesson!r}, not for {lesson!r}."))
        entries = {}
    anchors = {"title", "summary"} | {section.id for section in reading.sections}
    drafts = []
    for item in reading.items:
        draft, found = _keyed(item, entries.pop(item.number, None), key, anchors)
        drafts.append(draft)
        problems += found
    problems += [KeyProblem(number, "The sheet has no question of this number.") for number in entries]
    return drafts, problems


def _collect(key: AnswerKey, entries: Sequence[Any]) -> None:
    """Sort entries by number; one that is claimed twice is nobody's."""
    usable = [entry for entry in entries if isinstance(entry, dict) and type(entry.get("number")) is int]
    if len(usable) < len(entries):
        key.problems.append(KeyProblem(None, f"Entries without a number: {len(entries) - len(usable)}."))
    counts = Counter(entry["number"] for entry in usable)
    key.entries = {entry["number"]: entry for entry in usable if counts[entry["number"]] == 1}
    key.problems += [
        KeyProblem(number, "The key has more than one entry for this number; none is used.")
        for number, count in counts.items()
        if count > 1
    ]


def _keyed(
    item: SheetItem, entry: Mapping[str, Any] | None, key: AnswerKey, anchors: Collection[str]
) -> tuple[ItemDraft, list[KeyProblem]]:
    unkeyed = _unkeyed(item)
    if entry is None:
        return unkeyed, [KeyProblem(item.number, "There is no key for this question; it stays unkeyed.")]
    try:
        draft = _apply(unkeyed, entry, key)
    except Misfit as misfit:
        return unkeyed, [KeyProblem(item.number, f"{misfit} The question stays unkeyed.")]
    section = entry.get("lesson_section")
    problems = []
    if section is not None and (not isinstance(section, str) or section not in anchors):
        problems.append(KeyProblem(item.number, f"The lesson has no part {section!r}; the link to it was left out."))
        section = None
    if entry.get("agreement") is False:
        problems.append(KeyProblem(item.number, f"The keyers disagreed. Decision: {_text(entry.get('decision'))}"))
    return replace(draft, body={**draft.body, "section": section}), problems


def _unkeyed(item: SheetItem) -> ItemDraft:
    body: dict[str, Any] = {"stem": item.stem, "section": None}
    if item.options:
        body["options"] = [
            {"id": _option_id(place), "text": text, "rationale": ""} for place, text in enumerate(item.options)
        ]
    else:
        body["rubric"] = []
    kind = "choice" if item.options else "open_text"
    return ItemDraft(f"q{item.number}", kind, body, provenance={"source": {"line": item.line}})


def _option_id(place: int) -> str:
    """a, b, c ... in printed order, which says nothing about the key."""
    return OPTION_IDS[place] if place < len(OPTION_IDS) else f"o{place + 1}"


def _apply(draft: ItemDraft, entry: Mapping[str, Any], key: AnswerKey) -> ItemDraft:
    """The draft with its key. Raises Misfit."""
    state, points = entry.get("key_state"), entry.get("points", 1)
    if state not in KeyState.values:
        raise Misfit(f"Its key state {state!r} is unknown.")
    if not _is_number(points) or not 0 < points < 100_000:
        raise Misfit(f"Its points {points!r} are no positive number.")
    named = {name: entry[name] for name in NAMED if name in entry}
    source = {name: value for name, value in key.about.items() if name != "weaknesses"}
    return replace(
        draft,
        body={**draft.body, **(_credits(draft, entry) if "options" in draft.body else _rubric(entry))},
        points=round(Decimal(str(points)), 3),
        key_state=str(state),
        provenance={**draft.provenance, "key": {"sha256": key.sha256, **source, **named}},
    )


def _credits(draft: ItemDraft, entry: Mapping[str, Any]) -> dict[str, Any]:
    keyed = entry.get("options")
    if not isinstance(keyed, list) or not all(isinstance(option, dict) for option in keyed):
        raise Misfit("The sheet prints options, the key has none.")
    by_text = {normal(_text(option.get("text"))): option for option in keyed}
    printed = {normal(option["text"]): option["text"] for option in draft.body["options"]}
    if len(by_text) != len(keyed) or len(printed) != len(draft.body["options"]):
        raise Misfit("Two of its options read the same.")
    _same(printed, by_text)
    options = []
    for option in draft.body["options"]:
        found = by_text[normal(option["text"])]
        credit = found.get("credit")
        if not _is_number(credit) or not 0 <= credit <= 1:
            raise Misfit(f"The credit {credit!r} is no number from 0 to 1.")
        options.append({**option, "credit": credit, "rationale": _text(found.get("rationale"))})
    return {"options": options}


def _same(printed: Mapping[str, str], keyed: Mapping[str, Mapping[str, Any]]) -> None:
    without_key = [text for name, text in printed.items() if name not in keyed]
    not_printed = [_text(option.get("text")) for name, option in keyed.items() if name not in printed]
    if without_key or not_printed:
        sides = (("without a key: ", without_key), ("in the key only: ", not_printed))
        raise Misfit(
            "Its options differ; " + "; ".join(label + " / ".join(texts) for label, texts in sides if texts) + "."
        )


def _rubric(entry: Mapping[str, Any]) -> dict[str, Any]:
    if entry.get("options"):
        raise Misfit("The key has options, the sheet prints none.")
    rubric = []
    for name, level in LEVELS.items():
        lines = entry.get(name, [])
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
            raise Misfit(f"Its list {name} cannot be read.")
        rubric += [
            {"level": level, "idea": _text(line.get("idea")), "example": _text(line.get("example"))} for line in lines
        ]
    return {"rubric": rubric}


def normal(text: str) -> str:
    """A text as compared: one kind of dash, quote and space."""
    plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(QUOTES)
    return " ".join(DASHES.sub("-", plain).split())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _readable(value: Any) -> Any:
    """JSON without the characters that cannot be stored."""
    if isinstance(value, dict):
        return {UNREADABLE.sub("", name): _readable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_readable(inner) for inner in value]
    return UNREADABLE.sub("", value) if isinstance(value, str) else value
