"""Arrays in one file: `.npz` with inputs and labels, or `.npy` with inputs alone."""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
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
from ovopt.errors import DataError, did_you_mean
from ovopt.locate import expand
from ovopt.records import Port

LABEL_KEYS = ("labels", "label", "y", "targets", "target")
FAULTS = (ValueError, OSError, EOFError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error)
"""What NumPy and `zipfile` raise on files that are not theirs."""
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

    @classmethod
    def recognises(cls, path: str) -> bool:
        """True for the suffixes .npz and .npy."""
        return path.lower().endswith((".npz", ".npy"))

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of the arrays' entries along their first axis. Raises DataError where an array is missing or broken,
        or the arrays differ in length."""
        file = file_at(expand(self.path), "data file")
        members = _checked(file, lambda: _members(file))
        read = cache(lambda key: _checked(file, members[key]))
        label_key = self._label_key(list(members), file) or _unnamed_labels(list(members), read, inputs)
        keys = self._input_keys(list(members), label_key, file)
        arrays = {key: read(key) for key in keys}
        if label_key:
            arrays[label_key] = samples_first(read(label_key), len(next(iter(arrays.values()), ())))
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
            labels=tuple(arrays[label_key].tolist()) if label_key else None,
            load=load,
            fingerprint=hash_of(file),
        )

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


def _unnamed_labels(known: Sequence[str], read: Callable[[str], Array], ports: Sequence[Port]) -> str | None:
    """The one array more than the model has inputs, where it holds a number or a name for each sample: the second of
    `numpy.savez(file, samples, labels)`."""
    names = {port.name for port in ports}
    if len(known) != len(ports) + 1:
        return None
    found = [key for key in known if key not in names and (read(key).ndim == 1 or read(key).shape[1:] == (1,))]
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
            raise ValueError("Object arrays cannot be loaded when allow_pickle=False")
        return cls(shape, fortran, dtype, stream.tell())

    @property
    def size_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def _members(file: Path) -> dict[str, Callable[[], Array]]:
    """Reader of each array by name."""
    if file.suffix.lower() == ".npy":
        return {"inputs": partial(_array, file)}
    with zipfile.ZipFile(file) as archive:
        return {member.filename.removesuffix(".npy"): partial(_member, file, member) for member in archive.infolist()}


def _array(file: Path) -> Array:
    with file.open("rb") as stream:
        return _mapped(file, _Header.read(stream), 0, file.stat().st_size)


def _member(file: Path, member: zipfile.ZipInfo) -> Array:
    if not member.filename.endswith(".npy"):
        raise DataError(f"{file}: not a NumPy file: {member.filename!r} in it is no array")
    with zipfile.ZipFile(file) as archive, archive.open(member) as stream:
        header = _Header.read(stream)
        if header.length + header.size_bytes != member.file_size:
            raise ValueError(f"{member.filename!r} in it is cut off")
        if member.compress_type == zipfile.ZIP_STORED and header.size_bytes:
            return _mapped(file, header, _place(file, member), member.file_size)
    with zipfile.ZipFile(file) as archive, archive.open(member) as stream:
        unpacked: Array = npy.read_array(stream, allow_pickle=False)
        return unpacked


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


def _checked(file: Path, call: Callable[[], T]) -> T:
    try:
        return call()
    except FAULTS as error:
        raise DataError(f"{file}: not a readable NumPy file: {error}") from None
