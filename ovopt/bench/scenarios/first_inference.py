"""First inference: what a user waits for in a fresh process, cold and with a filled model cache."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from ovopt.bench.fresh_start import start_arm
from ovopt.bench.scenario import Effort, Found, Scenario, hinted
from ovopt.bench.workers import Crew
from ovopt.comparison import judged
from ovopt.contracts import Progress, Started
from ovopt.records import FirstInference, FirstInferenceSpeedup, Measured, Speedup, StartTimes
from ovopt.scratch import scratch_folder
from ovopt.stats import Floats
from ovopt.turns import LEAST_STARTS, MOST_STARTS, turn_order

Kind = Literal["cold", "cached"]
Starts = dict[Kind, list[Started]]


class FirstInferenceScenario(Scenario):
    """Read, compile and infer once, every time in a new process; the arms in turn."""

    name: ClassVar[str] = "first_inference"
    weight: ClassVar[float] = 0.6

    def measure(self, crew: Crew, effort: Effort, progress: Progress) -> Found:
        """Rounds of one cold and one cached start of every arm."""
        found = Found()
        rng = np.random.default_rng(effort.seed)
        started = crew.clock()
        with (
            scratch_folder() as folder,
            progress.task("measure first inference", total=effort.time_budget_s) as advance,
        ):
            caches = {name: folder / str(index) for index, name in enumerate(crew.arms)}
            for name in crew.present:
                caches[name].mkdir()
                _start(crew, name, effort, caches[name])
            rounds, spent, stopped = 0, crew.clock() - started, None
            advance(spent)
            while stopped is None:
                for name in turn_order(crew.present, rng):
                    _start_both(crew, name, effort, caches[name], found)
                rounds += 1
                before, spent = spent, crew.clock() - started
                stopped = _why_stop(rounds, spent, effort.time_budget_s)
                if crew.baseline in crew.lost:
                    stopped = "the baseline was lost"
                advance(effort.time_budget_s if stopped else spent - before)
        for name in crew.lost:
            found.raw.pop(name, None)
        found.measured = Measured(replicas=rounds, rounds=rounds, seconds=round(spent, 1), stopped=stopped)
        return found

    def figures(self, raw: Starts) -> FirstInference:
        """Medians, and every start."""
        return FirstInference(cold=_times(raw["cold"]), cached=_times(raw["cached"]))

    def restore(self, figures: FirstInference) -> Starts:
        """The starts again, as far as time goes."""
        return {"cold": _starts(figures.cold), "cached": _starts(figures.cached)}

    def pair(self, baseline: Starts, candidate: Starts, control: Starts | None) -> FirstInferenceSpeedup:
        """Whole starts against whole starts, of the same round."""

        def speedup(kind: Kind) -> Speedup:
            return judged(_table(baseline[kind]), _table(candidate[kind]), _table(control[kind]) if control else None)

        return FirstInferenceSpeedup(cold=speedup("cold"), cached=speedup("cached"))


def _start_both(crew: Crew, name: str, effort: Effort, cache: Path, found: Found) -> None:
    cold, cached = _start(crew, name, effort, None), _start(crew, name, effort, cache)
    if cold and cached:
        starts: Starts = found.raw.setdefault(name, {"cold": [], "cached": []})
        starts["cold"].append(cold)
        starts["cached"].append(cached)


def _start(crew: Crew, name: str, effort: Effort, cache: Path | None) -> Started | None:
    arm = crew.arms[name]
    properties = {**hinted(effort.hint or "LATENCY", arm.properties), **({"CACHE_DIR": str(cache)} if cache else {})}
    return start_arm(crew, name, properties, "the first inference")


def _why_stop(rounds: int, spent_s: float, budget_s: float) -> str | None:
    if rounds >= MOST_STARTS:
        return f"{MOST_STARTS} starts"
    if rounds >= LEAST_STARTS and spent_s + spent_s / (rounds + 0.5) > budget_s:
        return "time budget"
    return None


def _table(starts: Sequence[Started]) -> Floats:
    """Seconds of each start; every start is a replica of its own."""
    return np.array([[sum(start.stages_ns) / 1e9] for start in starts], dtype=np.float64)


def _times(starts: Sequence[Started]) -> StartTimes:
    raw = tuple(start.stages_ns for start in starts)
    read, compiling, inference = (float(ns) / 1e6 for ns in np.median(raw, axis=0))
    return StartTimes(
        total_ms=float(np.median([sum(stages) for stages in raw])) / 1e6,
        read_ms=read,
        compile_ms=compiling,
        infer_ms=inference,
        from_cache=sum(start.from_cache for start in starts),
        n=len(starts),
        raw_ns=raw,
    )


def _starts(times: StartTimes) -> list[Started]:
    return [Started(*raw, 0, 0, 0, from_cache=index < times.from_cache) for index, raw in enumerate(times.raw_ns)]
