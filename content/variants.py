"""What each learner gets of a published check: which questions of a pool, in which order, with which numbers. Pure.

`shown`, stored with each response, says it for good, each part only where something was drawn:
{"order": {list of the body: [ids]}, "parameters": {name: number}}.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any

from simpleeval import InvalidExpression, SimpleEval

from content import item_types
from content.models import QuizVersion, QuizVersionItem

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}")
EXPRESSION = re.compile(r"\{=([^{}]{1,200})\}|\{([A-Za-z][A-Za-z0-9_]{0,19})\}")
MOST_PARAMETERS = 20
MOST_STEPS = 1_000_000
DIGITS = 12


class BadExpression(ValueError):
    """An expression that cannot be worked out."""


def draw(
    version: QuizVersion, places: Sequence[QuizVersionItem], seed: int
) -> list[tuple[QuizVersionItem, dict[str, Any]]]:
    """The questions for one learner in the order shown, each with what was drawn for it; the seed decides."""
    random = Random(seed)
    kept = chosen(places, version.pools, random)
    if version.shuffle_questions:
        random.shuffle(kept)
    return [(place, drawn(place, version.shuffle_options, random)) for place in kept]


def chosen(places: Sequence[QuizVersionItem], pools: Mapping[str, int], random: Random) -> list[QuizVersionItem]:
    """The questions without those of pools that were not drawn."""
    keep: set[int] = set()
    for pool, count in pools.items():
        members = [at for at, place in enumerate(places) if place.pool == pool]
        keep.update(random.sample(members, min(count, len(members))))
    return [place for at, place in enumerate(places) if place.pool not in pools or at in keep]


def drawn(place: QuizVersionItem, shuffle: bool, random: Random) -> dict[str, Any]:
    """What is drawn for one question."""
    item = place.item_version
    kind, body = item_types.get(item.kind), item.body
    order = {}
    if (shuffle and body.get("shuffle", True)) or kind.ALWAYS_SHUFFLED:
        order = {name: _order(body[name], random) for name in kind.SHUFFLES}
    parameters = _parameters(body, random)
    return {**({"order": order} if order else {}), **({"parameters": parameters} if parameters else {})}


def apply(body: Mapping[str, Any], shown: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body as this learner saw it: numbers put in, lists in their order."""
    if not shown:
        return body
    made = dict(body)
    for name, ids in shown.get("order", {}).items():
        places = {part: place for place, part in enumerate(ids)}
        made[name] = sorted(made[name], key=lambda part: places.get(part["id"], len(places)))
    parameters = shown.get("parameters")
    return {**_filled(made, parameters), "parameters": made["parameters"]} if parameters else made


def sample(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body with some numbers put in, for authors and for everything that is about no one learner."""
    if not body.get("parameters"):
        return body
    return apply(body, {"parameters": _parameters(body, Random(0))})


def on_paper(place: QuizVersionItem) -> dict[str, Any]:
    """What a printed sheet shows of a question, the same to all: the numbers of `sample`, and nothing shuffled but what
    would give the key away.
    """
    shown = drawn(place, False, Random(str(place.item_version.pk)))
    return shown | ({"parameters": _parameters(place.item_version.body, Random(0))} if "parameters" in shown else {})


def _parameters(body: Mapping[str, Any], random: Random) -> dict[str, float]:
    return {name: _value(between, random) for name, between in body.get("parameters", {}).items()}


def problems(body: Mapping[str, Any]) -> list[str]:
    """What is wrong with `parameters`: {name: {"from": number, "to": number, "step": number}}, and their use."""
    given = body.get("parameters", {})
    if not isinstance(given, Mapping) or len(given) > MOST_PARAMETERS:
        return [f"There may be up to {MOST_PARAMETERS} parameters."]
    if bad := [name for name, between in given.items() if not NAME.fullmatch(name) or not _is_range(between)]:
        return [f"The parameter {name} needs a range: from, to, and a step above 0." for name in bad]
    if not given:
        return []
    try:
        sample(body)
    except BadExpression as error:
        return [str(error)]
    return []


def evaluate(expression: str, parameters: Mapping[str, float]) -> float:
    """The value of an expression over the parameters: + - * / ** ( ) and common functions. Raises BadExpression."""
    evaluator = SimpleEval(names=dict(parameters), functions=FUNCTIONS)
    try:
        value = evaluator.eval(expression.replace("^", "**"))
        return float(value)
    except (
        InvalidExpression,
        SyntaxError,
        ArithmeticError,
        ValueError,
        TypeError,
        MemoryError,
        RecursionError,
    ) as error:
        raise BadExpression(f"The expression “{expression}” cannot be worked out.") from error


def number(value: float) -> str:
    """A value as it stands in a text: 12 significant digits, no needless zeros, no exponent."""
    exact = Decimal(f"{value:.{DIGITS}g}")
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _functions() -> dict[str, Any]:
    import math

    names = ("sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "log", "log10", "exp", "floor", "ceil", "pi", "e")
    known = {name: getattr(math, name) for name in names}
    return {name: function for name, function in known.items() if callable(function)} | {
        "abs": abs,
        "round": round,
        "min": min,
        "max": max,
        "pi": lambda: math.pi,
    }


FUNCTIONS = _functions()


def _order(parts: Sequence[Mapping[str, Any]], random: Random) -> list[str]:
    """The ids in a drawn order; a pinned part stays where it is printed."""
    free = [part["id"] for part in parts if not part.get("pinned")]
    random.shuffle(free)
    left = iter(free)
    return [part["id"] if part.get("pinned") else next(left) for part in parts]


def _value(between: Mapping[str, Any], random: Random) -> float:
    low, high, step = (Decimal(str(between[name])) for name in ("from", "to", "step"))
    value = low + step * random.randint(0, int((high - low) / step))
    return int(value) if value == int(value) else float(value)


def _is_range(between: object) -> bool:
    if not isinstance(between, Mapping):
        return False
    values = [between.get(name) for name in ("from", "to", "step")]
    if not all(
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12 for value in values
    ):
        return False
    low, high, step = (float(value) for value in values)  # type: ignore[arg-type]
    return low <= high and step > 0 and (high - low) / step <= MOST_STEPS


def _filled(value: Any, parameters: Mapping[str, float]) -> Any:
    if isinstance(value, str):
        return EXPRESSION.sub(lambda found: _put_in(found, parameters), value)
    if isinstance(value, Mapping):
        return {key: _filled(part, parameters) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(part, parameters) for part in value]
    return value


def _put_in(found: re.Match[str], parameters: Mapping[str, float]) -> str:
    expression, name = found.groups()
    if name is not None and name not in parameters:
        return found[0]
    return number(evaluate(expression if expression is not None else name, parameters))
