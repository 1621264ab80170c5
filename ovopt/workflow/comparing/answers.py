"""Decoded outputs, as metrics of agreement compare it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ovopt.contracts import Array, Detections
from ovopt.errors import DataError


def comparable(answer: Any) -> Array:
    """Numbers [...] of an answer: those it holds; the rows [n, 6] of detections; the characters [n] of a text, or of a
    list of texts, as integers. Raises DataError for anything else."""
    match answer:
        case Detections():
            return answer.rows
        case str():
            return np.frombuffer(answer.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
        case list() | tuple() if answer and all(isinstance(part, str) for part in answer):
            return comparable("\0".join(answer))
        case list() | tuple() if len({np.shape(part) for part in answer}) > 1:
            return np.concatenate([np.ravel(comparable(part)) for part in answer])
    found = np.asarray(answer)
    if found.dtype.kind not in "biuf":
        raise DataError(
            f"agreement of decoded answers compares numbers and texts, and `postprocess` gives {type(answer).__name__}"
        )
    return found.astype(np.int64) if found.dtype.kind == "b" else found
