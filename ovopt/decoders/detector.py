"""Decoders of detections: their fields, the order of what they find, non-maximum suppression, the edges of the image.

A detection is a row of six: x0, y0, x1, y1, score, class. What belongs to it may follow in the same row.
"""

from __future__ import annotations

import heapq
import itertools
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any

import numpy as np
from pydantic import Field, PositiveInt

from ovopt.arrays.boxes import Size, overlaps
from ovopt.contracts import Array, Decoder, Detections
from ovopt.decoders.outputs import Layout, image_size

Overlap = Annotated[float, Field(ge=0, le=1, description="a box that overlaps a better one by more than this goes")]
Place = tuple[PositiveInt, PositiveInt]
Survivors = Callable[[Array, Array], Iterator[int]]
"""Of detections, the best first, and places among them: the places that stay, in their order."""
CANDIDATES = 30_000
"""At most so many boxes are compared with each other, as in Ultralytics' `non_max_suppression`."""


class Detecting(Decoder):
    """Settings of all decoders of detections."""

    score: float = Field(default=0.001, ge=0, lt=1, description="detections count from above this score")
    max_detections: int = Field(default=300, gt=0, description="so many of the best are kept")
    clip: bool = Field(default=True, description="cut boxes off at the edges of the model's input")
    size: Place | None = Field(
        default=None, description="width and height of the model's input; default: those of its image input"
    )
    layout: Layout | None = Field(
        default=None, description="the image input's; default: its dimension of 1 or 3 is the channels"
    )

    def input_size(self, inputs: Mapping[str, Array]) -> Size:
        """Width and height of the model's image input [1, C, H, W] or [1, H, W, C]. Raises DataError where there is
        none."""
        return self.size or image_size(inputs, self.layout, self.name)

    def best(self, rows: Array, inputs: Mapping[str, Array]) -> Array:
        """Float32 [n, ...], the best first: those of the rows [m, ...] of x0, y0, x1, y1, score ... that count. Boxes
        and scores that are not finite are none."""
        with np.errstate(all="ignore"):
            rows = rows.astype(np.float32)
            rows = rows[(rows[:, 4] > self.score) & np.isfinite(rows).all(1)]
            rows = rows[np.argsort(-rows[:, 4], kind="stable")[: self.max_detections]]
        if self.clip:
            rows[:, :4] = rows[:, :4].clip(0, [*self.input_size(inputs), *self.input_size(inputs)])
        return rows


class Detector(Detecting):
    """A decoder whose result is detections, float32 [n, 6]: x0, y0, x1, y1 in pixels of the model's input, score,
    class; the best first."""

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 6]; boxes and scores that are not finite are none. Raises DataError where the output does not
        fit."""
        with np.errstate(all="ignore"):
            rows = self.found(output, inputs)
        return self.best(rows, inputs)

    @abstractmethod
    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 6] in any order and of any score. Raises DataError where the output does not fit."""


class ShapeDetector(Detecting):
    """A decoder whose result is detections with more than a box each: masks, key points, oriented boxes."""

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Detections:
        """Detections, the best first. Raises DataError where the output does not fit."""
        with np.errstate(all="ignore"):
            rows = self.best(self.found(output, inputs), inputs)
            return self.shaped(rows[:, :6], rows[:, 6].astype(np.intp), output, inputs)

    @abstractmethod
    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 7] in any order and of any score, and behind each its place in the output. Raises DataError
        where the output does not fit."""

    @abstractmethod
    def shaped(self, rows: Array, places: Array, output: Any, inputs: Mapping[str, Array]) -> Detections:
        """Detections [n, 6], which have these places [n] in the output, with what it says of each."""


class DenseDetector(Detector):
    """A detector of a box at each place, many of them of the same object: it needs non-maximum suppression."""

    iou: Overlap = 0.7
    class_agnostic: bool = Field(default=False, description="whether a box also suppresses those of other classes")
    multi_label: bool = Field(default=True, description="whether a box counts for each class, not only for its best")

    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 6] that non-maximum suppression leaves. Raises DataError where the output does not fit."""
        corners, scores = self.heads(output, inputs)
        rows = candidates(corners, scores, self.score, self.multi_label)
        return suppress(rows, self.iou, self.max_detections, self.class_agnostic)

    @abstractmethod
    def heads(self, output: Any, inputs: Mapping[str, Array]) -> tuple[Array, Array]:
        """Corners [n, 4] in pixels and scores [n, classes]. Raises DataError where the output does not fit."""


def candidates(corners: Array, scores: Array, least: float, multi_label: bool) -> Array:
    """Detections [n, 6] of boxes [m, 4] with scores [m, classes]: `placed_candidates` without their places."""
    return placed_candidates(corners, scores, least, multi_label)[:, :6]


def placed_candidates(corners: Array, scores: Array, least: float, multi_label: bool) -> Array:
    """Detections [n, 7] of boxes [m, 4] with scores [m, classes] higher than `least`, each with its place among the
    boxes: one for each such class of a box, or for its best class only. A score that is not a number is none."""
    if not scores.size:
        return np.empty((0, 7))
    if multi_label:
        boxes, classes = np.nonzero(scores > least)
    else:
        best = np.where(np.isnan(scores), -np.inf, scores).argmax(1)
        boxes = np.flatnonzero(scores[np.arange(len(scores)), best] > least)
        classes = best[boxes]
    return np.column_stack((corners[boxes], scores[boxes, classes], classes, boxes)).astype(np.float64)


def suppress(rows: Array, iou: float, limit: int, class_agnostic: bool) -> Array:
    """Greedy non-maximum suppression of detections [n, ...] of x0, y0, x1, y1, score, class ...: the best one stays,
    those of its class (or of any class) that overlap it by more than `iou` go, and so on until `limit` are kept. Of
    equal scores the first is the best. Boxes that are not finite go.

    Source: torchvision, `ops.batched_nms`.
    """
    return suppress_by(partial(survivors_of_boxes, iou=iou), rows, limit, class_agnostic)


def suppress_by(survivors: Survivors, rows: Array, limit: int, class_agnostic: bool) -> Array:
    """Non-maximum suppression of detections [n, ...] in which those stay that `survivors` gives."""
    rows = rows[np.isfinite(rows).all(1)]
    ranked = rows[np.argsort(-rows[:, 4], kind="stable")[:CANDIDATES]]
    classes = ranked[:, 5]
    rivals = [np.arange(len(ranked))] if class_agnostic else [np.flatnonzero(classes == c) for c in np.unique(classes)]
    kept = heapq.merge(*(survivors(ranked, places) for places in rivals))
    return ranked[np.fromiter(itertools.islice(kept, limit), np.int64)]


def survivors_of_boxes(ranked: Array, places: Array, iou: float) -> Iterator[int]:
    """Places of the rows that stay, one after the other: the best one, of the others the best that none of these
    overlaps by more than `iou`, and so on. The next is only sought when it is asked for."""
    while len(places):
        best, places = places[0], places[1:]
        yield int(best)
        places = places[~(overlaps(ranked[best, None, :4], ranked[places, :4])[0] > iou)]
