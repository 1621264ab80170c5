"""Measure a scenario: replicas of every arm, rounds in random order, until the intervals are narrow enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ovopt.bench import protocol
from ovopt.bench.crew import Crew
from ovopt.bench.schedule import Schedule, creation_order, plan_block, turn_order, why_stop
from ovopt.contracts import Progress
from ovopt.records import Effective, Measured, Scenario, Turn
from ovopt.stats import Interval, speedup_interval

Figures = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Effort:
    """How much to measure."""

    time_budget_s: float
    precision: float
    seed: int


@dataclass
class Raw:
    """What a scenario left: raw turns by arm, [replica][round]."""

    scenario: Scenario
    turns: dict[str, list[list[Any]]] = field(default_factory=dict)
    effective: dict[str, Effective] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    measured: Measured | None = None

    def figures(self, arm: str) -> Figures:
        """Seconds per inference of each turn, shape [replicas, rounds]: the median, or the inverse rate."""
        return np.array([[_figure(turn) for turn in rounds] for rounds in self.turns[arm]], dtype=np.float64)

    def speedup(self, baseline: str, candidate: str) -> Interval | None:
        """Baseline time over candidate time; None below two replicas."""
        if not {baseline, candidate} <= self.turns.keys() or len(self.turns[baseline]) < 2:
            return None
        return speedup_interval(self.figures(baseline), self.figures(candidate))


def measure(scenario: Scenario, crew: Crew, hint: str | None, effort: Effort, progress: Progress) -> Raw:
    """Every arm that the crew holds, against the first one."""
    raw = Raw(scenario)
    rng = np.random.default_rng(effort.seed)
    started = time.perf_counter()
    with progress.task(f"measure {scenario}", total=effort.time_budget_s) as advance:
        settings = _same_settings(crew, hint, raw)
        block: Schedule | None = None
        replica, spent, stopped = 0, 0.0, None
        while stopped is None:
            opened, opening_s = _open_all(crew, settings, creation_order(crew.present, replica))
            if block is None:
                left = effort.time_budget_s - (time.perf_counter() - started - opening_s)
                block = plan_block([o.inference_s for o in opened.values()], opening_s, left)
            _take_block(scenario, crew, block, rng, raw)
            replica += 1
            before, spent = spent, time.perf_counter() - started
            widths = _half_widths(raw, crew)
            stopped = why_stop(replica, widths, effort.precision, spent, effort.time_budget_s)
            if crew.baseline in crew.lost:
                stopped = "the baseline was lost"
            advance(
                effort.time_budget_s if stopped else spent - before,
                f"±{100 * max(widths.values()):.1f} %" if widths else "",
            )
    for name in crew.lost:
        raw.turns.pop(name, None)
    raw.measured = Measured(
        replicas=replica,
        rounds=replica * block.rounds if block else 0,
        seconds=round(time.perf_counter() - started, 1),
        stopped=stopped,
    )
    return raw


def scenario_properties(scenario: Scenario, hint: str | None, properties: Mapping[str, str]) -> dict[str, str]:
    """The arm's own properties and the hint that fits the scenario, unless another one (or NONE) is set."""
    hint = hint or scenario.upper()
    return {**({} if hint == "NONE" else {"PERFORMANCE_HINT": hint}), **properties}


Settings = dict[str, protocol.Open]


def _same_settings(crew: Crew, hint: str | None, raw: Raw) -> Settings:
    """How each arm is opened. The runtime picks streams and threads by the model, so where its choices differ, every
    arm gets the baseline's: a comparison is about models, on the same settings."""
    wanted = {
        name: protocol.Open(scenario_properties(raw.scenario, hint, crew.arms[name].properties))
        for name in crew.present
    }
    found, _ = _open_all(crew, wanted, list(wanted))
    if not found:
        return wanted
    baseline, first = next(iter(found.items()))
    chosen = first.effective
    if any(_concurrency(opened.effective) != _concurrency(chosen) for opened in found.values()):
        pinned = {"NUM_STREAMS": str(chosen.streams), "INFERENCE_NUM_THREADS": str(chosen.threads)}
        others = ", ".join(
            f"{name} {_said(opened.effective)}"
            for name, opened in found.items()
            if _concurrency(opened.effective) != _concurrency(chosen)
        )
        raw.notes.append(
            f"{raw.scenario}: every arm runs with {baseline}'s {_said(chosen)}; left alone, the runtime picks {others}"
        )
        wanted = {
            name: protocol.Open({**pinned, **open_.properties}, chosen.requests) for name, open_ in wanted.items()
        }
        found, _ = _open_all(crew, wanted, list(found))
    raw.effective.update({name: opened.effective for name, opened in found.items()})
    return wanted


def _concurrency(effective: Effective) -> tuple[int, int, int]:
    return effective.streams, effective.threads, effective.requests


def _said(effective: Effective) -> str:
    return f"{effective.streams} streams, {effective.threads} threads, {effective.requests} requests"


def _open_all(crew: Crew, settings: Settings, order: Sequence[str]) -> tuple[dict[str, protocol.Opened], float]:
    started = time.perf_counter()
    opened = {name: crew.ask(name, settings[name]) for name in order}
    return {name: o for name, o in opened.items() if o is not None}, time.perf_counter() - started


def _take_block(scenario: Scenario, crew: Crew, block: Schedule, rng: np.random.Generator, raw: Raw) -> None:
    take: Callable[[float, int], Any] = {
        "latency": protocol.TakeLatency,
        "throughput": protocol.TakeThroughput,
    }[scenario]
    taken: dict[str, list[Any]] = {name: [] for name in crew.present}
    for _ in range(block.rounds):
        first = int(rng.integers(1 << 20))
        for name in turn_order(crew.present, rng):
            taken[name].append(crew.ask(name, take(block.slice_s, first)))
    for name in crew.present:
        raw.turns.setdefault(name, []).append(taken[name])


def _figure(turn: Any) -> float:
    if isinstance(turn, Turn):
        return turn.elapsed_ns / turn.samples / 1e9
    return float(np.median(turn)) / 1e9


def _half_widths(raw: Raw, crew: Crew) -> dict[str, float]:
    others = [name for name in crew.present if name != crew.baseline]
    intervals = {name: raw.speedup(crew.baseline, name) for name in others}
    return {name: interval.relative_half_width for name, interval in intervals.items() if interval}
