"""Figures of a semantic segmentation: mean intersection over union, and pixel accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, LabelFile, Metric
from ovopt.errors import DataError
from ovopt.metrics.row_tables import tuples
from ovopt.records import Port


class _Segmentation(Metric):
    """Figure of the pixels of all images together."""

    unit: ClassVar[str] = "share"
    classes: Annotated[int, Field(gt=0)] | tuple[int, ...] | None = Field(
        default=None,
        description="how many classes there are, by default as many as the model scores: a mask with more is wrong; "
        "or a list of those that the figure is of",
    )
    ignore: int | tuple[int, ...] | None = Field(
        default=255,
        description="the id in a mask of pixels that do not count, or several; it is no class of the figure",
    )

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no mask [height, width]."""
        if isinstance(label, LabelFile) and label.kind == "mask":
            return
        if not isinstance(label, np.ndarray) or label.ndim != 2 or label.dtype.kind not in "iub":
            raise DataError(
                f"{sample_id}: the label is no mask of class ids [height, width], which {self.name} needs; take a data "
                "source that gives masks"
            )

    def _compared(self, output: Any, target: Any) -> tuple[Array, Array]:
        """The predicted and the labelled class of each pixel that counts."""
        mask = np.asarray(target).astype(np.int64)
        ids, classes = np.asarray(output), self.classes if isinstance(self.classes, int) else None
        if ids.ndim == 3:
            classes = len(ids) if classes is None else classes
            ids = ids.argmax(axis=0)
        if ids.ndim != 2 or mask.ndim != 2:
            raise DataError(
                f"a mask [height, width] and as many class ids, or scores [classes, height, width], are needed; the "
                f"output has shape {np.shape(output)}, the mask {mask.shape}"
            )
        counts = ~np.isin(mask, self._ignored)
        found, real = _resized(ids, mask.shape)[counts].astype(np.int64), mask[counts]
        lowest, highest = int(real.min(initial=0)), int(real.max(initial=0))
        if lowest < 0 or (classes is not None and highest >= classes):
            wrong = lowest if lowest < 0 else highest
            limit = "" if classes is None else f" 0 to {classes - 1}"
            raise DataError(
                f"the mask holds class {wrong}, which is none of the classes{limit}; set `ignore` to the id of pixels "
                "that do not count"
            )
        if found.min(initial=0) < 0:
            raise DataError(f"the output holds class {found.min()}; class ids begin at 0")
        return found, real

    @property
    def _ignored(self) -> tuple[int, ...]:
        return self.ignore if isinstance(self.ignore, tuple) else () if self.ignore is None else (self.ignore,)

    def _is_counted(self, index: int) -> bool:
        """Tells whether the figure is of a class."""
        if index in self._ignored or self.classes is None:
            return index not in self._ignored
        return index < self.classes if isinstance(self.classes, int) else index in self.classes


class MeanIou(_Segmentation):
    """Intersection over union of each class, over the pixels of all images together, averaged over the classes that
    are predicted or labelled anywhere. A prediction of what is none of `classes`, or is ignored, is wrong for the class
    that is labelled there, and counts as no class itself.

    The output holds class ids [height, width], or scores [classes, height, width], of which the highest counts. Where
    its size is not the mask's, the class ids are brought to the mask's size by nearest neighbour: the mask is the
    truth, and every labelled pixel counts once.

    Source: Everingham et al., The PASCAL Visual Object Classes Challenge (IJCV 2010), section 4.1.2.
    """

    name: ClassVar[str] = "miou"

    def row(self, output: Any, target: Any) -> list[list[int]]:
        """[class, pixels of the intersection, pixels of the union] for each class that is predicted or labelled. Raises
        DataError where output and mask [height, width] do not fit."""
        found, real = self._compared(output, target)
        size = int(max(found.max(initial=0), real.max(initial=0))) + 1
        common, predicted, labelled = (np.bincount(ids, minlength=size) for ids in (real[found == real], found, real))
        union = predicted + labelled - common
        return [[int(c), int(common[c]), int(union[c])] for c in np.flatnonzero(union)]

    def value(self, rows: Array) -> float:
        """Figure of rows [n] (lists of tuples); NaN where no pixel is labelled."""
        known = self.by_class(rows, ())
        return float(np.mean(list(known.values()))) if known else float("nan")

    def by_class(self, rows: Array, targets: Sequence[Any]) -> Mapping[int, float]:
        """Intersection over union of each class that is predicted or labelled in rows [n] (lists of tuples)."""
        return {index: iou for index, iou in _ious(rows).items() if self._is_counted(index)}


class PixelAccuracy(_Segmentation):
    """Share of the labelled pixels of all images together that are predicted rightly, or of those that are labelled as
    one of the `classes` listed. Output and mask are as for `miou`."""

    name: ClassVar[str] = "pixel_accuracy"

    def row(self, output: Any, target: Any) -> list[int]:
        """Pixels predicted rightly, and pixels that count. Raises DataError where output and mask [height, width] do
        not fit."""
        found, real = self._compared(output, target)
        if isinstance(self.classes, tuple):
            listed = np.isin(real, self.classes)
            found, real = found[listed], real[listed]
        return [int(np.count_nonzero(found == real)), len(real)]

    def value(self, rows: Array) -> float:
        """Figure of rows [n] (lists of tuples); NaN where no pixel is labelled."""
        right, counted = tuples(rows, 2).sum(axis=0)
        return float(right / counted) if counted else float("nan")


def _resized(ids: Array, shape: tuple[int, ...]) -> Array:
    """Each pixel takes the class at its centre."""
    if ids.shape == shape:
        return ids
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int) for old, new in zip(ids.shape, shape, strict=True)
    )
    return np.asarray(ids[np.ix_(rows, columns)])


def _ious(rows: Array) -> dict[int, float]:
    index, common, union = tuples(rows, 3).T
    ids = index.astype(np.intp)
    common, union = np.bincount(ids, common), np.bincount(ids, union)
    known = np.flatnonzero(union)
    return dict(zip(known.tolist(), (common[known] / union[known]).tolist(), strict=True))
