"""Labelled objects, moved as their image is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ovopt.arrays import regions
from ovopt.contracts import Array, Boxes, Outline, Rle, Transform
from ovopt.errors import DataError


def moved(boxes: Boxes, transforms: Sequence[Transform], wanted: Collection[str]) -> Boxes:
    """The objects in the pixels of the transformed image, without those of which nothing is left. Of outlines, key
    points and quads, those that are wanted. Raises DataError where an outline is too large."""
    way = Way(tuple(transforms), boxes.size)
    corners = way.boxes(boxes.corners)
    seen = (corners[:, 2] > corners[:, 0]) & (corners[:, 3] > corners[:, 1])
    kept = replace(boxes, corners=corners, size=way.end).pick(seen)
    points, areas = kept.key_points, kept.areas
    return replace(
        kept,
        outlines=tuple(map(way.mask, kept.outlines or ())) if "outlines" in wanted and kept.outlines else None,
        quads=_quads(way, kept) if "quads" in wanted else None,
        key_points=way.key_points(points) if "key_points" in wanted and points is not None else None,
        areas=None if areas is None else areas * way.scale,
    )


@dataclass(frozen=True)
class Way:
    """The way of an image of `size` (width, height) through transforms, and of what lies in it."""

    transforms: tuple[Transform, ...]
    size: tuple[int, int]

    def points(self, points: Array) -> Array:
        """Points [..., 2] (x, y), which may come to lie outside."""
        placed, size = np.asarray(points, np.float64).reshape(-1, 2), self.size
        for transform in self.transforms:
            placed, size = transform.moved(placed, size)
        return placed.reshape(np.shape(points))

    def boxes(self, corners: Array) -> Array:
        """Boxes [n, 4] around what boxes become, cut where the image was."""
        return np.clip(_around(self.points(_quads_of(corners))), np.tile(self._part[:2], 2), np.tile(self._part[2:], 2))

    def key_points(self, points: Array) -> Array:
        """Key points [n, k, 3], of which those that were cut off are not labelled."""
        placed = self.points(points[..., :2])
        return np.concatenate([placed, points[..., 2:] * self._inside(placed)[..., None]], axis=-1)

    def mask(self, outline: Outline) -> Outline:
        """The mask of an outline; none where the data has none."""
        if isinstance(outline, Rle):
            if outline.size != self.size[::-1]:
                said = " and ".join(f"{width} x {height}" for height, width in (outline.size, self.size[::-1]))
                raise DataError(f"mask and image of an object differ in size: {said}")
            mask = regions.mask_of(outline)
            for transform in self.transforms:
                mask = transform.masked(mask)
            return regions.of_mask(mask == 1)
        if not outline:
            return outline
        placed = [self.points(polygon) for polygon in outline]
        region = regions.of_polygons(placed, self.end)
        if self._inside(np.concatenate(placed)).all():
            return region
        return regions.common(region, regions.of_box(self._part.tolist(), self.end))

    @property
    def end(self) -> tuple[int, int]:
        """Width and height of the transformed image."""
        return self._ends[1]

    @property
    def scale(self) -> float:
        """Area of what a pixel becomes."""
        width, height = self.size
        start, right, below = self.points(np.array([[0, 0], [width, 0], [0, height]]))
        (a, b), (c, d) = right - start, below - start
        return float(abs(a * d - b * c) / (width * height))

    def _inside(self, placed: Array) -> Array:
        """True for each of the placed points [..., 2] that is not cut off."""
        return np.asarray(((placed >= self._part[:2]) & (placed <= self._part[2:])).all(axis=-1))

    @property
    def _part(self) -> Array:
        return self._ends[0]

    @cached_property
    def _ends(self) -> tuple[Array, tuple[int, int]]:
        """The part [4] of the canvas where the image is, and the canvas's width and height."""
        part, size = np.array([[0.0, 0.0, *self.size]]), self.size
        for transform in self.transforms:
            quads, size = transform.moved(_quads_of(part).reshape(-1, 2), size)
            part = np.clip(_around(quads.reshape(1, 4, 2)), 0, np.array([*size, *size]))
        return part[0], size


def _quads(way: Way, boxes: Boxes) -> Array | None:
    """Corners [n, 4, 2] of outlines that are four points each; None where some are not."""
    polygons = [outline for outline in boxes.outlines or () if not isinstance(outline, Rle)]
    if len(polygons) < len(boxes.classes) or any([len(part) for part in polygon] != [4] for polygon in polygons):
        return None
    return way.points(np.array(polygons).reshape(-1, 4, 2))


def _quads_of(corners: Array) -> Array:
    """The four corners [n, 4, 2] of boxes [n, 4]."""
    return np.asarray(corners, np.float64).reshape(-1, 4)[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)


def _around(quads: Array) -> Array:
    """Boxes [n, 4] around four points [n, 4, 2] each."""
    return np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1)
