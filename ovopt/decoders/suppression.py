"""From a score for each box and class to detections: candidates and non-maximum suppression.

A detection is a row of six: x0, y0, x1, y1, score, class.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator

import numpy as np

from ovopt.contracts import Array

CANDIDATES = 30_000
"""At most so many boxes are compared with each other, as in Ultralytics' `non_max_suppression`."""


def candidates(corners: Array, scores: Array, least: float, multi_label: bool) -> Array:
    """Detections [n, 6] of boxes [m, 4] with scores [m, classes] higher than `least`: one for each such class of a box,
    or for its best class only. A score that is not a number is none."""
    if not scores.size:
        return np.empty((0, 6))
    if multi_label:
        boxes, classes = np.nonzero(scores > least)
    else:
        best = np.where(np.isnan(scores), -np.inf, scores).argmax(1)
        boxes = np.flatnonzero(scores[np.arange(len(scores)), best] > least)
        classes = best[boxes]
    return np.column_stack((corners[boxes], scores[boxes, classes], classes)).astype(np.float64)


def suppress(rows: Array, iou: float, limit: int, class_agnostic: bool) -> Array:
    """Greedy non-maximum suppression of detections [n, 6]: the best one stays, those of its class (or of any class)
    that overlap it by more than `iou` go, and so on until `limit` are kept. Of equal scores the first is the best.
    Boxes that are not finite go.

    Source: torchvision, `ops.batched_nms`.
    """
    rows = rows[np.isfinite(rows).all(1)]
    ranked = rows[np.argsort(-rows[:, 4], kind="stable")[:CANDIDATES]]
    classes = ranked[:, 5]
    rivals = [np.arange(len(ranked))] if class_agnostic else [np.flatnonzero(classes == c) for c in np.unique(classes)]
    kept = heapq.merge(*(_survivors(ranked, places, iou) for places in rivals))
    return ranked[np.fromiter(itertools.islice(kept, limit), np.int64)]


def _survivors(ranked: Array, places: Array, iou: float) -> Iterator[int]:
    """Places of the rows that stay, one after the other: the next is only sought when it is asked for."""
    while len(places):
        best, places = places[0], places[1:]
        yield int(best)
        places = places[~(overlaps(ranked[best], ranked[places]) > iou)]


def overlaps(box: Array, others: Array) -> Array:
    """Intersection over union [n] of a box with others [n, 4 or more]; 0 where both have no area."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:4], others[:, 2:4])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    union = _area(box[None]) + _area(others) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros(len(others)), where=union > 0))


def _area(boxes: Array) -> Array:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
