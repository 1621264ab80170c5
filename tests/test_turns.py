"""Turns: their lengths, their order, and when there are enough of them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovopt.turns import (
    LEAST_REPLICAS,
    MOST_REPLICAS,
    MOST_ROUNDS,
    TURN,
    Length,
    alternated,
    creation_order,
    repeated,
    rounds_per_block,
    turn_order,
    why_stop,
)

ARMS = ["original", "control", "int8"]


class Worked:
    """A clock on which each thing that is taken lasts a hundredth of a second."""

    def __init__(self) -> None:
        self.taken: list[int] = []

    def __call__(self) -> float:
        return len(self.taken) / 100

    def take(self, index: int) -> str:
        self.taken.append(index)
        return f"answer {index}"


@pytest.mark.parametrize(
    ("length", "count"),
    [
        (Length(0.0), 3),
        (Length(0.0, least=1), 1),
        (Length(0.065), 7),
        (Length(0.065, most=5), 5),
        (Length(0.065, least=9, most=9), 9),
    ],
)
def test_a_turn_lasts_for_its_time_within_its_numbers(length: Length, count: int) -> None:
    clock = Worked()
    assert repeated(clock.take, length, clock) == [f"answer {index}" for index in range(count)]
    assert clock.taken == list(range(count))


def test_all_take_one_turn_in_every_round() -> None:
    log: list[tuple[str, int]] = []

    def take(name: str, index: int) -> int:
        log.append((name, index))
        return 10 * index

    takes = {name: partial(take, name) for name in ARMS}
    taken = alternated(takes, 4, partial(turn_order, rng=np.random.default_rng(0)))
    assert taken == {name: [0, 10, 20, 30] for name in ARMS}
    rounds = [log[at : at + len(ARMS)] for at in range(0, len(log), len(ARMS))]
    assert [sorted(taken) for taken in rounds] == [[(name, index) for name in sorted(ARMS)] for index in range(4)]
    assert len({tuple(name for name, _ in taken) for taken in rounds}) > 1, "in an order of its own"


def test_arms_are_created_forwards_and_backwards_in_turn() -> None:
    assert [creation_order(ARMS, replica) for replica in range(3)] == [ARMS, ARMS[::-1], ARMS]


def test_turns_take_every_order_and_leave_the_arms_alone() -> None:
    rng = np.random.default_rng(0)
    orders = {tuple(turn_order(ARMS, rng)) for _ in range(100)}
    assert len(orders) == 6
    assert all(sorted(order) == sorted(ARMS) for order in orders)
    assert ARMS == ["original", "control", "int8"]


@pytest.mark.parametrize(
    ("inference_s", "opening_s", "budget_s", "rounds"),
    [
        ([0.001] * 3, 0.5, 60, MOST_ROUNDS),
        ([0.001] * 3, 0.1, 6 * (0.1 + 3 * 3 * TURN.seconds + 0.05), 3),
        ([0.1] * 2, 0.0, 6 * (2 * 0.8 + 0.05), 2),
        ([5.0] * 3, 30.0, 60, 1),
        ([0.001] * 3, 100.0, 60, 1),
    ],
)
def test_a_block_holds_as_many_rounds_as_let_six_blocks_fit_the_budget(
    inference_s: list[float], opening_s: float, budget_s: float, rounds: int
) -> None:
    assert rounds_per_block(inference_s, opening_s, budget_s) == rounds


def test_turns_that_take_more_inferences_leave_room_for_fewer_rounds() -> None:
    assert rounds_per_block([0.1] * 2, 0.0, 6 * (2 * 0.8 + 0.05), least=8) == 1


@given(st.lists(st.floats(1e-5, 10), min_size=1, max_size=6), st.floats(0, 60), st.floats(1, 600))
def test_a_plan_keeps_to_the_budget_unless_one_round_is_too_much(
    inference_s: list[float], opening_s: float, budget_s: float
) -> None:
    rounds = rounds_per_block(inference_s, opening_s, budget_s)
    block_s = opening_s + rounds * sum(max(TURN.seconds, 4 * t) for t in inference_s)
    assert 1 <= rounds <= MOST_ROUNDS
    assert rounds == 1 or LEAST_REPLICAS * block_s <= budget_s * (1 + 1e-9)


NARROW, WIDE = {"int8": 0.01, "control": 0.02}, {"int8": 0.01, "control": 0.03}


@pytest.mark.parametrize(
    ("replicas", "widths", "spent_s", "reason"),
    [
        (1, {}, 59, None),
        (1, {}, 600, None),
        (2, NARROW, 20, None),
        (5, NARROW, 20, None),
        (6, NARROW, 20, "precision reached"),
        (6, WIDE, 20, None),
        (6, {}, 20, None),
        (4, WIDE, 48, None),
        (4, WIDE, 48.1, "time budget"),
        (6, NARROW, 59, "time budget"),
        (MOST_REPLICAS - 1, WIDE, 20, None),
        (MOST_REPLICAS, WIDE, 20, f"{MOST_REPLICAS} replicas"),
        (MOST_REPLICAS, NARROW, 20, f"{MOST_REPLICAS} replicas"),
    ],
)
def test_measuring_ends_at_the_precision_the_budget_or_enough_replicas(
    replicas: int, widths: dict[str, float], spent_s: float, reason: str | None
) -> None:
    assert why_stop(replicas, widths, precision=0.02, spent_s=spent_s, budget_s=60) == reason
