"""Turns: what is compared is timed in short spells that alternate, so that all of it sees the same machine.

Their lengths, their order, and when there are enough of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ovopt.time_budget import Clock

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

LEAST_SPEEDUP = 1.02
"""A smaller gain is noise: interleaved turns over several compiled instances tell 1 to 3 % apart."""
LEAST_REPLICAS = 6
"""An interval over fewer compiled instances hides their own bias, which is a few percent."""
MOST_REPLICAS = 60
"""A further one narrows an interval by less than 1 %."""
LEAST_STARTS = 3
MOST_STARTS = 12
"""Of fresh processes, each a replica of its own."""
MOST_ROUNDS = 7
"""An odd number has a median that disturbed rounds do not move."""


@dataclass(frozen=True)
class Length:
    """The end of a turn: after this time, within these numbers of timings."""

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


def rounds_per_block(inference_s: Sequence[float], opening_s: float, budget_s: float, least: int = 4) -> int:
    """As many rounds per block (one replica of every arm), up to seven, as let `LEAST_REPLICAS` blocks fit the budget;
    at least one.

    `inference_s` holds one inference's time for each arm, `opening_s` the time that compiling all of them took; a turn
    takes `least` inferences at least.
    """
    round_s = sum(max(TURN.seconds, least * t) for t in inference_s)
    available = budget_s / LEAST_REPLICAS - opening_s
    return max(1, min(MOST_ROUNDS, int(available / round_s))) if inference_s else 1


def why_stop(
    replicas: int, half_widths: Mapping[str, float], precision: float, spent_s: float, budget_s: float
) -> str | None:
    """The reason to end measuring now, or None to go on.

    The decision looks at the widths of the intervals and never at where they lie, so that stopping does not favour
    one answer; and never before `LEAST_REPLICAS`, so that a width that came out small by luck does not end it.

    A further block must fit the budget, taking the blocks so far as a measure.
    """
    if replicas < 2:
        return None
    block_s = spent_s / replicas
    if spent_s + block_s > budget_s:
        return "time budget"
    if replicas >= MOST_REPLICAS:
        return f"{MOST_REPLICAS} replicas"
    if replicas >= LEAST_REPLICAS and half_widths and max(half_widths.values()) <= precision:
        return "precision reached"
    return None
