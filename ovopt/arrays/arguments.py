"""Checks of what an operation is given: numbers, columns, axes, values that an element type can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ovopt.contracts import Array
from ovopt.errors import DataError, did_you_mean

CHANNELS = (1, 3, 4)
"""Channels of an image: grey, colour, colour with transparency."""


def numbers_of(content: Any, name: str) -> Array:
    """Array [...] of numbers. Raises DataError, which begins with the operation's name, for anything else."""
    if isinstance(content, bytes | str):
        raise DataError(f"{name}: wants an array, not {type(content).__name__}; decode the file first")
    try:
        array = np.asarray(content)
    except ValueError:
        raise DataError(f"{name}: a ragged list is not an array") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name}: wants an array of numbers, not {type(content).__name__}")
    return array


def column_of(content: Any, column: str, name: str) -> Any:
    """Value of a column. Raises DataError, which begins with the operation's name, where there is none."""
    if not isinstance(content, Mapping):
        raise DataError(f"{name}: wants a row with columns, not a {type(content).__name__}")
    if column not in content:
        raise DataError(f"{name}: no column {column!r}; {did_you_mean(column, map(str, content))}")
    return content[column]


def axis_of(axis: int, array: Array, name: str) -> int:
    """Place of an axis of an array [...], counted from the front. Raises DataError where there is no such
    axis."""
    if not -array.ndim <= axis < array.ndim:
        raise DataError(f"{name}: wants an array that has an axis {axis}, not {list(array.shape)}")
    return axis % array.ndim


def holds(dtype: np.dtype[Any], values: float | Sequence[float]) -> bool:
    """True where an element type can hold these values: any of them in floats, whole numbers within limits else."""
    if dtype.kind == "f":
        return True
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    array = np.asarray(values, np.float64)
    return bool(((array >= low) & (array <= high) & (array == np.rint(array))).all())
