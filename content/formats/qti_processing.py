"""Response processing of QTI 2 and 3: the score that an item's own rules give to a response. Pure.

The readers ask for the scores of likely responses and take credits from them, so every rule that says the same gives
the same key, whichever way it is written. Expressions that are not known raise Unsupported.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import re2

from content.formats import xml
from content.formats.xml import Element, child, children

Value = list[Any] | None  # NULL is None; a single value is a list of one
Responses = Mapping[str, Sequence[str]]
MOST_STEPS = 20_000
MOST_STEPS_OF_ITEM = 400_000  # of all responses that are tried
TEMPLATES = {"match_correct": "match", "map_response": "map", "map_response_point": "point", "cc2_match": "match"}


class Unsupported(Exception):
    """A rule or expression that is not evaluated here; its text names it."""


class _Exit(Exception):
    """exitResponse."""


class Processing:
    """The declarations and rules of one item, which do not change while it is read: what they say is kept."""

    def __init__(self, item: Element) -> None:
        self.responses = {found.get("identifier", ""): found for found in children(item, "responseDeclaration")}
        self.outcomes = {found.get("identifier", ""): found for found in children(item, "outcomeDeclaration")}
        self.rules = child(item, "responseProcessing")
        self.rule_list = children(self.rules) if self.rules is not None else []
        self.steps = 0
        self._correct: dict[str, list[str]] = {}
        self._mappings: dict[str, dict[str, float]] = {}
        self._scores: dict[tuple[Any, ...], float] = {}

    @cached_property
    def template(self) -> str:
        """The kind of the standard template, empty where the item has rules of its own."""
        if self.rules is None or self.rule_list:
            return ""
        address = self.rules.get("template") or self.rules.get("templateLocation") or ""
        name = re.split(r"[/\\]", address)[-1].removesuffix(".xml").lower()
        return TEMPLATES.get(name, "")

    @cached_property
    def named_elsewhere(self) -> bool:
        """Whether the rules are named by an address that is no standard template."""
        rules = self.rules
        return rules is not None and not self.rule_list and not self.template and bool(rules.get("template"))

    def correct(self, name: str) -> list[str]:
        if name not in self._correct:
            self._correct[name] = values(child(self.responses.get(name), "correctResponse"))
        return self._correct[name]

    def mapping(self, name: str) -> dict[str, float]:
        if name not in self._mappings:
            self._mappings[name] = self._mapping(name)
        return self._mappings[name]

    def _mapping(self, name: str) -> dict[str, float]:
        found = child(self.responses.get(name), "mapping")
        entries = children(found, "mapEntry") if found is not None else []
        return {entry.get("mapKey", ""): number(entry.get("mappedValue")) or 0.0 for entry in entries}

    def score(self, responses: Responses, outcome: str = "SCORE") -> float:
        """The outcome for these responses. Raises Unsupported."""
        asked = (outcome, *((name, *given) for name, given in responses.items()))
        if asked not in self._scores:
            self._scores[asked] = self._score(responses, outcome)
        return self._scores[asked]

    def _score(self, responses: Responses, outcome: str) -> float:
        run = _Run(self, responses)
        found = run.outcomes.get(outcome) if run.finish() else None
        return float(found[0]) if found and isinstance(found[0], int | float) else 0.0

    def outcome(self, responses: Responses, name: str) -> list[str]:
        """What another outcome holds, such as the names of feedbacks. Raises Unsupported."""
        run = _Run(self, responses)
        run.finish()
        return [str(value) for value in run.outcomes.get(name) or []]


class _Run:
    def __init__(self, processing: Processing, responses: Responses) -> None:
        self.of = processing
        self.steps = 0
        self.given = {
            name: _typed(list(responses.get(name, [])), declared.get("baseType", "string"))
            for name, declared in processing.responses.items()
        }
        self.outcomes: dict[str, Value] = {name: _default(declared) for name, declared in processing.outcomes.items()}

    def finish(self) -> bool:
        try:
            if self.of.rule_list:
                self.run(self.of.rule_list)
            elif self.of.named_elsewhere:
                raise Unsupported("a template of another publisher")
            else:
                self.outcomes["SCORE"] = [self.by_template()]
        except _Exit:
            pass
        except (RecursionError, ArithmeticError, ValueError, TypeError, IndexError) as error:
            raise Unsupported("an expression that cannot be evaluated") from error
        return True

    def by_template(self) -> float:
        kind = self.of.template
        if kind:
            names = ["RESPONSE"] if "RESPONSE" in self.of.responses else list(self.of.responses)[:1]
        else:
            names = list(self.of.responses)
        total = 0.0
        for name in names:
            declared = self.of.responses[name]
            if child(declared, "mapping") is not None and kind != "match":
                total += self.mapped(name)
            elif child(declared, "areaMapping") is not None and kind != "match":
                total += self.mapped_point(name)
            elif self.of.correct(name):
                total += float(self.same(self.given[name], self.correct(name), declared))
        return total

    def run(self, rules: list[Element]) -> None:
        for rule in rules:
            self.step()
            self.rule(rule)

    def step(self) -> None:
        self.steps += 1
        self.of.steps += 1
        if self.steps > MOST_STEPS or self.of.steps > MOST_STEPS_OF_ITEM:
            raise Unsupported("rules that take too long")

    def rule(self, rule: Element) -> None:
        name = str(rule.tag)
        if name == "responseCondition":
            for branch in children(rule):
                parts = children(branch)
                if branch.tag == "responseElse":
                    return self.run(parts)
                if parts and self.true(parts[0]):
                    return self.run(parts[1:])
            return None
        if name == "setOutcomeValue":
            parts = children(rule)
            target = rule.get("identifier", "")
            self.outcomes[target] = self.value(parts[0]) if parts else None
            return None
        if name == "lookupOutcomeValue":
            parts = children(rule)
            target = rule.get("identifier", "")
            self.outcomes[target] = self.looked_up(target, self.value(parts[0]) if parts else None)
            return None
        if name == "responseProcessingFragment":
            return self.run(children(rule))
        if name == "exitResponse":
            raise _Exit
        raise Unsupported(name)

    def looked_up(self, target: str, source: Value) -> Value:
        declared = self.of.outcomes.get(target)
        if declared is None or source is None:
            return None
        at = float(source[0])
        table = child(declared, "interpolationTable", "matchTable")
        if table is None:
            return source
        for entry in children(table):
            bound = number(entry.get("sourceValue")) or 0.0
            below = at > bound or (at == bound and entry.get("includeBoundary", "true") != "false")
            if (table.tag == "matchTable" and at == bound) or (table.tag == "interpolationTable" and below):
                return _typed([entry.get("targetValue", "")], declared.get("baseType", "float"))
        fallback = table.get("defaultValue")
        return _typed([fallback], declared.get("baseType", "float")) if fallback else None

    # Expressions

    def true(self, expression: Element) -> bool:
        found = self.value(expression)
        return bool(found and found[0] is True)

    def value(self, expression: Element) -> Value:
        self.step()
        name = str(expression.tag)
        known: Callable[[Element], Value] | None = getattr(self, f"_{name}", None)
        if known is not None:
            return known(expression)
        if name in NUMERIC:
            numbers = [self.value(part) for part in children(expression)]
            flat = [float(inner) for found in numbers for inner in found or []]
            return None if any(found is None for found in numbers) or not flat else [NUMERIC[name](flat)]
        raise Unsupported(name)

    def parts(self, expression: Element) -> list[Value]:
        return [self.value(part) for part in children(expression)]

    def _baseValue(self, expression: Element) -> Value:
        return _typed([xml.content(expression)], expression.get("baseType", "string"))

    def _variable(self, expression: Element) -> Value:
        name = expression.get("identifier", "")
        if name in self.given:
            return self.given[name]
        if name in self.outcomes:
            found = self.outcomes[name]
            numeric = self.of.outcomes.get(name)
            zero = numeric is not None and numeric.get("baseType") in ("float", "integer")
            return [0.0] if found is None and zero else found
        return None

    def _correct(self, expression: Element) -> Value:
        return self.correct(expression.get("identifier", ""))

    def _default(self, expression: Element) -> Value:
        name = expression.get("identifier", "")
        declared = self.of.outcomes.get(name, self.of.responses.get(name))
        return _default(declared) if declared is not None else None

    def _null(self, _expression: Element) -> Value:
        return None

    def _mapResponse(self, expression: Element) -> Value:
        return [self.mapped(expression.get("identifier", ""))]

    def _mapResponsePoint(self, expression: Element) -> Value:
        return [self.mapped_point(expression.get("identifier", ""))]

    def _match(self, expression: Element) -> Value:
        first, second = self.parts(expression)
        declared = next(
            (self.of.responses[part.get("identifier", "")] for part in children(expression)
             if part.tag in ("variable", "correct") and part.get("identifier") in self.of.responses), None,
        )  # fmt: skip
        return [self.same(first, second, declared)]

    def _member(self, expression: Element) -> Value:
        first, second = self.parts(expression)
        return [bool(first and second and any(_equal(first[0], found) for found in second))]

    def _contains(self, expression: Element) -> Value:
        first, second = self.parts(expression)
        return [bool(first and second and all(any(_equal(one, found) for found in first) for one in second))]

    def _isNull(self, expression: Element) -> Value:
        found = self.parts(expression)[0]
        return [not found or found == [""]]

    def _not(self, expression: Element) -> Value:
        return [not self.true(children(expression)[0])]

    def _and(self, expression: Element) -> Value:
        return [all(self.true(part) for part in children(expression))]

    def _or(self, expression: Element) -> Value:
        return [any(self.true(part) for part in children(expression))]

    def _anyN(self, expression: Element) -> Value:
        count = sum(self.true(part) for part in children(expression))
        return [float(expression.get("min", "0")) <= count <= float(expression.get("max", "0"))]

    def _stringMatch(self, expression: Element) -> Value:
        first, second = (str((found or [""])[0]) for found in self.parts(expression))
        if expression.get("caseSensitive", "true") == "false":
            first, second = first.casefold(), second.casefold()
        return [second in first if expression.get("substring") == "true" else first == second]

    def _substring(self, expression: Element) -> Value:
        first, second = (str((found or [""])[0]) for found in self.parts(expression))
        if expression.get("caseSensitive", "true") == "false":
            first, second = first.casefold(), second.casefold()
        return [first in second]

    def _patternMatch(self, expression: Element) -> Value:
        found = self.parts(expression)[0]
        try:
            return [bool(found and re2.fullmatch(expression.get("pattern", ""), str(found[0])))]
        except re2.error as error:
            raise Unsupported("patternMatch with an expression that is not regular") from error

    def _equal(self, expression: Element) -> Value:
        first, second = (_number(found) for found in self.parts(expression))
        if first is None or second is None:
            return [False]
        mode = expression.get("toleranceMode", "exact")
        low, high = tolerance(expression)
        if mode == "absolute":
            return [second - low <= first <= second + high or first - low <= second <= first + high]
        if mode == "relative":
            return [first * (1 - low / 100) <= second <= first * (1 + high / 100)]
        return [first == second]

    def _equalRounded(self, expression: Element) -> Value:
        first, second = (_number(found) for found in self.parts(expression))
        if first is None or second is None:
            return [False]
        figures = int(expression.get("figures", "3"))
        if expression.get("roundingMode") == "decimalPlaces":
            return [round(first, figures) == round(second, figures)]
        return [f"{first:.{figures - 1}e}" == f"{second:.{figures - 1}e}"]

    def _lt(self, expression: Element) -> Value:
        return self.compared(expression, lambda first, second: first < second)

    def _lte(self, expression: Element) -> Value:
        return self.compared(expression, lambda first, second: first <= second)

    def _gt(self, expression: Element) -> Value:
        return self.compared(expression, lambda first, second: first > second)

    def _gte(self, expression: Element) -> Value:
        return self.compared(expression, lambda first, second: first >= second)

    def compared(self, expression: Element, how: Callable[[float, float], bool]) -> Value:
        first, second = (_number(found) for found in self.parts(expression))
        return [first is not None and second is not None and how(first, second)]

    def _multiple(self, expression: Element) -> Value:
        return [value for found in self.parts(expression) for value in found or []] or None

    _ordered = _multiple

    def _containerSize(self, expression: Element) -> Value:
        return [float(len(self.parts(expression)[0] or []))]

    def _index(self, expression: Element) -> Value:
        found, at = self.parts(expression)[0] or [], int(expression.get("n", "1"))
        return [found[at - 1]] if 0 < at <= len(found) else None

    def _customOperator(self, expression: Element) -> Value:
        definition = (expression.get("definition") or expression.get("class") or "").lower()
        found = self.parts(expression)[0] if len(children(expression)) == 1 else None
        if found is None:
            return None
        text = str(found[0])
        if definition.endswith("trim"):
            return [text.strip()]
        if definition.endswith("toascii"):
            return [unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()]
        if definition.endswith("parsecommadecimal"):
            return _typed([text.replace(",", ".")], "float")
        raise Unsupported(f"customOperator {definition}")

    def correct(self, name: str) -> Value:
        declared = self.of.responses.get(name)
        return _typed(self.of.correct(name), declared.get("baseType", "string")) if declared is not None else None

    def same(self, first: Value, second: Value, declared: Element | None) -> bool:
        if not first or not second or len(first) != len(second):
            return False
        ordered = declared is not None and declared.get("cardinality") == "ordered"
        if ordered:
            return all(map(_equal, first, second))
        rest = list(second)
        for value in first:
            found = next((at for at, other in enumerate(rest) if _equal(value, other)), None)
            if found is None:
                return False
            rest.pop(found)
        return True

    def mapped(self, name: str) -> float:
        mapping = child(self.of.responses.get(name), "mapping")
        if mapping is None:
            return 0.0
        base = self.of.responses[name].get("baseType", "string")
        default = number(mapping.get("defaultValue")) or 0.0
        total, seen = 0.0, []
        for value in self.given.get(name) or []:
            if value not in seen:
                seen.append(value)
                worths = (_worth(entry, value, base) for entry in children(mapping, "mapEntry"))
                total += next((worth for worth in worths if worth is not None), default)
        return _bounded(total, mapping)

    def mapped_point(self, name: str) -> float:
        mapping = child(self.of.responses.get(name), "areaMapping")
        if mapping is None:
            return 0.0
        default = number(mapping.get("defaultValue")) or 0.0
        total, used = 0.0, set()
        for point in self.given.get(name) or []:
            entries = children(mapping, "areaMapEntry")
            hit = next((at for at, entry in enumerate(entries) if inside(point, entry)), None)
            if hit is None:
                total += default
            elif hit not in used:
                used.add(hit)
                total += number(entries[hit].get("mappedValue")) or 0.0
        return _bounded(total, mapping)


NUMERIC: dict[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "product": math.prod,
    "subtract": lambda found: found[0] - found[1],
    "divide": lambda found: found[0] / found[1],
    "min": min,
    "max": max,
    "round": lambda found: math.floor(found[0] + 0.5),
    "truncate": lambda found: math.trunc(found[0]),
    "integerToFloat": lambda found: found[0],
}  # fmt: skip


def values(element: Element | None) -> list[str]:
    """The texts of the `value` children."""
    return [xml.content(found).strip() for found in children(element, "value")] if element is not None else []


def number(text: str | None) -> float | None:
    try:
        found = float((text or "").strip())
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def tolerance(expression: Element) -> tuple[float, float]:
    """Below and above. Of `equal`."""
    found = [abs(number(part) or 0.0) for part in expression.get("tolerance", "").split()[:2]] or [0.0]
    return found[0], found[-1]


def inside(point: Any, area: Element) -> bool:
    """Whether a point lies in an area of `shape` and `coords`."""
    if not isinstance(point, tuple) or len(point) != 2:
        return False
    x, y = point
    coords = [number(part) or 0.0 for part in area.get("coords", "").split(",")]
    shape = area.get("shape", "")
    if shape == "circle" and len(coords) == 3:
        return math.hypot(x - coords[0], y - coords[1]) <= coords[2]
    if shape == "rect" and len(coords) == 4:
        return bool(coords[0] <= x <= coords[2] and coords[1] <= y <= coords[3])
    if shape == "poly" and len(coords) >= 6:
        corners = list(zip(coords[::2], coords[1::2], strict=False))
        return _within(x, y, corners)
    return shape == "default"


def _within(x: float, y: float, corners: list[tuple[float, float]]) -> bool:
    found = False
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            found = not found
    return found


def _typed(texts: Sequence[str], base: str) -> Value:
    found = [_one(text, base) for text in texts]
    kept = [value for value in found if value is not None]
    return kept or None


def _one(text: str, base: str) -> Any:
    if base == "string":
        return text
    text = text.strip()
    if base in ("float", "integer", "duration"):
        return number(text)
    if base == "boolean":
        return text.lower() == "true"
    if base == "pair":
        return tuple(sorted(text.split()))
    if base == "directedPair":
        return tuple(text.split())
    if base == "point":
        found = [number(part) for part in text.split()[:2]]
        return tuple(found) if len(found) == 2 and None not in found else None
    return text or None


def _equal(first: Any, second: Any) -> bool:
    if type(first) is type(second):
        return bool(first == second)
    found = _number([first]), _number([second])
    return found[0] is not None and found[0] == found[1] if None not in found else str(first) == str(second)


def _number(found: Value) -> float | None:
    if not found or isinstance(found[0], bool | tuple):
        return None
    return float(found[0]) if isinstance(found[0], int | float) else number(str(found[0]))


def _default(declared: Element) -> Value:
    found = child(declared, "defaultValue")
    return _typed(values(found), declared.get("baseType", "string")) if found is not None else None


def _worth(entry: Element, value: Any, base: str) -> float | None:
    """What a mapEntry gives to the value; None where it means another."""
    key = _one(entry.get("mapKey", ""), base)
    same = key == value
    if isinstance(key, str) and entry.get("caseSensitive", "true" if base == "identifier" else "false") == "false":
        same = key.casefold() == str(value).casefold()
    return (number(entry.get("mappedValue")) or 0.0) if same else None


def _bounded(total: float, mapping: Element) -> float:
    low, high = number(mapping.get("lowerBound")), number(mapping.get("upperBound"))
    total = total if low is None else max(total, low)
    return total if high is None else min(total, high)
