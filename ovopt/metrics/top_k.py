"""Top-k accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Metric
from ovopt.errors import DataError
from ovopt.metrics.class_labels import check_class
from ovopt.records import Port


class TopK(Metric):
    """Share of samples whose class is among the k highest scores. Of equal scores the lower class index comes first."""

    name: ClassVar[str] = "top_k"
    unit: ClassVar[str] = "share"
    statistics: ClassVar[Literal["share", "bootstrap"]] = "share"
    presets: ClassVar = {"top1": {"k": 1}, "top5": {"k": 5}}
    k: int = Field(gt=0)

    @property
    def label(self) -> str:
        """`top1`, `top5` ..."""
        return f"top{self.k}"

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no index into the model's scores."""
        check_class(label, outputs[0], sample_id)

    def row(self, output: Array, target: Any) -> float:
        """1 for a hit, else 0, of scores [classes]. Raises DataError where the class has no score."""
        scores = np.ravel(output)
        if target >= len(scores):
            raise DataError(f"class {target} is outside the {len(scores)} scores of the output")
        ahead = np.count_nonzero(scores > scores[target]) + np.count_nonzero(scores[:target] == scores[target])
        return float(ahead < self.k)
