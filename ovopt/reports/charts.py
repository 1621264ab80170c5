"""Charts of the page: figures to draw, a text that says the same, a table of the figures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ovopt import units
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
MEDIANS = "All are medians, so the stages need not add up to the whole."


@dataclass(frozen=True)
class Key:
    """One entry of a legend: a colour's name in the style sheet."""

    colour: str
    label: str


@dataclass(frozen=True)
class Chart:
    """One figure of the page. `data` is what the script draws, `summary` what a reader hears who does not see it."""

    id: str
    kind: Literal["tradeoff", "ridges", "bars", "lines"]
    title: str
    lead: str
    summary: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    data: dict[str, Any]
    keys: tuple[Key, ...] = ()


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
class Part:
    """A piece of a stacked bar."""

    name: str
    value: float
    said: str


@dataclass(frozen=True)
class Bar:
    """One bar: its pieces from left to right, and what it comes to."""

    label: str
    parts: tuple[Part, ...]
    total: str


def bars(id_: str, title: str, lead: str, unit: str, found: Sequence[Bar]) -> Chart | None:
    """Stacked bars, one under the other; None where there are none."""
    names = tuple(dict.fromkeys(part.name for bar in found for part in bar.parts))
    if not names:
        return None
    place = {name: f"part-{index % 8}" for index, name in enumerate(names)}
    data = [
        {
            "label": short(bar.label),
            "total": bar.total,
            "parts": [
                {"name": short(p.name), "value": p.value, "said": p.said, "colour": place[p.name]}
                for p in bar.parts
                if p.value > 0
            ],
        }
        for bar in found
    ]
    return Chart(
        id=id_,
        kind="bars",
        title=title,
        lead=lead,
        summary=f"{lead} " + "; ".join(f"{bar.label}: {bar.total}" for bar in found) + ".",
        header=("", *names, "in all"),
        rows=tuple(
            (bar.label, *({p.name: p.said for p in bar.parts}.get(n, units.MISSING) for n in names), bar.total)
            for bar in found
        ),
        data={"unit": unit, "bars": data},
        keys=tuple(Key(place[name], name) for name in names),
    )


def end_to_end(comparison: Comparison) -> Chart | None:
    """Stages of one sample's way, stacked."""
    found = []
    for arm in comparison.arms:
        e = arm.end_to_end
        if e:
            stages = (
                ("decode", e.decode_ms),
                ("preprocess", e.preprocess_ms),
                ("inference", e.inference_ms),
                ("postprocess", e.postprocess_ms),
            )
            parts = tuple(Part(name, ms, units.milliseconds(ms)) for name, ms in stages)
            found.append(Bar(arm.name, parts, units.milliseconds(e.total_ms)))
    lead = f"Time of one sample by stage, from the file's bytes to the answer. {MEDIANS}"
    return bars("end-to-end", "End to end", lead, "ms", found)


def first_inference(comparison: Comparison) -> Chart | None:
    """Start-up, cold and cached, by stage."""
    found = []
    for kind in ("cold", "cached"):
        for arm in comparison.arms:
            if arm.first_inference and arm.role != "control":
                t = getattr(arm.first_inference, kind)
                stages = (("read", t.read_ms), ("compile", t.compile_ms), ("infer", t.infer_ms))
                parts = tuple(Part(name, ms, units.milliseconds(ms)) for name, ms in stages)
                missed = kind == "cached" and t.from_cache < t.n
                label = f"{arm.name}, {'cached, but not loaded from it' if missed else kind}"
                found.append(Bar(label, parts, units.milliseconds(t.total_ms)))
    lead = f"What a user waits for in a new process: without, and with a filled model cache. {MEDIANS}"
    return bars("first-inference", "First inference", lead, "ms", found)


def memory(comparison: Comparison) -> Chart | None:
    """Resident memory of a fresh process, by what added it."""
    found = []
    for arm in comparison.arms:
        for hint, print_ in (arm.memory.by_hint if arm.memory else {}).items():
            loaded = max(print_.compiled_bytes - print_.before_bytes, 0)
            rest = max(print_.peak_bytes - max(print_.compiled_bytes, print_.before_bytes), 0)
            stages = (
                ("engine", print_.before_bytes),
                ("model, compiled and run once", loaded),
                ("more at the peak", rest),
            )
            parts = tuple(Part(name, size / (1 << 20), units.memory(size)) for name, size in stages)
            found.append(Bar(f"{arm.name}, {hint} hint", parts, units.memory(print_.peak_bytes)))
    return bars("memory", "Memory", "Resident memory of a new process, by what added it.", "MiB", found)


def executed(comparison: Comparison) -> Iterator[Chart]:
    """Time and operations by executed precision."""
    arms = [arm for arm in comparison.arms if arm.execution and arm.role != "control"]
    precisions = sorted({name for arm in arms if arm.execution for name in _precisions(arm.execution)})
    shown: list[tuple[str, str, str, str, Callable[[Arm], dict[str, Any]], Callable[[float], str]]] = [
        (
            "time-by-precision",
            "Time by executed precision",
            "Where one inference spends its time, by the precision that the device really ran.",
            "µs",
            lambda arm: arm.execution.time_by_precision if arm.execution else {},
            lambda value: f"{units.number(value)} µs",
        ),
        (
            "operations-by-precision",
            "Operations by executed precision",
            "How many operations the device ran, by precision.",
            "operations",
            lambda arm: arm.execution.ops_by_precision if arm.execution else {},
            lambda value: f"{value:,.0f}",
        ),
    ]
    for id_, title, lead, unit, of, said in shown:
        found = [
            Bar(
                arm.name,
                tuple(Part(name, float(of(arm).get(name, 0)), said(of(arm).get(name, 0))) for name in precisions),
                said(sum(of(arm).values())),
            )
            for arm in arms
            if of(arm)
        ]
        chart = bars(id_, title, lead, unit, found)
        if chart:
            yield chart


def _precisions(execution: Execution) -> list[str]:
    return [*execution.ops_by_precision, *execution.time_by_precision]


def served_load(comparison: Comparison) -> Chart | None:
    """Waits at rising rates."""
    named = colours(comparison)
    points = [
        {
            "colour": named[arm.name],
            "arm": short(arm.name),
            "rate": point.rate_per_s,
            "p50": point.p50_ms,
            "p99": point.p99_ms,
        }
        for arm in comparison.arms
        for point in (arm.served_load.points if arm.served_load else ())
        if point.rate_per_s > 0 and point.p50_ms > 0
    ]
    if not points:
        return None
    shown = [arm for arm in comparison.arms if arm.served_load]
    rows = tuple(
        (
            arm.name,
            units.rate(p.rate_per_s),
            *(units.milliseconds(wait) for wait in (p.p50_ms, p.p90_ms, p.p99_ms, p.max_ms)),
        )
        for arm in shown
        for p in (arm.served_load.points if arm.served_load else ())
    )
    lead = "Wait from a request's scheduled arrival to its answer, at rising rates: the median."
    return Chart(
        id="served-load",
        kind="lines",
        title="Served load",
        lead=lead,
        summary=f"{lead} " + "; ".join(f"{row[0]} at {row[1]}: {row[2]}" for row in rows) + ".",
        header=("", "rate", "p50", "p90", "p99", "longest"),
        rows=rows,
        data={"points": points},
        keys=tuple(Key(named[arm.name], arm.name) for arm in shown),
    )


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
