"""Two arms held against each other."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ovopt.records.model import Count, Record

SpeedWord = Literal["faster", "slower", "no clear difference"]
QualityWord = Literal["higher", "lower", "no clear difference"]
WIDE = 4
"""An interval whose ends differ by this factor says nothing; its figures would only look broken."""


class Speedup(Record):
    """Candidate against baseline: above 1 is faster. Without bounds there were too few replicas for an interval."""

    estimate: float
    low: float | None
    high: float | None
    level: float
    verdict: SpeedWord
    why: str = Field(description="how the verdict came about")

    @property
    def speedup(self) -> float:
        """Factor by which the candidate is faster: the estimate."""
        return self.estimate

    @property
    def told(self) -> bool:
        """Tell whether it was measured long enough for its figures to say something."""
        return told(self.low, self.high)


def told(low: float | None, high: float | None) -> bool:
    """Tell an interval of a factor that says something from one that is too wide, or missing."""
    return low is not None and high is not None and high <= WIDE * low


class EndToEndSpeedup(Record):
    """Both ways of running: one sample after the other, and pipelined."""

    sequential: Speedup
    pipelined: Speedup


class FirstInferenceSpeedup(Record):
    """Whole starts, without and with a filled model cache."""

    cold: Speedup
    cached: Speedup


class MemoryRatio(Record):
    """Candidate's peak over baseline's, by hint."""

    by_hint: dict[str, float]


class ServedLoadRatio(Record):
    """Baseline's median wait over candidate's, at each rate that both served."""

    by_rate: dict[str, float]
    highest_rate: float | None = Field(
        default=None, description="candidate's over baseline's, where a limit was given and both kept it"
    )


class ScenarioSpeedups(Record):
    """Speed-ups of a scenario from another package, by the name of its figure."""

    speedups: dict[str, Speedup]


class Speeds(Record):
    """Two arms, scenario by scenario."""

    latency: Speedup | None = None
    throughput: Speedup | None = None
    processor_time: Speedup | None = None
    end_to_end: EndToEndSpeedup | None = None
    first_inference: FirstInferenceSpeedup | None = None
    memory: MemoryRatio | None = None
    served_load: ServedLoadRatio | None = None
    scenarios: dict[str, ScenarioSpeedups] = Field(default={}, description="those of other packages, by name")


class Flips(Record):
    """Samples whose right-or-wrong outcome changed."""

    lost: Count
    gained: Count
    p_value: float = Field(description="exact McNemar, two-sided")


class QualityDelta(Record):
    """A metric of both arms on the same samples. `delta` = candidate - baseline, in the metric's own unit."""

    baseline: float
    candidate: float
    delta: float
    low: float
    high: float
    unit: str
    n: Count
    higher_is_better: bool
    kind: Literal["accuracy", "agreement"]
    flips: Flips | None
    minimum_detectable_drop: float | None
    verdict: QualityWord
    output: str | None = Field(default=None, description="the output that it is of, the worst one, of several")
    beside: bool = Field(default=False, description="of the outputs that labels do not look at, which nobody asked for")

    @property
    def drop(self) -> tuple[float, float, float]:
        """The loss of quality as estimate, low, high: positive is worse, whatever the metric's direction."""
        return (-self.delta, -self.high, -self.low) if self.higher_is_better else (self.delta, self.low, self.high)


class SizeRatio(Record):
    """Candidate size divided by baseline size."""

    ratio: float


class Pair(Speeds):
    """One candidate against the baseline."""

    baseline: str
    candidate: str
    size: SizeRatio
    accuracy: dict[str, QualityDelta] = Field(default={})
    against: dict[str, Speeds] = Field(default={}, description="against every reference arm")


class Reference(Record):
    """The baseline against a reference arm."""

    engine: str
    speeds: Speeds | None
    largest_difference: float | None = Field(
        description="of the outputs, as a share of the baseline's largest output; None where it was not looked at"
    )
