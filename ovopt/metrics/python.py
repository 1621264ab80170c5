"""A metric that is a function of the user's own."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Metric
from ovopt.contracts.own_code import NUMBERS, OwnCode
from ovopt.records import Record

WANTED = "a number"


class _Told(Record):
    """A function's constants of the contract, which the recipe says."""

    unit: str = Field(default="", description="share, dB, px ... as reports write it")
    higher_is_better: bool = Field(default=True, description="false for an error")
    needs_label: bool = Field(default=True, description="false for a function that judges an output by itself")


class PythonMetric(_Told, OwnCode, Metric):
    """The mean, over all samples, of a function of your own in a file beside the recipe: `python: my_metric.py:error`.
    It is called with what `postprocess` made of the output, with the label, and with the `settings`, and gives a
    number.

    Runs with `--trust` alone. The file imports installed packages, not files beside it: its SHA-256 stands for all the
    code, is written into manifests and comparisons, and another content is refused. A bundle keeps a copy.
    """

    name: ClassVar[str] = "python"
    given: ClassVar[int] = 2
    figure: str | None = Field(
        default=None, pattern=r"^[A-Za-z_]\w*$", description="the name that results carry; default: the function's"
    )

    @property
    def label(self) -> str:
        """The function's name, unless the recipe gives another."""
        return self.figure or self.function

    def row(self, output: Any, target: Any) -> float:
        """The function's answer. Raises DataError where it fails, or gives no finite number."""
        answer = self.run(output, target)
        number = np.asarray(answer) if hasattr(answer, "__array__") or isinstance(answer, int | float) else None
        if number is None or number.size != 1 or number.dtype.kind not in NUMBERS or not math.isfinite(number.item()):
            raise self.refused(answer, WANTED)
        return float(number.item())
