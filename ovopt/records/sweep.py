"""Results of a sweep: one row for each model, and the figures over all of them."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from ovopt.records.gate import Verdict
from ovopt.records.model import Count, Machine, Record
from ovopt.records.pairs import QualityDelta, Speedup

ORIGINAL = "original"
State = Literal["optimized", "refused", "failed"]


class Value(Record):
    """A metric of one model, with its 95 % interval."""

    metric: str
    value: float
    low: float
    high: float
    unit: str


class SweepRow(Record):
    """One model of the sweep."""

    name: str
    model: str
    steps: str = Field(description="the command that made the bundle, with its budget")
    state: State = Field(description="refused: nothing was made that may ship; failed: an error ended it")
    said: str = Field(description="why what ships does, or the error")
    ships: str | None = Field(description="`optimized` or `original`; None where it failed")
    verdict: Verdict | None = Field(default=None, description="the gate's; None without a budget")
    original: Value | None = Field(default=None, description="by the first metric that was measured")
    optimized: Value | None = None
    change: QualityDelta | None = Field(default=None, description="the same metric, paired")
    speedups: dict[str, Speedup] = Field(default={}, description="by the catalogue's keys of figures of a pair")
    size_ratio: float | None = None
    comparison: str | None = Field(default=None, description="the comparison file, relative to the sweep's folder")
    bundle: str | None = Field(default=None, description="the bundle, relative to the sweep's folder")
    seconds: float

    def shippable(self, key: str) -> float | None:
        """Speed-up of what ships; 1 for the original, None where that was not measured."""
        if self.ships == ORIGINAL:
            return 1.0
        speed = self.speedups.get(key) if self.ships else None
        return speed.estimate if speed and speed.estimate > 0 else None


class Sweep(Record):
    """`sweep.json`: all rows, in the suite's order."""

    schema_: Literal["ovopt.sweep/2"] = Field("ovopt.sweep/2", alias="schema")
    ovopt: str
    created: str
    suite: str
    title: str
    machine: Machine
    scenarios: tuple[str, ...]
    planned: Count = Field(description="models of the suite; more than there are rows while the sweep is under way")
    rows: tuple[SweepRow, ...]

    @property
    def failed(self) -> tuple[SweepRow, ...]:
        """Models that an error ended."""
        return tuple(row for row in self.rows if row.state == "failed")

    @property
    def shipped(self) -> tuple[SweepRow, ...]:
        """Models of which the optimized one ships."""
        return tuple(row for row in self.rows if row.ships not in (None, ORIGINAL))

    def mean_speedup(self, key: str) -> tuple[float, int] | None:
        """The geometric mean of the shippable speed-ups, and over how many models; None where it was not measured."""
        found = [speed for row in self.rows if (speed := row.shippable(key)) is not None]
        if not found:
            return None
        return math.exp(math.fsum(map(math.log, found)) / len(found)), len(found)
