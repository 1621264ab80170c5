"""Label-free agreement as a ratio of signal to noise."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ovopt.contracts import Array, Metric
from ovopt.errors import DataError
from ovopt.metrics.rows import tuples

HIGHEST_DB = 120.0


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
        """Signal and noise."""
        mine, theirs = (np.asarray(values, np.float64) for values in (output, target))
        if mine.shape != theirs.shape:
            raise DataError(f"sqnr needs outputs of one shape; this one is {mine.shape}, the original's {theirs.shape}")
        return [float(np.sum(theirs**2)), float(np.sum((mine - theirs) ** 2))]

    def value(self, rows: NDArray[Any]) -> float:
        """In dB."""
        signal, noise = tuples(rows, 2).sum(axis=0)
        if noise == 0:
            return HIGHEST_DB
        if signal == 0:
            return -HIGHEST_DB
        return float(np.clip(10 * (np.log10(signal) - np.log10(noise)), -HIGHEST_DB, HIGHEST_DB))
