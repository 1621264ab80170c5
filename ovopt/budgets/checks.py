"""Every budget held against its figure: what is looked at, its interval, the verdict. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ovopt.budgets import sample_size
from ovopt.budgets.figures import Path, own_figure, peak_bytes
from ovopt.intervals import Spread, ratio_spread
from ovopt.budgets.sample_size import Looked, Rests
from ovopt.errors import UsageError, did_you_mean
from ovopt.records import Arm, Budgets, Check, Pair, QualityDelta, Settings, Speedup, Verdict

UNITS: Mapping[str, str] = {
    "max_relative_drop": "relative", "min_speedup": "x", "max_speedup": "x", "max_ratio": "x", "max_ms": "ms",
    "min_samples_per_s": "/s", "max_bytes": "bytes",
}  # fmt: skip
"""What a limit is in, by its key; the others are in their metric's own unit."""


@dataclass(frozen=True)
class Evidence:
    """What checks look at beside a pair: the arms with their raw values, and how far the measuring went."""

    arms: Mapping[str, Arm] = field(default_factory=dict)
    settings: Settings | None = None

    def arm(self, name: str) -> Arm:
        """UsageError where it is missing."""
        if name not in self.arms:
            raise UsageError(f"{name}: this arm is missing; judge the file as ovopt wrote it, or measure again")
        return self.arms[name]


def scenarios_of(budgets: Budgets) -> list[str]:
    """The scenarios that must be measured for these budgets."""
    return [name for name in Budgets.model_fields if name not in ("accuracy", "size") and getattr(budgets, name)]


def checks(pair: Pair, budgets: Budgets, evidence: Evidence) -> Iterator[Check]:
    """One candidate under every budget. UsageError where a budget needs a figure that was not measured."""
    for path, limit in _limits(budgets.model_dump(exclude_none=True)):
        looked = _looked(path, pair, evidence)
        verdict = _verdict(looked.spread, limit, path)
        more, note = sample_size.of(path, limit, looked, evidence.settings) if verdict == "inconclusive" else (None, "")
        yield Check(
            candidate=pair.candidate,
            budget=".".join(path),
            limit=limit,
            estimate=looked.spread.estimate,
            low=looked.spread.low,
            high=looked.spread.high,
            unit=looked.unit,
            verdict=verdict,
            more=more,
            note=note,
        )


def metric_of(check: Check) -> str | None:
    """The metric that a check is about; None where it is about something else."""
    return check.budget.removeprefix("accuracy.").rpartition(".")[0] if check.budget.startswith("accuracy.") else None


def limited_losses(found: Iterable[Check]) -> list[Check]:
    """The checks that say how much quality may be lost."""
    return [check for check in found if check.budget.endswith(("max_drop", "max_relative_drop"))]


def _limits(node: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, float]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _limits(value, (*path, key))
        else:
            yield (*path, key), value


def _verdict(found: Spread, limit: float, path: Path) -> Verdict:
    low = -math.inf if found.low is None else found.low
    high = math.inf if found.high is None else found.high
    if path[-1].startswith("max_"):
        return "pass" if high <= limit else "fail" if low > limit else "inconclusive"
    return "pass" if low >= limit else "fail" if high < limit else "inconclusive"


def _looked(path: Path, pair: Pair, evidence: Evidence) -> Looked:
    section, key = path[0], path[-1]
    if section == "accuracy":
        return _quality(path, pair)
    if section == "size":
        return _exact(pair.size.ratio if key == "max_ratio" else evidence.arm(pair.candidate).model.size_bytes, key)
    if getattr(pair, section) is None:
        raise UsageError(f"budgets.{section}: it was not measured; add --scenario {section}")
    if section == "memory":
        return _memory(key, pair, evidence)
    rests_on: Rests = "starts" if section == "first_inference" else "replicas"
    found = _speed(path, pair, evidence)
    return Looked(found, rests_on, UNITS[key], found.replicas)


def _quality(path: Path, pair: Pair) -> Looked:
    _, metric, key = path
    if metric not in pair.accuracy:
        raise UsageError(
            f"budgets.accuracy.{metric}: this metric was not measured; {did_you_mean(metric, pair.accuracy)}"
        )
    delta = pair.accuracy[metric]
    return Looked(_change(delta, key, metric), "samples", UNITS.get(key, delta.unit), delta.n)


def _change(delta: QualityDelta, key: str, metric: str) -> Spread:
    """The drop, the gain, or the drop as a share of the original's value. That value is taken as known: an error of the
    share `e` in it moves a relative drop `r` by about `r * e`."""
    drop, low, high = delta.drop
    if key == "max_gain":
        return Spread(-drop, -high, -low, 0, 0)
    if key == "max_drop":
        return Spread(drop, low, high, 0, 0)
    if delta.baseline == 0:
        raise UsageError(
            f"budgets.accuracy.{metric}.{key}: the original's {metric} is 0, of which there is no share; use max_drop"
        )
    whole = abs(delta.baseline)
    return Spread(drop / whole, low / whole, high / whole, 0, 0)


def _exact(value: float, key: str) -> Looked:
    return Looked(Spread(value, value, value, 0, 0), "nothing", UNITS[key], 0)


def _memory(key: str, pair: Pair, evidence: Evidence) -> Looked:
    if key == "max_ratio" and pair.memory:
        return _exact(max(pair.memory.by_hint.values()), key)
    peak = peak_bytes(evidence.arm(pair.candidate))
    if peak is None:
        raise UsageError(f"{pair.candidate}: its memory is missing; judge the file as ovopt wrote it, or measure again")
    return _exact(peak, key)


def _speed(path: Path, pair: Pair, evidence: Evidence) -> Spread:
    match path:
        case ("latency", percentile, "min_speedup"):
            return ratio_spread(
                *(own_figure(evidence.arm(name), ("latency", percentile)) for name in (pair.baseline, pair.candidate))
            )
        case (*place, "min_speedup" | "max_speedup"):
            return _paired(_speedup(pair, place), path[0], evidence)
    return own_figure(evidence.arm(pair.candidate), path[:-1])


def _speedup(pair: Pair, place: list[str]) -> Speedup:
    """A pair's speed-up; `end_to_end` alone means one sample after the other."""
    found: Any = getattr(pair, place[0])
    if place[0] in ("end_to_end", "first_inference"):
        found = getattr(found, place[1] if len(place) > 1 else "sequential")
    assert isinstance(found, Speedup)
    return found


def _paired(speed: Speedup, scenario: str, evidence: Evidence) -> Spread:
    measured = evidence.settings.measured.get(scenario) if evidence.settings else None
    return Spread(speed.estimate, speed.low, speed.high, measured.replicas if measured else 0, 2)
