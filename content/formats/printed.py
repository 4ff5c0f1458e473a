"""The printed sheet as a format: the sheet joined with the key that belongs to it. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from content.drafts import ItemDraft
from content.formats import answer_key, lines, sheet
from content.formats.reading import Draft, Loss, Refused, Source

LARGEST = 500_000  # bytes; a lesson and its check take a tenth of it


def read(source: Source) -> Draft:
    """`source.lesson` is the slug under which the sheet is published; a key for another lesson is not used.

    Raises Refused for a file that is too large for a sheet.
    """
    key = source.key
    if len(source.data) > LARGEST or (key and len(key.data) > LARGEST):
        raise Refused(f"A printed sheet is no larger than {LARGEST // 1000} kB.")
    text, odd = lines.decode(source.data)
    reading = sheet.read(text)
    items, unfit = answer_key.join(reading, _read_key(key), lesson=source.lesson)
    origin = {"file": source.name, "sha256": sha256(source.data).hexdigest()}
    doubts = [f"{source.name} line {problem.line}: {problem.text}" for problem in [*odd, *reading.problems]]
    doubts += [f"{key.name if key else 'no key'}{_place(problem)}: {problem.text}" for problem in unfit]
    return Draft(
        items=_from(items, origin),
        lesson=reading.lesson_body(),
        slug=reading.quiz_slug,
        title=reading.title or reading.check_title or "Check",
        provenance={"source": origin, "address": reading.quiz_address, "doubts": doubts},
        losses=[Loss("", "line", doubt, "info") for doubt in doubts],
        doubts=doubts,
    )


def detect(source: Source) -> bool:
    """Whether the text ends in a check with questions."""
    return len(source.data) <= LARGEST and bool(sheet.read(lines.decode(source.data)[0]).items)


def _read_key(key: Source | None) -> answer_key.AnswerKey:
    if key is None:
        return answer_key.AnswerKey()
    read = answer_key.read(lines.decode(key.data)[0])
    return replace(read, about={"file": key.name, **read.about}, sha256=sha256(key.data).hexdigest())


def _from(items: Sequence[ItemDraft], origin: dict[str, str]) -> list[ItemDraft]:
    """The drafts, each with the file it was printed in beside its line."""
    return [
        replace(item, provenance={**item.provenance, "source": {**origin, **item.provenance["source"]}})
        for item in items
    ]


def _place(problem: answer_key.KeyProblem) -> str:
    return "" if problem.item is None else f" item {problem.item}"
