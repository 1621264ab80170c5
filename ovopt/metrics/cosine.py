"""Label-free agreement of the whole output."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from ovopt.contracts import Array, Metric


class Cosine(Metric):
    """Mean cosine similarity of the flattened output and the original's, 1 for the same direction."""

    name: ClassVar[str] = "cosine"
    unit: ClassVar[str] = ""
    kind: ClassVar[Literal["accuracy", "agreement"]] = "agreement"

    def row(self, output: Array, target: Any) -> float:
        """From -1 to 1; two zero outputs agree, one zero output agrees with nothing."""
        mine, theirs = (np.ravel(values).astype(np.float64) for values in (output, target))
        if mine.shape != theirs.shape:
            return 0.0
        norms = float(np.linalg.norm(mine) * np.linalg.norm(theirs))
        if norms == 0:
            return float(np.array_equal(mine, theirs))
        return float(np.clip(mine @ theirs / norms, -1, 1))
