"""Rasch and 2PL find the parameters that made the answers, and refuse small classes."""

from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from assessment.models import Attempt, IrtFit, StatisticsPart
from assessment.statistics import irt
from content import places
from roster.ids import uuid7
from tests import cast

pytestmark = pytest.mark.django_db
DIFFICULTIES, SLOPES = np.linspace(-1.2, 1.2, 6), np.array([0.7, 1.9, 1.1, 0.9, 1.6, 1.2])


def a_class(n: int) -> Any:
    """An assignment with the parts of `n` first attempts, made by a 2PL model."""
    school = cast.make_institution()
    on = cast.place_quiz(school, cast.quiz_of(*[cast.choice() for _ in DIFFICULTIES]))
    version = on.quiz.current
    assert version is not None
    rng = np.random.default_rng(5)
    able = rng.normal(size=(n, 1))
    right = rng.uniform(size=(n, len(SLOPES))) < 1 / (1 + np.exp(-SLOPES * (able - DIFFICULTIES)))
    names = [str(place.item_version_id) for place in places.of(version.pk)]
    StatisticsPart.objects.bulk_create(
        StatisticsPart(
            attempt_id=uuid7(),
            assignment=on,
            person_id=uuid7(),
            quiz_version=version,
            populations=["first", "all"],
            groups=[],
            day=cast.NOW.date(),
            counted={"items": {name: {"x": 1000 * int(one), "t": True} for name, one in zip(names, line, strict=True)}},
        )
        for line in right
    )
    return on


def test_parameters_are_found_again_and_the_better_model_is_seen() -> None:
    on = a_class(1500)
    call_command("fit_irt", assignment=on.pk)
    rasch, two = (IrtFit.objects.get(assignment=on, model=model) for model in ("rasch", "2pl"))
    assert (two.n, two.data["converged"]) == (1500, True)
    for at, item in enumerate(two.data["items"]):
        assert item["difficulty"]["value"] == pytest.approx(DIFFICULTIES[at], abs=0.25)
        assert item["discrimination"]["value"] == pytest.approx(SLOPES[at], abs=0.4)
        low, high = item["difficulty"]["ci"]
        assert low < item["difficulty"]["value"] < high
        assert (item["difficulty"]["n"], "2PL" in item["difficulty"]["method"]) == (1500, True)
    assert len({round(item["discrimination"]["value"], 6) for item in rasch.data["items"]}) == 1
    assert two.data["bic"] < rasch.data["bic"]
    assert two.data["m2"]["p"] > 0.01
    call_command("fit_irt", assignment=on.pk)
    assert IrtFit.objects.count() == 2


def test_a_small_class_is_refused() -> None:
    on = a_class(irt.LEAST - 1)
    with pytest.raises(CommandError, match="199 first attempts"):
        call_command("fit_irt", assignment=on.pk)
    assert not IrtFit.objects.exists()
    assert not Attempt.objects.exists()
