"""A search for the best candidate under a budget of quality: its trials, and what came of all of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ovopt.records.model import Count, Record

OPEN_SHARE = 0.5
"""With few samples no interval is narrow enough; an estimate within this share of the budget is then taken on trust,
and the gate decides."""

State = Literal["kept", "missed", "open", "slower"]
"""Within the budget for certain, beyond it for certain, neither; or not judged, being no faster than what there was."""
Aim = Literal["speed", "size"]


class Trial(Record):
    """One candidate on the tuning samples. `drop` is the loss of quality, positive is worse."""

    name: str
    reverted: tuple[str, ...] = ()
    drop: float
    low: float
    high: float
    n: Count
    state: State
    speedup: float | None
    speedup_bounds: tuple[float, float] | None = None
    seconds: float
    size_ratio: float | None = Field(default=None, description="bytes of all constants against the original's")

    def acceptable(self, max_drop: float) -> bool:
        """True where it may ship, as far as the tuning samples can tell."""
        return self.state == "kept" or (self.state == "open" and self.drop <= OPEN_SHARE * max_drop)


class Gain(Record):
    """A way to make the model faster that changes nothing of what it computes."""

    kind: Literal["f32", "fixed shapes"]
    speedup: float


class SearchOutcome(Record):
    """Everything that a search found out, where no candidate may ship."""

    aim: Aim
    max_drop: float
    metric: str
    unit: str
    samples: Count = Field(description="of the tuning split")
    trials: tuple[Trial, ...]
    smallest: Trial | None = Field(description="that keeps the budget, and is smaller than the original")
    gains: tuple[Gain, ...] = ()
    fault: str | None = Field(default=None, description="the error of candidates that could not be made, and its cure")
