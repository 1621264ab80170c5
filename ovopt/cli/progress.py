"""Progress on standard error: bars with a time estimate on a terminal, a line per task elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ovopt.contracts import Advance


class Bars:
    """Progress for a person who waits."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator[Advance]:
        """A bar that stays with its last state."""
        columns = (
            TextColumn("{task.description:<30}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[note]}"),
        )
        with Progress(*columns, console=self._console) as bars:
            bar = bars.add_task(name, total=total, note="")

            def advance(amount: float = 1, note: str = "") -> None:
                bars.update(bar, advance=amount, note=note)

            yield advance

    def say(self, message: str) -> None:
        """A line above the bars."""
        self._console.print(message, style="dim", markup=False)


class Lines:
    """Progress for a log."""

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator[Advance]:
        """The name when it starts, the last note when it ends."""
        said = ""

        def advance(amount: float = 1, note: str = "") -> None:
            nonlocal said
            said = note or said

        print(f"{name} ...", file=sys.stderr, flush=True)
        yield advance
        print(f"{name}: done{', ' + said if said else ''}", file=sys.stderr, flush=True)

    def say(self, message: str) -> None:
        """A line."""
        print(message, file=sys.stderr, flush=True)


def progress(quiet: bool) -> Bars | Lines | None:
    """The progress that fits where standard error goes."""
    if quiet:
        return None
    return Bars() if sys.stderr.isatty() else Lines()
