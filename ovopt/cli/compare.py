"""`ovopt compare`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


class ScenarioName(StrEnum):
    """What can be measured."""

    latency = "latency"
    throughput = "throughput"


def command(
    original: Annotated[Path, typer.Argument(help="The model to start from.")],
    optimized: Annotated[list[Path], typer.Argument(help="Bundles or models to hold against it.")],
    recipe: o.RecipeName = None,
    data: o.DataSource = None,
    scenario: Annotated[
        list[ScenarioName] | None, typer.Option(help="What to measure; default: everything. Repeatable.")
    ] = None,
    time_budget: Annotated[float, typer.Option(min=1, help="Seconds of measuring, over all scenarios.")] = 60.0,
    precision: Annotated[
        float, typer.Option(min=0.001, max=1, help="Stop when every ratio is known to within this share.")
    ] = 0.02,
    budget: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="A limit: accuracy.top1.max_drop=0.01, latency.min_speedup=1.2 ..."),
    ] = None,
    device: o.Device = None,
    hint: o.HintOption = None,
    properties: o.Properties = None,
    sets: o.Sets = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Also write the comparison file here.")] = None,
    seed: o.Seed = None,
    force: o.Force = False,
    output_format: o.FormatOption = o.Format.console,
    quiet: o.Quiet = False,
) -> None:
    """Measure an original against optimized models, on the same settings and samples, and judge.

    Exit code 0: done, or the gate passed; 3: it failed; 4: it is inconclusive; 1: an arm was lost. Without --recipe
    and --data, those that made the first bundle are used; for plain models, synthetic inputs.

    Example: `ovopt compare model.onnx int8/ --budget accuracy.top1.max_drop=0.01`
    """
    from ovopt.cli.show import exit_code, show
    from ovopt.workflow.compare import Plan, compare

    plan = Plan(tuple(s.value for s in scenario or ()) or None, time_budget, precision)
    overrides = o.overrides(sets, device, hint, properties, budget)
    with o.result_file(output, force) as write:
        options = o.options_from(seed, force, quiet, overrides)
        result = compare(original, optimized, recipe, data, plan, options)
        write(result)
    show(result, output_format.value)
    raise typer.Exit(exit_code(result))
