"""QTI 1.2 as Canvas reads it, and Common Cartridge 1.3, which holds each quiz twice: in its own narrow profile for any
LMS, and beside it as Canvas writes it. Pure.

`assay_scoring` is a field of ours, which others pass over: Canvas credits several options by a rule of its own.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import md5
from typing import Any

from lxml import etree

from content import rendering
from content.drafts import ItemDraft
from content.formats import xml
from content.formats.packages import pack
from content.formats.reading import Draft, Written
from content.formats.xml import Element
from content.formats.xml_writing import Writing, figure, valid

Body = Mapping[str, Any]
SPACE = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
CANVAS = "http://canvas.instructure.com/xsd/cccv1p0"
PACKAGING = "http://www.imsglobal.org/xsd/imscp_v1p1"
CARTRIDGE = "http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1"
OTHER = "associatedcontent/imscc_xmlv1p{}/learning-application-resource"
PROFILES = {
    "choice": "cc.multiple_choice.v0p1", "true_false": "cc.true_false.v0p1",
    "multiple_response": "cc.multiple_response.v0p1", "short_text": "cc.fib.v0p1", "open_text": "cc.essay.v0p1",
}  # fmt: skip
TYPES = {
    "choice": "multiple_choice_question", "true_false": "true_false_question", "open_text": "essay_question",
    "multiple_response": "multiple_answers_question", "short_text": "short_answer_question",
    "numeric": "numerical_question", "matching": "matching_question", "ordering": "ordering_question",
    "file_upload": "file_upload_question", "description": "text_only_question",
}  # fmt: skip


def write(draft: Draft) -> Written:
    writing = Writing(draft, root="$IMS-CC-FILEBASE$/")
    ident = _ident(draft)
    members = {f"{ident}/{ident}.xml": _quiz(writing, ident), f"{ident}/assessment_meta.xml": _settings(draft, ident)}
    files = _pictures(writing)
    resources = [
        (ident, "imsqti_xmlv1p2", f"{ident}/{ident}.xml", [f"{ident}_meta"]),
        (f"{ident}_meta", OTHER.format(1), f"{ident}/assessment_meta.xml", []),
    ]
    members = {
        "imsmanifest.xml": _manifest(draft, PACKAGING, "IMS Content", "1.1.3", resources, list(files)),
        **members,
        **files,
    }
    return Written(f"{draft.slug or 'quiz'}-canvas.zip", "application/zip", pack(members), writing.losses)


def write_cartridge(draft: Draft) -> Written:
    writing = Writing(draft, root="$IMS-CC-FILEBASE$/")
    ident = _ident(draft)
    canvas = f"non_cc_assessments/{ident}.xml.qti"
    narrow = _Narrow(writing)
    members = {
        f"{ident}/assessment_qti.xml": narrow.quiz(ident),
        canvas: _quiz(writing, ident),
        f"{ident}/assessment_meta.xml": _settings(draft, ident),
    }
    files = _pictures(writing)
    resources = [
        (ident, "imsqti_xmlv1p2/imscc_xmlv1p3/assessment", f"{ident}/assessment_qti.xml", [f"{ident}_meta"]),
        (f"{ident}_meta", OTHER.format(3), f"{ident}/assessment_meta.xml", []),
        (f"{ident}_canvas", OTHER.format(3), canvas, []),
    ]
    manifest = _manifest(draft, CARTRIDGE, "IMS Common Cartridge", "1.3.0", resources, list(files))
    data = pack({"imsmanifest.xml": manifest, **members, **files})
    return Written(f"{draft.slug or 'quiz'}.imscc", "application/zip", data, writing.losses)


def _ident(draft: Draft) -> str:
    return "g" + md5(f"{draft.slug}\n{draft.title}".encode(), usedforsecurity=False).hexdigest()


def _pictures(writing: Writing) -> dict[str, bytes]:
    return {f"web_resources/{path}": data for path, data in writing.media_files().items()}


def _e(tag: str, *inner: "Element | str | None", **attributes: Any) -> Element:
    element = etree.Element(tag)
    for name, value in attributes.items():
        if value is not None:
            element.set(name.rstrip("_"), xml.legal(str(value)))
    for part in inner:
        if isinstance(part, str):
            element.text = xml.legal(part)
        elif part is not None:
            element.append(part)
    return element


def _document(root: Element, space: str) -> bytes:
    for element in root.iter(etree.Element):
        element.tag = f"{{{space}}}{element.tag}"
    named = etree.Element(root.tag, xml.attributes(root), nsmap=xml.default(space))
    named.extend(list(root))
    etree.cleanup_namespaces(named)
    return xml.document(named)


def _manifest(
    draft: Draft,
    space: str,
    schema: str,
    number: str,
    resources: Sequence[tuple[str, str, str, list[str]]],
    files: Sequence[str],
) -> bytes:
    """Resources: identifier, type, file, what it needs."""
    about = _e("metadata", _e("schema", schema), _e("schemaversion", number))
    root = _e(
        "organization", _e("item", identifier="LearningModules"), identifier="org_1", structure="rooted-hierarchy"
    )
    if "Cartridge" in schema:
        root[0].append(
            _e("item", _e("title", draft.title or "Quiz"), identifier="item_1", identifierref=resources[0][0])
        )
    listed = [
        _e(
            "resource",
            _e("file", href=href),
            *(_e("dependency", identifierref=need) for need in needs),
            identifier=name,
            type=kind,
            href=None if kind.startswith("imsqti_xmlv1p2/") else href,
        )
        for name, kind, href, needs in resources
    ]
    listed += [
        _e("resource", _e("file", href=path), identifier=f"media{at}", type="webcontent", href=path)
        for at, path in enumerate(files, 1)
    ]
    organizations = _e("organizations", root if "Cartridge" in schema else None)
    return _document(_e("manifest", about, organizations, _e("resources", *listed), identifier="manifest"), space)


def _settings(draft: Draft, ident: str) -> bytes:
    shuffle = str(draft.shuffle_options).lower()
    points = figure(sum(item.points for item in draft.items))
    parts = [
        ("title", draft.title or "Quiz"),
        ("shuffle_answers", shuffle),
        ("quiz_type", "assignment"),
        ("points_possible", points),
    ]
    return _document(_e("quiz", *(_e(name, text) for name, text in parts), identifier=ident), CANVAS)


def _quiz(writing: Writing, ident: str) -> bytes:
    draft = writing.draft
    taken: dict[str, str] = {}
    pools = {item: pool for pool in draft.pools for item in pool.items}
    groups: dict[str, Element] = {}
    root = _e("section", ident="root_section")
    if draft.shuffle_questions:
        root.append(_e("selection_ordering", sequence_type="Random"))
    for item in draft.items:
        element = _Item(writing, item, valid(item.identifier, taken)).write()
        pool = pools.get(item.identifier)
        if pool is None:
            root.append(element)
            continue
        if pool.name not in groups:
            selection = _e(
                "selection",
                _e("selection_number", str(pool.draw)),
                _e("selection_extension", _points(draft, pool.items)),
            )
            groups[pool.name] = _e(
                "section", _e("selection_ordering", selection), ident=f"group{len(groups) + 1}", title=pool.name
            )
            root.append(groups[pool.name])
        groups[pool.name].append(element)
    return _document(_e("questestinterop", _e("assessment", root, ident=ident, title=draft.title or "Quiz")), SPACE)


def _points(draft: Draft, items: Sequence[str]) -> Element | None:
    found = {item.points for item in draft.items if item.identifier in items}
    return _e("points_per_item", figure(found.pop())) if len(found) == 1 else None


class _Item:
    """One question as Canvas writes it."""

    def __init__(self, writing: Writing, item: ItemDraft, name: str) -> None:
        self.writing, self.item, self.body, self.name = writing, item, item.body, name
        self.fields: dict[str, str] = {}
        self.presentation = _e("presentation")
        self.processing = _e(
            "resprocessing",
            _e("outcomes", _e("decvar", maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal")),
        )
        self.feedback: list[Element] = []

    def lose(self, what: str, why: str, severity: Any = "warning") -> None:
        self.writing.lose(self.item.identifier, what, why, severity)

    def write(self) -> Element:
        self.writing.about(self.item)
        self.kind = TYPES.get(self.item.kind, "text_only_question")
        self.presentation.append(self.material(self.body.get("stem", ""), block=True))
        if self.body.get("feedback"):
            self.say("general_fb", self.body["feedback"])
            self.condition(_e("other"), None, "general_fb", more=True)
        writer = getattr(self, f"_{self.item.kind}", None)
        if writer is None:
            self.lose(self.item.kind, "Canvas has no such question in QTI 1.2; its text alone was written.", "error")
        else:
            writer()
        fields = {"question_type": self.kind, "points_possible": figure(self.item.points), **self.fields}
        meta = _e("qtimetadata", *(_field(name, text) for name, text in fields.items()))
        source = self.item.provenance.get("source")
        title = str((source.get("title") if isinstance(source, Mapping) else "") or self.item.identifier)
        processing = self.processing if self.kind != "text_only_question" else None
        return _e(
            "item",
            _e("itemmetadata", meta),
            self.presentation,
            processing,
            *self.feedback,
            ident=self.name,
            title=title,
        )

    # Parts

    def material(self, text: str, *, block: bool = False) -> Element:
        html = self.writing.xhtml(text, inline=not block)
        return _e("material", _e("mattext", f"<div>{html}</div>" if block else html, texttype="text/html"))

    def say(self, name: str, text: str) -> None:
        self.feedback.append(_e("itemfeedback", _e("flow_mat", self.material(text, block=True)), ident=name))

    def condition(
        self,
        test: Element | Sequence[Element],
        score: float | None,
        said: str = "",
        *,
        more: bool = False,
        add: bool = False,
    ) -> None:
        tests = [test] if isinstance(test, etree._Element) else list(test)
        setting = (
            _e("setvar", figure(score * 100), action="Add" if add else "Set", varname="SCORE")
            if score is not None
            else None
        )
        shown = _e("displayfeedback", feedbacktype="Response", linkrefid=said) if said else None
        condition = _e("respcondition", _e("conditionvar", *tests), setting, shown)
        if not add:
            condition.set("continue", "Yes" if more else "No")
        self.processing.append(condition)

    def rationales(self, rows: Sequence[Body], name: str = "response1") -> None:
        for row in rows:
            if row.get("rationale"):
                self.say(f"{row['id']}_fb", row["rationale"])
                self.condition(_equal(name, row["id"]), None, f"{row['id']}_fb", more=True)

    def choices(
        self, rows: Sequence[Body], name: str = "response1", *, several: str = "Single", title: Element | None = None
    ) -> None:
        labels = [
            _e(
                "response_label",
                self.material(row["text"]),
                ident=row["id"],
                rshuffle="No" if row.get("pinned") else None,
            )
            for row in rows
        ]
        self.presentation.append(
            _e("response_lid", title, _e("render_choice", *labels), ident=name, rcardinality=several)
        )

    def field(self, kind: str | None = None) -> None:
        fib = _e("render_fib", _e("response_label", ident="answer1", rshuffle="No"), fibtype=kind)
        self.presentation.append(_e("response_str", fib, ident="response1", rcardinality="Single"))

    # Kinds

    def _description(self) -> None:
        """Only its text."""

    def _choice(self) -> None:
        options = self.body["options"]
        self.choices(options)
        self.rationales(options)
        if any(0 < option.get("credit", 0) < 1 for option in options):
            self.lose("credit", "Canvas gives full credit or none for a single choice.")
        for option in options:
            if option.get("credit", 0) > 0:
                self.condition(_equal("response1", option["id"]), option["credit"])

    def _true_false(self) -> None:
        correct, said = self.body.get("correct"), self.body.get("rationales", {})
        rows = [{"id": key, "text": key.capitalize(), "rationale": said.get(key, "")} for key in ("true", "false")]
        self.choices(rows)
        self.rationales(rows)
        if correct is not None:
            self.condition(_equal("response1", str(bool(correct)).lower()), 1)

    def _multiple_response(self) -> None:
        options, scoring = self.body["options"], self.body.get("scoring", "all_or_nothing")
        self.choices(options, several="Multiple")
        self.rationales(options)
        if scoring == "per_option":
            self.lose("credit", "Single credits of options are not held; all right options and no other are the key.")
        else:
            self.fields["assay_scoring"] = scoring
        if scoring == "all_or_nothing":
            self.lose("scoring", "Canvas gives each right option its share and takes as much for a wrong one.", "info")
        if self.body.get("max_choices"):
            self.lose("max_choices", "The most options that may be chosen are not held.")
        tests = [
            _equal("response1", option["id"])
            if option.get("credit", 0) > 0
            else _e("not", _equal("response1", option["id"]))
            for option in options
        ]
        if any(test.tag == "varequal" for test in tests):
            self.condition(_e("and", *tests), 1)

    def _short_text(self) -> None:
        self.field()
        if self.body.get("case_sensitive"):
            self.lose("case", "Canvas never compares case.", "info")
        for at, answer in enumerate(self._texts(self.body["answers"]), 1):
            test = self._text_test(answer)
            if answer.get("feedback"):
                self.say(f"answer{at}_fb", answer["feedback"])
                self.condition(self._text_test(answer), None, f"answer{at}_fb", more=True)
            self.condition(test, answer.get("credit", 1))
        if any(answer.get("credit", 1) < 1 for answer in self.body["answers"]):
            self.lose("credit", "Canvas gives full credit for every accepted answer.")

    def _texts(self, answers: Sequence[Body]) -> list[Body]:
        """Those that can be compared as they are, or as a part of the answer."""
        kept = []
        for answer in answers:
            how, text = answer.get("match", "exact"), answer["text"]
            if how == "regex" or (how == "wildcard" and "*" in text.strip("*")):
                self.lose("pattern", f"The pattern {text} is not held.")
                continue
            if how == "close":
                self.lose("close", "There is no spelling tolerance; only the exact text is accepted.")
            kept.append(answer)
        return kept

    def _text_test(self, answer: Body) -> Element:
        case = "Yes" if self.body.get("case_sensitive") else None
        wild = answer.get("match") == "wildcard" and "*" in answer["text"]
        return _e(
            "varsubstring" if wild else "varequal",
            answer["text"].strip("*") if wild else answer["text"],
            respident="response1",
            case=case,
        )

    def _numeric(self) -> None:
        self.field("Decimal")
        if self.body.get("units"):
            self.lose("units", "There are no units; the number alone is marked.")
        if any(answer.get("credit", 1) < 1 for answer in self.body["answers"]):
            self.lose("credit", "Canvas gives full credit for every accepted answer.")
        for at, answer in enumerate(sorted(self.body["answers"], key=lambda answer: -answer.get("credit", 1)), 1):
            if answer.get("feedback"):
                self.say(f"answer{at}_fb", answer["feedback"])
            self.condition(
                _number_tests(answer), answer.get("credit", 1), f"answer{at}_fb" if answer.get("feedback") else ""
            )

    def _matching(self) -> None:
        prompts, choices = self.body["prompts"], self.body["choices"]
        if self.body.get("scoring") == "all_or_nothing":
            self.fields["assay_scoring"] = "all_or_nothing"
            self.lose("scoring", "Canvas credits each pair.", "info")
        for prompt in prompts:
            self.choices(choices, f"response_{prompt['id']}", title=self.material(prompt["text"]))
        for prompt in prompts:
            if prompt.get("match"):
                self.condition(_equal(f"response_{prompt['id']}", prompt["match"]), 1 / len(prompts), add=True)

    def _ordering(self) -> None:
        entries = self.body["entries"]
        self.lose("ordering", "Only Canvas New Quizzes has ordering; a partly right order earns nothing there.", "info")
        self.choices(entries, several="Ordered")
        if self.body.get("key"):
            self.condition([_equal("response1", name) for name in self.body["key"]], 1)
        self.fields["assay_scoring"] = self.body.get("scoring", "exact")

    def _cloze(self) -> None:
        gaps = self.body["gaps"]
        listed = all(gap["kind"] == "dropdown" for gap in gaps)
        self.kind = "multiple_dropdowns_question" if listed else "fill_in_multiple_blanks_question"
        stem = self.body.get("stem", "")
        text = "\n\n".join(filter(None, [stem, self.body["text"]]))
        for gap in gaps:
            text = text.replace(f"[[{gap['id']}]]", rendering.escaped(f"[{gap['id']}]"))
        self.presentation[0] = self.material(text, block=True)
        if self.body.get("scoring") == "all_or_nothing":
            self.fields["assay_scoring"] = "all_or_nothing"
            self.lose("scoring", "Canvas credits each gap.", "info")
        total = sum(float(gap.get("weight", 1)) for gap in gaps) or 1
        for gap in gaps:
            rows = gap["options"] if listed else self._accepted(gap)
            name = f"response_{gap['id']}"
            self.choices(rows, name, title=_e("material", _e("mattext", gap["id"])))
            for row in rows:
                if row.get("credit", 0) > 0:
                    self.condition(
                        _equal(name, row["id"]), float(gap.get("weight", 1)) / total * row["credit"], add=True
                    )
            self.rationales(rows, name)

    def _accepted(self, gap: Body) -> list[Body]:
        """The accepted answers of a gap to type in; of a drop-down its right options."""
        if gap["kind"] == "dropdown":
            self.lose("dropdown", "Beside gaps to type in, a drop-down becomes one too.")
            found = [(rendering.plain(option["text"]), option.get("credit", 0)) for option in gap["options"]]
        elif gap["kind"] == "number":
            self.lose("number", "A number in a text is compared as text; its tolerance is not held.")
            found = [
                (str(answer.get("value", answer.get("min"))), answer.get("credit", 1)) for answer in gap["answers"]
            ]
        else:
            found = [(answer["text"], answer.get("credit", 1)) for answer in self._texts(gap["answers"])]
            if gap.get("case_sensitive"):
                self.lose("case", "Canvas never compares case.")
        if any(0 < credit < 1 for _text, credit in found):
            self.lose("credit", "Accepted answers of a gap with less than full credit are left out.")
        return [
            {"id": f"{gap['id']}.{at}", "text": rendering.escaped(text), "credit": 1}
            for at, (text, credit) in enumerate(found, 1) if credit == 1
        ]  # fmt: skip

    def _open_text(self) -> None:
        self.field()
        self.condition(_e("other"), None)
        self._rubric()

    def _file_upload(self) -> None:
        self.lose("types", "The allowed types, size and number of files are not held.")
        self._rubric()

    def _rubric(self) -> None:
        lines = self.body.get("rubric", [])
        for at, line in enumerate(found for found in lines if found["level"] == "full"):
            solution = _e("solution", _e("solutionmaterial", _e("flow_mat", self.material(line["idea"], block=True))))
            self.feedback.append(_e("itemfeedback", solution, ident=f"solution{at or ''}"))
        if any(line["level"] != "full" or line.get("example") for line in lines):
            self.lose("rubric", "Of the rubric only what earns full credit is held.")


class _Narrow:
    """The five kinds of the Common Cartridge profile."""

    def __init__(self, writing: Writing) -> None:
        self.writing = writing

    def quiz(self, ident: str) -> bytes:
        draft = self.writing.draft
        taken: dict[str, str] = {}
        section = _e("section", ident="root_section")
        for item in draft.items:
            name = valid(item.identifier, taken)
            if item.kind not in PROFILES:
                self.writing.lose(
                    item.identifier,
                    item.kind,
                    "Common Cartridge has no such question; only Canvas and Assay will find it.",
                )
                continue
            section.append(self.narrowed(_Item(Writing(draft, root=self.writing.root), item, name), item))
        fields = [
            _field("cc_profile", "cc.exam.v0p1"),
            _field("qmd_assessmenttype", "Examination"),
            _field("qmd_scoretype", "Percentage"),
        ]
        assessment = _e("assessment", _e("qtimetadata", *fields), section, ident=ident, title=draft.title or "Quiz")
        return _document(_e("questestinterop", assessment), SPACE)

    def narrowed(self, writer: _Item, item: ItemDraft) -> Element:
        element = writer.write()
        fields = [_field("cc_profile", PROFILES[item.kind]), _field("cc_weighting", str(max(1, round(item.points))))]
        if item.kind == "open_text":
            fields.append(_field("qmd_computerscored", "No"))
        element[0][0][:] = fields
        return element


def _field(name: str, text: str) -> Element:
    return _e("qtimetadatafield", _e("fieldlabel", name), _e("fieldentry", text))


def _equal(name: str, text: str) -> Element:
    return _e("varequal", text, respident=name)


def _number_tests(answer: Body) -> list[Element]:
    if "min" in answer:
        return [
            _e("vargte", str(answer["min"]), respident="response1"),
            _e("varlte", str(answer["max"]), respident="response1"),
        ]
    value, tolerance = Decimal(str(answer["value"])), answer.get("tolerance") or {}
    kind, width = tolerance.get("type"), Decimal(str(tolerance.get("value", 0)))
    equal = _equal("response1", str(answer["value"]))
    below = "vargte"
    if kind in ("significant_figures", "decimals"):
        digits = int(width)
        exponent = (
            -digits if kind == "decimals" else math.floor(math.log10(abs(value))) - digits + 1 if value else -digits
        )
        equal.set("precisiontype", "decimals" if kind == "decimals" else "significantDigits")
        equal.set("precision", str(digits))
        below, width = "vargt", Decimal(5) * Decimal(10) ** (exponent - 1)
    elif kind == "relative":
        equal.set("margintype", "percent")
        equal.set("margin", figure(width * 100))
        width = abs(value) * width
    bounds = [
        _e(below, str(value - width), respident="response1"),
        _e("varlte", str(value + width), respident="response1"),
    ]
    return [_e("or", equal, _e("and", *bounds))] if width else [equal]
