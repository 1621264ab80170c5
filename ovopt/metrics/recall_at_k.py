"""Recall at k of a retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Metric, Row
from ovopt.errors import DataError

BLOCK = 512
"""Queries that are compared with all documents at once."""
DECIMALS = 12
"""Equal documents have equal similarities; beyond this the order of a sum's terms shows."""


class RecallAtK(Metric):
    """Share of queries whose own document is among the k most similar by cosine of all samples' documents.

    The output is a pair of embeddings, query and document. Of equally similar documents the one of the earlier sample
    comes first. All samples' documents are searched, in a bootstrap too: it draws queries.
    """

    name: ClassVar[str] = "recall_at_k"
    has_classes: ClassVar[bool] = False
    needs_label: ClassVar[bool] = False
    unit: ClassVar[str] = "share"
    presets: ClassVar = {f"recall_at_{k}": {"k": k} for k in (1, 5, 10)}
    k: int = Field(gt=0, description="how many documents are found")

    @property
    def label(self) -> str:
        """`recall_at_1`, `recall_at_10` ..."""
        return f"recall_at_{self.k}"

    def guessed(self, labels: Sequence[Any], n: int, scores: int | None) -> float:
        """The share that k documents are of all: 1 where there are no more than k."""
        return min(1.0, self.k / n) if n else self.chance

    def row(self, output: Any, target: Any) -> list[list[float]]:
        """Embeddings [features] of query and document, for `gather`. Raises DataError where they are not two of one
        length."""
        pair = output if isinstance(output, list | tuple) else np.atleast_1d(output)
        sides = [np.ravel(side).astype(np.float64) for side in pair]
        if len(sides) != 2 or sides[0].shape != sides[1].shape:
            raise DataError(
                f"{self.label} needs the embeddings of a query and of its document, two vectors of one length, not "
                f"{[side.shape for side in sides]}; give both texts of a pair as parts of one sample"
            )
        return [side.tolist() for side in sides]

    def gather(self, rows: Sequence[Row]) -> list[int]:
        """Rank of each query's own document among all, 1 for the most similar."""
        if not len(rows):
            return []
        queries, documents = np.array(rows, np.float64).transpose(1, 0, 2)
        queries, documents = _unit(queries), _unit(documents)
        ranks: list[int] = []
        for start in range(0, len(queries), BLOCK):
            ranks += _ranks(queries[start : start + BLOCK], documents, start)
        return ranks

    def value(self, rows: Array) -> float:
        """Share of ranks [n] that are k or better; NaN without samples."""
        return float(np.mean(rows <= self.k)) if len(rows) else float("nan")


def _unit(vectors: Array) -> Array:
    """Vectors of length 1; zero stays zero, and is like nothing."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0))


def _ranks(queries: Array, documents: Array, start: int) -> list[int]:
    """Rank of the own document of each query [m, features], which lie from `start` on among the documents [n,
    features]."""
    alike = np.round(queries @ documents.T, DECIMALS)
    places = start + np.arange(len(queries))
    own = alike[np.arange(len(queries)), places][:, None]
    earlier = np.arange(len(documents)) < places[:, None]
    ahead = np.count_nonzero((alike > own) | ((alike == own) & earlier), axis=1)
    return [int(count) + 1 for count in ahead]
