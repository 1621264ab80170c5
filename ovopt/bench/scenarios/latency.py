"""Latency: synchronous inference, one request."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import ClassVar

import numpy as np

from ovopt import stats
from ovopt.bench.protocol import TakeLatency
from ovopt.bench.turns import Turns, TurnScenario
from ovopt.comparison import judged
from ovopt.records import Latency, Speedup


class LatencyScenario(TurnScenario):
    """Pure inference, sample after sample. Turns are compared by their medians."""

    name: ClassVar[str] = "latency"
    weight: ClassVar[float] = 1.0
    hint: ClassVar[str] = "LATENCY"

    def take(self, seconds: float, first: int) -> TakeLatency:
        """A slice of inferences."""
        return TakeLatency(seconds, first)

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

    def pair(self, baseline: Turns, candidate: Turns, control: Turns | None) -> Speedup:
        """Baseline time over candidate time."""
        return judged(self.table(baseline), self.table(candidate), self.table(control) if control else None)
