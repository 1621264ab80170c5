"""`ovopt history`."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ovopt.cli import options as o
from ovopt.cli.help import Command

if TYPE_CHECKING:
    from ovopt.trend import Line, Point
    from ovopt.workflow.stored.history import Run

app = typer.Typer(invoke_without_command=True)
FOLDED = ("recipe", "quality", "machine", "settings", "model", "data", "what changed", "interval")
"""Columns that may take several lines where the terminal is narrow. Figures, names and versions stay whole."""
NARROW, ROOM = ("nncf", "recipe"), 100
"""Columns that the list leaves out where a terminal has less room. A figure that is followed names them."""
Store = Annotated[
    Path,
    typer.Option("--store", envvar="OVOPT_HISTORY", help="The history's file, an SQLite database."),
]


HistoryFormat = Annotated[Literal["console", "json", "csv"], typer.Option("--format", help="How to print it.")]
Axis = Literal["created", "ovopt", "openvino", "nncf", "recipe", "model", "machine", "settings", "data"]


@app.callback()
def list_(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel="History",
            help="Only this one: an arm's name, a part of its path, or its SHA-256's beginning.",
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="FIGURE",
            help="Follow this figure: latency.p50, latency.speedup, throughput, memory, size, top1 ...",
        ),
    ] = None,
    over: Annotated[
        Axis, typer.Option(metavar="AXIS", help="What the figure is followed over; with --metric.")
    ] = "created",
    store: Store = Path(o.HISTORY),
    output_format: HistoryFormat = "console",
) -> None:
    """List the comparisons that are kept, or follow one figure over them.

    Points of unlike machines or settings are never drawn as one line, unless that is what --over names.

    Example: `ovopt history --model int8 --metric latency.p50 --over openvino`
    """
    if context.invoked_subcommand:
        return
    from ovopt.errors import UsageError
    from ovopt.workflow.stored.history import History

    history = History(store)
    if metric is None:
        if over != "created":
            raise UsageError(f"--over {over}: say what to follow with --metric, for example --metric latency.p50")
        runs = history.runs(model)
        if output_format == "console":
            _list(runs)
        else:
            _show(runs, output_format)
        return
    from ovopt.trend import lines

    found = lines(history.points(metric, model), over)
    if output_format != "console":
        _show([point for line in found for point in line.points], output_format)
        return
    for line in found:
        _draw(line, over)


@app.command(cls=Command)
def add(
    files: Annotated[list[Path], typer.Argument(help="Comparison files.")],
    store: Store = Path(o.HISTORY),
    output_format: o.Format = "console",
) -> None:
    """Keep comparisons: all of these files, or none where one cannot be used. Adding one again changes nothing.

    Example: `ovopt history add comparison.json`
    """
    from ovopt.workflow.stored.history import History

    added = History(store).add(files)
    if output_format == "json":
        print(json.dumps([{"file": one.file, "run": one.run, "new": one.new} for one in added]))
        return
    for one in added:
        print(f"{one.file}: entry {one.run} of {store}" + ("" if one.new else ", there already"))


@app.command(cls=Command)
def show(
    run: Annotated[int, typer.Argument(help="An entry's number.")],
    store: Store = Path(o.HISTORY),
    output_format: o.Format = "console",
) -> None:
    """Show a comparison that is kept, as `ovopt report` shows a file. With --format json, it is that file.

    Example: `ovopt history show 3 --format json > comparison.json`
    """
    from ovopt.cli.show import show as show_comparison
    from ovopt.workflow.stored.history import History

    show_comparison(History(store).comparison(run), output_format)


@app.command(cls=Command)
def remove(
    runs: Annotated[list[int], typer.Argument(help="Entries' numbers.")],
    store: Store = Path(o.HISTORY),
) -> None:
    """Forget comparisons.

    Example: `ovopt history remove 3`
    """
    from ovopt.workflow.stored.history import History

    History(store).remove(runs)
    print(f"removed from {store}: {', '.join(map(str, runs))}")


@app.command("log", cls=Command)
def log(
    files: Annotated[list[Path], typer.Argument(help="Comparison files.")],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="URI",
            envvar="MLFLOW_TRACKING_URI",
            help="MLflow's tracking URI: sqlite:///mlflow.db, http://server:5000 ...",
        ),
    ],
    experiment: Annotated[str, typer.Option(help="MLflow's experiment; made if it is not there.")] = "ovopt",
    output_format: o.Format = "console",
) -> None:
    """Log comparisons to MLflow: a run for each candidate, with settings, figures, verdict, the file and its page.
    Logging one again changes nothing. Needs the extra `mlflow`.

    Example: `ovopt history log comparison.json --to sqlite:///mlflow.db`
    """
    from ovopt.workflow.stored.mlflow import log_to_mlflow

    logged = log_to_mlflow(files, to, experiment)
    if output_format == "json":
        print(json.dumps([one.model_dump() for one in logged]))
        return
    for one in logged:
        there = "" if one.new else ", there already"
        print(f"{one.file}: {one.name} is run {one.run} of experiment {one.experiment}{there}")


def _show(found: Sequence[Run] | Sequence[Point], output_format: Literal["json", "csv"]) -> None:
    """Runs or points: as JSON, or as CSV with a row for each point."""
    if output_format == "json":
        print(json.dumps([one.model_dump(mode="json") for one in found]))
        return
    from ovopt.trend import Point

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(Point.model_fields)
    for one in found:
        points = one.points if hasattr(one, "points") else (one,)
        writer.writerows(point.model_dump().values() for point in points)


def _list(runs: Iterable[Run]) -> None:
    """A table for each stretch of runs on one machine; a line for each arm."""
    from ovopt.cli.show import view

    left_out = NARROW if view().width < ROOM else ()
    for machine, members in groupby(runs, lambda run: run.points[0].machine):
        print(f"\n{machine}")
        rows = list(_listed(members))
        kept = [place for place, title in enumerate(rows[0]) if title not in left_out]
        _print_table(tuple(row[place] for place in kept) for row in rows)


def _listed(runs: Iterable[Run]) -> Iterator[tuple[str, ...]]:
    yield "entry", "created", "openvino", "nncf", "recipe", "arm", "speed", "quality", "verdict"
    for run in runs:
        arms: dict[str, list[Point]] = {}
        for point in run.points:
            arms.setdefault(point.arm, []).append(point)
        first = run.points[0]
        said = str(run.id), run.created[:10], first.openvino, first.nncf, first.recipe.rpartition(" ")[0]
        shared: tuple[str, ...] = said
        verdict = run.verdict or ""
        for arm, points in arms.items():
            yield (*shared, arm, _speed(points), _quality(points), verdict)
            shared, verdict = ("",) * len(shared), ""


def _speed(points: Iterable[Point]) -> str:
    """Against the original, else in itself."""
    found = {point.figure: point for point in points}
    point = next((found[name] for name in ("latency.speedup", "latency.p50", "throughput") if name in found), None)
    return point.said() if point else ""


def _quality(points: Iterable[Point]) -> str:
    return ", ".join(
        f"{point.figure.removeprefix('accuracy.')} {point.said()}"
        for point in points
        if point.figure.startswith("accuracy.")
    )


def _draw(line: Line, over: str) -> None:
    """A figure's line: what all points share, then each point with a bar and what changed before it."""
    from ovopt.trend import changed

    first = line.points[0]
    samples = f", samples {first.data}" if first.figure.startswith("accuracy.") else ""
    print(f"\n{first.figure} of {first.arm}, {first.settings}{samples}  {line.spark}")
    print(f"{first.machine}; ovopt {first.ovopt}, openvino {first.openvino}, nncf {first.nncf}, recipe {first.recipe}")
    rows = [("entry", over, first.figure, "", "interval", "what changed")]
    bars = _bars([point.value for point in line.points])
    for before, point, bar in zip((first, *line.points), line.points, bars, strict=False):
        news = ", ".join(f"{name} {getattr(point, name)}" for name in changed(before, point))
        label = str(getattr(point, over))[: 10 if over == "created" else None]
        rows.append((str(point.run), label, point.said(), bar, _bounds(point), news))
    _print_table(iter(rows))


def _bars(values: list[float], width: int = 12) -> list[str]:
    """As long as the values, from zero."""
    most = max(map(abs, values)) or 1.0
    return ["█" * max(1, round(width * abs(value) / most)) if value else "" for value in values]


def _bounds(point: Point) -> str:
    if point.low is None or point.high is None:
        return ""
    low, high = (point.model_copy(update={"value": bound}).said() for bound in (point.low, point.high))
    return f"[{low}, {high}]"


def _print_table(rows: Iterator[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ovopt.cli.show import view

    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold")
    for title in next(rows):
        table.add_column(title, overflow="fold", no_wrap=title not in FOLDED)
    for row in rows:
        table.add_row(*map(Text, row))
    Console(highlight=False, width=view().width).print(table)
