"""`ovopt quantize`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from ovopt.cli import options as o


@dataclass(frozen=True)
class Settings:
    """Options that are keys of the step."""

    preset: Annotated[Literal["performance", "mixed"] | None, typer.Option(help="NNCF preset.")] = None
    model_type: Annotated[Literal["transformer"] | None, typer.Option(help="NNCF model type.")] = None


def command(
    model: o.Model,
    *,
    request: o.Request,
    output: Annotated[Path | None, o.output("The bundle to write; default: MODEL-int8 in this folder.")] = None,
    own: Settings,
    nncf: o.Nncf,
    simplify: o.Simplify = True,
    max_drop: o.MaxDrop = None,
    time_budget: o.SearchTime = None,
    resume: o.Resume = False,
    force: o.Force = False,
    output_format: o.Format = "console",
) -> None:
    """Quantize a model with NNCF into a bundle: `model.xml`, `model.bin`, `ovopt.json`.

    Calibration sees only the calibration split of the data. Every other argument of `nncf.quantize` is a key of the
    recipe: `--set optimize.quantize.advanced_parameters.smooth_quant_alphas.matmul=0.5`.

    Example: `ovopt quantize model.onnx --recipe classification --data val.npz -o int8/`
    """
    from ovopt.cli.show import show_made
    from ovopt.workflow.optimizing.steps import quantize

    target = output or Path(f"{model.resolve().stem}-int8")
    make = partial(
        quantize,
        model,
        target,
        simplify=simplify,
        max_drop=max_drop,
        time_budget_s=time_budget,
        resume=resume,
        force=force,
        **request.asked(*nncf.settings("quantize", own)),
    )
    show_made(make, target, output_format)
