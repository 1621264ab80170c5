"""Latency distributions of all arms on one scale. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ovopt import units
from ovopt.records import Arm, Comparison
from ovopt.reports.charts import Chart, colours, short

BINS = 160
SMOOTH = 2.5
"""Standard deviation of the smoothing, in bins."""
OUTERMOST = 0.01
"""This share of all values at either end lies beyond the scale."""
Floats = NDArray[np.float64]


def latency_distributions(comparison: Comparison) -> Chart | None:
    """A curve per arm; None where no arm has raw values."""
    values = {arm.name: found for arm in comparison.arms if len(found := _milliseconds(arm))}
    if not values:
        return None
    edges = _edges(list(values.values()))
    named = colours(comparison)
    arms = [arm for arm in comparison.arms if arm.name in values and arm.latency]
    lead = "How long single answers took: the higher the hill, the more of them."
    if any(arm.role == "control" for arm in arms):
        lead += " The control is the original once more: what differs between these two is the machine's noise."
    rows = tuple(_row(arm) for arm in arms)
    return Chart(
        id="latency",
        kind="ridges",
        title="Latency",
        lead=lead,
        summary=f"{lead} " + "; ".join(f"{row[0]}: median {row[2]}" for row in rows) + ".",
        header=("", "answers", "p50", "p90", "p95", "p99", "mean", "shortest", "longest"),
        rows=rows,
        data={
            "arms": [
                {
                    "label": short(arm.name),
                    "colour": named[arm.name],
                    "p50": arm.latency.p50_ms if arm.latency else None,
                    "said": units.milliseconds(arm.latency.p50_ms if arm.latency else None),
                    "curve": _curve(values[arm.name], edges),
                }
                for arm in arms
            ]
        },
    )


def _milliseconds(arm: Arm) -> Floats:
    """Every inference of an arm that took any time at all."""
    if arm.latency is None:
        return np.array([])
    flat = np.array([ns for rounds in arm.latency.raw_ns for turn in rounds for ns in turn], dtype=np.float64) / 1e6
    return flat[flat > 0]


def _edges(values: list[Floats]) -> Floats:
    """Bins that are equally wide on the log scale, over what all arms need."""
    low = min(float(np.quantile(v, OUTERMOST)) for v in values)
    high = max(float(np.quantile(v, 1 - OUTERMOST)) for v in values)
    margin = max((high / low) ** 0.06, 1.05)
    return np.geomspace(low / margin, high * margin, BINS + 1)


def _curve(values: Floats, edges: Floats) -> list[Any]:
    """[milliseconds, height] with the highest point at 1. Values beyond the scale do not count."""
    counts, _ = np.histogram(values, edges)
    reach = np.arange(-int(4 * SMOOTH), int(4 * SMOOTH) + 1)
    kernel = np.exp(-0.5 * (reach / SMOOTH) ** 2)
    heights = np.convolve(counts, kernel / kernel.sum(), mode="same")
    heights = heights / max(heights.max(), 1e-12)
    middles = np.sqrt(edges[:-1] * edges[1:])
    return [[float(f"{x:.5g}"), round(float(y), 4)] for x, y in zip(middles, heights, strict=True)]


def _row(arm: Arm) -> tuple[str, ...]:
    latency = arm.latency
    assert latency is not None, "only arms with values have a row"
    times = (
        latency.p50_ms,
        latency.p90_ms,
        latency.p95_ms,
        latency.p99_ms,
        latency.mean_ms,
        latency.min_ms,
        latency.max_ms,
    )
    return (arm.name, f"{latency.n:,}", *map(units.milliseconds, times))
