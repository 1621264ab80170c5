"""`ovopt sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ovopt.cli import options as o


def command(
    suite: Annotated[Path, typer.Argument(help="A YAML file that lists models, recipes and steps.")],
    output: Annotated[Path | None, o.output("The folder to write; default: SUITE-sweep in this folder.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with this folder: what is done and has not changed is kept.")
    ] = False,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="What is measured, besides what budgets need; default: latency, throughput. Repeatable.",
        ),
    ] = None,
    time_budget: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, max=1e6, help="Seconds of measuring each model.")
    ] = 60.0,
    search_budget: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="Seconds that each search under a budget may take.")
    ] = 600,
    seed: o.Seed = None,
    trust: o.Trust = False,
    force: o.Force = False,
    output_format: Annotated[
        Literal["console", "markdown", "csv", "json"], typer.Option("--format", help="How to print the table.")
    ] = "console",
    quiet: o.Quiet = False,
) -> None:
    """Optimize and compare all models of a suite; print one table and write one page over all of them.

    Each model's bundle and comparison file are kept. A model that fails does not stop the others: exit code 1 at the
    end. A model of which nothing passes ships as it is, and counts as 1x.

    Example: `ovopt sweep models.yaml -o leaderboard/`
    """
    from ovopt.cli.show import view
    from ovopt.reports.leaderboard import FORMATS
    from ovopt.suite import PAGE
    from ovopt.workflow.sweeping.entry import Effort
    from ovopt.workflow.sweeping.sweep import sweep

    target = output or Path(f"{suite.stem}-sweep")
    scenarios = tuple(dict.fromkeys(scenario or ())) or Effort.scenarios
    effort = Effort(scenarios, time_budget, search_budget)
    table = sweep(
        suite,
        target,
        effort=effort,
        resume=resume,
        seed=seed,
        force=force,
        trust=trust,
        progress=not quiet,
    )
    print(FORMATS[output_format](table, view()).rstrip("\n"))
    if output_format == "console":
        print(f"page: {target / PAGE}")
    raise typer.Exit(1 if table.failed else 0)
