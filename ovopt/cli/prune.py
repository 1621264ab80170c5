"""`ovopt prune`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    model: o.Model,
    *,
    request: o.Request,
    output: Annotated[Path | None, o.output("The bundle to write; default: MODEL-pruned in this folder.")] = None,
    simplify: o.Simplify = True,
    ratio: Annotated[
        float | None,
        typer.Option(
            rich_help_panel="What is done",
            help="Share of the multiply-adds to remove (of the weights, with --fine-tune); a search starts from it.",
        ),
    ] = None,
    multiple: Annotated[
        int | None, typer.Option(help="Keep the channels of every layer a multiple of this; default 8.")
    ] = None,
    max_drop: o.MaxDrop = None,
    target_speedup: Annotated[
        float | None, typer.Option(min=1, help="Search for the least pruning that is so many times faster.")
    ] = None,
    time_budget: o.SearchTime = None,
    fine_tune: Annotated[
        bool,
        typer.Option(
            "--fine-tune", help="PyTorch: zero single weights and train the others to answer as the original does."
        ),
    ] = False,
    epochs: Annotated[
        int | None, typer.Option(help="Times that --fine-tune goes through the samples; default 10.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted search, or with --fine-tune's checkpoint.")
    ] = False,
    force: o.Force = False,
    output_format: o.Format = "console",
) -> None:
    """Remove channels, neurons and attention heads, and refit what reads them; nothing is trained.

    Over-parameterised models keep most of their quality; compact ones need fine-tuning. Prune first, then quantize:
    `ovopt quantize MODEL-pruned`. Further keys of the step: `--set optimize.prune.importance=activation`.

    Example: `ovopt prune model.onnx --recipe classification --data val.npz --max-drop 0.01`

    With --fine-tune, PyTorch models (extra `torch`) keep their shape: single weights become zero and the others are
    trained on the calibration samples, without labels. Further keys: `--set optimize.prune_torch.batch=8`.

    Example: `ovopt prune model.pt2 --recipe classification --data val.npz --fine-tune --ratio 0.7`
    """
    from ovopt.cli.show import show_made
    from ovopt.errors import UsageError
    from ovopt.workflow.optimizing.prune import prune

    if max_drop is not None and target_speedup is not None:
        raise UsageError("--max-drop and --target-speedup: give one; a search keeps one of them")
    structured = {"--max-drop": max_drop, "--target-speedup": target_speedup, "--multiple": multiple}
    _check_kind(fine_tune, structured if fine_tune else {"--epochs": epochs})
    if resume and not fine_tune and max_drop is None:
        raise UsageError("--resume: is about a search, or --fine-tune; give --max-drop or --fine-tune, too")
    given = {"ratio": ratio, "multiple": multiple, "epochs": epochs}
    target = output or Path(f"{model.resolve().stem}-pruned")
    make = partial(
        prune,
        model,
        target,
        simplify=simplify,
        max_drop=max_drop,
        time_budget_s=time_budget,
        resume=resume,
        target_speedup=target_speedup,
        fine_tune=fine_tune,
        force=force,
        **request.asked(*o.step_settings("prune_torch" if fine_tune else "prune", given)),
    )
    show_made(make, target, output_format)


def _check_kind(fine_tune: bool, foreign: Mapping[str, object]) -> None:
    """UsageError where an option of the other kind of pruning is given."""
    from ovopt.errors import UsageError

    for option, value in foreign.items():
        if value is not None:
            why = "is about whole channels, and --fine-tune zeroes single weights" if fine_tune else "needs --fine-tune"
            raise UsageError(f"{option} {why}; leave {'one of them' if fine_tune else 'it'} out")
