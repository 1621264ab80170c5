"""Cells of a report, texts from outside made fit to stand in them, and all of it drawn in a terminal. Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ovopt import units
from ovopt.contracts import View
from ovopt.records import Speedup, Verdict

if TYPE_CHECKING:
    from rich.console import RenderableType

Tone = Literal["plain", "good", "bad", "doubt"]
"""How a reader should take a text, beside what it says."""
TONES: dict[str, Tone] = {
    "faster": "good",
    "higher": "good",
    "pass": "good",
    "slower": "bad",
    "lower": "bad",
    "fail": "bad",
    "inconclusive": "doubt",
}
UNTOLD = "not measured long enough"


@dataclass(frozen=True)
class Cell:
    """A figure, and how it stands to the baseline's. Either may be empty; lines end with a newline."""

    figure: str = ""
    change: str = ""
    tone: Tone = "plain"


def verdict_cell(verdict: Verdict | None) -> Cell:
    """PASS, FAIL or INCONCLUSIVE."""
    return Cell("", verdict.upper(), TONES[verdict]) if verdict else Cell(units.MISSING)


def speedup_cell(speed: Speedup, figure: str = "") -> Cell:
    """A speed-up with its interval, where it has one that says something; behind the figure that it is of."""
    if speed.low is None or speed.high is None:
        return Cell(figure, UNTOLD, "doubt")
    if not speed.told:
        return Cell(figure, f"about {units.factor(speed.estimate)}, {UNTOLD}", "doubt")
    return Cell(figure, units.speedup(speed.estimate, speed.low, speed.high), TONES.get(speed.verdict, "plain"))


UNFIT = "�"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Control characters, overrides of the writing direction, halves of characters: what XML forbids, what a terminal
obeys, what turns the text behind it around."""


def clean(text: str) -> str:
    """The text with a sign in place of every character that would act rather than show; line ends are newlines."""
    return _CONTROL.sub(UNFIT, text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Without line breaks and runs of white space."""
    return " ".join(clean(text).split())


def escaped(text: str) -> str:
    """The text on one line, as Markdown shows it as it is."""
    return re.sub(r"([\\`*_\[\]<>|#&~])", r"\\\1", one_line(text))


def drawn(view: View, parts: Iterable[RenderableType], width: int = 0) -> str:
    """Parts one below the other, with a newline at the end. A part that is plain text stands as it is, however narrow
    the terminal is, so that it can be copied."""
    from rich.console import Console
    from rich.text import Text

    out = io.StringIO()
    console = Console(
        file=out, width=width or view.width, force_terminal=view.colour, no_color=not view.colour, highlight=False
    )
    for part in parts:
        console.print(Text(part) if isinstance(part, str) else part, soft_wrap=isinstance(part, str))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
