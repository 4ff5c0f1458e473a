"""Credits from what an item's own response processing gives: each likely response is scored. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations, count, islice, product
from typing import Any

from content.formats import xml
from content.formats.assembling import MOST_QUESTIONS
from content.formats.qti_processing import Processing, Unsupported, number, tolerance
from content.formats.reading import Refused
from content.formats.xml import Element, children

MOST_TRIES = 300
MOST_SUBSETS = 200
MOST_CANDIDATES = 200
Response = Sequence[str]


@dataclass
class Scorer:
    """Scores of one item. `candidates` are the likely responses by variable; the best of them is the key."""

    processing: Processing
    candidates: Mapping[str, Sequence[Response]]
    doubts: list[str] = field(default_factory=list)
    best: dict[str, Response] = field(default_factory=dict)
    top: float = 0.0

    rules: bool = True

    def __post_init__(self) -> None:
        self._find_best()
        if self.top <= 0 and any(self.processing.correct(name) for name in self.candidates):
            self.doubts.append("rules that give nothing for the correct response")
            self.rules = False
            self._find_best()

    def _find_best(self) -> None:
        self.best = {name: list(found[0]) if found else [] for name, found in self.candidates.items()}
        self.top = self.score(self.best)
        lists = [list(found) or [[]] for found in self.candidates.values()]
        for tried in islice(product(*lists), MOST_TRIES):
            responses = dict(zip(self.candidates, tried, strict=True))
            score = self.score(responses)
            if score > self.top:
                self.best, self.top = responses, score
        for name, found in self.candidates.items():
            for response in found:
                score = self.score(self.best | {name: response})
                if score > self.top:
                    self.best, self.top = self.best | {name: response}, score

    def score(self, responses: Mapping[str, Response]) -> float:
        try:
            if self.rules:
                return self.processing.score(responses)
        except Unsupported as reason:
            if str(reason) not in self.doubts:
                self.doubts.append(str(reason))
        return sum(self._declared(name, response) for name, response in responses.items())

    def _declared(self, name: str, response: Response) -> float:
        """Without the rules: the mapping, else whether it is the correct response."""
        mapping = self.processing.mapping(name)
        if mapping:
            return sum(mapping.get(value, 0.0) for value in set(response))
        correct = self.processing.correct(name)
        return float(bool(correct) and sorted(correct) == sorted(response))

    def with_(self, name: str, response: Response) -> float:
        """The score where all other responses are the best."""
        return self.score(self.best | {name: response})

    def weight(self, name: str) -> float:
        """What the best response to this variable adds."""
        return self.top - self.with_(name, [])

    def credit(self, name: str, response: Response) -> float:
        """The share of what the best response to this variable adds."""
        weight = self.weight(name)
        return tidy((self.with_(name, response) - self.with_(name, [])) / weight) if weight > 0 else 0.0

    @property
    def keyed(self) -> bool:
        return self.top > 0


def tidy(share: float) -> float:
    share = round(share, 6)
    return int(share) if share == int(share) else share


def numeral(text: str) -> float | int | str:
    found = number(text)
    if found is None:
        return text
    return int(found) if found == int(found) and abs(found) < 1e15 else found


# Likely responses


def of_options(identifiers: Sequence[str], correct: Sequence[str], *, several: bool) -> list[Response]:
    """Each option alone; where several may be chosen, the correct ones together first."""
    single: list[Response] = [[name] for name in identifiers]
    return [*([list(correct)] if several and correct else [[name] for name in correct]), *single]


def of_text(processing: Processing, name: str) -> list[str]:
    """The texts that the key and the rules name for a variable, the correct response first."""
    found = [*processing.correct(name), *processing.mapping(name)]
    for test in _tests(processing, name, "stringMatch", "match", "member", "substring", "equal", "equalRounded"):
        found += [xml.content(part) for part in test.iter("baseValue")]
    return list(dict.fromkeys(text for text in found if text.strip()))[:MOST_CANDIDATES]


def text_answers(scorer: Scorer, name: str) -> tuple[list[dict[str, Any]], bool]:
    """The answers of a short text and whether case counts."""
    texts = of_text(scorer.processing, name)
    credits = {text: scorer.credit(name, [text]) for text in texts}
    answers = [
        {"text": text.strip(), "credit": _share(credit), "match": "exact"}
        for text, credit in credits.items()
        if credit > 0
    ]
    answers += _patterns(scorer, name)
    for test in _tests(scorer.processing, name, "stringMatch", "substring"):
        if test.tag == "substring" or test.get("substring") == "true":
            answers = [
                a | {"text": f"*{a['text']}*", "match": "wildcard"} if a["match"] == "exact" else a for a in answers
            ]
            break
    unique = list({(answer["text"], answer["match"]): answer for answer in reversed(answers)}.values())[::-1]
    cased = [text for text, credit in credits.items() if credit > 0 and text.swapcase() != text]
    patterns = [str(answer["text"]) for answer in unique if answer["match"] == "regex"]
    sensitive = any(pattern.swapcase() != pattern and "(?i)" not in pattern for pattern in patterns)
    sensitive = sensitive or any(scorer.with_(name, [text.swapcase()]) < scorer.with_(name, [text]) for text in cased)
    return unique, sensitive


def _patterns(scorer: Scorer, name: str) -> list[dict[str, Any]]:
    """Regular expressions, with what the condition around each of them adds."""
    tests = {test.get("pattern", ""): _set_by(test) for test in _tests(scorer.processing, name, "patternMatch")}
    top = max(tests.values(), default=0.0)
    whole = scorer.weight(name) or top
    scorer.top = scorer.top or top
    return [
        {"text": pattern, "credit": _share(worth / whole if whole > 0 else 1), "match": "regex"}
        for pattern, worth in tests.items()
    ]


def _set_by(test: Element) -> float:
    """The number that the condition around a test sets or adds; 1 where it is not plain."""
    branch = next(test.iterancestors("responseIf", "responseElseIf"), None)
    if branch is None:
        return 1.0
    found = [
        number(xml.content(value))
        for setting in children(branch, "setOutcomeValue")
        if setting.get("identifier") != "FEEDBACK"
        for value in setting.iter("baseValue")
    ]
    return next((value for value in found if value is not None), 1.0)


def number_answers(scorer: Scorer, name: str) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    for test in _tests(scorer.processing, name, "and"):
        bounds = {str(part.tag): _base(part) for part in children(test, "gte", "lte", "gt", "lt")}
        low, high = bounds.get("gte", bounds.get("gt")), bounds.get("lte", bounds.get("lt"))
        if low is not None and high is not None:
            middle = str((float(low) + float(high)) / 2)
            answers.append({"min": low, "max": high, "credit": _share(scorer.credit(name, [middle]))})
    for test in _tests(scorer.processing, name, "equal", "equalRounded"):
        written = _base(test)
        value = numeral(next(iter(scorer.processing.correct(name)), "")) if written is None else written
        if isinstance(value, int | float):
            credit = _share(scorer.credit(name, [str(value)]))
            answers.append({"value": value, **_tolerance(test), "credit": credit})
    if not answers:
        texts = [text for text in of_text(scorer.processing, name) if number(text.replace(",", ".")) is not None]
        answers = [
            {"value": numeral(text.replace(",", ".")), "credit": _share(scorer.credit(name, [text]))} for text in texts
        ]
    return sorted((answer for answer in answers if answer["credit"] > 0), key=lambda answer: -answer["credit"])


def is_number(processing: Processing, name: str) -> bool:
    declared = processing.responses.get(name)
    if declared is not None and declared.get("baseType") in ("float", "integer"):
        return True
    texts = of_text(processing, name)
    compared = next(iter(_tests(processing, name, "equal", "equalRounded", "gte", "lte")), None)
    return compared is not None and all(number(text.replace(",", ".")) is not None for text in texts)


def _tests(processing: Processing, name: str, *tags: str) -> list[Element]:
    """The comparisons in the rules that look at a variable."""
    if processing.rules is None:
        return []
    return [
        found
        for found in processing.rules.iter(*tags)
        if any(inner.get("identifier") == name for inner in found.iter("variable", "correct"))
        and sum(1 for inner in found.iter("variable") if inner.get("identifier") != name) == 0
    ]


def _base(test: Element) -> float | int | None:
    found = next(test.iter("baseValue"), None)
    value = numeral(xml.content(found)) if found is not None else None
    return value if isinstance(value, int | float) else None


def _tolerance(test: Element) -> dict[str, Any]:
    if test.tag == "equalRounded":
        kind = "decimals" if test.get("roundingMode") == "decimalPlaces" else "significant_figures"
        figures = number(test.get("figures"))
        return {"tolerance": {"type": kind, "value": int(figures if figures is not None and 0 <= figures < 100 else 3)}}
    mode = test.get("toleranceMode", "exact")
    width = max(tolerance(test))
    if mode not in ("absolute", "relative") or not width:
        return {}
    return {"tolerance": {"type": mode, "value": tidy(width / 100 if mode == "relative" else width)}}


def _share(credit: float) -> float:
    return tidy(min(max(credit, 0.0), 1.0))


# Several options


@dataclass(frozen=True)
class Several:
    """How several chosen options are credited. `exact` is False where no way of ours gives the same."""

    scoring: str
    credits: Mapping[str, float]
    exact: bool


def several(scorer: Scorer, name: str, identifiers: Sequence[str]) -> Several:
    """The way of crediting that gives what the rules give, tried on subsets of the options."""
    empty, weight = scorer.with_(name, []), scorer.weight(name)
    best = list(scorer.best.get(name, []))
    if weight <= 0:
        return Several("all_or_nothing", {}, True)

    def share(chosen: Sequence[str]) -> float:
        return (scorer.with_(name, chosen) - empty) / weight

    keyed = {identifier: 1.0 if identifier in best else 0.0 for identifier in identifiers}
    alone = {
        identifier: tidy(share([identifier]) if identifier in best else share([*best, identifier]) - 1)
        for identifier in identifiers
    }
    subsets = list(islice(_subsets(identifiers, best), MOST_SUBSETS))
    shares = [share(chosen) for chosen in subsets]
    for scoring, credits in (("all_or_nothing", keyed), ("right_minus_wrong", keyed), ("per_option", alone)):
        ours = [credited(scoring, credits, chosen) for chosen in subsets]
        if all(abs(one - other) < 1e-4 for one, other in zip(ours, shares, strict=True)):
            return Several(scoring, credits, True)
    partial = any(0 < found < 1 for found in shares)
    return Several("per_option" if partial else "all_or_nothing", alone if partial else keyed, False)


def credited(scoring: str, credits: Mapping[str, float], chosen: Sequence[str]) -> float:
    """What our kind gives: see the bodies of `multiple_response`."""
    right = {name for name, credit in credits.items() if credit > 0}
    if scoring == "all_or_nothing":
        return float(set(chosen) == right)
    if scoring == "right_minus_wrong":
        hits = len(right & set(chosen))
        return max(0.0, (hits - (len(set(chosen)) - hits)) / len(right)) if right else 0.0
    return min(1.0, max(0.0, sum(credits.get(name, 0.0) for name in set(chosen))))


def _subsets(identifiers: Sequence[str], best: Sequence[str]) -> Any:
    yield best
    for extra in identifiers:
        yield [*best, extra] if extra not in best else [name for name in best if name != extra]
    for size in range(1, len(identifiers) + 1):
        yield from (list(found) for found in combinations(identifiers, size))


def slug(text: str) -> str:
    """A source's identifier as one of ours: letters, digits, - and _, at most 50."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:50]


def unused(base: str, names: Collection[str]) -> str:
    """The name, or a variation that is free. Raises Refused where a file has too many questions."""
    if len(names) >= MOST_QUESTIONS:
        raise Refused(f"The file holds more than {MOST_QUESTIONS} questions: divide it.")
    # Past a few tries the number of names, which rises, so that a name asked for often does not take longer and longer.
    tried = chain([base], (f"{base}-{at}" for at in chain(range(2, 10), count(len(names) + 10))))
    return next(name for name in tried if name not in names)
