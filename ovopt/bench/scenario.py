"""Scenarios: kinds of measurement that every arm goes through. One file each, in `bench/scenarios/`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ovopt.bench.request_loops import Demand
from ovopt.bench.workers import Crew
from ovopt.contracts import Progress
from ovopt.records import Arm, Effective, Measured, Record, Speeds


@dataclass(frozen=True)
class Effort:
    """The effort of a measurement, and the hint that it runs under (None: the scenario's own)."""

    time_budget_s: float
    precision: float
    seed: int
    hint: str | None = None
    demand: Demand = field(default_factory=Demand)


@dataclass
class Found:
    """Raw values of a scenario by arm, and how they came about."""

    raw: dict[str, Any] = field(default_factory=dict)
    effective: dict[str, Effective] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    disturbed: list[tuple[int, int, float]] = field(default_factory=list)
    measured: Measured | None = None


class Scenario(ABC):
    """Measures every arm of a crew, and says what the raw values mean."""

    name: ClassVar[str]
    weight: ClassVar[float]
    """Its part of the time budget, against the other scenarios'."""
    on_request: ClassVar[bool] = False
    """Whether it is left out unless it is asked for."""

    @abstractmethod
    def measure(self, crew: Crew, effort: Effort, progress: Progress) -> Found:
        """Measure all arms, interleaved."""

    @abstractmethod
    def figures(self, raw: Any) -> Record:
        """One arm's figures; `ScenarioFigures` where ovopt has no record for this scenario."""

    def restore(self, figures: Any) -> Any:
        """The raw values again, from what `figures` made of them."""
        return figures.raw

    @abstractmethod
    def pair(self, baseline: Any, candidate: Any, control: Any | None) -> Record:
        """A candidate's raw values against the baseline's, judged on the footing of the control's; `ScenarioSpeedups`
        where ovopt has no record for this scenario."""


BUILT_IN = Speeds.model_fields.keys() - {"scenarios"}
"""Scenarios that arms and pairs have a field for; those of other packages stand under `scenarios`."""


def as_fields(found: Mapping[str, Record]) -> dict[str, Any]:
    """Fields of an arm or a pair, from what scenarios gave."""
    own = {name: one for name, one in found.items() if name in BUILT_IN}
    return {**own, "scenarios": {name: one for name, one in found.items() if name not in own}}


def stored(record: Arm | Speeds, scenario: str) -> Any:
    """The record of a scenario within that of an arm or a pair; None where it was not measured."""
    return getattr(record, scenario) if scenario in BUILT_IN else record.scenarios.get(scenario)


def hinted(hint: str, properties: Mapping[str, str]) -> dict[str, str]:
    """An arm's properties with a performance hint; NONE sets none, and what the user set himself wins."""
    return {**({} if hint == "NONE" else {"PERFORMANCE_HINT": hint}), **properties}
