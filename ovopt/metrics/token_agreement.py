"""Label-free agreement of each token."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ovopt.contracts import Array, Metric
from ovopt.metrics.rows import tuples


class TokenAgreement(Metric):
    """Share of positions, of all samples together, at which the most likely token is the original's.

    Outputs are logits [positions, vocabulary] or integer ids [positions]. Positions that only one of both has do not
    agree.
    """

    name: ClassVar[str] = "token_agreement"
    unit: ClassVar[str] = "share"
    kind: ClassVar[Literal["accuracy", "agreement"]] = "agreement"

    def row(self, output: Array, target: Any) -> list[int]:
        """Positions that agree, and positions."""
        mine, theirs = _ids(output), _ids(target)
        shared = min(len(mine), len(theirs))
        return [int(np.count_nonzero(mine[:shared] == theirs[:shared])), max(len(mine), len(theirs))]

    def value(self, rows: NDArray[Any]) -> float:
        """NaN without positions."""
        agreed, positions = tuples(rows, 2).sum(axis=0)
        return float(agreed / positions) if positions else float("nan")


def _ids(output: Any) -> Array:
    values = np.atleast_1d(output)
    return np.ravel(values if values.dtype.kind in "iu" else values.argmax(axis=-1))
