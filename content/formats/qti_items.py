"""One item of QTI 2 or 3 as a question, its elements named as in QTI 2. Pure.

The kind follows the interaction, the credits follow the response processing (qti_keys). What no kind of ours holds is
listed as an open question without a key, with an error in the report that names the interaction.
"""

import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lxml import etree

from content import rendering
from content.drafts import ItemDraft
from content.formats import qti_keys, xml
from content.formats.markup import Converter
from content.formats.qti_keys import Scorer
from content.formats.qti_processing import Processing, Unsupported, number, values
from content.formats.reading import Loss, Severity
from content.formats.xml import Element, child, children
from content.models import KeyState

Body = dict[str, Any]
MEGABYTE = 1024 * 1024
BLANK = r"\_\_\_\_\_"
INLINE = ("textEntryInteraction", "inlineChoiceInteraction")
UNSCORED = ("mediaInteraction", "endAttemptInteraction")
NAMES = {
    "drawingInteraction": "drawing on a picture", "graphicOrderInteraction": "ordering places on a picture",
    "graphicAssociateInteraction": "joining places on a picture", "positionObjectInteraction": "placing objects",
    "graphicGapMatchInteraction": "dragging onto a picture", "customInteraction": "an interaction of its vendor",
    "portableCustomInteraction": "an interaction of its vendor", "mediaInteraction": "playing a recording",
    "endAttemptInteraction": "ending the attempt",
}  # fmt: skip


@dataclass
class Read:
    """A question as read, and whether its options may be shuffled (None: it has none)."""

    item: ItemDraft
    losses: list[Loss]
    shuffle: bool | None = None


def read_item(
    item: Element, *, identifier: str, source: dict[str, Any], picture: Callable[[str], str | None], before: str = ""
) -> Read:
    """`before` is what a shared stimulus puts before the question, in Markdown."""
    reader = _Reader(item, identifier, picture)
    kind, body = reader.read()
    stem = "\n\n".join(part for part in (before, body.pop("stem", "")) if part)
    draft = ItemDraft(
        identifier,
        kind,
        {"stem": stem, "section": None, **body},
        points=reader.points(kind),
        key_state=KeyState.APPROVED if reader.keyed or kind == "description" else KeyState.UNKEYED,
        provenance={"source": {**source, "identifier": item.get("identifier", ""), "title": item.get("title", "")}},
    )
    return Read(draft, reader.losses, reader.shuffle)


@dataclass
class _Reader:
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

    # The whole item

    def read(self) -> tuple[str, Body]:
        self._rubrics()
        if next(self.element.iter("templateProcessing", "templateDeclaration"), None) is not None:
            self.lose(
                "templateProcessing",
                "Values drawn for each learner are not read; their names stand in the text.",
                "error",
            )
        found = [part for part in self.body.iter(etree.Element) if str(part.tag).endswith("Interaction")]
        for part in [part for part in found if part.tag in UNSCORED]:
            self.lose(str(part.tag), f"There is no question of this kind here: {NAMES[str(part.tag)]}.")
            self.gaps[part] = ""
        found = [part for part in found if part not in self.gaps]
        kind, body = self._kind(found)
        self._feedback(kind, body)
        for doubt in self.scorer.doubts:
            self.lose("responseProcessing", f"Not read: {doubt}; the key is what the item declares as correct.")
        return kind, body

    def _kind(self, found: list[Element]) -> tuple[str, Body]:
        if not found:
            return self._without_interaction()
        readers = {
            "choiceInteraction": self._choice,
            "hottextInteraction": self._hottext,
            "orderInteraction": self._order,
            "matchInteraction": self._match,
            "associateInteraction": self._associate,
            "gapMatchInteraction": self._gap_match,
            "hotspotInteraction": self._hotspot,
            "selectPointInteraction": self._point,
            "sliderInteraction": self._entry,
            "extendedTextInteraction": self._open,
            "uploadInteraction": self._upload,
            "textEntryInteraction": self._entry,
        }
        names = [str(part.tag) for part in found]
        if len(found) == 1 and names[0] in readers:
            return readers[names[0]](found[0])
        if all(
            name in INLINE or (name == "choiceInteraction" and _single(part))
            for name, part in zip(names, found, strict=True)
        ):
            return self._cloze(found)
        self._score({})
        for part in [inner for interaction in found for inner in interaction.iter(etree.Element)]:
            part.tag = "div" if str(part.tag) != str(part.tag).lower() else part.tag
        unread = sorted(set(names) - set(readers) - set(INLINE)) or sorted(set(names))
        reason = "; ".join(NAMES.get(name, "several interactions in one question") for name in unread)
        self.lose(", ".join(unread), f"There is no question of this kind here: {reason}.", "error")
        return "open_text", {"stem": self._stem(), "rubric": []}

    def _score(self, candidates: dict[str, list[Any]]) -> None:
        """Response variables without candidates keep what is declared as correct."""
        declared = {name: [correct] for name in self.processing.responses if (correct := self.processing.correct(name))}
        self.scorer = Scorer(self.processing, declared | candidates)
        self.keyed = self.scorer.keyed and bool(candidates)

    def _stem(self) -> str:
        text = self.text(self.body)
        if text:
            return text
        title = (
            self.element.get("title") or self.element.get("label") or self.element.get("identifier") or self.identifier
        )
        self.lose("itemBody", "The item has no text; its title stands for it.")
        return rendering.escaped(" ".join(title.split()))

    def _without_interaction(self) -> tuple[str, Body]:
        """A description, or what the declarations alone say of an item that was stripped of its body."""
        names = [name for name in self.processing.responses if self._named(name)]
        if not names:
            self._score({})
            return "description", {"stem": self._stem()}
        self.lose("itemBody", "The item shows no interaction; options are known by their identifiers only.")
        if len(names) > 1:
            gaps = " ".join(f"[[{_gap_id(name)}]]" for name in names)
            options = {name: self._unseen(name) if self._base(name) == "identifier" else None for name in names}
            self._score({name: [[text] for text in self._named(name)] for name in names})
            read = [self._gap(name, options[name]) for name in names]
            kind, body = self._gapped(read, [self.scorer.weight(name) for name in names])
            return kind, body | {"stem": body["text"], "text": gaps}
        name = names[0]
        declared = self.processing.responses[name]
        base, several = declared.get("baseType", "string"), declared.get("cardinality") == "multiple"
        if base in ("pair", "directedPair"):
            return self._pairs_only(name)
        if base != "identifier":
            self._score({name: [[text] for text in self._named(name)]})
            return self._typed_in(name, self._stem())
        return self._options(name, self._unseen(name), several=several)

    def _base(self, name: str) -> str:
        return self.processing.responses[name].get("baseType", "string")

    def _unseen(self, name: str) -> list[Body]:
        """Options of which only the identifiers are known."""
        options = [{"id": text, "text": rendering.escaped(text), "rationale": ""} for text in self._named(name)]
        return options if len(options) > 1 else [*options, {"id": "other", "text": "…", "rationale": ""}]

    def _named(self, name: str) -> list[str]:
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

    def _rubrics(self) -> None:
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

    def _feedback(self, kind: str, body: Body) -> None:
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

    # Choices

    def _choice(self, interaction: Element) -> tuple[str, Body]:
        options = self._choices(interaction)
        self.shuffle = interaction.get("shuffle") == "true"
        name = interaction.get("responseIdentifier", "")
        _keep(interaction, "prompt")
        return self._options(
            name, options, several=not _single(interaction, self.processing), most=interaction.get("maxChoices")
        )

    def _choices(self, interaction: Element) -> list[Body]:
        options = []
        for found in interaction.iter("simpleChoice", "inlineChoice", "gapText", "gapImg", "simpleAssociableChoice"):
            own = [self.text(block) for block in found.iter("feedbackInline", "feedbackBlock")]
            identifier = found.get("identifier", "")
            option: Body = {"id": identifier, "text": self.text(found) or rendering.escaped(identifier)}
            option["rationale"] = "\n\n".join(filter(None, own))
            options.append(option | ({"pinned": True} if found.get("fixed") == "true" else {}))
        return options

    def _options(self, name: str, options: list[Body], *, several: bool, most: str | None = None) -> tuple[str, Body]:
        identifiers = [option["id"] for option in options]
        self._score({name: qti_keys.of_options(identifiers, self.processing.correct(name), several=several)})
        for option in options:
            option["rationale"] = option["rationale"] or self.shown(name, [option["id"]])
        stem = self._stem()
        if several:
            return self._multiple(name, stem, options, most)
        credits = {key: self.scorer.credit(name, [key]) for key in identifiers}
        if any(not 0 <= credit <= 1 for credit in credits.values()):
            self.lose("mapping", "Negative credit for a single choice became no credit.")
        if self.keyed:
            options = [
                option | {"credit": qti_keys.tidy(max(0.0, min(1.0, credits[option["id"]])))} for option in options
            ]
        if self._is_true_false(options):
            self.shuffle = None
            said = {option["id"].lower(): option for option in options}
            rationales = {key: said[key]["rationale"] for key in ("true", "false")}
            correct = {"correct": bool(said["true"]["credit"])} if self.keyed else {}
            return "true_false", {"stem": stem, **correct, "rationales": rationales}
        return "choice", {"stem": stem, "options": options}

    def _is_true_false(self, options: list[Body]) -> bool:
        names = sorted((option["id"].lower(), rendering.plain(option["text"]).lower()) for option in options)
        keyed = not self.keyed or sorted(option["credit"] for option in options) == [0, 1]
        return names == [("false", "false"), ("true", "true")] and keyed

    def _multiple(self, name: str, stem: str, options: list[Body], most: str | None) -> tuple[str, Body]:
        found = qti_keys.several(self.scorer, name, [option["id"] for option in options])
        if not found.exact:
            self.lose(
                "responseProcessing", f"How it credits several options is not one of ours; {found.scoring} is close."
            )
        if self.keyed:
            options = [
                option | {"credit": max(-1.0, min(1.0, found.credits.get(option["id"], 0.0)))} for option in options
            ]
            options = [option | {"credit": qti_keys.tidy(option["credit"])} for option in options]
        limit = int(most) if most and most.isdigit() else 0
        extra = {"max_choices": limit} if 0 < limit < len(options) else {}
        return "multiple_response", {"stem": stem, "options": options, "scoring": found.scoring, **extra}

    def _hottext(self, interaction: Element) -> tuple[str, Body]:
        options = [
            {"id": found.get("identifier", ""), "text": self.text(found), "rationale": ""}
            for found in interaction.iter("hottext")
        ]
        for found in list(interaction.iter("hottext")):
            found.tag = "b"
        interaction.tag = "div"
        self.lose("hottextInteraction", "Words to mark in a text became options below it.", "info")
        name = interaction.get("responseIdentifier", "")
        return self._options(
            name, options, several=not _single(interaction, self.processing), most=interaction.get("maxChoices")
        )

    # Text and numbers

    def _entry(self, interaction: Element) -> tuple[str, Body]:
        if interaction.tag == "sliderInteraction":
            self.lose("sliderInteraction", "A slider became a number to type in.", "info")
            _keep(interaction, "prompt")
        else:
            self.gaps[interaction] = "" if _alone(interaction) else BLANK
        name = interaction.get("responseIdentifier", "")
        self._score({name: [[text] for text in qti_keys.of_text(self.processing, name)]})
        return self._typed_in(name, self._stem())

    def _typed_in(self, name: str, stem: str) -> tuple[str, Body]:
        if qti_keys.is_number(self.processing, name):
            return "numeric", {"stem": stem, "answers": self._numbers(name)}
        answers, sensitive = qti_keys.text_answers(self.scorer, name)
        self.keyed = self.keyed or bool(answers)
        answers = [answer | {"feedback": self.shown(name, [answer["text"]])} for answer in answers]
        return "short_text", {"stem": stem, "answers": answers, "case_sensitive": sensitive}

    def _numbers(self, name: str) -> list[Body]:
        found = qti_keys.number_answers(self.scorer, name)
        self.keyed = self.keyed or bool(found)
        return [answer | {"feedback": self.shown(name, [str(answer.get("value", ""))])} for answer in found]

    def _open(self, interaction: Element) -> tuple[str, Body]:
        _keep(interaction, "prompt")
        self._score({})
        name = interaction.get("responseIdentifier", "")
        ideas = [
            {"level": "full", "idea": rendering.escaped(text), "example": ""} for text in self.processing.correct(name)
        ]
        rubric = [*self.rubric, *ideas]
        self.keyed = bool(rubric)
        longest = interaction.get("expectedLength", "")
        limit = {"max_length": int(longest)} if longest.isdigit() and 0 < int(longest) <= 20_000 else {}
        return "open_text", {"stem": self._stem(), "rubric": rubric, **limit}

    def _upload(self, interaction: Element) -> tuple[str, Body]:
        _keep(interaction, "prompt")
        self._score({})
        self.keyed = bool(self.rubric)
        kinds = interaction.get("type", "").split()
        types = sorted({end for kind in kinds if (end := mimetypes.guess_extension(kind))}) or [".pdf", ".png", ".jpg"]
        body = {"types": types, "max_size": 10 * MEGABYTE, "max_files": 1, "rubric": self.rubric}
        return "file_upload", {"stem": self._stem(), **body}

    def _cloze(self, found: list[Element]) -> tuple[str, Body]:
        gaps: list[tuple[Element, str, list[Body] | None]] = []
        candidates: dict[str, list[Any]] = {}
        for part in found:
            name = part.get("responseIdentifier", "")
            options = None if part.tag == "textEntryInteraction" else self._choices(part)
            if part.tag == "choiceInteraction":
                self.lose("choiceInteraction", "Several questions in one became gaps of one text.", "info")
            self.shuffle = self.shuffle or part.get("shuffle") == "true" if options else self.shuffle
            gaps.append((part, name, options))
            correct = self.processing.correct(name)
            texts = qti_keys.of_text(self.processing, name)
            candidates[name] = (
                [[text] for text in texts]
                if options is None
                else qti_keys.of_options([o["id"] for o in options], correct, several=False)
            )
            prompt = child(part, "prompt")
            self.gaps[part] = " ".join(filter(None, [self.text(prompt), f"[[{_gap_id(name)}]]"]))
        self._score(candidates)
        read = [self._gap(name, options) for _part, name, options in gaps]
        return self._gapped(read, [self.scorer.weight(name) for _part, name, _options in gaps])

    def _gap(self, name: str, options: list[Body] | None) -> Body:
        if options is not None:
            keyed = self.scorer.weight(name) > 0
            rows = [o | ({"credit": self._share(name, o["id"])} if keyed else {}) for o in options]
            return {"id": _gap_id(name), "kind": "dropdown", "options": rows}
        if qti_keys.is_number(self.processing, name):
            return {"id": _gap_id(name), "kind": "number", "answers": self._numbers(name)}
        answers, sensitive = qti_keys.text_answers(self.scorer, name)
        answers = [answer | {"feedback": self.shown(name, [answer["text"]])} for answer in answers]
        return {"id": _gap_id(name), "kind": "text", "answers": answers, "case_sensitive": sensitive}

    def _share(self, name: str, identifier: str) -> float:
        return qti_keys.tidy(max(0.0, min(1.0, self.scorer.credit(name, [identifier]))))

    def _gapped(self, gaps: list[Body], weights: list[float], prompt: str = "") -> tuple[str, Body]:
        extra: Body = {}
        if self.keyed and len(gaps) > 1 and all(abs(weight - self.scorer.top) < 1e-6 for weight in weights):
            extra = {"scoring": "all_or_nothing"}
        elif self.keyed and abs(sum(weights) - self.scorer.top) > 1e-6:
            self.lose("responseProcessing", "Its gaps depend on each other; here each gap earns its own share.")
        least = min(weights, default=0.0)
        if least > 0 and max(weights) - least > 1e-6:
            gaps = [gap | _weight(weight / least) for gap, weight in zip(gaps, weights, strict=True)]
        stem, text = qti_keys.stem_and_text(self._stem())
        stem = prompt if prompt and stem == qti_keys.FILL_IN else "\n\n".join(filter(None, [prompt, stem]))
        return "cloze", {"stem": stem, "text": text, "gaps": gaps, **extra}

    def _gap_match(self, interaction: Element) -> tuple[str, Body]:
        options = self._choices(interaction)
        prompt = self.text(child(interaction, "prompt"))
        for part in [*interaction.iter("gapText", "gapImg"), *children(interaction, "prompt")]:
            self.gaps[part] = ""
        identifiers = [gap.get("identifier", "") for gap in interaction.iter("gap")]
        self.gaps |= {gap: f"[[{_gap_id(gap.get('identifier', ''))}]]" for gap in interaction.iter("gap")}
        name = interaction.get("responseIdentifier", "")
        self.shuffle = interaction.get("shuffle") == "true"
        self._score(self._pair_candidates(name, [(o["id"], gap) for gap in identifiers for o in options]))
        best = [tuple(pair.split()) for pair in self.scorer.best.get(name, [])]
        gaps = []
        weights = []
        for gap in identifiers:
            others = [" ".join(pair) for pair in best if pair[-1] != gap]
            none = self.scorer.with_(name, others)
            weights.append(self.scorer.top - none)
            rows = [
                o | ({"credit": self._pair_credit(name, others, none, (o["id"], gap))} if self.keyed else {})
                for o in options
            ]
            gaps.append({"id": _gap_id(gap), "kind": "dropdown", "options": [dict(row) for row in rows]})
        return self._gapped(gaps, weights, prompt)

    def _pair_credit(self, name: str, others: list[str], none: float, pair: tuple[str, str]) -> float:
        top = self.scorer.top - none
        found = (self.scorer.with_(name, [*others, " ".join(pair)]) - none) / top if top > 0 else 0.0
        return qti_keys.tidy(max(0.0, min(1.0, found)))

    # Pairs and order

    def _pair_candidates(self, name: str, pairs: list[tuple[str, str]]) -> dict[str, list[Any]]:
        """The correct pairs; without them those of the mapping that count, then each pair that scores alone."""
        correct = self.processing.correct(name)
        mapped = [pair for pair, worth in self.processing.mapping(name).items() if worth > 0]
        if correct or mapped:
            return {name: [found for found in (correct, mapped) if found]}
        scorer = Scorer(self.processing, {})
        empty = scorer.score({name: []})
        alone = [" ".join(pair) for pair in pairs[:400] if scorer.score({name: [" ".join(pair)]}) > empty]
        return {name: [alone]} if alone else {name: []}

    def _match(self, interaction: Element) -> tuple[str, Body]:
        self.shuffle = interaction.get("shuffle") == "true"
        sets = [self._choices(found) for found in interaction.iter("simpleMatchSet")]
        prompts, choices = [*sets, [], []][:2]
        name = interaction.get("responseIdentifier", "")
        _keep(interaction, "prompt")
        self._score(self._pair_candidates(name, [(p["id"], c["id"]) for p in prompts for c in choices]))
        return self._paired(name, prompts, choices)

    def _paired(self, name: str, prompts: list[Body], choices: list[Body]) -> tuple[str, Body]:
        ids = {prompt["id"] for prompt in prompts}
        found = [tuple(pair.split()) for pair in self.scorer.best.get(name, [])]
        pairs = [pair if pair[0] in ids else pair[::-1] for pair in found if len(pair) == 2]
        if len({pair[0] for pair in pairs}) < len(pairs):
            prompts, choices, pairs = choices, prompts, [pair[::-1] for pair in pairs]
        if len({pair[0] for pair in pairs}) < len(pairs):
            self.lose(
                "matchInteraction", "One entry belongs to several on both sides; no kind of ours holds that.", "error"
            )
            self.keyed = False
            return "open_text", {"stem": self._stem(), "rubric": []}
        match = {pair[0]: pair[1] for pair in pairs}
        extra = [prompt["id"] for prompt in prompts if prompt["id"] not in match] if self.keyed else []
        if extra:
            self.lose("matchInteraction", f"Entries without a partner were left out: {', '.join(extra)}.")
        kept = [prompt for prompt in prompts if prompt["id"] not in extra]
        return "matching", {
            "stem": self._stem(),
            "prompts": [
                {"id": p["id"], "text": p["text"]} | ({"match": match[p["id"]]} if self.keyed else {}) for p in kept
            ],
            "choices": [{key: c[key] for key in ("id", "text", "pinned") if key in c} for c in choices],
            "scoring": self._pair_scoring(name),
        }

    def _pair_scoring(self, name: str) -> str:
        best = list(self.scorer.best.get(name, []))
        if not self.keyed or len(best) < 2:
            return "per_pair"
        shares = [self.scorer.with_(name, best[:at] + best[at + 1 :]) / self.scorer.top for at in range(len(best))]
        if not any(shares):
            return "all_or_nothing"
        if any(abs(share - (1 - 1 / len(best))) > 1e-4 for share in shares):
            self.lose("mapping", "Its pairs earn unequal shares; here all earn the same.")
        return "per_pair"

    def _pairs_only(self, name: str) -> tuple[str, Body]:
        self._score(self._pair_candidates(name, []))
        pairs = [pair.split() for pair in self._named(name) if len(pair.split()) == 2]
        sides = [list(dict.fromkeys(pair[side] for pair in pairs)) for side in (1, 0)]
        rows = [[{"id": text, "text": rendering.escaped(text)} for text in side] for side in sides]
        return self._paired(name, rows[0], rows[1])

    def _associate(self, interaction: Element) -> tuple[str, Body]:
        self.shuffle = interaction.get("shuffle") == "true"
        entries = self._choices(interaction)
        name = interaction.get("responseIdentifier", "")
        _keep(interaction, "prompt")
        ids = [entry["id"] for entry in entries]
        self._score(self._pair_candidates(name, [(a, b) for at, a in enumerate(ids) for b in ids[at + 1 :]]))
        firsts = [pair.split()[0] for pair in self.scorer.best.get(name, []) if pair.split()]
        self.lose("associateInteraction", "Pairs among equals became prompts and choices.", "info")
        prompts = [entry for entry in entries if entry["id"] in firsts]
        return self._paired(name, prompts, [entry for entry in entries if entry["id"] not in firsts])

    def _order(self, interaction: Element) -> tuple[str, Body]:
        entries = {entry["id"]: {"id": entry["id"], "text": entry["text"]} for entry in self._choices(interaction)}
        name = interaction.get("responseIdentifier", "")
        _keep(interaction, "prompt")
        correct = self.processing.correct(name)
        self._score({name: [correct] if correct else []})
        order = list(dict.fromkeys(key for key in correct if key in entries))
        rest = [key for key in entries if key not in order]
        if self.keyed and rest:
            self.lose(
                "orderInteraction", f"Entries that the right order leaves out stand at its end: {', '.join(rest)}."
            )
        swapped = [*correct[1::-1], *correct[2:]]
        partial = self.keyed and len(correct) > 1 and self.scorer.with_(name, swapped) > 0
        if partial:
            self.lose(
                "responseProcessing", "How it credits a partly right order is not one of ours; each place counts here."
            )
        return "ordering", {
            "stem": self._stem(),
            "entries": list(entries.values()),
            "key": [*order, *rest] if self.keyed else [],
            "scoring": "position" if partial else "exact",
        }

    # Pictures

    def _hotspot(self, interaction: Element) -> tuple[str, Body]:
        image = self._image(interaction)
        spots = list(interaction.iter("hotspotChoice"))
        name = interaction.get("responseIdentifier", "")
        several = not _single(interaction, self.processing)
        _keep(interaction, "prompt")
        ids = [spot.get("identifier", "") for spot in spots]
        self._score({name: qti_keys.of_options(ids, self.processing.correct(name), several=several)})
        credits = {key: self.scorer.credit(name, [key]) for key in ids}
        if several:
            found = qti_keys.several(self.scorer, name, ids)
            credits = (
                dict(found.credits)
                if found.scoring == "right_minus_wrong"
                else {k: float(k in self.scorer.best[name]) for k in ids}
            )
            if self.keyed and found.scoring != "right_minus_wrong":
                self.lose(
                    "responseProcessing", "Several areas earn right minus wrong here, not as the item's rules say."
                )
        areas = []
        for spot in spots:
            key = spot.get("identifier", "")
            areas.append(self._area(spot, key, credits.get(key, 0.0)) | {"rationale": self.shown(name, [key])})
        most = interaction.get("maxChoices", "1")
        limit = int(most) if most.isdigit() and 0 < int(most) < len(areas) else len(areas)
        return "hotspot", {"stem": self._stem(), **image, "areas": areas, "max_choices": limit if several else 1}

    def _point(self, interaction: Element) -> tuple[str, Body]:
        image = self._image(interaction)
        name = interaction.get("responseIdentifier", "")
        _keep(interaction, "prompt")
        entries = [found for found in self.element.iter("areaMapEntry") if found.get("shape") != "default"]
        self._score({})
        best = max((number(entry.get("mappedValue")) or 0.0 for entry in entries), default=0.0)
        self.keyed = best > 0
        self.scorer.top = best if self.keyed else 0.0
        credits = [max(0.0, (number(entry.get("mappedValue")) or 0.0) / best) if best > 0 else 0.0 for entry in entries]
        areas = [
            self._area(entry, f"a{at}", credit)
            for at, (entry, credit) in enumerate(zip(entries, credits, strict=True), 1)
        ]
        if not areas:
            self.lose(
                "selectPointInteraction",
                f"No area is declared for {name or 'it'}; a single right point is no area.",
                "error",
            )
            return "open_text", {"stem": self._stem(), "rubric": []}
        return "hotspot", {"stem": self._stem(), **image, "areas": areas, "max_choices": 1}

    def _area(self, spot: Element, key: str, credit: float) -> Body:
        shape = {"circle": "circle", "rect": "rect", "poly": "poly"}.get(spot.get("shape", ""), "rect")
        coords = [qti_keys.numeral(part) for part in spot.get("coords", "").split(",")]
        if spot.get("shape") not in ("circle", "rect", "poly"):
            self.lose("shape", f"The area {key} has the shape {spot.get('shape')}, taken as a rectangle.")
        coords = [part if isinstance(part, int | float) else 0 for part in coords]
        label = spot.get("hotspotLabel") or spot.get("aria-label") or key
        row: Body = {"id": key, "label": rendering.escaped(label), "shape": shape, "coords": coords}
        return row | ({"credit": qti_keys.tidy(max(0.0, min(1.0, credit)))} if self.keyed else {})

    def _image(self, interaction: Element) -> Body:
        found = next((part for part in interaction.iter("object", "img", "picture")), None)
        address = (found.get("data") or found.get("src") or "") if found is not None else ""
        named = self.picture(address) if address else None
        if not named:
            self.lose("picture", f"The picture {address or 'of the question'} is not in the file.", "error")
        size = {side: int(number(found.get(side)) or 0) if found is not None else 0 for side in ("width", "height")}
        alt = (found.get("alt") or xml.text(found)) if found is not None else ""
        return {"image": named or "", "alt": " ".join(alt.split()), **size}


def _single(interaction: Element, processing: Processing | None = None) -> bool:
    declared = processing.responses.get(interaction.get("responseIdentifier", "")) if processing else None
    if declared is not None and declared.get("cardinality") == "single":
        return True
    return interaction.get("maxChoices", "1") == "1"


def _alone(interaction: Element) -> bool:
    """Whether nothing else stands in the paragraph of a field."""
    parent = interaction.getparent()
    return parent is None or (not xml.text(parent) and len(parent) == 1)


def _keep(element: Element, name: str) -> None:
    """An interaction becomes its prompt: a block in the text of the question."""
    tail = element.tail
    for part in children(element):
        if part.tag != name:
            element.remove(part)
    element.tag, element.text, element.tail = "div", None, tail


def _gap_id(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", name)[:40] or "gap"


def _weight(weight: float) -> Body:
    weight = qti_keys.tidy(weight)
    return {} if weight == 1 else {"weight": weight}


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _strings(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _strings(inner)]
    return [value] if isinstance(value, str) else []
