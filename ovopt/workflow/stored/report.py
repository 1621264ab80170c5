"""Stored comparisons rendered, and the model card of a bundle."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from ovopt.bundle import read_manifest
from ovopt.contracts import Report, View, plugins
from ovopt.errors import ModelError, OutputError, UsageError, did_you_mean, shortened
from ovopt.given_file import check_path, read_file
from ovopt.output import new_file, write_text
from ovopt.records import Comparison, Diagnosis, Manifest
from ovopt.reports.card import MARK, card
from ovopt.workflow.beginning.options import as_path, bundle_folder, check
from ovopt.workflow.stored.comparison_file import read_comparison

PLAIN = View(width=120, colour=False)
"""Of a report that goes into a file."""
LOOKED_AT = 1024
"""A report's mark stands within so many bytes."""


def render(comparison: Comparison, report_format: str = "console", view: View = PLAIN) -> str:
    """A comparison as console text, markdown, html, csv, junit or json. An evaluation has a console form of its own.

    Raises UsageError where it is no comparison, or where there is no such format.
    """
    check("comparison", comparison, "an ovopt.Comparison", isinstance(comparison, Comparison))
    evaluated = report_format == "console" and not (comparison.pairs or comparison.settings.scenarios)
    text: str = report_of("evaluation" if evaluated else report_format)().render(comparison, view)
    return text


def write_report(comparison: Comparison, report_format: str, target: str | Path, *, force: bool = False) -> None:
    """Render into a file. A report of the same format that is there already is replaced, anything else only with
    `force`."""
    file = as_path("target", target)
    mark = report_of(report_format).mark
    again = mark is not None and file.is_file() and mark in _beginning(file)
    with new_file(file, force or again, "") as scratch:
        write_text(scratch, render(comparison, report_format), errors="replace")


def with_diagnosis(comparison: Comparison, path: str | Path) -> Comparison:
    """The comparison with a diagnosis file's layers for the candidate whose model it is about.

    UsageError where the file is no diagnosis, or about a model that is none of the candidates.
    """
    file = Path(path)
    if not check_path(file, UsageError).is_file():
        raise UsageError(f"{file}: no such diagnosis file; `ovopt diagnose ... -o FILE` writes one")
    try:
        found = Diagnosis.model_validate_json(read_file(file, UsageError))
    except ValidationError as error:
        first = error.errors()[0]
        said = shortened(": ".join([*filter(None, [".".join(map(str, first["loc"]))]), first["msg"]]))
        raise UsageError(
            f"{file}: not a diagnosis of this version of ovopt: {said}; `ovopt diagnose ... -o FILE` writes one"
        ) from None
    candidates = {arm.model.sha256: arm.name for arm in comparison.arms if arm.role == "candidate"}
    name = candidates.get(found.optimized.model.sha256)
    if name is None:
        raise UsageError(
            f"{file}: is about {found.optimized.model.path}, which is none of the candidates "
            f"({', '.join(candidates.values()) or 'there are none'})"
        )
    return comparison.model_copy(update={"diagnoses": {**comparison.diagnoses, name: found}})


def report_of(name: str) -> type[Report]:
    """The report format of this name. Raises UsageError where there is none."""
    known = plugins("ovopt.reports", Report)
    if name not in known:
        raise UsageError(f"no report format is called {name!r}; {did_you_mean(name, known)}")
    return known[name]


def _beginning(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(LOOKED_AT).decode(errors="replace")


README = "README.md"


def write_card(
    bundle: str | Path | Manifest, comparison: str | Path | Comparison | None = None, *, force: bool = False
) -> Path:
    """Write `README.md` into the bundle: how it was made and is run, with the figures of a comparison that holds it.

    A card that is there is written anew; any other README.md only with `force`.

    Raises ModelError where the folder is no bundle, OutputError where another README.md stands there, UsageError where
    the comparison does not hold the bundle.
    """
    folder = bundle_folder(bundle)
    manifest = read_manifest(folder) if folder.is_dir() else None
    if manifest is None:
        raise ModelError(f"{folder}: not a bundle; give the folder that an ovopt command wrote")
    if not isinstance(comparison, Comparison | None):
        comparison = read_comparison(comparison)
    candidate = _arm(manifest, comparison) if comparison else None
    target = folder / README
    if target.is_file() and not force and MARK not in target.read_text(encoding="utf-8", errors="replace"):
        raise OutputError(f"{target}: was not written by ovopt; --force replaces it")
    with new_file(target, force=True, mark="") as file:
        write_text(file, card(manifest, folder.resolve().name, comparison, candidate))
    return target


def _arm(manifest: Manifest, comparison: Comparison) -> str:
    """The arm that is this bundle's model, by its hash."""
    for pair in comparison.pairs:
        arm = next(arm for arm in comparison.arms if arm.name == pair.candidate)
        if arm.model.sha256 == manifest.model.sha256:
            return arm.name
    raise UsageError(
        "--comparison: holds no candidate with this bundle's model; compare it first: `ovopt compare ORIGINAL BUNDLE "
        "-o FILE`"
    )
