"""`ovopt quantize`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


class Preset(StrEnum):
    """NNCF's presets."""

    performance = "performance"
    mixed = "mixed"


class ModelType(StrEnum):
    """NNCF's model types."""

    transformer = "transformer"


def command(
    model: Annotated[Path, typer.Argument(help="A model file or folder, a bundle, or hf:NAME.")],
    recipe: o.RecipeName = None,
    data: o.DataSource = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The bundle to write; default: MODEL-int8 in this folder.")
    ] = None,
    nncf_defaults: Annotated[
        bool, typer.Option("--nncf-defaults", help="NNCF's own defaults in place of the recipe's settings.")
    ] = False,
    simplify: Annotated[
        bool, typer.Option("--simplify/--no-simplify", help="Rewrite the graph first, as `ovopt simplify` does.")
    ] = True,
    preset: Annotated[Preset | None, typer.Option(help="NNCF preset.")] = None,
    model_type: Annotated[ModelType | None, typer.Option(help="NNCF model type.")] = None,
    subset_size: Annotated[int | None, typer.Option(help="Calibration samples, at most.")] = None,
    ignored_name: Annotated[list[str] | None, typer.Option(help="Keep this operation in its precision.")] = None,
    ignored_pattern: Annotated[list[str] | None, typer.Option(help="Keep operations whose name matches.")] = None,
    ignored_type: Annotated[list[str] | None, typer.Option(help="Keep operations of this type.")] = None,
    max_drop: Annotated[
        float | None,
        typer.Option(
            min=0, help="Search for the fastest model that loses at most so much of the first metric, in its own unit."
        ),
    ] = None,
    time_budget: Annotated[float, typer.Option(min=1, help="Seconds that the search may take.")] = 600.0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted search.")] = False,
    shape: o.Shapes = None,
    on_bad_sample: o.OnBadSample = None,
    sets: o.Sets = None,
    seed: o.Seed = None,
    trust: o.Trust = False,
    force: o.Force = False,
    output_format: o.FormatOption = o.Format.console,
    quiet: o.Quiet = False,
) -> None:
    """Quantize a model with NNCF into a bundle: `model.xml`, `model.bin`, `ovopt.json`.

    Calibration sees only the calibration split of the data. Every other argument of `nncf.quantize` is a key of the
    recipe: `--set optimize.quantize.advanced_parameters.smooth_quant_alphas.matmul=0.5`.

    Example: `ovopt quantize model.onnx --recipe classification --data val.npz -o int8/`
    """
    from ovopt.cli.show import show_manifest
    from ovopt.workflow.optimizing.steps import quantize

    given = {
        "preset": ("--preset", preset),
        "model_type": ("--model-type", model_type),
        "subset_size": ("--subset-size", subset_size),
        "ignored_scope.names": ("--ignored-name", ignored_name),
        "ignored_scope.patterns": ("--ignored-pattern", ignored_pattern),
        "ignored_scope.types": ("--ignored-type", ignored_type),
    }
    overrides = [
        *o.step_overrides("quantize", given, nncf_defaults),
        *o.shapes(None, shape),
        *o.bad_samples(on_bad_sample),
        *o.overrides(sets),
    ]
    target = output or Path(f"{model.resolve().stem}-int8")
    manifest = quantize(
        model,
        target,
        recipe=recipe,
        data=data,
        simplify=simplify,
        max_drop=max_drop,
        time_budget_s=time_budget,
        resume=resume,
        seed=seed,
        settings=overrides,
        force=force,
        trust=trust,
        progress=not quiet,
    )
    show_manifest(manifest, target, output_format.value)
