"""`ovopt report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    file: Annotated[Path, typer.Argument(help="A comparison file.")],
    against: Annotated[Path | None, typer.Option(help="An earlier comparison file: say what moved since then.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Hold runs of unlike machines or settings together.")] = False,
    output_format: o.FormatOption = o.Format.console,
) -> None:
    """Show a stored comparison again, or hold it against an earlier one; nothing is measured.

    Example: `ovopt report comparison.json --against last-week.json`
    """
    from ovopt.cli.show import show
    from ovopt.workflow.stored import read_comparison

    found = read_comparison(file)
    if against is None:
        show(found, output_format.value)
        return
    from ovopt.drift import drift

    print("\n".join(drift(read_comparison(against), found, force)))
