"""Correlation of a score with a label."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from ovopt.contracts import Array, Metric
from ovopt.errors import DataError
from ovopt.records import Port


class _Correlation(Metric):
    """Correlation of the output, one number, with the label."""

    has_classes: ClassVar[bool] = False
    unit: ClassVar[str] = ""

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no finite number."""
        if isinstance(label, bool) or not isinstance(label, Real) or not np.isfinite(float(label)):
            raise DataError(f"{sample_id}: the label {label!r} is no finite number, which {self.name} needs")

    def row(self, output: Any, target: Any) -> list[float]:
        """Score and label. Raises DataError where the output is not one number."""
        if np.size(output) != 1:
            raise DataError(
                f"{self.name} needs one number for each sample, the output has shape {np.shape(output)}; add a decoder "
                "that makes one of it to the recipe's `postprocess`"
            )
        return [float(np.ravel(output)[0]), float(target)]

    @abstractmethod
    def value(self, rows: Array) -> float:
        """Correlation of rows [n, 2]; NaN where all scores or all labels are the same."""


class Pearson(_Correlation):
    """Pearson's correlation of the output, one number, with the label."""

    name: ClassVar[str] = "pearson"

    def value(self, rows: Array) -> float:
        """Correlation of rows [n, 2]; NaN where all scores or all labels are the same."""
        return _pearson(rows)


class Spearman(_Correlation):
    """Spearman's rank correlation of the output, one number, with the label: Pearson's correlation of the ranks, where
    ties share the mean of theirs."""

    name: ClassVar[str] = "spearman"

    def value(self, rows: Array) -> float:
        """Correlation of rows [n, 2]; NaN where all scores or all labels are the same."""
        from scipy.stats import rankdata

        return _pearson(rankdata(rows, axis=0)) if len(rows) else float("nan")


def _pearson(table: Array) -> float:
    """Pearson's correlation of the two columns of a table [n, 2]."""
    if len(table) < 2 or (np.ptp(table, axis=0) == 0).any():
        return float("nan")
    first, second = ((table - table.mean(axis=0)) / np.ptp(table, axis=0)).T
    return float(np.clip(first @ second / np.sqrt((first @ first) * (second @ second)), -1, 1))
