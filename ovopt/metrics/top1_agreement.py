"""Label-free agreement of the most likely class."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from ovopt.contracts import Array, Metric


class Top1Agreement(Metric):
    """Share of samples on which the highest score is at the same place as in the original's output."""

    name: ClassVar[str] = "top1_agreement"
    unit: ClassVar[str] = "share"
    kind: ClassVar[Literal["accuracy", "agreement"]] = "agreement"
    statistics: ClassVar[Literal["share", "bootstrap"]] = "share"

    def row(self, output: Array, target: Any) -> float:
        """1 where the places agree, else 0."""
        return float(int(np.argmax(output)) == int(np.argmax(target)))
