"""Small maps of scores, made as large as the image that they belong to."""

from __future__ import annotations

import numpy as np

from ovopt.arrays.boxes import Size
from ovopt.contracts import Array

Window = tuple[int, int, int, int]
"""First column and row, and those behind the last."""


def window_of(corners: Array, size: Size) -> Window:
    """The pixels of an image of `size` (width, height) that lie in a box x0, y0, x1, y1, from its first corner on."""
    low, high = np.ceil(corners[:2]).clip(0, size), np.ceil(corners[2:]).clip(0, size)
    return int(low[0]), int(low[1]), int(max(low[0], high[0])), int(max(low[1], high[1]))


def enlarged(scores: Array, window: Window, size: Size) -> Array:
    """A window [rows, columns] of scores [h, w] that cover a whole image of `size` (width, height), bilinear.

    Source: PyTorch's `interpolate` without `align_corners`.
    """
    x0, y0, x1, y1 = window
    height, width = scores.shape
    rows, columns = (
        ((np.arange(start, end) + 0.5) * count / pixels - 0.5).clip(0, count - 1)
        for start, end, count, pixels in ((y0, y1, height, size[1]), (x0, x1, width, size[0]))
    )
    return np.asarray(_between(rows, height) @ scores @ _between(columns, width).T)


def pasted(scores: Array, corners: Array, size: Size) -> tuple[Window, Array]:
    """Scores [h, w] of a box x0, y0, x1, y1 in the pixels of an image of `size` (width, height): the window that they
    reach, and them in it; bilinear, and falling to 0 at the box's edges.

    Source: Detectron2, `paste_masks_in_image`.
    """
    start, end = np.floor(corners[:2]).clip(0, size).astype(int), np.ceil(corners[2:]).clip(0, size).astype(int)
    extent = np.maximum(corners[2:] - corners[:2], np.finfo(np.float64).tiny)
    columns, rows = (
        (np.arange(start[axis], end[axis]) + 0.5 - corners[axis]) / extent[axis] * scores.shape[1 - axis] - 0.5
        for axis in (0, 1)
    )
    window = (int(start[0]), int(start[1]), int(start[0]) + len(columns), int(start[1]) + len(rows))
    return window, np.asarray(_between(rows, len(scores)) @ scores @ _between(columns, scores.shape[1]).T)


def _between(places: Array, count: int) -> Array:
    """Weights [n, count] of the two nearest of `count` values at each place [n]; none beyond them."""
    return np.asarray((1 - np.abs(places[:, None] - np.arange(count))).clip(0, 1))
