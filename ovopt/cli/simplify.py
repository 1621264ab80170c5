"""`ovopt simplify`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from ovopt.cli import options as o


def command(
    model: o.Model,
    *,
    request: o.Request,
    output: Annotated[Path | None, o.output("The bundle to write; default: MODEL-simple in this folder.")] = None,
    force: o.Force = False,
    output_format: o.Format = "console",
) -> None:
    """Rewrite a model's graph into one that computes the same, with operations that runtimes have kernels for.

    Every rewrite is verified by running original and result on samples in f32. Without a recipe and data, on random
    inputs.

    Example: `ovopt simplify model.onnx --recipe magika -o simple/`
    """
    from ovopt.cli.show import show_made
    from ovopt.workflow.optimizing.steps import simplify

    target = output or Path(f"{model.resolve().stem}-simple")
    show_made(partial(simplify, model, target, force=force, **request.asked()), target, output_format)
