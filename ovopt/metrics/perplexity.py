"""Perplexity of a language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ovopt.contracts import Metric
from ovopt.errors import DataError
from ovopt.metrics.row_tables import tuples

LARGEST_LOG = 700.0
"""Logarithm of nearly the largest float64."""


class Perplexity(Metric):
    """`exp` of the mean negative log-likelihood of a token, over all tokens of all samples. At most exp(700), which is
    near the largest number there is.

    The output is a pair: the sum of negative log-likelihoods in nats, and the number of tokens.

    Source: Jelinek et al., Perplexity: a measure of the difficulty of speech recognition tasks (JASA 1977).
    """

    name: ClassVar[str] = "perplexity"
    needs_label: ClassVar[bool] = False
    unit: ClassVar[str] = ""
    higher_is_better: ClassVar[bool] = False

    def row(self, output: Any, target: Any) -> list[float]:
        """Sum of negative log-likelihoods, and tokens. Raises DataError where the output is not these two numbers."""
        pair = np.ravel(output)
        if len(pair) != 2:
            raise DataError(
                f"{self.name} needs the sum of negative log-likelihoods and the number of tokens, not an output of "
                f"shape {np.shape(output)}; add a decoder of likelihoods to the recipe's `postprocess`"
            )
        return [float(number) for number in pair]

    def value(self, rows: NDArray[Any]) -> float:
        """Perplexity of rows [n, 2]; NaN without tokens."""
        total, tokens = tuples(rows, 2).sum(axis=0)
        return float(np.exp(min(total / tokens, LARGEST_LOG))) if tokens else float("nan")

    def by_class(self, rows: NDArray[Any], targets: Sequence[Any]) -> Mapping[int, float]:
        """Nothing of rows [n, 2]: a text has no class."""
        return {}
