"""Figures of a forecast: errors as shares of the values, or of what the history changes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ovopt.contracts import Array, Future, Metric
from ovopt.errors import DataError
from ovopt.metrics.row_tables import tuples
from ovopt.records import Port


class _Forecast(Metric):
    """Error of a forecast of several times ahead, of one series or more."""

    has_classes: ClassVar[bool] = False
    higher_is_better: ClassVar[bool] = False
    unit: ClassVar[str] = "share"

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no finite number or array of numbers."""
        numbers = np.asarray(label)
        if numbers.dtype.kind not in "iuf" or not np.isfinite(numbers).all():
            raise DataError(f"{sample_id}: the label is no finite number or array of numbers, which {self.name} needs")

    def _both(self, output: Any, target: Any) -> tuple[Array, Array]:
        """Forecast and truth in their common shape [...] but for dimensions of 1."""
        mine, theirs = (np.squeeze(np.asarray(side, np.float64)) for side in (output, target))
        if mine.shape != theirs.shape or not mine.size:
            raise DataError(
                f"{self.name} needs output and label of one shape; they are {np.shape(output)} and "
                f"{np.shape(np.asarray(target))}"
            )
        return mine, theirs


class Smape(_Forecast):
    """Symmetric mean absolute percentage error, `2 |y - f| / (|y| + |f|)`: 0 to 200 %, first over the values of a
    sample, then over samples. Where both are 0 there is no error.

    Source: Makridakis, Spiliotis and Assimakopoulos, The M4 Competition (International Journal of Forecasting 2020).
    """

    name: ClassVar[str] = "smape"

    def row(self, output: Any, target: Any) -> float:
        """Error of the sample, 0 to 2. Raises DataError where output and label differ in shape."""
        mine, theirs = self._both(output, target)
        error, size = np.abs(mine - theirs), np.abs(mine) + np.abs(theirs)
        return float(np.mean(np.divide(2 * error, size, out=np.zeros_like(size), where=size > 0)))


class Wape(_Forecast):
    """Weighted absolute percentage error: the sum of all absolute errors over the sum of all absolute true values, of
    all samples together. It is also called normalised deviation.

    Source: Kolassa and Schütz, Advantages of the MAD/Mean Ratio over the MAPE (Foresight 2007).
    """

    name: ClassVar[str] = "wape"

    def row(self, output: Any, target: Any) -> list[float]:
        """Sums of the absolute errors and of the absolute true values. Raises DataError where output and label differ
        in shape."""
        mine, theirs = self._both(output, target)
        return [float(np.abs(mine - theirs).sum()), float(np.abs(theirs).sum())]

    def value(self, rows: Array) -> float:
        """Error over rows [n, 2]; NaN where all true values are 0."""
        error, size = tuples(rows, 2).sum(axis=0)
        return float(error / size) if size else float("nan")


class Mase(_Forecast):
    """Mean absolute scaled error: the mean absolute error over the mean absolute change, in all of the history, from
    one season to the next. 1 is the error of a forecast that repeats the last season, as in the history itself.

    Labels are those of `kind: series`, which know their history and its season.

    Source: Hyndman and Koehler, Another Look at Measures of Forecast Accuracy (International Journal of Forecasting
    2006).
    """

    name: ClassVar[str] = "mase"
    unit: ClassVar[str] = ""

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no future that knows its history, or that never changed."""
        super().check(label, outputs, sample_id)
        if not isinstance(label, Future):
            raise DataError(
                f"{sample_id}: the label does not know its history, which mase needs; `kind: series` gives such, or "
                "take smape, wape, mae or rmse"
            )
        if not np.all(label.change > 0):
            raise DataError(
                f"{sample_id}: a history that does not change from one season to the next, by which mase divides; take "
                "smape, wape, mae or rmse"
            )

    def row(self, output: Any, target: Any) -> float:
        """Error of the sample. Raises DataError where output and label [horizon, ...] differ in shape."""
        mine, theirs = self._both(output, target)
        return float(np.mean(np.abs(mine - theirs) / np.squeeze(target.change)))
