"""Figures of a ranking: the candidates of a query, and how relevant each is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Metric
from ovopt.errors import DataError
from ovopt.records import Port


class _OfRanking(Metric):
    """Figure of one query's candidates, averaged over the queries."""

    unit: ClassVar[str] = "share"
    has_classes: ClassVar[bool] = False
    k: int | None = Field(default=None, gt=0, description="so many of the best candidates count; default: all")

    @property
    def label(self) -> str:
        """`ndcg`, `ndcg_at_10`, `mrr` ..."""
        return self.name if self.k is None else f"{self.name}_at_{self.k}"

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no list of numbers, none of them negative."""
        grades = _numbers(label)
        if grades is None or grades.ndim != 1 or not len(grades) or not (grades >= 0).all():
            raise DataError(
                f"{sample_id}: the label is no list of how relevant each candidate is, 0 or more, which {self.label} "
                "needs"
            )

    def both(self, output: Any, target: Any) -> tuple[Array, Array]:
        """Scores and grades [candidates]. Raises DataError where there is not a score for each."""
        scores, grades = _numbers(output), np.asarray(target, np.float64)
        if scores is None or scores.size != grades.size:
            shape = "no numbers" if scores is None else f"shape {list(scores.shape)}"
            raise DataError(
                f"{self.label} needs a score for each of {grades.size} candidates, the output has {shape}; `each` "
                "makes an inference of each candidate, and `stack_parts` one output of theirs"
            )
        return np.nan_to_num(scores.ravel().astype(np.float64), nan=-np.inf), grades


class Ndcg(_OfRanking):
    """Normalised discounted cumulative gain: the candidates' grades, each over the logarithm of its rank + 1, as a
    share of the same in the best order; 0 where no candidate is relevant. Candidates of equal scores share their
    ranks' discounts.

    Source: Jarvelin and Kekalainen 2002, "Cumulated gain-based evaluation of IR techniques"; equal scores as in
    McSherry and Najork 2008, and scikit-learn's `ndcg_score`.
    """

    name: ClassVar[str] = "ndcg"
    presets: ClassVar = {"ndcg_at_5": {"k": 5}, "ndcg_at_10": {"k": 10}}
    gain: Literal["linear", "exponential"] = Field(
        default="linear", description="what a grade g is worth: g, or 2 ** g - 1"
    )

    def row(self, output: Any, target: Any) -> float:
        """The figure of one query, from scores [candidates] and grades [candidates]."""
        scores, grades = self.both(output, target)
        gains = grades if self.gain == "linear" else 2**grades - 1
        best = float(np.sort(gains)[::-1] @ self._discounts(len(gains)))
        return self._gained(scores, gains) / best if best else 0.0

    def _gained(self, scores: Array, gains: Array) -> float:
        """The sum over all candidates of gain times discount, which equal scores share."""
        _, group = np.unique(-scores, return_inverse=True)
        sizes = np.bincount(group)
        ends = np.cumsum(sizes)
        shared = np.diff(np.concatenate([[0.0], np.cumsum(self._discounts(len(gains)))[ends - 1]]))
        return float(np.bincount(group, gains) / sizes @ shared)

    def _discounts(self, count: int) -> Array:
        ranks = np.arange(count)
        discounts = 1 / np.log2(ranks + 2)
        return discounts if self.k is None else np.where(ranks < self.k, discounts, 0.0)


class Mrr(_OfRanking):
    """Mean reciprocal rank of the first relevant candidate; 0 where none is, or none among the `k` best. Of equal
    scores those that are not relevant come first.

    Source: Voorhees 1999, "The TREC-8 Question Answering Track Report".
    """

    name: ClassVar[str] = "mrr"
    presets: ClassVar = {"mrr_at_10": {"k": 10}}

    def row(self, output: Any, target: Any) -> float:
        """The figure of one query, from scores [candidates] and grades [candidates]."""
        scores, grades = self.both(output, target)
        relevant = grades > 0
        if not relevant.any():
            return 0.0
        rank = 1 + int(np.count_nonzero(scores[~relevant] >= scores[relevant].max()))
        return 1 / rank if self.k is None or rank <= self.k else 0.0


def _numbers(values: Any) -> Array | None:
    try:
        found = np.asarray(values)
    except ValueError:
        return None
    return found if found.dtype.kind in "biuf" else None
