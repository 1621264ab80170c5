"""The picture of the decision: accuracy against speed, budgets as lines, every candidate a point. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ovopt import units
from ovopt.budgets import metric_of
from ovopt.figures import Figure, figures_of
from ovopt.records import Check, Comparison, Pair, QualityDelta, Speeds, Speedup
from ovopt.reports.cells import speedup_cell
from ovopt.reports.charts import Chart, colours, short
from ovopt.reports.rows import change_of, title_of


def tradeoffs(comparison: Comparison) -> Iterator[Chart]:
    """A picture per metric; those with a budget come first."""
    figure = _first_measured(comparison)
    if figure is None:
        return
    names = dict.fromkeys(name for pair in comparison.pairs for name in pair.accuracy)
    budgeted = {metric_of(check) for check in comparison.gate.checks}
    for place, name in enumerate(sorted(names, key=lambda name: name not in budgeted)):
        yield _tradeoff(comparison, name, figure, f"tradeoff-{place}")


def _first_measured(comparison: Comparison) -> Figure | None:
    """The first figure whose speed-up any candidate has."""
    catalogue = figures_of(comparison.arms)
    return next((one for one in catalogue if any(_speed(pair, one) for pair in comparison.pairs)), None)


def _speed(speeds: Speeds, figure: Figure) -> Speedup | None:
    found = figure.speedup(speeds)
    return found if found and found.estimate > 0 else None


def _tradeoff(comparison: Comparison, metric: str, figure: Figure, id_: str) -> Chart:
    scenario = figure.pair_name
    named = colours(comparison)
    found = [
        (pair, delta, speed)
        for pair in comparison.pairs
        if (delta := pair.accuracy.get(metric)) and (speed := _speed(pair, figure))
    ]
    unit = next((delta.unit for _, delta, _ in found), "")
    up = next((delta.higher_is_better for _, delta, _ in found), True)
    limits = [check for check in comparison.gate.checks if metric_of(check) == metric]
    noise = _noise(comparison, figure)
    lead = (
        f"Every point is a candidate: how many times as fast as the original it is ({scenario}), and how "
        f"{title_of(metric)} changed. Up and to the right is better; the bars are 95 % intervals"
        + ("; in the green area every budget drawn here is kept" if limits else "")
        + ("; within the grey band lies what the original differs from itself." if noise else ".")
    )
    return Chart(
        id=id_,
        kind="tradeoff",
        title=f"Speed against {title_of(metric)}",
        lead=lead,
        said=[f"{p.candidate}: {speedup_cell(s).change} in {scenario}, {change_of(d)}" for p, d, s in found],
        header=("", scenario, title_of(metric), "original", "change", "verdict"),
        rows=tuple(
            (
                pair.candidate,
                speedup_cell(speed).change,
                units.quality(delta.candidate, delta.unit),
                units.quality(delta.baseline, delta.unit),
                change_of(delta),
                comparison.gate.candidates.get(pair.candidate, units.MISSING),
            )
            for pair, delta, speed in found
        ),
        data={
            "baseline": short(comparison.arms[0].name),
            "points": [_point(pair, delta, speed, named[pair.candidate]) for pair, delta, speed in found],
            "noise": noise,
            "xLabel": f"times as fast ({scenario})",
            "yLabel": f"change of {title_of(metric)}"
            + (", points" if unit == "share" else f", {unit}" if unit else ""),
            "up": up,
            "yLimits": sorted({_scaled(limit, unit) for check in limits for limit in _drops(check, up, found)}),
            "xLimits": sorted(
                {c.limit for c in comparison.gate.checks if c.budget == f"{figure.pair_key}.min_speedup"}
            ),
        },
    )


def _point(pair: Pair, delta: QualityDelta, speed: Speedup, colour: str) -> dict[str, Any]:
    known = speed.low is not None and speed.low > 0
    return {
        "label": short(pair.candidate),
        "colour": colour,
        "x": speed.estimate,
        "x1": speed.low if known else speed.estimate,
        "x2": speed.high if known else speed.estimate,
        "y": _scaled(delta.delta, delta.unit),
        "y1": _scaled(delta.low, delta.unit),
        "y2": _scaled(delta.high, delta.unit),
        "said": f"{short(pair.candidate)}: {speedup_cell(speed).change}, {change_of(delta)}",
    }


def _noise(comparison: Comparison, figure: Figure) -> list[float] | None:
    """The control's interval."""
    speed = figure.speedup(comparison.control) if comparison.control else None
    return [speed.low, speed.high] if speed and speed.low and speed.high else None


def _drops(check: Check, up: bool, found: list[tuple[Pair, QualityDelta, Speedup]]) -> Iterator[float]:
    """A limit on the loss, as a change in the metric's own direction."""
    sign = -1 if up else 1
    if check.budget.endswith(".max_drop"):
        yield sign * check.limit
    if check.budget.endswith(".max_relative_drop"):
        yield from (sign * check.limit * abs(delta.baseline) for _, delta, _ in found[:1])


def _scaled(value: float, unit: str) -> float:
    return 100 * value if unit == "share" else value
