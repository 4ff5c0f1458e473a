"""QTI 2.1, 2.2 and 3.0: single items, tests and packages. Pure.

Elements of QTI 3 are renamed to those of QTI 2 (`qti-choice-interaction` is `choiceInteraction`), so one reader serves
both. https://www.imsglobal.org/spec/qti/v3p0/impl, https://www.imsglobal.org/question/qtiv2p2/imsqti_v2p2_impl.html
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

from lxml import etree

from content.drafts import ItemDraft
from content.formats import packages, progress, qti_items, xml
from content.formats.markup import Converter
from content.formats.packages import Package, Pictures, is_package
from content.formats.qti_keys import slug, unused
from content.formats.qti_processing import number
from content.formats.reading import Draft, Loss, Pool, Refused, Source
from content.formats.xml import Element, child, children
from content.models import KeyState

ROOTS2 = ("assessmentItem", "assessmentTest", "assessmentSection", "assessmentResult")
ROOTS3 = tuple("qti-" + re.sub("[A-Z]", lambda found: "-" + found[0].lower(), name) for name in ROOTS2)
MOST_FILES = 5000


def detect2(source: Source) -> bool:
    return _detect(source, ROOTS2, "imsqti_result_v3")


def detect3(source: Source) -> bool:
    return _detect(source, ROOTS3, "") or _is_result3(source.data)


def read2(source: Source) -> Draft:
    return _read(source, ROOTS2)


def read3(source: Source) -> Draft:
    return _read(source, ROOTS3)


def parse(data: bytes) -> Element:
    """The root, its elements and their attributes named as in QTI 2. Raises Refused."""
    root = xml.parse(data)
    for element in root.iter(etree.Element):
        name = str(element.tag)
        if name.startswith("qti-"):
            element.tag = _camel(name[4:])
            for key in [
                key for key in element.attrib if "-" in str(key) and not str(key).startswith(("data-", "aria-"))
            ]:
                element.set(_camel(str(key)), element.attrib.pop(key))
    return root


def _camel(name: str) -> str:
    return re.sub("-([a-z0-9])", lambda found: found[1].upper(), name)


def _is_result3(data: bytes) -> bool:
    return xml.root_name(data) == "assessmentResult" and b"imsqti_result_v3" in data[:4096]


def _detect(source: Source, roots: tuple[str, ...], but: str) -> bool:
    if not is_package(source.data):
        found = xml.root_name(source.data) in roots
        return found and not (but and but.encode() in source.data[:4096])
    try:
        package = packages.opened(source)
        return any(package.root(name) in roots for name in _xml_files(package))
    except Refused:
        return False


def _xml_files(package: Package) -> Iterator[str]:
    names = [name for name in package.names if name.lower().endswith((".xml", ".qti"))]
    return (name for name in names[:MOST_FILES] if not posixpath.basename(name).startswith("."))


def _read(source: Source, roots: tuple[str, ...]) -> Draft:
    reading = _Reading(source.name)
    if is_package(source.data):
        reading.package = packages.opened(source)
        reading.pictures = Pictures(reading.package)
        reading.read_package(roots)
    else:
        reading.read_file(source.name, parse(source.data))
    if not reading.items:
        raise Refused("The file holds no QTI item or test.")
    shuffles = [found for found in reading.shuffles if found is not None]
    if len(set(shuffles)) > 1:
        reading.lose("shuffle", "Some questions shuffle their options and some do not; here all do.", "info")
    return Draft(
        items=reading.items,
        title=reading.title,
        pools=reading.pools,
        shuffle_questions=reading.shuffle_questions,
        shuffle_options=any(shuffles),
        media=reading.pictures.media,
        losses=reading.losses,
        provenance={"source": {"file": source.name, "sha256": sha256(source.data).hexdigest()}},
    )


@dataclass
class _Reading:
    file: str
    package: Package | None = None
    pictures: Pictures = field(default_factory=Pictures)
    items: list[ItemDraft] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    shuffles: list[bool | None] = field(default_factory=list)
    shuffle_questions: bool = False
    title: str = ""
    done: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def lose(self, what: str, why: str, severity: Any = "warning") -> None:
        loss = Loss("", what, why, severity)
        if loss not in self.losses:
            self.losses.append(loss)

    # Files

    def read_package(self, roots: tuple[str, ...]) -> None:
        assert self.package
        found = {name: self.package.root(name) for name in _xml_files(self.package)}
        parts = {name: roots.index(root) for name, root in found.items() if root in roots}
        tests = [name for name, part in parts.items() if part == 1]
        progress.expect(sum(part == 0 for part in parts.values()))
        for name in tests[1:]:
            self.lose("assessmentTest", f"The package holds several tests; {name} follows the first as more questions.")
        for name in tests:
            self.read_file(name, self.parsed(name))
        rest = [name for name, part in parts.items() if part == 0 and name not in self.done]
        for name in rest:
            if tests:
                self.lose("assessmentItem", f"No test names {name}; its question stands at the end.", "info")
            self.read_file(name, self.parsed(name))
        for name, part in parts.items():
            if part == 3:
                self.lose("assessmentResult", f"{name} holds results of learners, not questions.", "info")

    def parsed(self, name: str) -> Element:
        assert self.package
        return parse(self.package.read(name))

    def read_file(self, name: str, root: Element) -> None:
        if root.tag == "assessmentItem":
            self.read_item(name, root)
            self.title = self.title or root.get("title", "")
        elif root.tag == "assessmentTest":
            self.title = self.title or root.get("title", "")
            self.read_test(name, root)
        elif root.tag == "assessmentSection":
            self.title = self.title or root.get("title", "")
            self.read_section(name, root)
        elif root.tag == "assessmentResult":
            items = len(list(root.iter("itemResult")))
            raise Refused(f"The file holds results of learners ({items} items), not questions.")
        else:
            raise Refused(f"The file is not QTI 2 or 3: its first element is {str(root.tag)[:60]}.")

    # Tests

    def read_test(self, name: str, test: Element) -> None:
        for rule in sorted(
            {str(found.tag) for found in test.iter("preCondition", "branchRule", "timeLimits", "testFeedback")}
        ):
            self.lose(rule, "A rule of the test that questions here do not have.")
        for part in children(test, "testPart"):
            for section in children(part, "assessmentSection", "assessmentSectionRef"):
                self.read_section(name, section)

    def read_section(self, name: str, section: Element) -> list[str]:
        """The identifiers of its questions."""
        if section.tag == "assessmentSectionRef":
            found = self.member(section, name)
            return self.read_section(found, self.parsed(found)) if found else []
        self.section_text(name, section)
        taken: list[str] = []
        for part in children(section):
            if part.tag == "assessmentItemRef":
                taken += self.read_reference(name, part)
            elif part.tag in ("assessmentSection", "assessmentSectionRef"):
                taken += self.read_section(name, part)
        self.select(section, taken)
        return taken

    def select(self, section: Element, taken: list[str]) -> None:
        selection, ordering = child(section, "selection"), child(section, "ordering")
        draw = int(number(selection.get("select")) or 0) if selection is not None else 0
        if selection is not None and selection.get("withReplacement") == "true":
            self.lose("selection", "Questions drawn more than once are drawn once here.")
        if 0 < draw < len(taken):
            name = section.get("title") or section.get("identifier") or "Section"
            fixed = set(taken) & {item for pool in self.pools for item in pool.items}
            if fixed:
                self.lose(
                    "selection", f"The section {name} draws from sections that draw themselves; all of it is asked."
                )
            else:
                self.pools.append(Pool(name, draw, taken))
        self.shuffle_questions = self.shuffle_questions or (ordering is not None and ordering.get("shuffle") == "true")

    def section_text(self, name: str, section: Element) -> None:
        for block in children(section, "rubricBlock"):
            text = self.converter(name, section.get("identifier", "")).convert(block)
            if text and "candidate" in block.get("view", "candidate"):
                identifier = self.identifier(f"{section.get('identifier') or 'section'}-text")
                source = {"file": name, "identifier": section.get("identifier", "")}
                body = {"stem": text, "section": None}
                self.items.append(
                    ItemDraft(identifier, "description", body, Decimal(0), KeyState.APPROVED, {"source": source})
                )

    def read_reference(self, name: str, reference: Element) -> list[str]:
        found = self.member(reference, name)
        if not found:
            return []
        if found in self.done:
            self.lose("assessmentItemRef", f"{found} is named twice in the test; it is asked once.")
            return []
        root = self.parsed(found)
        if root.tag != "assessmentItem":
            self.lose("assessmentItemRef", f"{found} is not an item.", "error")
            return []
        weight = number(next((part.get("value") for part in children(reference, "weight")), None))
        return [self.read_item(found, root, weight=weight)]

    def member(self, reference: Element, base: str) -> str | None:
        href = reference.get("href", "")
        found = self.package.find(href, base) if self.package else None
        if not found:
            self.losses.append(
                Loss(reference.get("identifier", ""), str(reference.tag), f"The file {href} is not here.", "error")
            )
        return found

    # Items

    def read_item(self, name: str, root: Element, *, weight: float | None = None) -> str:
        progress.begun(len(self.items) + 1)
        identifier = self.identifier(root.get("identifier") or posixpath.basename(name).rpartition(".")[0])
        read = qti_items.read_item(
            root,
            identifier=identifier,
            source={"file": name},
            picture=lambda href: self.pictures.find(href, name),
            before=self.stimulus(name, root, identifier),
        )
        if weight is not None and weight > 0 and weight != 1:
            read.item = replace(read.item, points=round(read.item.points * Decimal(str(weight)), 3))
        self.done.add(name)
        self.items.append(read.item)
        self.losses += read.losses
        self.shuffles.append(read.shuffle)
        return identifier

    def stimulus(self, name: str, root: Element, identifier: str) -> str:
        texts = []
        for reference in root.iter("assessmentStimulusRef"):
            found = self.member(reference, name)
            body = child(self.parsed(found), "stimulusBody") if found else None
            if found and body is not None:
                texts.append(self.converter(found, identifier).convert(body))
        return "\n\n".join(filter(None, texts))

    def converter(self, name: str, identifier: str) -> Converter:
        return Converter(
            lambda href: self.pictures.find(href, name),
            lambda what, why: self.losses.append(Loss(identifier, what, why)),
        )

    def identifier(self, wanted: str) -> str:
        """One of ours that is free; the source's own is kept in the provenance."""
        base = slug(wanted) or "item"
        name = unused(base, self.names)
        self.names.add(name)
        return name
