"""Every budget held against its figure: what is looked at, its interval, the verdict, and the sample sizes that would
settle an open one. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ovopt.errors import UsageError, did_you_mean
from ovopt.figures import KEYED, PAIRED, Figure, Rests
from ovopt.intervals import Spread, ratio_spread
from ovopt.records import Arm, Budgets, Check, Measured, Pair, QualityDelta, Settings, Verdict
from ovopt.stats import LEVEL
from ovopt.turns import MOST_REPLICAS, MOST_STARTS

UNITS: Mapping[str, str] = {
    "max_relative_drop": "relative", "min_speedup": "x", "max_speedup": "x", "max_ratio": "x", "max_ms": "ms",
    "min_samples_per_s": "/s", "max_bytes": "bytes",
}  # fmt: skip
"""What a limit is in, by its key; the others are in their metric's own unit."""
POWER = 0.8
"""How often the additional measurement settles it, if the true figure is the estimated one."""
MOST = {"replicas": MOST_REPLICAS, "starts": MOST_STARTS}
"""What one run measures at the most."""
MOST_TIMES = 100
"""Beyond as many times the samples, more of them would hardly settle anything."""
LEAST_PRECISION = 0.001
MOST_BESIDE = 0.1
"""The drop of agreement that is allowed to outputs that labels do not look at, unless a budget says otherwise: it tells
what is destroyed from what is rounded."""
Path = tuple[str, ...]
"""The keys of a budget from the outermost to the limit."""


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


@dataclass(frozen=True)
class Looked:
    """A figure that a budget is about, and what its interval rests on: `n` of them."""

    spread: Spread
    rests_on: Rests
    unit: str
    n: int


def scenarios_of(budgets: Budgets) -> list[str]:
    """The scenarios that must be measured for these budgets."""
    return [name for name in Budgets.model_fields if name not in ("accuracy", "size") and getattr(budgets, name)]


def checks(pair: Pair, budgets: Budgets, evidence: Evidence) -> Iterator[Check]:
    """One candidate under every budget, and, where there is any, with its outputs beside those that labels look at.
    UsageError where a budget needs a figure that was not measured."""
    given = dict(_limits(budgets.model_dump(exclude_none=True)))
    beside = [name for name, delta in pair.accuracy.items() if delta.beside and name not in budgets.accuracy]
    given |= {("accuracy", name, "max_drop"): MOST_BESIDE for name in beside if given}
    for path, limit in given.items():
        looked = _looked(path, pair, evidence)
        verdict = _verdict(looked.spread, limit, path)
        more, note = _missing(path, limit, looked, evidence.settings) if verdict == "inconclusive" else (None, "")
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


def is_drop(check: Check) -> bool:
    """Tell a limit on a loss of quality from the others."""
    return check.budget.startswith("accuracy.") and check.budget.endswith("drop")


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
    figure = (PAIRED.get(place) if key.endswith("_speedup") else None) or KEYED[place]
    if key.endswith("_speedup"):
        found = _speedup(figure, pair, evidence)
    elif key == "max_ratio":
        found = _exact(figure.ratio(pair), figure, pair)
    else:
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
        known = did_you_mean(metric, pair.accuracy)
        raise UsageError(f"budgets.accuracy.{metric}: this metric was not measured; {known}")
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


def _missing(path: Path, limit: float, looked: Looked, settings: Settings | None) -> tuple[int | None, str]:
    """Samples, replicas or starts that are missing to settle an open budget (None if none do or nobody knows), and
    advice."""
    if looked.rests_on == "samples":
        return _more_samples(path, limit, looked)
    measured = settings.measured.get(path[0]) if settings else None
    if settings is None or measured is None or not looked.n:
        return None, "a longer --time-budget narrows it"
    most = MOST[looked.rests_on]
    wanted = _wanted(looked.spread, limit, most)
    if wanted is None:
        return None, _hopeless(path, looked, most)
    more = wanted - looked.n
    rounds = math.ceil(more * measured.rounds / max(1, measured.replicas))
    said = f"{more:,} more {looked.rests_on}" + (f" ({rounds:,} rounds)" if looked.rests_on == "replicas" else "")
    options = _options(looked, wanted, settings, measured)
    return more, f"about {said} of {path[0].replace('_', ' ')} would settle it: measure again with {options}"


def _hopeless(path: Path, looked: Looked, most: int) -> str:
    if None in (looked.spread.low, looked.spread.high):
        return f"even the {most} {looked.rests_on} of the longest run would be too few for an interval of this figure"
    return (
        f"it lies so near the budget that the {most} {looked.rests_on} of the longest run would not settle it; measure "
        "on a quieter machine, or move the budget"
    )


def _more_samples(path: Path, limit: float, looked: Looked) -> tuple[int | None, str]:
    found = looked.spread
    bound = found.low if limit < found.estimate else found.high
    reach = abs(bound - found.estimate) if bound is not None else 0.0
    wanted = settling_samples(found.estimate, reach, limit, looked.n)
    if wanted is None or wanted > (MOST_TIMES + 1) * looked.n:
        what = "gain" if path[-1] == "max_gain" else "drop"
        return None, f"the {what} lies so near the budget that more samples would hardly settle it"
    more = max(1, wanted - looked.n)
    return more, f"about {more:,} more samples would settle it"


def _wanted(found: Spread, limit: float, most: int) -> int | None:
    bound = found.low if limit < found.estimate else found.high
    if bound is not None:
        return settling_replicas(found.estimate, bound, limit, found.replicas, most)
    enough = max(found.replicas + 1, found.enough)
    return enough if enough <= most else None


def _options(looked: Looked, wanted: int, settings: Settings, measured: Measured) -> str:
    """Options for `ovopt compare`. A run that ended because its intervals were narrow enough must be asked for
    narrower ones."""
    times = wanted / looked.n
    if measured.stopped != "precision reached":
        return f"--time-budget {_rounded_up(settings.time_budget_s * times)}"
    narrower = precision_at(settings.precision, looked.n, wanted)
    options = [f"--precision {max(LEAST_PRECISION, math.floor(narrower * 1e4) / 1e4):g}"]
    seconds = measured.seconds * times * max(1, len(settings.measured))
    if seconds > settings.time_budget_s:
        options.append(f"--time-budget {_rounded_up(seconds)}")
    return " ".join(options)


def _rounded_up(seconds: float) -> int:
    """To two digits."""
    step = int(10 ** max(0, math.floor(math.log10(seconds)) - 1))
    return math.ceil(seconds / step) * step


def settling_samples(estimate: float, reach: float, limit: float, n: int) -> int | None:
    """Samples in all that bring the bound, now `reach` from the estimate, clear of `limit`; None if none do."""
    distance = abs(estimate - limit)
    return math.ceil(n * (reach * _room() / distance) ** 2) if distance else None


def settling_replicas(estimate: float, bound: float, limit: float, replicas: int, most: int) -> int | None:
    """Replicas in all that bring `bound` clear of `limit`, positive figures on the log scale; None where `most` of
    them do not."""
    distance, reach = abs(math.log(estimate / limit)), abs(math.log(estimate / bound))
    wanted = reach * _room() / _half_width(replicas)
    return next((k for k in range(replicas + 1, most + 1) if wanted * _half_width(k) <= distance), None)


def precision_at(relative_half_width: float, replicas: int, wanted: int) -> float:
    """The relative half-width that `wanted` replicas bring, from that of `replicas`."""
    return relative_half_width * _half_width(wanted) / _half_width(replicas)


def _half_width(replicas: int) -> float:
    """Half-width of a mean's interval, in standard deviations of one replica."""
    from scipy.special import stdtrit

    return float(stdtrit(replicas - 1, (1 + LEVEL) / 2)) / math.sqrt(replicas)


def _room() -> float:
    from scipy.special import ndtri

    return 1 + float(ndtri(POWER) / ndtri((1 + LEVEL) / 2))
