"""Figures of numbers: mean absolute error, root mean squared error, and correlations with the label."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from ovopt.contracts import Array, LabelFile, Metric
from ovopt.errors import DataError
from ovopt.records import Port


class _OfNumbers(Metric):
    """Figure of numbers, in their own unit or none."""

    has_classes: ClassVar[bool] = False
    unit: ClassVar[str] = ""


class _Regression(_OfNumbers):
    """Error of numbers, first over those of a sample, then over samples."""

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


def _single(labels: Sequence[Any]) -> Array:
    """Labels [n] that are one number each; empty where one is not."""
    if any(np.size(label) != 1 for label in labels):
        return np.empty(0)
    return np.array([np.ravel(label)[0] for label in labels], np.float64)


class Mae(_Regression):
    """Mean absolute error, first over the numbers of a sample, then over samples."""

    name: ClassVar[str] = "mae"

    def guessed(self, labels: Sequence[Any], n: int, scores: int | None) -> float:
        """The error where the median of the labels is always answered; 0, which no guess reaches, where a label is more
        than one number."""
        numbers = _single(labels)
        return float(np.abs(numbers - np.median(numbers)).mean()) if numbers.size else 0.0

    def row(self, output: Any, target: Any) -> float:
        """Mean absolute error of the sample. Raises DataError where output and label differ in shape."""
        return float(np.abs(self._errors(output, target)).mean())


class Rmse(_Regression):
    """Root of the mean squared error, which is taken first over the numbers of a sample, then over samples."""

    name: ClassVar[str] = "rmse"

    def guessed(self, labels: Sequence[Any], n: int, scores: int | None) -> float:
        """The error where the mean of the labels is always answered; 0, which no guess reaches, where a label is more
        than one number."""
        numbers = _single(labels)
        return float(numbers.std()) if numbers.size else 0.0

    def row(self, output: Any, target: Any) -> float:
        """Mean squared error of the sample. Raises DataError where output and label differ in shape."""
        return float((self._errors(output, target) ** 2).mean())

    def value(self, rows: Array) -> float:
        """Error over rows [n]; NaN without samples."""
        return math.sqrt(super().value(rows))


class _Correlation(_OfNumbers):
    """Correlation of the output, one number, with the label."""

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
