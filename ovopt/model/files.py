"""Models on disk: where a model's files are, and a hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from ovopt.errors import ModelError
from ovopt.records import ModelFile

FORMATS = (".xml", ".onnx")
MANIFEST = "ovopt.json"


def locate(path: str | Path) -> Path:
    """The model file that `path` means: itself, or the `model.xml` of a bundle folder."""
    path = Path(path)
    if path.is_dir():
        if not (path / "model.xml").is_file():
            raise ModelError(f"{path}: a folder without a model.xml; give a model file or an ovopt bundle")
        return path / "model.xml"
    if not path.exists():
        raise ModelError(f"{path}: no such model file")
    if path.suffix.lower() not in FORMATS:
        raise ModelError(f"{path}: unknown model format {path.suffix!r}; ovopt reads {', '.join(FORMATS)}")
    if path.stat().st_size == 0:
        raise ModelError(f"{path}: the model file is empty; export or copy it again")
    weights = path.with_suffix(".bin")
    if path.suffix.lower() == ".xml" and not weights.is_file():
        raise ModelError(f"{path}: its weights {weights.name} are missing; keep both files side by side")
    return path


def describe(path: str | Path) -> ModelFile:
    """Path, content hash and size of a model, weights included.

    External data of an ONNX file (files named `<model>.data` or `<model>_data` beside it) count too.
    """
    file = locate(path)
    parts = list(_parts(file))
    return ModelFile(path=str(path), sha256=hash_of(parts), size_bytes=sum(part.stat().st_size for part in parts))


def hash_of(files: Iterable[Path]) -> str:
    """SHA-256 over the content of files, one behind the other."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _parts(file: Path) -> Iterator[Path]:
    yield file
    if file.suffix.lower() == ".xml":
        yield file.with_suffix(".bin")
        return
    for suffix in (".data", "_data"):
        external = file.with_name(file.name + suffix)
        if external.is_file():
            yield external
