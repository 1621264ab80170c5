"""`ovopt gate`."""

from __future__ import annotations

from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    file: o.ComparisonFile,
    budget: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="A limit, beside those of the comparison's recipe. Repeatable."),
    ] = None,
    output_format: o.ReportFormat = "console",
) -> None:
    """Judge a stored comparison again, under other budgets; nothing is measured.

    A figure that does not follow from the file's raw values is refused. Exit code 0: passed, 3: failed, 4:
    inconclusive; what was missing is then said, and how much of it.

    Example: `ovopt gate comparison.json --budget latency.min_speedup=1.2`
    """
    from ovopt.cli.show import exit_code, show
    from ovopt.workflow.stored.comparison_file import judge_again, read_comparison

    result = judge_again(read_comparison(file), budget or [], str(file))
    show(result, output_format)
    raise typer.Exit(exit_code(result))
