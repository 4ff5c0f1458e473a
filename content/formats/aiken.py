"""Aiken, as Moodle reads it: a question on one line, lettered options, `ANSWER: B`. Pure."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from content import rendering
from content.formats import assembling, texts
from content.formats.assembling import Assembly
from content.formats.losses import Losses
from content.formats.reading import Draft, Source, Written

OPTION = re.compile(r"([A-Z])[).][ \t]+(.*)")
# As people and other programs write it; taken only where the letter is the next one.
LOOSE = re.compile(r"\(?([A-Za-z])(?:\)[ \t]*|\.[ \t]+)(\S.*)")
ANSWER = re.compile(r"ANSWERS?[ \t]*:(.*)", re.IGNORECASE)
SEVERAL = re.compile(r"\(?[A-Za-z]\)?(?:(?:[ \t]*[,;&+][ \t]*|[ \t]+and[ \t]+)\(?[A-Za-z]\)?)+\.?")
FEEDBACK = re.compile(r"(?:FEEDBACK|EXPLANATION|RATIONALE)[ \t]*:(.*)", re.IGNORECASE)
MARKED = re.compile(r"^[ \t]*(?:[A-Z][).][ \t]|\(?[Aa](?:\)|\.[ \t]))", re.MULTILINE)
KEYED = re.compile(r"^[ \t]*ANSWERS?[ \t]*:[ \t]*\(?[A-Z]\b", re.MULTILINE | re.IGNORECASE)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def detect(source: Source) -> bool:
    text = texts.opening(source)
    return bool(KEYED.search(text) and MARKED.search(text))


def read(source: Source) -> Draft:
    text, losses = texts.decoded(source)
    assembly = Assembly(source, losses)
    stem: list[str] = []
    options: list[tuple[str, str]] = []
    taken = False
    for at, line in _lines(text):
        if found := _option(line, stem, options):
            options.append(found)
        elif (answer := ANSWER.match(line)) and (options or line.startswith("ANSWER:")):
            taken = _take(assembly, stem, options, answer[1].strip().upper(), at)
            stem, options = [], []
        elif options:
            _broken(assembly, f"The question before line {at} has no line ANSWER.")
            stem, options = [line], []
        elif (said := FEEDBACK.match(line)) and taken and not stem:
            _explain(assembly, said[1].strip())
        else:
            stem.append(line)
    if stem or options:
        _broken(assembly, "The last question has no line ANSWER.")
    return assembly.draft()


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line with text on it; a letter alone is no line, as in Moodle."""
    return ((at, bare) for at, line in enumerate(text.split("\n"), start=1) if (bare := line.strip()))


def _option(line: str, stem: list[str], options: list[tuple[str, str]]) -> tuple[str, str] | None:
    """The letter and the text of an option."""
    if found := OPTION.match(line):
        return found[1], found[2]
    found = LOOSE.match(line)
    awaited = LETTERS[len(options)] if stem and len(options) < len(LETTERS) else ""
    return (awaited, found[2]) if found and found[1].upper() == awaited else None


def _take(assembly: Assembly, stem: list[str], options: list[tuple[str, str]], key: str, at: int) -> bool:
    """Whether the question could be taken."""
    letters = [letter for letter, _text in options]
    several = SEVERAL.fullmatch(key.replace("AND", "and"))
    right = re.findall(r"[A-Z]", key.replace("AND", "")) if several else [key.lstrip("(")[:1]]
    if not stem or len(options) < 2 or not set(right) <= set(letters) or len(set(letters)) < len(letters):
        wanted = ", ".join(right) if right[0] else "?"
        why = f"The question that ends on line {at} has no text, under two options, or no option {wanted}."
        _broken(assembly, why)
        return False
    assembly.open("")
    # Moodle keeps only the last line of such a question; nothing is lost here.
    body: dict[str, Any] = {"stem": "\n\n".join(map(texts.from_plain, stem))}
    body["options"] = assembling.options([(texts.from_plain(o), int(n in right), "") for n, o in options])
    if len(right) == 1:
        assembly.keep("choice", body)
        return True
    assembly.lose("ANSWER", f"It names several options ({', '.join(right)}); all of them together are right.", "info")
    assembly.keep("multiple_response", body | {"scoring": "all_or_nothing"})
    return True


def _explain(assembly: Assembly, text: str) -> None:
    """What some programs write below the answer."""
    last = assembly.items[-1]
    before = [last.body["feedback"]] if last.body.get("feedback") else []
    feedback = "\n\n".join([*before, texts.from_plain(text)])
    assembly.items[-1] = replace(last, body={**last.body, "feedback": feedback})


def _broken(assembly: Assembly, why: str) -> None:
    assembly.open("")
    assembly.lose("question", why, "error")


def write(draft: Draft) -> Written:
    losses = Losses()
    losses.of_draft(draft)
    parts = []
    for item in draft.items:
        losses.about(item.identifier)
        reason = _unfit(item.kind, item.body)
        if reason:
            losses.lose("question", reason, "error")
            continue
        losses.of_item(item)
        parts.append(_written(item.body, losses))
    data = texts.encoded("\n\n".join(parts) + "\n")
    return Written(f"{draft.slug or 'questions'}.aiken.txt", "text/plain; charset=utf-8", data, losses.found)


def _unfit(kind: str, body: Any) -> str:
    if kind != "choice":
        return f"Aiken has no question of the kind {kind}."
    right = [option for option in body["options"] if option["credit"] == 1]
    return "" if len(right) == 1 and len(body["options"]) <= 26 else "Aiken asks for one right option of 26 at most."


def _written(body: Any, losses: Losses) -> str:
    if any(0 < option["credit"] < 1 for option in body["options"]):
        losses.lose("credit", "Half right options earn nothing there.")
    lines = [_line(body["stem"], losses)]
    lines += [
        f"{letter}) {_line(option['text'], losses)}" for letter, option in zip(LETTERS, body["options"], strict=False)
    ]
    right = next(letter for letter, o in zip(LETTERS, body["options"], strict=False) if o["credit"] == 1)
    return "\n".join([*lines, f"ANSWER: {right}"])


def _line(text: str, losses: Losses) -> str:
    """The text as one plain line, which must not look like an option or an answer."""
    plain = " ".join(rendering.plain(text).split())
    if texts.from_plain(plain) != text:
        losses.lose("markup", "Aiken holds plain text of one line.")
    alike = any(sign.match(plain) for sign in (OPTION, LOOSE, ANSWER, FEEDBACK))
    return f"‎{plain}" if alike else plain
