"""Numbers, axes, values that an element type can hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ovopt.arrays.arguments import axis_of, holds, numbers_of
from ovopt.errors import DataError
from tests.factories import exactly


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        ("uint8", 255, True),
        ("uint8", 256, False),
        ("uint8", -1, False),
        ("uint8", 0.5, False),
        ("uint8", (0, 300), False),
        ("bool", 1, True),
        ("bool", 2, False),
        ("float32", 1e9, True),
        ("int16", -32768, True),
    ],
)
def test_what_an_element_type_holds(dtype, value, expected):
    assert holds(np.dtype(dtype), value) is expected


@pytest.mark.parametrize(("axis", "place"), [(0, 0), (2, 2), (-1, 2), (-3, 0)])
def test_an_axis_is_counted_from_the_front(axis: int, place: int) -> None:
    assert axis_of(axis, np.zeros((2, 3, 4)), "op") == place


@pytest.mark.parametrize("axis", [3, -4])
def test_an_axis_that_is_missing_is_named(axis: int) -> None:
    with pytest.raises(DataError, match=exactly(f"op: wants an array that has an axis {axis}, not [2, 3, 4]")):
        axis_of(axis, np.zeros((2, 3, 4)), "op")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"x", "op: wants an array, not bytes; decode the file first"),
        ([[1], [1, 2]], "op: a ragged list is not an array"),
        (["a"], "op: wants an array of numbers, not list"),
    ],
)
def test_what_holds_no_numbers_is_refused(content: Any, said: str) -> None:
    with pytest.raises(DataError, match=exactly(said)):
        numbers_of(content, "op")
