"""A row of a table as the body of a question, and back. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from content.formats import assembling, gift_parsing, texts
from content.item_types import new_id
from content.models import KeyState

Row = Mapping[str, str]
MOST = 100  # options
DEEPEST = 30  # lists and objects within each other
PART = re.compile(r"([A-Z]|\d{1,3})(?:=(-?\d{1,3}(?:\.\d{1,10})?)%?)?", re.IGNORECASE)
TRUTH = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}
SCORING = {"multiple_response": "all_or_nothing", "matching": "per_pair", "ordering": "exact"}
ARROW = " -> "


class Unfit(ValueError):
    """Why a row is no question."""


def kind_of(row: Row) -> str:
    """The kind where the table does not say it."""
    key, options = row.get("key", "").strip(), _numbered(row, "option")
    if not options:
        return "true_false" if key.lower() in TRUTH else "short_text" if key else "open_text"
    if all(ARROW.strip() in text for text in options.values()):
        return "matching"
    return "multiple_response" if len(_parts(key)) > 1 else "choice"


def key_state(kind: str, row: Row) -> str:
    """A table that says what is right is taken at its word."""
    if kind in ("open_text", "file_upload"):
        return KeyState.REVIEWED
    keyless = kind in ("choice", "multiple_response", "true_false") and not row.get("body", "").strip()
    return KeyState.UNKEYED if keyless and not row.get("key", "").strip() else KeyState.APPROVED


def from_json(cell: str) -> dict[str, Any]:
    """Raises Unfit."""
    try:
        found = json.loads(cell, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unfit("The column body is not JSON.") from None
    if not isinstance(found, dict) or deep(found) or not isinstance(found.get("stem"), str):
        raise Unfit("The column body is not the JSON of a question.")
    return dict(texts.storable(found))


def deep(value: Any) -> bool:
    """Whether it is nested deeper than the body of any question."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [
            part
            for found in level
            if isinstance(found, dict | list)
            for part in (found.values() if isinstance(found, dict) else found)
        ]
    return bool(level)


def _no_number(name: str) -> None:
    raise ValueError(name)


def body(kind: str, row: Row) -> dict[str, Any]:
    """The body that the columns say. Raises Unfit."""
    if kind not in READERS:
        raise Unfit(f"A question of the kind {kind} needs its column body.")
    found = {"stem": row.get("stem", ""), **READERS[kind](row)}
    if not found["stem"].strip():
        raise Unfit("It has no stem.")
    extra = {name: row[name] for name in ("feedback", "section") if row.get(name, "").strip()}
    return {**found, **extra}


def columns(kind: str, body: Mapping[str, Any]) -> dict[str, str]:
    """Columns for a person to read, which often say all of the body."""
    found = {name: str(body[name]) for name in ("stem", "feedback", "section", "scoring") if body.get(name)}
    try:
        return {**found, **(WRITERS[kind](body) if kind in WRITERS else {})}
    except (KeyError, TypeError, ValueError):
        return found


def _numbered(row: Row, name: str) -> dict[int, str]:
    found = {
        int(column.rpartition("_")[2]): text
        for column, text in row.items()
        if column.startswith(f"{name}_") and column.rpartition("_")[2].isdecimal() and text.strip()
    }
    return dict(sorted(found.items()))


def _options(row: Row) -> list[tuple[int, str, str]]:
    """(number, text, rationale) of each."""
    found, rationales = _numbered(row, "option"), _numbered(row, "rationale")
    if len(found) > MOST:
        raise Unfit(f"It has more than {MOST} options.")
    return [(at, text, rationales.get(at, "")) for at, text in found.items()]


def _parts(key: str) -> dict[int, float]:
    """Credits by the number of the option: `B`, `2`, `1, 3`, `1 3=50`."""
    credits: dict[int, float] = {}
    for part in re.split(r"[\s,;|]+", key.strip()):
        if not part:
            continue
        found = PART.fullmatch(part)
        if not found:
            raise Unfit(f"Its key “{key[:40]}” names no options.")
        number = int(found[1]) if found[1].isdigit() else ord(found[1].upper()) - ord("A") + 1
        credits[number] = texts.credit(float(found[2])) if found[2] else 1
    return credits


def _credited(row: Row) -> list[dict[str, Any]]:
    options, credits = _options(row), _parts(row.get("key", ""))
    if missing := set(credits) - {at for at, _text, _why in options}:
        raise Unfit(f"Its key names option {min(missing)}, which it does not have.")
    return assembling.options([(text, credits.get(at, 0), why) for at, text, why in options])


def _choice(row: Row) -> dict[str, Any]:
    return {"options": _credited(row)}


def _multiple(row: Row) -> dict[str, Any]:
    return {"options": _credited(row), **_scoring(row, "multiple_response")}


def _scoring(row: Row, kind: str) -> dict[str, str]:
    return {"scoring": row.get("scoring", "").strip() or SCORING[kind]}


def _statement(row: Row) -> dict[str, Any]:
    key = row.get("key", "").strip().lower()
    if key and key not in TRUTH:
        raise Unfit("Its key is neither true nor false.")
    rationales = _numbered(row, "rationale")
    return {
        "correct": TRUTH.get(key, False),
        "rationales": {"true": rationales.get(1, ""), "false": rationales.get(2, "")},
    }


def _answers(row: Row) -> list[tuple[str, float, str]]:
    """Accepted answers: in the option columns with their credits in the key, or alone in the key."""
    options = _options(row)
    if not options:
        options, credits = [(1, row.get("key", "").strip(), "")], {}
    else:
        credits = _parts(row.get("key", ""))
    found = [(text, credits.get(at, 0 if credits else 1), why) for at, text, why in options if text]
    if not found:
        raise Unfit("It has no accepted answer.")
    return found


def _short(row: Row) -> dict[str, Any]:
    answers = [
        {"text": text, "credit": credit, "match": "exact", "feedback": why} for text, credit, why in _answers(row)
    ]
    return {"answers": answers, "case_sensitive": False}


def _numeric(row: Row) -> dict[str, Any]:
    answers = []
    for text, credit, why in _answers(row):
        found = gift_parsing.interval(text.replace("±", ":").strip())
        if found is None:
            raise Unfit(
                f"“{text[:40]}” is neither a number (3.14), one with a tolerance (3.14:0.01) nor a range (3..4)."
            )
        answers.append({**found, "credit": credit, "feedback": why})
    return {"answers": answers}


def _matching(row: Row) -> dict[str, Any]:
    pairs = []
    for _at, text, _why in _options(row):
        prompt, arrow, choice = text.partition("->")
        if not arrow:
            raise Unfit("A pair of a matching question has no arrow (->).")
        pairs.append((prompt.strip(), choice.strip()))
    return {**assembling.matching(pairs), **_scoring(row, "matching")}


def _ordering(row: Row) -> dict[str, Any]:
    entries = [{"id": new_id((), at), "text": text} for at, (_n, text, _why) in enumerate(_options(row))]
    if len(entries) < 2:
        raise Unfit("It has fewer than two entries to put in order.")
    return {"entries": entries, "key": [entry["id"] for entry in entries], **_scoring(row, "ordering")}


def _open(row: Row) -> dict[str, Any]:
    ideas = [text for _n, text, _why in _options(row)] or [assembling.RUBRIC_LINE]
    rubric = [{"level": "full", "idea": text, "example": ""} for text in ideas]
    return {"rubric": rubric, "max_length": assembling.ESSAY_LENGTH}


READERS: dict[str, Callable[[Row], dict[str, Any]]] = {
    "choice": _choice,
    "multiple_response": _multiple,
    "true_false": _statement,
    "short_text": _short,
    "numeric": _numeric,
    "matching": _matching,
    "ordering": _ordering,
    "open_text": _open,
    "description": lambda row: {},
}


def _row(found: list[tuple[str, str]], key: str = "") -> dict[str, str]:
    row = {f"option_{at}": text for at, (text, _why) in enumerate(found, start=1)}
    row |= {f"rationale_{at}": why for at, (_text, why) in enumerate(found, start=1) if why}
    return row | ({"key": key} if key else {})


def _key(credits: list[Any]) -> str:
    return ", ".join(
        str(at) if credit == 1 else f"{at}={texts.percentage(float(credit))}"
        for at, credit in enumerate(credits, start=1)
        if credit
    )


def _options_row(body: Mapping[str, Any]) -> dict[str, str]:
    options = body["options"]
    return _row([(o["text"], o.get("rationale", "")) for o in options], _key([o["credit"] for o in options]))


def _answers_row(body: Mapping[str, Any]) -> dict[str, str]:
    answers, credits = body["answers"], [answer["credit"] for answer in body["answers"]]
    key = "" if all(credit == 1 for credit in credits) else _key(credits)
    return _row([(_answer(answer), answer.get("feedback", "")) for answer in answers], key)


def _answer(answer: Mapping[str, Any]) -> str:
    if "text" in answer:
        return str(answer["text"])
    if "min" in answer:
        return f"{texts.shown(answer['min'])}..{texts.shown(answer['max'])}"
    tolerance = answer.get("tolerance")
    return texts.shown(answer["value"]) + (f":{texts.shown(tolerance['value'])}" if tolerance else "")


def _pairs_row(body: Mapping[str, Any]) -> dict[str, str]:
    choices = {choice["id"]: choice["text"] for choice in body["choices"]}
    matched = {prompt["match"] for prompt in body["prompts"]}
    pairs = [f"{prompt['text']}{ARROW}{choices[prompt['match']]}" for prompt in body["prompts"]]
    pairs += [f"-> {text}" for name, text in choices.items() if name not in matched]
    return _row([(pair, "") for pair in pairs])


def _statement_row(body: Mapping[str, Any]) -> dict[str, str]:
    rationales = body.get("rationales") or {}
    found = {f"rationale_{at}": rationales.get(name, "") for at, name in ((1, "true"), (2, "false"))}
    return {"key": "true" if body["correct"] else "false", **{name: text for name, text in found.items() if text}}


WRITERS: dict[str, Callable[[Mapping[str, Any]], dict[str, str]]] = {
    "choice": _options_row,
    "multiple_response": _options_row,
    "true_false": _statement_row,
    "short_text": _answers_row,
    "numeric": _answers_row,
    "matching": _pairs_row,
    "ordering": lambda body: _row([(entry["text"], "") for entry in assembling.in_order(body)]),
    "open_text": lambda body: _row([(line["idea"], "") for line in body["rubric"]]),
}
