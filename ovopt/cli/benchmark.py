"""`ovopt benchmark`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    models: Annotated[list[Path], typer.Argument(help="One or more models, measured interleaved.")],
    recipe: o.RecipeName = None,
    data: o.DataSource = None,
    scenario: o.Scenarios = None,
    time_budget: o.TimeBudget = 30.0,
    precision: o.Precision = 0.02,
    rate: o.Rates = None,
    latency_limit: o.LatencyLimit = None,
    percentile: o.Percentile = 99.0,
    arrivals: o.Arrivals = o.Process.poisson,
    vary: o.Vary = None,
    answer_limit: o.AnswerLimit = 600.0,
    device: o.Device = None,
    hint: o.HintOption = None,
    batch: o.Batch = None,
    shape: o.Shapes = None,
    streams: o.Streams = None,
    threads: o.Threads = None,
    requests: o.Requests = None,
    properties: o.Properties = None,
    load_config: o.LoadConfig = None,
    dump_config: o.DumpConfig = None,
    on_bad_sample: o.OnBadSample = None,
    sets: o.Sets = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Also write the result file here.")] = None,
    seed: o.Seed = None,
    trust: o.Trust = False,
    force: o.Force = False,
    output_format: o.ReportFormat = "console",
    quiet: o.Quiet = False,
) -> None:
    """Measure one or more models: no baseline, no verdict.

    Without --recipe and --data, the inputs are random, of the model's own shapes.

    Example: `ovopt benchmark model.onnx --scenario served_load --latency-limit 20`
    """
    from ovopt.cli.show import exit_code, show
    from ovopt.workflow.comparing.compare import benchmark
    from ovopt.workflow.comparing.plan import Plan

    plan = Plan(
        tuple(scenario or ()) or None,
        time_budget,
        precision,
        o.demand(rate, latency_limit, percentile, arrivals),
        answer_limit,
        vary=o.varied(vary),
    )
    settings = o.runtime(load_config, device, hint, streams, threads, requests, properties)
    overrides = [*settings, *o.shapes(batch, shape), *o.bad_samples(on_bad_sample), *o.overrides(sets)]
    with o.scratch_file(output, force, o.RESULT) as file, o.scratch_file(dump_config, force, "{") as dump:
        result = benchmark(
            models,
            recipe=recipe,
            data=data,
            plan=plan,
            seed=seed,
            settings=overrides,
            trust=trust,
            progress=not quiet,
        )
        o.write_result(file, result)
        o.write_settings(dump, result)
    show(result, output_format)
    raise typer.Exit(exit_code(result))
