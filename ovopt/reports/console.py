"""The comparison as a person reads it first: what to ship and why, then one table."""

from __future__ import annotations

from typing import ClassVar

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ovopt.contracts import Report, View
from ovopt.records import Arm, Comparison
from ovopt.reports.cells import TONES, Cell, Tone, clean, drawn, one_line
from ovopt.reports.remarks import remarks
from ovopt.reports.rows import candidates_of, table_rows
from ovopt.reports.verdict import not_judged, verdict_of

STYLES: dict[Tone, str] = {"plain": "", "good": "green", "bad": "red", "doubt": "yellow"}
NARROW = 88
"""Below this width, one candidate stands under the other."""


class Console(Report):
    """Colours and lines where the terminal has them, plain text elsewhere."""

    name: ClassVar[str] = "console"

    def render(self, comparison: Comparison, view: View) -> str:
        """Text with a newline at its end."""
        candidates = candidates_of(comparison)
        beside = view.width >= NARROW or len(candidates) < 2
        tables = [candidates] if beside else [[candidate] for candidate in candidates]
        notes = (Text(one_line(remark.text), style=STYLES[remark.tone] or "dim") for remark in remarks(comparison))
        return drawn(
            view,
            [
                Padding(_opening(comparison), (1, 2)),
                *(_table(comparison, shown, view.width) for shown in tables),
                "",
                *(Padding(note, (0, 0, 0, 2)) for note in notes),
            ],
        )


def _opening(comparison: Comparison) -> Table:
    """The headline on the left, the evidence on the right."""
    verdict = verdict_of(comparison)
    opening = Table.grid(padding=(0, 2, 0, 0))
    opening.add_column(max_width=40, overflow="fold")
    opening.add_column(overflow="fold", ratio=1)
    lines = [*verdict.evidence, not_judged(comparison)] if verdict.evidence else [verdict.sentence]
    evidence = "\n".join(one_line(line) for line in lines if line)
    opening.add_row(Text(one_line(verdict.headline), style=f"bold {STYLES[verdict.tone]}"), Text(evidence))
    word = comparison.gate.verdict
    if word:
        opening.add_row(Text.assemble("Gate: ", (word.upper(), f"bold {STYLES[TONES[word]]}")), "")
    return opening


def _table(comparison: Comparison, candidates: list[Arm], width: int) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=True, show_edge=False, header_style="bold")
    table.add_column("", no_wrap=width >= NARROW, style="dim")
    for arm in (comparison.arms[0], *candidates):
        table.add_column(Text(one_line(arm.name)), overflow="fold")
    for row in table_rows(comparison, candidates):
        table.add_row(Text(f"  {row.label}") if row.part else Text(one_line(row.label)), *map(_text, row.cells))
    return table


def _text(cell: Cell) -> Text:
    gap = "  " if cell.figure and cell.change else ""
    return Text.assemble(clean(cell.figure), gap, (clean(cell.change), STYLES[cell.tone]))
