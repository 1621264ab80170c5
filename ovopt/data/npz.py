"""Arrays in one file: `.npz` with inputs and labels, or `.npy` with inputs alone."""

from __future__ import annotations

import math
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, ClassVar, Literal, TypeVar

import numpy as np
from numpy.lib import format as npy
from pydantic import Field

from ovopt.contracts import Array, DataSource, Samples
from ovopt.data.content import common_length, file_at, hash_of, samples_first
from ovopt.errors import DataError, did_you_mean, quoted, shortened
from ovopt.given_file import beyond, open_file
from ovopt.locate import expand
from ovopt.records import Port

LABEL_KEYS = ("labels", "label", "y", "targets", "target")
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


class Npz(DataSource):
    """An `.npz` with one array per model input (first axis: samples) and, optionally, one of labels.

    Arrays stay in the file, where `numpy.savez` wrote them; those of `numpy.savez_compressed` are unpacked in memory.
    """

    name: ClassVar[str] = "npz"
    path: str
    inputs: str | None = Field(default=None, description="the key of the input array; default: what is no label")
    labels: str | None = Field(default=None, description=f"the key of the labels; default: {', '.join(LABEL_KEYS)}")
    max_bytes: int = Field(
        default=4 << 30, gt=0, description="a larger sample is refused, and compressed arrays that take more together"
    )
    max_samples: int = Field(default=10_000_000, gt=0, description="a file of more samples is refused")

    @classmethod
    def recognises(cls, path: str) -> bool:
        """True for the suffixes .npz and .npy."""
        return path.lower().endswith((".npz", ".npy"))

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of the arrays' entries along their first axis. Raises DataError where an array is missing or broken,
        or the arrays differ in length."""
        file = file_at(expand(self.path), "data file")
        members = _checked(file, lambda: _members(file))
        find = cache(lambda key: _checked(file, members[key]))
        label_key = self._label_key(list(members), file) or _unnamed_labels(list(members), find, inputs)
        keys = self._input_keys(list(members), label_key, file)
        entries = {key: find(key) for key in (*keys, *([label_key] if label_key else []))}
        self._check_sizes(entries, file)
        arrays = {key: _checked(file, entry.read) for key, entry in entries.items()}
        if label_key:
            arrays[label_key] = samples_first(arrays[label_key], entries[keys[0]].header.count)
        try:
            count = common_length(arrays, str(file))
        except DataError as error:
            raise DataError(f"{error}{_split_advice(arrays)}") from None
        if not count:
            raise DataError(f"{file}: holds no samples")

        def load(index: int) -> Any:
            samples = {key: np.array(arrays[key][index]) for key in keys}
            return samples[keys[0]] if len(keys) == 1 else samples

        return Samples(
            source=str(file),
            ids=tuple(f"{file.name}#{i}" for i in range(count)),
            labels=_labels(arrays[label_key]) if label_key else None,
            load=load,
            fingerprint=hash_of(file),
        )

    def _check_sizes(self, entries: Mapping[str, _Entry], file: Path) -> None:
        for key, entry in entries.items():
            count, size = entry.header.count, entry.header.size_bytes
            if count > self.max_samples:
                raise DataError(f"{file}: {beyond(count, 'samples', 'data.source.max_samples', self.max_samples)}")
            self._check_size(size // (count or 1), f"{file}: a sample of {quoted(key)} takes")
        unpacked = sum(entry.header.size_bytes for entry in entries.values() if entry.is_compressed)
        self._check_size(unpacked, f"{file}: its compressed arrays take")

    def _check_size(self, size_bytes: int, taker: str) -> None:
        if size_bytes > self.max_bytes:
            raise DataError(f"{taker} {beyond(size_bytes, 'bytes', 'data.source.max_bytes', self.max_bytes)}")

    def _label_key(self, known: Sequence[str], file: Path) -> str | None:
        if self.labels is None:
            return next((key for key in LABEL_KEYS if key in known), None)
        if self.labels not in known:
            raise DataError(f"{file}: no array {self.labels!r}; {did_you_mean(self.labels, known)}")
        return self.labels

    def _input_keys(self, known: Sequence[str], label_key: str | None, file: Path) -> list[str]:
        if self.inputs is not None and self.inputs not in known:
            raise DataError(f"{file}: no array {self.inputs!r}; {did_you_mean(self.inputs, known)}")
        chosen = [self.inputs] if self.inputs else [key for key in known if key != label_key]
        if not chosen:
            raise DataError(f"{file}: holds no array of inputs, only {', '.join(known) or 'nothing'}")
        return chosen


def _labels(array: Array) -> tuple[Any, ...]:
    """Labels of samples: numbers, names and rows as Python's own; masks and images stay arrays in the file."""
    return tuple(array) if array.ndim > 2 else tuple(array.tolist())


def _unnamed_labels(known: Sequence[str], find: Callable[[str], _Entry], ports: Sequence[Port]) -> str | None:
    """The one array more than the model has inputs, where it holds a number or a name for each sample: the second of
    `numpy.savez(file, samples, labels)`."""
    names = {port.name for port in ports}
    if len(known) != len(ports) + 1:
        return None
    shapes = {key: find(key).header.shape for key in known}
    found = [key for key in known if key not in names and (len(shapes[key]) == 1 or shapes[key][1:] == (1,))]
    return found[0] if len(found) == 1 else None


def _split_advice(arrays: Mapping[str, Array]) -> str:
    """Options that choose samples and labels of one length among arrays of several splits, where there are such."""
    for label in reversed([key for key in arrays if key.split("_")[0].lower() in LABEL_KEYS]):
        samples = [key for key in arrays if key != label and len(arrays[key]) == len(arrays[label])]
        alike = [key for key in samples if key.split("_")[1:] == label.split("_")[1:]]
        if len(alike) == 1:
            return f"; choose with --set data.source.inputs={alike[0]} --set data.source.labels={label}"
    return ""


@dataclass(frozen=True)
class _Header:
    """Header in front of an array's numbers."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    length: int

    @classmethod
    def read(cls, stream: IO[bytes]) -> _Header:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(stream)
        if dtype.hasobject:
            raise _ObjectsError
        if dtype.kind not in VALUES:
            raise ValueError(f"an array of {shortened(str(dtype))}, neither numbers nor texts")
        if any(size < 0 for size in shape):
            raise ValueError(f"an array of a negative size {quoted(list(shape))}")
        return cls(shape, fortran, dtype, stream.tell())

    @property
    def count(self) -> int:
        return self.shape[0] if self.shape else 0

    @property
    def size_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True)
class _Entry:
    """An array in the file. One that is compressed takes memory once it is read."""

    header: _Header
    read: Callable[[], Array]
    is_compressed: bool = False


def _members(file: Path) -> dict[str, Callable[[], _Entry]]:
    """Finder of each array by name."""
    if file.suffix.lower() == ".npy":
        return {"inputs": partial(_array, file)}
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
    if len(members) > MOST_ARRAYS:
        raise ValueError(f"{len(members):,} arrays in it, at most {MOST_ARRAYS:,} are read")
    return {member.filename.removesuffix(".npy"): partial(_member, file, member) for member in members}


def _array(file: Path) -> _Entry:
    with open_file(file, DataError) as stream:
        header = _Header.read(stream)
    return _Entry(header, partial(_mapped, file, header, 0, file.stat().st_size))


def _member(file: Path, member: zipfile.ZipInfo) -> _Entry:
    name = quoted(member.filename)
    if not member.filename.endswith(".npy"):
        raise DataError(f"{file}: not a NumPy file: {name} in it is no array")
    with zipfile.ZipFile(file) as archive, archive.open(member) as stream:
        header = _Header.read(stream)
    if header.length + header.size_bytes != member.file_size:
        raise ValueError(f"{name} in it is cut off")
    if member.compress_type == zipfile.ZIP_STORED and header.size_bytes:
        return _Entry(header, partial(_mapped, file, header, _place(file, member), member.file_size))
    return _Entry(header, partial(_unpacked, file, member), is_compressed=True)


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


class _ObjectsError(ValueError):
    """An array of Python objects."""


def _checked(file: Path, call: Callable[[], T]) -> T:
    try:
        return call()
    except DataError:
        raise
    except _ObjectsError:
        raise DataError(f"{file}: {OBJECTS}") from None
    except Exception as error:  # NumPy and `zipfile` raise errors of every kind on files that are not theirs
        raise DataError(f"{file}: not a readable NumPy file: {shortened(str(error)) or type(error).__name__}") from None
