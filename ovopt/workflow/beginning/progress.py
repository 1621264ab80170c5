"""Progress: bars for a person, lines for a log, nothing where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ovopt.contracts import Advance, Progress


class Silent:
    """Progress that nobody watches."""

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator[Advance]:
        """Count nothing."""
        yield lambda amount=1, note="": None

    def say(self, message: str) -> None:
        """Say nothing."""


class Bars:
    """Progress for a person who waits."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator[Advance]:
        """A bar that stays with its last state."""
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (
            TextColumn("{task.description:<30}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[note]}"),
        )
        with RichProgress(*columns, console=self._console) as bars:
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


def for_reader() -> Progress:
    """The progress that fits a notebook, a terminal or a log, on standard error."""
    return Bars() if sys.stderr.isatty() or "ipykernel" in sys.modules else Lines()
