"""`ovopt benchmark`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    models: Annotated[list[Path], typer.Argument(help="One or more models, measured interleaved.")],
    *,
    request: o.Request,
    time_budget: o.MeasuringTime = 30.0,
    measuring: o.Measuring,
    runtime: o.Runtime,
    dump_config: o.DumpConfig = None,
    output: Annotated[Path | None, o.output("Also write the result file here.")] = None,
    force: o.Force = False,
    output_format: o.ReportFormat = "console",
) -> None:
    """Measure one or more models: no baseline, no verdict.

    Without --recipe and --data, the inputs are random, of the model's own shapes.

    Example: `ovopt benchmark model.onnx --scenario served_load --latency-limit 20`
    """
    from ovopt.cli.show import exit_code, show
    from ovopt.workflow.comparing.compare import benchmark

    plan, asked = measuring.plan(time_budget), request.asked(*runtime.settings())
    with (
        o.scratch_file(output, force, o.RESULT) as file,
        o.scratch_file(dump_config, force, "{", "--dump-config") as dump,
    ):
        result = benchmark(models, plan=plan, **asked)
        o.write_result(file, result)
        o.write_settings(dump, result.settings)
    show(result, output_format)
    raise typer.Exit(exit_code(result))
