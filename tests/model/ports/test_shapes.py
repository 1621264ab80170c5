"""Shapes that a user gives."""

import numpy as np
import pytest
from openvino import PartialShape

from ovopt.errors import ModelError
from ovopt.model.ports.shapes import bounds, is_fixed, partial_shape, reshape, written
from tests.factories import exactly
from tests.models import adding_model, conv_model


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        (3, (3, 3)), ("3", (3, 3)), (0, (0, 0)), (-1, (0, -1)), ("-1", (0, -1)), ("?", (0, -1)), ("*", (0, -1)),
        ("1..8", (1, 8)), ("2..", (2, -1)), ("4..4", (4, 4)),
    ],
)  # fmt: skip
def test_a_dimension_is_a_number_any_or_a_range(dimension, expected):
    assert bounds(dimension) == expected


@pytest.mark.parametrize("dimension", [-2, "", "a", "8..1", "..8", "1.5", "1...8", True])
def test_anything_else_is_an_error(dimension):
    message = f"{dimension!r} is no dimension; write a number, ? for any, or a range: 1..8"
    with pytest.raises(ModelError, match=exactly(message)):
        bounds(dimension)


def test_dimensions_are_those_of_openvino():
    assert partial_shape((1, "?", "2..8", "3..")) == PartialShape("[1,?,2..8,3..]")
    assert written((1, -1, "2..8")) == "[1, ?, 2..8]"
    assert is_fixed((1, "2"))
    assert not is_fixed((1, "?"))


def test_an_input_is_named_or_counted_and_the_others_stay():
    model = adding_model(("a", [-1, -1], np.float32), ("b", [-1, -1], np.float32))
    reshape(model, {"b": (1, "2..8"), "0": (1, -1)}, "m")
    assert [str(port.get_partial_shape()) for port in model.inputs] == ["[1,?]", "[1,2..8]"]


@pytest.mark.parametrize(
    ("shapes", "fault"),
    [
        ({"photo": (1, 3)}, "has no input 'photo'; known: picture"),
        ({"pictures": (1, 3)}, "has no input 'pictures'; did you mean 'picture'?"),
        ({"1": (1, 3)}, "has no input '1'; known: picture"),
        (
            {"picture": (1, 3)},
            "the input 'picture' [1,3,8,8] has 4 dimensions; the shape given has 2: [1, 3]",
        ),
        (
            {"picture": (1, "three", 8, 8)},
            "the shape of input 'picture': 'three' is no dimension; write a number, ? for any, or a range: 1..8",
        ),
        (
            {"picture": (1, 4, -1, 8)},
            "cannot take the shapes picture: [1, 4, ?, 8] (its own: 'picture' [1,3,8,8]): Data batch channel count (4) "
            "does not match filter input channel count (3)",
        ),
    ],
)
def test_shapes_that_a_model_cannot_take_are_an_error(shapes, fault):
    with pytest.raises(ModelError, match=exactly(f"m.xml: {fault}")):
        reshape(conv_model(), shapes, "m.xml")
