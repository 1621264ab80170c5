"""A sweep as text: for the terminal, a comment, a spreadsheet, and as one page that needs no network. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ovopt import units
from ovopt.contracts import View
from ovopt.figures import PAIRED, words
from ovopt.figures.figure import nothing
from ovopt.records.model import notebook_html
from ovopt.records.sweep import ORIGINAL, Sweep, SweepRow, Value
from ovopt.reports.cells import Tone, drawn, escaped, one_line, speedup_cell
from ovopt.reports.notebook import html_table
from ovopt.reports.page import page_template
from ovopt.reports.rows import change_of

BEFORE, BEHIND = ("model", "steps", "metric", "original", "optimized", "change"), ("size", "ships", "gate")
"""Columns on both sides of the speed-ups."""
VALUES = ("original", "optimized")
"""Columns that the terminal shows without its interval: that of the change says more."""
UNBROKEN = ("model", "ships", "gate", *VALUES)
LEFT_OUT = "steps"
"""The column for which a terminal has no room."""
SHIPS: Mapping[str | None, Tone] = {None: "bad", ORIGINAL: "plain"}


def console(sweep: Sweep, view: View) -> str:
    """A table, what was counted, and why the original stays or nothing ships."""
    from rich.table import Table
    from rich.text import Text

    titles = header(sweep)
    brief = [title for title in titles if title != LEFT_OUT]
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold")
    for title in brief:
        table.add_column(title, overflow="fold", min_width=len(title), no_wrap=title in UNBROKEN)
    for row in sweep.rows:
        found = dict(zip(titles, cells(sweep, row), strict=True))
        table.add_row(*(Text(found[title].partition(" [")[0] if title in VALUES else found[title]) for title in brief))
    lines = [*summary(sweep), *(f"{name}: {said}" for name, said in remarks(sweep))]
    return "\n".join([drawn(view, [table]), *lines])


def markdown(sweep: Sweep, view: View) -> str:
    """A table that fits a comment."""
    titles = header(sweep)
    rows = [titles, ("---",) * len(titles), *(tuple(map(escaped, cells(sweep, row))) for row in sweep.rows)]
    table = ["| " + " | ".join(row) + " |" for row in rows]
    notes = [f"- **{escaped(name)}**: {escaped(said)}" for name, said in remarks(sweep)]
    return "\n".join([*table, "", *(f"- {escaped(line)}" for line in summary(sweep)), *notes])


def csv_text(sweep: Sweep, view: View) -> str:
    """A row for each model, with figures as numbers."""
    text = io.StringIO()
    rows = [_figures(sweep, row) for row in sweep.rows]
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["name"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


FORMATS: Mapping[str, Callable[[Sweep, View], str]] = {
    "console": console,
    "json": lambda sweep, view: sweep.model_dump_json(by_alias=True),
    "markdown": markdown,
    "csv": csv_text,
}


def page(sweep: Sweep) -> str:
    """One self-contained file, for screen, phone and print, light and dark. Every text is escaped."""
    return page_template("leaderboard.html.j2").render(
        sweep=sweep,
        headline=headline(sweep),
        header=header(sweep),
        rows=[(row, cells(sweep, row), SHIPS.get(row.ships, "good")) for row in sweep.rows],
        means=list(_means(sweep)),
        summary=summary(sweep),
        remarks=list(remarks(sweep)),
    )


@notebook_html.register
def _(sweep: Sweep) -> str:
    """The page's table, below what was counted."""
    said, *lines = summary(sweep)
    return html_table(said, lines, header(sweep), (cells(sweep, row) for row in sweep.rows))


def speedups(sweep: Sweep) -> tuple[str, ...]:
    """Keys of the speed-ups that the table shows: of all that was asked for, then of what budgets asked for."""
    asked = [
        key for key, figure in PAIRED.items() if figure.scenario in sweep.scenarios and figure.speedup is not nothing
    ]
    return tuple(dict.fromkeys([*asked, *(key for row in sweep.rows for key in row.speedups)]))


def header(sweep: Sweep) -> tuple[str, ...]:
    """Titles of the table's columns."""
    return (*BEFORE, *map(words, speedups(sweep)), *BEHIND)


def headline(sweep: Sweep) -> str:
    """The number of models that ship, in a sentence."""
    done = len(sweep.rows) - len(sweep.failed)
    return f"{len(sweep.shipped)} of {done} {_plural('model', done)} ship optimized."


def summary(sweep: Sweep) -> list[str]:
    """Counts and means over all models, a line each."""
    said = [headline(sweep)]
    said += [f"Shippable speed-up in {name}: {figure} ({over})." for name, figure, over in _means(sweep)]
    if sweep.failed:
        said.append(f"Failed, and not counted: {', '.join(row.name for row in sweep.failed)}.")
    if len(sweep.rows) < sweep.planned:
        said.append(f"{len(sweep.rows)} of {sweep.planned} models so far.")
    return said


def remarks(sweep: Sweep) -> Iterator[tuple[str, str]]:
    """Models of which no optimized one ships, each with the reason."""
    for row in sweep.rows:
        if row.ships in (None, ORIGINAL):
            yield row.name, f"failed: {one_line(row.said)}" if row.ships is None else one_line(row.said)


def cells(sweep: Sweep, row: SweepRow) -> tuple[str, ...]:
    """A row of the table, as text."""
    change = row.change
    metric = row.original or row.optimized
    agrees = " (agreement)" if change and change.kind == "agreement" else ""
    said = (
        row.name,
        row.steps,
        f"{metric.metric}{agrees}" if metric else "",
        _value(row.original),
        _value(row.optimized),
        change_of(change) if change and not agrees else "",
        *(speedup_cell(one).change if one else "" for one in map(row.speedups.get, speedups(sweep))),
        units.factor(row.size_ratio) if row.size_ratio else "",
        row.ships or "failed",
        row.verdict or "",
    )
    return tuple(one_line(text) or units.MISSING for text in said)


def _means(sweep: Sweep) -> Iterator[tuple[str, str, str]]:
    for key in speedups(sweep):
        if found := sweep.mean_speedup(key):
            over = f"geometric mean over {found[1]} {_plural('model', found[1])}; the original counts as 1"
            yield words(key), units.factor(found[0]), over


def _value(value: Value | None) -> str:
    if value is None:
        return ""
    low, high = (units.quality(bound, value.unit) for bound in (value.low, value.high))
    return f"{units.quality(value.value, value.unit)} [{low}, {high}]"


def _figures(sweep: Sweep, row: SweepRow) -> dict[str, Any]:
    plain = row.model_dump(include={"name", "model", "steps", "state", "ships", "verdict"})
    found: dict[str, Any] = {**plain, "metric": None}
    for which, value in (("original", row.original), ("optimized", row.optimized)):
        found["metric"] = found["metric"] or (value.metric if value else None)
        found |= {f"{which}{end}": getattr(value, of, None) for end, of in _ENDS}
    found |= {f"change{end}": getattr(row.change, of, None) for end, of in (("", "delta"), *_ENDS[1:])}
    for key in speedups(sweep):
        found |= {f"{key}_speedup{end}": getattr(row.speedups.get(key), of, None) for end, of in _SPEEDS}
        found[f"{key}_shippable"] = row.shippable(key)
    return {**found, "size_ratio": row.size_ratio, "seconds": row.seconds, "said": one_line(row.said)}


_ENDS: Sequence[tuple[str, str]] = (("", "value"), ("_low", "low"), ("_high", "high"))
_SPEEDS: Sequence[tuple[str, str]] = (("", "estimate"), *_ENDS[1:])


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
