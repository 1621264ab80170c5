"""From raw values to figures: an arm's latency, throughput and quality, a pair's speed-ups and deltas. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ovopt import stats
from ovopt.errors import DataError, quoted
from ovopt.records import Arm, Flips, Quality, QualityDelta, Speedup, SpeedWord
from ovopt.stats import Floats, Interval, PairedCounts
from ovopt.units import factor_interval


@dataclass(frozen=True)
class MetricKind:
    """Properties of a metric that its statistics depend on."""

    name: str
    unit: str
    higher_is_better: bool
    kind: Literal["accuracy", "agreement"]
    statistics: Literal["share", "bootstrap"]
    value: Callable[[NDArray[Any]], float]


def rows_array(rows: Sequence[Any]) -> NDArray[Any]:
    """A metric's rows as an array: floats [n] or [n, k] where rows have one length, else lists [n]. Raises DataError
    where a row is neither a number nor a list."""
    try:
        return np.array(rows, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        if odd := [row for row in rows if not _is_row(row)]:
            raise DataError(f"a row must be a number or a list of numbers, not {quoted(odd[0])}") from None
        ragged = np.empty(len(rows), dtype=object)
        ragged[:] = rows
        return ragged


def _is_row(row: Any) -> bool:
    try:
        np.array(row, dtype=np.float64)
    except (TypeError, OverflowError):
        return False
    except ValueError:  # its parts differ in length
        return isinstance(row, list | tuple | np.ndarray)
    return True


def judged(baseline: Floats, candidate: Floats, control: Floats | None) -> Speedup:
    """A speed-up from seconds per turn, shape [replicas, rounds], judged on the footing of the control.

    Where `candidate` is the control itself, pass None for `control`.
    """
    return speedup(_interval(baseline, candidate), _interval(baseline, control) if control is not None else None)


def speedup(interval: Interval | None, control: Interval | None) -> Speedup:
    """A candidate against the baseline, judged on the footing of the control.

    It is faster or slower if the whole interval lies on one side of 1, and the effect is larger than the control's
    noise: half of its width, or everything that it holds where it leaves 1. A difference that the model has with itself
    is no difference.
    """
    verdict: SpeedWord = "no clear difference"
    if interval is None:
        why = "fewer than two replicas: give more time with --time-budget"
        return Speedup(estimate=1.0, low=None, high=None, level=stats.LEVEL, verdict=verdict, why=why)
    if interval.holds_one:
        why = "the interval holds 1"
    elif control is not None and abs(np.log(interval.estimate)) <= control.noise:
        why = f"the control (A/A) reaches as far: {factor_interval(control.low, control.high)}"
    else:
        verdict = "faster" if interval.low > 1 else "slower"
        why = "the interval lies clear of 1" + ("" if control else "; without a control")
    return Speedup(**asdict(interval), verdict=verdict, why=why)


def quality_of(rows: Sequence[Any], metric: MetricKind, seed: int) -> Quality:
    """A metric of one arm with its interval. Raises DataError where the metric has no value for these samples."""
    table = rows_array(rows)
    interval = (
        stats.wilson(int(table.sum()), len(table))
        if metric.statistics == "share"
        else stats.bootstrap(metric.value, table, seed)
    )
    return Quality(
        value=_finite(interval.estimate, metric, len(rows)),
        low=interval.low,
        high=interval.high,
        unit=metric.unit,
        higher_is_better=metric.higher_is_better,
        n=len(rows),
        rows=tuple(table.tolist()),
    )


def quality_delta(baseline: Sequence[Any], candidate: Sequence[Any], metric: MetricKind, seed: int) -> QualityDelta:
    """A metric of both arms, sample by sample, from its rows.

    Raises DataError where the metric has no value for these samples.
    """
    before, after = rows_array(baseline), rows_array(candidate)
    values = [_finite(metric.value(table), metric, len(table)) for table in (before, after)]
    counts = PairedCounts.of(before, after) if metric.statistics == "share" else None
    interval = (
        stats.paired_share_difference(counts) if counts else stats.paired_bootstrap(metric.value, before, after, seed)
    )
    return QualityDelta(
        baseline=values[0],
        candidate=values[1],
        delta=interval.estimate,
        low=interval.low,
        high=interval.high,
        unit=metric.unit,
        n=len(before),
        higher_is_better=metric.higher_is_better,
        kind=metric.kind,
        flips=counts
        and Flips(lost=counts.lost, gained=counts.gained, p_value=stats.mcnemar(counts.lost, counts.gained)),
        minimum_detectable_drop=counts and stats.minimum_detectable_drop(counts.n, counts.lost + counts.gained),
        verdict="higher" if interval.low > 0 else "lower" if interval.high < 0 else "no clear difference",
    )


def _finite(value: float, metric: MetricKind, n: int) -> float:
    if not np.isfinite(value):
        raise DataError(f"{metric.name} has no value on these {n} samples (a single class, or all the same)")
    return value


def differing_settings(arms: Iterable[Arm]) -> list[str]:
    """Settings that the arms should share and do not: one line per setting and scenario."""
    compared = [arm for arm in arms if arm.role != "reference" and not arm.lost]
    lines = []
    for scenario in sorted({name for arm in compared for name in arm.effective}):
        for setting in ("device", "inference_precision", "streams", "threads", "requests"):
            values = {arm.name: getattr(arm.effective[scenario], setting) for arm in compared}
            if len(set(values.values())) > 1:
                said = ", ".join(f"{name}: {value}" for name, value in values.items())
                lines.append(f"{scenario}: {setting} differs ({said})")
    return lines


def _interval(baseline: Floats, candidate: Floats) -> Interval | None:
    shared = min(len(baseline), len(candidate))
    return stats.speedup_interval(baseline[:shared], candidate[:shared]) if shared > 1 else None
