from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.unit_convolution import UnitConvolution
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

SHAPE = (2, 3, 16)
RANDOM = np.random.default_rng(0)
Unary = Callable[[ov.Node], ov.Node]


def weights(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def convolution(
    x: ov.Node,
    kernel: Sequence[int],
    pads: Sequence[int] = (0, 0),
    strides: Sequence[int] = (1, 1),
    auto: str = "explicit",
) -> ov.Node:
    return ops.convolution(
        x, weights(4, 3, *kernel), list(strides), list(pads), list(pads), [1] * len(kernel), auto_pad=auto
    )


def wrapped(axis: int, inner: Unary) -> Unary:
    """Add a unit dimension, and drop it again."""
    return lambda x: ops.squeeze(inner(ops.unsqueeze(x, np.array([axis]))), np.array([axis]))


@pytest.mark.parametrize("shape", [SHAPE, (-1, 3, 16), (-1, 3, -1)])
@pytest.mark.parametrize(
    ("axis", "inner"),
    [
        (3, lambda x: convolution(x, (5, 1))),
        (2, lambda x: convolution(x, (1, 5))),
        (3, lambda x: convolution(x, (5, 1), pads=(2, 0), strides=(2, 1))),
        (2, lambda x: convolution(x, (1, 4), strides=(1, 3), auto="same_upper")),
        (3, lambda x: ops.convolution(x, weights(4, 3, 3, 1), [1, 1], [1, 0], [0, 0], [4, 1])),
        (2, lambda x: ops.group_convolution(x, weights(3, 1, 1, 1, 3), [1, 1], [0, 1], [0, 1], [1, 1])),
    ],
)
def test_the_unit_dimension_goes(shape: tuple[int, ...], axis: int, inner: Unary) -> None:
    model = graph(wrapped(axis, inner), shape)
    new = rewritten(UnitConvolution(), model)
    assert sum(kinds(new).values()) == 1
    assert_same(model, new, values(SHAPE))


def channels_last(x: ov.Node) -> ov.Node:
    picture = ops.transpose(ops.unsqueeze(x, np.array([3])), np.array([0, 2, 1, 3]))
    return ops.squeeze(convolution(picture, (5, 1)), np.array([3]))


def channels_last_wide(x: ov.Node) -> ov.Node:
    picture = ops.transpose(ops.unsqueeze(x, np.array([1])), np.array([0, 3, 1, 2]))
    return ops.squeeze(convolution(picture, (1, 5)), np.array([2]))


@pytest.mark.parametrize("build", [channels_last, channels_last_wide])
def test_it_may_have_been_added_before_a_transpose(build: Unary) -> None:
    model = graph(build, (-1, 16, 3))
    new = rewritten(UnitConvolution(), model)
    assert kinds(new) == {"Transpose": 1, "Convolution": 1}
    assert_same(model, new, values((2, 16, 3)))


def test_it_may_have_been_added_by_a_reshape() -> None:
    def build(x: ov.Node) -> ov.Node:
        return ops.squeeze(convolution(ops.reshape(x, np.array([2, 3, 16, 1]), False), (5, 1)), np.array([3]))

    model = graph(build, SHAPE)
    new = rewritten(UnitConvolution(), model)
    assert kinds(new) == {"Convolution": 1}
    assert_same(model, new, values(SHAPE))


def test_others_than_squeezes_get_the_dimension_back() -> None:
    def build(x: ov.Node) -> tuple[ov.Node, ov.Node]:
        found = convolution(ops.unsqueeze(x, np.array([3])), (5, 1))
        return ops.squeeze(found, np.array([3])), ops.relu(found)

    model = graph(build, SHAPE)
    new = rewritten(UnitConvolution(), model)
    assert kinds(new) == {"Convolution": 1, "Unsqueeze": 1, "Relu": 1}
    assert_same(model, new, values(SHAPE))


def test_a_convolution_over_three_dimensions_loses_one() -> None:
    def inner(x: ov.Node) -> ov.Node:
        return ops.convolution(x, weights(4, 3, 3, 1, 3), [1] * 3, [0] * 3, [0] * 3, [1] * 3)

    model = graph(wrapped(3, inner), (2, 3, 8, 8))
    new = rewritten(UnitConvolution(), model)
    assert kinds(new) == {"Convolution": 1}
    assert_same(model, new, values((2, 3, 8, 8)))


@pytest.mark.parametrize(
    "inner",
    [
        lambda x: convolution(x, (5, 3), pads=(0, 1)),
        lambda x: convolution(x, (5, 1), strides=(1, 2)),
    ],
    ids=["kernel", "stride"],
)
def test_a_convolution_that_does_something_along_the_unit_dimension_is_left_alone(inner: Unary) -> None:
    assert_untouched(UnitConvolution(), graph(wrapped(3, inner), SHAPE))


def test_padding_along_the_unit_dimension_is_left_alone() -> None:
    def build(x: ov.Node) -> ov.Node:
        return convolution(ops.unsqueeze(x, np.array([3])), (5, 1), pads=(0, 1))

    assert_untouched(UnitConvolution(), graph(build, SHAPE))


@pytest.mark.parametrize("shape", [(2, 3, 16, 1), (2, 3, 1, 1)])
def test_a_picture_that_is_one_pixel_wide_is_left_alone(shape: tuple[int, ...]) -> None:
    assert_untouched(UnitConvolution(), graph(lambda x: convolution(x, (1, 1)), shape))


def test_a_width_that_is_not_known_to_be_one_is_left_alone() -> None:
    def build(x: ov.Node) -> ov.Node:
        return convolution(ops.reshape(x, np.array([0, 0, 16, -1]), True), (5, 1))

    assert_untouched(UnitConvolution(), graph(build, (2, 3, -1)))


def test_a_reshape_that_moves_elements_is_left_alone() -> None:
    def build(x: ov.Node) -> ov.Node:
        return convolution(ops.reshape(x, np.array([2, 3, 16, 1]), False), (5, 1))

    assert_untouched(UnitConvolution(), graph(build, (2, 16, 3)))


def test_weights_that_are_an_input_are_left_alone() -> None:
    x, kernel = ops.parameter([2, 3, 16], np.float32), ops.parameter([4, 3, 5, 1], np.float32)
    found = ops.convolution(ops.unsqueeze(x, np.array([3])), kernel, [1, 1], [0, 0], [0, 0], [1, 1])
    assert_untouched(UnitConvolution(), ov.Model([found], [x, kernel], "two inputs"))
