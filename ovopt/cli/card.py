"""`ovopt card`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    bundle: Annotated[Path, typer.Argument(help="A bundle that an ovopt command wrote.")],
    comparison: Annotated[
        Path | None, typer.Option(help="A comparison file that holds it: its figures go into the card.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a README.md that ovopt did not write.")] = False,
    output_format: o.Format = "console",
) -> None:
    """Write a model card into a bundle: a README.md with Hugging Face's metadata.

    It says how the bundle was made, how it is run and what the caller still does, and gives measured figures with
    their intervals.

    Example: `ovopt card model-int8/ --comparison comparison.json`
    """
    from ovopt.workflow.stored.report import write_card

    file = write_card(bundle, comparison, force=force)
    print(json.dumps({"card": str(file)}) if output_format == "json" else file)
