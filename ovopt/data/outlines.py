"""Outlines and key points of objects, as files of annotations write them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ovopt.arrays import regions
from ovopt.contracts import Array, Outline
from ovopt.errors import DataError, quoted

FARTHEST = 1 << 20
"""Pixels from the image's corner, beyond those of any format."""


def outline_of(segmentation: Any) -> Outline:
    """COCO's `segmentation`: lists x1, y1, x2, y2 ... of at least three points each, or run lengths. No polygons where
    it is neither: many data sets of boxes leave it empty, or write half of it."""
    if isinstance(segmentation, list):
        polygons = [polygon_of(points) for points in segmentation]
        return tuple(polygon for polygon in polygons if polygon is not None)
    if isinstance(segmentation, dict):
        return regions.of_counts(segmentation.get("counts"), segmentation.get("size")) or ()
    return ()


def polygon_of(points: Any) -> Array | None:
    """Polygon [k, 2] of x1, y1, x2, y2 ...; None of fewer than three points, or of what is no number."""
    try:
        polygon = np.array(points, dtype=np.float64)
    except (OverflowError, TypeError, ValueError):
        return None
    fits = polygon.ndim == 1 and polygon.size >= 6 and polygon.size % 2 == 0 and math.isfinite(polygon.sum())
    return polygon.reshape(-1, 2) if fits else None


def key_points_of(values: Any, said: str) -> list[tuple[float, float, float]]:
    """COCO's `keypoints`: x, y and visibility of each in turn; none where the annotation has none. Raises DataError,
    which begins with `said`, for anything else."""
    if not values:
        return []
    try:
        points = np.array(values, dtype=np.float64)
    except (OverflowError, TypeError, ValueError):
        points = np.zeros(0)
    if points.ndim != 1 or len(points) % 3 or not len(points) or not (np.abs(points) < FARTHEST).all():
        raise DataError(f"{said}: keypoints must be x, y and visibility of each point, not {quoted(values)}")
    return [(x, y, visible) for x, y, visible in points.reshape(-1, 3).tolist()]


def padded(points: Sequence[Sequence[Sequence[float]]]) -> Array | None:
    """Key points [n, k, 3] of objects, of which some have fewer points than others, or none; None where all have
    none."""
    count = max(map(len, points), default=0)
    if not count:
        return None
    table = np.zeros((len(points), count, 3))
    for row, own in zip(table, points, strict=True):
        row[: len(own)] = np.reshape(own, (-1, 3))
    return table
