"""Questions as GIFT that Moodle reads. Texts go out as Markdown, which it knows. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from content import rendering
from content.drafts import ItemDraft
from content.formats import texts
from content.formats.losses import Losses
from content.formats.reading import Draft, Written

SPECIAL = re.compile(r"([\\~=#{}:])")
ARROW = "-\\\\>"  # as Markdown, since a plain one divides a pair
HELD = ("tags", "feedback", "rationales")


class Unwritable(ValueError):
    """Why the format cannot hold a question."""


def write(draft: Draft) -> Written:
    losses = Losses()
    losses.of_draft(draft)
    parts, category = [], ""
    for item in draft.items:
        losses.about(item.identifier)
        try:
            answers = WRITERS.get(item.kind, _refused)(item, losses)
        except Unwritable as reason:
            losses.lose("question", str(reason), "error")
            continue
        losses.of_item(item, holds=HELD)
        placed = str(item.provenance.get("source", {}).get("category", ""))
        if placed and placed != category:
            parts.append(f"$CATEGORY: {' '.join(placed.split())}")
            category = placed
        parts.append(_question(item, answers))
    data = "\n\n".join(parts) + "\n"
    return Written(f"{draft.slug or 'questions'}.gift", "text/plain; charset=utf-8", texts.encoded(data), losses.found)


def _question(item: ItemDraft, answers: str | None) -> str:
    source = item.provenance.get("source", {})
    marks = [f"[id:{_in_comment(item.identifier)}]"]
    marks += [f"[tag:{_in_comment(tag)}]" for tag in item.tags]
    title = f"::{_escaped(' '.join(str(source['title']).split()))}::" if source.get("title") else ""
    stem = "[markdown]" + _escaped(item.body["stem"].strip())
    if answers is None:
        return f"// {' '.join(marks)}\n{title}{stem}"
    feedback = str(item.body.get("feedback") or "").strip()
    return f"// {' '.join(marks)}\n{title}{stem}{{{answers}{f'####{_text(feedback)}' if feedback else ''}}}"


def _in_comment(text: str) -> str:
    return " ".join(str(text).split()).replace("]", "\\]")


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text.strip()).replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _text(text: str) -> str:
    """A text with its format where it would otherwise seem to name another or a weight."""
    text = _escaped(text)
    return f"[markdown]{text}" if text.startswith(("[", "%")) else text


def _row(mark: str, text: str, feedback: str) -> str:
    return f"\t{mark}{text}" + (f"#{_text(feedback)}" if feedback.strip() else "")


def _rows(rows: Sequence[str]) -> str:
    return "\n" + "\n".join(rows) + "\n"


def _refused(item: ItemDraft, _losses: Losses) -> str | None:
    raise Unwritable(f"GIFT has no question of the kind {item.kind}.")


def _description(_item: ItemDraft, _losses: Losses) -> None:
    return None


def _essay(item: ItemDraft, losses: Losses) -> str:
    losses.lose("rubric")
    return ""


def _statement(item: ItemDraft, _losses: Losses) -> str:
    correct = bool(item.body["correct"])
    rationales = item.body.get("rationales") or {}
    right = str(rationales.get("true" if correct else "false", "")).strip()
    wrong = str(rationales.get("false" if correct else "true", "")).strip()
    for_wrong = f"#{_text(wrong)}" if wrong or right else ""
    return ("TRUE" if correct else "FALSE") + for_wrong + (f"#{_text(right)}" if right else "")


def _choice(item: ItemDraft, _losses: Losses) -> str:
    rows = []
    for option in item.body["options"]:
        credit = float(option["credit"])
        mark = "=" if credit == 1 else "~" if credit == 0 else f"~%{texts.percentage(credit)}%"
        rows.append(_row(mark, _text(option["text"]), option.get("rationale", "")))
    if len({row[1] for row in rows}) < 2:
        raise Unwritable("GIFT asks for a right and a wrong option.")
    return _rows(rows)


def _multiple(item: ItemDraft, losses: Losses) -> str:
    scoring = item.body.get("scoring", "all_or_nothing")
    if scoring != "per_option":
        losses.lose("scoring", f"GIFT credits each option; {scoring} is approximated.")
    if item.body.get("max_choices"):
        losses.lose("max_choices")
    rows = []
    for option, share in zip(item.body["options"], shares(item.body), strict=True):
        mark = f"~%{texts.percentage(share)}%" if share else "~"
        rows.append(_row(mark, _text(option["text"]), option.get("rationale", "")))
    return _rows(rows)


def shares(body: Mapping[str, Any]) -> list[float]:
    """The credit of each option where credits are added up, for every scoring."""
    credits = [float(option["credit"]) for option in body["options"]]
    if body.get("scoring", "all_or_nothing") == "per_option":
        return credits
    right = sum(credit > 0 for credit in credits) or 1
    # A wrong option takes all where nothing less than everything counts.
    wrong = -1.0 if body.get("scoring", "all_or_nothing") == "all_or_nothing" else -1 / right
    return [1 / right if credit > 0 else wrong for credit in credits]


def _short(item: ItemDraft, losses: Losses) -> str:
    rows = []
    for answer in item.body["answers"]:
        pattern = pattern_of(answer, losses)
        if pattern is None or "->" in pattern:
            losses.lose("answer", f"GIFT cannot hold this accepted answer: {answer['text'][:100]}")
            continue
        weight = texts.percentage(float(answer["credit"]))
        rows.append(_row(f"=%{weight}%", _text(pattern), answer.get("feedback", "")).replace("->", ARROW))
    if not rows:
        raise Unwritable("GIFT can hold none of its accepted answers.")
    lose_text_rules(item.body, losses, case=False)
    return _rows(rows)


def lose_text_rules(body: Mapping[str, Any], losses: Losses, *, case: bool) -> None:
    """What Moodle does not know of how texts are compared. `case`: the format says whether case counts."""
    if body.get("case_sensitive") and not case:
        losses.lose("case", "Upper and lower case are the same in the file.")
    if not body.get("accent_sensitive", True):
        losses.lose("accents", "An answer without accents does not count there.")
    if body.get("max_length"):
        losses.lose("max_length", severity="info")


def pattern_of(answer: Mapping[str, Any], losses: Losses) -> str | None:
    """As Moodle compares answers; None where it cannot."""
    match = answer.get("match", "exact")
    if match == "close":
        losses.lose("answer", "Spelling mistakes are not forgiven there.")
    if match in ("exact", "close"):
        return str(answer["text"]).replace("*", "\\*")
    return str(answer["text"]) if match == "wildcard" else None


def _numeric(item: ItemDraft, losses: Losses) -> str:
    rows = []
    for answer in item.body["answers"]:
        written = _number(answer, losses)
        rows.append(_row(f"=%{texts.percentage(float(answer['credit']))}%", written, answer.get("feedback", "")))
    if item.body.get("units"):
        losses.lose("units")
    return "#" + _rows(rows)


def _number(answer: Mapping[str, Any], losses: Losses) -> str:
    if "min" in answer:
        return f"{_finite(answer['min'])}..{_finite(answer['max'])}"
    margin = absolute(answer, losses)
    return f"{_finite(answer['value'])}:{margin}" if margin else _finite(answer["value"])


def _finite(value: Any) -> str:
    if texts.number(texts.shown(value)) is None:
        raise Unwritable(f"{str(value)[:60]} is not a number.")
    return texts.shown(value)


def absolute(answer: Mapping[str, Any], losses: Losses) -> str:
    """The tolerance as a distance; empty where there is none."""
    tolerance = answer.get("tolerance") or {}
    kind, given = tolerance.get("type", "absolute"), tolerance.get("value", 0)
    if kind == "absolute":
        return texts.shown(given) if given else ""
    value, size = texts.number(texts.shown(answer["value"])), texts.number(texts.shown(given))
    if value is None or size is None:
        raise Unwritable("Its tolerance is not a number.")
    losses.lose("tolerance", f"{kind} became a distance from the number.")
    return texts.shown(_distance(kind, value, size))


def _distance(kind: str, value: float, size: float) -> float:
    """Half a unit of the last place that counts, or a share of the number."""
    if kind == "relative":
        return float(Decimal(str(abs(value))) * Decimal(str(size)))
    places = int(size) if kind == "decimals" else int(size) - 1 - (Decimal(str(value)).adjusted() if value else 0)
    return float(Decimal(5).scaleb(-max(min(places, 300), -300) - 1))


def _matching(item: ItemDraft, losses: Losses) -> str:
    choices = {choice["id"]: choice["text"] for choice in item.body["choices"]}
    rows = []
    if item.body.get("scoring", "per_pair") != "per_pair":
        losses.lose("scoring", "GIFT credits each pair.")
    for prompt in item.body["prompts"]:
        text = _text(prompt["text"]).replace("->", ARROW)
        rows.append(f"\t={text} -> {_plain(choices[prompt['match']], losses)}")
    matched = {prompt["match"] for prompt in item.body["prompts"]}
    rows += [f"\t= -> {_plain(text, losses)}" for name, text in choices.items() if name not in matched]
    if len(rows) < 2:
        raise Unwritable("GIFT asks for two pairs at least.")
    return _rows(rows)


def _plain(text: str, losses: Losses) -> str:
    """Moodle takes the right side of a pair as plain text."""
    plain = " ".join(rendering.plain(text).split())
    if texts.from_plain(plain) != text:
        losses.lose("markup", "Choices of a matching question are plain text.", "info")
    return _escaped(plain)


Writer = Callable[[ItemDraft, Losses], str | None]
WRITERS: dict[str, Writer] = {
    "description": _description,
    "open_text": _essay,
    "true_false": _statement,
    "choice": _choice,
    "multiple_response": _multiple,
    "short_text": _short,
    "numeric": _numeric,
    "matching": _matching,
}
