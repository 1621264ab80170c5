"""A comment for a pull request: the verdict, one table, the details folded away."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import ClassVar

from ovopt.contracts import Report, View
from ovopt.records import Arm, Comparison
from ovopt.reports import provenance
from ovopt.reports.budgets import budget_name, limit_text, measured_text
from ovopt.reports.cells import Cell, one_line
from ovopt.reports.remarks import remarks
from ovopt.reports.rows import Row, candidates_of, table_rows
from ovopt.reports.verdict import Verdict, verdict_of

LONGEST = 60_000
"""GitHub takes 65,536 characters for a comment."""
ACROSS = 4
"""Candidates beside each other; more take another table."""
NAME = 120
LINE = 600
SIGNS = {"ship": "✅", "keep": "🛑", "open": "❔", "none": "📏"}
WORDS = {"pass": "✅ pass", "fail": "❌ fail", "inconclusive": "❔ inconclusive"}
_MARKUP = re.compile(r"([\\`*_\[\]|~$<>&]|^[-+#=:](?=[-+#=:\s]|$)|^\d+[.)](?=\s|$))")
_LINK = re.compile(r"(@|://|\bwww(?=\.)|#(?=\d))")


class Markdown(Report):
    """GitHub's and GitLab's Markdown. Names are escaped: they call nobody and become neither markup nor HTML. What
    would make the comment too long is left out from the end, and said so."""

    name: ClassVar[str] = "markdown"
    mark: ClassVar[str] = "<!-- ovopt report -->"

    def render(self, comparison: Comparison, view: View) -> str:
        """Sections in the order of their weight, as many as fit."""
        whole = f"{self.mark}\n"
        for section in _sections(comparison):
            if len(whole) + len(section) > LONGEST:
                whole += "\nThe rest is left out to fit a comment; `ovopt report` shows all.\n"
                break
            whole += f"\n{section}"
        return whole


def _sections(comparison: Comparison) -> Iterator[str]:
    yield _opening(comparison, verdict_of(comparison))
    if comparison.gate.checks:
        yield _budgets(comparison)
    candidates = candidates_of(comparison)
    for first in range(0, max(len(candidates), 1), ACROSS):
        yield _figures(comparison, candidates[first : first + ACROSS])
    yield _folded("Noise, settings, remarks", [f"- {_text(remark.text)}\n" for remark in remarks(comparison)])
    facts = {**provenance.machine_facts(comparison), **provenance.run_facts(comparison)}
    lines = [f"- {_text(name)}: {_text(value)}\n" for name, value in facts.items()]
    yield _folded("Machine and run", [*lines, "\n", _fenced(provenance.command(comparison))])


def _opening(comparison: Comparison, verdict: Verdict) -> str:
    gate = f"\n**Gate: {comparison.gate.verdict.upper()}**\n" if comparison.gate.verdict else ""
    evidence = "".join(f"- {_text(line)}\n" for line in verdict.evidence)
    return (
        f"## {SIGNS[verdict.kind]} {_text(verdict.headline)}\n\n{_text(verdict.sentence)}\n{gate}"
        f"{chr(10) if evidence else ''}{evidence}"
    )


def _budgets(comparison: Comparison) -> str:
    rows = [
        [
            _text(check.candidate, NAME),
            _text(budget_name(check)),
            _text(limit_text(check)),
            _text(measured_text(check)),
            " ".join(part for part in (WORDS[check.verdict], _text(check.note)) if part),
        ]
        for check in islice(comparison.gate.checks, 40)
    ]
    return _table(["candidate", "budget", "allowed", "measured", "verdict"], rows)


def _figures(comparison: Comparison, candidates: Sequence[Arm]) -> str:
    header = ["", *(_text(arm.name, NAME) for arm in (comparison.arms[0], *candidates))]
    return _table(header, [_row(row) for row in table_rows(comparison, candidates)])


def _row(row: Row) -> list[str]:
    label = _text(row.label, NAME)
    return [f"&emsp;{label}" if row.part else label, *map(_cell, row.cells)]


def _cell(cell: Cell) -> str:
    figure, change = ("<br>".join(map(_text, text.splitlines())) for text in (cell.figure, cell.change))
    strong = f"**{change}**" if change and cell.tone in ("good", "bad") else change
    return " ".join(part for part in (figure, strong) if part)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _folded(title: str, lines: Sequence[str]) -> str:
    return f"<details><summary>{title}</summary>\n\n{''.join(lines)}\n</details>\n"


def _fenced(code: str) -> str:
    """A fence that is longer than any run of backticks within."""
    text = one_line(code)
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    return f"{fence}sh\n{text}\n{fence}\n"


def _text(text: str, longest: int = LINE) -> str:
    """As it is, on one line: no markup, no HTML, and with a space of no width in what would name a user, an issue or
    an address."""
    line = one_line(text)
    cut = line if len(line) <= longest else f"{line[: longest - 1]}…"
    return _LINK.sub("\\1\u200b", _MARKUP.sub(_escaped, cut))


def _escaped(found: re.Match[str]) -> str:
    text = found.group()
    return html.escape(text) if text in "<>&" else f"{text[:-1]}\\{text[-1]}"
