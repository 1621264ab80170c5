"""Reports of a comparison: as text, or as a file."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from ovopt.contracts import Report, View, plugins
from ovopt.errors import UsageError, did_you_mean
from ovopt.output import new_file
from ovopt.records import Comparison, Diagnosis

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


def with_diagnosis(comparison: Comparison, path: str | Path) -> Comparison:
    """The comparison with a diagnosis file's layers for the candidate whose model it is about.

    UsageError where the file is no diagnosis, or about a model that is none of the candidates.
    """
    file = Path(path)
    if not file.is_file():
        raise UsageError(f"{file}: no such diagnosis file; `ovopt diagnose ... -o FILE` writes one")
    try:
        found = Diagnosis.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"{file}: not a diagnosis of this version of ovopt: {f'{where}: ' if where else ''}{first['msg']}; "
            "`ovopt diagnose ... -o FILE` writes one"
        ) from None
    candidates = {arm.model.sha256: arm.name for arm in comparison.arms if arm.role == "candidate"}
    name = candidates.get(found.optimized.model.sha256)
    if name is None:
        raise UsageError(
            f"{file}: is about {found.optimized.model.path}, which is none of the candidates "
            f"({', '.join(candidates.values()) or 'there are none'})"
        )
    return comparison.model_copy(update={"diagnoses": {**comparison.diagnoses, name: found}})


def _report(name: str) -> type[Report]:
    known = plugins("ovopt.reports", Report)
    if name not in known:
        raise UsageError(f"no report format is called {name!r}; {did_you_mean(name, known)}")
    return known[name]


def _beginning(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(LOOKED_AT).decode(errors="replace")
