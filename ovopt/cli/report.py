"""`ovopt report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    file: Annotated[Path, typer.Argument(help="A comparison file.")],
    output_format: o.FormatOption = o.Format.console,
) -> None:
    """Show a stored comparison again; nothing is measured.

    Example: `ovopt report comparison.json`
    """
    from ovopt.cli.show import show
    from ovopt.workflow.stored import read_comparison

    show(read_comparison(file), output_format.value)
