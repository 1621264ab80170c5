"""Figures of a map of depths: relative and absolute error, and shares of pixels within a factor."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.arrays.maps import plane_of, stretched
from ovopt.contracts import Array, LabelFile, Metric
from ovopt.errors import DataError
from ovopt.records import Port

FARTHEST = 1e9
"""The depth of an output in which nearness is 0 or less."""
STEP = 1.25
"""The factor of `delta1`."""


class _Depth(Metric):
    """Figure of the pixels of an image whose depth is known, averaged over images.

    The output is a map [height, width] of depths in the label's unit; one of another size is brought to the label's by
    bilinear interpolation. A pixel of the label that is 0 or less, or no number, is unknown.
    """

    has_classes: ClassVar[bool] = False
    unit: ClassVar[str] = ""
    higher_is_better: ClassVar[bool] = False
    low: float = Field(default=1e-3, gt=0, description="the least depth: pixels whose label is less do not count")
    high: float | None = Field(default=None, gt=0, description="the largest depth: pixels beyond do not count")
    align: Literal["none", "median", "least_squares"] = Field(
        default="none",
        description="how an output without a scale is brought to the label's, image by image: by the ratio of the "
        "medians, or by the factor and offset of the least squares",
    )
    inverse: bool = Field(
        default=False, description="the output grows with nearness (disparity): it is aligned with 1 / label"
    )

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no map of depths [height, width], or none of them is known."""
        if isinstance(label, LabelFile) and label.kind == "values":
            return
        if not isinstance(label, np.ndarray) or plane_of(label).ndim != 2 or np.asarray(label).dtype.kind not in "iuf":
            raise DataError(
                f"{sample_id}: the label is no map of depths [height, width], which {self.name} needs; take a data "
                "source that gives one, as `{kind: masks, target: values}` does"
            )

        if not self._known(plane_of(label)).any():
            raise DataError(
                f"{sample_id}: the label holds no depth from {self.low:g} to {self.high or np.inf:g}, which "
                f"{self.name} needs"
            )

    def row(self, output: Any, target: Any) -> float:
        """The figure of the image. Raises DataError where output and label are no maps."""
        mine, theirs = plane_of(output), plane_of(target)
        if mine.ndim != 2 or theirs.ndim != 2:
            raise DataError(
                f"{self.name} needs maps of depths [height, width]; the output has shape {np.shape(output)}, the label "
                f"{np.shape(target)}"
            )
        known = self._known(theirs)
        depths = theirs[known]
        return self._figure(self._aligned(stretched(mine, theirs.shape)[known], depths), depths)

    def _known(self, depths: Array) -> Array:
        """True for each pixel whose depth is known, and counts."""
        return np.asarray(np.isfinite(depths) & (depths >= self.low) & (depths <= (self.high or np.inf)))

    def _aligned(self, output: Array, depths: Array) -> Array:
        """Depths [n] of the output, from `low` to `high`."""
        if self.align == "least_squares":
            factor, offset = _least_squares(output, 1 / depths if self.inverse else depths)
            output = output * factor + offset
        if self.inverse:
            output = 1 / np.maximum(output, 1 / (self.high or FARTHEST))
        if self.align == "median":
            middle = np.median(output)
            output = output * (np.median(depths) / middle if middle > 0 else 0.0)
        return np.clip(output, self.low, self.high)

    @abstractmethod
    def _figure(self, output: Array, depths: Array) -> float:
        """The figure of depths [n] and those of the label [n], all above 0."""


class AbsRel(_Depth):
    """Mean absolute error of depths as a share of the true depth, `|d - d*| / d*`, averaged over images.

    The output is a map [height, width] in the label's unit, or aligned with it; another size is brought to the label's.

    Source: Eigen, Puhrsch and Fergus, Depth Map Prediction from a Single Image (NeurIPS 2014), section 4.
    """

    name: ClassVar[str] = "abs_rel"

    def _figure(self, output: Array, depths: Array) -> float:
        return float(np.mean(np.abs(output - depths) / depths))


class SqRel(_Depth):
    """Mean squared error of depths as a share of the true depth, `(d - d*)^2 / d*`, averaged over images. Output and
    label are as for `abs_rel`."""

    name: ClassVar[str] = "sq_rel"

    def _figure(self, output: Array, depths: Array) -> float:
        return float(np.mean((output - depths) ** 2 / depths))


class DepthRmse(_Depth):
    """Root of the mean squared error of depths in each image, averaged over images. Output and label are as for
    `abs_rel`."""

    name: ClassVar[str] = "depth_rmse"

    def _figure(self, output: Array, depths: Array) -> float:
        return float(np.sqrt(np.mean((output - depths) ** 2)))


class RmseLog(_Depth):
    """Root of the mean squared difference of the logarithms of depths in each image, averaged over images. Output and
    label are as for `abs_rel`."""

    name: ClassVar[str] = "rmse_log"

    def _figure(self, output: Array, depths: Array) -> float:
        return float(np.sqrt(np.mean(np.log(output / depths) ** 2)))


class Delta(_Depth):
    """Share of pixels whose depth is within a factor of 1.25, 1.25^2 (`delta2`) or 1.25^3 (`delta3`) of the true one,
    averaged over images. Output and label are as for `abs_rel`.

    Source: Ladicky, Shi and Pollefeys, Pulling Things out of Perspective (CVPR 2014), section 5.
    """

    name: ClassVar[str] = "delta"
    unit: ClassVar[str] = "share"
    higher_is_better: ClassVar[bool] = True
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {f"delta{power}": {"power": power} for power in (1, 2, 3)}
    power: int = Field(default=1, ge=1, le=3, description="of 1.25")

    @property
    def label(self) -> str:
        """`delta1`, `delta2` or `delta3`."""
        return f"delta{self.power}"

    def _figure(self, output: Array, depths: Array) -> float:
        return float(np.mean(np.maximum(output / depths, depths / output) < STEP**self.power))


def _least_squares(output: Array, wanted: Array) -> tuple[float, float]:
    """Factor and offset that bring an output [n] nearest to what is wanted [n]; of a constant output, its mean."""
    spread = output - output.mean()
    total = float(spread @ spread)
    factor = float(spread @ (wanted - wanted.mean())) / total if total else 0.0
    return factor, float(wanted.mean() - factor * output.mean())
