"""An image placed on a canvas of another size, with its boxes and masks: on the host, and as operations of a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino
from openvino import opset13 as op

from ovopt.arrays.arguments import holds
from ovopt.arrays.graph import dtype_of, sizes, stretch
from ovopt.contracts import Array
from ovopt.errors import DataError

Size = tuple[int, int]
"""Height and width in pixels."""
Fill = float | tuple[float, ...]


@dataclass(frozen=True)
class CanvasPlan:
    """An image of size `inner`, with its top left corner at (`top`, `left`) of a canvas of size `outer`. Sizes are
    height, width; what reaches beyond the canvas is cut off."""

    inner: Size
    outer: Size
    top: int = 0
    left: int = 0


def placed(image: Array, plan: CanvasPlan, fill: Fill, name: str) -> Array:
    """Image [height, width] or [height, width, channels], already of size `plan.inner`, on its canvas. Raises
    DataError, which begins with the transform's name, where `fill` does not fit it."""
    if plan == CanvasPlan(plan.inner, plan.inner):
        return image
    channels = image.shape[2] if image.ndim == 3 else 1
    if isinstance(fill, tuple) and len(fill) != channels:
        raise DataError(f"{name}: `fill` has {len(fill)} values for an image of {channels} channels")
    if not holds(image.dtype, fill):
        raise DataError(f"{name}: `fill` {fill} is no value of an image of {image.dtype}")
    canvas = np.empty((*plan.outer, *image.shape[2:]), image.dtype)
    canvas[...] = fill[0] if isinstance(fill, tuple) and image.ndim == 2 else fill
    rows, columns = (_overlap(*spans) for spans in zip((plan.top, plan.left), plan.inner, plan.outer, strict=True))
    canvas[rows[1], columns[1]] = image[rows[0], columns[0]]
    return canvas


def placed_batch(batch: openvino.Output, plan: CanvasPlan, fill: Fill) -> openvino.Output | None:
    """`placed` as operations on [n, height, width, ...]; None where the element type cannot hold `fill`, or each
    channel has its own."""
    shares = {float(value) for value in (fill if isinstance(fill, tuple) else (fill,))}
    dtype = dtype_of(batch)
    if plan == CanvasPlan(plan.inner, plan.inner):
        return batch
    if len(shares) > 1 or not holds(dtype, min(shares)):
        return None
    margins: list[tuple[int, int]] = []
    for axis, spans in enumerate(zip((plan.top, plan.left), plan.inner, plan.outer, strict=True)):
        kept, covered = _overlap(*spans)
        batch = stretch(batch, axis, kept.start, kept.stop)
        margins.append((covered.start, spans[2] - covered.stop))
    if not any(map(any, margins)):
        return batch
    behind = [0] * (len(sizes(batch)) - 2)
    begins, ends = ([0, *(margin[side] for margin in margins), *behind] for side in (0, 1))
    value = np.asarray(min(shares), dtype)
    return op.pad(batch, np.array(begins), np.array(ends), "constant", value).output(0)


def mask_placed(mask: Array, plan: CanvasPlan, fill: int) -> Array:
    """Mask [height, width], already of size `plan.inner`, on its canvas; in 16 bits where its own type cannot hold
    `fill`."""
    if plan != CanvasPlan(plan.inner, plan.inner) and not holds(mask.dtype, fill):
        mask = mask.astype(np.int16 if abs(fill) < 2**15 else np.int64)
    return placed(mask, plan, fill, "mask")


def points_moved(points: Array, size: tuple[int, int], plan: CanvasPlan) -> tuple[Array, tuple[int, int]]:
    """Points [n, 2] (x, y) of an image of `size` (width, height) on the canvas or outside of it; and the canvas's width
    and height."""
    height, width = plan.inner
    scale = np.array([width / size[0], height / size[1]])
    return np.asarray(points, np.float64) * scale + np.array([plan.left, plan.top]), (plan.outer[1], plan.outer[0])


def _overlap(start: int, inner: int, outer: int) -> tuple[slice, slice]:
    """Stretch of the image that lies on the canvas, and the stretch of the canvas that it covers."""
    first, last = max(start, 0), min(start + inner, outer)
    return slice(first - start, last - start), slice(first, last)
