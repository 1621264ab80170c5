"""Figures of the ROC curve: area under it, equal error rate, and what passes at a given rate of false ones."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ovopt.arrays.probabilities import are_probabilities
from ovopt.contracts import Array, Metric
from ovopt.errors import DataError
from ovopt.metrics.class_labels import check_class
from ovopt.metrics.row_tables import Remembered, flattened, tuples
from ovopt.records import Port


class _OfCurve(Metric):
    """Figure of a curve over all thresholds of a score."""

    unit: ClassVar[str] = "share"
    chance: ClassVar[float] = 0.5

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is neither a class index nor a 0 or 1 for each frame."""
        if np.ndim(label) == 0:
            check_class(label, outputs[0], sample_id, least=2)
        elif not np.isin(label, (0, 1)).all():
            raise DataError(f"{sample_id}: the label of each frame must be 0 or 1")

    def row(self, output: Any, target: Any) -> list[Any]:
        """Scores and label; for frames a list of pairs. Raises DataError where they are not as many frames."""
        scores, labels = np.ravel(output).astype(np.float64), np.ravel(target)
        if np.ndim(target) == 0:
            return [*scores.tolist(), int(labels[0])]
        if len(scores) != len(labels):
            raise DataError(
                f"the output has {len(scores)} scores, the label {len(labels)} frames; bring them to one frame rate in "
                "the recipe's `preprocess` or `postprocess`"
            )
        return [list(pair) for pair in zip(scores.tolist(), labels.astype(int).tolist(), strict=True)]

    @abstractmethod
    def value(self, rows: Array) -> float:
        """Figure of rows [n, scores + 1], or of lists of pairs; NaN where all samples are of one class."""

    def _counts_of_pairs(self, rows: Array) -> _Counts:
        if rows.dtype == object and len(rows) > 1:  # a sample alone is quicker without the table of all
            table, places = self._tables.find(rows.tolist())
            return table.drawn(places)
        scores, labels = tuples(rows, 2).T
        return _Counts.of(scores, labels)

    @cached_property
    def _tables(self) -> Remembered[_Ranks]:
        return Remembered(_Ranks.of)


class Auroc(_OfCurve):
    """Area under the ROC curve: the share of pairs of a positive and a negative whose scores are in the right order,
    where a tie counts half. With several classes, the mean over each class against the rest.

    A sample gives one score of class 1, a score of each class, or a score of each frame (the label then holds a 0 or
    1 for each frame). Scores of several classes are ordered as probabilities: where they are logits, by
    `log(p / (1 - p))`, which for two classes is their difference. Classes without samples of both kinds are left out.

    Source: Hanley and McNeil, The meaning and use of the area under a ROC curve (Radiology 1982).
    """

    name: ClassVar[str] = "auroc"

    def value(self, rows: Array) -> float:
        """Area of rows [n, scores + 1], or of lists of pairs; NaN where all samples are of one class."""
        areas = [_area(counts) for counts in self._counts(rows)]
        known = [area for area in areas if not np.isnan(area)]
        return float(np.mean(known)) if known else float("nan")

    def by_class(self, rows: Array, targets: Sequence[Any]) -> Mapping[int, float]:
        """Area of each of several classes against the rest in rows [n, classes + 1]; nothing where there are two."""
        counts = self._counts(rows)
        areas = {c: _area(own) for c, own in enumerate(counts)} if len(counts) > 1 else {}
        return {c: area for c, area in areas.items() if not np.isnan(area)}

    def _counts(self, rows: Array) -> list[_Counts]:
        if rows.dtype != object and rows.ndim == 2 and rows.shape[1] > 2:
            labels, scores = rows[:, -1], _comparable(rows[:, :-1])
            tested = range(1, 2) if scores.shape[1] == 2 else range(scores.shape[1])
            return [_Counts.of(scores[:, c], labels == c) for c in tested]
        return [self._counts_of_pairs(rows)]


class _OfTwoKinds(_OfCurve):
    """Figure of scores that tell one kind from the other."""

    has_classes: ClassVar[bool] = False

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is not 0 or 1, or a 0 or 1 for each frame."""
        super().check(label, outputs, sample_id)
        if np.ndim(label) == 0 and label not in {0, 1}:
            raise DataError(f"{sample_id}: the label {label!r} is not 0 or 1, which {self.name} needs")

    def row(self, output: Any, target: Any) -> list[Any]:
        """Score and label; for frames a list of pairs. Raises DataError where there are more scores than two, or they
        are not as many frames."""
        row = super().row(output, target)
        if np.ndim(row) == 1 and len(row) == 3:
            return [row[1] - row[0], row[2]]
        if np.ndim(row) == 1 and len(row) > 3:
            raise DataError(f"{self.name} needs one score, or those of classes 0 and 1; the output has {len(row) - 1}")
        return row


class Eer(_OfTwoKinds):
    """Equal error rate: where the threshold makes as large a share of the negatives pass as of the positives fail.
    Between two thresholds the ROC curve is straight.

    A sample gives one score, higher for label 1 (the same speaker, speech ...), the scores of classes 0 and 1, or a
    score of each frame (the label then holds a 0 or 1 for each frame).

    Source: Martin et al., The DET curve in assessment of detection task performance (Eurospeech 1997).
    """

    name: ClassVar[str] = "eer"
    higher_is_better: ClassVar[bool] = False

    def value(self, rows: Array) -> float:
        """Error rate of rows [n, 2], or of lists of pairs; NaN where all samples are of one kind."""
        return _equal_error_rate(self._counts_of_pairs(rows))


class TarAtFar(_OfTwoKinds):
    """Share of the positives that pass the threshold at which no larger share of the negatives than `far` does: the
    true-accept rate of a verification (of faces, of speakers) at a fixed rate of false accepts.

    Of all thresholds at scores that occur, the lowest one counts that lets no more negatives pass; where `far` times
    the negatives is less than one, none may pass. Scores and labels are as for `eer`.

    Source: Klare et al., Pushing the Frontiers of Unconstrained Face Detection and Recognition (CVPR 2015), section 4.
    """

    name: ClassVar[str] = "tar_at_far"
    chance: ClassVar[float] = 0.0
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {f"tar_at_far_1e-{n}": {"far": 10**-n} for n in (2, 3, 4)}
    far: float = Field(default=0.001, ge=0, lt=1, description="the share of negatives that may pass")

    @property
    def label(self) -> str:
        """`tar_at_far_1e-3` ..."""
        mantissa, exponent = f"{self.far:e}".split("e")
        return f"{self.name}_{float(mantissa):g}e{int(exponent)}"

    def guessed(self, labels: Sequence[Any], n: int, scores: int | None) -> float:
        """The share that passes where the score is drawn: that of the negatives."""
        return self.far

    def value(self, rows: Array) -> float:
        """Share of rows [n, 2], or of lists of pairs, that are positive and pass; NaN where all are of one kind."""
        return _passing(self._counts_of_pairs(rows), self.far)


@dataclass(frozen=True)
class _Counts:
    """Numbers of positives and negatives [distinct] at each of the distinct scores, the lowest first."""

    positives: Array
    negatives: Array

    @classmethod
    def of(cls, scores: Array, labels: Array) -> _Counts:
        distinct, ranks = np.unique(scores, return_inverse=True)
        return cls.weighted(ranks, labels, np.ones(len(ranks)), len(distinct))

    @classmethod
    def weighted(cls, ranks: Array, labels: Array, weights: Array, distinct: int) -> _Counts:
        everything = np.bincount(ranks, weights, distinct)
        positives = np.bincount(ranks, weights * labels, distinct)
        return cls(positives, everything - positives)


@dataclass(frozen=True)
class _Ranks:
    """All frames of some rows, the lowest score first: each frame's row, the rank of its score among all distinct ones,
    and its label."""

    row: Array
    rank: Array
    label: Array
    rows: int
    distinct: int

    @classmethod
    def of(cls, rows: Sequence[Any]) -> _Ranks:
        lengths = [len(row) for row in rows]
        scores, labels = flattened(rows, 2).T
        distinct, rank = np.unique(scores, return_inverse=True)
        order = np.argsort(rank, kind="stable")
        row = np.repeat(np.arange(len(rows)), lengths)
        return cls(row[order], rank[order], labels[order], len(rows), len(distinct))

    def drawn(self, places: NDArray[np.intp]) -> _Counts:
        weights = np.bincount(places, minlength=self.rows).astype(np.float64)
        return _Counts.weighted(self.rank, self.label, weights[self.row], self.distinct)


def _comparable(scores: Array) -> Array:
    """Probabilities as they are; logits as log-odds, which order as probabilities do and never saturate."""
    from scipy.special import logsumexp

    if are_probabilities(scores):
        return scores
    if scores.shape[1] == 2:
        return scores - scores[:, ::-1]
    log_p = scores - logsumexp(scores, axis=1, keepdims=True)
    top = (np.arange(len(scores)), scores.argmax(axis=1))
    others = scores.copy()
    others[top] = -np.inf
    log_p[top] = -np.inf
    odds: Array = log_p - np.log1p(-np.exp(log_p))
    odds[top] = scores[top] - logsumexp(others, axis=1)
    return odds


def _area(counts: _Counts) -> float:
    pairs = counts.positives.sum() * counts.negatives.sum()
    if pairs == 0:
        return float("nan")
    below = np.cumsum(counts.negatives) - counts.negatives / 2
    return float(counts.positives @ below / pairs)


def _equal_error_rate(counts: _Counts) -> float:
    positives, negatives = counts.positives.sum(), counts.negatives.sum()
    if positives * negatives == 0:
        return float("nan")
    passed = np.concatenate([[0.0], np.cumsum(counts.negatives[::-1])]) / negatives
    missed = 1 - np.concatenate([[0.0], np.cumsum(counts.positives[::-1])]) / positives
    gap = passed - missed
    after = int(np.argmax(gap >= 0))
    share = -gap[after - 1] / (gap[after] - gap[after - 1])
    return float(passed[after - 1] + share * (passed[after] - passed[after - 1]))


def _passing(counts: _Counts, share: float) -> float:
    """Share of the positives at the lowest threshold that no more than this share of the negatives passes."""
    positives, negatives = counts.positives.sum(), counts.negatives.sum()
    if positives * negatives == 0:
        return float("nan")
    passed = np.cumsum(counts.negatives[::-1]) / negatives
    thresholds = int(np.count_nonzero(passed <= share))
    return float(counts.positives[::-1][:thresholds].sum() / positives)
