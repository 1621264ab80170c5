"""Label-free agreement of distributions."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Metric
from ovopt.errors import DataError

SUM_TOLERANCE = 1e-3
LEAST = 1e-12


class Kl(Metric):
    """Kullback-Leibler divergence in nats, the sum of `p log(p / q)` with the original's distribution p and the
    model's q over the last dimension, averaged over positions and samples. 0 for the same distributions.

    Logits are put through softmax. Of probabilities, none counts as less than 1e-12, so that the divergence is finite.

    Source: Kullback and Leibler, On information and sufficiency (1951).
    """

    name: ClassVar[str] = "kl"
    unit: ClassVar[str] = "nats"
    higher_is_better: ClassVar[bool] = False
    kind: ClassVar[Literal["accuracy", "agreement"]] = "agreement"
    logits: bool | None = Field(
        default=None,
        description="whether outputs are logits; by default, unless the original's are not negative and sum to 1",
    )

    def row(self, output: Array, target: Any) -> float:
        """In nats."""
        mine, theirs = (np.atleast_1d(np.asarray(values, np.float64)) for values in (output, target))
        if mine.shape != theirs.shape:
            raise DataError(f"kl needs outputs of one shape; this one is {mine.shape}, the original's {theirs.shape}")
        logits = not _sum_to_one(theirs) if self.logits is None else self.logits
        log_q, log_p = (_log_softmax(side) if logits else _log_probability(side) for side in (mine, theirs))
        divergence = np.sum(np.exp(log_p) * (log_p - log_q), axis=-1)
        return max(0.0, float(divergence.mean()))


def _sum_to_one(values: Array) -> bool:
    return bool((values >= 0).all() and (np.abs(values.sum(axis=-1) - 1) <= SUM_TOLERANCE).all())


def _log_softmax(values: Array) -> Array:
    shifted = values - values.max(axis=-1, keepdims=True)
    log: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log


def _log_probability(values: Array) -> Array:
    kept = np.maximum(values, LEAST)
    log: Array = np.log(kept / kept.sum(axis=-1, keepdims=True))
    return log
