"""Budgets, and the decision that they lead to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from ovopt.records.model import Count, Record

Verdict = Literal["pass", "fail", "inconclusive"]


class Limits(Record):
    """A budget of one figure or scenario. It holds at least one limit: an empty one would pass everything."""

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if not self.model_fields_set:
            keys = ", ".join(type(self).model_fields)
            raise PydanticCustomError("no_limit", "Give at least one limit ({keys})", {"keys": keys})
        return self


def share(said: Any) -> Any:
    """The share that a percentage is: 0.01 of `1%`; any other value as it is."""
    found = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*%", said.strip()) if isinstance(said, str) else None
    return float(found[1]) / 100 if found else said


_Percent = Annotated[str, Field(pattern="%$")]
_PERCENT_TOO = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "%$"}]}
Share = Annotated[
    float, Field(ge=0), BeforeValidator(share, json_schema_input_type=Annotated[float, Field(ge=0)] | _Percent)
]
Part = Annotated[
    float, Field(gt=0), BeforeValidator(share, json_schema_input_type=Annotated[float, Field(gt=0)] | _Percent)
]
"""A share that is more than nothing."""


class QualityBudget(Limits):
    """Limits on the loss of quality, in the metric's own unit or as a share of the original's value, and from which
    gain on an improvement is too good to be true."""

    max_drop: Annotated[float, WithJsonSchema(_PERCENT_TOO)] | None = Field(
        default=None, ge=0, description="in the metric's own unit: 0.01 of a share is a point"
    )
    max_relative_drop: Share | None = Field(
        default=None, description="as a share of the original's value, 0.01 or 1%; `max_drop: 1%` is the same"
    )
    max_gain: float | None = Field(
        default=None, ge=0, description="flags an unexpected improvement, in the metric's own unit"
    )

    @model_validator(mode="before")
    @classmethod
    def _relative(cls, given: Any) -> Any:
        """`max_drop: 1%` is a relative one."""
        said = given.get("max_drop") if isinstance(given, Mapping) else None
        if not isinstance(said, str) or share(said) is said or "max_relative_drop" in given:
            return given
        return {**{key: value for key, value in given.items() if key != "max_drop"}, "max_relative_drop": said}


class SpeedBudget(Limits):
    """Limits on the speed-up over the original."""

    min_speedup: float | None = Field(default=None, gt=0)
    max_speedup: float | None = Field(default=None, gt=0, description="flags an unexpected speed-up")


class TimeBudget(Limits):
    """Limits on a time, in itself and against the original."""

    max_ms: float | None = Field(default=None, gt=0)
    min_speedup: float | None = Field(default=None, gt=0)


class LatencyBudget(SpeedBudget):
    """Speed-up of the median turns, and limits of percentiles over all inferences."""

    p50: TimeBudget | None = None
    p90: TimeBudget | None = None
    p95: TimeBudget | None = None
    p99: TimeBudget | None = None


class ThroughputBudget(SpeedBudget):
    """Speed-up, and the least rate."""

    min_samples_per_s: float | None = Field(default=None, gt=0)


class EndToEndBudget(SpeedBudget):
    """From the content of the user's file to the answer: one sample after the other, and pipelined."""

    max_ms: float | None = Field(default=None, gt=0)
    pipelined: ThroughputBudget | None = None


class FirstInferenceBudget(Limits):
    """Start of a fresh process, without and with a filled model cache."""

    cold: TimeBudget | None = None
    cached: TimeBudget | None = None


class SizeBudget(Limits):
    """Limits on the size on disk."""

    max_ratio: Part | None = Field(default=None, description="as a share of the original, 0.5 or 50%")
    max_bytes: int | None = Field(default=None, gt=0)


class MemoryBudget(SizeBudget):
    """Peak resident memory, under whichever hint takes more of it."""


class Budgets(Record):
    """Limits that make a comparison a gate."""

    accuracy: dict[str, QualityBudget] = Field(default={}, description="metric -> limits")
    latency: LatencyBudget | None = None
    throughput: ThroughputBudget | None = None
    processor_time: SpeedBudget | None = Field(default=None, description="steadier than latency on a shared machine")
    end_to_end: EndToEndBudget | None = None
    first_inference: FirstInferenceBudget | None = None
    memory: MemoryBudget | None = None
    size: SizeBudget | None = None


class Check(Record):
    """One budget, judged. Without bounds there were too few repetitions for an interval."""

    candidate: str
    budget: str = Field(description="its key path: `latency.p99.max_ms`")
    limit: float
    estimate: float
    low: float | None
    high: float | None
    unit: str = Field(description="the metric's own, `relative` (a share of the original's value), x, ms, /s or bytes")
    verdict: Verdict
    more: Count | None = Field(
        default=None, description="of an open budget: how many more samples, replicas or starts would settle it"
    )
    note: str = Field(default="", description="of an open budget: which measurement to extend, and by how much")


class Ground(Record):
    """Grounds of a decision, for one candidate."""

    candidate: str
    kind: Literal["worth", "agrees", "open", "missed", "lost", "no gain"] = Field(
        description="it is faster or smaller and keeps its quality; it agrees with the original, where no labels tell "
        "more; its budgets are open; it misses one; it loses quality of which no budget allows any loss; it is neither "
        "faster nor clearly smaller"
    )
    checks: tuple[str, ...] = Field(default=(), description="the budgets that say so, by their key paths")
    metrics: tuple[str, ...] = Field(default=(), description="the metrics that say so")


class Decision(Record):
    """Decision of the gate with its grounds; reports put it into words."""

    kind: Literal["ship", "keep", "open", "agreement", "nothing", "measured", "evaluated"] = Field(
        description="ship the candidate; keep the original; not decided; agreement alone, which decides nothing; "
        "nothing was compared, for arms were lost; measured or evaluated without a baseline"
    )
    grounds: tuple[Ground, ...] = Field(default=(), description="of every candidate that it speaks of")

    @property
    def about(self) -> str | None:
        """The candidate that it speaks of, if it is one."""
        return self.grounds[0].candidate if len(self.grounds) == 1 else None


class Gate(Record):
    """The decision. With several candidates, the verdict is that of the best one."""

    verdict: Verdict | None = Field(default=None, description="None where no budget was given")
    checks: tuple[Check, ...] = ()
    candidates: dict[str, Verdict] = Field(default={}, description="the verdict of each candidate")
    ship: str | None = Field(default=None, description="the arm to ship; None where the measurement cannot say")
    decision: Decision
    reason: str = Field(default="", description="the decision in a sentence, for those who read the file")
