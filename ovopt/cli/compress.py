"""`ovopt compress`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ovopt.cli import options as o


def command(
    model: Annotated[Path, typer.Argument(help="A model file or folder, a bundle, or hf:NAME.")],
    recipe: o.RecipeName = None,
    data: o.DataSource = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The bundle to write; default: MODEL-compressed in this folder."),
    ] = None,
    nncf_defaults: Annotated[
        bool, typer.Option("--nncf-defaults", help="NNCF's own defaults in place of the recipe's settings.")
    ] = False,
    simplify: Annotated[
        bool, typer.Option("--simplify/--no-simplify", help="Rewrite the graph first, as `ovopt simplify` does.")
    ] = True,
    mode: Annotated[
        str | None, typer.Option(help="One of nncf.CompressWeightsMode: int8_asym, int8_sym, int4_asym, nf4, mxfp4 ...")
    ] = None,
    ratio: Annotated[float | None, typer.Option(help="Share of layers that take the mode; others the backup.")] = None,
    group_size: Annotated[int | None, typer.Option(help="Weights that share a scale; -1: a whole channel.")] = None,
    all_layers: Annotated[bool | None, typer.Option(help="Embeddings and the last layer take the mode, too.")] = None,
    awq: Annotated[bool | None, typer.Option(help="Activation-aware scaling of weights.")] = None,
    scale_estimation: Annotated[bool | None, typer.Option(help="Scales that least change a layer's output.")] = None,
    gptq: Annotated[bool | None, typer.Option(help="Rounding column by column, errors made up for.")] = None,
    lora_correction: Annotated[bool | None, typer.Option(help="Low-rank adapters that make up for errors.")] = None,
    sensitivity_metric: Annotated[
        str | None, typer.Option(help="One of nncf.SensitivityMetric: which layers take the backup mode.")
    ] = None,
    backup_mode: Annotated[str | None, typer.Option(help="One of nncf.BackupMode: none, int8_asym ...")] = None,
    subset_size: Annotated[int | None, typer.Option(help="Calibration samples, at most.")] = None,
    ignored_name: Annotated[list[str] | None, typer.Option(help="Keep this operation in its precision.")] = None,
    ignored_pattern: Annotated[list[str] | None, typer.Option(help="Keep operations whose name matches.")] = None,
    ignored_type: Annotated[list[str] | None, typer.Option(help="Keep operations of this type.")] = None,
    max_drop: Annotated[
        float | None,
        typer.Option(
            min=0, help="Search for the best way that loses at most so much of the first metric, in its own unit."
        ),
    ] = None,
    aim: Annotated[
        Literal["size", "speed"] | None,
        typer.Option(help="What the search is for: the smallest model, or the fastest; default: size."),
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
    """Compress a model's weights with NNCF into a bundle: `model.xml`, `model.bin`, `ovopt.json`.

    Activations stay in floating point. Samples are needed where an algorithm looks at activations, and for a search.
    Every other argument of `nncf.compress_weights` is a key of the recipe:
    `--set optimize.compress.advanced_parameters.group_size_fallback_mode=adjust`.

    Example: `ovopt compress model.xml --mode int4_sym --group-size 64 --awq -r language-model --data text.txt -o int4/`
    """
    from ovopt.cli.show import show_manifest
    from ovopt.errors import UsageError
    from ovopt.workflow.optimizing.steps import compress

    if max_drop is None and (aim or resume):
        raise UsageError(f"{f'--aim {aim}' if aim else '--resume'}: is about a search; give --max-drop, too")
    given = {
        "mode": ("--mode", mode),
        "ratio": ("--ratio", ratio),
        "group_size": ("--group-size", group_size),
        "all_layers": ("--all-layers", all_layers),
        "awq": ("--awq", awq),
        "scale_estimation": ("--scale-estimation", scale_estimation),
        "gptq": ("--gptq", gptq),
        "lora_correction": ("--lora-correction", lora_correction),
        "sensitivity_metric": ("--sensitivity-metric", sensitivity_metric),
        "backup_mode": ("--backup-mode", backup_mode),
        "subset_size": ("--subset-size", subset_size),
        "ignored_scope.names": ("--ignored-name", ignored_name),
        "ignored_scope.patterns": ("--ignored-pattern", ignored_pattern),
        "ignored_scope.types": ("--ignored-type", ignored_type),
    }
    overrides = [
        *o.step_overrides("compress", given, nncf_defaults),
        *o.shapes(None, shape),
        *o.bad_samples(on_bad_sample),
        *o.overrides(sets),
    ]
    target = output or Path(f"{model.resolve().stem}-compressed")
    manifest = compress(
        model,
        target,
        recipe=recipe,
        data=data,
        simplify=simplify,
        max_drop=max_drop,
        time_budget_s=time_budget,
        resume=resume,
        aim=aim,
        seed=seed,
        settings=overrides,
        force=force,
        trust=trust,
        progress=not quiet,
    )
    show_manifest(manifest, target, output_format.value)
