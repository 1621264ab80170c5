"""Average precision of detections that are told apart by how similar they are to labelled objects."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Boxes, Detections, Metric
from ovopt.errors import DataError
from ovopt.metrics.precision_table import PrecisionTable
from ovopt.metrics.row_tables import Remembered
from ovopt.records import Port

SIMILARITIES = np.linspace(0.5, 0.95, 10)
"""COCO's thresholds."""


class DetectionPrecision(Metric):
    """COCO's average precision, by a similarity of 0 to 1 that a subclass gives."""

    unit: ClassVar[str] = "share"
    iou: float | None = Field(default=None, gt=0, le=1, description="one IoU threshold in place of COCO's ten")
    max_detections: int = Field(default=100, gt=0, description="how many detections of an image and class count")

    @property
    def label(self) -> str:
        """`map`, `map50`, `map75` ..."""
        return self.name if self.iou is None else f"{self.name}{self.iou * 100:g}"

    @abstractmethod
    def similarity(self, found: Detections, target: Boxes) -> Array:
        """Similarity [n, m] of detections and objects of one class."""

    def ignored(self, target: Boxes) -> Array:
        """True for each object [m] that a detection may find or miss alike."""
        return target.optional

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

        `matched` and `ignored` are bit masks over the thresholds. Raises DataError where the output is no detections
        that this metric can compare.
        """
        found = self.detections(output)
        found = found.pick(np.argsort(-found.rows[:, 4], kind="stable"))
        target = target.pick(np.argsort(self.ignored(target), kind="stable"))
        ignored = self.ignored(target)
        classes = np.union1d(found.rows[:, 5], target.classes).astype(int).tolist()
        return [self._class_row(c, found, target, ignored) for c in classes]

    def detections(self, output: Any) -> Detections:
        """Detections, of which an array [n, 6] has nothing but boxes. Raises DataError where the output is neither."""
        if isinstance(output, Detections):
            return output
        found = np.asarray(output, np.float64)
        if found.size % 6 or (found.size and found.shape[-1] != 6):
            raise DataError(
                f"{self.label} needs detections [n, 6] (x0, y0, x1, y1, score, class), the output has shape "
                f"{found.shape}; add a decoder of boxes to the recipe's `postprocess`"
            )
        return Detections(found.reshape(-1, 6))

    def value(self, rows: Array) -> float:
        """Average precision over the classes of rows [n] (lists); NaN where no class has labelled objects."""
        known = self._average_precisions(rows)
        return float(np.mean(list(known.values()))) if known else float("nan")

    def by_class(self, rows: Array, targets: Sequence[Any]) -> Mapping[int, float]:
        """Average precision of each class that has labelled objects in rows [n] (lists)."""
        return self._average_precisions(rows)

    def _class_row(self, index: int, found: Detections, target: Boxes, ignored: Array) -> list[Any]:
        """The entry of a class, of detections whose scores fall, and of objects of which the `ignored` come last."""
        best = found.pick(np.flatnonzero(found.rows[:, 5] == index)[: self.max_detections])
        places = np.flatnonzero(np.asarray(target.classes) == index)
        own, left_out = target.pick(places), ignored[places].tolist()
        objects = [*map(Labelled, left_out, own.optional.tolist())]
        flags = _matched(self.similarity(best, own), objects, self._thresholds)
        scored = [[score, *flag] for score, flag in zip(best.rows[:, 4].tolist(), flags, strict=True)]
        return [index, left_out.count(False), scored]

    @property
    def _thresholds(self) -> list[float]:
        return SIMILARITIES.tolist() if self.iou is None else [self.iou]

    def _average_precisions(self, rows: Array) -> dict[int, float]:
        table, places = self._tables.find(rows.tolist())
        return table.average_precisions(places, len(self._thresholds))

    @cached_property
    def _tables(self) -> Remembered[PrecisionTable]:
        return Remembered(PrecisionTable.of)


class Labelled(NamedTuple):
    """A labelled object as matching sees it."""

    ignored: bool
    shared: bool
    """True where many detections may take it."""


def _matched(shares: Array, objects: Sequence[Labelled], thresholds: Sequence[float]) -> list[tuple[int, int]]:
    """Bit masks of each detection: thresholds at which it matches an object, and at which that is ignored."""
    lowest = min(thresholds[0], 1 - 1e-10)
    near: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for detection, labelled in np.argwhere(shares >= lowest).tolist():
        near[detection].append((labelled, float(shares[detection, labelled])))
    flags = [(0, 0)] * len(shares)
    for bit, threshold in enumerate(thresholds):
        taken: set[int] = set()
        for detection, candidates in near.items():
            match = _best_match(candidates, objects, taken, min(threshold, 1 - 1e-10))
            if match is not None:
                taken.add(match)
                matched, ignored = flags[detection]
                flags[detection] = matched | 1 << bit, ignored | int(objects[match].ignored) << bit
    return flags


def _best_match(
    candidates: Sequence[tuple[int, float]], objects: Sequence[Labelled], taken: set[int], least: float
) -> int | None:
    """The free object of the largest overlap, of equal ones the last; one that is ignored otherwise. Many may
    take one that is shared."""
    match: int | None = None
    for labelled, overlap in candidates:
        if labelled in taken and not objects[labelled].shared:
            continue
        if match is not None and objects[labelled].ignored and not objects[match].ignored:
            break
        if overlap >= least:
            match, least = labelled, overlap
    return match
