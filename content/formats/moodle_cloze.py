"""Moodle's embedded answers, `{1:MULTICHOICE:=right~wrong#feedback}` within a text, as gaps, and back. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from typing import Any

from content.formats import assembling, gift, gift_parsing, texts
from content.formats.gift_writing import Unwritable, absolute, lose_text_rules, pattern_of
from content.formats.losses import Losses
from content.item_types import new_id

CHOICES = "MULTICHOICE|MC|MULTICHOICE_V|MCV|MULTICHOICE_H|MCH|MULTICHOICE_S|MCS|MULTICHOICE_VS|MCVS|MULTICHOICE_HS|MCHS"
SEVERAL = "MULTIRESPONSE|MR|MULTIRESPONSE_H|MRH|MULTIRESPONSE_S|MRS|MULTIRESPONSE_HS|MRHS"
TEXTS = "SHORTANSWER|SA|MW|SHORTANSWER_C|SAC|MWC"
GAP = re.compile(
    rf"\{{\s*(?P<weight>\d{{0,4}})\s*:\s*(?P<type>{CHOICES}|{SEVERAL}|{TEXTS}|NUMERICAL|NM)\s*:"
    r"(?P<answers>(?:\\.|[^\\}]){0,20000})\}",
    re.DOTALL,
)
PART = re.compile(r"(?:\\.|&#|[^\\~])+", re.DOTALL)
DIVIDED = re.compile(r"((?:\\.|&#|[^\\#])*)(?:#(.*))?", re.DOTALL)
WORTH = re.compile(r"\s*(=|%(-?\d{1,3}(?:\.\d{1,10})?)%)?\s*(.*)", re.DOTALL)
ESCAPED = re.compile(r"\\([~}#\"/\\])")
SPECIAL = re.compile(r"([~}#\"/\\])")
BEFORE, AFTER = "\ue0f0", "\ue0f1"  # around the number of a gap while its text is converted
HELD = re.compile(f"{BEFORE}(\\d{{1,6}}){AFTER}")
MOST = 500
MOST_BRACES = 2000  # of a text: each may begin a gap
STEM = "Fill in the gaps."  # where the source has none of its own; a question must ask something
Convert = Callable[[str], str]


def taken_apart(text: str) -> tuple[str, list[re.Match[str]]]:
    """The text with a mark at each gap, and the gaps as they were found. Raises Unreadable."""
    if text.count("{") > MOST_BRACES:
        raise gift_parsing.Unreadable(f"Its text has more than {MOST_BRACES} braces.")
    found: list[re.Match[str]] = []

    def marked(gap: re.Match[str]) -> str:
        found.append(gap)
        return f"{BEFORE}{len(found) - 1}{AFTER}"

    return GAP.sub(marked, re.sub(f"[{BEFORE}{AFTER}]", "", text)), found


def named(text: str) -> str:
    """The converted text with `[[a]]` at each mark."""
    return HELD.sub(lambda mark: f"[[{new_id((), int(mark[1]))}]]", text)


def parted(text: str) -> tuple[str, str]:
    """The paragraphs before the first gap, which are the stem (STEM for none), and the text from there on."""
    paragraphs = text.split("\n\n")
    first = next((at for at, part in enumerate(paragraphs) if "[[" in part), 0)
    return "\n\n".join(paragraphs[:first]) or STEM, "\n\n".join(paragraphs[first:])


def gap(found: re.Match[str], at: int, convert: Convert, assembly: assembling.Assembly) -> dict[str, Any]:
    """Raises Unreadable."""
    kind = found["type"].upper()
    weight = int(found["weight"] or 1) or 1
    held = {"id": new_id((), at), **_held(kind, list(_answers(found["answers"])), convert, assembly)}
    return held | ({"weight": weight} if weight != 1 else {})


def _held(
    kind: str, found: list[tuple[float, str, str]], convert: Convert, assembly: assembling.Assembly
) -> dict[str, Any]:
    if not found or len(found) > MOST:
        raise gift_parsing.Unreadable(f"A gap has no answers, or more than {MOST}.")
    if kind in SEVERAL.split("|"):
        raise gift_parsing.Unreadable("A gap asks for several options at once.")
    if kind in CHOICES.split("|"):
        rows = [(convert(text), max(0, min(1, credit)), convert(feedback)) for credit, text, feedback in found]
        return {"kind": "dropdown", "options": assembling.options(rows)}
    worth = [
        ({"credit": max(0, min(1, credit)), "feedback": convert(feedback)}, unescape(text))
        for credit, text, feedback in found
    ]
    if kind in TEXTS.split("|"):
        answers: list[dict[str, Any]] = [gift.accepted(text) | more for more, text in worth]
        case = {"case_sensitive": True} if kind in ("SHORTANSWER_C", "SAC", "MWC") else {}
        return {"kind": "text", "answers": answers, **case}
    return {"kind": "number", "answers": list(_numbers(worth, assembly))}


def _numbers(worth: list[tuple[dict[str, Any], str]], assembly: assembling.Assembly) -> Iterator[dict[str, Any]]:
    for more, text in worth:
        if text.strip() == "*":
            assembly.lose("feedback", "Feedback for every other number cannot be kept.")
        elif answer := gift_parsing.interval(text):
            yield answer | more
        else:
            raise gift_parsing.Unreadable(f"“{text[:60]}” is no number.")


def _answers(text: str) -> Iterator[tuple[float, str, str]]:
    """(credit, text, feedback) of each."""
    for part in PART.findall(text):
        divided = DIVIDED.fullmatch(part)
        worth = WORTH.fullmatch(divided[1]) if divided else None
        if divided and worth and worth[3].strip():
            credit = texts.credit(float(worth[2])) if worth[2] else int(bool(worth[1]))
            yield credit, ESCAPED.sub(r"\1", worth[3].strip()), ESCAPED.sub(r"\1", (divided[2] or "").strip())


def written(body: Mapping[str, Any], losses: Losses) -> str:
    """Stem and text with the embedded answers. Raises Unwritable."""
    gaps = {gap["id"]: _gap(gap, losses) for gap in body["gaps"]}
    text = str(body["text"])
    for name in gaps:
        if text.count(f"[[{name}]]") != 1:
            raise Unwritable(f"The gap {name} does not stand once in the text.")
    if GAP.search(text) or GAP.search(body["stem"]):
        raise Unwritable("Its text looks like an embedded answer of Moodle.")
    put = re.sub(r"\[\[([^\[\]\n]{1,60})\]\]", lambda found: gaps.get(found[1], found[0]), text)
    stem = "" if body["stem"] == STEM else body["stem"].strip()
    return f"{stem}\n\n{put.strip()}".strip()


def _gap(gap: Mapping[str, Any], losses: Losses) -> str:
    weight = gap.get("weight", 1)
    if weight != int(weight) or weight < 1:
        losses.lose("weight", f"The weight {weight} of a gap became {max(1, round(weight))}.")
    kind, rows = KINDS[gap["kind"]](gap, losses)
    if not rows:
        raise Unwritable(f"Moodle can hold no answer of the gap {gap['id']}.")
    return f"{{{max(1, round(weight))}:{kind}:{'~'.join(rows)}}}"


def _row(credit: float, text: str, feedback: str) -> str:
    worth = "=" if credit == 1 else f"%{texts.percentage(float(credit))}%" if credit else ""
    # A text that begins like a weight needs one before it.
    worth = worth or ("%0%" if text.lstrip().startswith(("=", "%")) else "")
    return f"{worth}{_escaped(text)}" + (f"#{_escaped(feedback)}" if feedback.strip() else "")


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text.strip())


def _dropdown(gap: Mapping[str, Any], _losses: Losses) -> tuple[str, list[str]]:
    return "MULTICHOICE", [_row(o["credit"], o["text"], o.get("rationale", "")) for o in gap["options"]]


def _text(gap: Mapping[str, Any], losses: Losses) -> tuple[str, list[str]]:
    rows = []
    lose_text_rules(gap, losses, case=True)
    for answer in gap["answers"]:
        pattern = pattern_of(answer, losses)
        if pattern is None:
            losses.lose("answer", f"Moodle cannot hold this accepted answer: {answer['text'][:100]}")
        else:
            rows.append(_row(answer["credit"], _entities(pattern), answer.get("feedback", "")))
    return "SHORTANSWER_C" if gap.get("case_sensitive") else "SHORTANSWER", rows


def _entities(text: str) -> str:
    """Accepted answers of an embedded question are read as HTML."""
    return text.replace("&", "&amp;")


def _number(gap: Mapping[str, Any], losses: Losses) -> tuple[str, list[str]]:
    rows = [_row(a["credit"], number(a, losses), a.get("feedback", "")) for a in gap["answers"]]
    return "NUMERICAL", rows


def number(answer: Mapping[str, Any], losses: Losses) -> str:
    """`value:tolerance`; a range becomes its middle and half its width. Raises Unwritable."""
    value, margin = middle(answer, losses)
    return f"{value}:{margin}" if margin else value


def middle(answer: Mapping[str, Any], losses: Losses) -> tuple[str, str]:
    if "min" not in answer:
        if texts.number(texts.shown(answer["value"])) is None:
            raise Unwritable(f"{str(answer['value'])[:60]} is not a number.")
        return texts.shown(answer["value"]), absolute(answer, losses)
    low, high = texts.number(texts.shown(answer["min"])), texts.number(texts.shown(answer["max"]))
    if low is None or high is None:
        raise Unwritable("The ends of a range are not numbers.")
    losses.lose("range", "A range became its middle with a tolerance.", "info")
    return texts.shown((low + high) / 2), texts.shown(abs(high - low) / 2)


KINDS: dict[str, Callable[[Mapping[str, Any], Losses], tuple[str, list[str]]]] = {
    "dropdown": _dropdown,
    "text": _text,
    "number": _number,
}
