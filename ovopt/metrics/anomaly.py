"""Figures of a detection of anomalies: of images by their scores, of pixels by a map of scores."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ovopt.arrays.maps import plane_of, stretched
from ovopt.contracts import Array, LabelFile, Metric
from ovopt.errors import DataError
from ovopt.metrics.row_tables import Remembered, flattened, tuples
from ovopt.records import Port

TOUCHING = np.ones((3, 3), np.int64)
"""Pixels that belong to one region: those that touch, at a corner too."""
NORMAL = 0
"""The number of the region of all normal pixels."""
OUTSIDE = -1


class _OfAnomalies(Metric):
    """Figure of scores that are higher where something is wrong.

    A sample gives a score, a map of scores [height, width], whose highest is the image's score, or both as two outputs.
    Its label is 0 for a normal image and 1 for another one, or the region [height, width] of what is wrong: 0 where
    nothing is, less than 0 where a pixel does not count.
    """

    unit: ClassVar[str] = "share"
    chance: ClassVar[float] = 0.5
    has_classes: ClassVar[bool] = False
    needs_region: ClassVar[bool] = False

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is neither 0, 1 nor a region [height, width]."""
        if isinstance(label, LabelFile) and label.kind == "region":
            return
        fits = label in (0, 1) if np.ndim(label) == 0 else np.ndim(label) == 2 and np.asarray(label).dtype.kind in "iub"
        if not fits:
            raise DataError(
                f"{sample_id}: the label is neither 0 (normal), 1 (an anomaly) nor a region [height, width], which "
                f"{self.name} needs"
            )
        if self.needs_region and np.ndim(label) == 0 and label:
            raise DataError(
                f"{sample_id}: an anomaly without a region, which {self.name} needs; --set metrics=[image_auroc] "
                "judges images alone"
            )


class ImageAuroc(_OfAnomalies):
    """Area under the ROC curve of the images' scores: the share of pairs of an anomalous and a normal image whose
    scores are in the right order, where a tie counts half.

    A sample gives a score, a map of scores, whose highest counts, or both as two outputs. The label is 0 or 1, or the
    region of what is wrong.
    """

    name: ClassVar[str] = "image_auroc"

    def row(self, output: Any, target: Any) -> list[float]:
        """Score of the image, and 1 where something is wrong with it."""
        scores = _scores(output, self.name)
        alone = [values for values in scores if values.size == 1]
        score = float((alone or scores)[0].max())
        return [score, float((np.asarray(target) > NORMAL).any())]

    def value(self, rows: Array) -> float:
        """Area of rows [n, 2]; NaN where all images are of one kind."""
        scores, labels = tuples(rows, 2).T
        return _Curve.of(scores, labels, 1 - labels).area()


class _OfPixels(_OfAnomalies):
    """Figure of all pixels of all images together.

    A row holds groups of pixels of neighbouring scores in place of each pixel: `groups` of the normal ones of an image,
    and as many of each region.
    """

    needs_region: ClassVar[bool] = True
    groups: int = Field(
        default=256,
        ge=16,
        le=4096,
        description="how many groups of equal numbers of pixels stand for an image's normal pixels, and for each "
        "region: exact where these have no more different scores; else a share is off by less than 1 / groups, and as "
        "a rule by a hundredth of that",
    )

    def row(self, output: Any, target: Any) -> list[list[float]]:
        """[score, region, pixels] of each group; region 0 is all that is normal. Raises DataError where the output
        holds no map of scores."""
        scores = next((plane_of(values) for values in _scores(output, self.name) if values.size > 1), None)
        if scores is None or scores.ndim != 2:
            raise DataError(f"{self.name} needs a map of scores [height, width]; the output has {_shapes(output)}")
        label = np.asarray(target)
        regions = _numbered(label) if label.ndim == 2 else np.zeros(scores.shape, np.int64)
        scores = stretched(scores, regions.shape)
        found: list[list[float]] = []
        for region in np.unique(regions[regions >= NORMAL]).tolist():
            found += [[score, region, count] for score, count in _grouped(scores[regions == region], self.groups)]
        return found

    @cached_property
    def _tables(self) -> Remembered[_Pixels]:
        return Remembered(_Pixels.of)

    def value(self, rows: Array) -> float:
        """Figure of rows [n] (lists of triples); NaN where no pixel is anomalous, or none is normal."""
        if rows.dtype == object and len(rows) > 1:  # a sample alone is quicker without the table of all
            table, places = self._tables.find(rows.tolist())
        else:
            table, places = _Pixels.of(rows.tolist()), np.arange(len(rows))
        return self._figure(table.drawn(places, self._by_region))

    _by_region: ClassVar[bool] = False

    @abstractmethod
    def _figure(self, curve: _Curve) -> float:
        """The figure of a curve."""


class PixelAuroc(_OfPixels):
    """Area under the ROC curve of the pixels' scores, over the pixels of all images together.

    The output is a map of scores [height, width], or one beside a score as two outputs; a map of another size is
    brought to that of the label's region by bilinear interpolation. The label is the region of what is wrong, or 0.
    """

    name: ClassVar[str] = "pixel_auroc"

    def _figure(self, curve: _Curve) -> float:
        return curve.area()


class Pro(_OfPixels):
    """Per-region overlap: the share of each anomalous region that is found, averaged over regions, as a curve over the
    share of normal pixels that are taken for anomalous; the area under it up to `limit`, divided by `limit`.

    A region is what touches, at a corner too. Output and label are as for `pixel_auroc`.

    Source: Bergmann et al., The MVTec Anomaly Detection Dataset (IJCV 2021), section 4.
    """

    name: ClassVar[str] = "pro"
    limit: float = Field(default=0.3, gt=0, le=1, description="the largest share of normal pixels that counts")
    _by_region: ClassVar[bool] = True

    def guessed(self, labels: Sequence[Any], n: int, scores: int | None) -> float:
        """The area of a guess, which finds as large a share of a region as it takes of the normal pixels."""
        return self.limit / 2

    def _figure(self, curve: _Curve) -> float:
        return curve.area(self.limit)


@dataclass(frozen=True)
class _Curve:
    """Weights of positives and negatives [distinct] at each of the distinct scores, the highest first."""

    positives: Array
    negatives: Array

    @classmethod
    def of(cls, scores: Array, positives: Array, negatives: Array) -> _Curve:
        distinct, ranks = np.unique(-scores, return_inverse=True)
        return cls(*(np.bincount(ranks, weights, len(distinct)) for weights in (positives, negatives)))

    def area(self, limit: float = 1.0) -> float:
        """Area under the share of positives over that of negatives up to `limit`, over `limit`."""
        positives, negatives = self.positives.sum(), self.negatives.sum()
        if positives == 0 or negatives == 0:
            return float("nan")
        found = np.concatenate([[0.0], np.cumsum(self.positives)]) / positives
        passed = np.concatenate([[0.0], np.cumsum(self.negatives)]) / negatives
        kept = int(np.searchsorted(passed, limit, side="right"))
        edge = np.interp(limit, passed, found)
        found, passed = np.append(found[:kept], edge), np.append(passed[:kept], limit)
        return float(np.trapezoid(found, passed) / limit)


@dataclass(frozen=True)
class _Pixels:
    """Groups of pixels of some rows, the highest score first: each group's row, the rank of its score among all
    distinct ones, and what it weighs: its pixels, and its share of its region."""

    row: Array
    rank: Array
    normal: Array
    anomalous: Array
    share: Array
    rows: int
    distinct: int

    @classmethod
    def of(cls, rows: Sequence[Any]) -> _Pixels:
        lengths = [len(row) for row in rows]
        scores, region, count = flattened(rows, 3).T
        row = np.repeat(np.arange(len(rows)), lengths)
        distinct, rank = np.unique(-scores, return_inverse=True)
        anomalous = np.where(region > NORMAL, count, 0.0)
        key = np.unique(np.stack([row, region], axis=1), axis=0, return_inverse=True)[1].ravel() if len(row) else row
        size = np.bincount(key, count) if len(row) else count
        return cls(row, rank, count - anomalous, anomalous, anomalous / size[key], len(rows), len(distinct))

    def drawn(self, places: NDArray[np.intp], by_region: bool) -> _Curve:
        weights = np.bincount(places, minlength=self.rows).astype(np.float64)[self.row]
        positives = self.share if by_region else self.anomalous
        return _Curve(*(np.bincount(self.rank, weights * part, self.distinct) for part in (positives, self.normal)))


def _scores(output: Any, name: str) -> list[Array]:
    """The outputs as arrays of numbers."""
    found = [np.asarray(values) for values in (output if isinstance(output, tuple) else (output,))]
    if any(values.dtype.kind not in "biuf" or not values.size for values in found):
        raise DataError(f"{name} needs a score, a map of scores, or both; the output has {_shapes(output)}")
    return [values.astype(np.float64) for values in found]


def _shapes(output: Any) -> str:
    several = output if isinstance(output, tuple) else (output,)
    return " and ".join(f"shape {np.shape(values)}" for values in several)


def _numbered(label: Array) -> NDArray[np.int64]:
    """The number of the region that each pixel belongs to, less than 0 where it does not count."""
    from scipy.ndimage import label as connected

    numbers = np.asarray(connected(label > NORMAL, TOUCHING)[0], np.int64)
    return np.where(label < NORMAL, OUTSIDE, numbers)


def _grouped(scores: Array, groups: int) -> list[tuple[float, int]]:
    """Mean score and size of groups of neighbouring scores: each distinct one where there are no more than `groups`."""
    distinct, counts = np.unique(scores, return_counts=True)
    if len(distinct) > groups:
        ends = np.cumsum(counts)
        place = np.minimum((ends - counts / 2) * groups / ends[-1], groups - 1).astype(np.intp)
        sizes = np.bincount(place, counts, groups)
        means = np.bincount(place, counts * distinct, groups)[sizes > 0] / sizes[sizes > 0]
        distinct, counts = means, sizes[sizes > 0].astype(np.int64)
    return list(zip(distinct.tolist(), counts.tolist(), strict=True))
