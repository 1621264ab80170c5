"""A folder of files, labelled by folder, extension or name."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from ovopt.contracts import DataSource, Samples
from ovopt.data.locate import expand
from ovopt.errors import DataError
from ovopt.records import Port


class Files(DataSource):
    """Files below one or more folders. A sample is the file's bytes; `preprocess` decodes them.

    The choice under `per_label` depends on the paths alone, so that it stays the same from run to run, and adding
    files elsewhere does not change it.
    """

    name: ClassVar[str] = "files"
    kind: Literal["files"] = "files"
    path: str | tuple[str, ...]
    label: Literal["folder", "extension", "name", "none"] = Field(
        default="folder",
        description="where the label comes from: the file's folder, its extension, the letters that its name begins "
        "with, or nowhere",
    )
    rename: dict[str, str | int] = Field(
        default={}, description="label as found -> class name or index; files with other labels are left out"
    )
    per_label: int | None = Field(default=None, gt=0, description="at most so many files of each label")
    min_bytes: int = Field(default=1, ge=0, description="smaller files are left out")

    @classmethod
    def recognises(cls, path: str) -> bool:
        """Any folder."""
        return expand(path).is_dir()

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Walk the folders."""
        roots = self._roots()
        chosen = self._choose(roots)
        if not chosen:
            raise DataError(f"{self._said(roots)}: no files with a label that the recipe knows")
        files = [file for file, _ in chosen]
        ids = tuple(_said(f.relative_to(roots[0]) if len(roots) == 1 else f) for f in files)
        return Samples(
            source=self._said(roots),
            ids=ids,
            labels=None if self.label == "none" else tuple(label for _, label in chosen),
            load=lambda index: _load(files[index]),
            fingerprint=_fingerprint(ids, files),
        )

    def _roots(self) -> list[Path]:
        paths = (self.path,) if isinstance(self.path, str) else self.path
        roots = [expand(path) for path in paths]
        found = [root for root in roots if root.is_dir()]
        if not found:
            raise DataError(f"{self._said(roots)}: no such folder")
        return found

    def _said(self, roots: Sequence[Path]) -> str:
        return ", ".join(str(root) for root in roots)

    def _choose(self, roots: Sequence[Path]) -> list[tuple[Path, Any]]:
        by_label: dict[str, list[Path]] = defaultdict(list)
        for root in roots:
            for file in _walk(root):
                found = self._label(file, root)
                if found is not None:
                    by_label[found].append(file)
        chosen: list[tuple[Path, Any]] = []
        for found in sorted(by_label):
            files = sorted(set(by_label[found]), key=_stable_order)
            kept = self._usable(files)
            chosen += [(file, self.rename.get(found, found)) for file in kept]
        return chosen

    def _usable(self, files: Sequence[Path]) -> list[Path]:
        kept: list[Path] = []
        for file in files:
            if self.per_label and len(kept) == self.per_label:
                break
            if not file.is_symlink() and os.access(file, os.R_OK) and file.stat().st_size >= self.min_bytes:
                kept.append(file)
        return kept

    def _label(self, file: Path, root: Path) -> str | None:
        if self.label == "none":
            return ""
        found = {
            "extension": file.suffix.lower().lstrip("."),
            "folder": file.parent.name if file.parent != root else "",
            "name": _leading_letters(file.name),
        }[self.label]
        if not found or (self.rename and found not in self.rename):
            return None
        return found


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        for name in names:
            if not name.startswith("."):
                yield Path(folder, name)


def _leading_letters(name: str) -> str:
    match = re.match(r"[^\W\d_]+", name)
    return match.group().lower() if match else ""


def _stable_order(file: Path) -> bytes:
    return hashlib.blake2b(str(file).encode(errors="surrogateescape"), digest_size=8).digest()


def _said(file: Path) -> str:
    """The path as text that any file can hold: bytes that are no UTF-8 are escaped."""
    return os.fsencode(file).decode(errors="backslashreplace")


def _load(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from None


def _fingerprint(ids: Sequence[str], files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for name, file in zip(ids, files, strict=True):
        digest.update(f"{name}\0{file.stat().st_size}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()
