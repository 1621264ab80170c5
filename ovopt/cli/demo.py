"""`ovopt demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from ovopt.cli import options as o


def command(
    output: Annotated[Path, o.output("The folder to write.")] = Path("ovopt-demo"),
    force: o.Force = False,
    quiet: o.Quiet = False,
) -> None:
    """Optimize a real model on this machine's own files, twice, and prove which result may ship.

    Takes the Magika content-type model (extra `demo`), quantizes it with NNCF's defaults and with its recipe, and
    compares both with the original: about three minutes. Ends with a report to open in a browser.

    Example: `ovopt demo`
    """
    from ovopt.cli.show import show
    from ovopt.workflow.demo import demo

    done = demo(output, force=force, progress=not quiet)
    show(done.comparison, "console")
    print(f"\n  {done.lesson()}\n\n  written: {', '.join(map(str, done.written()))}")
    for command_line in done.next_commands():
        print(f"  next:    {command_line}")
    print(f"  report:  {done.page}  (open it in a browser)")
