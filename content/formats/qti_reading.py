"""What every item of QTI 2 and 3 has, whatever its interaction: text, points, rubric, feedback. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lxml import etree

from content import rendering
from content.formats import qti_keys, xml
from content.formats.markup import Converter
from content.formats.qti_keys import Scorer
from content.formats.qti_processing import Processing, Unsupported, number, values
from content.formats.reading import Loss, Severity
from content.formats.xml import Element, child, children

Body = dict[str, Any]


@dataclass
class Reader:
    """One item being read; what does not come through gathers in `losses`."""

    element: Element
    identifier: str
    picture: Callable[[str], str | None]
    losses: list[Loss] = field(default_factory=list)
    shuffle: bool | None = None
    keyed: bool = False
    gaps: dict[Element, str] = field(default_factory=dict)
    scorer: Scorer = field(init=False)

    rubric: list[Body] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.processing = Processing(self.element)
        self.converter = Converter(self.picture, lambda what, why: self.lose(what, why), self.special)
        body = child(self.element, "itemBody")
        self.body = body if body is not None else etree.SubElement(self.element, "itemBody")
        self.candidates: dict[str, list[Any]] = {}

    def lose(self, what: str, why: str, severity: Severity = "warning") -> None:
        loss = Loss(self.identifier, what, why, severity)
        if loss not in self.losses:
            self.losses.append(loss)

    def special(self, element: Element) -> str | None:
        if element in self.gaps:
            return self.gaps[element]
        if element.tag in (
            "rubricBlock",
            "feedbackInline",
            "feedbackBlock",
            "stylesheet",
            "templateBlock",
            "catalogInfo",
        ):
            return ""
        if element.tag == "printedVariable":
            return "{" + rendering.escaped(element.get("identifier", "x")) + "}"
        return None

    def text(self, element: Element | None) -> str:
        return self.converter.convert(element) if element is not None else ""

    def score(self, candidates: dict[str, list[Any]]) -> None:
        """Response variables without candidates keep what is declared as correct."""
        declared = {name: [correct] for name in self.processing.responses if (correct := self.processing.correct(name))}
        self.scorer = Scorer(self.processing, declared | candidates)
        self.keyed = self.scorer.keyed and bool(candidates)

    def stem(self) -> str:
        text = self.text(self.body)
        if text:
            return text
        title = (
            self.element.get("title") or self.element.get("label") or self.element.get("identifier") or self.identifier
        )
        self.lose("itemBody", "The item has no text; its title stands for it.")
        return rendering.escaped(" ".join(title.split()))

    def named(self, name: str) -> list[str]:
        found = qti_keys.of_text(self.processing, name)
        return list(dict.fromkeys([*found, *self.processing.mapping(name)]))

    def points(self, kind: str) -> Decimal:
        """What the rules give at most; where they only say right or wrong, what the item declares."""
        if kind == "description":
            return Decimal(0)
        score = self.processing.outcomes.get("SCORE")
        declared = number(next(iter(values(child(self.processing.outcomes.get("MAXSCORE"), "defaultValue"))), None))
        declared = declared or number(score.get("normalMaximum") if score is not None else None)
        fixed = (
            self.processing.template == "match" or self.processing.rules is None or not self.keyed or self.scorer.doubts
        )
        found = (declared if fixed else None) or self.scorer.top or declared or 1.0
        if declared and abs(found - declared) > 1e-6:
            self.lose("MAXSCORE", f"It says {declared:g} points, the rules give {found:g} at most.", "info")
        found = round(found, 6)
        rounded = round(Decimal(str(found)), 3) if 0 < found < 100_000 else Decimal(1)
        if rounded != Decimal(str(found)):
            self.lose("points", f"The points {found:g} were taken as {rounded}.")
        return rounded.normalize() if rounded != rounded.to_integral() else rounded.quantize(Decimal(1))

    # Rubrics and feedback

    def rubrics(self) -> None:
        for block in list(self.body.iter("rubricBlock")):
            if "candidate" in block.get("view", "candidate").split():
                block.tag = "div"
                continue
            level = re.search(r"\brubric-(full|half|none)\b", block.get("class", ""))
            parts = {found.get("class", ""): self.converter.convert(found) for found in block.iter("div")}
            text = parts.get("idea") or self.converter.convert(block)
            if text and any(view in block.get("view", "") for view in ("scorer", "tutor", "author")):
                self.rubric.append(
                    {"level": level[1] if level else "full", "idea": text, "example": parts.get("example", "")}
                )

    def feedback(self, kind: str, body: Body) -> None:
        general = "\n\n".join(filter(None, (self.text(block) for block in self._general())))
        if general:
            body["feedback"] = general
        if self.rubric and "rubric" not in body:
            self.lose("rubricBlock", "A rubric for markers is only kept on questions that people mark.")
        for block in self.element.iter("feedbackBlock", "feedbackInline", "modalFeedback"):
            text = self.text(block)
            if text and text not in str(_strings(body)):
                self.lose(str(block.tag), f"Its condition is not one of ours: “{xml.text(block)[:80]}”.")

    def _general(self) -> list[Element]:
        """The feedback that is shown whatever is answered."""
        if not hasattr(self, "_always"):
            blocks = list(self.element.iter("modalFeedback", "feedbackBlock", "feedbackInline"))
            self._always = [
                block for block in blocks if self._shows(block, {}) and self._shows(block, self.scorer.best)
            ]
        return self._always

    def _shows(self, block: Element, responses: Any) -> bool:
        try:
            found = self.processing.outcome(responses, block.get("outcomeIdentifier", ""))
        except Unsupported:
            return False
        return bool(found) and (block.get("identifier", "") in found) == (block.get("showHide", "show") == "show")

    def shown(self, name: str, response: list[str]) -> str:
        """The feedback that the rules show for a response."""
        if next(self.element.iter("modalFeedback", "feedbackBlock", "feedbackInline"), None) is None:
            return ""
        texts = []
        for block in self.element.iter("modalFeedback", "feedbackBlock", "feedbackInline"):
            if block not in self._general() and self._shows(block, self.scorer.best | {name: response}):
                texts.append(self.text(block))
        return "\n\n".join(dict.fromkeys(filter(None, texts)))

    def choices(self, interaction: Element) -> list[Body]:
        options = []
        for found in interaction.iter("simpleChoice", "inlineChoice", "gapText", "gapImg", "simpleAssociableChoice"):
            own = [self.text(block) for block in found.iter("feedbackInline", "feedbackBlock")]
            identifier = found.get("identifier", "")
            option: Body = {"id": identifier, "text": self.text(found) or rendering.escaped(identifier)}
            option["rationale"] = "\n\n".join(filter(None, own))
            options.append(option | ({"pinned": True} if found.get("fixed") == "true" else {}))
        return options


def single(interaction: Element, processing: Processing | None = None) -> bool:
    declared = processing.responses.get(interaction.get("responseIdentifier", "")) if processing else None
    if declared is not None and declared.get("cardinality") == "single":
        return True
    return interaction.get("maxChoices", "1") == "1"


def alone(interaction: Element) -> bool:
    """Whether nothing else stands in the paragraph of a field."""
    parent = interaction.getparent()
    return parent is None or (not xml.text(parent) and len(parent) == 1)


def keep(element: Element, name: str) -> None:
    """An interaction becomes its prompt: a block in the text of the question."""
    tail = element.tail
    for part in children(element):
        if part.tag != name:
            element.remove(part)
    element.tag, element.text, element.tail = "div", None, tail


def gap_id(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", name)[:40] or "gap"


def weighted(weight: float) -> Body:
    weight = qti_keys.tidy(weight)
    return {} if weight == 1 else {"weight": weight}


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _strings(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _strings(inner)]
    return [value] if isinstance(value, str) else []
