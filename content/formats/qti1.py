"""QTI 1.2 (ASI), above all as Canvas writes it: files, packages, item banks, Common Cartridge. Pure.

https://www.imsglobal.org/question/qtiv1p2/imsqti_asi_infov1p2.html. A course export holds each quiz twice; the one in
`non_cc_assessments` says more and is taken.
"""

import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256

from content.drafts import ItemDraft
from content.formats import packages, progress, qti1_items, xml
from content.formats.packages import Package, Pictures, is_package
from content.formats.qti_keys import slug, unused
from content.formats.qti_processing import number
from content.formats.reading import Draft, Loss, Pool, Refused, Severity, Source
from content.formats.xml import Element, child, children

ROOT = "questestinterop"
CARTRIDGE = b"Common Cartridge"  # of its schema; a QTI export of Canvas shares the name space


def detect(source: Source) -> bool:
    if not is_package(source.data):
        return xml.root_name(source.data) == ROOT
    return bool(_files_of(source)) and not _is_cartridge(source)


def detect_cartridge(source: Source) -> bool:
    return is_package(source.data) and _is_cartridge(source)


def read(source: Source) -> Draft:
    reading = _Reading(source.name)
    if is_package(source.data):
        reading.package = packages.opened(source)
        reading.pictures = Pictures(reading.package)
        reading.read_package()
    else:
        root = xml.parse(source.data)
        progress.expect(sum(1 for _item in root.iter("item")))
        reading.read_file(source.name, root)
    return reading.draft(source)


def _is_cartridge(source: Source) -> bool:
    try:
        package = packages.opened(source)
        start = package.start(package.manifest()) if package.manifest() else b""
    except Refused:
        return False
    return CARTRIDGE in start


def _files_of(source: Source) -> list[str]:
    try:
        return list(_files(packages.opened(source)))
    except Refused:
        return []


def _files(package: Package) -> Iterator[str]:
    for name in package.names:
        if name.lower().endswith((".xml", ".qti", ".dat")) and package.root(name) == ROOT:
            yield name


@dataclass
class _Reading:
    file: str
    package: Package | None = None
    pictures: Pictures = field(default_factory=Pictures)
    items: list[ItemDraft] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    shuffles: list[bool] = field(default_factory=list)
    shuffle_questions: bool = False
    title: str = ""
    banks: dict[str, tuple[str, Element]] = field(default_factory=dict)
    drawn: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def lose(self, what: str, why: str, severity: Severity = "warning") -> None:
        loss = Loss("", what, why, severity)
        if loss not in self.losses:
            self.losses.append(loss)

    def draft(self, source: Source) -> Draft:
        if not self.items:
            raise Refused("The file holds no QTI 1.2 question.")
        if len(set(self.shuffles)) > 1:
            self.lose("shuffle", "Some questions shuffle their options and some do not; here all do.", "info")
        return Draft(
            items=self.items,
            title=self.title,
            pools=self.pools,
            shuffle_questions=self.shuffle_questions,
            shuffle_options=any(self.shuffles),
            media=self.pictures.media,
            losses=self.losses,
            provenance={"source": {"file": source.name, "sha256": sha256(source.data).hexdigest()}},
        )

    def read_package(self) -> None:
        assert self.package
        roots = {name: xml.parse(self.package.read(name)) for name in _files(self.package)}
        progress.expect(sum(1 for root in roots.values() for _item in root.iter("item")))
        for name, root in roots.items():
            self.banks |= {bank.get("ident", ""): (name, bank) for bank in root.iter("objectbank")}
        quizzes = [name for name, root in roots.items() if child(root, "assessment") is not None]
        for at, name in enumerate(_without_doubles(quizzes, roots)):
            if at:
                self.lose(
                    "assessment", f"The package holds several quizzes; {name} follows the first as more questions."
                )
            self.read_file(name, roots[name])
            self.settings(name)
        for name, root in roots.items():
            if name not in quizzes and child(root, "objectbank") is None:
                self.read_file(name, root)
        for ident, (name, bank) in self.banks.items():
            if ident not in self.drawn:
                if quizzes:
                    self.lose(
                        "objectbank",
                        f"No quiz draws from the bank {_title(bank)}; its questions stand at the end.",
                        "info",
                    )
                self.title = self.title or _title(bank)
                self.drawn[ident] = self.read_items(name, bank)
        self.others()

    def read_file(self, name: str, root: Element) -> None:
        if root.tag != ROOT:
            raise Refused(f"The file is not QTI 1.2: its first element is {str(root.tag)[:60]}.")
        for part in children(root):
            if part.tag == "assessment":
                self.title = self.title or part.get("title", "")
                meta = qti1_items.metadata(part)
                if meta.get("qmd_timelimit") or next(part.iter("duration"), None) is not None:
                    self.lose("time limit", "A time limit belongs to the assignment here.", "info")
                for section in children(part, "section"):
                    self.read_section(name, section)
            elif part.tag == "section":
                self.read_section(name, part)
            elif part.tag == "item":
                self.read_item(name, part)
            elif part.tag == "objectbank":
                self.title = self.title or _title(part)
                self.read_items(name, part)

    def settings(self, name: str) -> None:
        """What Canvas keeps beside a quiz."""
        assert self.package
        folders = [posixpath.dirname(name), posixpath.basename(name).split(".")[0]]
        found = next(
            (f"{folder}/assessment_meta.xml" for folder in folders if f"{folder}/assessment_meta.xml" in self.package),
            None,
        )
        if not found:
            return
        meta = xml.parse(self.package.read(found))
        self.title = xml.text(child(meta, "title")) or self.title
        if xml.text(child(meta, "shuffle_answers")) == "true":
            self.shuffles.append(True)
        for part in ("time_limit", "allowed_attempts", "due_at", "lock_at", "unlock_at", "scoring_policy"):
            text = xml.text(child(meta, part))
            if text and text not in ("1", "keep_highest"):
                self.lose(part, f"{text}: this belongs to the assignment here.", "info")
        if text := xml.text(child(meta, "description")):
            self.lose("description", f"The text before the quiz is not kept: “{text[:80]}”.")

    def others(self) -> None:
        """What else a cartridge holds."""
        assert self.package
        manifest = self.package.manifest()
        if not manifest:
            return
        root = xml.parse(self.package.read(manifest))
        kinds = Counter(
            resource.get("type", "") for resource in root.iter("resource")
            if not resource.get("type", "").startswith(("imsqti", "associatedcontent/"))
        )  # fmt: skip
        for kind, count in kinds.items():
            if kind and not (kind == "webcontent" and count == len(self.pictures.media)):
                self.lose(
                    "resource",
                    f"{count} of type {kind} in the package: only questions and their pictures are read.",
                    "info",
                )

    def read_section(self, name: str, section: Element) -> list[str]:
        ordering = child(section, "selection_ordering")
        taken: list[str] = []
        for part in children(section, "item", "section"):
            taken += [self.read_item(name, part)] if part.tag == "item" else self.read_section(name, part)
        if ordering is None:
            return taken
        order = child(ordering, "order")
        if (order is not None and order.get("order_type", "").lower() == "random") or ordering.get(
            "sequence_type", ""
        ).lower() == "random":
            self.shuffle_questions = True
        for selection in children(ordering, "selection"):
            taken += self.select(section, selection, taken)
        return taken

    def select(self, section: Element, selection: Element, own: Sequence[str]) -> list[str]:
        bank = xml.text(child(selection, "sourcebank_ref"))
        drawn: list[str] = []
        if bank in self.drawn:
            self.lose("sourcebank_ref", f"The bank {bank} is drawn from twice; the second draw is left out.")
            return []
        if bank and bank in self.banks:
            file, element = self.banks[bank]
            drawn = self.drawn[bank] = self.read_items(file, element)
        elif bank:
            self.lose("sourcebank_ref", f"The questions of the item bank {bank} are not in the file.", "error")
        chosen = drawn or list(own)
        count = int(number(xml.text(child(selection, "selection_number"))) or 0)
        points = number(xml.text(next(selection.iter("points_per_item"), None)))
        if points and 0 < points < 100_000:
            self.items = [
                replace(item, points=round(Decimal(str(points)), 3)) if item.identifier in chosen else item
                for item in self.items
            ]
        pooled = {item for pool in self.pools for item in pool.items}
        if 0 < count < len(chosen) and not pooled & set(chosen):
            self.pools.append(Pool(section.get("title") or section.get("ident") or "Group", count, chosen))
        return drawn

    def read_items(self, name: str, holder: Element) -> list[str]:
        return [self.read_item(name, item) for item in children(holder, "item")]

    def read_item(self, name: str, item: Element) -> str:
        progress.begun(len(self.items) + 1)
        identifier = unused(slug(item.get("ident") or item.get("title") or "") or "item", self.names)
        self.names.add(identifier)
        read = qti1_items.read_item(
            item, identifier=identifier, source={"file": name}, picture=lambda href: self.pictures.find(href, name)
        )
        self.items.append(read.item)
        self.losses += read.losses
        self.shuffles += [read.shuffle] if read.shuffle is not None else []
        return identifier


def _without_doubles(names: list[str], roots: dict[str, Element]) -> list[str]:
    """One file for each quiz: of two with the same identifier the one that Canvas writes for itself."""
    best: dict[str, str] = {}
    for name in names:
        assessment = child(roots[name], "assessment")
        ident = (assessment.get("ident") if assessment is not None else "") or name
        if ident not in best or "non_cc_assessments" in name:
            best[ident] = name
    return list(best.values())


def _title(bank: Element) -> str:
    return qti1_items.metadata(bank).get("bank_title") or bank.get("title") or bank.get("ident") or "without a name"
