"""Mean average precision of a detection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ovopt.arrays.boxes import overlaps
from ovopt.contracts import Array, Boxes, Metric
from ovopt.errors import DataError
from ovopt.metrics.row_tables import Remembered
from ovopt.records import Port

IOUS = np.linspace(0.5, 0.95, 10)
"""COCO's thresholds of intersection over union."""
RECALLS = np.linspace(0, 1, 101)
"""COCO's points of recall."""


class MeanAveragePrecision(Metric):
    """COCO's average precision: the area under the precision-recall curve at 101 points of recall, averaged over the
    classes that have labelled objects, and over the IoU thresholds 0.50, 0.55 ... 0.95 unless `iou` gives one.

    The output is an array [n, 6] of x0, y0, x1, y1, score, class. Of each image and class, the `max_detections` with
    the highest scores count. A detection takes the free object that it overlaps most; one that only overlaps a crowd
    counts neither as right nor as wrong.

    Source: Lin et al., Microsoft COCO: Common Objects in Context (ECCV 2014), and its reference implementation,
    pycocotools' `COCOeval`, to which the value is equal.
    """

    name: ClassVar[str] = "map"
    unit: ClassVar[str] = "share"
    presets: ClassVar = {"map50": {"iou": 0.5}, "map75": {"iou": 0.75}}
    iou: float | None = Field(default=None, gt=0, le=1, description="one IoU threshold in place of COCO's ten")
    max_detections: int = Field(default=100, gt=0, description="how many detections of an image and class count")

    @property
    def label(self) -> str:
        """`map`, `map50`, `map75` ..."""
        return self.name if self.iou is None else f"{self.name}{self.iou * 100:g}"

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no boxes [n, 4], each with a class."""
        if not isinstance(label, Boxes):
            raise DataError(
                f"{sample_id}: the label is no boxes, which {self.label} needs, but {type(label).__name__}; take a "
                "data source that gives boxes"
            )
        corners = np.shape(label.corners)
        if len(corners) != 2 or corners[1] != 4 or not corners[0] == len(label.classes) == len(label.crowd):
            raise DataError(
                f"{sample_id}: {corners} box corners, {len(label.classes)} classes and {len(label.crowd)} crowd flags "
                "do not fit together; [n, 4], n and n are needed"
            )

    def row(self, output: Any, target: Boxes) -> list[Any]:
        """[class, labelled objects, [[score, matched, ignored] of each detection, best first]] for each class.

        `matched` and `ignored` are bit masks over the IoU thresholds. Raises DataError where the output is no
        detections [n, 6].
        """
        found = np.asarray(output, np.float64)
        if found.size % 6 or (found.size and found.shape[-1] != 6):
            raise DataError(
                f"{self.label} needs detections [n, 6] (x0, y0, x1, y1, score, class), the output has shape "
                f"{found.shape}; add a decoder of boxes to the recipe's `postprocess`"
            )
        found = found.reshape(-1, 6)
        classes = np.union1d(found[:, 5], target.classes).astype(int).tolist()
        return [self._class_row(c, found[found[:, 5] == c], target) for c in classes]

    def value(self, rows: Array) -> float:
        """Average precision over the classes of rows [n] (lists); NaN where no class has labelled objects."""
        known = self._average_precisions(rows)
        return float(np.mean(list(known.values()))) if known else float("nan")

    def by_class(self, rows: Array, targets: Sequence[Any]) -> Mapping[int, float]:
        """Average precision of each class that has labelled objects in rows [n] (lists)."""
        return self._average_precisions(rows)

    def _class_row(self, index: int, found: Array, target: Boxes) -> list[Any]:
        own = np.flatnonzero(np.asarray(target.classes) == index)
        crowd = np.asarray(target.crowd, bool)[own]
        own, crowd = own[np.argsort(crowd, kind="stable")], np.sort(crowd)
        best = found[np.argsort(-found[:, 4], kind="stable")[: self.max_detections]]
        shares = overlaps(best[:, :4], np.asarray(target.corners, np.float64)[own], crowd)
        flags = _matched(shares, crowd.tolist(), self._thresholds)
        scored = [[score, *flag] for score, flag in zip(best[:, 4].tolist(), flags, strict=True)]
        return [index, int(np.count_nonzero(~crowd)), scored]

    @property
    def _thresholds(self) -> list[float]:
        return IOUS.tolist() if self.iou is None else [self.iou]

    def _average_precisions(self, rows: Array) -> dict[int, float]:
        table, places = self._tables.find(rows.tolist())
        return table.average_precisions(places, len(self._thresholds))

    @cached_property
    def _tables(self) -> Remembered[_Table]:
        return Remembered(_Table.of)


@dataclass(frozen=True)
class _Table:
    """Some rows as arrays, so that any draw of them is an index into each."""

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
    def of(cls, rows: Sequence[Any]) -> _Table:
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


def _matched(shares: Array, crowd: list[bool], thresholds: Sequence[float]) -> list[tuple[int, int]]:
    """Bit masks of each detection: thresholds at which it matches an object, and at which that is a crowd."""
    lowest = min(thresholds[0], 1 - 1e-10)
    near: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for detection, labelled in np.argwhere(shares >= lowest).tolist():
        near[detection].append((labelled, float(shares[detection, labelled])))
    flags = [(0, 0)] * len(shares)
    for bit, threshold in enumerate(thresholds):
        taken: set[int] = set()
        for detection, candidates in near.items():
            match = _best_match(candidates, crowd, taken, min(threshold, 1 - 1e-10))
            if match is not None:
                taken.add(match)
                matched, ignored = flags[detection]
                flags[detection] = matched | 1 << bit, ignored | int(crowd[match]) << bit
    return flags


def _best_match(
    candidates: Sequence[tuple[int, float]], crowd: Sequence[bool], taken: set[int], least: float
) -> int | None:
    """The free object of the largest overlap, of equal ones the last; a crowd, which many may take, otherwise."""
    match: int | None = None
    for labelled, overlap in candidates:
        if labelled in taken and not crowd[labelled]:
            continue
        if match is not None and crowd[labelled] and not crowd[match]:
            break
        if overlap >= least:
            match, least = labelled, overlap
    return match
