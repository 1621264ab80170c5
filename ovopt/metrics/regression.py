"""Figures of a regression: mean absolute error, and root mean squared error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ovopt.contracts import Array, LabelFile, Metric
from ovopt.errors import DataError
from ovopt.records import Port


class _Regression(Metric):
    """Error of numbers, first over those of a sample, then over samples."""

    has_classes: ClassVar[bool] = False
    unit: ClassVar[str] = ""
    higher_is_better: ClassVar[bool] = False

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no finite number or array of numbers."""
        if isinstance(label, LabelFile):
            return
        numbers = np.asarray(label)
        if numbers.dtype.kind not in "iuf" or not np.isfinite(numbers).all():
            raise DataError(f"{sample_id}: the label is no finite number or array of numbers, which {self.name} needs")

    def _errors(self, output: Any, target: Any) -> Array:
        """Output minus label, in their common shape but for dimensions of 1."""
        mine, theirs = (np.squeeze(np.asarray(side, np.float64)) for side in (output, target))
        if mine.shape != theirs.shape or not mine.size:
            raise DataError(
                f"{self.name} needs output and label of one shape; they are {np.shape(output)} and {np.shape(target)}"
            )
        return np.asarray(mine - theirs)


class Mae(_Regression):
    """Mean absolute error, first over the numbers of a sample, then over samples."""

    name: ClassVar[str] = "mae"

    def row(self, output: Any, target: Any) -> float:
        """Mean absolute error of the sample. Raises DataError where output and label differ in shape."""
        return float(np.abs(self._errors(output, target)).mean())


class Rmse(_Regression):
    """Root of the mean squared error, which is taken first over the numbers of a sample, then over samples."""

    name: ClassVar[str] = "rmse"

    def row(self, output: Any, target: Any) -> float:
        """Mean squared error of the sample. Raises DataError where output and label differ in shape."""
        return float((self._errors(output, target) ** 2).mean())

    def value(self, rows: Array) -> float:
        """Error over rows [n]; NaN without samples."""
        return math.sqrt(super().value(rows))
