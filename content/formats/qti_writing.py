"""QTI 2.2 and 3.0 as packages: a test, its items, the pictures. Pure.

Items are built with the names of QTI 2; QTI 3 renames them (`choiceInteraction` is `qti-choice-interaction`).
"""

import mimetypes
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from lxml import etree

from content import rendering
from content.drafts import ItemDraft
from content.formats import xml
from content.formats.packages import pack, picture_path
from content.formats.reading import Draft, Media, Written
from content.formats.xml import Element
from content.formats.xml_writing import Writing, figure, valid

Body = Mapping[str, Any]
QTI = "qti"  # stands for the namespace of the version until the end
MATH = "http://www.w3.org/1998/Math/MathML"
SPACES = {2: "http://www.imsglobal.org/xsd/imsqti_v2p2", 3: "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"}
PACKAGING = {2: "http://www.imsglobal.org/xsd/imscp_v1p1", 3: "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"}
TYPES = {2: ("imsqti_test_xmlv2p2", "imsqti_item_xmlv2p2"), 3: ("imsqti_test_xmlv3p0", "imsqti_item_xmlv3p0")}
SCHEMAS = {2: ("QTIv2.2 Package", "1.0.0"), 3: ("QTI Package", "3.0.0")}
DEFAULT_SIZE = 10 * 1024 * 1024


def write2(draft: Draft) -> Written:
    return _write(draft, 2)


def write3(draft: Draft) -> Written:
    return _write(draft, 3)


def _write(draft: Draft, version: int) -> Written:
    writing = Writing(draft, root="../")
    taken: dict[str, str] = {}
    names = {item.identifier: valid(item.identifier, taken) for item in draft.items}
    members: dict[str, bytes] = {}
    for item in draft.items:
        root = _Item(writing, item, names[item.identifier]).write()
        members[f"items/{names[item.identifier]}.xml"] = _document(root, version)
    members = {"test.xml": _document(_test(draft, names), version), **members, **writing.media_files()}
    manifest = _manifest(draft, names, version)
    name = f"{draft.slug or 'quiz'}-qti{version}.zip"
    return Written(name, "application/zip", pack({"imsmanifest.xml": manifest, **members}), writing.losses)


def _e(tag: str, *inner: "Element | str | None", **attributes: Any) -> Element:
    """An element of QTI with its children; attributes that are None are left out."""
    element = etree.Element(f"{{{QTI}}}{tag}")
    for name, value in attributes.items():
        if value is not None:
            element.set(name, xml.legal(str(value)))
    for part in inner:
        if isinstance(part, str):
            element.text = xml.legal(part)
        elif part is not None:
            element.append(part)
    return element


def _document(root: Element, version: int) -> bytes:
    space = SPACES[version]
    for element in root.iter(etree.Element):
        tag = str(element.tag)
        if tag.startswith(f"{{{QTI}}}"):
            name = tag.removeprefix(f"{{{QTI}}}")
            element.tag = f"{{{space}}}{'qti-' + _kebab(name) if version == 3 else name}"
            if version == 3:
                for key in [key for key in element.attrib if _kebab(str(key)) != key]:
                    element.set(_kebab(str(key)), element.attrib.pop(key))
        elif not tag.startswith("{"):
            element.tag = f"{{{space}}}{tag}"
    named = etree.Element(root.tag, xml.attributes(root), nsmap=xml.default(space))
    named.text = root.text
    named.extend(list(root))
    etree.cleanup_namespaces(named)
    return xml.document(named)


def _kebab(name: str) -> str:
    return re.sub("[A-Z]", lambda found: "-" + found[0].lower(), name)


def _test(draft: Draft, names: Mapping[str, str]) -> Element:
    part = _e("testPart", identifier="part", navigationMode="nonlinear", submissionMode="simultaneous")
    pools = {item: pool for pool in draft.pools for item in pool.items}
    current: tuple[Any, Element] | None = None
    for item in draft.items:
        pool = pools.get(item.identifier)
        found = next((s for s in part if pool is not None and s.get("title") == pool.name), None)
        if found is None:
            if current is None or current[0] is not pool:
                title = pool.name if pool else draft.title or "Questions"
                selection = _e("selection", select=pool.draw) if pool else None
                ordering = _e("ordering", shuffle="true") if draft.shuffle_questions else None
                section = _e(
                    "assessmentSection",
                    selection,
                    ordering,
                    identifier=f"section{len(part) + 1}",
                    title=title,
                    visible="true",
                )
                part.append(section)
                current = (pool, section)
            found = current[1]
        name = names[item.identifier]
        found.append(_e("assessmentItemRef", identifier=name, href=f"items/{name}.xml"))
    return _e("assessmentTest", part, identifier="test", title=draft.title or "Quiz")


def _manifest(draft: Draft, names: Mapping[str, str], version: int) -> bytes:
    space, (test, item_type) = PACKAGING[version], TYPES[version]
    root = etree.Element(f"{{{space}}}manifest", {"identifier": "manifest"}, nsmap=xml.default(space))
    make = partial(_child, space)
    about = make(root, "metadata")
    make(about, "schema").text, make(about, "schemaversion").text = SCHEMAS[version]
    make(root, "organizations")
    resources = make(root, "resources")
    first = make(resources, "resource", identifier="test", type=test, href="test.xml")
    make(first, "file", href="test.xml")
    for name in names.values():
        make(first, "dependency", identifierref=f"item-{name}")
        resource = make(resources, "resource", identifier=f"item-{name}", type=item_type, href=f"items/{name}.xml")
        make(resource, "file", href=f"items/{name}.xml")
    for at, media in enumerate(draft.media, 1):
        path = picture_path(media)
        make(make(resources, "resource", identifier=f"media{at}", type="webcontent", href=path), "file", href=path)
    return xml.document(root)


def _child(space: str, parent: Element, name: str, **attributes: str) -> Element:
    return etree.SubElement(parent, f"{{{space}}}{name}", attributes)


class _Item:
    """One question. Every response is declared, scored by rules of its own and added to SCORE."""

    def __init__(self, writing: Writing, item: ItemDraft, name: str) -> None:
        self.writing, self.item, self.body = writing, item, item.body
        self.points = float(item.points)
        self.ids: dict[str, str] = {}
        self.feedback: dict[str, str] = {}
        self.declarations: list[Element] = []
        self.rules: list[Element] = []
        self.content = _e("itemBody")
        self.root = _e("assessmentItem", identifier=name, title=self._title(), adaptive="false", timeDependent="false")

    def _title(self) -> str:
        source = self.item.provenance.get("source")
        title = source.get("title") if isinstance(source, Mapping) else ""
        return str(title or self.item.identifier)

    def lose(self, what: str, why: str, severity: Any = "warning") -> None:
        self.writing.lose(self.item.identifier, what, why, severity)

    def id(self, name: str) -> str:
        return valid(name, self.ids)

    def text(self, tag: str, text: str, *, inline: bool = True, **attributes: Any) -> Element:
        return self.writing.fill(_e(tag, **attributes), text, inline=inline)

    def write(self) -> Element:
        self.writing.about(self.item)
        if self.item.kind != "cloze":
            self.writing.fill(self.content, self.body.get("stem", ""))
        writer = getattr(self, f"_{self.item.kind}", None)
        if writer is None:
            self.lose(self.item.kind, "QTI has no such question here; its text alone was written.", "error")
        else:
            writer()
        self.root.extend(self.declarations)
        self._outcomes()
        self.root.append(self.content)
        if self.rules:
            self.root.append(_e("responseProcessing", *self.rules))
        for name, text in self.feedback.items():
            outcome = "GENERAL" if name == "general" else "FEEDBACK"
            self.root.append(
                self.text(
                    "modalFeedback", text, inline=False, identifier=name, outcomeIdentifier=outcome, showHide="show"
                )
            )
        return self.root

    def _outcomes(self) -> None:
        if self.item.kind != "description":
            for name, value in (("SCORE", 0), ("MAXSCORE", self.points)):
                default = _e("defaultValue", _e("value", figure(value)))
                self.root.append(
                    _e("outcomeDeclaration", default, identifier=name, cardinality="single", baseType="float")
                )
        if any(name != "general" for name in self.feedback):
            self.root.append(
                _e("outcomeDeclaration", identifier="FEEDBACK", cardinality="multiple", baseType="identifier")
            )
        if self.body.get("feedback"):
            self.feedback["general"] = self.body["feedback"]
            default = _e("defaultValue", _e("value", "general"))
            self.root.append(
                _e("outcomeDeclaration", default, identifier="GENERAL", cardinality="single", baseType="identifier")
            )

    # Declarations and rules

    def declare(
        self, name: str, base: str, cardinality: str, correct: Sequence[str], worth: Mapping[str, float] | None = None
    ) -> None:
        """`worth`: points by response; the rules add what the mapping gives, never below 0 or above the highest."""
        declared = _e("responseDeclaration", identifier=name, cardinality=cardinality, baseType=base)
        if correct:
            declared.append(_e("correctResponse", *(_e("value", value) for value in correct)))
        if worth and correct:
            bounds = {"lowerBound": "0"} if cardinality == "multiple" else {}
            entries = [_e("mapEntry", mapKey=key, mappedValue=figure(value)) for key, value in worth.items() if value]
            declared.append(_e("mapping", *entries, defaultValue="0", **bounds))
        self.declarations.append(declared)

    def add(self, expression: Element) -> None:
        self.rules.append(
            _e("setOutcomeValue", _e("sum", _e("variable", identifier="SCORE"), expression), identifier="SCORE")
        )

    def set_if(self, cases: Sequence[tuple[Element, float, str]]) -> None:
        """The first case that holds gives its points, and its feedback if it has a name."""
        branches = []
        for at, (test, points, said) in enumerate(cases):
            score = _e(
                "setOutcomeValue", _e("sum", _e("variable", identifier="SCORE"), _value(points)), identifier="SCORE"
            )
            feedback = (
                _e(
                    "setOutcomeValue",
                    _e("multiple", _e("variable", identifier="FEEDBACK"), _e("baseValue", said, baseType="identifier")),
                    identifier="FEEDBACK",
                )
                if said
                else None
            )
            branches.append(_e("responseElseIf" if at else "responseIf", test, score, feedback))
        if branches:
            self.rules.append(_e("responseCondition", *branches))

    def say(self, options: Sequence[Body], name: str = "RESPONSE") -> None:
        """The chosen options name their own feedback."""
        said = {self.id(option["id"]): option["rationale"] for option in options if option.get("rationale")}
        self.feedback |= said
        if said:
            self.rules.append(
                _e("setOutcomeValue", _e("multiple", _e("variable", identifier=name)), identifier="FEEDBACK")
            )

    def whole(self, name: str = "RESPONSE") -> Element:
        return _e("match", _e("variable", identifier=name), _e("correct", identifier=name))

    # Kinds

    def _description(self) -> None:
        """Only its text."""

    def _interaction(
        self, tag: str, *inner: Element, name: str = "RESPONSE", shuffle: bool = True, **attributes: Any
    ) -> Element:
        mixed = str(self.writing.draft.shuffle_options).lower() if shuffle else None
        found = _e(tag, *inner, responseIdentifier=name, shuffle=mixed, **attributes)
        self.content.append(found)
        return found

    def _options(self, options: Sequence[Body], tag: str = "simpleChoice") -> list[Element]:
        return [
            self.text(
                tag, option["text"], identifier=self.id(option["id"]), fixed="true" if option.get("pinned") else None
            )
            for option in options
        ]

    def _choice(self) -> None:
        options = self.body["options"]
        self._single(options, "RESPONSE", self.points)
        self._interaction("choiceInteraction", *self._options(options), maxChoices="1")
        self.say(options)

    def _single(self, options: Sequence[Body], name: str, points: float) -> None:
        worth = {self.id(option["id"]): option.get("credit", 0) * points for option in options}
        best = max(worth, key=lambda key: worth[key], default="")
        keyed = bool(best) and worth[best] > 0
        self.declare(name, "identifier", "single", [best] if keyed else [], worth)
        if keyed:
            self.add(_e("mapResponse", identifier=name))

    def _true_false(self) -> None:
        correct, said = self.body.get("correct"), self.body.get("rationales", {})
        options = [
            {
                "id": key,
                "text": key.capitalize(),
                "credit": float(correct is (key == "true")),
                "rationale": said.get(key, ""),
            }
            for key in ("true", "false")
        ]
        self._single(options, "RESPONSE", self.points)
        self._interaction("choiceInteraction", *self._options(options), maxChoices="1", shuffle=False)
        self.content[-1].set("shuffle", "false")
        self.say(options)

    def _multiple_response(self) -> None:
        options = self.body["options"]
        right = [self.id(option["id"]) for option in options if option.get("credit", 0) > 0]
        scoring = self.body.get("scoring", "all_or_nothing")
        self._several(options, right, scoring)
        self._interaction("choiceInteraction", *self._options(options), maxChoices=self.body.get("max_choices", 0))
        self.say(options)

    def _several(self, options: Sequence[Body], right: Sequence[str], scoring: str) -> None:
        share = self.points / max(len(right), 1)
        if scoring == "right_minus_wrong":
            worth = {self.id(option["id"]): share if option.get("credit", 0) > 0 else -share for option in options}
        else:
            worth = {self.id(option["id"]): option.get("credit", 0) * self.points for option in options}
        if scoring == "all_or_nothing":
            self.declare("RESPONSE", "identifier", "multiple", right)
            self.set_if([(self.whole(), self.points, "")] if right else [])
            return
        self.declare("RESPONSE", "identifier", "multiple", right, worth)
        mapping = self.declarations[-1].find(f"{{{QTI}}}mapping")
        if mapping is not None:
            mapping.set("upperBound", figure(self.points))
            self.add(_e("mapResponse", identifier="RESPONSE"))

    def _short_text(self) -> None:
        self.content.append(etree.Element("p"))
        self.content[-1].append(
            _e("textEntryInteraction", responseIdentifier="RESPONSE", expectedLength=self.body.get("max_length"))
        )
        if self.body.get("accent_sensitive") is False:
            self.lose("accents", "QTI compares accents; answers without them are not accepted.")
        self._texts("RESPONSE", self.body["answers"], self.points, sensitive=bool(self.body.get("case_sensitive")))

    def _texts(self, name: str, answers: Sequence[Body], points: float, *, sensitive: bool) -> None:
        ranked = sorted(answers, key=lambda answer: -answer.get("credit", 1))
        exact = [answer["text"] for answer in ranked if answer.get("match", "exact") in ("exact", "close")]
        self.declare(name, "string", "single", exact[:1])
        cases = [
            self._case(at, answer, self._matches(name, answer, sensitive=sensitive), points)
            for at, answer in enumerate(ranked)
        ]
        self.set_if(cases)

    def _case(self, at: int, answer: Body, test: Element, points: float) -> tuple[Element, float, str]:
        said = f"answer{len(self.feedback) + 1}" if answer.get("feedback") else ""
        if said:
            self.feedback[said] = answer["feedback"]
        return test, answer.get("credit", 1) * points, said

    def _matches(self, name: str, answer: Body, *, sensitive: bool) -> Element:
        how, text = answer.get("match", "exact"), answer["text"]
        variable = _e("variable", identifier=name)
        if how in ("regex", "wildcard"):
            pattern = text if how == "regex" else ".*".join(re.escape(part) for part in text.split("*"))
            if not sensitive and pattern.upper() != pattern.lower():
                self.lose("pattern", "A pattern compares case in QTI.")
            return _e("patternMatch", variable, pattern=pattern)
        if how == "close":
            self.lose("close", "QTI has no spelling tolerance; only the exact text is accepted.")
        value = _e("baseValue", text, baseType="string")
        return _e("stringMatch", variable, value, caseSensitive=str(sensitive).lower())

    def _numeric(self) -> None:
        self.content.append(etree.Element("p"))
        self.content[-1].append(_e("textEntryInteraction", responseIdentifier="RESPONSE"))
        if self.body.get("units"):
            self.lose("units", "QTI has no units; the number alone is marked.")
        self._numbers("RESPONSE", self.body["answers"], self.points)

    def _numbers(self, name: str, answers: Sequence[Body], points: float) -> None:
        ranked = sorted(answers, key=lambda answer: -answer.get("credit", 1))
        values = [str(answer["value"]) for answer in ranked if "value" in answer]
        self.declare(name, "float", "single", values[:1])
        self.set_if([self._case(at, answer, _within(name, answer), points) for at, answer in enumerate(ranked)])

    def _matching(self) -> None:
        prompts, choices = self.body["prompts"], self.body["choices"]
        own = {
            prompt["id"]: f"p.{prompt['id']}" if prompt["id"] in {c["id"] for c in choices} else prompt["id"]
            for prompt in prompts
        }
        pairs = [
            f"{self.id(own[prompt['id']])} {self.id(prompt['match'])}" for prompt in prompts if prompt.get("match")
        ]
        share = self.points / max(len(pairs), 1)
        if self.body.get("scoring") == "all_or_nothing":
            self.declare("RESPONSE", "directedPair", "multiple", pairs)
            self.set_if([(self.whole(), self.points, "")] if pairs else [])
        else:
            self.declare("RESPONSE", "directedPair", "multiple", pairs, dict.fromkeys(pairs, share))
            if pairs:
                self.add(_e("mapResponse", identifier="RESPONSE"))
        sets = [
            _e(
                "simpleMatchSet",
                *(
                    self.text("simpleAssociableChoice", p["text"], identifier=self.id(own[p["id"]]), matchMax="1")
                    for p in prompts
                ),
            ),
            _e(
                "simpleMatchSet",
                *(
                    self.text(
                        "simpleAssociableChoice",
                        c["text"],
                        identifier=self.id(c["id"]),
                        matchMax="0",
                        fixed="true" if c.get("pinned") else None,
                    )
                    for c in choices
                ),
            ),
        ]
        self._interaction("matchInteraction", *sets, maxAssociations=len(prompts))

    def _ordering(self) -> None:
        entries = self.body["entries"]
        order = [self.id(name) for name in self.body.get("key", [])]
        self.declare("RESPONSE", "identifier", "ordered", order)
        self.set_if([(self.whole(), self.points, "")] if order else [])
        if self.body.get("scoring", "exact") != "exact":
            self.lose("scoring", "A partly right order earns nothing in QTI.")
        self._interaction("orderInteraction", *self._options(entries), shuffle=False)
        self.content[-1].set("shuffle", "true")

    def _cloze(self) -> None:
        gaps = self.body["gaps"]
        total = sum(float(gap.get("weight", 1)) for gap in gaps) or 1.0
        whole = self.body.get("scoring") == "all_or_nothing"
        elements = {
            gap["id"]: self._gap(gap, 0.0 if whole else self.points * float(gap.get("weight", 1)) / total)
            for gap in gaps
        }
        if self.body.get("stem"):
            self.writing.fill(self.content, self.body["stem"])
        holder = self.writing.fill(_e("holder"), self.body["text"], gaps=elements)
        self.content.extend(list(holder))
        if whole:
            self.rules = [
                _e(
                    "responseCondition",
                    _e(
                        "responseIf",
                        _e("and", *map(self._full, gaps)),
                        _e("setOutcomeValue", _value(self.points), identifier="SCORE"),
                    ),
                )
            ]

    def _gap(self, gap: Body, points: float) -> Element:
        name = self.id(gap["id"])
        if gap["kind"] == "dropdown":
            self._single_gap(gap, name, points)
            return _e(
                "inlineChoiceInteraction",
                *[_e("inlineChoice", rendering.plain(o["text"]), identifier=self.id(o["id"])) for o in gap["options"]],
                responseIdentifier=name,
                shuffle=str(self.writing.draft.shuffle_options).lower(),
            )
        if gap["kind"] == "number":
            self._numbers(name, gap["answers"], points)
        else:
            self._texts(name, gap["answers"], points, sensitive=bool(gap.get("case_sensitive")))
        return _e("textEntryInteraction", responseIdentifier=name)

    def _single_gap(self, gap: Body, name: str, points: float) -> None:
        self._single(gap["options"], name, points or 1.0)
        if any(option.get("rationale") for option in gap["options"]):
            self.lose("rationale", "Feedback on the options of a drop-down in a text is not written.")
        if any(re.search(r"[*_`$\[!]", option["text"]) for option in gap["options"]):
            self.lose("markup", "Options of a drop-down are plain text in QTI.", "info")

    def _full(self, gap: Body) -> Element:
        """The test that a gap is filled with a text of full credit."""
        name = self.id(gap["id"])
        if gap["kind"] == "dropdown":
            return self.whole(name)
        full = [answer for answer in gap["answers"] if answer.get("credit", 1) == 1]
        if gap["kind"] == "number":
            return _e("or", *(_within(name, answer) for answer in full))
        return _e("or", *(self._matches(name, answer, sensitive=bool(gap.get("case_sensitive"))) for answer in full))

    def _hotspot(self) -> None:
        areas = self.body["areas"]
        most = self.body.get("max_choices", 1)
        if most == 1:
            self._single(areas, "RESPONSE", self.points)
        else:
            self._several(
                areas,
                [self.id(a["id"]) for a in areas if a.get("credit", 0) > 0],
                self.body.get("scoring", "right_minus_wrong"),
            )
        spots = [
            _e(
                "hotspotChoice",
                identifier=self.id(area["id"]),
                shape=area["shape"],
                coords=",".join(map(figure, area["coords"])),
                hotspotLabel=rendering.plain(area.get("label", "")) or None,
            )
            for area in areas
        ]
        digest = self.body.get("image", "").removeprefix("media:")
        media = next((found for found in self.writing.draft.media if found.digest == digest), None)
        self._interaction("hotspotInteraction", self._image(digest, media), *spots, shuffle=False, maxChoices=most)
        self.say(areas)

    def _image(self, digest: str, media: Media | None) -> Element:
        path = "../" + picture_path(media) if media else ""
        if media is None:
            self.lose("picture", f"The picture {digest[:12]}… is not in the draft.", "error")
        size = {side: str(self.body[side]) for side in ("width", "height") if self.body.get(side)}
        found = etree.Element("object", {"data": path, "type": media.content_type if media else "image/png", **size})
        found.text = xml.legal(self.body.get("alt", ""))
        return found

    def _open_text(self) -> None:
        self._rubric()
        self.declare("RESPONSE", "string", "single", [])
        self._interaction("extendedTextInteraction", shuffle=False, expectedLength=self.body.get("max_length"))

    def _file_upload(self) -> None:
        self._rubric()
        self.declare("RESPONSE", "file", "single", [])
        kinds = [mimetypes.guess_type(f"x{end}")[0] for end in self.body.get("types", [])]
        if None in kinds:
            self.lose("types", "A file type without a known media type is not held.")
        if (self.body.get("max_size", DEFAULT_SIZE), self.body.get("max_files", 1)) != (DEFAULT_SIZE, 1):
            self.lose("limits", "QTI holds no largest size and number of files.")
        self._interaction("uploadInteraction", shuffle=False, type=" ".join(filter(None, kinds)) or None)

    def _rubric(self) -> None:
        for line in self.body.get("rubric", []):
            idea = self.writing.fill(etree.Element("div", {"class": "idea"}), line["idea"])
            example = (
                self.writing.fill(etree.Element("div", {"class": "example"}), line["example"])
                if line.get("example")
                else None
            )
            self.content.append(_e("rubricBlock", idea, example, view="scorer", **{"class": f"rubric-{line['level']}"}))


def _value(points: float) -> Element:
    return _e("baseValue", figure(points), baseType="float")


def _within(name: str, answer: Body) -> Element:
    """The test of a number against one answer."""
    variable = partial(_e, "variable", identifier=name)
    if "min" in answer:
        low, high = (_e("baseValue", str(answer[key]), baseType="float") for key in ("min", "max"))
        return _e("and", _e("gte", variable(), low), _e("lte", variable(), high))
    value = _e("baseValue", str(answer["value"]), baseType="float")
    tolerance = answer.get("tolerance") or {}
    kind, width = tolerance.get("type"), tolerance.get("value", 0)
    if kind in ("significant_figures", "decimals"):
        mode = "decimalPlaces" if kind == "decimals" else "significantFigures"
        return _e("equalRounded", variable(), value, roundingMode=mode, figures=int(width))
    if kind in ("absolute", "relative") and width:
        size = figure(float(width) * (100 if kind == "relative" else 1))
        return _e("equal", variable(), value, toleranceMode=kind, tolerance=f"{size} {size}")
    return _e("equal", variable(), value, toleranceMode="exact")
