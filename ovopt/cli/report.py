"""`ovopt report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    file: o.ComparisonFile,
    against: Annotated[Path | None, typer.Option(help="An earlier comparison file: say what moved since then.")] = None,
    diagnosis: Annotated[
        list[Path] | None,
        typer.Option(
            help="What `ovopt diagnose -o FILE` wrote of a candidate: its layers join the report. Repeatable."
        ),
    ] = None,
    output_format: o.ReportFormat = "console",
    output: Annotated[Path | None, o.output("Write it here instead of printing it.")] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Replace an existing file that is no such report; hold runs of unlike machines together."
        ),
    ] = False,
) -> None:
    """Show a stored comparison again, or hold it against an earlier one; nothing is measured.

    Example: `ovopt report comparison.json --format html -o report.html`
    """
    from ovopt.cli.show import show
    from ovopt.errors import UsageError
    from ovopt.workflow.stored.comparison_file import labelled, read_comparison
    from ovopt.workflow.stored.report import with_diagnosis, write_report

    found = read_comparison(file)
    if output_format != "json":
        found = labelled(found)
    for path in diagnosis or ():
        found = with_diagnosis(found, path)
    if against is not None:
        from ovopt.drift import compare_runs

        if output or output_format != "console":
            raise UsageError("--against: prints lines; it takes neither --format nor --output")
        print("\n".join(compare_runs(read_comparison(against), found, force=force)))
        return
    if output is None:
        show(found, output_format)
        return
    if output.exists() and output.samefile(file):
        raise UsageError(f"{output}: is the comparison itself; name another -o/--output")
    write_report(found, output_format, output, force=force)
