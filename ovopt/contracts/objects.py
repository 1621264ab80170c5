"""Objects in an image, as data labels them and as decoders find them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ovopt.model.ports.inputs import Array


@dataclass(frozen=True)
class Rle:
    """A mask as the lengths of its runs, column by column: `counts` is COCO's compressed form, `size` its height and
    width."""

    size: tuple[int, int]
    counts: bytes


Outline = Rle | tuple[Array, ...]
"""An object's outline: a mask, or polygons [k, 2] of x, y; no polygons where the data has none of it."""


@dataclass(frozen=True, repr=False)
class Boxes:
    """The labelled objects of one image. Float `corners` [n, 4]: x0, y0, x1, y1 in the pixels of an image of `size`
    (width, height); integer `classes` [n]; boolean `crowd` [n]: a region of many, which no detection can miss.

    What only some data has and only some metrics take (`Metric.looks_at`) is None otherwise.
    """

    corners: Array
    classes: Array
    crowd: Array
    size: tuple[int, int]
    outlines: tuple[Outline, ...] | None = None
    """[n]; metrics get masks."""
    key_points: Array | None = None
    """Float [n, k, 3]: x, y, and 0 where the point is not labelled."""
    areas: Array | None = None
    """Float [n]: pixels that each object covers; NaN where the data does not say."""
    quads: Array | None = None
    """Float [n, 4, 2]: corners of oriented boxes. Metrics get them from outlines of four points."""
    difficult: Array | None = None
    """Boolean [n]: what Pascal VOC calls so. Like a crowd, no detection can miss it, and any number may find it; unlike
    one, it is found by the usual overlap."""

    @property
    def optional(self) -> Array:
        """True for each object [n] that no detection can miss."""
        crowd = np.asarray(self.crowd, bool)
        return crowd if self.difficult is None else crowd | self.difficult

    def pick(self, places: Array) -> Boxes:
        """The objects at these places [m], or where these flags [n] are true."""
        return Boxes(
            _at(places, self.corners),
            _at(places, self.classes),
            _at(places, self.crowd),
            self.size,
            outlines=_at(places, self.outlines),
            key_points=_at(places, self.key_points),
            areas=_at(places, self.areas),
            quads=_at(places, self.quads),
            difficult=_at(places, self.difficult),
        )

    def __repr__(self) -> str:
        return _told(self, f"{len(self.classes)} boxes", self.corners, ("outlines", "key_points", "quads"))


@dataclass(frozen=True, repr=False)
class Detections:
    """The objects that a model found in one image: `rows` [n, 6] of x0, y0, x1, y1 in pixels of its input, score,
    class; and what only some models find of each: masks of the input's size, key points, oriented boxes."""

    rows: Array
    masks: tuple[Rle, ...] | None = None
    key_points: Array | None = None
    """Float [n, k, 2]: x, y."""
    quads: Array | None = None
    """Float [n, 4, 2]: corners of oriented boxes."""

    def pick(self, places: Array) -> Detections:
        """The detections at these places [m], or where these flags [n] are true."""
        return Detections(*(_at(places, each) for each in (self.rows, self.masks, self.key_points, self.quads)))

    def __repr__(self) -> str:
        return _told(self, f"{len(self.rows)} detections", self.rows, ("masks", "key_points", "quads"))


def _told(objects: Any, count: str, rows: Array, more: Sequence[str]) -> str:
    """Their number, what there is of each, and the first one's numbers."""
    parts = [name.replace("_", " ") for name in more if getattr(objects, name) is not None]
    first = ", ".join(f"{value:.4g}" for value in rows[:1].ravel().tolist())
    return f"{' with '.join([count, *[' and '.join(parts)] * bool(parts)])}{f': {first} ...' if len(rows) else ''}"


def _at(places: Array, values: Any) -> Any:
    if values is None:
        return None
    if isinstance(values, tuple):
        order = np.flatnonzero(places) if places.dtype == bool else places
        return tuple(values[i] for i in order.tolist())
    return np.asarray(values)[places]
