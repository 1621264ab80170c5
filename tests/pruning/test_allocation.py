"""How much goes from where."""

from __future__ import annotations

import numpy as np

from ovopt.pruning.costs import Cost, Costs, Factor
from ovopt.pruning.groups import Group
from ovopt.pruning.structured import Choice, by_sensitivity, shared, uniformly


def chain(lengths: list[int], work: list[float]) -> Costs:
    """Layers in a row, each making a group and reading the one before."""
    items = []
    for place, full in enumerate(work):
        made = Factor(lengths[place], {place: 1.0})
        read = [Factor(lengths[place - 1], {place - 1: 1.0})] if place else []
        items.append(Cost(full, (made, *read)))
    return Costs(tuple(items), {place: tuple({place, min(place + 1, len(work) - 1)}) for place in range(len(work))})


def choice(total: int, each: float, step: int = 2) -> Choice:
    return Choice(total, tuple(range(step, total, step)), tuple((each * np.arange(total + 1)).tolist()))


def test_work_is_the_product_of_what_is_left_of_its_factors() -> None:
    costs = chain([8, 4], [100.0, 60.0])
    assert costs.full == 160
    assert costs.left([4, 1]) == 50 + 60 * 0.75 * 0.5
    assert costs.saved([0, 0], 0, 4) == 50 + 30


def test_what_costs_no_error_goes_first() -> None:
    costs = chain([8, 8], [100.0, 100.0])
    removed = by_sensitivity([choice(8, 1.0), choice(8, 0.001)], costs, 0.3, 0.9)
    assert removed[0] == 0
    assert removed[1] > 0
    assert costs.left(removed) <= 0.7 * costs.full


def test_no_more_goes_than_is_asked_for() -> None:
    costs = chain([64, 64, 64], [100.0, 300.0, 50.0])
    choices = [choice(64, each, 1) for each in (0.3, 0.1, 0.2)]
    for share in (0.1, 0.4, 0.7):
        left = costs.left(by_sensitivity(choices, costs, share, 0.9)) / costs.full
        assert 1 - share - 0.03 < left <= 1 - share


def test_steps_that_a_larger_one_made_needless_are_given_back() -> None:
    costs = Costs((Cost(10.0, (Factor(8, {0: 1.0}),)), Cost(90.0, (Factor(8, {1: 1.0}),))), {0: (0,), 1: (1,)})
    small, large = choice(8, 0.001), Choice(8, (4,), (0.0,) * 4 + (1.0,) * 5)
    assert by_sensitivity([small, large], costs, 0.4, 0.9) == [0, 4]


def test_no_group_loses_more_than_its_most() -> None:
    costs = chain([8, 8], [100.0, 100.0])
    assert by_sensitivity([choice(8, 1.0), choice(8, 0.0)], costs, 1.0, 0.5) == [4, 4]


def test_a_price_turns_the_order_round() -> None:
    costs = Costs((Cost(10.0, (Factor(8, {0: 1.0}),)), Cost(10.0, (Factor(8, {1: 1.0}),))), {0: (0,), 1: (1,)})
    price = Costs((Cost(1.0, (Factor(8, {0: 1.0}),)), Cost(9.0, (Factor(8, {1: 1.0}),))), {0: (0,), 1: (1,)})
    choices = [choice(8, 0.1), choice(8, 0.11)]
    assert by_sensitivity(choices, costs, 0.1, 0.9) == [2, 0]
    assert by_sensitivity(choices, costs, 0.1, 0.9, price) == [0, 2]


def test_uniformly_every_group_loses_the_same_share() -> None:
    costs = chain([16, 8], [100.0, 100.0])
    assert uniformly([choice(16, 1.0), choice(8, 5.0)], costs, 0.5, 0.9) == [8, 4]


def test_a_share_is_never_exceeded() -> None:
    assert [shared(choice(16, 1.0, 4), share) for share in (0.2, 0.25, 0.6, 0.9)] == [0, 4, 8, 12]


def test_what_is_left_is_a_multiple_of_channels() -> None:
    assert Group("a", tuple(range(20)), 0, 1).removable(8) == (4, 12)
    assert Group("a", tuple(range(24)), 0, 1).removable(8) == (8, 16)
    assert Group("a", tuple(range(8)), 0, 1).removable(8) == ()
    assert Group("heads", tuple(range(4)), 0, 64).removable(8) == (1, 2, 3)
    assert Group("pairs", tuple(range(8)), 0, 2).removable(8) == (4,)
    assert Group("fixed", tuple(range(10)), 14, 1).removable(8) == (8,)
