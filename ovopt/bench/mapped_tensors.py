"""Tensors in bytes that several processes map into memory: prepared samples on disk, the same for every worker, and
places that a coordinator and its worker share, so that large inputs need not go through the socket."""

from __future__ import annotations

import json
import mmap
import os
import sys
import tempfile
import threading
import weakref
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, overload

import numpy as np
from numpy.typing import NDArray

from ovopt.contracts import Tensors

ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector that a processor loads."""


def write_samples(path: Path, samples: Iterable[Tensors]) -> None:
    """Write tensors, any shapes [...], one behind the other, and their places beside them (`<path>.json`)."""
    index: list[list[tuple[str, list[int], int]]] = []
    with path.open("wb") as stream:
        for tensors in samples:
            places = []
            for tensor in tensors:
                stream.write(bytes(-stream.tell() % ALIGNMENT))
                places.append((tensor.dtype.str, list(tensor.shape), stream.tell()))
                stream.write(np.ascontiguousarray(tensor).tobytes())
            index.append(places)
        stream.write(bytes(ALIGNMENT))
    _index_file(path).write_text(json.dumps(index))


class SampleFile(Sequence[Tensors]):
    """The samples of a file, mapped into memory copy-on-write and read where they are used."""

    def __init__(self, path: Path) -> None:
        self._index = json.loads(_index_file(path).read_text())
        self._bytes: NDArray[np.uint8] = np.memmap(path, np.uint8, mode="c")

    def __len__(self) -> int:
        return len(self._index)

    @overload
    def __getitem__(self, index: int) -> Tensors: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Tensors]: ...
    def __getitem__(self, index: int | slice) -> Tensors | Sequence[Tensors]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return tuple(array_at(self._bytes, *place) for place in self._index[index])


def array_at(content: NDArray[np.uint8], dtype: str | np.dtype[Any], shape: Sequence[int], start: int) -> NDArray[Any]:
    """The array of this shape in the bytes [n] from `start` on, not copied."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    return content[start : start + size].view(kind).reshape(shape)


def _index_file(path: Path) -> Path:
    return path.with_name(path.name + ".json")


class OutputFile:
    """Arrays that are put in any order and read back by index, kept on disk and not in memory."""

    def __init__(self) -> None:
        self._stream = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as this object)
        weakref.finalize(self, self._stream.close)
        self._places: dict[int, list[tuple[str, tuple[int, ...], int]]] = {}

    def put(self, index: int, arrays: Iterable[NDArray[Any]]) -> None:
        """Append the arrays, any shapes [...], of one index."""
        self._stream.seek(0, 2)
        places = self._places[index] = []
        for array in arrays:
            places.append((array.dtype.str, array.shape, self._stream.tell()))
            self._stream.write(np.ascontiguousarray(array).tobytes())

    def get(self, index: int) -> list[NDArray[Any]]:
        """Read the arrays of an index back, of the shapes [...] that they were put with."""
        return [self._read(*place) for place in self._places[index]]

    def _read(self, dtype: str, shape: tuple[int, ...], start: int) -> NDArray[Any]:
        self._stream.seek(start)
        content = self._stream.read(int(np.prod(shape)) * np.dtype(dtype).itemsize)
        return np.frombuffer(content, dtype).reshape(shape)


COUNT = 16
"""Places: more than requests compute at a time, few enough for large inputs to fit into memory."""
WORTH_BYTES = 1 << 16
"""Less is as quick through the socket."""


@dataclass(frozen=True)
class Put:
    """Places of tensors: type, shape and first byte of each."""

    arrays: tuple[tuple[np.dtype[Any], tuple[int, ...], int], ...]


def shared_file() -> IO[bytes]:
    """Open and without a name: in memory where the system has that, else on disk."""
    return open(os.memfd_create("ovopt"), "r+b") if sys.platform == "linux" else tempfile.TemporaryFile()


class Places:
    """The coordinator's side: a few places of one size. What does not fit, or comes while all are taken, is not put."""

    def __init__(self, descriptor: int) -> None:
        """An open file, which is grown to hold them."""
        self._descriptor = descriptor
        self._size = 0
        self._bytes = np.empty(0, np.uint8)
        self._free: list[int] = []
        self._taken: dict[Hashable, int] = {}
        self._lock = threading.Lock()

    def put(self, key: Hashable, tensors: Tensors) -> Put | None:
        """Copy tensors, any shapes [...], into a free place, which is theirs until it is freed; None where they are too
        small for it to pay, or no place is free."""
        needed = sum(_aligned(tensor.nbytes) for tensor in tensors)
        if needed < WORTH_BYTES:
            return None
        if not self._size:
            self._make(needed)
        with self._lock:
            if needed > self._size or not self._free:
                return None
            place = self._taken[key] = self._free.pop()
        arrays, start = [], place * self._size
        for tensor in tensors:
            np.copyto(array_at(self._bytes, tensor.dtype, tensor.shape, start), tensor)
            arrays.append((tensor.dtype, tensor.shape, start))
            start += _aligned(tensor.nbytes)
        return Put(tuple(arrays))

    def free(self, key: Hashable) -> None:
        """Nobody reads these tensors any more; harmless where they were not put."""
        with self._lock:
            if (place := self._taken.pop(key, None)) is not None:
                self._free.append(place)

    def _make(self, size: int) -> None:
        self._size, self._free = size, list(range(COUNT))
        if os.fstat(self._descriptor).st_size < COUNT * size:
            os.ftruncate(self._descriptor, COUNT * size)
        self._bytes = _mapped(self._descriptor)


class TensorReader:
    """The worker's side."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._bytes = np.empty(0, np.uint8)

    def tensors(self, put: Put) -> Tensors:
        """The tensors that were put, any shapes [...], to be read before they are answered."""
        if not self._bytes.size:
            self._bytes = _mapped(self._descriptor)
        return tuple(array_at(self._bytes, *place) for place in put.arrays)


def _aligned(size: int) -> int:
    return size + -size % ALIGNMENT


def _mapped(descriptor: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.frombuffer(mmap.mmap(descriptor, 0), np.uint8)
