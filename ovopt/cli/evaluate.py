"""`ovopt evaluate`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o

PREDICTION = '{"arm"'


class Part(StrEnum):
    """Samples that are scored."""

    everything = "all"
    calibration = "calibration"
    tuning = "tuning"
    gate = "gate"


def command(
    models: Annotated[list[Path], typer.Argument(help="One or more models; the same samples go through each.")],
    recipe: o.RecipeName = None,
    data: o.DataSource = None,
    split: Annotated[
        Part | None,
        typer.Option(help="Which samples; default: all, or those that no step has seen where a bundle takes part."),
    ] = None,
    on_bad_sample: o.OnBadSample = None,
    save_predictions: Annotated[
        Path | None, typer.Option(help="Write what each output was decoded to here, one JSON line per sample.")
    ] = None,
    device: o.Device = None,
    hint: o.HintOption = None,
    shape: o.Shapes = None,
    properties: o.Properties = None,
    sets: o.Sets = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Also write the result file here.")] = None,
    seed: o.Seed = None,
    trust: o.Trust = False,
    force: o.Force = False,
    output_format: o.ReportFormat = "console",
    quiet: o.Quiet = False,
) -> None:
    """The metrics of one or more models, each with its interval; the weakest classes and the worst samples.

    Example: `ovopt evaluate model.onnx model.tflite --recipe mobilenet --data val/`
    """
    from ovopt.cli.show import exit_code, show
    from ovopt.workflow.comparing.evaluate import evaluate

    runtime = o.runtime(None, device, hint, None, None, None, properties)
    overrides = [*runtime, *o.shapes(None, shape), *o.bad_samples(on_bad_sample), *o.overrides(sets)]
    with (
        o.scratch_file(output, force, o.RESULT) as file,
        o.scratch_file(save_predictions, force, PREDICTION) as scratch,
    ):
        result = evaluate(
            models,
            recipe=recipe,
            data=data,
            part=split.value if split else None,
            predictions=scratch,
            seed=seed,
            settings=overrides,
            trust=trust,
            progress=not quiet,
        )
        o.write_result(file, result)
    show(result, "evaluation" if output_format == "console" else output_format)
    raise typer.Exit(exit_code(result))
