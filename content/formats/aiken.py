"""Aiken, as Moodle reads it: a question on one line, lettered options, `ANSWER: B`. Pure."""

import re
from collections.abc import Iterator
from typing import Any

from content import rendering
from content.formats import assembling, texts
from content.formats.assembling import Assembly
from content.formats.losses import Losses
from content.formats.reading import Draft, Source, Written

OPTION = re.compile(r"([A-Z])[).][ \t]+(.*)")
ANSWER = re.compile(r"ANSWER:\s*(\S?)")
MARKED = re.compile(r"^[A-Z][).][ \t]", re.MULTILINE)
KEYED = re.compile(r"^[ \t]*ANSWER:[ \t]*[A-Z]\b", re.MULTILINE)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def detect(source: Source) -> bool:
    text = texts.opening(source)
    return bool(KEYED.search(text) and MARKED.search(text))


def read(source: Source) -> Draft:
    text, losses = texts.decoded(source)
    assembly = Assembly(source, losses)
    stem: list[str] = []
    options: list[tuple[str, str]] = []
    for at, line in _lines(text):
        if found := OPTION.match(line):
            options.append((found[1], found[2]))
        elif found := ANSWER.match(line):
            _take(assembly, stem, options, found[1].upper(), at)
            stem, options = [], []
        elif options:
            _broken(assembly, f"The question before line {at} has no line ANSWER.")
            stem, options = [line], []
        else:
            stem.append(line)
    if stem or options:
        _broken(assembly, "The last question has no line ANSWER.")
    return assembly.draft()


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line with text on it; a letter alone is no line, as in Moodle."""
    return ((at, bare) for at, line in enumerate(text.split("\n"), start=1) if (bare := line.strip()))


def _take(assembly: Assembly, stem: list[str], options: list[tuple[str, str]], key: str, at: int) -> None:
    letters = [letter for letter, _text in options]
    if not stem or len(options) < 2 or key not in letters or len(set(letters)) < len(letters):
        _broken(
            assembly, f"The question that ends on line {at} has no text, under two options, or no option {key or '?'}."
        )
        return
    assembly.open("")
    # Moodle keeps only the last line of such a question; nothing is lost here.
    body = {"stem": "\n\n".join(map(texts.from_plain, stem))}
    rows = [(texts.from_plain(text), int(letter == key), "") for letter, text in options]
    assembly.keep("choice", body | {"options": assembling.options(rows)})


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
    return f"‎{plain}" if OPTION.match(plain) or ANSWER.match(plain) else plain
