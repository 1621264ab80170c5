"""Scores that beat each other by more than luck, and the way that is taken of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from ovopt.workflow.drafting.choices import Choice, Option, Plan
from ovopt.workflow.drafting.draft import Draft
from ovopt.workflow.drafting.trials import Score, first_best


def without_each(rows: Sequence[float], figure: Callable[[Any], Any] = np.mean) -> tuple[float, ...]:
    return tuple(float(figure(np.delete(rows, place))) for place in range(len(rows)))


def mean(rows: Sequence[float], higher: bool = True) -> Score:
    value = float(np.mean(rows))
    return Score("map", value, "share", higher, 0.0, len(rows), without_each=without_each(rows))


NOISE = np.random.default_rng(0).normal(0, 0.1, 48)


def test_a_figure_that_is_no_share_wins_by_more_than_luck_alone() -> None:
    plain = mean([0.9] * 48)
    assert not mean(0.904 + NOISE - NOISE.mean()).beats(plain)
    assert mean(0.96 + NOISE - NOISE.mean()).beats(plain)
    assert mean([0.904] * 48).beats(plain), "all samples agree"
    assert not plain.beats(plain)


def test_the_deviation_is_that_of_a_mean() -> None:
    """Of a mean the jackknife gives the standard error, here 0.1 / sqrt(47): two of it are 0.0292."""
    noise = (NOISE - NOISE.mean()) / NOISE.std() * 0.1
    plain = mean([0.5] * 48)
    assert not mean(0.5291 + noise).beats(plain)
    assert mean(0.5293 + noise).beats(plain)


def test_an_error_that_is_halved_is_beaten_on_few_samples() -> None:
    assert mean([0.0, 0.1, 0.2], higher=False).beats(mean([0.1, 1.0, 0.1], higher=False))
    assert not mean([0.3, 0.4, 0.2], higher=False).beats(mean([0.1, 1.0, 0.1], higher=False))


@pytest.mark.parametrize(
    ("values", "taken"),
    [
        ([0.8, 0.8, 0.8], 0),
        ([0.8, 0.8, 0.9], 2),
        ([0.7, 0.8, 0.8], 1),
    ],
    ids=["the plainest of equal ones", "the best", "the likeliest of the best"],
)
def test_of_equal_ways_the_plainest_is_taken(values: Sequence[float], taken: int) -> None:
    options = tuple(Option(str(place)) for place in range(3))
    plan = Plan(Draft({}), (Choice("range", options, likeliest=1),))
    assert plan.likeliest == (1,)
    ways = [plan.likeliest, (0,), (1,), (2,)]
    assert first_best(ways, lambda chosen: mean([values[chosen[0]]] * 8)) == (taken,)


def test_what_an_option_fixes_stands_in_the_entry_of_another() -> None:
    colours = Choice("colours", tuple(Option(mode, ({"decode_image": {"mode": mode}},)) for mode in ("RGB", "BGR")))
    ranged = Choice("range", (Option("bytes"), Option("blue first", ("x",), fixes={"decode_image": {"mode": "BGR"}})))
    plan = Plan(Draft({}), (colours, ranged))
    assert plan.draft((0, 0)).sections["preprocess"] == [{"decode_image": {"mode": "RGB"}}]
    assert plan.draft((0, 1)).sections["preprocess"] == [{"decode_image": {"mode": "BGR"}}, "x"]
    assert plan.draft((1, 1)) == plan.draft((0, 1))
