"""Arrays of a Zarr store: a folder, or a .zip."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, TypeVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Samples
from ovopt.data.array_file import ArrayFile, Entry, StoredArray, readable
from ovopt.data.content import hash_of, hash_of_names, read_bytes
from ovopt.data.images import files_below
from ovopt.data.named_arrays import ArraySource
from ovopt.documents import parse_json
from ovopt.errors import DataError, quoted, shortened
from ovopt.given_file import beyond, check_path
from ovopt.locate import expand, optional, shown
from ovopt.records import Port

KIND = "Zarr store"
MARKS = (".zgroup", ".zarray", ".zmetadata", "zarr.json")
"""Files at the root of a store."""
CHUNKS_BYTES = 64 << 20
"""Memory for unpacked chunks of each array."""
LARGEST_TEXT = 64 << 20
"""Bytes of a store's metadata."""
T = TypeVar("T")


class Zarr(ArraySource):
    """A Zarr store with one array per model input (first axis: samples) and, optionally, one of labels.

    Arrays inside groups are called `group/array`. Splits of its own are what names of arrays or groups tell (`x_train`,
    `test/x` ...), an array `split` of names, or one of truth values (`is_train`). Samples are read one at a time.
    Codecs that run code (pickle) are refused. Needs the extra `arrays`.
    """

    name: ClassVar[str] = "zarr"
    priority: ClassVar[int] = 61
    max_bytes: int = Field(default=4 << 30, gt=0, description="a larger sample or chunk is refused")
    max_samples: int = Field(default=10_000_000, gt=0, description="a store of more samples is refused")

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder with a store's metadata, or the suffix .zarr.zip."""
        root = expand(path)
        return path.lower().endswith(".zarr.zip") or any((root / mark).is_file() for mark in MARKS)

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of the arrays' entries along their first axis. Raises DataError where an array is missing or broken,
        or the arrays differ in length, SettingsError where zarr is missing."""
        root = check_path(expand(self.path), DataError)
        if not root.exists():
            raise DataError(f"{root}: no such data folder")
        zarr = optional("zarr", f"{root}: reading it needs zarr", "arrays")
        members = _checked(root, lambda: _arrays(zarr, root))
        find = cache(lambda key: self._entry(root, key, members[key]))
        found = ArrayFile(str(root), root.name, [*members], find, lambda: _fingerprint(root))
        return self.samples_of(found, inputs)

    def _entry(self, root: Path, key: str, array: Any) -> Entry:
        """Raises DataError where a chunk is too large, or values are neither numbers nor texts."""
        dtype = np.dtype(array.dtype)
        if dtype.kind not in "biufSUTO":
            raise DataError(f"{root}: {quoted(key)} is an array of {shortened(str(dtype))}, neither numbers nor texts")
        chunk_bytes = math.prod(array.chunks) * dtype.itemsize
        if chunk_bytes > self.max_bytes:
            why = beyond(chunk_bytes, "bytes", "data.source.max_bytes", self.max_bytes)
            raise DataError(f"{root}: a chunk of {quoted(key)} takes {why}")
        if dtype.kind in "TO":
            return Entry(array.shape, np.dtype("U16"), lambda: _checked(root, lambda: array[...].astype(str)))
        return Entry(array.shape, dtype, lambda: _Chunked(root, array, chunk_bytes))


def _arrays(zarr: Any, root: Path) -> dict[str, Any]:
    """Arrays by name, those of groups too."""
    if root.is_dir():
        files_below(root, None)  # raises DataError for a link to a file elsewhere
    for name, text in _metadata(root):
        if any("pickle" in codec.lower() for codec in _codecs(parse_json(text, any_number=True))):
            raise DataError(f"{root}: {name} tells of Python objects, and reading them would run code; store numbers")
    node = zarr.open(store=str(root) if root.is_dir() else zarr.storage.ZipStore(root, mode="r"), mode="r")
    if isinstance(node, zarr.Array):
        return {"inputs": node}
    return {name: one for name, one in sorted(node.members(max_depth=None)) if isinstance(one, zarr.Array)}


def _metadata(root: Path) -> Iterator[tuple[str, bytes]]:
    """Metadata of a store's arrays, file by file."""
    if root.is_dir():
        for file in sorted(root.rglob("*")):
            if file.name in MARKS:
                yield str(file.relative_to(root)), read_bytes(file, LARGEST_TEXT)
        return
    with zipfile.ZipFile(root) as archive:
        for member in archive.infolist():
            if PurePosixPath(member.filename).name in MARKS and member.file_size <= LARGEST_TEXT:
                yield member.filename, archive.read(member)


def _codecs(metadata: Any) -> Iterator[str]:
    """Names of the codecs of an array, in the metadata of both formats."""
    if isinstance(metadata, Mapping):
        yield from (str(metadata[key]) for key in ("id", "name") if key in metadata)
        for value in metadata.values():
            yield from _codecs(value)
    elif isinstance(metadata, list | tuple):
        for value in metadata:
            yield from _codecs(value)


class _Chunked(StoredArray):
    """An array in its store, of which the chunks last unpacked are kept."""

    def __init__(self, root: Path, array: Any, chunk_bytes: int) -> None:
        super().__init__(root, KIND, array)
        self._rows = int(array.chunks[0]) if array.ndim else 1
        across = math.prod(-(-size // chunk) for size, chunk in zip(self.shape[1:], array.chunks[1:], strict=True))
        self._block = lru_cache(max(1, CHUNKS_BYTES // (chunk_bytes * across or 1)))(self._unpacked)

    def __getitem__(self, index: int) -> Any:
        return self._block(index // self._rows)[index % self._rows]

    def _unpacked(self, block: int) -> Any:
        begin = block * self._rows
        return self._read(slice(begin, begin + self._rows))


def _fingerprint(root: Path) -> str:
    if root.is_file():
        return hash_of(root)
    files = sorted(file for file in root.rglob("*") if file.is_file())
    return hash_of_names([shown(file.relative_to(root)) for file in files], files, *map(hash_of, files))


def _checked(root: Path, call: Callable[[], T]) -> T:
    return readable(root, KIND, call)
