"""Latency: synchronous inference, one request."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import ClassVar

import numpy as np

from ovopt import stats, units
from ovopt.bench.protocol import TakeLatency
from ovopt.bench.scenario import Found
from ovopt.bench.turn_scenario import Turns, TurnScenario
from ovopt.bench.workers import Crew
from ovopt.records import Latency
from ovopt.turns import TURN

REPEATED_TURNS = 8


class LatencyScenario(TurnScenario):
    """Pure inference, sample after sample. Turns are compared by their medians."""

    name: ClassVar[str] = "latency"
    weight: ClassVar[float] = 1.0
    hint: ClassVar[str] = "LATENCY"

    def take(self, seconds: float, first: int) -> TakeLatency:
        """A slice of inferences."""
        return TakeLatency(seconds, first)

    def look_closer(self, crew: Crew, found: Found) -> None:
        """Note on the baseline, where one input over and over would have been faster than the samples in turn."""
        pairs: list[tuple[float, float]] = []
        for index in range(REPEATED_TURNS):
            order = (index % 2 == 0, index % 2 == 1)
            turns = {repeat: crew.ask(crew.baseline, TakeLatency(TURN.seconds, index, repeat)) for repeat in order}
            if None in turns.values():
                return
            pairs.append((self.seconds(turns[False]), self.seconds(turns[True])))
        table = np.array(pairs)
        interval = stats.speedup_interval(table[:, :1], table[:, 1:])
        if interval.low > 1:
            found.notes.append(
                f"latency: one input over and over would look {units.factor(interval.estimate)} faster "
                f"{units.factor_interval(interval.low, interval.high)}; real samples rotate, so the figures hold"
            )

    def seconds(self, turn: Sequence[int]) -> float:
        """The median."""
        return float(np.median(turn)) / 1e9

    def figures(self, raw: Turns) -> Latency:
        """Over all inferences."""
        values = np.array(list(chain.from_iterable(chain.from_iterable(raw))), dtype=np.float64) / 1e6
        return Latency(
            p50_ms=float(np.median(values)),
            p90_ms=stats.percentile(values, 0.90),
            p95_ms=stats.percentile(values, 0.95),
            p99_ms=stats.percentile(values, 0.99),
            mean_ms=float(values.mean()),
            min_ms=float(values.min()),
            max_ms=float(values.max()),
            n=len(values),
            raw_ns=tuple(tuple(tuple(turn) for turn in rounds) for rounds in raw),
        )

    def restore(self, figures: Latency) -> Turns:
        """The turns again."""
        return [list(rounds) for rounds in figures.raw_ns]
