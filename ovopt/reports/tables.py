"""The long tables of the page, to be sorted and filtered: kernels, classes, samples. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ovopt import units
from ovopt.records import Arm, Comparison
from ovopt.reports.diagnosis import share, worst_first
from ovopt.reports.rows import title_of

FLIPS_SHOWN = 1000
"""Flips of one candidate and metric. The comparison file has them all."""
MOST = 2000
"""Rows of one table. The comparison file has them all."""


@dataclass(frozen=True)
class Entry:
    """Text of a cell, and the number that it is sorted by."""

    text: str
    value: float | None = None
    image: str | None = None
    """A data URI, drawn in front of the text."""


@dataclass(frozen=True)
class Table:
    """A table of its own section; `more` rows were left out."""

    id: str
    title: str
    lead: str
    header: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    more: int = 0


def long_tables(comparison: Comparison) -> Iterator[Table]:
    """Those that have any rows."""
    arms = [arm for arm in comparison.arms if arm.role != "control"]
    yield from _table(
        "flips",
        "Samples that flipped",
        "Samples that one model gets right and the other wrong. Lost: right with the original only.",
        ("sample", "content", "candidate", "metric", "outcome"),
        (
            (Entry(f.sample), _content(comparison, f.sample), *map(Entry, (f.candidate, title_of(f.metric), f.outcome)))
            for f in flips(comparison)
        ),
    )
    yield from _table(
        "classes",
        "Quality by class",
        "Every class that has samples, in all models.",
        ("class", "metric", *(arm.name for arm in arms)),
        _classes(arms),
    )
    yield from _table(
        "worst",
        "Worst samples",
        "The samples that every model does worst on.",
        ("model", "metric", "sample", "value"),
        _worst(arms),
    )
    yield from _table(
        "layers",
        "Layers",
        "What each layer of a diagnosed candidate does to the model's outputs, and what runs for it. Errors are shares "
        "of the mean square; alone: the error of the outputs when this layer alone is optimized.",
        ("candidate", "layer", "type", "SQNR", "own error", "alone, at output", "gain if reverted", "kernel", "time"),
        _layers(comparison),
    )
    yield from _table(
        "kernels",
        "Kernels",
        "What one inference ran, as the device calls it.",
        ("model", "kernel", "operations", "time", "share of all operations' time"),
        _kernels(arms),
    )
    left_out = comparison.data.left_out if comparison.data else {}
    yield from _table(
        "left-out",
        "Samples left out",
        "Samples that could not be used.",
        ("sample", "why"),
        ((Entry(sample), Entry(found.why)) for sample, found in left_out.items()),
    )


def _table(
    id_: str, title: str, lead: str, header: tuple[str, ...], rows: Iterable[tuple[Entry, ...]]
) -> Iterator[Table]:
    found = iter(rows)
    shown = tuple(islice(found, MOST))
    if shown:
        yield Table(id_, title, lead, header, shown, sum(1 for _ in found))


def _content(comparison: Comparison, sample: str) -> Entry:
    shown = comparison.previews.get(sample)
    return Entry(shown.text or "", image=shown.image) if shown else Entry("")


def _layers(comparison: Comparison) -> Iterator[tuple[Entry, ...]]:
    for candidate, diagnosis in comparison.diagnoses.items():
        for layer in worst_first(diagnosis.layers):
            error, blame, run = layer.error, layer.blame, layer.optimized
            parts = (error.own if error else None, *((blame.alone, blame.gain) if blame else (None, None)))
            yield (
                Entry(candidate),
                Entry(layer.name),
                Entry(layer.kind),
                Entry(f"{error.sqnr_db:.1f} dB", error.sqnr_db) if error else Entry(units.MISSING),
                *(Entry(share(part), part) for part in parts),
                Entry(f"{run.precision} {run.primitive}" if run else units.MISSING),
                Entry(f"{units.number(run.us)} µs", run.us) if run else Entry(units.MISSING),
            )


def _classes(arms: Sequence[Arm]) -> Iterator[tuple[Entry, ...]]:
    for metric, quality in arms[0].accuracy.items():
        for name in quality.by_class:
            values = [arm.accuracy[metric].by_class.get(name) if metric in arm.accuracy else None for arm in arms]
            cells = [Entry(units.MISSING if v is None else units.quality(v, quality.unit), v) for v in values]
            yield Entry(name), Entry(title_of(metric)), *cells


def _worst(arms: Sequence[Arm]) -> Iterator[tuple[Entry, ...]]:
    for arm in arms:
        for metric, quality in arm.accuracy.items():
            for sample, value in quality.worst.items():
                said = Entry(units.quality(value, quality.unit), value)
                yield Entry(arm.name), Entry(title_of(metric)), Entry(sample), said


def _kernels(arms: Sequence[Arm]) -> Iterator[tuple[Entry, ...]]:
    for arm in arms:
        if arm.execution is None:
            continue
        whole = arm.execution.ops_us or sum(arm.execution.time_by_primitive.values())
        for kernel, spent in arm.execution.time_by_primitive.items():
            count = arm.execution.ops_by_primitive.get(kernel)
            part = spent / whole if whole else 0.0
            yield (
                Entry(arm.name),
                Entry(kernel),
                Entry(units.MISSING if count is None else f"{count:,}", count),
                Entry(f"{units.number(spent)} µs", spent),
                Entry(units.share(part), part),
            )


@dataclass(frozen=True)
class Flip:
    """One sample that turned wrong (lost) or right (gained)."""

    candidate: str
    metric: str
    sample: str
    outcome: str


def flips(comparison: Comparison) -> Iterator[Flip]:
    """The samples that turned, of every candidate and right-or-wrong metric, lost ones first."""
    arms = {arm.name: arm for arm in comparison.arms}
    for pair in comparison.pairs:
        for name in [name for name, delta in pair.accuracy.items() if delta.flips and delta.kind == "accuracy"]:
            before, after = (arms[arm].accuracy.get(name) for arm in (pair.baseline, pair.candidate))
            if before and after and len(before.rows) == len(after.rows):
                rows = list(zip(sample_ids(comparison, len(before.rows)), before.rows, after.rows, strict=True))
                turned = [(sample, "lost") for sample, was, is_ in rows if was == 1 and is_ == 0]
                turned += [(sample, "gained") for sample, was, is_ in rows if was == 0 and is_ == 1]
                yield from (Flip(pair.candidate, name, *one) for one in turned[:FLIPS_SHOWN])


def sample_ids(comparison: Comparison, count: int) -> Sequence[str]:
    """The ids of the samples that judged; their numbers where the record does not say."""
    data = comparison.data
    known: Any = [i for i in data.splits.get("gate", ()) if i not in data.left_out] if data else []
    return known if len(known) == count else [f"sample {index}" for index in range(count)]
