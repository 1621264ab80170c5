"""Check of labels that are class indices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ovopt.contracts import Array
from ovopt.errors import DataError
from ovopt.records import Port

REMEDY = "`data.first_label` says with which number labels begin, `model.output` chooses another output"
SHOWN = 40
ONE_SCORE = "one score tells class 1 from class 0 by a threshold: --set metrics=[f1,auroc]"


def check_class(label: Any, output: Port, sample_id: str, least: int = 1) -> None:
    """Raises DataError where a label is no index into the output's scores, which stand for `least` classes or more."""
    if isinstance(label, bool) or not isinstance(label, int | np.integer):
        raise DataError(
            f"{sample_id}: the label {_short(label)} is no class; wanted is one of these for each sample: an index "
            "from 0 on, a name that `data.classes` lists, or a one-hot row"
        )
    scores = scores_of(output)
    if label == 1 and scores == least == 1:
        raise DataError(f"{sample_id}: class 1, where output {output} holds one score; {ONE_SCORE}")
    classes = None if scores is None else max(scores, least)
    if label < 0 or (classes is not None and label >= classes):
        raise DataError(f"{sample_id}: class {label} is outside the {classes} classes of output {output}; {REMEDY}")


def _short(label: Any) -> str:
    """A label as it is, an array by its shape where it is long."""
    said = repr(label.tolist() if isinstance(label, np.ndarray) else label)
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}..."


def scores_of(output: Port) -> int | None:
    """Number of scores of a sample: trailing dimensions of 1, as in [1, classes, 1, 1], count for nothing. None where
    it is open, and where the numbers are classes themselves: integers, but for those of 8 bits that are several."""
    shape = output.shape or (None,)
    dims = shape[1:] if len(shape) > 1 else shape
    count = None if None in dims else math.prod(dim for dim in dims if dim is not None)
    integers = output.dtype[:1] in ("i", "u")
    return None if integers and (count == 1 or output.dtype not in ("i8", "u8")) else count


def as_classes(output: Any) -> Array | None:
    """Classes [k], the best first, of an output that holds such, as that of a TopK does; None of scores."""
    values = np.ravel(output)
    return values if values.dtype.kind in "iu" and (values.size == 1 or values.dtype.itemsize > 1) else None
