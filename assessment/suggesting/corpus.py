"""SAF, answers to questions of a lecture with the marks that people gave (Filighera et al. 2022, MIT licence)."""

from dataclasses import dataclass
from pathlib import Path

from lxml import etree


@dataclass(frozen=True)
class Marked:
    """An answer with the share of the points that people gave."""

    text: str
    score: float


@dataclass(frozen=True)
class Question:
    id: str
    text: str
    reference: str
    answers: tuple[Marked, ...]

    @property
    def body(self) -> dict[str, object]:
        """As an item whose rubric holds nothing but the reference answer."""
        return {"stem": self.text, "rubric": [{"level": "full", "idea": self.reference, "example": ""}]}


def read(folder: Path) -> list[Question]:
    """Every question below the folder. Raises FileNotFoundError where there is none."""
    files = sorted(folder.rglob("*.xml"))
    if not files:
        raise FileNotFoundError(f"there is no XML below {folder}")
    return [_question(path) for path in files]


def _question(path: Path) -> Question:
    root = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    answers = tuple(
        Marked(_text(answer, "response"), float(_text(answer, "score"))) for answer in root.iter("studentAnswer")
    )
    return Question(root.get("id", path.stem), _text(root, "questionText"), _text(root, ".//referenceAnswer"), answers)


def _text(element: "etree._Element", path: str) -> str:
    return (element.findtext(path) or "").strip()
