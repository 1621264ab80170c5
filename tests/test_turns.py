"""Turns, their lengths and their order."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from ovopt.turns import Length, alternated, creation_order, repeated, turn_order

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
