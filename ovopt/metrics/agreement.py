"""Agreement of a model's outputs with the original's, without labels."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.arrays.pairs import are_ids, comparable, cosine, padded
from ovopt.arrays.probabilities import are_probabilities, log_softmax
from ovopt.contracts import Array, Metric
from ovopt.metrics.row_tables import tuples

HIGHEST_DB = 120.0
"""Ratio of signal to noise of equal outputs, in dB: beyond it there are only rounding errors of float64."""
LEAST_PROBABILITY = 1e-12
FAR = 1e30
"""What stands for infinity where a logit is one."""


class _Agreement(Metric):
    """Figure of a model's outputs beside the original's."""

    kind: ClassVar[Literal["accuracy", "agreement"]] = "agreement"
    of: Literal["outputs", "decoded"] = Field(
        default="outputs", description="what is compared: the outputs, or what `postprocess` makes of them"
    )

    @property
    def label(self) -> str:
        """`cosine`, `cosine_decoded` ..."""
        return self.name if self.of == "outputs" else f"{self.name}_{self.of}"

    @property
    def behind(self) -> bool:  # type: ignore[override]  # here it hangs on `of`
        """True where decoded answers are compared."""
        return self.of == "decoded"


class Cosine(_Agreement):
    """Mean cosine similarity of the flattened output and the original's, 1 for the same direction; of integer ids, the
    share that are the same, as if each were a vector with a single 1."""

    name: ClassVar[str] = "cosine"
    unit: ClassVar[str] = ""
    takes_ids: ClassVar[bool] = True
    directs: ClassVar[bool] = True
    full: ClassVar[float | None] = 1.0

    def row(self, output: Array, target: Any) -> float:
        """Cosine of outputs [...], -1 to 1; two zero or empty outputs agree, one of them agrees with nothing. What only
        one of both has along the first dimension counts as 0."""
        return cosine(np.asarray(output), np.asarray(target))


class Top1Agreement(_Agreement):
    """Share of samples on which the highest score is at the same place as in the original's output. Of what
    `postprocess` makes (`of: decoded`), texts and classes are the same, or not, as a whole."""

    name: ClassVar[str] = "top1_agreement"
    unit: ClassVar[str] = "share"
    statistics: ClassVar[Literal["share", "bootstrap"]] = "share"
    takes_ids: ClassVar[bool] = True
    ranks: ClassVar[bool] = True
    full: ClassVar[float | None] = 1.0

    def row(self, output: Array, target: Any) -> float:
        """1 where the highest scores of outputs [...] are at the same place, the first of ids [k] is the same, or both
        are empty, else 0."""
        mine, theirs = np.ravel(output), np.ravel(target)
        if not mine.size or not theirs.size:
            return float(mine.size == theirs.size)
        if are_ids(target):
            return float(np.array_equal(mine, theirs) if self.behind else mine[0] == theirs[0])
        return float(_highest(mine) == _highest(theirs))


class TokenAgreement(_Agreement):
    """Share of positions, of all samples together, at which the most likely token is the original's.

    Outputs are logits [positions, vocabulary] or integer ids [positions]. Positions that only one of both has do not
    agree.
    """

    name: ClassVar[str] = "token_agreement"
    unit: ClassVar[str] = "share"
    takes_ids: ClassVar[bool] = True

    def row(self, output: Array, target: Any) -> list[int]:
        """Positions that agree, and positions, of logits [positions, vocabulary] or ids [positions]."""
        mine, theirs = _ids(output), _ids(target)
        shared = min(len(mine), len(theirs))
        return [int(np.count_nonzero(mine[:shared] == theirs[:shared])), max(len(mine), len(theirs))]

    def value(self, rows: Array) -> float:
        """Share of all rows [n, 2] together; NaN without positions."""
        agreed, positions = tuples(rows, 2).sum(axis=0)
        return float(agreed / positions) if positions else float("nan")


class Sqnr(_Agreement):
    """Signal to quantization noise ratio in dB, `10 log10(signal / noise)`: the original outputs' sum of squares over
    that of the differences, both of all samples together. Of equal outputs it is 120 dB, and always between -120 and
    120 dB.

    Source: Gray and Neuhoff, Quantization (IEEE Transactions on Information Theory 1998).
    """

    name: ClassVar[str] = "sqnr"
    unit: ClassVar[str] = "dB"

    def row(self, output: Array, target: Any) -> list[float]:
        """Sums of squares of signal and noise, of outputs [...]; what only one of both has along the first dimension
        counts as 0. Raises DataError where they differ in another dimension."""
        pair = comparable(output, target)
        if pair is None:
            theirs = np.nan_to_num(padded(output, target, self.name)[1], nan=0.0, posinf=0.0, neginf=0.0)
            return [float(np.sum(theirs**2)), float(np.sum(theirs**2))]
        mine, theirs = pair
        return [float(np.sum(theirs**2)), float(np.sum((mine - theirs) ** 2))]

    def value(self, rows: Array) -> float:
        """Ratio of all rows [n, 2] together, in dB."""
        signal, noise = tuples(rows, 2).sum(axis=0)
        if noise == 0:
            return HIGHEST_DB
        if signal == 0:
            return -HIGHEST_DB
        return float(np.clip(10 * (np.log10(signal) - np.log10(noise)), -HIGHEST_DB, HIGHEST_DB))


class Kl(_Agreement):
    """Kullback-Leibler divergence in nats, the sum of `p log(p / q)` with the original's distribution p and the
    model's q over the last dimension, averaged over positions and samples. 0 for the same distributions.

    Logits are put through softmax. Of probabilities, none counts as less than 1e-12, so that the divergence is finite.

    Source: Kullback and Leibler, On information and sufficiency (1951).
    """

    name: ClassVar[str] = "kl"
    unit: ClassVar[str] = "nats"
    higher_is_better: ClassVar[bool] = False
    ranks: ClassVar[bool] = True
    full: ClassVar[float | None] = 0.0
    logits: bool | None = Field(
        default=None,
        description="whether outputs are logits; by default, unless the original's are not negative and sum to 1",
    )

    def row(self, output: Array, target: Any) -> float:
        """Divergence of outputs [..., classes] in nats; 0 for two empty ones, and what only one of both has along the
        first dimension counts as 0. Raises DataError where they differ in another dimension."""
        both = padded(np.atleast_1d(output), np.atleast_1d(target), self.name)
        if not both[0].size:
            return 0.0
        mine, theirs = (np.nan_to_num(side, nan=-FAR, posinf=FAR, neginf=-FAR) for side in both)  # -inf: no chance
        logits = not are_probabilities(theirs) if self.logits is None else self.logits
        log_q, log_p = (log_softmax(side) if logits else _log_probability(side) for side in (mine, theirs))
        divergence = np.sum(np.exp(log_p) * (log_p - log_q), axis=-1)
        return max(0.0, float(divergence.mean()))


def _highest(values: Array) -> int:
    """The place of the highest of values [n] that is a number."""
    found = int(np.argmax(values))  # the first NaN, if there is one
    if values.dtype.kind == "f" and np.isnan(values[found]):
        found = int(np.argmax(np.where(np.isnan(values), -np.inf, values)))
    return found


def _ids(output: Any) -> Array:
    values = np.atleast_1d(output)
    if values.dtype.kind in "iu":
        return np.ravel(values)
    return np.ravel(values.argmax(axis=-1)) if values.size else np.empty(0, np.int64)


def _log_probability(values: Array) -> Array:
    kept = np.maximum(values, LEAST_PROBABILITY)
    return np.asarray(np.log(kept / kept.sum(axis=-1, keepdims=True)))
