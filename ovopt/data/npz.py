"""Arrays in one file: `.npz` with inputs and labels, or `.npy` with inputs alone."""

from __future__ import annotations

import math
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, ClassVar, Literal, TypeVar

import numpy as np
from numpy.lib import format as npy
from pydantic import Field

from ovopt.contracts import Array, Samples
from ovopt.data.array_file import ArrayFile, Entry, readable
from ovopt.data.content import file_at, hash_of
from ovopt.data.named_arrays import ArraySource
from ovopt.errors import DataError, quoted, shortened
from ovopt.given_file import open_file
from ovopt.locate import expand
from ovopt.records import Port

OBJECTS = (
    "holds Python objects, and reading them would run code; where samples differ in size, save each as a .npy file in "
    "a folder, and give that in place of --data: "
    '--set "data.source={kind: files, path: FOLDER, label: none}" --set "preprocess=[npy]"'
)
VALUES = "biufcUS"
"""Kinds of element types: numbers and texts."""
MOST_ARRAYS = 1000
"""Of one file; no model has as many inputs."""
LOCAL_HEADER = 30
"""Bytes of a ZIP member's header before its name (section 4.3.7 of PKWARE's APPNOTE.TXT)."""
T = TypeVar("T")


class Npz(ArraySource):
    """An `.npz` with one array per model input (first axis: samples) and, optionally, one of labels.

    Splits of its own are what the names of arrays tell (`x_train`, `y_train`, `x_test` ...), an array `split` of names,
    or one of truth values (`is_train`). Arrays stay in the file, where `numpy.savez` wrote them; those of
    `numpy.savez_compressed` are unpacked in memory.
    """

    name: ClassVar[str] = "npz"
    max_bytes: int = Field(
        default=4 << 30, gt=0, description="a larger sample is refused, and compressed arrays that take more together"
    )

    @classmethod
    def recognises(cls, path: str) -> bool:
        """True for the suffixes .npz and .npy."""
        return path.lower().endswith((".npz", ".npy"))

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of the arrays' entries along their first axis. Raises DataError where an array is missing or broken,
        or the arrays differ in length."""
        file = file_at(expand(self.path), "data file")
        members = _checked(file, lambda: _members(file))
        find = cache(lambda key: _checking(file, _checked(file, members[key])))
        found = ArrayFile(str(file), file.name, list(members), find, lambda: hash_of(file))
        return self.samples_of(found, inputs)


@dataclass(frozen=True)
class _Header:
    """Header in front of an array's numbers."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    length: int

    @classmethod
    def read(cls, stream: IO[bytes], file: Path) -> _Header:
        """Raises DataError for Python objects, ValueError for what is no array of values."""
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(stream)
        if dtype.hasobject:
            raise DataError(f"{file}: {OBJECTS}")
        if dtype.kind not in VALUES:
            raise ValueError(f"an array of {shortened(str(dtype))}, neither numbers nor texts")
        if any(size < 0 for size in shape):
            raise ValueError(f"an array of a negative size {quoted(list(shape))}")
        return cls(shape, fortran, dtype, stream.tell())

    @property
    def size_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def _members(file: Path) -> dict[str, Callable[[], Entry]]:
    """Finder of each array by name."""
    if file.suffix.lower() == ".npy":
        return {"inputs": partial(_array, file)}
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
    if len(members) > MOST_ARRAYS:
        raise ValueError(f"{len(members):,} arrays in it, at most {MOST_ARRAYS:,} are read")
    return {member.filename.removesuffix(".npy"): partial(_member, file, member) for member in members}


def _array(file: Path) -> Entry:
    with open_file(file, DataError) as stream:
        header = _Header.read(stream, file)
    return Entry(header.shape, header.dtype, partial(_mapped, file, header, 0, file.stat().st_size))


def _member(file: Path, member: zipfile.ZipInfo) -> Entry:
    name = quoted(member.filename)
    if not member.filename.endswith(".npy"):
        raise DataError(f"{file}: not a NumPy file: {name} in it is no array")
    with zipfile.ZipFile(file) as archive, archive.open(member) as stream:
        header = _Header.read(stream, file)
    if header.length + header.size_bytes != member.file_size:
        raise ValueError(f"{name} in it is cut off")
    if member.compress_type == zipfile.ZIP_STORED and header.size_bytes:
        return Entry(header.shape, header.dtype, partial(_mapped, file, header, _place(file, member), member.file_size))
    return Entry(header.shape, header.dtype, partial(_unpacked, file, member), unpacks=True)


def _unpacked(file: Path, member: zipfile.ZipInfo) -> Array:
    with zipfile.ZipFile(file) as archive, archive.open(member) as stream:
        array: Array = npy.read_array(stream, allow_pickle=False)
        return array


def _mapped(file: Path, header: _Header, place: int, size: int) -> Array:
    """The array where it lies: `place` bytes into the file, with its header."""
    if header.length + header.size_bytes > size:
        raise ValueError("it is cut off")
    order: Literal["F", "C"] = "F" if header.fortran else "C"
    if not header.size_bytes:
        return np.empty(header.shape, header.dtype, order)
    return np.memmap(file, header.dtype, "r", place + header.length, header.shape, order)


def _place(file: Path, member: zipfile.ZipInfo) -> int:
    """Offset of a stored member's bytes in the archive."""
    with file.open("rb") as stream:
        stream.seek(member.header_offset)
        header = stream.read(LOCAL_HEADER)
    name, extra = struct.unpack_from("<HH", header, LOCAL_HEADER - 4)
    return member.header_offset + LOCAL_HEADER + int(name) + int(extra)


def _checking(file: Path, entry: Entry) -> Entry:
    """The same, which raises DataError for whatever goes wrong where it is read."""
    return replace(entry, read=lambda: _checked(file, entry.read))


def _checked(file: Path, call: Callable[[], T]) -> T:
    return readable(file, "NumPy file", call)
