"""The bundle: a folder with the model and its manifest."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from ovopt.errors import ModelError
from ovopt.model.files import MANIFEST, describe
from ovopt.records import Manifest


def read_manifest(path: str | Path) -> Manifest | None:
    """The manifest of a bundle, None where `path` is none. Raises ModelError where it does not fit its model."""
    path = Path(path)
    if path.name == "model.xml":
        path = path.parent
    file = path / MANIFEST
    if not file.is_file():
        return None
    try:
        manifest = Manifest.model_validate_json(file.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError):
        raise ModelError(f"{file}: not a manifest of this version of ovopt; make the bundle again") from None
    if describe(path).sha256 != manifest.model.sha256:
        raise ModelError(f"{path}: the model has changed since its manifest was written; make the bundle again")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `ovopt.json`."""
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2, by_alias=True) + "\n", encoding="utf-8")
