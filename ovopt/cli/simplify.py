"""`ovopt simplify`."""

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
        Path | None, typer.Option("--output", "-o", help="The bundle to write; default: MODEL-simple in this folder.")
    ] = None,
    shape: o.Shapes = None,
    sets: o.Sets = None,
    seed: o.Seed = None,
    trust: o.Trust = False,
    force: o.Force = False,
    output_format: o.FormatOption = o.Format.console,
    quiet: o.Quiet = False,
) -> None:
    """Rewrite a model's graph into one that computes the same, with operations that runtimes have kernels for.

    Every rewrite is verified by running original and result on samples in f32. Without a recipe and data, on random
    inputs.

    Example: `ovopt simplify model.onnx --recipe magika -o simple/`
    """
    from ovopt.cli.show import show_manifest
    from ovopt.workflow.optimizing.steps import simplify

    overrides = [*o.shapes(None, shape), *o.overrides(sets)]
    target = output or Path(f"{model.resolve().stem}-simple")
    manifest = simplify(
        model,
        target,
        recipe=recipe,
        data=data,
        seed=seed,
        settings=overrides,
        force=force,
        trust=trust,
        progress=not quiet,
    )
    show_manifest(manifest, target, output_format.value)
