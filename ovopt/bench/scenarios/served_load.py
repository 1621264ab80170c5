"""Served load: requests arrive at their own pace, whether or not the model is ready. Open loop."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ovopt import stats
from ovopt.bench import protocol
from ovopt.bench.equal_settings import same_settings
from ovopt.bench.request_loops import Demand, Served, arrivals
from ovopt.bench.scenario import Effort, Found, Scenario
from ovopt.bench.workers import Crew
from ovopt.contracts import Progress
from ovopt.records import LoadLimit, LoadPoint, Measured, ServedLoad, ServedLoadRatio, Turn
from ovopt.turns import turn_order

CAPACITY_S = 0.5
SEARCH_STEPS = 5


class ServedLoadScenario(Scenario):
    """Latency from the scheduled arrival, so that a request which waits for its turn counts its waiting (no
    coordinated omission): at given rates, or at the highest rate that keeps a percentile within a limit."""

    name: ClassVar[str] = "served_load"
    weight: ClassVar[float] = 1.0
    on_request: ClassVar[bool] = True

    def measure(self, crew: Crew, effort: Effort, progress: Progress) -> Found:
        """Rate after rate; the arms in turn at each."""
        found, started = Found(), crew.clock()
        rng = np.random.default_rng(effort.seed)
        demand = effort.demand
        same_settings(self.name, crew, effort.hint or "THROUGHPUT", found)
        rates = demand.rates
        if not rates and demand.limit_ms is None:
            capacity = _capacity(crew, crew.baseline)
            rates = tuple(float(f"{share * capacity:.3g}") for share in (0.3, 0.5, 0.7, 0.9))
        steps = len(rates) or SEARCH_STEPS
        point_s = effort.time_budget_s / max(1, steps * len(crew.present))
        with progress.task("measure served load", total=steps * len(crew.present)) as advance:
            if rates:
                for rate in rates:
                    for name in turn_order(crew.present, rng):
                        _take(crew, name, rate, point_s, demand, rng, found)
                        advance(1, f"{rate:.1f} /s")
            else:
                _search(crew, demand, point_s, rng, found, advance)
        for name in crew.lost:
            found.raw.pop(name, None)
        found.measured = Measured(
            replicas=1, rounds=steps, seconds=round(crew.clock() - started, 1), stopped="all rates served"
        )
        return found

    def figures(self, raw: Served) -> ServedLoad:
        """Percentiles at every rate, and the highest within the limit."""
        demand, within = raw.demand, None
        if demand.limit_ms is not None:
            within = LoadLimit(
                percentile=100 * demand.share,
                limit_ms=demand.limit_ms,
                searched=not demand.rates,
                highest_rate_per_s=raw.highest,
            )
        points = tuple(_point(rate, waits) for rate, waits in raw.rising)
        return ServedLoad(points=points, within=within)

    def restore(self, figures: ServedLoad) -> Served:
        """The waits again, and what was asked for."""
        demand, limit = Demand(rates=tuple(point.rate_per_s for point in figures.points)), figures.within
        if limit:
            rates = () if limit.searched else demand.rates
            demand = Demand(rates=rates, limit_ms=limit.limit_ms, share=limit.percentile / 100)
        return Served(demand, [(point.rate_per_s, list(point.raw_ns)) for point in figures.points])

    def pair(self, baseline: Served, candidate: Served, control: Served | None) -> ServedLoadRatio:
        """Median waits at the rates that both served, and the highest rates."""
        before, after = ({rate: float(np.median(waits)) for rate, waits in s.points} for s in (baseline, candidate))
        lower, higher = baseline.highest, candidate.highest
        return ServedLoadRatio(
            by_rate={f"{r:.6g}": before[r] / after[r] for r in before if r in after},
            highest_rate=higher / lower if lower and higher else None,
        )


def _capacity(crew: Crew, name: str) -> float:
    """Samples per second when the pool is never idle."""
    turn: Turn | None = crew.ask(name, protocol.TakeThroughput(CAPACITY_S, 0))
    return turn.samples_per_s if turn else 1.0


def _take(
    crew: Crew, name: str, rate: float, seconds: float, demand: Demand, rng: np.random.Generator, found: Found
) -> list[int]:
    batch = crew.arms[name].load.placement.batch
    times = arrivals(rate / batch, seconds, demand.process, rng)
    waits: list[int] = crew.ask(name, protocol.Serve(times, int(rng.integers(1 << 20)))) or []
    if waits:
        found.raw.setdefault(name, Served(demand)).points.append((rate, waits))
    return waits


def _search(crew: Crew, demand: Demand, point_s: float, rng: np.random.Generator, found: Found, advance: Any) -> None:
    """Bisect each arm's rate, below its capacity, for the highest that keeps the limit."""
    bounds = {name: (0.0, _capacity(crew, name)) for name in crew.present}
    for _ in range(SEARCH_STEPS):
        for name in turn_order(crew.present, rng):
            low, high = bounds[name]
            rate = (low + high) / 2
            waits = _take(crew, name, rate, point_s, demand, rng, found)
            kept = bool(waits) and demand.keeps(waits)
            bounds[name] = (rate, high) if kept else (low, rate)
            advance(1, f"{rate:.1f} /s")


def _point(rate: float, waits: list[int]) -> LoadPoint:
    values = np.array(waits, dtype=np.float64) / 1e6
    return LoadPoint(
        rate_per_s=rate,
        p50_ms=float(np.median(values)),
        p90_ms=stats.percentile(values, 0.90),
        p99_ms=stats.percentile(values, 0.99),
        max_ms=float(values.max()),
        n=len(values),
        raw_ns=tuple(waits),
    )
