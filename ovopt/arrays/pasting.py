"""Small maps of scores, made as large as the image that they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ovopt.arrays.boxes import Size
from ovopt.contracts import Array

Window = tuple[int, int, int, int]
"""First column and row, and those behind the last."""


def window_of(corners: Array, size: Size) -> Window:
    """The pixels of an image of `size` (width, height) that lie in a box x0, y0, x1, y1, from its first corner on."""
    low, high = np.ceil(corners[:2]).clip(0, size), np.ceil(corners[2:]).clip(0, size)
    return int(low[0]), int(low[1]), int(max(low[0], high[0])), int(max(low[1], high[1]))


def weighted(maps: Array, weights: Array, window: Window, size: Size) -> Array:
    """A window [rows, columns] of the weighted sum of maps [n, h, w], each of which covers a whole image of `size`
    (width, height), bilinear.

    Source: PyTorch's `interpolate` without `align_corners`.
    """
    x0, y0, x1, y1 = window
    rows, columns = (
        _Between.of((np.arange(start, end) + 0.5) * count / pixels - 0.5, count)
        for start, end, count, pixels in ((y0, y1, maps.shape[1], size[1]), (x0, x1, maps.shape[2], size[0]))
    )
    part = maps[:, rows.start : rows.stop, columns.start : columns.stop].astype(np.float64)
    return columns.take(rows.take(np.tensordot(weights, part, 1), 0), 1)


def pasted(scores: Array, corners: Array, size: Size) -> tuple[Window, Array]:
    """Scores [h, w] of a box x0, y0, x1, y1 in the pixels of an image of `size` (width, height): the window that they
    reach, and them in it; bilinear, and falling to 0 at the box's edges.

    Source: Detectron2, `paste_masks_in_image`.
    """
    start, end = np.floor(corners[:2]).clip(0, size).astype(int), np.ceil(corners[2:]).clip(0, size).astype(int)
    extent = np.maximum(corners[2:] - corners[:2], np.finfo(np.float64).tiny)
    framed = np.pad(scores, 1)
    columns, rows = (
        (np.arange(start[axis], end[axis]) + 0.5 - corners[axis]) / extent[axis] * scores.shape[1 - axis] + 0.5
        for axis in (0, 1)
    )
    window = (int(start[0]), int(start[1]), int(start[0]) + len(columns), int(start[1]) + len(rows))
    across, down = _Between.of(columns, framed.shape[1]), _Between.of(rows, framed.shape[0])
    part = framed[down.start : down.stop, across.start : across.stop]
    return window, across.take(down.take(part, 0), 1)


@dataclass(frozen=True)
class _Between:
    """Places [n] between neighbours of a row of values, of which only those from `start` to `stop` are needed: the
    first neighbour, counted from `start`, and the second one's share."""

    start: int
    stop: int
    first: NDArray[np.intp]
    share: Array

    @classmethod
    def of(cls, places: Array, count: int) -> _Between:
        """Places between `count` values; what lies beyond them is at the outermost."""
        places = places.clip(0, count - 1)
        first = np.minimum(places.astype(np.intp), max(count - 2, 0))
        start = int(first.min(initial=count - 1))
        return cls(start, min(int(first.max(initial=start)) + 2, count), first - start, places - first)

    def take(self, values: Array, axis: int) -> Array:
        """Values at these places along an axis."""
        near = values.take(self.first, axis)
        far = values.take(np.minimum(self.first + 1, values.shape[axis] - 1), axis)
        return np.asarray(near + (far - near) * (self.share if axis else self.share[:, None]))
