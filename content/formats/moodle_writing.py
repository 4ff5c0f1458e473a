"""Questions as Moodle XML. Texts go out as Markdown, which Moodle knows, and so come back as they were. Pure."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from lxml import etree

from content import rendering
from content.drafts import ItemDraft
from content.formats import assembling, moodle_cloze, packages, texts, xml
from content.formats.gift_writing import Unwritable, lose_text_rules, pattern_of, shares
from content.formats.losses import Losses
from content.formats.reading import Draft, Media, Written
from content.formats.xml import Element

HELD = ("points", "tags", "feedback", "rationales", "pictures", "pinned options")
ORDERING = {"exact": "ALL_OR_NOTHING", "position": "ABSOLUTE_POSITION", "adjacent_pairs": "RELATIVE_NEXT_EXCLUDE_LAST"}


def write(draft: Draft) -> Written:
    losses = Losses()
    losses.of_draft(draft, holds=("pictures", "shuffling", "pools"))
    for pool in draft.pools:
        losses.lose(
            "pools", f"{pool.name}: its questions are a category; draw {pool.draw} of them in the quiz.", "info"
        )
    writing = Writing({media.digest: media for media in draft.media}, draft.shuffle_options, losses)
    root = etree.Element("quiz")
    category = ""
    pools = {name: pool.name for pool in draft.pools for name in pool.items}
    for item in draft.items:
        losses.about(item.identifier)
        try:
            question = writing.question(item)
        except Unwritable as reason:
            losses.lose("question", str(reason), "error")
            continue
        losses.of_item(item, holds=HELD)
        placed = str(item.provenance.get("source", {}).get("category", ""))
        if item.identifier in pools:
            placed = f"$course$/top/{pools[item.identifier].replace('/', '//')}"
        if placed and placed != category:
            root.append(_category(placed))
            category = placed
        root.append(question)
    return Written(f"{draft.slug or 'questions'}.xml", "application/xml", xml.document(root), losses.found)


def _category(name: str) -> Element:
    question = etree.Element("question", type="category")
    _text(_add(question, "category"), name)
    return question


def _add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    element = etree.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = xml.legal(text)
    return element


def _text(parent: Element, text: str) -> None:
    _add(parent, "text", text)


class Writing:
    """What the questions of one file share."""

    def __init__(self, media: Mapping[str, Media], shuffle: bool, losses: Losses) -> None:
        self.media = media
        self.shuffle = shuffle
        self.losses = losses

    def question(self, item: ItemDraft) -> Element:
        """Raises Unwritable."""
        if item.kind not in WRITERS:
            raise Unwritable(f"Moodle has no question of the kind {item.kind}.")
        name, fill = WRITERS[item.kind]
        question = etree.Element("question", type=name)
        title = str(item.provenance.get("source", {}).get("title", "")) or item.identifier
        _text(_add(question, "name"), title)
        stem = moodle_cloze.written(item.body, self.losses) if item.kind == "cloze" else item.body["stem"]
        self.markdown(question, "questiontext", stem)
        self.markdown(question, "generalfeedback", item.body.get("feedback") or "")
        if item.kind != "cloze":
            _add(question, "defaultgrade", texts.shown(item.points.normalize() + 0))
        elif item.points != sum(gap.get("weight", 1) for gap in item.body["gaps"]):
            self.losses.lose("points", "The points of embedded answers are the sum of their weights there.")
        _add(question, "penalty", "0")
        _add(question, "hidden", "0")
        _add(question, "idnumber", item.identifier)
        fill(self, question, item.body)
        if tags := item.tags:
            holder = _add(question, "tags")
            for tag in tags:
                _text(_add(holder, "tag"), str(tag))
        return question

    def markdown(self, parent: Element, name: str, text: str, **attributes: str) -> Element:
        """A text with the pictures that it shows."""
        element = _add(parent, name, format="markdown", **attributes)
        shown: dict[str, Media] = {}

        def path(found: re.Match[str]) -> str:
            media = self.media.get(found[1])
            if media is None:
                return found[0]
            shown[media.digest] = media
            return f"@@PLUGINFILE@@/{quote(_file(media))}"

        _text(element, re.sub(rf"(?<=\]\(){rendering.MEDIA.pattern}", path, str(text)))
        for media in shown.values():
            data = base64.b64encode(media.data).decode()
            _add(element, "file", data, name=_file(media), path="/", encoding="base64")
        return element

    def answer(self, question: Element, credit: float, text: str, feedback: str) -> Element:
        """An answer that is compared as plain text."""
        answer = _add(question, "answer", fraction=texts.percentage(float(credit)), format="moodle_auto_format")
        _text(answer, text)
        self.markdown(answer, "feedback", feedback)
        return answer

    def options(self, question: Element, body: Mapping[str, Any], credits: list[float]) -> None:
        pinned = [bool(option.get("pinned")) for option in body["options"]]
        shuffle = self.shuffle and not all(pinned)
        if any(pinned) and shuffle:
            self.losses.lose("pinned options", "Moodle shuffles all options of a question or none.")
        elif any(pinned) and not self.shuffle:
            self.losses.lose("pinned options", "Options are not shuffled there; that they are pinned is lost.", "info")
        _add(question, "shuffleanswers", str(shuffle).lower())
        _add(question, "answernumbering", "none")
        for option, credit in zip(body["options"], credits, strict=True):
            answer = self.markdown(question, "answer", option["text"], fraction=texts.percentage(credit))
            self.markdown(answer, "feedback", option.get("rationale", ""))


def _file(media: Media) -> str:
    return packages.picture_path(media).rpartition("/")[2]


Filler = Callable[[Writing, Element, Mapping[str, Any]], None]


def _choice(writing: Writing, question: Element, body: Mapping[str, Any]) -> None:
    _add(question, "single", "true")
    writing.options(question, body, [float(option["credit"]) for option in body["options"]])


def _multiple(writing: Writing, question: Element, body: Mapping[str, Any]) -> None:
    scoring = body.get("scoring", "all_or_nothing")
    if scoring != "per_option":
        writing.losses.lose("scoring", f"Moodle credits each option; {scoring} is approximated.")
    if body.get("max_choices"):
        writing.losses.lose("max_choices")
    _add(question, "single", "false")
    writing.options(question, body, shares(body))


def _statement(writing: Writing, question: Element, body: Mapping[str, Any]) -> None:
    rationales = body.get("rationales") or {}
    for name, value in (("true", True), ("false", False)):
        writing.answer(question, int(body["correct"] is value), name, rationales.get(name, ""))


def _short(writing: Writing, question: Element, body: Mapping[str, Any]) -> None:
    lose_text_rules(body, writing.losses, case=True)
    _add(question, "usecase", str(int(bool(body.get("case_sensitive")))))
    written = 0
    for answer in body["answers"]:
        pattern = pattern_of(answer, writing.losses)
        if pattern is None:
            writing.losses.lose("answer", f"Moodle cannot hold this accepted answer: {answer['text'][:100]}")
        else:
            written += 1
            writing.answer(question, answer["credit"], pattern, answer.get("feedback", ""))
    if not written:
        raise Unwritable("Moodle can hold none of its accepted answers.")


def _numeric(writing: Writing, question: Element, body: Mapping[str, Any]) -> None:
    for answer in body["answers"]:
        value, margin = moodle_cloze.middle(answer, writing.losses)
        _add(writing.answer(question, answer["credit"], value, answer.get("feedback", "")), "tolerance", margin or "0")
    units = body.get("units") or {}
    if not units:
        _add(question, "showunits", "3")
        return
    unit = _add(_add(question, "units"), "unit")
    _add(unit, "multiplier", "1")
    _add(unit, "unit_name", str(units["unit"]))
    _add(question, "unitgradingtype", "1" if units.get("required") else "0")
    _add(question, "unitpenalty", texts.shown(units.get("penalty", 0)))
    _add(question, "showunits", "0")
    if not units.get("required") and units.get("penalty"):
        writing.losses.lose("units", "A wrong unit costs nothing there unless a unit is required.")


def _matching(writing: Writing, question: Element, body: Mapping[str, Any]) -> None:
    if body.get("scoring", "per_pair") != "per_pair":
        writing.losses.lose("scoring", "Moodle credits each pair.")
    choices = {choice["id"]: _plain(writing, choice["text"]) for choice in body["choices"]}
    _add(question, "shuffleanswers", "true")
    matched = {prompt["match"] for prompt in body["prompts"]}
    pairs = [(prompt["text"], choices[prompt["match"]]) for prompt in body["prompts"]]
    pairs += [("", text) for name, text in choices.items() if name not in matched]
    for prompt, choice in pairs:
        part = writing.markdown(question, "subquestion", prompt)
        _text(_add(part, "answer"), choice)


def _plain(writing: Writing, text: str) -> str:
    """Moodle takes the right side of a pair as plain text."""
    plain = " ".join(rendering.plain(text).split())
    if texts.from_plain(plain) != text:
        writing.losses.lose("markup", "Choices of a matching question are plain text.", "info")
    return plain


def _ordering(writing: Writing, question: Element, body: Mapping[str, Any]) -> None:
    for name, value in (("layouttype", "VERTICAL"), ("selecttype", "ALL"), ("selectcount", "0")):
        _add(question, name, value)
    _add(question, "gradingtype", ORDERING[body.get("scoring", "exact")])
    for at, entry in enumerate(assembling.in_order(body), start=1):
        writing.markdown(question, "answer", entry["text"], fraction=f"{at}.0000000")


def _essay(writing: Writing, question: Element, body: Mapping[str, Any]) -> None:
    _add(question, "responseformat", "editor")
    _add(question, "attachments", "0")
    if body.get("max_length") != assembling.ESSAY_LENGTH:
        writing.losses.lose("max_length", "Moodle limits words, not characters.", "info")
    _rubric(writing, question, body)


def _rubric(writing: Writing, question: Element, body: Mapping[str, Any]) -> None:
    """The first line that earns full credit as information for those who mark, or all as a list."""
    lines = body["rubric"]
    if len(lines) == 1 and lines[0]["level"] == "full" and not lines[0].get("example"):
        writing.markdown(question, "graderinfo", lines[0]["idea"])
        return
    writing.losses.lose("rubric", "Its lines became one text for those who mark.")
    rows = [
        f"- {line['level']}: {' '.join(line['idea'].split())}"
        + (f" ({' '.join(line['example'].split())})" if line.get("example") else "")
        for line in lines
    ]
    writing.markdown(question, "graderinfo", "\n".join(rows))


def _upload(writing: Writing, question: Element, body: Mapping[str, Any]) -> None:
    _add(question, "responseformat", "noinline")
    _add(question, "attachments", texts.shown(body["max_files"]))
    _add(question, "attachmentsrequired", "1")
    _add(question, "maxbytes", texts.shown(body["max_size"]))
    _add(question, "filetypeslist", ",".join(body["types"]))
    _rubric(writing, question, body)


def _nothing(_writing: Writing, _question: Element, _body: Mapping[str, Any]) -> None:
    return


WRITERS: dict[str, tuple[str, Filler]] = {
    "choice": ("multichoice", _choice),
    "multiple_response": ("multichoice", _multiple),
    "true_false": ("truefalse", _statement),
    "short_text": ("shortanswer", _short),
    "numeric": ("numerical", _numeric),
    "matching": ("matching", _matching),
    "ordering": ("ordering", _ordering),
    "cloze": ("cloze", _nothing),
    "open_text": ("essay", _essay),
    "file_upload": ("essay", _upload),
    "description": ("description", _nothing),
}
