"""`ovopt diagnose`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o

DIAGNOSIS = "ovopt.diagnosis/"


def command(
    original: o.Original,
    optimized: Annotated[
        Path | None,
        typer.Argument(help="What was made of it; without it, the original as the device runs it, against f32."),
    ] = None,
    *,
    request: o.Request,
    time_budget: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=1, max=1e6, help="Seconds for finding out who is to blame, and for checking fixes."
        ),
    ] = 240.0,
    top: Annotated[int, typer.Option(min=1, help="So many layers are printed, the worst first.")] = 15,
    device: o.Device = None,
    properties: o.Properties = None,
    output: Annotated[Path | None, o.output("Also write the diagnosis file here.")] = None,
    force: o.Force = False,
    output_format: o.Format = "console",
) -> None:
    """Layer by layer: what an optimization changed, who is to blame, and the lines of a recipe that mend it, checked.

    Looks at the tuning split; the gate's samples stay unseen. A bundle brings its own recipe and data.

    Example: `ovopt diagnose model.onnx int8/ --top 30`
    """
    from ovopt.cli.show import view
    from ovopt.output import write_text
    from ovopt.reports.diagnosis import render
    from ovopt.workflow.diagnosing.diagnose import diagnose

    asked = request.asked(*o.Runtime(device=device, properties=properties).settings())
    with o.scratch_file(output, force, DIAGNOSIS) as file:
        found = diagnose(original, optimized, time_budget_s=time_budget, **asked)
        text = found.model_dump_json(by_alias=True)
        if file:
            write_text(file, f"{text}\n")
    print(text if output_format == "json" else render(found, view(), top).rstrip("\n"))
