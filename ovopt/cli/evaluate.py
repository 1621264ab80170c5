"""`ovopt evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ovopt.cli import options as o

PREDICTION = '{"arm"'


def command(
    models: Annotated[list[Path], typer.Argument(help="One or more models; the same samples go through each.")],
    *,
    request: o.Request,
    split: Annotated[
        Literal["all", "calibration", "tuning", "gate"] | None,
        typer.Option(
            help="Which samples; default: all, or of data that come divided those that judge; with a bundle those "
            "that no step has seen."
        ),
    ] = None,
    save_predictions: Annotated[
        Path | None, typer.Option(help="Write what each output was decoded to here, one JSON line per sample.")
    ] = None,
    device: o.Device = None,
    hint: o.Hint = None,
    properties: o.Properties = None,
    output: Annotated[Path | None, o.output("Also write the result file here.")] = None,
    force: o.Force = False,
    output_format: o.ReportFormat = "console",
) -> None:
    """The metrics of one or more models, each with its interval; the weakest classes and the worst samples.

    Example: `ovopt evaluate model.onnx model.tflite --recipe mobilenet --data val/`
    """
    from ovopt.cli.show import exit_code, show
    from ovopt.workflow.comparing.evaluate import evaluate

    asked = request.asked(*o.Runtime(device=device, hint=hint, properties=properties).settings())
    with (
        o.scratch_file(output, force, o.RESULT) as file,
        o.scratch_file(save_predictions, force, PREDICTION, "--save-predictions") as scratch,
    ):
        result = evaluate(models, part=split, predictions=scratch, **asked)
        o.write_result(file, result)
    show(result, "evaluation" if output_format == "console" else output_format)
    raise typer.Exit(exit_code(result))
