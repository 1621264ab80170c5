"""Print results on standard output."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ovopt import units

if TYPE_CHECKING:
    from ovopt.contracts import View
    from ovopt.records import Comparison, Manifest


def show(comparison: Comparison, format_name: str) -> None:
    """Render a comparison in one of the formats."""
    from ovopt.workflow.stored.report import render

    print(render(comparison, format_name, view()).rstrip("\n"))


def view() -> View:
    """The terminal's width, colours only where there is one."""
    from ovopt.contracts import View

    return View(width=shutil.get_terminal_size((100, 24)).columns, colour=sys.stdout.isatty())


def show_made(make: Callable[[], Manifest], target: Path, format_name: str) -> None:
    """Make a bundle and print what came of it, which a search's refusal is too: exit code 3 then."""
    from ovopt.errors import BudgetMissedError
    from ovopt.recipe.own_code import code_in
    from ovopt.reports.steps import details, result

    try:
        manifest = make()
    except BudgetMissedError as refused:
        said = str(refused)
        print(json.dumps({"ships": None, "why": said}) if format_name == "json" else f"{said[:1].upper()}{said[1:]}")
        raise typer.Exit(refused.exit_code) from None
    if format_name == "json":
        print(manifest.model_dump_json(by_alias=True))
        return
    made, source = units.size(manifest.model.size_bytes), units.size(manifest.source.size_bytes)
    print(_fitted(result(manifest)))
    for line in (f"{target}: {made}; {manifest.source.path}: {source}", *details(manifest)):
        print(_fitted(f"  {line}"))
    trust = ["--trust"] if code_in(manifest.recipe) else []
    print(f"next: {shlex.join(['ovopt', 'compare', manifest.source.path, str(target), *trust])}")


def _fitted(line: str) -> str:
    """A line within the terminal's width, what follows indented; whole where the output goes elsewhere."""
    if not sys.stdout.isatty():
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line, view().width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def exit_code(comparison: Comparison) -> int:
    """0 done or passed, 1 an arm was lost, 3 the gate failed, 4 it is inconclusive."""
    if any(arm.lost for arm in comparison.arms):
        return 1
    return {None: 0, "pass": 0, "fail": 3, "inconclusive": 4}[comparison.gate.verdict]
