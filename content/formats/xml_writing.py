"""What the writers of XML formats share: texts as XHTML, pictures beside them, what does not fit. Pure."""

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from content.drafts import ItemDraft
from content.formats import xml
from content.formats.markup import to_xhtml
from content.formats.packages import picture_path
from content.formats.reading import Draft, Loss, Severity
from content.formats.xml import Element
from content.models import KeyState

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")


@dataclass
class Writing:
    """A draft on its way out. `root` leads from a text's file to the folder that holds the pictures."""

    draft: Draft
    root: str = ""
    losses: list[Loss] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paths = {media.digest: picture_path(media) for media in self.draft.media}
        if self.draft.lesson:
            self.lose("", "lesson", "The format holds questions only.")

    def lose(self, item: str, what: str, why: str, severity: Severity = "warning") -> None:
        loss = Loss(item, what, why, severity)
        if loss not in self.losses:
            self.losses.append(loss)

    def xhtml(self, text: str, *, inline: bool = False) -> str:
        return to_xhtml(text, address=self._address, inline=inline).strip("\n")

    def fill(
        self, parent: Element, text: str, *, inline: bool = False, gaps: dict[str, Element] | None = None
    ) -> Element:
        """The text as children of `parent`; `[[name]]` becomes the element of that gap."""
        marks = {name: f"\ue000{at}\ue001" for at, name in enumerate(gaps or {})}
        for name, mark in marks.items():
            text = text.replace(f"[[{name}]]", mark)
        markup = re.sub("\ue000(\\d+)\ue001", r'<gap-mark n="\1"/>', self.xhtml(text, inline=inline))
        holder = etree.fromstring(f"<div>{markup}</div>")
        for mark_element in list(holder.iter("gap-mark")):
            found = list((gaps or {}).values())[int(mark_element.get("n", "0"))]
            found.tail = mark_element.tail
            above = mark_element.getparent()
            if above is not None:
                above.replace(mark_element, found)
        parent.text = holder.text
        parent.extend(list(holder))
        return parent

    def media_files(self) -> dict[str, bytes]:
        return {self.paths[media.digest]: media.data for media in self.draft.media}

    def about(self, item: ItemDraft) -> None:
        """What no XML format holds of a question."""
        if item.body.get("parameters"):
            self.lose(
                item.identifier,
                "parameters",
                "Values drawn for each learner are not held; their names stand in the text.",
                "error",
            )
        if item.body.get("section"):
            self.lose(item.identifier, "section", "The link to a part of the lesson is not held.", "info")
        if item.key_state not in (KeyState.APPROVED, KeyState.UNKEYED):
            self.lose(item.identifier, "key", f"Its key is only {item.key_state}; the format does not say so.")

    def _address(self, digest: str) -> str:
        if digest in self.paths:
            return self.root + self.paths[digest]
        self.lose("", "picture", f"The picture {digest[:12]}… is not in the draft.")
        return f"media/{digest[:16]}"


def valid(identifier: str, taken: dict[str, str]) -> str:
    """The identifier as the formats allow it, the same for the same; `taken` remembers."""
    if identifier not in taken:
        name = identifier if IDENTIFIER.match(identifier) else "_" + re.sub(r"[^A-Za-z0-9_.-]", "-", identifier)
        while name in taken.values():
            name += "_"
        taken[identifier] = name
    return taken[identifier]


def figure(value: Any) -> str:
    """A number as XML writes it, without the noise of binary fractions."""
    text = f"{round(float(value), 9):.9f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def legal(text: str) -> str:
    return xml.legal(text)
