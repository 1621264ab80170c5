"""Memory that a coordinator and its worker share: large inputs are put there, and need not go through the socket."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
import threading
from collections.abc import Hashable
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from ovopt.bench.samplefile import ALIGNMENT, array_at
from ovopt.contracts import Tensors

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
