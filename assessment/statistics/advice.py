"""Which questions to look at, each in one sentence: what happened, what it may mean, what to do. Pure.

A question is named only where the interval of a figure lies wholly outside its good range, so that chance alone names
few in a large class and hardly any in a small one. Nothing is said of fewer than `JUDGED_FROM` answers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessment.statistics import formulas
from assessment.statistics.formulas import HIDDEN_BELOW as JUDGED_FROM
from assessment.statistics.formulas import PROVISIONAL_BELOW

Item = Mapping[str, Any]
Category = Mapping[str, Any]

SHOWN = 3
ONE_ANSWER = ("choice", "true_false")  # an answer is exactly one of the categories
OPTIONS = (*ONE_ANSWER, "multiple_response", "hotspot")  # the categories that are not keyed are wrong answers
FEWEST_CHOOSERS = 5  # below, one strong learner makes the correlation of an option
HARD = 0.4  # facility
SEPARATES, WELL = 0.2, 0.3  # discrimination
EASY = 0.9  # facility, above which a question cannot separate and need not
BLANK = 0.2  # share
UNUSED = 0.05  # share of the wrong answers

# From which share on, who that is and how much; the first that fits.
SHARES: list[tuple[float, str | Promise, str | Promise]] = [
    (1.0, _("The whole class"), _("all of its points")),
    (0.9, _("Nearly the whole class"), _("nearly all of its points")),
    (0.71, _("Three quarters of the class"), _("three quarters of its points")),
    (0.62, _("Two thirds of the class"), _("two thirds of its points")),
    (0.54, _("More than half of the class"), _("more than half of its points")),
    (0.46, _("Half of the class"), _("half of its points")),
    (0.38, _("Nearly half of the class"), _("nearly half of its points")),
    (0.29, _("A third of the class"), _("a third of its points")),
    (0.225, _("A quarter of the class"), _("a quarter of its points")),
    (0.15, _("A fifth of the class"), _("a fifth of its points")),
    (0.075, _("A tenth of the class"), _("a tenth of its points")),
    (0.0, _("A few of the class"), _("next to none of its points")),
]


@dataclass(frozen=True)
class Advice:
    """One sentence about a question. `provisional`: from so few answers that more may change it."""

    kind: str
    position: int
    text: SafeString
    weight: float = 0.0
    provisional: bool = False


def questions_to_look_at(report: Mapping[str, Any], most: int | None = SHOWN) -> list[Advice]:
    """The most pressing first, at most one sentence a question."""
    found = [advice for item in report["items"] if (advice := _of(item))]
    found.sort(key=lambda one: (KINDS.index(one.kind), -one.weight, one.position))
    return found[:most]


def doubts_key(item: Item) -> bool:
    """Whether enough answers speak against the key of the question."""
    return item["n"] >= PROVISIONAL_BELOW and next(_doubtful_key(item), None) is not None


def _of(item: Item) -> Advice | None:
    """The most important thing to say of the question."""
    if item["n"] < JUDGED_FROM:
        return None
    advice = next((found for rule in RULES for found in rule(item)), None)
    return replace(advice, provisional=item["n"] < PROVISIONAL_BELOW) if advice else None


def _doubtful_key(item: Item) -> Iterator[Advice]:
    """A wrong option that those who do well prefer, or a question that they miss more often than others."""
    wrong = [one for one in _wrong(item) if one["count"] >= FEWEST_CHOOSERS]
    of_the_able = [one for one in wrong if _rises_above_key(one, item)]
    of_the_best = [one for one in wrong if _beats_key_among_best(one, item)]
    if of_the_able:
        text = gettext(
            "{who} chose {option} in question {position}; the key is {key}. "
            "Those who chose it did well otherwise: look at the key."
        )
        yield _about_rival(text, item, of_the_able)
    elif of_the_best:
        text = gettext(
            "{who} chose {option} in question {position}, and so did most of the strongest third; the key is {key}. "
            "Look at the key; if it is right, explain this again."
        )
        yield _about_rival(text, item, of_the_best)
    elif _below(item.get("discrimination"), 0):
        text = gettext(
            "Those who did well otherwise got question {position} wrong more often than the others: "
            "look at its key and its text."
        )
        yield _advice("key", item, text)


def _about_rival(text: str, item: Item, rivals: Sequence[Category]) -> Advice:
    rival = max(rivals, key=lambda one: one["count"])
    share = _value(rival["share"], 0.0)
    return _advice("key", item, text, weight=share, who=who(share), option=_named(rival), key=_key(item))


def _hard(item: Item) -> Iterator[Advice]:
    facility = item.get("facility")
    if not facility or not _below(facility, HARD) or _value(_blanks(item), 0.0) >= 0.5:
        return
    wrong = _commonest_wrong(item)
    if wrong:
        text = gettext(
            "Question {position} was hard: the class earned {points}. The most common wrong answer was {option}: "
            "explain this again."
        )
    else:
        text = gettext("Question {position} was hard: the class earned {points}. Explain this again.")
    yield _advice(
        "reteach", item, text, weight=1 - facility["value"], points=how_much(facility["value"]), option=_quoted(wrong)
    )


def _left_blank(item: Item) -> Iterator[Advice]:
    blanks = _blanks(item)
    if blanks and blanks["ci"] and blanks["ci"][0] > BLANK:
        text = gettext(
            "{who} left question {position} blank: check that there was time for it and that its text is clear."
        )
        yield _advice("blank", item, text, weight=blanks["value"], who=who(blanks["value"]))


def _not_separating(item: Item) -> Iterator[Advice]:
    discrimination, facility = item.get("discrimination"), item.get("facility")
    is_easy = bool(facility and facility["value"] is not None and facility["value"] > EASY)
    if not is_easy and _below(discrimination, SEPARATES):
        text = gettext(
            "Those who did well otherwise did no better in question {position} than the others. "
            "Its text may mislead: read it again."
        )
        yield _advice("separation", item, text, weight=-(discrimination or {})["value"])


def _unused(item: Item) -> Iterator[Advice]:
    unused = [one for one in _wrong(item) if _below(one.get("share_of_wrong") or one["share"], UNUSED)]
    if unused:
        text = gettext(
            "Hardly anybody chose {option} in question {position}: "
            "that makes the right answer easier to guess. Replace it one day."
        )
        yield _advice("unused", item, text, option=_named(min(unused, key=lambda one: one["count"])))


RULES: list[Callable[[Item], Iterator[Advice]]] = [_doubtful_key, _hard, _left_blank, _not_separating, _unused]
KINDS = ["key", "reteach", "blank", "separation", "unused"]  # the most important first


def _advice(kind: str, item: Item, text: str, *, weight: float = 0.0, **words: object) -> Advice:
    return Advice(kind, item["position"], format_html(text, position=item["position"], **words), weight)


def who(share: float) -> str:
    """A share of the class in words: 0.5 is "Half of the class"."""
    return str(next(words for least, words, _points in SHARES if share >= least))


def how_much(share: float) -> str:
    """A share of the points in words: 0.5 is "half of its points"."""
    return str(next(points for least, _words, points in SHARES if share >= least))


def separation(figure: Mapping[str, Any]) -> str:
    """What a discrimination says, in words."""
    if figure["n"] < JUDGED_FROM:
        return gettext("too few to judge")
    if figure["value"] is None:
        return gettext("cannot be computed")
    if figure["value"] >= WELL:
        return gettext("separates well")
    return gettext("separates somewhat") if figure["value"] >= SEPARATES else gettext("does not separate")


def _wrong(item: Item) -> list[Category]:
    if item["kind"] not in OPTIONS:
        return []
    return [one for one in item["categories"] if one["category"] and not one["keyed"] and one["count"] is not None]


def _right(item: Item) -> list[Category]:
    return [one for one in item["categories"] if one["keyed"]]


def _rises_above_key(option: Category, item: Item) -> bool:
    """Whether better learners choose it more often, and that more clearly than with the key.

    The second half spares an option that earns a part of the points, which good learners may well choose.
    """
    own, of_keys = option.get("rest_correlation"), [_value(one.get("rest_correlation"), -1.0) for one in _right(item)]
    return _above(own, 0) and _value(own, -1.0) > max(of_keys, default=-1.0)


def _beats_key_among_best(option: Category, item: Item) -> bool:
    """Whether, of those in the upper third who chose it or a key, surely more than half chose it."""
    chose_it, chose_key = _upper(option), max((_upper(one) for one in _right(item)), default=0)
    if item["kind"] not in ONE_ANSWER or not chose_it:
        return False
    interval = formulas.share(Fraction(chose_it), chose_it + chose_key)["ci"]
    return bool(interval and interval[0] > 0.5)


def _upper(option: Category) -> int:
    """How many of the upper third chose it."""
    third = (option.get("thirds") or {}).get("upper")
    return round(third["value"] * third["n"]) if third and third["value"] is not None else 0


def _commonest_wrong(item: Item) -> str:
    wrong = max(_wrong(item), key=lambda one: one["count"], default=None)
    if wrong:
        return str(wrong["label"]) if wrong["count"] else ""
    right = {one["label"] for one in _right(item)}
    return next((str(one["answer"]) for one in item.get("common_answers", []) if one["answer"] not in right), "")


def _blanks(item: Item) -> Mapping[str, Any] | None:
    blanks = item.get("blanks")
    return formulas.share(Fraction(blanks), item["n"]) if isinstance(blanks, int) else blanks


def _key(item: Item) -> SafeString:
    return format_html("{}", SafeString(", ".join(_named(one) for one in _right(item))))


def _named(option: Category) -> SafeString:
    return _quoted(option["label"])


def _quoted(text: str) -> SafeString:
    """Author's or learner's words, cut where they would bury the sentence."""
    return format_html('<em dir="auto">{}</em>', text if len(text) <= 80 else f"{text[:79].rstrip()}…")


def _value(figure: Mapping[str, Any] | None, otherwise: float) -> float:
    return otherwise if not figure or figure["value"] is None else float(figure["value"])


def _below(figure: Mapping[str, Any] | None, bound: float) -> bool:
    return bool(figure and figure["value"] is not None and figure["ci"] and figure["ci"][1] < bound)


def _above(figure: Mapping[str, Any] | None, bound: float) -> bool:
    return bool(figure and figure["value"] is not None and figure["ci"] and figure["ci"][0] > bound)
