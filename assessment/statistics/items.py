"""The published figures of each item, from the joint counts of a cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from assessment import rules
from assessment.models import Regrade, RegradeChoice
from assessment.statistics import bands, formulas, joint, shape
from assessment.statistics.formulas import Exact, Figure, Sample
from assessment.statistics.joint import ItemCounts, Joint
from content import item_types, rendering, variants
from content.item_types import Category
from content.models import ItemVersion, QuizVersionItem

BLANK = "No answer"
DISCRIMINATION = "corrected item-rest Pearson r (rest: machine-marked total without the item); Fisher z interval"
POINT_BISERIAL = "Pearson r with the machine-marked total, the item included; Fisher z interval"
CHOOSING_REST = "Pearson r of choosing it with the rest score; Fisher z interval"
CHOOSING_TOTAL = "Pearson r of choosing it with the machine-marked total, the item included; Fisher z interval"
OF_WRONG = "share of the answers without full points; Wilson interval"
SOME_WAIT = "Some answers wait for a person."
NO_OTHER_ITEMS = "The rule marked no other item to compare with."
NOT_IN_TOTAL = "It is no part of the machine-marked total."
NOT_ALIKE = "The rule marked some items in only a part of the attempts."
UNKNOWN_GUESS = "Random answers have no known average here."


@dataclass(frozen=True)
class Counted:
    """An item at its place in the quiz, with its counts."""

    place: QuizVersionItem
    counts: ItemCounts


def dropped(regrades: Mapping[UUID, Regrade]) -> set[UUID]:
    """The item versions that do not count."""
    return {pk for pk, regrade in regrades.items() if regrade.choice == RegradeChoice.DROP}


@dataclass(frozen=True)
class Scale:
    """All items of a quiz version, as one measurement."""

    n: int
    items: Sequence[Counted]
    total: Sample
    regrades: Mapping[UUID, Regrade] = field(default_factory=dict)  # those that rule, by item version

    @cached_property
    def dropped(self) -> set[UUID]:
        return dropped(self.regrades)

    @cached_property
    def marked(self) -> list[Counted]:
        """Those that the rule marked."""
        return [item for item in self.items if item.counts.in_total]

    @cached_property
    def is_whole(self) -> bool:
        """Whether the total of every attempt is about the same items."""
        return all(item.counts.in_total == self.n for item in self.marked)

    @cached_property
    def within(self) -> Exact:
        return sum(item.counts.known.points.spread for item in self.marked)

    @cached_property
    def points(self) -> Decimal:
        kept = (item for item in self.items if item.place.item_version_id not in self.dropped)
        return sum((item.place.item_version.points for item in kept), Decimal(0))

    @cached_property
    def weights(self) -> Mapping[int, Figure]:
        """The effective weight of each marked item, by position."""
        joints = [item.counts.known for item in self.marked]
        covariances = [formulas.covariation(one.points, one.total, one.points_by_total) for one in joints]
        found = formulas.effective_weights(covariances, self.n)
        return {item.place.position: figure for item, figure in zip(self.marked, found, strict=True)}

    def is_alone(self, item: Counted) -> bool:
        """Whether the rule marked no other item, so that there is no rest to correlate with."""
        return bool(item.counts.n) and not any(other is not item for other in self.marked)


def figures(item: Counted, scale: Scale, typed: Sequence[tuple[str, int]]) -> dict[str, Any]:
    version, counts = item.place.item_version, item.counts
    return {
        "position": item.place.position,
        "identifier": version.item.identifier,
        "item_version": version.pk,
        "kind": version.kind,
        "stem": _stem(version),
        "points_max": version.points,
        "dropped": version.pk in scale.dropped,
        "n": counts.n,
        "blanks": counts.blanks,
        **_waiting(counts, _of_points(item, scale)),
        "intended_weight": _intended(version, scale),
        "guess": _guess(version, counts.n),
        "seconds": shape.quartiles(counts.seconds),
        "categories": _categories(item, scale.regrades.get(version.pk), alone=scale.is_alone(item)),
        "common_answers": [
            {"answer": answer, "count": n, "share": formulas.share(n, max(n, counts.counted.n))} for answer, n in typed
        ],
    }


def _waiting(counts: ItemCounts, found: dict[str, Figure]) -> dict[str, Figure]:
    """A blank is marked at once while others wait, so those marked so far are no chance sample."""
    if not counts.waiting:
        return found
    return {name: formulas.missing(figure, SOME_WAIT) for name, figure in found.items()}


def _of_points(item: Counted, scale: Scale) -> dict[str, Figure]:
    known, maximum = item.counts.known, item.place.item_version.points
    points = known.points
    discrimination = formulas.correlation(points, known.rest, known.points_by_rest, DISCRIMINATION)
    together = formulas.covariation(points, known.rest, known.points_by_rest)
    efficiency = formulas.efficiency(known.by_points(), known.by_rest(), together, known.n)
    if scale.is_alone(item):
        discrimination, efficiency = (formulas.missing(one, NO_OTHER_ITEMS) for one in (discrimination, efficiency))
    return {
        "facility": formulas.facility(points, maximum),
        "sd": formulas.deviation(points),
        "discrimination": discrimination,
        "discriminative_efficiency": efficiency,
        "effective_weight": _effective(item, scale),
        "upper_lower": bands.upper_lower(known, maximum),
        "point_biserial": formulas.correlation(points, known.total, known.points_by_total, POINT_BISERIAL),
        "alpha_if_deleted": _alpha_without(item, scale),
    }


def _effective(item: Counted, scale: Scale) -> Figure:
    method = "sqrt(cov(points, total)) / the sum of all that are not negative"
    if not item.counts.in_total or not scale.is_whole:
        reason = NOT_ALIKE if item.counts.in_total else _outside(item)
        return formulas.figure(None, item.counts.n, method, reason=reason)
    return scale.weights[item.place.position]


def _alpha_without(item: Counted, scale: Scale) -> Figure:
    known, method = item.counts.known, formulas.ALPHA_IF_DELETED
    if not item.counts.in_total or not scale.is_whole:
        reason = NOT_ALIKE if item.counts.in_total else _outside(item)
        return formulas.figure(None, known.n, method, reason=reason)
    return formulas.alpha_of(len(scale.marked) - 1, scale.within - known.points.spread, known.rest, method)


def _outside(item: Counted) -> str:
    return NOT_IN_TOTAL if item.counts.n else formulas.TOO_FEW


def _intended(version: ItemVersion, scale: Scale) -> Figure:
    own = Decimal(0) if version.pk in scale.dropped else version.points
    value = float(own / scale.points) if scale.points else None
    return formulas.figure(value, scale.n, "points of the item / points of all", reason=formulas.NOT_COMPUTED) | {
        "provisional": False
    }


def _guess(version: ItemVersion, n: int) -> Figure:
    value = item_types.get(version.kind).guess(variants.sample(version.body))
    reason = UNKNOWN_GUESS if value is None else formulas.NOT_COMPUTED
    method = "mean share of the points that random answers earn"
    return formulas.figure(None if value is None else float(value), n, method, reason=reason) | {"provisional": False}


def _stem(version: ItemVersion) -> str:
    """As it was written: where each learner gets other numbers, with the names of the numbers."""
    return _plain(str(item_types.get(version.kind).public(version.body)["stem"]))


_plain = lru_cache(maxsize=4096)(rendering.plain)


@dataclass(frozen=True)
class Answers:
    """All answers to an item, with which those in a category are compared."""

    all: Joint
    most: int  # points of the item, in thousandths
    wrong: int
    thirds: bands.Weights
    alone: bool

    @classmethod
    def of(cls, item: Counted, *, alone: bool) -> "Answers":
        counted, most = item.counts.counted, int(item.place.item_version.points * joint.MILLI)
        return cls(counted, most, counted.below(most), bands.thirds(counted), alone)


def _categories(item: Counted, regrade: Regrade | None, *, alone: bool) -> list[dict[str, Any]]:
    """Every category of the item in printed order, then blank ones."""
    labels, found = _labels(item.place.item_version, regrade), item.counts.categories
    if not labels:
        return []
    answers = Answers.of(item, alone=alone)
    return [
        _category(labels.get(name) or Category(name, name), found.get(name) or Joint(), answers)
        for name in dict.fromkeys([*labels, *found])
    ]


def _labels(version: ItemVersion, regrade: Regrade | None) -> dict[str, Category]:
    """By id, with the key in force; where each learner gets other numbers, with the expressions that say which."""
    known: dict[str, Category] = {}
    for body in rules.keyed(version, regrade) or [version.body]:
        for one in item_types.get(version.kind).categories(body):
            known[one.id] = replace(one, keyed=one.keyed or (one.id in known and known[one.id].keyed))
    return known | {"": Category("", BLANK)} if known else {}


def _category(category: Category, chosen: Joint, answers: Answers) -> dict[str, Any]:
    n, others = chosen.n, answers.all
    indicator = Sample(others.n, n, n)
    rest = formulas.correlation(indicator, others.rest, chosen.rest.x, CHOOSING_REST)
    return {
        "category": category.id,
        "label": category.label,
        "keyed": category.keyed,
        "count": n,
        "share": formulas.share(n, others.n),
        "share_of_wrong": formulas.share(chosen.below(answers.most), answers.wrong, OF_WRONG),
        "rest_correlation": formulas.missing(rest, NO_OTHER_ITEMS) if answers.alone else rest,
        "point_biserial": formulas.correlation(indicator, others.total, chosen.total.x, CHOOSING_TOTAL),
        "thirds": bands.by_thirds(chosen, others.n, answers.thirds),
    }


def takes_typing(item: Counted) -> bool:
    """Whether answers are typed, so that the most frequent are worth reading."""
    return item_types.takes_typing(item.place.item_version.kind)
