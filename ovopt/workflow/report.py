"""Reports of a comparison: as text, or as a file."""

from __future__ import annotations

from pathlib import Path

from ovopt.contracts import Report, View, plugins
from ovopt.errors import UsageError, did_you_mean
from ovopt.output import new_file
from ovopt.records import Comparison

PLAIN = View(width=120, colour=False)
"""Of a report that goes into a file."""
LOOKED_AT = 1024
"""A report's mark stands within so many bytes."""


def render(comparison: Comparison, report_format: str = "console", view: View = PLAIN) -> str:
    """A comparison as console text, markdown, html, csv, junit or json. An evaluation has a console form of its own."""
    evaluated = report_format == "console" and not (comparison.pairs or comparison.settings.scenarios)
    text: str = _report("evaluation" if evaluated else report_format)().render(comparison, view)
    return text


def write_report(comparison: Comparison, report_format: str, target: str | Path, force: bool = False) -> None:
    """Render into a file. A report of the same format that is there already is replaced, anything else only with
    `force`."""
    file = Path(target)
    mark = _report(report_format).mark
    again = mark is not None and file.is_file() and mark in _beginning(file)
    with new_file(file, force or again, "") as scratch:
        scratch.write_text(render(comparison, report_format), encoding="utf-8", errors="replace")


def _report(name: str) -> type[Report]:
    known = plugins("ovopt.reports", Report)
    if name not in known:
        raise UsageError(f"no report format is called {name!r}; {did_you_mean(name, known)}")
    return known[name]


def _beginning(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(LOOKED_AT).decode(errors="replace")
