"""Throughput: asynchronous inference, the optimal number of requests unless set."""

from __future__ import annotations

from itertools import chain
from typing import ClassVar

import numpy as np

from ovopt.bench.protocol import TakeThroughput
from ovopt.bench.turn_scenario import Turns, TurnScenario
from ovopt.records import Throughput


class ThroughputScenario(TurnScenario):
    """Samples completed over time elapsed, with every request of the pool kept busy."""

    name: ClassVar[str] = "throughput"
    weight: ClassVar[float] = 1.0
    hint: ClassVar[str] = "THROUGHPUT"
    inferences: ClassVar[int] = 8

    def take(self, seconds: float, first: int) -> TakeThroughput:
        """A slice of inferences."""
        return TakeThroughput(seconds, first)

    def figures(self, raw: Turns) -> Throughput:
        """The median turn's rate."""
        turns = list(chain.from_iterable(raw))
        return Throughput(
            samples_per_s=float(np.median([turn.samples_per_s for turn in turns])),
            n=sum(turn.samples for turn in turns),
            raw=tuple(tuple(rounds) for rounds in raw),
        )
