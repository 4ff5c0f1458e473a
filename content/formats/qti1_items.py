"""One item of QTI 1.2, in the profiles of Canvas and Common Cartridge, as a question. Pure.

The kind follows `question_type` or `cc_profile`, else the presentation; the credits follow the response processing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lxml import etree

from content import rendering
from content.drafts import ItemDraft
from content.formats import qti_keys, xml
from content.formats.markup import Converter
from content.formats.qti_keys import Scorer
from content.formats.qti_processing import number
from content.formats.reading import Loss, Severity
from content.formats.xml import Element, child, children
from content.models import KeyState

Body = dict[str, Any]
TEXTS = ("mattext", "matemtext", "mat_formattedtext")  # the last one is Blackboard's
MEGABYTE = 1024 * 1024
CHOSEN = ("dropdown", "wordbank")
STAR = r"\*"
RESPONSES = ("response_lid", "response_str", "response_num", "response_xy", "response_grp", "response_extension")
NUMBER_TYPES = {
    "significantDigits": "significant_figures", "decimals": "decimals", "percent": "relative", "absolute": "absolute"
}  # fmt: skip
PROFILES = {
    "cc.multiple_choice.v0p1": "multiple_choice_question", "cc.multiple_response.v0p1": "multiple_answers_question",
    "cc.true_false.v0p1": "true_false_question", "cc.fib.v0p1": "short_answer_question",
    "cc.pattern_match.v0p1": "short_answer_question", "cc.essay.v0p1": "essay_question",
}  # fmt: skip


@dataclass
class Read:
    item: ItemDraft
    losses: list[Loss]
    shuffle: bool | None = None


class Processing1:
    """Response processing of QTI 1.2, asked as that of QTI 2 (qti_processing.Processing)."""

    rules = None

    def __init__(self, item: Element) -> None:
        self.responses = {found.get("ident", ""): found for found in item.iter(*RESPONSES)}
        self.conditions = list(item.iter("respcondition"))
        self.declared = list(item.iter("decvar"))

    def correct(self, _name: str) -> list[str]:
        return []

    def mapping(self, _name: str) -> dict[str, float]:
        return {}

    def score(self, given: Mapping[str, Sequence[str]]) -> float:
        score = self.run(given)[0]
        declared = next((found for found in self.declared if found.get("varname", "SCORE") == "SCORE"), None)
        low = number(declared.get("minvalue")) if declared is not None else None
        return score if low is None else max(low, score)

    def run(self, given: Mapping[str, Sequence[str]]) -> tuple[float, list[str]]:
        """The score and the names of the feedback shown."""
        score, shown = 0.0, []
        for condition in self.conditions:
            variables = child(condition, "conditionvar")
            if variables is None or not _holds(variables, given, self.responses):
                continue
            shown += [found.get("linkrefid", "") for found in children(condition, "displayfeedback")]
            settings = children(condition, "setvar")
            for setting in settings:
                value = _worth(setting)
                action = setting.get("action", "Set").lower()
                score = {"add": score + value, "subtract": score - value, "multiply": score * value}.get(action, value)
            adds = any(setting.get("action", "Set").lower() != "set" for setting in settings)
            if condition.get("continue", "No").lower() != "yes" and not adds:
                break
        return score, shown


def _holds(element: Element, given: Mapping[str, Sequence[str]], responses: Mapping[str, Element]) -> bool:
    """Whether a condition is met. Equalities side by side on one single response are alternatives, as Canvas writes."""
    tests = [found for found in children(element) if found.tag not in ("var_extension", "durequal", "durlt", "durgt")]
    results = [(found, _met(found, given, responses)) for found in tests]
    equal = [
        (found, met)
        for found, met in results
        if found.tag in ("varequal", "varsubstring") and _is_single(found, responses)
    ]
    groups: dict[str, list[bool]] = {}
    for found, met in equal:
        groups.setdefault(found.get("respident", ""), []).append(met)
    others = [met for found, met in results if (found, met) not in equal]
    return all(any(group) for group in groups.values()) and all(others)


def _is_single(test: Element, responses: Mapping[str, Element]) -> bool:
    declared = responses.get(test.get("respident", ""))
    return declared is None or declared.get("rcardinality", "Single").lower() == "single"


def _met(test: Element, given: Mapping[str, Sequence[str]], responses: Mapping[str, Element]) -> bool:
    name = str(test.tag)
    if name == "and":
        return all(_met(found, given, responses) for found in children(test))
    if name == "or":
        return any(_met(found, given, responses) for found in children(test))
    if name == "not":
        return not any(_met(found, given, responses) for found in children(test))
    if name == "other":
        return True
    values, text = list(given.get(test.get("respident", ""), [])), (test.text or "").strip()
    if name == "unanswered":
        return not values
    if name in ("varequal", "varsubstring"):
        ignore = test.get("case", "No").lower() == "no"
        texts = [value.casefold() if ignore else value for value in values]
        wanted = text.casefold() if ignore else text
        return any(wanted in value for value in texts) if name == "varsubstring" else wanted in texts
    bound, typed = number(text), number(values[0]) if values else None
    if bound is None or typed is None:
        return False
    return {"varlt": typed < bound, "varlte": typed <= bound, "vargt": typed > bound, "vargte": typed >= bound}.get(
        name, False
    )


def read_item(item: Element, *, identifier: str, source: dict[str, Any], picture: Callable[[str], str | None]) -> Read:
    xml.check_size(item)
    reader = _Reader(item, identifier, picture)
    kind, body = reader.read()
    draft = ItemDraft(
        identifier,
        kind,
        {"section": None, **body},
        points=Decimal(0) if kind == "description" else reader.points(),
        key_state=KeyState.APPROVED if reader.keyed else KeyState.UNKEYED,
        provenance={"source": {**source, "identifier": item.get("ident", ""), "title": item.get("title", "")}},
    )
    return Read(draft, reader.losses, reader.shuffle)


@dataclass
class _Reader:
    item: Element
    identifier: str
    picture: Callable[[str], str | None]
    losses: list[Loss] = field(default_factory=list)
    shuffle: bool | None = None
    keyed: bool = False

    def __post_init__(self) -> None:
        self.converter = Converter(self.picture, lambda what, why: self.lose(what, why))
        self.processing = Processing1(self.item)
        self.meta = metadata(self.item)
        found = child(self.item, "presentation")
        self.presentation = found if found is not None else etree.SubElement(self.item, "presentation")
        self.responses = list(self.presentation.iter(*RESPONSES))
        self.used: set[str] = set()

    def lose(self, what: str, why: str, severity: Severity = "warning") -> None:
        loss = Loss(self.identifier, what, why, severity)
        if loss not in self.losses:
            self.losses.append(loss)

    def points(self) -> Decimal:
        said = (
            self.meta.get("points_possible")
            or self.meta.get("cc_weighting")
            or self.meta.get("qmd_absolutescore_max")
            or self.meta.get("qmd_weighting")
            or "1"
        )
        found = number(said)
        points = round(Decimal(str(found)), 3) if found is not None and 0 < found < 100_000 else Decimal(1)
        if found is None or Decimal(str(found)) != points:
            self.lose("points", f"The points {said} were taken as {points}.")
        return points.quantize(Decimal(1)) if points == points.to_integral() else points.normalize()

    def read(self) -> tuple[str, Body]:
        kind = (
            self.meta.get("question_type")
            or PROFILES.get(self.meta.get("cc_profile", "").lower(), "")
            or self._guessed()
        )
        readers: dict[str, Callable[[], tuple[str, Body]]] = {
            "multiple_choice_question": self._choice, "true_false_question": self._true_false,
            "multiple_answers_question": self._multiple, "short_answer_question": self._short,
            "fill_in_multiple_blanks_question": self._blanks, "multiple_dropdowns_question": self._blanks,
            "matching_question": self._matching, "numerical_question": self._numeric,
            "calculated_question": self._calculated, "essay_question": self._essay,
            "file_upload_question": self._upload, "text_only_question": self._text_only,
            "ordering_question": self._ordering, "categorization_question": self._categories,
        }  # fmt: skip
        if kind not in readers:
            self.lose(kind or "item", "There is no question of this kind here.", "error")
            return "open_text", {"stem": self.stem, "rubric": []}
        general = self.feedback("general_fb")
        found, body = readers[kind]()
        body |= {"feedback": general} if general else {}
        for block in self.item.iter("itemfeedback"):
            if block.get("ident") not in self.used and self._material(block):
                self.lose("itemfeedback", f"Its condition is not one of ours: “{xml.text(block)[:80]}”.")
        return found, body

    def _guessed(self) -> str:
        """The kind of an item without a profile, by its presentation."""
        if not self.responses:
            return "text_only_question"
        first = self.responses[0]
        if any(found.tag not in ("response_lid", "response_str", "response_num") for found in self.responses):
            return str(first.tag)
        if first.tag == "response_lid":
            if len(self.responses) > 1:
                return "matching_question"
            kind = first.get("rcardinality", "Single").lower()
            return {"multiple": "multiple_answers_question", "ordered": "ordering_question"}.get(
                kind, "multiple_choice_question"
            )
        if len(self.responses) > 1:
            return "several response_str"
        fib = next(first.iter("render_fib"), None)
        numeric = first.tag == "response_num" or (fib is not None and fib.get("fibtype", "") in ("Decimal", "Integer"))
        scored = any(children(found, "setvar") for found in self.processing.conditions)
        return "numerical_question" if numeric else "short_answer_question" if scored else "essay_question"

    # Texts

    @property
    def stem(self) -> str:
        """All material of the presentation that belongs to no response."""
        # What stands above and below the entries of an ordering belongs to the question.
        inside = {
            found for response in self.responses for found in response.iter("material") if not found.get("position")
        }
        found = [part for part in self.presentation.iter("material") if part not in inside]
        text = "\n\n".join(filter(None, (self._material(part) for part in found)))
        if text:
            return text
        self.lose("presentation", "The item has no text; its title stands for it.")
        return rendering.escaped(self.item.get("title") or self.identifier)

    def _material(self, element: Element | None) -> str:
        if element is None:
            return ""
        texts = []
        for part in element.iter(*TEXTS, "matimage", "mataudio", "matvideo", "matapplet"):
            if part.tag in TEXTS:
                texts.append(self._mattext(part))
            elif part.tag == "matimage":
                found = self.picture(part.get("uri", ""))
                alt = rendering.escaped(part.get("label", ""))
                texts.append(f"![{alt}]({found})" if found else alt)
                if not found:
                    self.lose("picture", f"The picture {part.get('uri')} is not in the file.")
            else:
                self.lose(str(part.tag), f"The recording {part.get('uri')} cannot be shown.")
        return "\n\n".join(filter(None, texts))

    def _mattext(self, part: Element) -> str:
        if len(part):
            return self.converter.convert(part)
        text = part.text or ""
        kind = "text/html" if part.tag == "mat_formattedtext" else part.get("texttype", "").lower()
        markup = kind in ("text/html", "text/xhtml") or (not kind and re.search(r"</?[a-zA-Z][^>]*>|&\w+;", text))
        return self.converter.convert(text) if markup else self.converter.plain(text)

    def feedback(self, *names: str) -> str:
        self.used |= set(names)
        found = [self._material(block) for block in self.item.iter("itemfeedback") if block.get("ident") in names]
        return "\n\n".join(dict.fromkeys(filter(None, found)))

    def shown(self, given: Mapping[str, Sequence[str]]) -> str:
        """The feedback for a response, without the general one."""
        names = self.processing.run(given)[1]
        self.used |= {"general_fb"}
        return self.feedback(*[name for name in names if name != "general_fb"])

    def labels(self, response: Element) -> list[Body]:
        choice = next(response.iter("render_choice"), None)
        if choice is not None and choice.get("shuffle"):
            self.shuffle = choice.get("shuffle", "").lower() == "yes"
        rows = []
        for label in response.iter("response_label"):
            name = label.get("ident", "")
            row: Body = {"id": name, "text": self._material(label) or rendering.escaped(name), "rationale": ""}
            rows.append(row | ({"pinned": True} if label.get("rshuffle", "Yes").lower() == "no" else {}))
        return rows

    def scorer(self, candidates: Mapping[str, Sequence[Sequence[str]]]) -> Scorer:
        found = Scorer(self.processing, candidates)  # type: ignore[arg-type]
        self.keyed = found.keyed
        return found

    # Kinds

    def _only(self) -> tuple[str, Element]:
        first = self.responses[0] if self.responses else etree.SubElement(self.presentation, "response_lid")
        return first.get("ident", ""), first

    def _choice(self) -> tuple[str, Body]:
        name, response = self._only()
        options = self.labels(response)
        scorer = self.scorer({name: [[option["id"]] for option in options]})
        for option in options:
            option["rationale"] = self.shown({name: [option["id"]]})
            if self.keyed:
                option["credit"] = qti_keys.tidy(max(0.0, min(1.0, scorer.credit(name, [option["id"]]))))
        return "choice", {"stem": self.stem, "options": options}

    def _true_false(self) -> tuple[str, Body]:
        kind, body = self._choice()
        options = body["options"]
        said = {rendering.plain(option["text"]).strip().lower(): option for option in options}
        credits = sorted(option.get("credit", 0) for option in options)
        if len(options) != 2 or (self.keyed and credits != [0, 1]):
            return kind, body
        true, false = said.get("true", options[0]), said.get("false", options[1])
        if set(said) != {"true", "false"}:
            self.lose("true_false_question", "Its own words for true and false were replaced by ours.", "info")
        rationales = {"true": true["rationale"], "false": false["rationale"]}
        correct = {"correct": bool(true["credit"])} if self.keyed else {}
        return "true_false", {"stem": body["stem"], **correct, "rationales": rationales}

    def _multiple(self) -> tuple[str, Body]:
        name, response = self._only()
        options = self.labels(response)
        ids = [option["id"] for option in options]
        right = [key for key in ids if self._named_right(name, key)]
        scorer = self.scorer({name: [right, *[[key] for key in ids]]})
        found = qti_keys.several(scorer, name, ids)
        if not found.exact:
            self.lose("resprocessing", f"How it credits several options is not one of ours; {found.scoring} is close.")
        for option in options:
            option["rationale"] = self.feedback(f"{option['id']}_fb")
            if self.keyed:
                option["credit"] = qti_keys.tidy(max(-1.0, min(1.0, found.credits.get(option["id"], 0.0))))
        said = self.feedback("correct_fb", "general_incorrect_fb")
        if said:
            self.lose("itemfeedback", f"Feedback on the whole answer is not kept: “{rendering.plain(said)[:80]}”.")
        scoring = self._hinted("right_minus_wrong", "all_or_nothing") or found.scoring
        if "assay_scoring" not in self.meta and scoring == "all_or_nothing" and "question_type" in self.meta:
            # Canvas writes these rules and credits by another: community.canvaslms.com, "Multiple Answers question".
            why = (
                "Canvas gives each right option its share and takes as much for a wrong one; the rules of the file give"
            )
            self.lose("scoring", f"{why} credit only to all right options together, and so it is here.")
        return "multiple_response", {"stem": self.stem, "options": options, "scoring": scoring}

    def _hinted(self, *known: str) -> str:
        """A way of scoring that our own writer named."""
        found = self.meta.get("assay_scoring", "")
        return found if found in known else ""

    def _named_right(self, name: str, key: str) -> bool:
        """Whether a scoring condition asks for the option and does not deny it."""
        for condition in self.processing.conditions:
            if not any(_worth(found) > 0 for found in children(condition, "setvar")):
                continue
            for found in condition.iter("varequal"):
                denied = any(above.tag == "not" for above in found.iterancestors())
                if found.get("respident") == name and (found.text or "").strip() == key and not denied:
                    return True
        return False

    def _short(self) -> tuple[str, Body]:
        name, _response = self._only()
        answers, sensitive = self._accepted(name)
        return "short_text", {"stem": self.stem, "answers": answers, "case_sensitive": sensitive}

    def _accepted(self, name: str) -> tuple[list[Body], bool]:
        tests = [found for condition in self.processing.conditions if children(condition, "setvar")
                 for found in condition.iter("varequal", "varsubstring") if found.get("respident") == name]  # fmt: skip
        texts = list(dict.fromkeys((found.text or "").strip() for found in tests if (found.text or "").strip()))
        part = {(found.text or "").strip() for found in tests if found.tag == "varsubstring"}
        scorer = self.scorer({name: [[text] for text in texts]})
        answers = []
        for text in texts:
            credit = qti_keys.tidy(max(0.0, min(1.0, scorer.credit(name, [text]))))
            match = {"text": f"*{text}*", "match": "wildcard"} if text in part else {"text": text, "match": "exact"}
            if credit > 0:
                answers.append({**match, "credit": credit, "feedback": self.shown({name: [text]})})
        return answers, any(found.get("case", "No").lower() == "yes" for found in tests)

    def _blanks(self) -> tuple[str, Body]:
        """`[name]` in the text; each response lists what is accepted, or the options of a drop-down."""
        text = self.stem
        gaps, weights = [], []
        labels = {response.get("ident", ""): self.labels(response) for response in self.responses}
        scorer = self.scorer({name: [[row["id"]] for row in rows] for name, rows in labels.items()})
        for response in self.responses:
            ident = response.get("ident", "")
            name = xml.text(child(response, "material")) or ident.removeprefix("response_")
            gap = re.sub(r"[^A-Za-z0-9_-]", "-", name)[:40] or "gap"
            mark = rendering.escaped(f"[{name}]")
            if mark not in text:
                self.lose("blank", f"The text has no place for the blank {name}; it stands at the end.")
                text += f"\n\n{mark}"
            text = text.replace(mark, f"[[{gap}]]", 1)
            gaps.append({"id": gap, **self._blank(response, labels[ident], scorer)})
            weights.append(scorer.weight(ident))
        least = min(weights, default=0.0)
        if least > 0 and max(weights) - least > 0.02:  # percentages are written with two decimals
            rates = [qti_keys.tidy(round(weight / least, 2)) for weight in weights]
            gaps = [gap | ({"weight": rate} if rate != 1 else {}) for gap, rate in zip(gaps, rates, strict=True)]
        self.feedback("correct_fb", "general_incorrect_fb")
        whole = {"scoring": "all_or_nothing"} if self._hinted("all_or_nothing") else {}
        return "cloze", {"stem": "", "text": text, "gaps": gaps, **whole}

    def _blank(self, response: Element, rows: list[Body], scorer: Scorer) -> Body:
        """New Quizzes says at each label whether it is typed or chosen, and how it is compared."""
        name, found = response.get("ident", ""), list(response.iter("response_label"))
        for row in rows:
            row["rationale"] = self.feedback(f"{row['id']}_fb")
        typed = self.meta.get("question_type") == "fill_in_multiple_blanks_question"
        if not typed or any(label.get("answer_type") in CHOSEN for label in found):
            credits = {row["id"]: qti_keys.tidy(max(0.0, min(1.0, scorer.credit(name, [row["id"]])))) for row in rows}
            options = [row | ({"credit": credits[row["id"]]} if self.keyed else {}) for row in rows]
            return {"kind": "dropdown", "options": options}
        self.keyed = self.keyed or bool(rows)
        answers = [
            {**_compared(rendering.plain(row["text"]), label), "credit": 1, "feedback": row["rationale"]}
            for row, label in zip(rows, found, strict=True)
        ]
        return {"kind": "text", "answers": answers, "case_sensitive": any(map(_minds_case, found))}

    def _matching(self) -> tuple[str, Body]:
        rows = {response.get("ident", ""): self.labels(response) for response in self.responses}
        scorer = self.scorer({name: [[row["id"]] for row in found] for name, found in rows.items()})
        choices = {row["id"]: {"id": row["id"], "text": row["text"]} for found in rows.values() for row in found}
        prompts = []
        for response in self.responses:
            name = response.get("ident", "")
            prompt = {"id": name.removeprefix("response_") or name, "text": self._material(child(response, "material"))}
            if self.keyed:
                prompt["match"] = next(iter(scorer.best.get(name, [])), "")
            prompts.append(prompt)
            said = self.feedback(f"{prompt['id']}_fb")
            if said:
                self.lose("itemfeedback", f"Feedback on one pair is not kept: “{rendering.plain(said)[:80]}”.")
        weights = [scorer.weight(name) for name in rows]
        whole = self.keyed and len(rows) > 1 and all(abs(weight - scorer.top) < 1e-6 for weight in weights)
        body = {"stem": self.stem, "prompts": prompts, "choices": list(choices.values())}
        whole = whole or bool(self._hinted("all_or_nothing"))
        return "matching", body | {"scoring": "all_or_nothing" if whole else "per_pair"}

    def _numeric(self) -> tuple[str, Body]:
        answers = []
        conditions = [found for found in self.processing.conditions if children(found, "setvar")]
        best = max((_worth(setting) for found in conditions for setting in children(found, "setvar")), default=0.0)
        for condition in conditions:
            credit = max((_worth(setting) for setting in children(condition, "setvar")), default=0.0)
            answer = _numeric(condition)
            if answer and credit > 0 < best:
                names = [found.get("linkrefid", "") for found in children(condition, "displayfeedback")]
                answers.append({**answer, "credit": qti_keys.tidy(credit / best), "feedback": self.feedback(*names)})
        self.keyed = bool(answers)
        return "numeric", {"stem": self.stem, "answers": answers}

    def _calculated(self) -> tuple[str, Body]:
        """The first of the variants that Canvas has drawn, since its formula language is its own."""
        stem = self.stem
        variant = next(self.item.iter("var_set"), None)
        formula = xml.text(next(self.item.iter("formula"), None))
        count = sum(1 for _ in self.item.iter("var_set"))
        if variant is None:
            self.lose("calculated_question", "It has no variant with values.", "error")
            return "numeric", {"stem": stem, "answers": []}
        for variable in children(variant, "var"):
            stem = stem.replace(rendering.escaped(f"[{variable.get('name')}]"), (variable.text or "").strip())
        self.lose(
            "calculated_question",
            f"One of its {count} variants was taken; the formula {formula or 'is missing'} is not read.",
        )
        tolerance = xml.text(next(self.item.iter("answer_tolerance"), None))
        width = number(tolerance.rstrip("%")) or 0.0
        value = qti_keys.numeral(xml.text(child(variant, "answer")))
        kind = (
            {"type": "relative", "value": width / 100}
            if tolerance.endswith("%")
            else {"type": "absolute", "value": width}
        )
        answer: Body = {"value": value, "credit": 1, "feedback": self.feedback("correct_fb")}
        self.keyed = isinstance(value, int | float)
        return "numeric", {
            "stem": stem,
            "answers": [answer | ({"tolerance": kind} if width else {})] if self.keyed else [],
        }

    def _essay(self) -> tuple[str, Body]:
        return "open_text", {"stem": self.stem, "rubric": self._solutions()}

    def _solutions(self) -> list[Body]:
        rubric = []
        for block in self.item.iter("itemfeedback"):
            if next(block.iter("solution"), None) is not None and (text := self._material(block)):
                self.used.add(block.get("ident", ""))
                rubric.append({"level": "full", "idea": text, "example": ""})
        self.keyed = bool(rubric)
        return rubric

    def _upload(self) -> tuple[str, Body]:
        self.lose("file_upload_question", "It states no file types; .pdf, .png and .jpg are taken.", "info")
        types = [".jpg", ".pdf", ".png"]
        body = {"types": types, "max_size": 10 * MEGABYTE, "max_files": 1, "rubric": self._solutions()}
        return "file_upload", {"stem": self.stem, **body}

    def _text_only(self) -> tuple[str, Body]:
        self.keyed = True
        return "description", {"stem": self.stem}

    def _ordering(self) -> tuple[str, Body]:
        _name, response = self._only()
        rows = {row["id"]: {"id": row["id"], "text": row["text"]} for row in self.labels(response)}
        order = [(found.text or "").strip() for condition in self.processing.conditions if children(condition, "setvar")
                 for found in condition.iter("varequal")]  # fmt: skip
        known = list(dict.fromkeys(key for key in order if key in rows))
        self.keyed = len(known) == len(rows) > 1
        scoring = self._hinted("position", "adjacent_pairs") or "exact"
        key = known if self.keyed else []
        return "ordering", {"stem": self.stem, "entries": list(rows.values()), "key": key, "scoring": scoring}

    def _categories(self) -> tuple[str, Body]:
        prompts: dict[str, Body] = {}
        choices = []
        for response in self.responses:
            name = response.get("ident", "")
            choices.append({"id": name, "text": self._material(child(response, "material")) or rendering.escaped(name)})
            for row in self.labels(response):
                prompts.setdefault(row["id"], {"id": row["id"], "text": row["text"]})
                if self._named_right(name, row["id"]):
                    prompts[row["id"]]["match"] = name
        lost = [row["text"] for row in prompts.values() if "match" not in row]
        if lost:
            self.lose("categorization_question", f"Entries of no category were left out: {', '.join(lost)}.")
        kept = [row for row in prompts.values() if "match" in row]
        self.keyed = bool(kept)
        self.lose("categorization_question", "Categories became pairs.", "info")
        return "matching", {"stem": self.stem, "prompts": kept, "choices": choices, "scoring": "per_pair"}


def _worth(setting: Element) -> float:
    """The number that a rule sets; Blackboard says `SCORE.max`."""
    return 100.0 if (setting.text or "").strip() == "SCORE.max" else number(setting.text) or 0.0


def _compared(text: str, label: Element) -> Body:
    """An accepted answer, compared as New Quizzes does."""
    algorithm = label.get("scoring_algorithm", "")
    if algorithm == "TextContainsAnswer":
        return {"text": f"*{text.replace('*', STAR)}*", "match": "wildcard"}
    if algorithm == "TextCloseEnough":
        slips = number(label.get("levenshtein_distance")) or 1
        return {"text": text, "match": "close", "distance": int(max(1, min(3, slips)))}
    return {"text": text, "match": "regex" if algorithm == "TextRegex" else "exact"}


def _minds_case(label: Element) -> bool:
    algorithm = label.get("scoring_algorithm")
    return algorithm == "TextEquivalence" or (algorithm == "TextCloseEnough" and label.get("ignore_case") != "true")


def metadata(element: Element) -> dict[str, str]:
    """The fields of `qtimetadata` and of `itemmetadata` itself."""
    found: dict[str, str] = {}
    for holder in children(element, "itemmetadata", "qtimetadata"):
        for part in holder.iter():
            if part.tag == "qtimetadatafield":
                found[xml.text(child(part, "fieldlabel")).lower()] = xml.text(child(part, "fieldentry"))
            elif part.tag in ("qmd_itemtype", "qmd_weighting", "qmd_absolutescore_max"):
                found[str(part.tag)] = xml.text(part)
    return found


def _numeric(condition: Element) -> Body:
    values = [_decimal(found) for found in condition.iter("varequal")]
    low = next((_decimal(found) for found in condition.iter("vargte", "vargt")), None)
    high = next((_decimal(found) for found in condition.iter("varlte", "varlt")), None)
    value = values[0] if values else None
    equal = next(condition.iter("varequal"), None)
    if equal is not None and value is not None:
        width = number(equal.get("precision") or equal.get("margin"))
        kind = NUMBER_TYPES.get(equal.get("precisiontype") or equal.get("margintype") or "")
        if width and kind and kind != "absolute":
            width = width / 100 if kind == "relative" else int(width)
            return {"value": _plain(value), "tolerance": {"type": kind, "value": qti_keys.tidy(width)}}
    if value is None:
        return {"min": _plain(low), "max": _plain(high)} if low is not None and high is not None else {}
    if low is None or high is None or low == high:
        return {"value": _plain(value)}
    if value - low != high - value:
        return {"min": _plain(low), "max": _plain(high)}
    return {"value": _plain(value), "tolerance": {"type": "absolute", "value": _plain(high - value)}}


def _decimal(element: Element) -> Decimal | None:
    text = (element.text or "").strip()
    return Decimal(text) if number(text) is not None and re.fullmatch(r"[-+]?[\d.]+([eE][-+]?\d{1,3})?", text) else None


def _plain(value: Decimal | None) -> float | int | None:
    return None if value is None else int(value) if value == value.to_integral() else float(value)
