"""How each kind of question is written in our Markdown format: its text, its entries, its own headings. Pure.

A form takes the body apart into lines and what is left over for the attribute line, and puts it together again. Whether
that gives back the same body is not proved here: `markdown` tries it, and writes the body as YAML where it does not.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from content.formats import assembling, gift_parsing, texts
from content.formats.markdown_blocks import Entry, Part, Unreadable, attribute_line, attributes, entries, entry_lines
from content.item_types import new_id

Body = Mapping[str, Any]
OPTION = re.compile(r"- \[[^\]\n]{0,60}\](?: |$)")
ANSWER = re.compile(r"=(?: |$)")
PAIR = re.compile(r"- ")
STEP = re.compile(r"\d{1,4}\. ")
TOKENS = re.compile(r"\[([^\]\n]{0,60})\] (.*)", re.DOTALL)
AREA = re.compile(r"(rect|circle|poly)((?: -?\d{1,6}(?:\.\d{1,6})?)+):(?: (.*))?", re.DOTALL)
GAP = re.compile(r"\[\[([^\[\]\n]{1,60})\]\]")
TOLERANCES = ("relative", "significant_figures", "decimals")
MOST = 500  # entries
SCORING = {"multiple_response": "all_or_nothing", "matching": "per_pair", "ordering": "exact"}


@dataclass(frozen=True)
class Form:
    """`write` gives the lines after the stem; `read` takes text and parts under `###` and gives body values."""

    uses: tuple[str, ...]  # what of the body the lines hold
    write: Callable[[Body], list[str]]
    read: Callable[[Sequence[str], Mapping[str, Part]], tuple[str, dict[str, Any]]]


def kind_of(lines: Sequence[str], below: Mapping[str, Part], named: Mapping[str, Any]) -> str:
    """The kind where the author does not say it."""
    if "Text" in below:
        return "cloze"
    if "types" in named or "Rubric" in below:
        return "file_upload" if "types" in named else "open_text"
    for marker, kinds in ((OPTION, _of_options), (ANSWER, _of_answers), (PAIR, _of_pairs)):
        if any(marker.match(line) for line in lines) and (kind := kinds(entries(lines, marker)[1])):
            return kind
    return "description"


def _of_options(found: Sequence[Entry]) -> str:
    if [entry.text.strip().lower() for entry in found] == ["true", "false"]:
        return "true_false"
    return "multiple_response" if sum("x" in entry.mark[3:-1].lower() for entry in found) > 1 else "choice"


def _of_answers(found: Sequence[Entry]) -> str:
    try:
        _numbers(found)
    except Unreadable:
        return "short_text"
    return "numeric"


def _of_pairs(found: Sequence[Entry]) -> str:
    return "matching" if all("->" in entry.text for entry in found) else ""


def mark(credit: float, *more: str) -> str:
    share = "x" if credit == 1 else " " if credit == 0 else f"{texts.percentage(credit)}%"
    return f"- [{', '.join([share, *more])}]"


def _tokens(inner: str) -> tuple[float | None, list[str]]:
    """The credit in brackets, None where there is none, and the other words."""
    credit: float | None = None
    words = []
    for token in (part.strip() for part in inner.split(",")):
        if token.lower() in ("x", ""):
            credit = int(bool(token))
        elif token.endswith("%") and (value := texts.number(token[:-1])) is not None:
            credit = texts.credit(value)
        else:
            words.append(token)
    return credit, words


def _entries(lines: Sequence[str], marker: re.Pattern[str]) -> tuple[str, list[Entry]]:
    stem, found = entries(lines, marker)
    if len(found) > MOST:
        raise Unreadable(f"The question has more than {MOST} answers.")
    return stem, found


# Options


def option_lines(options: Sequence[Body]) -> list[str]:
    return [
        line
        for at, option in enumerate(options)
        for line in entry_lines(
            mark(option["credit"], *(["pinned"] if option.get("pinned") else [])),
            option["text"],
            option.get("rationale", ""),
            "" if option["id"] == new_id((), at) else option["id"],
        )
    ]


def _option(at: int, entry: Entry) -> dict[str, Any]:
    credit, words = _tokens(entry.mark[3:-1])
    if set(words) - {"pinned"}:
        raise Unreadable(f"“{entry.mark}” is no mark of an option.")
    option = {"id": entry.id or new_id((), at), "text": entry.text, "credit": credit or 0, "rationale": entry.note}
    return option | ({"pinned": True} if words else {})


def _read_options(lines: Sequence[str], _below: Mapping[str, Part]) -> tuple[str, dict[str, Any]]:
    stem, found = _entries(lines, OPTION)
    return stem, {"options": [_option(at, entry) for at, entry in enumerate(found)]}


def _statement_lines(body: Body) -> list[str]:
    rationales = body["rationales"]
    return [
        line
        for name, truth in (("True", True), ("False", False))
        for line in entry_lines(mark(body["correct"] is truth), name, rationales.get(name.lower(), ""))
    ]


def _read_statement(lines: Sequence[str], _below: Mapping[str, Part]) -> tuple[str, dict[str, Any]]:
    stem, found = _entries(lines, OPTION)
    if [entry.text.strip().lower() for entry in found] != ["true", "false"]:
        raise Unreadable("A statement has the options True and False, in this order.")
    right = [bool(_tokens(entry.mark[3:-1])[0]) for entry in found]
    if sum(right) != 1:
        raise Unreadable("A statement is either true or false.")
    return stem, {"correct": right[0], "rationales": {"true": found[0].note, "false": found[1].note}}


# Accepted answers


def answer_lines(answers: Sequence[Body]) -> list[str]:
    return [line for answer in answers for line in _answer_lines(answer)]


def _answer_lines(answer: Body) -> list[str]:
    text = str(answer["text"]) if "text" in answer else _number_text(answer)
    words = [] if answer["credit"] == 1 else [f"{texts.percentage(answer['credit'])}%"]
    match = answer.get("match", "exact")
    if match != "exact":
        words.append(f"close {answer['distance']}" if "distance" in answer else match)
    bracket = f" [{', '.join(words or ['100%'])}]" if words or text.startswith("[") else ""
    return entry_lines(f"={bracket}", text, answer.get("feedback", ""))


def _number_text(answer: Body) -> str:
    if "min" in answer:
        return f"{texts.shown(answer['min'])} .. {texts.shown(answer['max'])}"
    tolerance = answer.get("tolerance")
    if not tolerance:
        return texts.shown(answer["value"])
    kind = "" if tolerance["type"] == "absolute" else f" {tolerance['type']}"
    return f"{texts.shown(answer['value'])} ± {texts.shown(tolerance['value'])}{kind}"


def _worth(entry: Entry) -> tuple[str, float, list[str]]:
    found = TOKENS.fullmatch(entry.text)
    if not found:
        return entry.text, 1, []
    credit, words = _tokens(found[1])
    return found[2], 1 if credit is None else credit, words


def _accepted(entry: Entry) -> dict[str, Any]:
    text, credit, words = _worth(entry)
    answer: dict[str, Any] = {"text": text, "credit": credit, "match": "exact"}
    for word in words:
        name, _space, distance = word.partition(" ")
        if name not in ("exact", "wildcard", "regex", "close") or (distance and not re.fullmatch(r"\d{1,3}", distance)):
            raise Unreadable(f"“{word}” is no way to compare an answer.")
        answer |= {"match": name} | ({"distance": int(distance)} if distance else {})
    return {**answer, "feedback": entry.note}


def _numbers(found: Sequence[Entry]) -> list[dict[str, Any]]:
    return [_number(entry) for entry in found]


def _number(entry: Entry) -> dict[str, Any]:
    text, credit, words = _worth(entry)
    value, sign, rest = text.replace("+-", "±").partition("±")
    size, _space, kind = rest.strip().partition(" ")
    answer = gift_parsing.interval(value.strip() if not sign else f"{value.strip()}:{size}")
    if answer is None or words or (kind and kind not in TOLERANCES):
        raise Unreadable(
            f"“{text[:60]}” is neither a number (3.14), one with a tolerance (3.14 ± 0.01) nor a range (3 .. 4)."
        )
    if kind and "tolerance" in answer:
        answer["tolerance"] = {"type": kind, "value": texts.number(size)}
    return {**answer, "credit": credit, "feedback": entry.note}


def _read_short(lines: Sequence[str], _below: Mapping[str, Part]) -> tuple[str, dict[str, Any]]:
    stem, found = _entries(lines, ANSWER)
    return stem, {"answers": [_accepted(entry) for entry in found]}


def _read_numeric(lines: Sequence[str], _below: Mapping[str, Part]) -> tuple[str, dict[str, Any]]:
    stem, found = _entries(lines, ANSWER)
    return stem, {"answers": _numbers(found)}


# Pairs and steps


def _pair_lines(body: Body) -> list[str]:
    choices = {choice["id"]: choice["text"] for choice in body["choices"]}
    matched = {prompt["match"] for prompt in body["prompts"]}
    pairs = [(prompt["text"], choices[prompt["match"]], prompt) for prompt in body["prompts"]]
    pairs += [("", text, {"id": "", "match": name}) for name, text in choices.items() if name not in matched]
    usual = assembling.matching([(prompt, choice) for prompt, choice, _ids in pairs])
    named = (usual["prompts"], usual["choices"]) != (body["prompts"], body["choices"])
    return [
        line
        for prompt, choice, ids in pairs
        for line in entry_lines(
            "-", f"{prompt} -> {choice}".strip(), "", f"{ids['id']}:{ids['match']}" if named else ""
        )
    ]


def _read_pairs(lines: Sequence[str], _below: Mapping[str, Part]) -> tuple[str, dict[str, Any]]:
    stem, found = _entries(lines, PAIR)
    pairs = [[part.strip() for part in entry.text.partition("->")] for entry in found]
    if any(not arrow for _prompt, arrow, _choice in pairs):
        raise Unreadable("A pair has no arrow (->).")
    body = assembling.matching([(prompt, choice) for prompt, _arrow, choice in pairs])
    names = [entry.id.partition(":") for entry in found]
    if not any(colon for _id, colon, _match in names):
        return stem, body
    choices = {match: pair[2] for pair, (_id, _colon, match) in zip(pairs, names, strict=True)}
    prompts = [
        {"id": name, "text": pair[0], "match": match}
        for pair, (name, _colon, match) in zip(pairs, names, strict=True)
        if pair[0]
    ]
    return stem, {"prompts": prompts, "choices": [{"id": name, "text": text} for name, text in choices.items()]}


def _step_lines(body: Body) -> list[str]:
    return [
        line
        for at, entry in enumerate(assembling.in_order(body), start=1)
        for line in entry_lines(f"{at}.", entry["text"], "", "" if entry["id"] == new_id((), at - 1) else entry["id"])
    ]


def _read_steps(lines: Sequence[str], _below: Mapping[str, Part]) -> tuple[str, dict[str, Any]]:
    stem, found = _entries(lines, STEP)
    steps = [{"id": entry.id or new_id((), at), "text": entry.text} for at, entry in enumerate(found)]
    return stem, {"entries": steps, "key": [step["id"] for step in steps]}


# Gaps, areas, rubrics


def _gap_lines(body: Body) -> list[str]:
    lines = ["### Text", "", *body["text"].split("\n")]
    for gap in body["gaps"]:
        held = "options" if gap["kind"] == "dropdown" else "answers"
        written = option_lines(gap[held]) if held == "options" else answer_lines(gap[held])
        named = {name: value for name, value in gap.items() if name not in ("id", held)}
        lines += ["", f"### [[{gap['id']}]]", attribute_line(named), "", *written]
    return lines


def _read_gaps(lines: Sequence[str], below: Mapping[str, Part]) -> tuple[str, dict[str, Any]]:
    if "Text" not in below:
        raise Unreadable("A text with gaps stands under the heading ### Text.")
    gaps = [_gap(found[1], part) for name, part in below.items() if (found := GAP.fullmatch(name))]
    return "\n".join(lines).strip("\n").rstrip(), {"text": below["Text"].text, "gaps": gaps}


def _gap(name: str, part: Part) -> dict[str, Any]:
    named, lines = attributes(part.lines)
    usual = "dropdown" if any(OPTION.match(line) for line in lines) else "text"
    kind = str(named.get("kind", usual))
    readers = {"dropdown": _read_options, "text": _read_short, "number": _read_numeric}
    if kind not in readers:
        raise Unreadable(f"There is no gap of the kind {kind[:40]}.")
    stem, body = readers[kind](lines, {})
    if stem:
        raise Unreadable(f"“{stem[:60]}” is no answer of the gap {name}.")
    return {"id": name, "kind": kind, **body, **named}


def _area_lines(body: Body) -> list[str]:
    return [
        line
        for at, area in enumerate(body["areas"])
        for line in entry_lines(
            mark(area["credit"]),
            f"{area['shape']} {' '.join(map(texts.shown, area['coords']))}: {area['label']}",
            area.get("rationale", ""),
            "" if area["id"] == new_id((), at) else area["id"],
        )
    ]


def _read_areas(lines: Sequence[str], _below: Mapping[str, Part]) -> tuple[str, dict[str, Any]]:
    stem, found = _entries(lines, OPTION)
    return stem, {"areas": [_area(at, entry) for at, entry in enumerate(found)]}


def _area(at: int, entry: Entry) -> dict[str, Any]:
    found = AREA.fullmatch(entry.text)
    if not found:
        raise Unreadable("An area is written as rect, circle or poly, its numbers, a colon and its label.")
    return {
        "id": entry.id or new_id((), at),
        "shape": found[1],
        "coords": [texts.number(number) for number in found[2].split()],
        "label": found[3] or "",
        "credit": _tokens(entry.mark[3:-1])[0] or 0,
        "rationale": entry.note,
    }


def _rubric_lines(body: Body) -> list[str]:
    rows = (entry_lines(f"- [{line['level']}]", line["idea"], line.get("example", "")) for line in body["rubric"])
    return ["### Rubric", "", *(line for row in rows for line in row)]


def _read_rubric(lines: Sequence[str], below: Mapping[str, Part]) -> tuple[str, dict[str, Any]]:
    rest, found = _entries(below["Rubric"].lines, OPTION) if "Rubric" in below else ("", [])
    if rest:
        raise Unreadable(f"“{rest[:60]}” is no line of a rubric: - [full] idea.")
    rubric = [{"level": entry.mark[3:-1].strip(), "idea": entry.text, "example": entry.note} for entry in found]
    return "\n".join(lines).strip("\n").rstrip(), {"rubric": rubric}


def _read_text(lines: Sequence[str], _below: Mapping[str, Part]) -> tuple[str, dict[str, Any]]:
    return "\n".join(lines).strip("\n").rstrip(), {}


FORMS = {
    "choice": Form(("options",), lambda body: option_lines(body["options"]), _read_options),
    "multiple_response": Form(("options",), lambda body: option_lines(body["options"]), _read_options),
    "true_false": Form(("correct", "rationales"), _statement_lines, _read_statement),
    "short_text": Form(("answers",), lambda body: answer_lines(body["answers"]), _read_short),
    "numeric": Form(("answers",), lambda body: answer_lines(body["answers"]), _read_numeric),
    "matching": Form(("prompts", "choices"), _pair_lines, _read_pairs),
    "ordering": Form(("entries", "key"), _step_lines, _read_steps),
    "cloze": Form(("text", "gaps"), _gap_lines, _read_gaps),
    "hotspot": Form(("areas",), _area_lines, _read_areas),
    "open_text": Form(("rubric",), _rubric_lines, _read_rubric),
    "file_upload": Form(("rubric",), _rubric_lines, _read_rubric),
    "description": Form((), lambda body: [], _read_text),
}
DEFAULTS: dict[str, dict[str, Any]] = {
    **{kind: {"scoring": scoring} for kind, scoring in SCORING.items()},
    "short_text": {"case_sensitive": False},
    "open_text": {"max_length": assembling.ESSAY_LENGTH},
    "hotspot": {"max_choices": 1},
    "file_upload": {"types": assembling.UPLOAD_TYPES, "max_size": assembling.UPLOAD_SIZE, "max_files": 1},
}
