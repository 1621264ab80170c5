"""Work ahead of its use: samples are read and prepared by several threads, in order, a bounded number in advance."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from ovopt.contracts import Tensors

Inferences = tuple[Tensors, ...]
"""Model inputs of a sample, one set for each inference."""
AHEAD = 4
"""Samples in advance, per thread."""


def ahead(load: Callable[[int], Inferences], indices: Sequence[int]) -> Iterator[tuple[int, Future[Inferences]]]:
    """Each index with its call of `load`, which may still be running, in order."""
    workers = os.cpu_count() or 1
    waiting: deque[tuple[int, Future[Inferences]]] = deque()
    pool = ThreadPoolExecutor(workers, "ovopt-prepare")
    try:
        for index in indices:
            waiting.append((index, pool.submit(load, index)))
            if len(waiting) > AHEAD * workers:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class Cache:
    """Prepared samples by index, for as long as they fit; those that came first stay."""

    def __init__(self, limit_bytes: int) -> None:
        self._left = limit_bytes
        self._kept: dict[int, Inferences] = {}
        self._lock = threading.Lock()

    def get(self, index: int, load: Callable[[int], Inferences]) -> Inferences:
        """The sample, prepared anew if it was not kept."""
        found = self._kept.get(index)
        if found is None:
            found = load(index)
            size = sum(tensor.nbytes for tensors in found for tensor in tensors)
            with self._lock:
                if size <= self._left and index not in self._kept:
                    self._left -= size
                    self._kept[index] = found
        return found
