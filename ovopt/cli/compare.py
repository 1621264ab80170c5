"""`ovopt compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    original: o.Original,
    optimized: Annotated[list[Path] | None, typer.Argument(help="Bundles or models to hold against it.")] = None,
    *,
    request: o.Request,
    budget: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="A limit: accuracy.top1.max_drop=0.01, latency.min_speedup=1.2 ..."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Say what moved since this run: a comparison file, a number of `ovopt history`, or `last`, the "
            "original's newest entry there.",
        ),
    ] = None,
    time_budget: o.MeasuringTime = 60.0,
    measuring: o.Measuring,
    runtime: o.Runtime,
    dump_config: o.DumpConfig = None,
    output: Annotated[Path | None, o.output("Also write the comparison file here.")] = None,
    force: o.Force = False,
    output_format: o.ReportFormat = "console",
) -> None:
    """Measure an original against optimized models, on the same settings and samples, and judge.

    Exit code 0: done, or the gate passed; 3: it failed; 4: it is inconclusive; 1: an arm was lost. Without --recipe
    and --data, those that made the first bundle are used; for plain models, synthetic inputs.

    Example: `ovopt compare model.onnx int8/ --budget accuracy.top1.max_drop=0.01`
    """
    from ovopt.cli.show import exit_code, show
    from ovopt.recipe import budget_override
    from ovopt.workflow.comparing.compare import compare
    from ovopt.workflow.stored.history import Since

    plan = measuring.plan(time_budget)
    asked = request.asked(*runtime.settings(), *map(budget_override, budget or ()))
    with (
        o.scratch_file(output, force, o.RESULT) as file,
        o.scratch_file(dump_config, force, "{", "--dump-config") as dump,
    ):
        since = Since.of(against, original, o.history_file(), force)
        result = compare(original, optimized or [], plan=plan, **asked)
        result = since.noted(result) if since else result
        o.write_result(file, result)
        o.write_settings(dump, result.settings)
    show(result, output_format)
    if since:
        since.refuse_unlike(result)
    raise typer.Exit(exit_code(result))
