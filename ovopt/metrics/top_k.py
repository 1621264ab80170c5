"""Top-k accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Metric
from ovopt.errors import DataError
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
        """A label must be an index into the model's scores."""
        if isinstance(label, bool) or not isinstance(label, int | np.integer):
            raise DataError(
                f"{sample_id}: the label {label!r} is no class index; list the class names in the recipe's "
                "`data.classes`, in the order of the model's outputs"
            )
        classes = _scores(outputs[0])
        if label < 0 or (classes is not None and label >= classes):
            raise DataError(f"{sample_id}: class {label} is outside the {classes} classes of output {outputs[0]}")

    def row(self, output: Array, target: Any) -> float:
        """1 for a hit, else 0. `output` holds one score per class."""
        scores = np.ravel(output)
        if target >= len(scores):
            raise DataError(f"class {target} is outside the {len(scores)} scores of the output")
        ahead = np.count_nonzero(scores > scores[target]) + np.count_nonzero(scores[:target] == scores[target])
        return float(ahead < self.k)


def _scores(output: Port) -> int | None:
    """How many scores a sample has: trailing dimensions of 1, as in [1, classes, 1, 1], count for nothing."""
    shape = output.shape or (None,)
    dims = shape[1:] if len(shape) > 1 else shape
    return None if None in dims else math.prod(dim for dim in dims if dim is not None)
