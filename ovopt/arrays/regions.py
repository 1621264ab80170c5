"""Masks of objects as run lengths, in COCO's form: from polygons and arrays, their overlap, their corners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ovopt.arrays.boxes import Size
from ovopt.contracts import Array, Rle
from ovopt.errors import DataError
from ovopt.locate import optional

LONGEST = 1 << 22
"""Pixels along an outline, beyond those of any object."""
MOST_PIXELS = 1 << 28
"""Pixels of the largest mask that is made: 16,384 x 16,384."""


def of_mask(mask: Array) -> Rle:
    """Run lengths of what is set in a mask [height, width]."""
    return _rle(_library().encode(np.asfortranarray(mask, np.uint8)))


def mask_of(region: Rle) -> Array:
    """Mask uint8 [height, width]: 1 where the region is, else 0."""
    runs = _uncompressed(region.counts.decode()) or []
    column_by_column = np.repeat((np.arange(len(runs)) & 1).astype(np.uint8), runs)
    return column_by_column.reshape(region.size[::-1]).T


def of_polygons(polygons: Sequence[Array], size: Size) -> Rle:
    """Run lengths of the union of polygons [k, 2] (x, y), rasterised as COCO does, in an image of `size` (width,
    height). Raises DataError where outline or image are too large."""
    width, height = size
    length = sum(np.abs(np.diff(polygon, axis=0, append=polygon[:1])).max(axis=1).sum() for polygon in polygons)
    if not length <= LONGEST or width * height > MOST_PIXELS:
        raise DataError(f"an outline of {length:,.0f} pixels in an image of {width} x {height} is too large for a mask")
    library = _library()
    flat = [polygon.ravel().tolist() for polygon in polygons]
    return _rle(library.merge(library.frPyObjects(flat, height, width)))


def of_box(corners: Sequence[float], size: Size) -> Rle:
    """Run lengths of a rectangle x0, y0, x1, y1 in an image of `size` (width, height)."""
    x0, y0, x1, y1 = corners
    return of_polygons([np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64)], size)


def common(region: Rle, other: Rle) -> Rle:
    """Run lengths of what two regions of one size share."""
    return _rle(_library().merge([_plain(region), _plain(other)], intersect=True))


def overlaps(regions: Sequence[Rle], others: Sequence[Rle], crowd: Array) -> Array:
    """Intersection over union [n, m] of masks of one size; over the area of the first alone where the other one is a
    crowd [m]."""
    if not regions or not others:
        return np.zeros((len(regions), len(others)))
    found = _library().iou([*map(_plain, regions)], [*map(_plain, others)], np.asarray(crowd, np.uint8).tolist())
    return np.asarray(found, np.float64).reshape(len(regions), len(others))


def of_counts(counts: Any, size: Any, said: str) -> Rle:
    """Run lengths as a file gives them: a list, or COCO's compressed text; `size` is height and width. Raises
    DataError, which begins with `said`, where they do not make up a mask of this size."""
    sides = size if isinstance(size, list | tuple) and len(size) == 2 else (None, None)
    height, width = (side if isinstance(side, int) and 0 < side <= MOST_PIXELS else 0 for side in sides)
    runs = _uncompressed(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(isinstance(run, int) and run >= 0 for run in runs):
        raise DataError(f"{said}: `counts` of a mask must be run lengths, as a list or as COCO's compressed text")
    if not 0 < height * width <= MOST_PIXELS or sum(runs) != height * width:
        raise DataError(f"{said}: run lengths of {sum(runs):,} pixels for a mask of `size` {size} (height, width)")
    return _rle(_library().frPyObjects({"counts": runs, "size": [height, width]}, height, width))


def _uncompressed(text: str) -> list[int] | None:
    """Runs of COCO's compressed text: five bits per character, the lowest first, as differences from the run but one
    before. None where it is none.

    Source: pycocotools, `rleFrString`.
    """
    runs: list[int] = []
    value = shift = 0
    for code in text.encode():
        bits = code - 48
        if not 0 <= bits < 64 or shift > 60:
            return None
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            value -= (1 << shift) if bits & 0x10 else 0
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return None if shift else runs


def _plain(region: Rle) -> dict[str, Any]:
    return {"size": [*region.size], "counts": region.counts}


def _rle(plain: Any) -> Rle:
    return Rle((int(plain["size"][0]), int(plain["size"][1])), plain["counts"])


def _library() -> Any:
    return optional("pycocotools.mask", "masks of objects need pycocotools", "vision")
