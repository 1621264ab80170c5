"""Check of labels that are class indices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ovopt.errors import DataError
from ovopt.records import Port

REMEDY = (
    "list the class names under `data.classes` in the order of the model's outputs, or choose another `model.output`"
)


def check_class(label: Any, output: Port, sample_id: str, least: int = 1) -> None:
    """Raises DataError where a label is no index into the output's scores, which stand for `least` classes or more."""
    if isinstance(label, bool) or not isinstance(label, int | np.integer):
        raise DataError(
            f"{sample_id}: the label {label!r} is no class index; list the class names in the recipe's "
            "`data.classes`, in the order of the model's outputs"
        )
    scores = _scores(output)
    classes = None if scores is None else max(scores, least)
    if label < 0 or (classes is not None and label >= classes):
        raise DataError(f"{sample_id}: class {label} is outside the {classes} classes of output {output}; {REMEDY}")


def _scores(output: Port) -> int | None:
    """Number of scores of a sample: trailing dimensions of 1, as in [1, classes, 1, 1], count for nothing."""
    shape = output.shape or (None,)
    dims = shape[1:] if len(shape) > 1 else shape
    return None if None in dims else math.prod(dim for dim in dims if dim is not None)
