"""`ovopt optimize`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ovopt.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ovopt.workflow.optimizing.pipeline import Planned


def command(
    model: Annotated[Path, typer.Argument(help="A model file or folder, a bundle, or hf:NAME.")],
    recipe: o.RecipeName = None,
    data: o.DataSource = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The bundle to write; default: MODEL-optimized in this folder."),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Print the steps and do nothing.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run; a bundle of its own may be replaced.")
    ] = False,
    time_budget: Annotated[
        float, typer.Option(min=1, help="Seconds that the search of a step with `max_drop` may take.")
    ] = 600.0,
    shape: o.Shapes = None,
    on_bad_sample: o.OnBadSample = None,
    sets: o.Sets = None,
    seed: o.Seed = None,
    trust: o.Trust = False,
    force: o.Force = False,
    output_format: o.FormatOption = o.Format.console,
    quiet: o.Quiet = False,
) -> None:
    """Take all the steps under a recipe's `optimize`, in its order, and write the bundle.

    Behind each step: what took effect, the model's size, its agreement with the original, a rough speed-up. Results are
    kept in OUTPUT.steps: what has not changed is not done again.

    Example: `ovopt optimize model.onnx -r magika --set 'optimize=[simplify, quantize]' -o fast/`
    """
    from ovopt.cli.show import show_manifest
    from ovopt.workflow.optimizing import pipeline

    overrides = [*o.shapes(None, shape), *o.bad_samples(on_bad_sample), *o.overrides(sets)]
    if plan:
        steps = pipeline.plan(model, recipe=recipe, data=data, settings=overrides, trust=trust, progress=not quiet)
        _show_plan(steps, output_format.value)
        return
    target = output or Path(f"{model.resolve().stem}-optimized")
    manifest = pipeline.optimize(
        model,
        target,
        recipe=recipe,
        data=data,
        time_budget_s=time_budget,
        resume=resume,
        seed=seed,
        settings=overrides,
        force=force,
        trust=trust,
        progress=not quiet,
    )
    show_manifest(manifest, target, output_format.value)


def _show_plan(steps: Sequence[Planned], format_name: str) -> None:
    import json

    if format_name == "json":
        print(json.dumps([step.model_dump(mode="json") for step in steps]))
        return
    for number, step in enumerate(steps, 1):
        settings = ", ".join(f"{key}: {json.dumps(value)}" for key, value in step.settings.items())
        print(f"{number}. {step.step}{f' ({settings})' if settings else ''}")
        for note in step.notes:
            print(f"   note: {note}")
