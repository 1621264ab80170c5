"""`ovopt compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    original: Annotated[Path, typer.Argument(help="The model to start from: a file or folder, or hf:NAME.")],
    optimized: Annotated[list[Path] | None, typer.Argument(help="Bundles or models to hold against it.")] = None,
    recipe: o.RecipeName = None,
    data: o.DataSource = None,
    scenario: o.Scenarios = None,
    time_budget: o.TimeBudget = 60.0,
    precision: o.Precision = 0.02,
    rate: o.Rates = None,
    latency_limit: o.LatencyLimit = None,
    percentile: o.Percentile = 99.0,
    arrivals: o.Arrivals = o.Process.poisson,
    vary: o.Vary = None,
    answer_limit: o.AnswerLimit = 600.0,
    reference: o.References = None,
    budget: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="A limit: accuracy.top1.max_drop=0.01, latency.min_speedup=1.2 ..."),
    ] = None,
    against: o.Against = None,
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
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Also write the comparison file here.")] = None,
    seed: o.Seed = None,
    trust: o.Trust = False,
    force: o.Force = False,
    output_format: o.ReportFormat = "console",
    quiet: o.Quiet = False,
) -> None:
    """Measure an original against optimized models, on the same settings and samples, and judge.

    Exit code 0: done, or the gate passed; 3: it failed; 4: it is inconclusive; 1: an arm was lost. Without --recipe
    and --data, those that made the first bundle are used; for plain models, synthetic inputs.

    Example: `ovopt compare model.onnx int8/ --budget accuracy.top1.max_drop=0.01`
    """
    from ovopt.cli.show import exit_code, show
    from ovopt.workflow.comparing.compare import compare
    from ovopt.workflow.comparing.plan import Plan
    from ovopt.workflow.stored.earlier_run import Since

    plan = Plan(
        tuple(scenario or ()) or None,
        time_budget,
        precision,
        o.demand(rate, latency_limit, percentile, arrivals),
        answer_limit,
        tuple(reference or ()),
        o.varied(vary),
    )
    runtime = o.runtime(load_config, device, hint, streams, threads, requests, properties)
    overrides = [*runtime, *o.shapes(batch, shape), *o.bad_samples(on_bad_sample), *o.overrides(sets, budget)]
    with o.scratch_file(output, force, o.RESULT) as file, o.scratch_file(dump_config, force, "{") as dump:
        since = Since.of(against, original, o.history_file(), force)
        result = compare(
            original,
            optimized or [],
            recipe=recipe,
            data=data,
            plan=plan,
            seed=seed,
            settings=overrides,
            trust=trust,
            progress=not quiet,
        )
        result = since.noted(result) if since else result
        o.write_result(file, result)
        o.write_settings(dump, result)
    show(result, output_format)
    if since:
        since.refuse_unlike(result)
    raise typer.Exit(exit_code(result))
