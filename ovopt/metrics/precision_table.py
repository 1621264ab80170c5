"""Average precision of any draw of images, from one table of their detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ovopt.contracts import Array

RECALLS = np.linspace(0, 1, 101)
"""COCO's points of recall."""


@dataclass(frozen=True)
class PrecisionTable:
    """Rows of detections as arrays, so that any draw of them is an index into each."""

    classes: Array
    """The class indices that occur. Below, a class is its place here."""
    objects: Array
    """[entry, 3]: row, class, labelled objects."""
    starts: Array
    """Each row's first detection, and behind the last row the number of detections."""
    detected: Array
    """Each detection's class."""
    order: Array
    """Each detection's rank by class and falling score; the same number for the same score."""
    matched: Array
    ignored: Array

    @classmethod
    def of(cls, rows: Sequence[Any]) -> PrecisionTable:
        """Table of rows as `DetectionPrecision.row` gives them."""
        entries = [(i, c, objects, found) for i, row in enumerate(rows) for c, objects, found in row]
        objects = np.array([entry[:3] for entry in entries], np.int64).reshape(-1, 3)
        counts = np.array([len(found) for *_, found in entries], np.int64)
        found = np.array([one for *_, own in entries for one in own], np.float64).reshape(-1, 3)
        classes, objects[:, 1] = np.unique(objects[:, 1], return_inverse=True)
        detected = np.repeat(objects[:, 1], counts)
        per_row = np.bincount(objects[:, 0], counts, len(rows)).astype(np.int64)
        return cls(
            classes=classes,
            objects=objects,
            starts=np.concatenate([[0], np.cumsum(per_row)]),
            detected=detected,
            order=_dense_rank(detected, -found[:, 0]),
            matched=found[:, 1].astype(np.int64),
            ignored=found[:, 2].astype(np.int64),
        )

    def average_precisions(self, places: NDArray[np.intp], thresholds: int) -> dict[int, float]:
        """Average precision, over all thresholds, of each class with labelled objects in the rows at `places` [m]."""
        drawn = np.bincount(places, minlength=len(self.starts) - 1)
        row, index, objects = self.objects.T
        objects = np.bincount(index, objects * drawn[row], len(self.classes))
        ranked = self._ranked(places)
        classes = self.detected[ranked]
        begin = np.searchsorted(classes, np.arange(len(self.classes)))
        needed = _true_positives_needed(objects)
        near = np.flatnonzero(self.matched[ranked])
        crowded = self.ignored[ranked[near]]
        hit = self.matched[ranked[near]] & ~crowded
        total = np.zeros(len(self.classes))
        for bit in range(thresholds):
            ignored, right = near[(crowded >> bit & 1) == 1], near[(hit >> bit & 1) == 1]
            total += _interpolated(right, ignored, classes[right], begin, needed)
        known = np.flatnonzero(objects)
        return dict(zip(self.classes[known].tolist(), (total[known] / thresholds).tolist(), strict=True))

    def _ranked(self, places: NDArray[np.intp]) -> Array:
        """Detections [k] of the rows at `places` [m], by class and falling score; of equal scores the earlier first.

        One sort of integers does it: above is a detection's rank in the whole table, below, in so many bits as `total`
        has, its place in this draw. The place breaks ties, and leads back to the detection. Rows may be drawn twice.
        """
        counts = np.diff(self.starts)[places]
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        chosen = np.repeat(self.starts[places] - ends + counts, counts) + np.arange(total)
        bits = total.bit_length()
        keys = self.order[chosen] << bits | np.arange(total)
        keys.sort()
        return np.asarray(chosen[keys & (1 << bits) - 1])


def _dense_rank(first: Array, second: Array) -> Array:
    """The rank of each pair; equal pairs have the same."""
    order = np.lexsort((second, first))
    changes = (np.diff(first[order]) != 0) | (np.diff(second[order]) != 0)
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.concatenate([[0], np.cumsum(changes)])[: len(order)]
    return ranks


def _true_positives_needed(objects: Array) -> Array:
    """Number of true positives [class, 101], at least one, that reaches each point of recall."""
    share = np.maximum(objects, 1)[:, None]
    needed = np.ceil(RECALLS * share)
    needed -= (needed - 1) / share >= RECALLS
    needed += needed / share < RECALLS
    return np.maximum(needed, 1).astype(np.int64)


def _interpolated(right: Array, ignored: Array, classes: Array, begin: Array, needed: Array) -> Array:
    """Each class's mean over the points of recall of the highest precision at that recall or a higher one.

    `right` and `ignored` are the places of true positives and of detections that do not count among all detections,
    which are sorted by class; `classes` those of the true positives; `begin` each class's first place.
    """
    if not len(right):
        return np.zeros(len(begin))
    first = np.searchsorted(classes, np.arange(len(begin)))
    hits = np.bincount(classes, minlength=len(begin))
    counted = right + 1 - np.searchsorted(ignored, right)
    counted -= (begin - np.searchsorted(ignored, begin))[classes]
    precision = (np.arange(len(right)) - first[classes] + 1) / counted
    # A lower class lies above every higher one, so that one running maximum from the end serves all.
    apart = 2.0 * (len(begin) - classes)
    best = np.maximum.accumulate((precision + apart)[::-1])[::-1] - apart
    reached = needed <= hits[:, None]
    places = np.where(reached, first[:, None] + needed - 1, 0)
    return np.asarray(np.where(reached, best[places], 0.0).mean(axis=1))
