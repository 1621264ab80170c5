"""Agreement of a model's outputs with the original's, without labels."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.arrays.probabilities import are_probabilities, log_softmax
from ovopt.contracts import Array, Metric
from ovopt.errors import DataError
from ovopt.metrics.row_tables import tuples

HIGHEST_DB = 120.0
"""Ratio of signal to noise of equal outputs, in dB: beyond it there are only rounding errors of float64."""
LEAST_PROBABILITY = 1e-12


class Cosine(Metric):
    """Mean cosine similarity of the flattened output and the original's, 1 for the same direction."""

    name: ClassVar[str] = "cosine"
    unit: ClassVar[str] = ""
    kind: ClassVar[Literal["accuracy", "agreement"]] = "agreement"

    def row(self, output: Array, target: Any) -> float:
        """Cosine of outputs [...], -1 to 1; two zero outputs agree, one zero output agrees with nothing."""
        mine, theirs = (np.ravel(values).astype(np.float64) for values in (output, target))
        if mine.shape != theirs.shape:
            return 0.0
        norms = float(np.linalg.norm(mine) * np.linalg.norm(theirs))
        if norms == 0:
            return float(np.array_equal(mine, theirs))
        return float(np.clip(mine @ theirs / norms, -1, 1))


class Top1Agreement(Metric):
    """Share of samples on which the highest score is at the same place as in the original's output."""

    name: ClassVar[str] = "top1_agreement"
    unit: ClassVar[str] = "share"
    kind: ClassVar[Literal["accuracy", "agreement"]] = "agreement"
    statistics: ClassVar[Literal["share", "bootstrap"]] = "share"

    def row(self, output: Array, target: Any) -> float:
        """1 where the highest scores of outputs [...] are at the same place, else 0."""
        return float(int(np.argmax(output)) == int(np.argmax(target)))


class TokenAgreement(Metric):
    """Share of positions, of all samples together, at which the most likely token is the original's.

    Outputs are logits [positions, vocabulary] or integer ids [positions]. Positions that only one of both has do not
    agree.
    """

    name: ClassVar[str] = "token_agreement"
    unit: ClassVar[str] = "share"
    kind: ClassVar[Literal["accuracy", "agreement"]] = "agreement"

    def row(self, output: Array, target: Any) -> list[int]:
        """Positions that agree, and positions, of logits [positions, vocabulary] or ids [positions]."""
        mine, theirs = _ids(output), _ids(target)
        shared = min(len(mine), len(theirs))
        return [int(np.count_nonzero(mine[:shared] == theirs[:shared])), max(len(mine), len(theirs))]

    def value(self, rows: Array) -> float:
        """Share of all rows [n, 2] together; NaN without positions."""
        agreed, positions = tuples(rows, 2).sum(axis=0)
        return float(agreed / positions) if positions else float("nan")


class Sqnr(Metric):
    """Signal to quantization noise ratio in dB, `10 log10(signal / noise)`: the original outputs' sum of squares over
    that of the differences, both of all samples together. Of equal outputs it is 120 dB, and always between -120 and
    120 dB.

    Source: Gray and Neuhoff, Quantization (IEEE Transactions on Information Theory 1998).
    """

    name: ClassVar[str] = "sqnr"
    unit: ClassVar[str] = "dB"
    kind: ClassVar[Literal["accuracy", "agreement"]] = "agreement"

    def row(self, output: Array, target: Any) -> list[float]:
        """Sums of squares of signal and noise, of outputs [...]. Raises DataError where their shapes differ."""
        mine, theirs = (np.asarray(values, np.float64) for values in (output, target))
        if mine.shape != theirs.shape:
            raise DataError(f"sqnr needs outputs of one shape; this one is {mine.shape}, the original's {theirs.shape}")
        return [float(np.sum(theirs**2)), float(np.sum((mine - theirs) ** 2))]

    def value(self, rows: Array) -> float:
        """Ratio of all rows [n, 2] together, in dB."""
        signal, noise = tuples(rows, 2).sum(axis=0)
        if noise == 0:
            return HIGHEST_DB
        if signal == 0:
            return -HIGHEST_DB
        return float(np.clip(10 * (np.log10(signal) - np.log10(noise)), -HIGHEST_DB, HIGHEST_DB))


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
        """Divergence of outputs [..., classes] in nats. Raises DataError where their shapes differ."""
        mine, theirs = (np.atleast_1d(np.asarray(values, np.float64)) for values in (output, target))
        if mine.shape != theirs.shape:
            raise DataError(f"kl needs outputs of one shape; this one is {mine.shape}, the original's {theirs.shape}")
        logits = not are_probabilities(theirs) if self.logits is None else self.logits
        log_q, log_p = (log_softmax(side) if logits else _log_probability(side) for side in (mine, theirs))
        divergence = np.sum(np.exp(log_p) * (log_p - log_q), axis=-1)
        return max(0.0, float(divergence.mean()))


def _ids(output: Any) -> Array:
    values = np.atleast_1d(output)
    return np.ravel(values if values.dtype.kind in "iu" else values.argmax(axis=-1))


def _log_probability(values: Array) -> Array:
    kept = np.maximum(values, LEAST_PROBABILITY)
    return np.asarray(np.log(kept / kept.sum(axis=-1, keepdims=True)))
