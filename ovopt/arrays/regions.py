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
    """Mask uint8 [height, width]: 1 where the region is, else 0. Raises DataError where the run lengths make up no
    mask of its size."""
    height, width = region.size
    runs = _runs(region.counts)
    if not runs or min(runs) < 0:
        raise DataError(f"an outline is no run lengths that make up a mask of {width} x {height}")
    if sum(runs) != height * width or min(region.size) <= 0 or height * width > MOST_PIXELS:
        said = f"run lengths of {sum(runs):,} pixels"
        raise DataError(f"an outline is {said} that make up a mask of {width} x {height}")
    column_by_column = np.repeat((np.arange(len(runs)) & 1).astype(np.uint8), runs)
    return column_by_column.reshape(width, height).T


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


def of_counts(counts: Any, size: Any) -> Rle | None:
    """Run lengths as a file gives them: a list, or COCO's compressed text; `size` is height and width. None where they
    are neither; whether they make up a mask shows where it is made."""
    if not isinstance(size, list | tuple) or len(size) != 2 or not all(isinstance(side, int) for side in size):
        return None
    if isinstance(counts, list) and all(isinstance(run, int) and 0 <= run <= MOST_PIXELS for run in counts):
        return Rle((size[0], size[1]), _compressed(counts))
    if isinstance(counts, str) and counts.isascii():
        return Rle((size[0], size[1]), counts.encode())
    return None


def _compressed(runs: Sequence[int]) -> bytes:
    """COCO's compressed text of runs: each as its difference from the run but one before, five bits per character, the
    lowest first.

    Source: pycocotools, `rleToString`.
    """
    text = bytearray()
    for place, run in enumerate(runs):
        left = run - runs[place - 2] if place > 2 else run
        while True:
            bits, left = left & 0x1F, left >> 5
            ends = left == (-1 if bits & 0x10 else 0)
            text.append(48 + bits + (0 if ends else 0x20))
            if ends:
                break
    return bytes(text)


def _runs(text: bytes) -> list[int] | None:
    """Runs of COCO's compressed text. None where it is none."""
    runs: list[int] = []
    value = shift = 0
    for code in text:
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
