"""One item of QTI 2 or 3 as a question, its elements named as in QTI 2. Pure.

The kind follows the interaction, the credits follow the response processing (qti_keys). What no kind of ours holds is
listed as an open question without a key, with an error in the report that names the interaction.
"""

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from content import rendering
from content.drafts import ItemDraft
from content.formats import qti_keys, xml
from content.formats.qti_pairs import PairsAndPictures
from content.formats.qti_reading import Body, alone, gap_id, keep, single, weighted
from content.formats.reading import Loss
from content.formats.xml import Element, child, children
from content.models import KeyState

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
    xml.check_size(item)
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


class _Reader(PairsAndPictures):
    """The kind that an item becomes, and its body."""

    # The whole item

    def read(self) -> tuple[str, Body]:
        self.rubrics()
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
        self.feedback(kind, body)
        for doubt in self.scorer.doubts:
            self.lose("responseProcessing", f"Not read: {doubt}; the key is what the item declares as correct.")
        return kind, body

    def _kind(self, found: list[Element]) -> tuple[str, Body]:
        if not found:
            return self._without_interaction()
        readers = {
            "choiceInteraction": self._choice,
            "hottextInteraction": self._hottext,
            "orderInteraction": self.order_,
            "matchInteraction": self.match_,
            "associateInteraction": self.associate,
            "gapMatchInteraction": self._gap_match,
            "hotspotInteraction": self.hotspot,
            "selectPointInteraction": self.point,
            "sliderInteraction": self._entry,
            "extendedTextInteraction": self._open,
            "uploadInteraction": self._upload,
            "textEntryInteraction": self._entry,
        }
        names = [str(part.tag) for part in found]
        if len(found) == 1 and names[0] in readers:
            return readers[names[0]](found[0])
        if all(
            name in INLINE or (name == "choiceInteraction" and single(part))
            for name, part in zip(names, found, strict=True)
        ):
            return self._cloze(found)
        self.score({})
        for part in [inner for interaction in found for inner in interaction.iter(etree.Element)]:
            part.tag = "div" if str(part.tag) != str(part.tag).lower() else part.tag
        unread = sorted(set(names) - set(readers) - set(INLINE)) or sorted(set(names))
        reason = "; ".join(NAMES.get(name, "several interactions in one question") for name in unread)
        self.lose(", ".join(unread), f"There is no question of this kind here: {reason}.", "error")
        return "open_text", {"stem": self.stem(), "rubric": []}

    def _without_interaction(self) -> tuple[str, Body]:
        """A description, or what the declarations alone say of an item that was stripped of its body."""
        names = [name for name in self.processing.responses if self.named(name)]
        if not names:
            self.score({})
            return "description", {"stem": self.stem()}
        self.lose("itemBody", "The item shows no interaction; options are known by their identifiers only.")
        if len(names) > 1:
            gaps = " ".join(f"[[{gap_id(name)}]]" for name in names)
            options = {name: self._unseen(name) if self._base(name) == "identifier" else None for name in names}
            self.score({name: [[text] for text in self.named(name)] for name in names})
            read = [self._gap(name, options[name]) for name in names]
            kind, body = self._gapped(read, [self.scorer.weight(name) for name in names])
            return kind, body | {"text": f"{body['text']}\n\n{gaps}"}
        name = names[0]
        declared = self.processing.responses[name]
        base, several = declared.get("baseType", "string"), declared.get("cardinality") == "multiple"
        if base in ("pair", "directedPair"):
            return self.pairs_only(name)
        if base != "identifier":
            self.score({name: [[text] for text in self.named(name)]})
            return self._typed_in(name, self.stem())
        return self._options(name, self._unseen(name), several=several)

    def _base(self, name: str) -> str:
        return self.processing.responses[name].get("baseType", "string")

    def _unseen(self, name: str) -> list[Body]:
        """Options of which only the identifiers are known."""
        options = [{"id": text, "text": rendering.escaped(text), "rationale": ""} for text in self.named(name)]
        return options if len(options) > 1 else [*options, {"id": "other", "text": "…", "rationale": ""}]

    # Choices

    def _choice(self, interaction: Element) -> tuple[str, Body]:
        options = self.choices(interaction)
        self.shuffle = interaction.get("shuffle") == "true"
        name = interaction.get("responseIdentifier", "")
        keep(interaction, "prompt")
        return self._options(
            name, options, several=not single(interaction, self.processing), most=interaction.get("maxChoices")
        )

    def _options(self, name: str, options: list[Body], *, several: bool, most: str | None = None) -> tuple[str, Body]:
        identifiers = [option["id"] for option in options]
        self.score({name: qti_keys.of_options(identifiers, self.processing.correct(name), several=several)})
        for option in options:
            option["rationale"] = option["rationale"] or self.shown(name, [option["id"]])
        stem = self.stem()
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
            name, options, several=not single(interaction, self.processing), most=interaction.get("maxChoices")
        )

    # Text and numbers

    def _entry(self, interaction: Element) -> tuple[str, Body]:
        if interaction.tag == "sliderInteraction":
            self.lose("sliderInteraction", "A slider became a number to type in.", "info")
            keep(interaction, "prompt")
        else:
            self.gaps[interaction] = "" if alone(interaction) else BLANK
        name = interaction.get("responseIdentifier", "")
        self.score({name: [[text] for text in qti_keys.of_text(self.processing, name)]})
        return self._typed_in(name, self.stem())

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
        keep(interaction, "prompt")
        self.score({})
        name = interaction.get("responseIdentifier", "")
        ideas = [
            {"level": "full", "idea": rendering.escaped(text), "example": ""} for text in self.processing.correct(name)
        ]
        rubric = [*self.rubric, *ideas]
        self.keyed = bool(rubric)
        longest = interaction.get("expectedLength", "")
        limit = {"max_length": int(longest)} if longest.isdigit() and 0 < int(longest) <= 20_000 else {}
        return "open_text", {"stem": self.stem(), "rubric": rubric, **limit}

    def _upload(self, interaction: Element) -> tuple[str, Body]:
        keep(interaction, "prompt")
        self.score({})
        self.keyed = bool(self.rubric)
        kinds = interaction.get("type", "").split()
        types = sorted({end for kind in kinds if (end := mimetypes.guess_extension(kind))}) or [".pdf", ".png", ".jpg"]
        body = {"types": types, "max_size": 10 * MEGABYTE, "max_files": 1, "rubric": self.rubric}
        return "file_upload", {"stem": self.stem(), **body}

    def _cloze(self, found: list[Element]) -> tuple[str, Body]:
        gaps: list[tuple[Element, str, list[Body] | None]] = []
        candidates: dict[str, list[Any]] = {}
        for part in found:
            name = part.get("responseIdentifier", "")
            options = None if part.tag == "textEntryInteraction" else self.choices(part)
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
            self.gaps[part] = " ".join(filter(None, [self.text(prompt), f"[[{gap_id(name)}]]"]))
        self.score(candidates)
        read = [self._gap(name, options) for _part, name, options in gaps]
        return self._gapped(read, [self.scorer.weight(name) for _part, name, _options in gaps])

    def _gap(self, name: str, options: list[Body] | None) -> Body:
        if options is not None:
            keyed = self.scorer.weight(name) > 0
            rows = [o | ({"credit": self._share(name, o["id"])} if keyed else {}) for o in options]
            return {"id": gap_id(name), "kind": "dropdown", "options": rows}
        if qti_keys.is_number(self.processing, name):
            return {"id": gap_id(name), "kind": "number", "answers": self._numbers(name)}
        answers, sensitive = qti_keys.text_answers(self.scorer, name)
        answers = [answer | {"feedback": self.shown(name, [answer["text"]])} for answer in answers]
        return {"id": gap_id(name), "kind": "text", "answers": answers, "case_sensitive": sensitive}

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
            gaps = [gap | weighted(weight / least) for gap, weight in zip(gaps, weights, strict=True)]
        return "cloze", {"stem": prompt, "text": self.stem(), "gaps": gaps, **extra}

    def _gap_match(self, interaction: Element) -> tuple[str, Body]:
        options = self.choices(interaction)
        prompt = self.text(child(interaction, "prompt"))
        for part in [*interaction.iter("gapText", "gapImg"), *children(interaction, "prompt")]:
            self.gaps[part] = ""
        identifiers = [gap.get("identifier", "") for gap in interaction.iter("gap")]
        self.gaps |= {gap: f"[[{gap_id(gap.get('identifier', ''))}]]" for gap in interaction.iter("gap")}
        name = interaction.get("responseIdentifier", "")
        self.shuffle = interaction.get("shuffle") == "true"
        self.score(self.pair_candidates(name, [(o["id"], gap) for gap in identifiers for o in options]))
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
            gaps.append({"id": gap_id(gap), "kind": "dropdown", "options": [dict(row) for row in rows]})
        return self._gapped(gaps, weights, prompt)

    def _pair_credit(self, name: str, others: list[str], none: float, pair: tuple[str, str]) -> float:
        top = self.scorer.top - none
        found = (self.scorer.with_(name, [*others, " ".join(pair)]) - none) / top if top > 0 else 0.0
        return qti_keys.tidy(max(0.0, min(1.0, found)))
