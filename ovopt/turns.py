"""Turns: what is compared is timed in short spells that alternate, so that all of it sees the same machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Clock = Callable[[], float]
"""Seconds since some moment, as `time.perf_counter` gives them."""
K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

LEAST_SPEEDUP = 1.02
"""A smaller gain is noise: interleaved turns over several compiled instances tell 1 to 3 % apart."""


@dataclass(frozen=True)
class Length:
    """How long a turn goes on: for this time, within these numbers of timings."""

    seconds: float
    least: int = 3
    """Fewer have no median that one disturbance does not move."""
    most: int | None = None


TURN = Length(0.04)
"""Long enough for a median of inferences below 10 ms, and short enough for all of a round to see the same machine:
stolen time comes in bursts of tenths of a second."""
QUICK_TURN = Length(0.02)
"""Where the figure is rough anyway: a search takes many, and scatters with compiled instances, not with turns."""


def repeated(take: Callable[[int], T], length: Length, clock: Clock = time.perf_counter) -> list[T]:
    """One turn: the results of `take(0)`, `take(1)` and so on, until it is over."""
    until, taken = clock() + length.seconds, list[T]()
    while len(taken) < length.least or (clock() < until and len(taken) != length.most):
        taken.append(take(len(taken)))
    return taken


def alternated(
    takes: Mapping[K, Callable[[int], T]], rounds: int, order: Callable[[Sequence[K]], Iterable[K]] = tuple
) -> dict[K, list[T]]:
    """Rounds in which each takes one turn, `take(round)`, in an order that is asked for anew in every round; the
    results of each, round by round."""
    taken: dict[K, list[T]] = {name: [] for name in takes}
    for index in range(rounds):
        for name in order(tuple(takes)):
            taken[name].append(takes[name](index))
    return taken


def creation_order(names: Sequence[K], replica: int) -> list[K]:
    """Forwards in even replicas and backwards in odd ones: who is compiled first has a bias."""
    return list(names) if replica % 2 == 0 else list(reversed(names))


def turn_order(names: Sequence[K], rng: np.random.Generator) -> list[K]:
    """A random order: a fixed one favours the ends."""
    return [names[i] for i in rng.permutation(len(names))]
