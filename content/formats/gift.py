"""GIFT, the text format of Moodle. `gift_parsing` takes a file apart, here its questions become ours. Pure."""

import re
from collections.abc import Callable
from html import escape
from typing import Any

from content.formats import assembling, gift_parsing, markup, progress, texts
from content.formats.assembling import Assembly
from content.formats.gift_parsing import Answer, Question, Text
from content.formats.reading import Draft, Loss, Refused, Source
from content.models import KeyState

LOOKS_LIKE = re.compile(
    r"^(::[^\n]*?::|\$CATEGORY:)|(?<!\\)\{\s*(#|=|~|T\b|F\b|TRUE\b|FALSE\b|%|\})|(?<!\\)\{\s*$", re.MULTILINE
)
TAGS = "p|br|b|i|u|em|strong|span|div|img|a|ul|ol|li|table|tr|td|th|sub|sup|code|pre|h[1-6]|hr|font|blockquote"
MARKUP = re.compile(rf"</?(?:{TAGS})(?:\s+[\w-]+\s*=[^<>]*|\s*/?)>|&(?:[a-z]{{2,8}}|#\d{{1,6}});", re.IGNORECASE)
JSON = re.compile(r"""[{\[]\s*["{\[\]}]""")
STAR = re.compile(r"(?<!\\)\*")


def detect(source: Source) -> bool:
    text = texts.opening(source).lstrip()
    if text.startswith(("<", "---\n")) or JSON.match(text):
        return False
    return bool(text) and (source.name.lower().endswith(".gift") or bool(LOOKS_LIKE.search(text)))


def read(source: Source) -> Draft:
    text, losses = texts.decoded(source)
    expected = sum(not block.text.startswith("$CATEGORY:") for block in gift_parsing.blocks(text))
    progress.expect(expected)
    if expected > assembling.MOST_QUESTIONS:
        raise Refused(f"The file holds more than {assembling.MOST_QUESTIONS} questions: divide it.")
    assembly = Assembly(source, losses)
    category = ""
    for question in gift_parsing.questions(text):
        if not isinstance(question, Question):
            _lose(assembly, *question)
        elif question.kind == "category":
            category = question.title
        else:
            _take(assembly, question, category)
    if category and not assembly.items:
        assembly.losses.append(Loss("", "category", f"There is no question in {category}.", "info"))
    return assembly.draft()


def _lose(assembly: Assembly, block: gift_parsing.Block, why: str) -> None:
    start = " ".join(block.text.split())[:60]
    assembly.losses.append(Loss(assembly.open(""), "question", f"Line {block.line} ({start}): {why}", "error"))


def _take(assembly: Assembly, question: Question, category: str) -> None:
    assembly.open(question.id or question.title)
    kind, body, state = READERS[question.kind](assembly, question)
    body = {"stem": markdown(assembly, question.stem), **body}
    if question.feedback and question.feedback.value:
        body["feedback"] = markdown(assembly, question.feedback)
    if not body["stem"].strip():
        assembly.lose("stem", f"The question on line {question.line} has no text.")
    points = texts.NONE if kind == "description" else texts.ONE
    tags = [tag for tag in question.tags if tag]
    origin = {"title": question.title, "category": category}
    assembly.keep(kind, body, points=points, key_state=state, tags=tags, **origin)


Taken = tuple[str, dict[str, Any], str]


def _description(_assembly: Assembly, _question: Question) -> Taken:
    return "description", {}, KeyState.APPROVED


def _essay(assembly: Assembly, _question: Question) -> Taken:
    rubric = assembling.essay_rubric(assembly)
    return "open_text", {"rubric": rubric, "max_length": assembling.ESSAY_LENGTH}, KeyState.REVIEWED


def _statement(assembly: Assembly, question: Question) -> Taken:
    wrong, right = (markdown(assembly, text) for text in question.judgements)
    true, false = (right, wrong) if question.is_true else (wrong, right)
    return "true_false", {"correct": question.is_true, "rationales": {"true": true, "false": false}}, KeyState.APPROVED


def _choices(assembly: Assembly, question: Question) -> Taken:
    single = any(answer.right for answer in question.answers)
    rows = []
    for answer in question.answers:
        share = texts.credit(answer.weight if answer.weight is not None else 100 * answer.right)
        kept = max(0 if single else -1, min(1, share))
        if kept != share:
            assembly.lose("credit", f"{texts.percentage(share)} % became {texts.percentage(kept)} %.")
        rows.append((markdown(assembly, answer.text), kept, markdown(assembly, answer.feedback)))
    options = assembling.options(rows)
    if single:
        return "choice", {"options": options}, KeyState.APPROVED
    return "multiple_response", {"options": options, "scoring": "per_option"}, KeyState.APPROVED


def _short(assembly: Assembly, question: Question) -> Taken:
    answers = [
        accepted(answer.text.value) | _worth(assembly, answer) for answer in question.answers if answer.text.value
    ]
    return "short_text", {"answers": answers, "case_sensitive": False}, KeyState.APPROVED


def accepted(pattern: str) -> dict[str, str]:
    """An accepted answer of Moodle, where a star stands for anything and `\\*` for a star."""
    if STAR.search(pattern):
        return {"text": pattern, "match": "wildcard"}
    return {"text": pattern.replace("\\*", "*"), "match": "exact"}


def _numerical(assembly: Assembly, question: Question) -> Taken:
    answers = []
    for answer in question.answers:
        if found := gift_parsing.interval(answer.text.value):
            answers.append(found | _worth(assembly, answer))
        else:
            assembly.lose("feedback", "Feedback for every other number cannot be kept.")
    if question.otherwise:
        assembly.lose("feedback", f"For every other number, cannot be kept: {question.otherwise.value[:200]}")
    return "numeric", {"answers": answers}, KeyState.APPROVED


def _pairs(assembly: Assembly, question: Question) -> Taken:
    pairs = [(markdown(assembly, answer.text), texts.from_plain(answer.match)) for answer in question.answers]
    return "matching", assembling.matching(pairs), KeyState.APPROVED


READERS: dict[str, Callable[[Assembly, Question], Taken]] = {
    "description": _description,
    "essay": _essay,
    "truefalse": _statement,
    "multichoice": _choices,
    "shortanswer": _short,
    "numerical": _numerical,
    "match": _pairs,
}


def _worth(assembly: Assembly, answer: Answer) -> dict[str, Any]:
    share = texts.credit(100 if answer.weight is None else answer.weight)
    if not 0 <= share <= 1:
        assembly.lose("credit", f"{texts.percentage(share)} % lies outside 0 to 100.")
    return {"credit": max(0, min(1, share)), "feedback": markdown(assembly, answer.feedback)}


def markdown(assembly: Assembly, text: Text | None) -> str:
    """Any text of the file in our Markdown."""
    if text is None or not text.value:
        return ""
    if text.format == "markdown":
        return text.value
    value = text.value
    if text.format == "html":
        return _converter(assembly).convert(value).strip()
    if text.format == "moodle" and (MARKUP.search(value) or markup.TEX.search(value)):
        value = value if MARKUP.search(value) else escape(value, quote=False)
        return _converter(assembly).convert(value.replace("\n", "<br>")).strip()
    return texts.from_plain(value)


def _converter(assembly: Assembly) -> markup.Converter:
    return markup.Converter(picture=lambda _address: None, lose=lambda what, why: assembly.lose(what, why))
