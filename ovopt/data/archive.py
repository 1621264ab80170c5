"""The files of a .zip or .tar archive, read where they are."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import ClassVar, Literal

from pydantic import Field

from ovopt.contracts import DataSource, Samples
from ovopt.data.content import file_at, hash_of
from ovopt.errors import DataError
from ovopt.given_file import beyond
from ovopt.locate import expand
from ovopt.records import Port

FAULTS = (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, tarfile.TarError, zlib.error)
"""What `zipfile` and `tarfile` raise on files that are not theirs, or damaged."""


class Archive(DataSource):
    """Files inside a .zip or an uncompressed .tar, without unpacking it. A sample is the bytes of one of them.

    Folders, links and hidden files are left out; a name that is absolute or holds `..` is an error.
    """

    name: ClassVar[str] = "archive"
    path: str
    label: Literal["folder", "extension", "none"] = Field(
        default="folder", description="where the label comes from: the file's folder, its extension, or nowhere"
    )
    suffixes: tuple[str, ...] = Field(default=(), description="only files with these suffixes, such as .jpg")
    rename: dict[str, str | int] = Field(
        default={}, description="label as found -> class name or index; files with other labels are left out"
    )
    max_bytes: int = Field(default=1 << 30, gt=0, description="a larger file inside is refused")

    @classmethod
    def recognises(cls, path: str) -> bool:
        """True for the suffixes .zip and .tar."""
        return path.lower().endswith((".zip", ".tar"))

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of the archive's files. Raises DataError where it cannot be read or holds none."""
        file = file_at(expand(self.path), "archive")
        members = _members(file)
        found = {name: self._label(name) for name in members if self._wanted(name, file)}
        chosen = {name: label for name, label in found.items() if self._is_known(label)}
        if not chosen:
            raise DataError(f"{file}: no files with a label that the recipe knows")
        names = tuple(chosen)

        def load(index: int) -> bytes:
            name, member = names[index], members[names[index]]
            if member.size > self.max_bytes:
                why = beyond(member.size, "bytes", "data.source.max_bytes", self.max_bytes)
                raise DataError(f"{file}: {name}: {why}")
            try:
                return member.read()
            except FAULTS as error:
                raise DataError(f"{file}: {name}: cannot be read: {error}") from None

        return Samples(
            source=str(file),
            ids=names,
            labels=None if self.label == "none" else tuple(self.rename.get(x, x) for x in chosen.values()),
            load=load,
            fingerprint=hash_of(file),
        )

    def _wanted(self, name: str, file: Path) -> bool:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in name:
            raise DataError(f"{file}: {name!r} leads outside the archive; make it again with plain names")
        hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
        return not hidden and (not self.suffixes or name.lower().endswith(tuple(s.lower() for s in self.suffixes)))

    def _label(self, name: str) -> str:
        place = PurePosixPath(name)
        return {"folder": place.parent.name, "extension": place.suffix.lower().lstrip("."), "none": ""}[self.label]

    def _is_known(self, label: str) -> bool:
        if self.label == "none":
            return True
        return bool(label) and (not self.rename or label in self.rename)


@dataclass(frozen=True)
class _Member:
    """A plain file inside: its size, and how to read it, from any thread."""

    size: int
    read: Callable[[], bytes]


def _members(file: Path) -> dict[str, _Member]:
    try:
        found = _in_zip(file) if zipfile.is_zipfile(file) else _in_tar(file)
    except FAULTS as error:
        raise DataError(f"{file}: not a readable .zip or uncompressed .tar: {error}") from None
    return dict(sorted(found.items()))


def _in_zip(file: Path) -> dict[str, _Member]:
    archive = zipfile.ZipFile(file)  # open for as long as the samples are: its directory is read once
    inside = [member for member in archive.infolist() if not member.is_dir()]
    return {member.filename: _Member(member.file_size, partial(archive.read, member)) for member in inside}


def _in_tar(file: Path) -> dict[str, _Member]:
    with tarfile.open(file, "r:") as archive:
        inside = [member for member in archive.getmembers() if member.isreg() and not member.issparse()]
    return {m.name: _Member(m.size, partial(_stretch, file, m.offset_data, m.size)) for m in inside}


def _stretch(file: Path, begin: int, size: int) -> bytes:
    with file.open("rb") as stream:
        stream.seek(begin)
        content = stream.read(size)
    if len(content) != size:
        raise EOFError("the archive is cut off")
    return content
