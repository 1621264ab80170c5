"""The prepared samples on disk, so that every worker maps the same bytes into memory."""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, overload

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
