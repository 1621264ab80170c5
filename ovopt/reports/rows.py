"""The table that every report shows: what was measured, a row per figure and a cell per arm. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ovopt import units
from ovopt.records import Arm, Comparison, Pair, QualityDelta, Speeds
from ovopt.reports.cells import Cell, Tone, speedup_cell, verdict_cell
from ovopt.reports.figures import FIGURES


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
    yield from _quality_rows(columns)
    for figure in FIGURES:
        cells = [figure.cell(arm, pair) for arm, pair in columns]
        if any(cells):
            yield Row(figure.label, figure.meaning, tuple(found or Cell(units.MISSING) for found in cells), figure.part)
    for name, reference in comparison.references.items():
        if reference.speeds and reference.speeds.latency:
            against = [pair.against.get(name) if pair else None for _, pair in columns[1:]]
            factors = [speedup_cell(reference.speeds.latency), *map(_latency_factor, against)]
            yield Row(f"against {name}", "speed-up in latency", tuple(factors))
    if comparison.gate.verdict:
        verdicts = [verdict_cell(comparison.gate.candidates.get(arm.name)) for arm in candidates]
        yield Row("verdict", "of the budgets", (Cell(), *verdicts))
    if any(arm.lost for arm, _ in columns):
        yield Row("lost", "why an arm has no result", tuple(Cell("", arm.lost or "", "bad") for arm, _ in columns))


def change_of(delta: QualityDelta) -> str:
    """A metric's change with its interval: `+0.1 [-0.5, +0.7]`."""
    interval = units.quality_interval(delta.low, delta.high, delta.unit)
    return f"{units.quality_delta(delta.delta, delta.unit)} {interval}"


def title_of(metric: str) -> str:
    """A metric's name in running text."""
    return metric.replace("_", " ")


def _latency_factor(speeds: Speeds | None) -> Cell:
    return speedup_cell(speeds.latency) if speeds and speeds.latency else Cell(units.MISSING)


def _quality_rows(columns: Sequence[tuple[Arm, Pair | None]]) -> Iterator[Row]:
    """Where the baseline has no such metric (it was lost, or is newer), there is no row."""
    baseline, candidates = columns[0][0], columns[1:]
    for name, quality in baseline.accuracy.items():
        deltas = [pair.accuracy.get(name) if pair else None for _, pair in candidates]
        agreement = any(delta and delta.kind == "agreement" for delta in deltas)
        first = Cell("(agreement)" if agreement else units.quality(quality.value, quality.unit))
        meaning = "the same answers as the original's" if agreement else _direction(quality.higher_is_better)
        cells = [_quality_cell(delta, arm, name) for delta, (arm, _) in zip(deltas, candidates, strict=True)]
        yield Row(title_of(name), meaning, (first, *cells))
        if any(delta and delta.flips for delta in deltas) and not agreement:
            meaning = "samples that turned wrong, and right"
            yield Row("flips", meaning, (Cell(), *map(_flips, deltas)), part=True)


def _direction(higher_is_better: bool) -> str:
    return "quality; higher is better" if higher_is_better else "an error; lower is better"


def _quality_cell(delta: QualityDelta | None, arm: Arm, name: str) -> Cell:
    if delta is None:
        alone = arm.accuracy.get(name)
        return Cell(units.quality(alone.value, alone.unit) if alone else units.MISSING)
    value = units.quality(delta.candidate, delta.unit)
    if delta.kind == "agreement":
        return Cell(f"{value} with the original")
    return Cell(value, change_of(delta), quality_tone(delta))


def quality_tone(delta: QualityDelta) -> Tone:
    """Whether a clear change is for the better."""
    if delta.verdict == "no clear difference":
        return "plain"
    return "good" if (delta.verdict == "higher") == delta.higher_is_better else "bad"


def _flips(delta: QualityDelta | None) -> Cell:
    if delta is None or delta.flips is None:
        return Cell()
    return Cell(f"{delta.flips.lost} lost, {delta.flips.gained} gained")
