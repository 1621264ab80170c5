"""`ovopt compress`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ovopt.cli import options as o


@dataclass(frozen=True)
class Settings:
    """Options that are keys of the step."""

    mode: Annotated[
        str | None,
        typer.Option(
            metavar="MODE", help="One of nncf.CompressWeightsMode: int8_asym, int8_sym, int4_asym, nf4, mxfp4 ..."
        ),
    ] = None
    ratio: Annotated[float | None, typer.Option(help="Share of layers that take the mode; others the backup.")] = None
    group_size: Annotated[int | None, typer.Option(help="Weights that share a scale; -1: a whole channel.")] = None
    all_layers: Annotated[bool | None, typer.Option(help="Embeddings and the last layer take the mode, too.")] = None
    awq: Annotated[bool | None, typer.Option(help="Activation-aware scaling of weights.")] = None
    scale_estimation: Annotated[bool | None, typer.Option(help="Scales that least change a layer's output.")] = None
    gptq: Annotated[bool | None, typer.Option(help="Rounding column by column, errors made up for.")] = None
    lora_correction: Annotated[bool | None, typer.Option(help="Low-rank adapters that make up for errors.")] = None
    sensitivity_metric: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="One of nncf.SensitivityMetric: which layers take the backup mode."),
    ] = None
    backup_mode: Annotated[
        str | None, typer.Option(metavar="MODE", help="One of nncf.BackupMode: none, int8_asym ...")
    ] = None


def command(
    model: o.Model,
    *,
    request: o.Request,
    output: Annotated[Path | None, o.output("The bundle to write; default: MODEL-compressed in this folder.")] = None,
    own: Settings,
    nncf: o.Nncf,
    simplify: o.Simplify = True,
    max_drop: Annotated[Any, o.max_drop("the best way")] = None,
    aim: Annotated[
        Literal["size", "speed"] | None,
        typer.Option(help="What the search is for: the smallest model, or the fastest; default: size."),
    ] = None,
    time_budget: o.SearchTime = None,
    resume: o.Resume = False,
    force: o.Force = False,
    output_format: o.Format = "console",
) -> None:
    """Compress a model's weights with NNCF into a bundle: `model.xml`, `model.bin`, `ovopt.json`.

    Activations stay in floating point. Samples are needed where an algorithm looks at activations, and for a search.
    Every other argument of `nncf.compress_weights` is a key of the recipe:
    `--set optimize.compress.advanced_parameters.group_size_fallback_mode=adjust`.

    Example: `ovopt compress model.xml --mode int4_sym --group-size 64 --awq -r language-model --data text.txt -o int4/`
    """
    from ovopt.cli.show import show_made
    from ovopt.errors import UsageError
    from ovopt.workflow.optimizing.steps import compress

    if max_drop is None and (aim or resume):
        raise UsageError(f"{f'--aim {aim}' if aim else '--resume'}: is about a search; give --max-drop, too")
    target = output or Path(f"{model.resolve().stem}-compressed")
    make = partial(
        compress,
        model,
        target,
        simplify=simplify,
        max_drop=max_drop,
        time_budget_s=time_budget,
        resume=resume,
        aim=aim,
        force=force,
        **request.asked(*nncf.settings("compress", own)),
    )
    show_made(make, target, output_format)
