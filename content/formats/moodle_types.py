"""What each type of question in Moodle XML becomes. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from content.drafts import ItemDraft
from content.formats import assembling, gift, gift_parsing, moodle_cloze, texts, xml
from content.formats.gift_parsing import Unreadable
from content.formats.moodle_reading import Reading
from content.formats.xml import Element
from content.item_types import new_id
from content.models import KeyState

COMBINED = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
USUAL = ("", "Your answer is correct.", "Your answer is partially correct.", "Your answer is incorrect.")
QUIET = ("", "0", "0.0", "0.0000000", "none", "abc", "1")
SETTINGS = ("penalty", "answernumbering", "showstandardinstruction", "shownumcorrect", "responsefieldlines")
MOST = 500
TYPES = re.compile(r"\.[A-Za-z0-9]{1,10}")
Taken = tuple[str, dict[str, Any], str]
GAP = re.compile(r"\[\[(\d{1,3})\]\]")


def take(reading: "Reading", question: Element) -> None:
    """One <question>: a category, a random draw, or a question."""
    kind = (question.get("type") or "").strip()
    if kind == "category":
        reading.category = xml.text(xml.child(question, "category"))
        return
    if kind == "random":
        name = reading.category or "top"
        reading.random[name] = reading.random.get(name, 0) + 1
        return
    title = xml.text(xml.child(question, "name"))
    assembly = reading.assembly
    assembly.open(_value(question, "idnumber") or title)
    reader = READERS.get(kind)
    if reader is None:
        assembly.lose("question", f"Moodle's type {kind[:60] or 'without name'} has no kind here.", "error")
        return
    try:
        found, body, state = reader(reading, question)
    except Unreadable as reason:
        assembly.lose("question", str(reason), "error")
        return
    _keep(reading, question, found, body, state, title)


def _keep(reading: "Reading", question: Element, kind: str, body: dict[str, Any], state: str, title: str) -> None:
    assembly = reading.assembly
    if "stem" not in body:
        body = {"stem": _stem(reading, question), **body}
    if feedback := reading.markdown(xml.child(question, "generalfeedback"), _format(question)):
        body["feedback"] = feedback
    _lose_rest(reading, question)
    tags = [text for tag in xml.descendants(question, "tag") if (text := xml.text(tag))]
    assembly.keep(
        kind, body, points=_points(reading, question, kind, body), key_state=state, tags=tags, title=title,
        category=reading.category,
    )  # fmt: skip
    reading.placed.setdefault(reading.category or "top", []).append(assembly.identifier)
    shuffle = _value(question, "shuffleanswers")
    if kind in ("choice", "multiple_response"):
        reading.shuffles[assembly.identifier] = shuffle.lower() in ("1", "true")


def _stem(reading: "Reading", question: Element) -> str:
    stem = reading.markdown(xml.child(question, "questiontext"))
    old = xml.child(question, "image_base64")
    if old is not None and (old.text or "").strip():
        reading.assembly.lose("picture", "A picture in the way of Moodle 1.9 was left out.")
    if not stem:
        reading.assembly.lose("stem", "The question has no text.")
    return stem


def _points(reading: "Reading", question: Element, kind: str, body: Mapping[str, Any]) -> Decimal:
    if kind == "description":
        return texts.NONE
    weights = sum((Decimal(str(gap.get("weight", 1))) for gap in body.get("gaps", ())), Decimal(0))
    given = _value(question, "defaultgrade") or str(weights or 1)
    points = texts.points(given)
    if points is None:
        reading.assembly.lose("points", f"“{given[:40]}” is no number above 0; the question has 1 point.")
        return texts.ONE
    if points != Decimal(given):
        reading.assembly.lose("points", f"{given[:40]} points became {points}.")
    return points


def _lose_rest(reading: "Reading", question: Element) -> None:
    """What of the question has no place here, by name."""
    lose = reading.assembly.lose
    for name in SETTINGS:
        if _value(question, name).strip() not in QUIET or (name == "shownumcorrect" and _has(question, name)):
            reading.settings.add(name)
    for hint in xml.children(question, "hint"):
        if text := xml.text(xml.child(hint, "text")):
            lose("hint", f"Hints between tries have no place: {text[:200]}")
    for name in COMBINED:
        text = reading.markdown(xml.child(question, name), _format(question)) if _has(question, name) else ""
        if text not in USUAL:
            lose(name, f"Feedback by how right the whole answer is has no place: {text[:200]}")
    if _value(question, "hidden") == "1":
        lose("hidden", "The question was hidden in Moodle; here it is like any other.", "info")
    template = xml.text(xml.child(question, "responsetemplate"))
    if template:
        lose("responsetemplate", f"The field for the answer begins empty, without: {template[:200]}")
    if _value(question, "minwordlimit") or _value(question, "maxwordlimit"):
        lose("wordlimit", "The length of an answer is limited in characters, not in words.")


def shuffled(reading: "Reading") -> bool:
    """Whether options are shuffled: where some questions ask for it, the options of the others are pinned."""
    if not any(reading.shuffles.values()):
        return False
    reading.assembly.items = [
        _pinned(item) if reading.shuffles.get(item.identifier) is False else item for item in reading.assembly.items
    ]
    return True


def _pinned(item: ItemDraft) -> ItemDraft:
    return replace(item, body={**item.body, "options": [{**o, "pinned": True} for o in item.body["options"]]})


def _has(question: Element, name: str) -> bool:
    return xml.child(question, name) is not None


def _value(question: Element, name: str) -> str:
    """The text of a setting; also where it stands in <text>."""
    return xml.text(xml.child(question, name))


def _format(question: Element) -> str:
    stem = xml.child(question, "questiontext")
    return (stem.get("format") or "html") if stem is not None else "html"


def _answers(question: Element) -> list[Element]:
    found = xml.children(question, "answer")
    if not found or len(found) > MOST:
        raise Unreadable(f"The question has no answers, or more than {MOST}.")
    return found


def _credit(reading: "Reading", answer: Element, least: int = 0) -> float:
    given = texts.number(answer.get("fraction") or _value(answer, "fraction") or "0")
    if given is None:
        reading.assembly.lose("credit", f"“{(answer.get('fraction') or '')[:40]}” is no percentage; it earns nothing.")
        return 0
    share = texts.credit(given)
    kept = max(least, min(1, share))
    if kept != share:
        reading.assembly.lose("credit", f"{texts.percentage(share)} % became {texts.percentage(kept)} %.")
    return kept


def _feedback(reading: "Reading", answer: Element, question: Element) -> str:
    return reading.markdown(xml.child(answer, "feedback"), _format(question))


def _plain(answer: Element) -> str:
    holder = xml.child(answer, "text")
    return "".join(map(str, holder.itertext())).strip() if holder is not None else (answer.text or "").strip()


def _markup(element: Element) -> str:
    """The text as it stands, tags of other programs included."""
    holder = xml.child(element, "text")
    return xml.inner(holder).strip() if holder is not None else (element.text or "").strip()


def _multichoice(reading: "Reading", question: Element) -> Taken:
    single = _value(question, "single").lower() not in ("false", "0") or not _has(question, "single")
    rows = [
        (
            reading.markdown(answer, _format(question)),
            _credit(reading, answer, 0 if single else -1),
            _feedback(reading, answer, question),
        )
        for answer in _answers(question)
    ]
    options = assembling.options(rows)
    if single:
        return "choice", {"options": options}, KeyState.APPROVED
    return "multiple_response", {"options": options, "scoring": "per_option"}, KeyState.APPROVED


def _all_or_nothing(reading: "Reading", question: Element) -> Taken:
    _kind, body, state = _multichoice(reading, question)
    options = [{**option, "credit": int(option["credit"] > 0)} for option in body["options"]]
    return "multiple_response", {"options": options, "scoring": "all_or_nothing"}, state


def _statement(reading: "Reading", question: Element) -> Taken:
    answers = _answers(question)
    if len(answers) > 2:
        raise Unreadable("A statement has more than two answers.")
    named = dict(zip(("true", "false"), answers, strict=False))
    if found := {name: a for a in answers if (name := _plain(a).lower()) in ("true", "false")}:
        named = found
    right = [name for name, answer in named.items() if _credit(reading, answer) == 1]
    if not right:
        reading.assembly.lose("key", "Neither true nor false earns full credit; it is taken as false.")
    rationales = {
        name: _feedback(reading, named[name], question) if name in named else "" for name in ("true", "false")
    }
    return "true_false", {"correct": right[:1] == ["true"], "rationales": rationales}, KeyState.APPROVED


def _short(reading: "Reading", question: Element) -> Taken:
    answers = [
        gift.accepted(_plain(answer))
        | {"credit": _credit(reading, answer), "feedback": _feedback(reading, answer, question)}
        for answer in _answers(question)
    ]
    return (
        "short_text",
        {"answers": answers, "case_sensitive": _value(question, "usecase") in ("1", "true")},
        KeyState.APPROVED,
    )


def _numerical(reading: "Reading", question: Element) -> Taken:
    answers = []
    for answer in _answers(question):
        text, margin = _plain(answer), _value(answer, "tolerance") or "0"
        feedback = _feedback(reading, answer, question)
        if text in ("*", ""):
            reading.assembly.lose("feedback", f"For every other number, cannot be kept: {feedback[:200]}")
            continue
        found = gift_parsing.interval(f"{text}:{margin}")
        if found is None:
            raise Unreadable(f"“{text[:60]}” with tolerance “{margin[:40]}” is no number.")
        answers.append(found | {"credit": _credit(reading, answer), "feedback": feedback})
    if not answers:
        raise Unreadable("The question has no number for an answer.")
    return "numeric", {"answers": answers, **_units(reading, question)}, KeyState.APPROVED


def _units(reading: "Reading", question: Element) -> dict[str, Any]:
    names = {
        _value(unit, "unit_name"): texts.number(_value(unit, "multiplier") or "1")
        for unit in xml.descendants(question, "unit")
    }
    if not names or _value(question, "showunits") == "3":
        return {}
    unit = next((name for name, multiplier in names.items() if multiplier == 1), next(iter(names)))
    graded = _value(question, "unitgradingtype") not in ("", "0")
    if others := [name for name in names if name != unit]:
        why = f"Units are converted by what they are; {', '.join(others)[:100]} and their factors were left out."
        reading.assembly.lose("units", why)
    penalty = texts.number(_value(question, "unitpenalty") or "0.1") or 0
    return {"units": {"unit": unit, "required": graded, "penalty": max(0, min(1, penalty)) if graded else 0}}


def _matching(reading: "Reading", question: Element) -> Taken:
    pairs = []
    for part in xml.children(question, "subquestion")[: MOST + 1]:
        prompt = reading.markdown(part, _format(question))
        answer = xml.child(part, "answer")
        if answer is not None and answer.get("format"):
            pairs.append((prompt, reading.markdown(answer)))
        else:
            pairs.append((prompt, texts.from_plain(_plain(answer)) if answer is not None else ""))
    if not pairs or len(pairs) > MOST:
        raise Unreadable(f"The question has no pairs, or more than {MOST}.")
    return "matching", assembling.matching(pairs), KeyState.APPROVED


ORDERING = {"ALL_OR_NOTHING": "exact", "ABSOLUTE_POSITION": "position", "-1": "exact", "0": "position"}


def _ordering(reading: "Reading", question: Element) -> Taken:
    answers = _answers(question)
    places = [texts.number(answer.get("fraction") or "") for answer in answers]
    if None not in places and len(set(places)) == len(places):
        answers = [
            answer for _place, answer in sorted(zip(places, answers, strict=True), key=lambda pair: pair[0] or 0)
        ]
    grading = _value(question, "gradingtype") or _value(question, "gradingType") or "ABSOLUTE_POSITION"
    scoring = ORDERING.get(grading.upper(), "adjacent_pairs")
    if grading.upper() not in (*ORDERING, "RELATIVE_NEXT_EXCLUDE_LAST"):
        reading.assembly.lose("scoring", f"{grading[:60]} became credit for each pair of neighbours.")
    select = _value(question, "selecttype") or _value(question, "selectType")
    if select.upper() not in ("", "ALL", "0"):
        reading.assembly.lose("selection", "All entries are shown, not some drawn from them.")
    entries = [
        {"id": new_id((), at), "text": reading.markdown(answer, _format(question))} for at, answer in enumerate(answers)
    ]
    return (
        "ordering",
        {"entries": entries, "key": [entry["id"] for entry in entries], "scoring": scoring},
        KeyState.APPROVED,
    )


def _cloze(reading: "Reading", question: Element) -> Taken:
    element = xml.child(question, "questiontext")
    if element is None:
        raise Unreadable("The question has no text.")
    format = _format(question)
    marked, found = moodle_cloze.taken_apart(_markup(element))
    if not found or len(found) > MOST:
        raise Unreadable(f"The text has no embedded answers, or more than {MOST}.")
    text = moodle_cloze.named(reading.converted(marked, format, reading.files(element)))

    def convert(part: str) -> str:
        return reading.converted(part, format, {})

    gaps = [moodle_cloze.gap(gap, at, convert, reading.assembly) for at, gap in enumerate(found)]
    stem, text = moodle_cloze.parted(text)
    return "cloze", {"stem": stem, "text": text, "gaps": gaps}, KeyState.APPROVED


def _select(reading: "Reading", question: Element) -> Taken:
    """Words dragged into a text, or chosen from lists in it: `[[2]]` is filled by the second choice."""
    choices = [
        (
            reading.markdown(part, "plain_text" if part.tag == "selectoption" else _format(question)),
            _value(part, "group"),
        )
        for part in xml.children(question, "dragbox", "selectoption")
    ]
    element = xml.child(question, "questiontext")
    holder = _markup(element) if element is not None else ""
    numbers = [int(number) for number in GAP.findall(holder)]
    if element is None or not numbers or len(numbers) > MOST or max(numbers) > len(choices) or 0 in numbers:
        raise Unreadable("The gaps of its text do not fit its choices.")
    count = iter(range(len(numbers)))
    marked = GAP.sub(lambda _gap: f"{moodle_cloze.BEFORE}{next(count)}{moodle_cloze.AFTER}", holder)
    text = moodle_cloze.named(reading.converted(marked, _format(question), reading.files(element)))
    gaps = [_select_gap(at, number - 1, choices) for at, number in enumerate(numbers)]
    stem, text = moodle_cloze.parted(text)
    return "cloze", {"stem": stem, "text": text, "gaps": gaps}, KeyState.APPROVED


def _select_gap(at: int, right: int, choices: list[tuple[str, str]]) -> dict[str, Any]:
    group = choices[right][1]
    rows = [(text, int(n == right), "") for n, (text, of) in enumerate(choices) if of == group]
    return {"id": new_id((), at), "kind": "dropdown", "options": assembling.options(rows)}


def _essay(reading: "Reading", question: Element) -> Taken:
    info = reading.markdown(xml.child(question, "graderinfo"), _format(question))
    rubric = assembling.essay_rubric(reading.assembly, info)
    most = texts.number(_value(question, "attachments") or "0") or 0
    typed = _value(question, "responseformat") != "noinline"
    if most and typed:
        reading.assembly.lose("attachments", "The answer is typed; files beside it cannot be handed in.")
    if typed:
        return "open_text", {"rubric": rubric, "max_length": assembling.ESSAY_LENGTH}, KeyState.REVIEWED
    size = int(texts.number(_value(question, "maxbytes") or "0") or 0)
    body = {
        "types": _types(reading, question),
        "max_size": size or assembling.UPLOAD_SIZE,
        "max_files": int(most) if most >= 1 else 5,
        "rubric": rubric,
    }
    return "file_upload", body, KeyState.REVIEWED


def _types(reading: "Reading", question: Element) -> list[str]:
    given = re.split(r"[\s,;]+", _value(question, "filetypeslist"))
    found = [name.lower() for name in given if TYPES.fullmatch(name)]
    if groups := [name for name in given if name and name.lower() not in found]:
        reading.assembly.lose("types", f"Groups of file types are not known: {', '.join(groups)[:100]}")
    return found or list(assembling.UPLOAD_TYPES)


def _description(_reading: "Reading", _question: Element) -> Taken:
    return "description", {}, KeyState.APPROVED


READERS: dict[str, Callable[["Reading", Element], Taken]] = {
    "multichoice": _multichoice,
    "multichoiceset": _all_or_nothing,
    "truefalse": _statement,
    "shortanswer": _short,
    "numerical": _numerical,
    "matching": _matching,
    "match": _matching,
    "ddmatch": _matching,
    "ordering": _ordering,
    "cloze": _cloze,
    "multianswer": _cloze,
    "gapselect": _select,
    "ddwtos": _select,
    "essay": _essay,
    "description": _description,
}
