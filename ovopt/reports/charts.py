"""Charts of the page: figures to draw, a text that says the same, a table of the figures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import numpy as np

from ovopt import units
from ovopt.figures import FIXED, KEYED, Figure, words
from ovopt.records import Arm, Comparison, Execution
from ovopt.reports.cells import one_line
from ovopt.stats import Floats

COLOURS = 6
"""So many candidates have a colour of their own; then they begin again."""
LABEL = 40
"""Characters of a name that fit beside a mark."""
BINS = 160
SMOOTH = 2.5
"""Standard deviation of the smoothing, in bins."""
OUTERMOST = 0.01
"""This share of all values at either end lies beyond the scale."""
LATENCIES = {
    **{name: name for name in ("p50", "p90", "p95", "p99", "mean")},
    "min": "shortest",
    "max": "longest",
}
"""Figures of the latency's table, and their titles."""
MEDIANS = "All are medians, so the stages need not add up to the whole."


@dataclass(frozen=True)
class Key:
    """One entry of a legend: a colour's name in the style sheet."""

    colour: str
    label: str


@dataclass(frozen=True)
class Chart:
    """One figure of the page. `data` is what the script draws, `said` its marks in words."""

    id: str
    kind: Literal["tradeoff", "ridges", "bars", "lines"]
    title: str
    lead: str
    said: Sequence[str]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    data: dict[str, Any]
    keys: tuple[Key, ...] = ()

    @property
    def summary(self) -> str:
        """The figure for a reader who does not see it."""
        return f"{self.lead} {'; '.join(self.said)}."


def colours(comparison: Comparison) -> dict[str, str]:
    """Arm -> its colour's name in the style sheet."""
    found = {}
    candidates = 0
    for arm in comparison.arms:
        if arm.role == "candidate":
            found[arm.name] = f"arm-{candidates % COLOURS + 1}"
            candidates += 1
        else:
            found[arm.name] = {"baseline": "arm-0", "control": "arm-control"}.get(arm.role, "arm-reference")
    return found


def short(text: str) -> str:
    """A name on one line, cut where it is too long for a mark."""
    line = one_line(text) or "(no name)"
    return line if len(line) <= LABEL else f"{line[: LABEL - 1]}…"


@dataclass(frozen=True)
class Bar:
    """One bar: its pieces from left to right, and what it comes to."""

    label: str
    parts: Mapping[str, float]
    total: float


def charts(comparison: Comparison) -> Iterator[Chart]:
    """Every chart that there are figures for."""
    yield from latency_distributions(comparison)
    yield from stages(comparison)
    yield from served_load(comparison)
    yield from memory(comparison)
    yield from executed(comparison)


def stages(comparison: Comparison) -> Iterator[Chart]:
    """Figures that consist of stages, a chart for each scenario."""
    for scenario, figures in groupby((one for one in FIXED if one.stages), lambda one: one.scenario):
        shown = list(figures)
        found = [_stages(one, arm) for one in shown for arm in comparison.arms if one.of(arm) is not None]
        title, lead = words(scenario).capitalize(), f"{shown[0].picture} {MEDIANS}"
        yield from _bars(scenario.replace("_", "-"), title, lead, "ms", units.milliseconds, found)


def _stages(figure: Figure, arm: Arm) -> Bar:
    doubt = figure.doubt(arm)
    kind = figure.key.partition(".")[2]
    label = f"{arm.name}{f', {kind}' if kind else ''}{f', but {doubt}' if doubt else ''}"
    return Bar(
        label, {name: KEYED[f"{figure.key}.{name}"].of(arm) or 0.0 for name in figure.stages}, figure.of(arm) or 0.0
    )


def memory(comparison: Comparison) -> Iterator[Chart]:
    """Resident memory of a fresh process, by what added it."""
    found = []
    for arm in comparison.arms:
        for hint, print_ in (arm.memory.by_hint if arm.memory else {}).items():
            parts = {
                "engine": print_.before_bytes,
                "model, compiled and run once": max(print_.compiled_bytes - print_.before_bytes, 0),
                "more at the peak": max(print_.peak_bytes - max(print_.compiled_bytes, print_.before_bytes), 0),
            }
            found.append(Bar(f"{arm.name}, {hint} hint", parts, print_.peak_bytes))
    lead = "Resident memory of a new process, by what added it."
    yield from _bars("memory", "Memory", lead, "MiB", lambda size: units.memory(round(size)), found, 1 << 20)


def executed(comparison: Comparison) -> Iterator[Chart]:
    """Time and operations by executed precision, which has one colour in both."""
    ran = {arm.name: arm.execution for arm in comparison.arms if arm.execution and arm.role != "control"}
    names = sorted({name for one in ran.values() for name in (*one.ops_by_precision, *one.time_by_precision)})

    def by_precision(of: Callable[[Execution], Mapping[str, float]]) -> list[Bar]:
        known = {arm: of(one) for arm, one in ran.items()}
        return [
            Bar(arm, {name: one.get(name, 0) for name in names}, sum(one.values())) for arm, one in known.items() if one
        ]

    yield from _bars(
        "time-by-precision",
        "Time by executed precision",
        "Where one inference spends its time, by the precision that the device really ran.",
        "µs",
        lambda value: f"{units.number(value)} µs",
        by_precision(lambda one: one.time_by_precision),
    )
    yield from _bars(
        "operations-by-precision",
        "Operations by executed precision",
        "How many operations the device ran, by precision.",
        "operations",
        lambda value: f"{value:,.0f}",
        by_precision(lambda one: one.ops_by_precision),
    )


def _bars(
    id_: str,
    title: str,
    lead: str,
    unit: str,
    said: Callable[[float], str],
    found: Sequence[Bar],
    per_unit: float = 1,
) -> Iterator[Chart]:
    """Stacked bars, one under the other; none where there are none."""
    names = tuple(dict.fromkeys(name for bar in found for name in bar.parts))
    place = {name: f"part-{index % 8}" for index, name in enumerate(names)}
    data = [
        {
            "label": short(bar.label),
            "total": said(bar.total),
            "parts": [
                {"name": short(name), "value": value / per_unit, "said": said(value), "colour": place[name]}
                for name, value in bar.parts.items()
                if value > 0
            ],
        }
        for bar in found
    ]
    if names:
        yield Chart(
            id=id_,
            kind="bars",
            title=title,
            lead=lead,
            said=[f"{bar.label}: {said(bar.total)}" for bar in found],
            header=("", *names, "in all"),
            rows=tuple((bar.label, *(said(bar.parts[name]) for name in names), said(bar.total)) for bar in found),
            data={"unit": unit, "bars": data},
            keys=tuple(Key(place[name], name) for name in names),
        )


def served_load(comparison: Comparison) -> Iterator[Chart]:
    """Waits at rising rates."""
    named = colours(comparison)
    served = {arm.name: arm.served_load.points for arm in comparison.arms if arm.served_load}
    points = [
        {"colour": named[arm], "arm": short(arm), "rate": point.rate_per_s, "p50": point.p50_ms, "p99": point.p99_ms}
        for arm, found in served.items()
        for point in found
        if point.rate_per_s > 0 and point.p50_ms > 0
    ]
    rows = tuple(
        (arm, units.rate(p.rate_per_s), *map(units.milliseconds, (p.p50_ms, p.p90_ms, p.p99_ms, p.max_ms)))
        for arm, found in served.items()
        for p in found
    )
    if points:
        yield Chart(
            id="served-load",
            kind="lines",
            title="Served load",
            lead="Wait from a request's scheduled arrival to its answer, at rising rates: the median.",
            said=[f"{row[0]} at {row[1]}: {row[2]}" for row in rows],
            header=("", "rate", "p50", "p90", "p99", "longest"),
            rows=rows,
            data={"points": points},
            keys=tuple(Key(named[arm], arm) for arm in served),
        )


def latency_distributions(comparison: Comparison) -> Iterator[Chart]:
    """A curve per arm; none where no arm has raw values."""
    values = {arm.name: found for arm in comparison.arms if len(found := _milliseconds(arm))}
    if not values:
        return
    edges = _edges(list(values.values()))
    named = colours(comparison)
    arms = {arm.name: arm.latency for arm in comparison.arms if arm.name in values and arm.latency}
    lead = "How long single answers took: the higher the hill, the more of them."
    if any(arm.role == "control" and arm.name in arms for arm in comparison.arms):
        lead += " The control is the original once more: what differs between these two is the machine's noise."
    rows = tuple(
        (name, f"{latency.n:,}", *(units.milliseconds(getattr(latency, f"{figure}_ms")) for figure in LATENCIES))
        for name, latency in arms.items()
    )
    yield Chart(
        id="latency",
        kind="ridges",
        title="Latency",
        lead=lead,
        said=[f"{row[0]}: median {row[2]}" for row in rows],
        header=("", "answers", *LATENCIES.values()),
        rows=rows,
        data={
            "arms": [
                {
                    "label": short(name),
                    "colour": named[name],
                    "p50": latency.p50_ms,
                    "said": units.milliseconds(latency.p50_ms),
                    "curve": _curve(values[name], edges),
                }
                for name, latency in arms.items()
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
