"""Tables in notebooks: what a comparison, a diagnosis or a sweep shows of itself there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from ovopt.records import Comparison
from ovopt.records.diagnosis import Diagnosis
from ovopt.records.model import notebook_html
from ovopt.reports.cells import Cell, Tone, clean
from ovopt.reports.rows import candidates_of, table_rows
from ovopt.reports.verdict import verdict_of

COLOURS: dict[Tone, str] = {"plain": "inherit", "good": "#15803d", "bad": "#b91c1c", "doubt": "#a16207"}
"""Readable on a notebook's light and dark ground alike."""
WIDTH = 80
"""Characters of the line below a layer's name."""


def html_table(headline: str, lines: Iterable[str], header: Sequence[str], rows: Iterable[Sequence[str | Cell]]) -> str:
    """A table with a headline and remarks, all texts escaped; it needs neither script nor style sheet."""
    head = "".join(f"<th style='text-align:left'>{_text(title)}</th>" for title in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    said = "".join(f"<div style='white-space:pre-wrap'>{_text(line)}</div>" for line in lines)
    return (
        f"<div><b>{_text(headline)}</b>{said}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


@notebook_html.register
def _(diagnosis: Diagnosis) -> str:
    """The problems with the lines that mend them, then the layers, the worst first, as `ovopt diagnose` prints them."""
    from ovopt.reports import diagnosis as text

    lines = [*map(str, text.problems(diagnosis)), *filter(None, text.footnotes(diagnosis, text.TOP))]
    shown = text.worst_first(diagnosis.layers)[: text.TOP]
    rows = [(f"{layer.name}\n{text.executed_text(layer, WIDTH)}", text.layer_cells(layer)) for layer in shown]
    header = ["layer", *(rows[0][1] if rows else ())]
    return html_table(text.headline(diagnosis).plain, lines, header, ([name, *cells.values()] for name, cells in rows))


@notebook_html.register
def _(comparison: Comparison) -> str:
    """The page's table, below what to do and why."""
    verdict, candidates = verdict_of(comparison), candidates_of(comparison)
    names = [arm.name for arm in (comparison.arms[0], *candidates)]
    rows = table_rows(comparison, candidates)
    return html_table(verdict.headline, verdict.evidence, ["", *names], ([row.label, *row.cells] for row in rows))


def _cell(found: str | Cell) -> str:
    if isinstance(found, str):
        return f"<td style='text-align:left'>{_text(found)}</td>"
    change = f"<span style='color:{COLOURS[found.tone]}'>{_text(found.change)}</span>" if found.change else ""
    return f"<td style='text-align:left'>{' '.join(filter(None, (_text(found.figure), change)))}</td>"


def _text(text: str) -> str:
    return escape(clean(text)).replace("\n", "<br>")
