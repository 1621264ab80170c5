"""The report of `ovopt evaluate`: every metric of every model, the weakest classes, the worst samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import ClassVar

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ovopt import units
from ovopt.contracts import Report, View
from ovopt.records import Arm, Comparison, Quality, QualityDelta
from ovopt.reports.cells import clean, drawn, one_line
from ovopt.reports.rows import outputs_of, title_of
from ovopt.reports.verdict import not_judged

SHOWN = 5


class Evaluation(Report):
    """Figures with intervals, and the change of each model against the first."""

    name: ClassVar[str] = "evaluation"

    def render(self, comparison: Comparison, view: View) -> str:
        """Text with a newline at its end."""
        tables = [_metrics(comparison), *_details(comparison.arms[0])]
        notes = [Text(one_line(line), style="dim") for line in _footnotes(comparison)]
        parts = [*(Padding(one, (1, 0, 0, 0)) for one in tables), *(Padding(one, (0, 0, 0, 2)) for one in notes)]
        return drawn(view, parts)


def _metrics(comparison: Comparison) -> Table:
    table = _table("", *(arm.name for arm in comparison.arms))
    names = dict.fromkeys(name for arm in comparison.arms for name in arm.accuracy)
    for name in names:
        cells = [_quality(arm.accuracy.get(name)) for arm in comparison.arms]
        table.add_row(Text(one_line(title_of(name))), *cells)
        for output in outputs_of(name, comparison.arms):
            found = (
                arm.accuracy[name].outputs.get(output) if name in arm.accuracy else None for arm in comparison.arms
            )
            table.add_row(Text(f"  {one_line(f'of {output}')}"), *map(_quality, found))
        deltas = [comparison.changes.get(arm.name, {}).get(name) for arm in comparison.arms]
        if any(delta and delta.kind == "accuracy" for delta in deltas):
            table.add_row("  change", *map(_change, deltas))
    if any(arm.lost for arm in comparison.arms):
        table.add_row("lost", *(Text(one_line(arm.lost or ""), style="red") for arm in comparison.arms))
    return table


def _details(arm: Arm) -> Iterator[Table]:
    """The first model's weakest classes and worst samples, by its first metric that tells them apart."""
    for title, pick in (("weakest classes", _weakest), ("worst samples", lambda quality: quality.worst)):
        for name, quality in arm.accuracy.items():
            if found := pick(quality):
                table = _table(f"{title} of {arm.name}", title_of(name))
                for key, value in islice(found.items(), SHOWN):
                    table.add_row(Text(one_line(key)), Text(one_line(units.quality(value, quality.unit))))
                yield table
                break


def _weakest(quality: Quality) -> Mapping[str, float]:
    weakest = sorted(quality.by_class, key=lambda key: quality.by_class[key], reverse=not quality.higher_is_better)
    return {key: quality.by_class[key] for key in weakest} if len(weakest) > 1 else {}


def _quality(quality: Quality | None) -> Text:
    if quality is None:
        return Text(units.MISSING)
    value, low, high = (units.quality(figure, quality.unit) for figure in (quality.value, quality.low, quality.high))
    return Text(clean(f"{value}  [{low}, {high}]"))


def _change(delta: QualityDelta | None) -> Text:
    """Against the first model, on the same samples."""
    if delta is None:
        return Text("")
    interval = units.quality_interval(delta.low, delta.high, delta.unit)
    clear = "" if delta.verdict == "no clear difference" else f", {delta.verdict}"
    return Text(clean(f"{units.quality_delta(delta.delta, delta.unit)} {interval}{clear}"))


def _footnotes(comparison: Comparison) -> Iterator[str]:
    yield ""
    if comparison.data:
        counted = {quality.n for arm in comparison.arms for quality in arm.accuracy.values()}
        yield f"{', '.join(f'{n:,}' for n in sorted(counted))} samples of {comparison.data.source}"
        left_out = comparison.data.left_out
        if left_out:
            first = next(iter(left_out.values())).why
            yield f"{len(left_out)} left out, for example {first}"
    yield from filter(None, [not_judged(comparison)])
    yield from comparison.notes


def _table(*titles: str) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for title in titles:
        table.add_column(Text(one_line(title)), overflow="fold")
    return table
