"""Cloze: gaps in a running text (QTI 3 inlineChoiceInteraction and textEntryInteraction).

body: {"stem": str, may be empty, "text": Markdown with `[[gap id]]` where gaps stand, "gaps": as content.marking.gaps,
each perhaps with "weight", 1 by default; "scoring": "all_or_nothing", optional: nothing but all gaps full earns;
"section": anchor or null}
answer: {"gaps": {gap id: str}} without blank gaps, or {}
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.item_types import (
    ALL_OR_NOTHING,
    Answer,
    Body,
    Category,
    Fields,
    FormSize,
    InvalidAnswer,
    Level,
    Outcome,
    Templates,
    new_id,
    percent,
)
from content.marking import gaps, number_answers, numbers, options, paper, parts, placeholders, text_answers

KIND = "cloze"
LABEL = gettext_lazy("Text with gaps")
HINT = gettext_lazy("A running text with lists to choose from, words and numbers to fill in.")
SCORED = True
SHUFFLES: tuple[str, ...] = ()
ALWAYS_SHUFFLED = False
BY_RULE = True
PUBLISHABLE = ("approved",)
TEMPLATES = Templates(
    control="items/cloze/control.html",
    editor="items/cloze/editor.html",
    answer="items/cloze/answer.html",
    paper="items/cloze/paper.html",
    paper_key="items/paper_and_key.html",
)
PUBLIC: dict[str, Any] = {
    "text": {"type": "string", "description": "Of a text with gaps: Markdown, `[[id]]` where a gap stands."},
    "gaps": {
        "type": "array",
        "description": "Of a text with gaps; `options` of a list to choose from.",
        "items": {
            "type": "object",
            "required": ["id", "kind"],
            "properties": {
                "id": {"type": "string"},
                "kind": {"type": "string", "enum": list(gaps.KINDS)},
                "options": {"type": "array", "items": {"type": "object"}},
            },
        },
    },
}
ANSWER: dict[str, Any] = {
    "gaps": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Of a text with gaps: by gap, the id of the option or what was typed.",
    }
}
MOST = 50
HEAVIEST = 1000
ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
GAP = ("id", "was", "kind", "weight")
ROW = ("gap", "id", *dict.fromkeys((*text_answers.ROW, *number_answers.ROW)))
THOUSANDTH = Decimal("0.001")


def problems(body: Body) -> list[str]:
    stem, text, found = body.get("stem"), body.get("text"), body.get("gaps")
    if not isinstance(text, str):
        return ["The text with the gaps is missing."]
    if not isinstance(found, list | tuple) or not all(_well_formed(gap) for gap in found):
        return ["Every gap needs a kind, an id of letters, digits, - and _, and a weight above 0."]
    names = [gap["id"] for gap in found]
    checks = {
        "The question has no text.": not isinstance(stem, str) or not (stem + text).strip(),
        "There is no gap: write [[a]] where it stands in the text.": not found,
        f"There are more than {MOST} gaps.": len(found) > MOST,
        "Two gaps share an id.": parts.repeats(names),
        "The way of crediting is not known.": body.get("scoring", "all_or_nothing") != "all_or_nothing",
    }
    wrong = [words for words, is_wrong in checks.items() if is_wrong] + list(_misplaced(text, names))
    return wrong + [f"Gap {gap['id']}: {words}" for gap in found for words in gaps.kind(gap).problems(gap)]


def _misplaced(text: str, names: list[str]) -> Iterator[str]:
    written, shown = placeholders.names(text), placeholders.shown(text)
    yield from (f"The text names a gap {name} that there is not." for name in set(written) - set(names))
    for name in names:
        if written.count(name) != 1:
            yield f"Gap {name} must stand in the text once, as [[{name}]]."
        elif shown.count(name) != 1:
            yield f"Gap {name} stands where no field can be, as in an address or a formula."


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    lists = [gap for gap in body["gaps"] if gap["kind"] == "dropdown"]
    lacking = [gap["id"] for gap in lists if not all(one.get("rationale", "").strip() for one in gap["options"])]
    found = [f"Gap {name}: an option has no rationale." for name in lacking]
    for gap in body["gaps"]:
        if gap["kind"] == "text":
            case = gap.get("case_sensitive", False)
            found += (
                f"Gap {gap['id']}: {words}" for words in text_answers.warnings(gap["answers"], case=case, accents=True)
            )
        elif gap["kind"] == "number":
            found += (f"Gap {gap['id']}: {words}" for words in number_answers.warnings(gap["answers"]))
    return found


def from_editor(fields: Fields) -> dict[str, Any]:
    """`text`; `scoring`; rows of `gap-id`, `gap-was` (its id when the form was made), `gap-kind` and `gap-weight`;
    `case_sensitive` holds ids; rows of answers, each with the id of its gap in `answer-gap`. A gap that the text names
    and no row has is a new one. Left out are a row without id, and a gap that the text does not name and nothing was
    written for, as while its name was being typed.
    """
    text = next(iter(fields.get("text", [])), "").strip()
    found = {row["id"]: row for row in parts.rows(fields, "gap", GAP) if row["id"]}
    named = placeholders.names(text)
    for name in named:
        found.setdefault(name, {"id": name, "was": "", "kind": "text", "weight": ""})
    answers = parts.rows(fields, "answer", ROW)
    own = {name: [one for one in answers if one["gap"] == (row["was"] or name)] for name, row in found.items()}
    kept = [
        row for name, row in found.items() if name in named or any(one["text"] or one["value"] for one in own[name])
    ]
    scoring = {"scoring": "all_or_nothing"} if "all_or_nothing" in fields.get("scoring", []) else {}
    return {"text": text, "gaps": [_gap(row, own[row["id"]], fields) for row in kept], **scoring}


def _gap(row: Mapping[str, str], own: list[dict[str, str]], fields: Fields) -> dict[str, Any]:
    gap: dict[str, Any] = {"id": row["id"], "kind": row["kind"] or "text"}
    if row["weight"]:
        gap["weight"] = numbers.typed(row["weight"])
    if gap["kind"] == "dropdown":
        return gap | {"options": _options(own)}
    if gap["kind"] == "number":
        filled = [answer | {"value": answer["value"] or answer["text"]} for answer in own]
        given = [number_answers.from_row(answer) for answer in filled if answer["value"]]
        return gap | {"answers": given or [{"value": "", "credit": 1, "feedback": ""}]}
    given = [text_answers.from_row(answer) for answer in own if answer["text"]]
    given = given or [{"text": "", "credit": 1, "match": "exact", "feedback": ""}]
    return (
        gap
        | {"answers": given}
        | ({"case_sensitive": True} if (row["was"] or row["id"]) in fields.get("case_sensitive", []) else {})
    )


def _options(own: list[dict[str, str]]) -> list[dict[str, Any]]:
    taken = [answer["id"] for answer in own]
    found = [
        {
            "id": answer["id"] or new_id(taken, at),
            "text": answer["text"],
            "credit": percent(answer["credit"]),
            "rationale": answer["feedback"],
        }
        for at, answer in enumerate(own)
        if answer["text"]
    ]
    return found or [{"id": name, "text": "", "credit": 0, "rationale": ""} for name in "abc"]


def guess(body: Body) -> Decimal | None:
    shares = (_share(body, gap) * gaps.kind(gap).guess(gap) for gap in body["gaps"])
    return min(sum(shares, Decimal(0)), Decimal(1))


def public(body: Body) -> dict[str, Any]:
    stem = body["stem"].strip() or _("Fill in the gaps.")
    return {"stem": stem, "text": body["text"], "gaps": [gaps.public(gap) for gap in _ordered(body)]}


def form_size(body: Body) -> FormSize:
    named = sum(len(gap["id"]) for gap in body["gaps"])
    return FormSize(len(body["gaps"]), named + sum(gaps.kind(gap).size(gap) for gap in body["gaps"]))


def from_form(body: Body, fields: Fields) -> Any:
    return {"typed": {gap["id"]: next(iter(fields.get(gap["id"], [])), "") for gap in body["gaps"]}}


def from_paper(body: Body, written: str) -> Any:
    """What stands in the gaps, in their order between semicolons, or JSON."""
    given, known = paper.as_json(written), list(_ordered(body))
    if given is not None:
        return given
    pieces = written.split(";") if len(known) > 1 else [written]
    if len(pieces) != len(known):
        raise InvalidAnswer(_("There are {number} gaps: put a semicolon between them.").format(number=len(known)))
    return {"typed": {gap["id"]: _from_paper(gap, piece) for gap, piece in zip(known, pieces, strict=True)}}


def _from_paper(gap: Mapping[str, Any], piece: str) -> str:
    piece = "" if piece.strip() in paper.EMPTY else piece.strip()
    return paper.one(gap["options"], piece) if piece and "options" in gap else piece


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    return {gap["id"]: [gaps.kind(gap).shown(gap, stored)] for gap, stored in _answered(body, answer)}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    """From JSON `gaps`, in which a number has a decimal point; from a form `typed`, in the active language."""
    if raw is None or raw == "":
        return {}
    typed = isinstance(raw, Mapping) and "typed" in raw
    given = raw.get("typed" if typed else "gaps") if isinstance(raw, Mapping) else raw
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidAnswer(_("The answer must name its gaps."))
    known = {gap["id"]: gap for gap in _ordered(body)}
    if not set(given) <= set(known):
        raise InvalidAnswer(_("There is no such gap."))
    read = {name: gaps.kind(gap).read(gap, _text(given.get(name)), typed=typed) for name, gap in known.items()}
    stored = {name: text for name, text in read.items() if text}
    return {"gaps": stored} if stored else {}


def _text(given: object) -> str:
    if given is None:
        return ""
    number = None if isinstance(given, str) else numbers.given(given)
    if number is not None:
        return numbers.canonical(number)
    if not isinstance(given, str):
        raise InvalidAnswer(_("The answer in a gap must be text."))
    return given


def mark(body: Body, answer: Answer) -> Outcome:
    answered = _answered(body, answer)
    if not answered:
        return Outcome(Decimal(0), "blank")
    earned = {gap["id"]: gaps.kind(gap).judge(gap, stored).credit for gap, stored in answered}
    total = sum((_share(body, gap) * earned[gap["id"]] for gap, _stored in answered), Decimal(0))
    if body.get("scoring") == "all_or_nothing":
        total = Decimal(all(earned.get(gap["id"]) == 1 for gap in body["gaps"]))
    return Outcome(options.whole(total), "exact", {"gaps": {name: str(credit) for name, credit in earned.items()}})


def text(body: Body, answer: Answer) -> str:
    answered = {gap["id"]: gaps.kind(gap).text(gap, stored) for gap, stored in _answered(body, answer)}
    if not answered:
        return ""
    return "; ".join(_numbered(body, gap, answered.get(gap["id"], "–")) for gap in _ordered(body))


def rationale(body: Body, answer: Answer) -> str:
    remarks = []
    for gap, stored in _answered(body, answer):
        judged = gaps.kind(gap).judge(gap, stored)
        label = _numbered(body, gap, gaps.kind(gap).text(gap, stored))
        remarks.append(options.remark(judged.credit, label, judged.feedback))
    return "\n\n".join(remarks)


def expected(body: Body) -> list[str]:
    return [category.label for category in categories(body) if category.keyed]


def levels(body: Body) -> tuple[Level, ...]:
    return ALL_OR_NOTHING


def key(body: Body) -> list[tuple[str, Decimal]]:
    return [
        (_numbered(body, gap, label), (_share(body, gap) * credit).quantize(THOUSANDTH))
        for gap in _ordered(body)
        for label, credit in gaps.kind(gap).key(gap)
    ]


def categories(body: Body) -> list[Category]:
    return [
        Category(f"{gap['id']}:{one.id}", _numbered(body, gap, one.label), one.keyed)
        for gap in _ordered(body)
        for one in gaps.kind(gap).categories(gap)
    ]


def categorise(body: Body, answer: Answer) -> list[str] | None:
    answered = _answered(body, answer)
    return [f"{gap['id']}:{gaps.kind(gap).judge(gap, stored).category}" for gap, stored in answered] or [""]


def typed(body: Body, answer: Answer) -> list[str]:
    """What was typed into each gap, after the number of the gap: "2: word"."""
    places = {gap["id"]: at for at, gap in enumerate(_ordered(body), 1)}
    answered = ((places[gap["id"]], gaps.kind(gap).typed(gap, stored)) for gap, stored in _answered(body, answer))
    return [f"{place}: {text}" for place, text in answered if text]


def _answered(body: Body, answer: Answer) -> list[tuple[gaps.Gap, str]]:
    """The gaps that are filled in, each with what is stored, in the order of the text."""
    stored = clean(body, answer).get("gaps", {})
    return [(gap, stored[gap["id"]]) for gap in _ordered(body) if gap["id"] in stored]


def _ordered(body: Body) -> list[gaps.Gap]:
    places = {name: at for at, name in enumerate(placeholders.names(body["text"]))}
    return sorted(body["gaps"], key=lambda gap: places.get(gap["id"], len(places)))


def _numbered(body: Body, gap: gaps.Gap, label: str) -> str:
    """The label after the number of its gap, where there are several."""
    order = [one["id"] for one in _ordered(body)]
    return f"{order.index(gap['id']) + 1}: {label}" if len(order) > 1 else label


def _share(body: Body, gap: gaps.Gap) -> Decimal:
    return _weight(gap) / sum(map(_weight, body["gaps"]), Decimal(0))


def _weight(gap: gaps.Gap) -> Decimal:
    return numbers.given(gap.get("weight", 1)) or Decimal(1)


def _well_formed(gap: object) -> bool:
    if not isinstance(gap, Mapping) or not isinstance(gap.get("id"), str) or not ID.fullmatch(gap["id"]):
        return False
    weight = numbers.given(gap.get("weight", 1))
    kind = gap.get("kind")
    return isinstance(kind, str) and kind in gaps.KINDS and weight is not None and 0 < weight <= HEAVIEST
