"""Transforms of a recipe, run on the host: by several threads ahead of their use, a bounded number of samples
in advance."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import Any

import numpy as np

from ovopt.contracts import Array, Parts, Tensors, Transform
from ovopt.contracts.own_code import maker_of
from ovopt.errors import DataError
from ovopt.model.ports.inputs import bind
from ovopt.records import Port

Inferences = tuple[Tensors, ...]
"""Model inputs of a sample, one set for each inference."""
SAME_PLACE = 0.5
"""Pixels by which an image that is only brought to another size may move, by rounding."""
AHEAD = 4
"""Samples in advance, per thread."""


@dataclass(frozen=True)
class HostPreparation:
    """All transforms, one after the other; a mapping of inputs is transformed input by input, parts part by part."""

    transforms: tuple[Transform, ...]
    inputs: tuple[Port, ...]
    constants: Mapping[str, Any]
    """Inputs that are the same for every sample, by name."""

    def decode(self, content: Any) -> Any:
        """Content behind the leading transforms, which decode. Raises DataError where it cannot be read."""
        return _run(tuple(takewhile(lambda t: t.decodes, self.transforms)), content)

    def preprocess(self, content: Any, sample_id: str = "sample") -> Inferences:
        """Model inputs [1, ...] of decoded content, part by part, by the other transforms. Raises DataError where it
        does not fit."""
        parts = self._parts(content)
        try:
            return tuple(bind(self._with_constants(part), self.inputs, sample_id) for part in parts)
        except DataError as error:
            maker = maker_of(self.transforms)
            raise DataError(f"{error}; it comes from {maker}" if maker else str(error)) from None

    def beside(self, content: Any) -> list[dict[str, Any]]:
        """Arrays that decoded content gives beside the model's inputs, part by part. Raises DataError where it does
        not fit."""
        names = {port.name for port in self.inputs}
        return [
            {name: value for name, value in part.items() if name not in names} if isinstance(part, Mapping) else {}
            for part in self._parts(content)
        ]

    def _parts(self, content: Any) -> Sequence[Any]:
        prepared = _run(tuple(dropwhile(lambda t: t.decodes, self.transforms)), content)
        return prepared if isinstance(prepared, Parts) else (prepared,)

    def mask(self, mask: Array) -> Array:
        """Mask [height, width] of class ids, moved as its image is."""
        for transform in self.transforms:
            mask = transform.masked(mask)
        return mask

    def only_resizes(self, size: tuple[int, int]) -> bool:
        """True where an image of `size` (width, height) is brought to another size at most: neither cut nor padded."""
        corners, new = np.array([[0, 0], size], np.float64), size
        for transform in self.transforms:
            corners, new = transform.moved(corners, new)
        return np.allclose(corners, [[0, 0], new], atol=SAME_PLACE)

    def _with_constants(self, part: Any) -> Any:
        if not self.constants:
            return part
        if isinstance(part, Mapping):
            return {**self.constants, **part}
        free = [port.name for port in self.inputs if port.name not in self.constants]
        return {**self.constants, **dict.fromkeys(free[:1], part)}


def _run(transforms: Sequence[Transform], content: Any) -> Any:
    for transform in transforms:
        content = transform.apply(content)
    return content


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
