"""`ovopt optimize`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ovopt.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ovopt.workflow.optimizing.pipeline import Planned


def command(
    model: o.Model,
    *,
    request: o.Request,
    output: Annotated[Path | None, o.output("The bundle to write; default: MODEL-optimized in this folder.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Print the steps and do nothing.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run; a bundle of its own may be replaced.")
    ] = False,
    time_budget: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=1,
            rich_help_panel="Search",
            help="Seconds that the search of a step with `max_drop` may take; default 600.",
        ),
    ] = None,
    force: o.Force = False,
    output_format: o.Format = "console",
) -> None:
    """Take all the steps under a recipe's `optimize`, in its order, and write the bundle.

    Behind each step: what took effect, the model's size, its agreement with the original, a rough speed-up. Results are
    kept in OUTPUT.steps: what has not changed is not done again.

    Example: `ovopt optimize model.onnx -r magika --set 'optimize=[simplify, quantize]' -o fast/`
    """
    from ovopt.cli.show import show_made
    from ovopt.workflow.optimizing import pipeline

    asked = request.asked()
    if plan:
        _show_plan(pipeline.plan(model, **asked), output_format)
        return
    target = output or Path(f"{model.resolve().stem}-optimized")
    make = partial(pipeline.optimize, model, target, time_budget_s=time_budget, resume=resume, force=force, **asked)
    show_made(make, target, output_format)


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
