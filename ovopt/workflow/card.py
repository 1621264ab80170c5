"""Write a bundle's model card into it."""

from __future__ import annotations

from pathlib import Path

from ovopt.bundle import read_manifest
from ovopt.errors import ModelError, OutputError, UsageError
from ovopt.output import new_file
from ovopt.records import Comparison, Manifest
from ovopt.reports.card import MARK, card
from ovopt.workflow.stored.comparison_file import read_comparison

README = "README.md"


def write_card(bundle: str | Path, comparison: str | Path | Comparison | None = None, force: bool = False) -> Path:
    """Write `README.md` into the bundle: how it was made and is run, with the figures of a comparison that holds it.

    A card that is there is written anew; any other README.md only with `force`.
    """
    folder = Path(bundle)
    manifest = read_manifest(folder) if folder.is_dir() else None
    if manifest is None:
        raise ModelError(f"{folder}: not a bundle; give the folder that an ovopt command wrote")
    if isinstance(comparison, str | Path):
        comparison = read_comparison(comparison)
    candidate = _arm(manifest, comparison) if comparison else None
    target = folder / README
    if target.exists() and not force and MARK not in target.read_text(encoding="utf-8", errors="replace"):
        raise OutputError(f"{target}: was not written by ovopt; --force replaces it")
    with new_file(target, force=True, mark="") as file:
        file.write_text(card(manifest, folder.resolve().name, comparison, candidate), encoding="utf-8")
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
