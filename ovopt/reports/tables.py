"""The long tables of the page, to be sorted and filtered: kernels, classes, samples. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ovopt import units
from ovopt.records import Arm, Comparison
from ovopt.reports.flips import flips
from ovopt.reports.rows import title_of

MOST = 2000
"""Rows of one table. The comparison file has them all."""


@dataclass(frozen=True)
class Entry:
    """What stands in a cell, and the number that it is sorted by."""

    text: str
    value: float | None = None


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
        ("sample", "candidate", "metric", "outcome"),
        (tuple(map(Entry, (f.sample, f.candidate, title_of(f.metric), f.outcome))) for f in flips(comparison)),
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
        ((Entry(sample), Entry(why)) for sample, why in left_out.items()),
    )


def _table(
    id_: str, title: str, lead: str, header: tuple[str, ...], rows: Iterable[tuple[Entry, ...]]
) -> Iterator[Table]:
    found = iter(rows)
    shown = tuple(islice(found, MOST))
    if shown:
        yield Table(id_, title, lead, header, shown, sum(1 for _ in found))


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
