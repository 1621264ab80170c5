"""Print results on standard output."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

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


def show_manifest(manifest: Manifest, target: Path, format_name: str) -> None:
    """Print the summary of a bundle that a command wrote."""
    if format_name == "json":
        print(manifest.model_dump_json(by_alias=True))
        return
    from ovopt import units
    from ovopt.reports.steps import against_the_original, effect

    ratio = manifest.model.size_bytes / manifest.source.size_bytes
    print(
        f"{target}: {units.size(manifest.model.size_bytes)}, {units.factor(ratio)} the size of {manifest.source.path}"
    )
    for step in manifest.steps:
        did = effect(step)
        print(f"  {step.name} in {units.seconds(step.seconds)}{f': {did}' if did else ''}")
        if step.standing:
            print(f"    {against_the_original(step.standing)}")
        for note in step.notes:
            print(f"  note: {note}")
    print(f"next: {shlex.join(['ovopt', 'compare', manifest.source.path, str(target)])}")


def exit_code(comparison: Comparison) -> int:
    """0 done or passed, 1 an arm was lost, 3 the gate failed, 4 it is inconclusive."""
    if any(arm.lost for arm in comparison.arms):
        return 1
    return {None: 0, "pass": 0, "fail": 3, "inconclusive": 4}[comparison.gate.verdict]
