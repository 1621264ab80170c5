"""Every budget held against its figure: what is looked at, its interval, the verdict. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ovopt.budgets import sample_size
from ovopt.budgets.sample_size import Looked, Path
from ovopt.errors import UsageError, did_you_mean
from ovopt.figures import KEYED, PAIRED, Figure
from ovopt.intervals import Spread, ratio_spread
from ovopt.records import Arm, Budgets, Check, Pair, QualityDelta, Settings, Verdict

UNITS: Mapping[str, str] = {
    "max_relative_drop": "relative", "min_speedup": "x", "max_speedup": "x", "max_ratio": "x", "max_ms": "ms",
    "min_samples_per_s": "/s", "max_bytes": "bytes",
}  # fmt: skip
"""What a limit is in, by its key; the others are in their metric's own unit."""


@dataclass(frozen=True)
class Evidence:
    """Evidence beside a pair: the arms with their raw values, and how far the measuring went."""

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
    if section != "size" and getattr(pair, section) is None:
        raise UsageError(f"budgets.{section}: it was not measured; add --scenario {section}")
    place = ".".join(path[:-1])
    if key.endswith("_speedup"):
        figure = PAIRED.get(place) or KEYED[place]
        found = _speedup(figure, pair, evidence)
    elif key == "max_ratio":
        figure = KEYED[place]
        found = _exact(figure.ratio(pair), figure, pair)
    else:
        figure = KEYED[place]
        arm = evidence.arm(pair.candidate)
        found = figure.spread(arm) if figure.raw else _exact(figure.of(arm), figure, pair)
    return Looked(found, figure.rests_on, UNITS[key], found.replicas)


def _exact(value: float | None, figure: Figure, pair: Pair) -> Spread:
    """A figure that is no estimate."""
    if value is None:
        raise UsageError(
            f"{pair.candidate}: its {figure.key} is missing; judge the file as ovopt wrote it, or measure again"
        )
    return Spread(value, value, value)


def _speedup(figure: Figure, pair: Pair, evidence: Evidence) -> Spread:
    """A pair's own speed-up; where a figure has none, that of the two arms' figures."""
    speed = figure.speedup(pair)
    if speed is None:
        return ratio_spread(*(figure.spread(evidence.arm(name)) for name in (pair.baseline, pair.candidate)))
    measured = evidence.settings.measured.get(figure.scenario) if evidence.settings else None
    return Spread(speed.estimate, speed.low, speed.high, measured.replicas if measured else 0, 2)


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
        return Spread(-drop, -high, -low)
    if key == "max_drop":
        return Spread(drop, low, high)
    if delta.baseline == 0:
        raise UsageError(
            f"budgets.accuracy.{metric}.{key}: the original's {metric} is 0, of which there is no share; use max_drop"
        )
    whole = abs(delta.baseline)
    return Spread(drop / whole, low / whole, high / whole)
