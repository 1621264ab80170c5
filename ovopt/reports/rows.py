"""The table that every report shows: what was measured, a row per figure and a cell per arm. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ovopt import units
from ovopt.budgets import metric_of
from ovopt.figures import KEYED, Figure, figures_of
from ovopt.records import Arm, Check, Comparison, Pair, Quality, QualityDelta
from ovopt.reports.cells import Cell, Tone, speedup_cell, verdict_cell

SHOWN_SHARE = 0.05
"""Precisions with a smaller share of the time are left out."""
COSTLIEST = 2
"""So many kernels are named."""


@dataclass(frozen=True)
class Row:
    """A figure of all arms: the baseline's cell first. A `part` belongs to the row above it."""

    label: str
    meaning: str
    cells: tuple[Cell, ...]
    part: bool = False


def candidates_of(comparison: Comparison) -> list[Arm]:
    """The arms that are held against the baseline."""
    return [arm for arm in comparison.arms if arm.role == "candidate"]


def table_rows(comparison: Comparison, candidates: Sequence[Arm]) -> Iterator[Row]:
    """Quality first, then every figure that any of these arms has, then the verdicts."""
    pairs = {pair.candidate: pair for pair in comparison.pairs}
    columns = [(arm, pairs.get(arm.name)) for arm in (comparison.arms[0], *candidates)]
    yield from _quality_rows(columns, places_by_metric(comparison))
    for figure in figures_of([arm for arm, _ in columns]):
        yield from _row(figure.label, figure.meaning, figure.part, [_cell(figure, *column) for column in columns])
        if figure.by_stage:
            lines = [_stages(figure, arm) for arm, _ in columns]
            yield from _row("by stage, ms", "the median of each stage", True, map(_text, lines))
        for label, meaning, part, said in BEHIND.get(figure.key, ()):
            yield from _row(label, meaning, part, [_text(said(arm)) for arm, _ in columns])
    for name, reference in comparison.references.items():
        if reference.speeds and reference.speeds.latency:
            against = [pair.against.get(name) if pair else None for _, pair in columns[1:]]
            found = (speedup_cell(s.latency) if s and s.latency else None for s in (reference.speeds, *against))
            yield from _row(f"against {name}", "speed-up in latency", False, found)
    if comparison.gate.verdict:
        verdicts = [verdict_cell(comparison.gate.candidates.get(arm.name)) for arm in candidates]
        yield Row("verdict", "of the budgets", (Cell(), *verdicts))
    if any(arm.lost for arm, _ in columns):
        yield Row("lost", "why an arm has no result", tuple(Cell("", arm.lost or "", "bad") for arm, _ in columns))


def _row(label: str, meaning: str, part: bool, cells: Iterable[Cell | None]) -> Iterator[Row]:
    """No row where the figure has no place in the table, or no arm has it."""
    found = list(cells)
    if label and any(found):
        yield Row(label, meaning, tuple(one or Cell(units.MISSING) for one in found), part)


def _text(lines: Iterator[str]) -> Cell | None:
    text = "\n".join(lines)
    return Cell(text) if text else None


def _cell(figure: Figure, arm: Arm, pair: Pair | None) -> Cell | None:
    value = figure.of(arm)
    if value is None:
        return None
    if doubt := figure.doubt(arm):
        return Cell("", doubt, "doubt")
    shown, ratio = units.figure(value, figure.unit), figure.ratio(pair) if pair else None
    if ratio is None:
        speed = figure.speedup(pair) if pair else None
        return speedup_cell(speed, shown) if speed else Cell(shown)
    improved = ratio < 1 if figure.better == "lower" else ratio > 1
    return Cell(shown, units.factor(ratio), "good" if improved else "plain")


def places_of(check: Check) -> int:
    """Digits behind the point of percent that tell what a check is about from its limit."""
    return units.places_for(check.limit, (one for one in (check.estimate, check.low, check.high) if one is not None))


def places_by_metric(comparison: Comparison) -> Mapping[str, int]:
    """The same for each metric that has a budget: as many as its checks need."""
    found: dict[str, int] = {}
    for check in comparison.gate.checks:
        if (metric := metric_of(check)) is not None:
            found[metric] = max(found.get(metric, 1), places_of(check))
    return found


def change_of(delta: QualityDelta, places: int = 1) -> str:
    """A metric's change with its interval: `+0.1 [-0.5, +0.7]`."""
    bounds = units.quality_interval(delta.low, delta.high, delta.unit, places)
    return f"{units.quality_delta(delta.delta, delta.unit, places)} {bounds}"


def points_of(delta: QualityDelta, places: int = 1) -> str:
    """A metric's change with its unit and interval: `+0.1 points [-0.5, +0.7]`."""
    bounds = units.quality_interval(delta.low, delta.high, delta.unit, places)
    return f"{units.points(delta.delta, delta.unit, places)} {bounds}"


def title_of(metric: str, delta: QualityDelta | None = None) -> str:
    """A metric's name in running text, with the output that it is of, where there are several."""
    title = metric.replace("_", " ")
    return f"{title} of {delta.output}" if delta and delta.output else title


def _quality_rows(columns: Sequence[tuple[Arm, Pair | None]], places: Mapping[str, int]) -> Iterator[Row]:
    """A row for each metric of the baseline, and one for the samples that flipped."""
    baseline, candidates = columns[0][0], columns[1:]
    for name, quality in baseline.accuracy.items():
        deltas = [pair.accuracy.get(name) if pair else None for _, pair in candidates]
        agreement, digits = any(delta and delta.kind == "agreement" for delta in deltas), places.get(name, 1)
        first = Cell("(agreement)" if agreement else units.quality(quality.value, quality.unit, digits))
        meaning = "quality; higher is better" if quality.higher_is_better else "an error; lower is better"
        meaning = "the same answers as the original's" if agreement else meaning
        outputs = outputs_of(name, [arm for arm, _ in candidates])
        meaning = f"{meaning}; the worst output counts" if outputs else meaning
        cells = [_quality_cell(delta, arm, name, digits) for delta, (arm, _) in zip(deltas, candidates, strict=True)]
        sole = next((delta for delta in deltas if delta and delta.output), None) if not outputs else None
        yield Row(title_of(name, sole), meaning, (first, *cells))
        for output in outputs:
            cells = [_output_cell(arm.accuracy.get(name), output, digits) for arm, _ in candidates]
            yield Row(f"of {output}", "this output alone", (Cell(), *cells), part=True)
        if any(delta and delta.flips for delta in deltas) and not agreement:
            meaning = "samples that turned wrong, and right"
            flips = [delta.flips if delta else None for delta in deltas]
            cells = [Cell(f"{one.lost} lost, {one.gained} gained") if one else Cell() for one in flips]
            yield Row("flips", meaning, (Cell(), *cells), part=True)


def outputs_of(metric: str, arms: Iterable[Arm]) -> list[str]:
    """Outputs, or parts of one, that a metric looks at one by one."""
    found = (arm.accuracy[metric].outputs for arm in arms if metric in arm.accuracy)
    return list(dict.fromkeys(name for outputs in found for name in outputs))


def _output_cell(quality: Quality | None, output: str, places: int) -> Cell:
    found = quality.outputs.get(output) if quality else None
    return Cell(units.quality(found.value, found.unit, places) if found else units.MISSING)


def _quality_cell(delta: QualityDelta | None, arm: Arm, name: str, places: int) -> Cell:
    if delta is None:
        alone = arm.accuracy.get(name)
        return Cell(units.quality(alone.value, alone.unit, places) if alone else units.MISSING)
    value = units.quality(delta.candidate, delta.unit, places)
    if delta.kind == "agreement":
        return Cell(f"{value} with the original")
    return Cell(value, change_of(delta, places), quality_tone(delta))


def quality_tone(delta: QualityDelta) -> Tone:
    """Good or bad for a clear change, plain for any other."""
    if delta.verdict == "no clear difference":
        return "plain"
    return "good" if (delta.verdict == "higher") == delta.higher_is_better else "bad"


def _stages(figure: Figure, arm: Arm) -> Iterator[str]:
    """Two stages on a line."""
    found = {name: KEYED[f"{figure.key}.{name}"].of(arm) for name in figure.stages}
    said = [f"{name} {units.number(value)}" for name, value in found.items() if value is not None]
    for first in range(0, len(said), 2):
        yield ", ".join(said[first : first + 2]) + ("," if first + 2 < len(said) else "")


def _served(arm: Arm) -> Iterator[str]:
    load = arm.served_load
    if load and load.within:
        kept = f"p{load.within.percentile:g} within {units.milliseconds(load.within.limit_ms)}"
        highest = load.within.highest_rate_per_s
        yield f"{kept} up to {units.rate(highest)}" if highest else f"{kept} at no rate tried"
    for point in load.points if load else ():
        waits = (("p50", point.p50_ms), ("p90", point.p90_ms), ("p99", point.p99_ms))
        said = ", ".join(f"{name} {units.milliseconds(wait)}" for name, wait in waits)
        yield f"{units.rate(point.rate_per_s)}: {said}"


def _memory(arm: Arm) -> Iterator[str]:
    for hint, found in arm.memory.by_hint.items() if arm.memory else ():
        yield f"{hint} {units.memory(found.peak_bytes)}"


def _efficiency(arm: Arm) -> Iterator[str]:
    """Energy where a counter was read; a remark says why there is none."""
    if found := arm.efficiency:
        yield f"{units.rate(found.samples_per_s_per_core)} per core"
        if found.samples_per_s_per_gib is not None:
            yield f"{units.rate(found.samples_per_s_per_gib)} per GiB"
        if found.joules_per_sample is not None:
            yield f"{units.number(found.joules_per_sample)} J per sample"


def _executed(arm: Arm) -> Iterator[str]:
    """Shares of the time of all operations, from 5 % on."""
    spent = arm.execution.time_by_precision if arm.execution else {}
    whole = sum(spent.values())
    shown = {name: one / whole for name, one in spent.items() if whole and one / whole >= SHOWN_SHARE}
    if shown:
        yield ", ".join(f"{name} {100 * share:.0f} %" for name, share in shown.items())


def _costliest(arm: Arm) -> Iterator[str]:
    """The primitives that take the most time, and the operations that only rearrange data."""
    execution = arm.execution
    if execution and execution.ops_us:
        for name, spent in islice(execution.time_by_primitive.items(), COSTLIEST):
            yield f"{name} {100 * spent / execution.ops_us:.0f} %"
        yield f"{execution.reorders} reorders, {execution.conversions} conversions"


BEHIND: Mapping[str, Sequence[tuple[str, str, bool, Callable[[Arm], Iterator[str]]]]] = {
    "efficiency.energy": (
        ("served load", "wait at a rate of requests: median, p90, p99", False, _served),
        ("memory, peak", "of a new process, by performance hint", False, _memory),
        ("efficiency", "what a core and a GiB give, what a sample costs", False, _efficiency),
        ("executed in", "share of the operations' time, by precision", False, _executed),
        ("costliest", "the kernels that take the most time", True, _costliest),
    ),
}
"""Rows that say several figures at once, behind the row of a figure: label, meaning, part of the row above, lines."""
