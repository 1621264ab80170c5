"""`ovopt embed`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    model: o.Model,
    *,
    request: o.Request,
    output: Annotated[Path | None, o.output("The bundle to write; default: MODEL-embedded in this folder.")] = None,
    one_size: Annotated[
        bool | None,
        typer.Option(
            "--one-size/--any-size",
            help="Take it for granted that all samples have the size that the calibration split has.",
        ),
    ] = None,
    postprocess: Annotated[
        bool,
        typer.Option("--postprocess", help="Also the first decoders of the recipe's `postprocess`, as many as can be."),
    ] = False,
    time_budget: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=1, max=1e6, help="About so many seconds the splits are measured; default: 30."
        ),
    ] = None,
    device: o.Device = None,
    properties: o.Properties = None,
    force: o.Force = False,
    output_format: o.Format = "console",
) -> None:
    """Move preprocessing into the model, as far as that is faster end to end.

    Tries every split of the recipe's `preprocess` between host and model. A split is kept if its outputs agree and the
    way from a file's bytes to the outputs is measurably faster; where none is, everything stays on the host. The
    bundle's manifest says what the caller still does. With --postprocess the model also does the first decoders.

    Example: `ovopt embed model.onnx --recipe resnet --data photos/ -o embedded/`
    """
    from ovopt.cli.show import show_made
    from ovopt.workflow.optimizing.steps import embed

    given = o.step_settings("embed_preprocessing", {"one_size": one_size, "time_budget": time_budget})
    asked = request.asked(*o.Runtime(device=device, properties=properties).settings(), *given)
    target = output or Path(f"{model.resolve().stem}-embedded")
    make = partial(embed, model, target, postprocess=postprocess, force=force, **asked)
    show_made(make, target, output_format)
