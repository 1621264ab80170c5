"""`ovopt embed`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    model: Annotated[Path, typer.Argument(help="A model file or folder, a bundle, or hf:NAME.")],
    recipe: o.RecipeName = None,
    data: o.DataSource = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The bundle to write; default: MODEL-embedded in this folder.")
    ] = None,
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
        float | None, typer.Option(min=1, max=1e6, help="About so many seconds the splits are measured; default: 30.")
    ] = None,
    shape: o.Shapes = None,
    device: o.Device = None,
    properties: o.Properties = None,
    sets: o.Sets = None,
    on_bad_sample: o.OnBadSample = None,
    seed: o.Seed = None,
    trust: o.Trust = False,
    force: o.Force = False,
    output_format: o.FormatOption = o.Format.console,
    quiet: o.Quiet = False,
) -> None:
    """Move preprocessing into the model, as far as that is faster end to end.

    Tries every split of the recipe's `preprocess` between host and model. A split is kept if its outputs agree and the
    way from a file's bytes to the outputs is measurably faster; where none is, everything stays on the host. The
    bundle's manifest says what the caller still does. With --postprocess the model also does the first decoders.

    Example: `ovopt embed model.onnx --recipe resnet --data photos/ -o embedded/`
    """
    from ovopt.cli.show import show_manifest
    from ovopt.workflow.optimizing.steps import embed

    overrides = [
        *o.shapes(None, shape),
        *o.runtime(None, device, None, None, None, None, properties),
        *o.bad_samples(on_bad_sample),
        *o.step_overrides(
            "embed_preprocessing",
            {"one_size": ("--one-size", one_size), "time_budget_s": ("--time-budget", time_budget)},
        ),
        *o.overrides(sets),
    ]
    target = output or Path(f"{model.resolve().stem}-embedded")
    manifest = embed(
        model,
        target,
        recipe=recipe,
        data=data,
        postprocess=postprocess,
        seed=seed,
        settings=overrides,
        force=force,
        trust=trust,
        progress=not quiet,
    )
    show_manifest(manifest, target, output_format.value)
