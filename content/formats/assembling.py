"""A draft as it grows while a reader goes through a file, question by question. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from content import rendering
from content.drafts import ItemDraft
from content.formats import progress, texts
from content.formats.reading import Draft, Loss, Media, Refused, Severity, Source
from content.item_types import new_id
from content.models import KeyState

MOST_QUESTIONS = 30_000
RUBRIC_LINE = "An answer to the question"
ESSAY_LENGTH = 10_000  # characters; LMSs set no limit
UPLOAD_TYPES = [".pdf", ".docx", ".odt", ".txt", ".png", ".jpg"]
UPLOAD_SIZE = 10 * 1024 * 1024


class Assembly:
    """Items and losses of one file. `open` starts a question and names it, `keep` takes it."""

    def __init__(self, source: Source, losses: Sequence[Loss] = ()) -> None:
        self.items: list[ItemDraft] = []
        self.losses = list(losses)
        self._origin = {"file": source.name, "sha256": sha256(source.data).hexdigest()}
        self._taken: set[str] = set()
        self._opened = 0
        self._wanted = ""
        self.identifier = ""
        self.media: dict[str, Media] = {}

    def open(self, wanted: str) -> str:
        """The identifier of the next question, as near to the wanted one as can be. Raises Refused for too many."""
        self._opened += 1
        progress.begun(self._opened)
        if self._opened > MOST_QUESTIONS:
            raise Refused(f"The file holds more than {MOST_QUESTIONS} questions: divide it.")
        self._wanted = wanted
        self.identifier = texts.identifier(wanted, self._taken, self._opened)
        self._taken.add(self.identifier)
        return self.identifier

    def lose(self, what: str, why: str, severity: Severity = "warning") -> None:
        self.losses.append(Loss(self.identifier, what, why, severity))

    def keep(
        self,
        kind: str,
        body: Mapping[str, Any],
        *,
        points: Decimal = Decimal(1),
        key_state: str = KeyState.APPROVED,
        tags: Sequence[str] = (),
        **origin: str,
    ) -> None:
        """Take the question that was opened. `origin`: what else the file calls it, such as title and category."""
        source = {**self._origin, "identifier": self._wanted, **{name: text for name, text in origin.items() if text}}
        provenance: dict[str, Any] = {"source": source}
        if key_state != KeyState.UNKEYED:
            provenance["key"] = {"by": "the file"}
        self.items.append(ItemDraft(self.identifier, kind, body, points, key_state, provenance, tuple(tags)))

    def check_all_pictures(self) -> None:
        """Whatever a text shows must have come with the file."""
        for item in self.items:
            for text in rendering.strings(item.body):
                for address, _words in rendering.pictures(text) if "![" in text else ():
                    found = rendering.MEDIA.fullmatch(address)
                    if found is None or found[1] not in self.media:
                        why = f"The picture {address[:120]} is not in the file."
                        self.losses.append(Loss(item.identifier, "picture", why))

    def draft(self, **more: Any) -> Draft:
        self.check_all_pictures()
        return Draft(
            items=self.items,
            losses=self.losses,
            media=list(self.media.values()),
            provenance={"source": self._origin},
            **more,
        )


def options(rows: Sequence[tuple[str, float, str]]) -> list[dict[str, Any]]:
    """Options of (text, credit, rationale), named a, b, c."""
    return [
        {"id": new_id((), at), "text": text, "credit": credit, "rationale": rationale}
        for at, (text, credit, rationale) in enumerate(rows)
    ]


def in_order(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entries of an ordering question in their right order."""
    entries = {entry["id"]: entry for entry in body["entries"]}
    return [entries[name] for name in body["key"]]


def matching(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Prompts and choices from (prompt, choice); a pair without prompt is a distractor. Equal choices are one."""
    names: dict[str, str] = {}
    for _prompt, choice in pairs:
        names.setdefault(choice, new_id((), len(names)))
    prompts = [(prompt, names[choice]) for prompt, choice in pairs if prompt]
    return {
        "prompts": [
            {"id": f"p{at}", "text": text, "match": match} for at, (text, match) in enumerate(prompts, start=1)
        ],
        "choices": [{"id": name, "text": text} for text, name in names.items()],
        "scoring": "per_pair",
    }


def essay_rubric(assembly: Assembly, info: str = "") -> list[dict[str, str]]:
    """What the file says to those who mark; a line that any answer meets, and a loss, where it says nothing."""
    if not info.strip():
        assembly.lose("rubric", "The file has none; write down what earns credit before people mark by it.")
    return [{"level": "full", "idea": info.strip() or RUBRIC_LINE, "example": ""}]
