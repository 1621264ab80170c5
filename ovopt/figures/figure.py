"""One row of the catalogue of figures: name, unit, direction, value of an arm, speed-up of a pair. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ovopt.errors import UsageError
from ovopt.intervals import Spread, median_spread, percentile_spread
from ovopt.records import Arm, Pair, Speeds, Speedup

Raw = Callable[[Arm], Iterable[Iterable[float]]]
"""Every single value of an arm in the figure's unit, by replica."""
Rests = Literal["samples", "replicas", "starts", "nothing"]


def reach(path: str) -> Callable[[Any], Any]:
    """Getter of an attribute of attributes, `latency.p50_ms`; it gives None where one on the way is missing."""
    names = path.split(".")

    def get(record: Any) -> Any:
        for name in names:
            record = getattr(record, name, None)
        return record

    return get


def nothing(record: Any) -> None:
    """No figure."""


@dataclass(frozen=True)
class Figure:
    """One row of the catalogue."""

    key: str
    """Name in history, trackers and budgets: `latency.p99`."""
    unit: str
    """`ms`, `/s`, `bytes`, `us`, `share` (0 to 1), or any other word; empty for counts."""
    of: Callable[[Arm], float | None]
    """The figure of an arm; None where it was not measured."""
    better: Literal["lower", "higher"] = "lower"
    title: str = ""
    """Name in running text and spreadsheets; the key's words unless given."""
    label: str = ""
    """Name of its row in the table; a figure without one stands in spreadsheets alone."""
    meaning: str = ""
    part: bool = False
    """Whether its row belongs to the row above."""
    n: Callable[[Arm], int | None] = nothing
    """How many values it rests on."""
    followed: bool = False
    """Whether history, trackers and `--against` follow it from run to run; the others stand in spreadsheets."""
    raw: Raw | None = None
    """Where an interval of its own follows from."""
    quantile: float = 0.5
    rests_on: Rests = "nothing"
    """What more of makes its interval, and that of its speed-up, narrower."""
    against: str = ""
    """Name of what it is against the baseline, `latency` for `latency.speedup`; the key unless given."""
    speedup: Callable[[Speeds], Speedup | None] = nothing
    """Baseline against candidate with an interval, above 1 is better."""
    ratio: Callable[[Pair], float | None] = nothing
    """Candidate over baseline, without an interval."""
    decides: bool = False
    """Whether a clear change of it makes a candidate worth shipping, or not."""
    praise: str = ""
    """What a candidate that is faster in it does, up to the name of what it is held against."""
    stages: tuple[str, ...] = ()
    """What it consists of, one after the other: figures of their own, whose keys stand below this one's."""
    picture: str = ""
    """What a picture of its stages shows; those of one scenario stand in the same."""
    by_stage: bool = False
    """Whether its stages stand in the row below it."""
    bounds: Callable[[Arm], tuple[float | None, float | None] | None] = nothing
    """Its interval, where there are no raw values for one."""
    doubt: Callable[[Arm], str | None] = nothing
    """Why the figure of this arm is not what it should be."""

    @property
    def scenario(self) -> str:
        """The scenario that measures it."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """Name in running text and spreadsheets: `first inference cold`."""
        return self.title or words(self.key)

    @property
    def pair_key(self) -> str:
        """Name of what it is against the baseline: `latency`, of `latency.speedup`."""
        return self.against or self.key

    @property
    def pair_name(self) -> str:
        """The same in running text and spreadsheets."""
        return words(self.pair_key)

    def measured(self, arm: Arm) -> bool:
        """Tell whether the arm has it. A percentile that `n` does not support has an estimate all the same."""
        return self.of(arm) is not None or (self.raw is not None and bool(self.n(arm)))

    def spread(self, arm: Arm) -> Spread:
        """The figure of an arm with its interval, where raw values give one.

        Raises UsageError where they should, and are missing.
        """
        if self.raw is None:
            value = self.of(arm)
            assert value is not None, f"{self.key} was not measured of {arm.name}"
            low, high = self.bounds(arm) or (None, None)
            return Spread(value, low, high)
        groups = [group for values in self.raw(arm) if len(group := np.array(list(values), dtype=np.float64))]
        if not groups:
            raise UsageError(
                f"{arm.name}: the raw values of {self.scenario} are missing, and a budget of it needs "
                "them; judge the file as ovopt wrote it, or measure again"
            )
        return median_spread(groups) if self.quantile == 0.5 else percentile_spread(groups, self.quantile)


def words(key: str) -> str:
    """A key in running text: `latency.p99` as `latency p99`."""
    return key.replace("_", " ").replace(".", " ")
