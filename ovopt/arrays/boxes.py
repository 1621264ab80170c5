"""Boxes as heads write them: formats, grids of points, distances from points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ovopt.contracts import Array
from ovopt.errors import DataError

Size = tuple[int, int]
"""Width and height in pixels."""
Format = Literal["xyxy", "yxyx", "cxcywh", "xywh"]
"""Two corners, the same with y first, centre and size, first corner and size."""


def corners_of(boxes: Array, form: Format = "cxcywh") -> Array:
    """Float64 [n, 4] x0, y0, x1, y1 of boxes [n, 4] in another format."""
    boxes = boxes.astype(np.float64)
    first, second = boxes[:, :2], boxes[:, 2:]
    match form:
        case "xyxy":
            return boxes
        case "yxyx":
            return boxes[:, [1, 0, 3, 2]]
        case "cxcywh":
            return np.hstack((first - second / 2, first + second / 2))
        case "xywh":
            return np.hstack((first, first + second))


def ordered(corners: Array) -> Array:
    """Corners [n, 4] with the upper left one first, whichever two opposite ones they are."""
    first, second = corners[:, :2], corners[:, 2:]
    return np.hstack((np.minimum(first, second), np.maximum(first, second)))


def in_pixels(corners: Array, size: Size) -> Array:
    """Corners [n, 4] relative to the image's size, in pixels of an image of `size` (width, height)."""
    return corners * np.array([*size, *size], np.float64)


def cells(size: Size, stride: float) -> Size:
    """Columns and rows of a feature map, of which a cell covers stride x stride pixels; the last ones may do so in
    part."""
    return int(np.ceil(size[0] / stride)), int(np.ceil(size[1] / stride))


def grid(columns: int, rows: int) -> Array:
    """Cells [rows * columns, 2] of a map as x, y, row by row."""
    y, x = np.mgrid[:rows, :columns]
    return np.stack((x.ravel(), y.ravel()), axis=1).astype(np.float64)


def points(size: Size, strides: Sequence[float], offset: float, count: int, name: str) -> tuple[Array, Array]:
    """Points [count, 2] in pixels of all cells of the maps with these strides, map after map, each `offset` cells away
    from its cell's first corner; and their strides [count, 1]. Raises DataError where they are not as many."""
    maps = [grid(*cells(size, stride)) for stride in strides]
    found = sum(map(len, maps))
    if found != count:
        listed = ", ".join(f"{stride:g}" for stride in strides)
        raise DataError(
            f"{name}: the output has {count} boxes, but strides of {listed} on an input of {size[0]} x {size[1]} "
            f"pixels make {found}; set `strides` or `size`"
        )
    places = np.concatenate([(cell + offset) * stride for cell, stride in zip(maps, strides, strict=True)])
    return places, np.concatenate([np.full((len(m), 1), s) for m, s in zip(maps, strides, strict=True)])


def around(places: Array, distances: Array) -> Array:
    """Corners [n, 4] of the boxes whose edges are so far left, above, right and below [n, 4] of points [n, 2]."""
    return np.hstack((places - distances[:, :2], places + distances[:, 2:]))


def overlaps(boxes: Array, others: Array, crowd: Array | None = None) -> Array:
    """Intersection over union [n, m] of boxes [n, 4] with others [m, 4]; over the area of the box alone where the other
    one is a crowd [m]. 0 where they share nothing."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=2)
    own, theirs = (np.prod(corners[:, 2:] - corners[:, :2], axis=1) for corners in (boxes, others))
    union = own[:, None] + theirs - common
    if crowd is not None:
        union = np.where(crowd, own[:, None], union)
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=common > 0))
