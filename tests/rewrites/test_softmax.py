from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.softmax import Softmax
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

SHAPE = (3, 5, 8)


def reduced(x: ov.Node, how: Callable[..., ov.Node], axis: int, keeps: bool) -> ov.Node:
    if keeps:
        return how(x, np.array([axis]), True)
    dims = [d.get_length() if d.is_static else -1 for d in x.get_output_partial_shape(0)]
    dims[axis] = 1
    return ops.reshape(how(x, np.array([axis]), False), np.array(dims), False)


def powers(x: ov.Node, axis: int = -1, keeps: bool = True) -> ov.Node:
    return ops.exp(ops.subtract(x, reduced(x, ops.reduce_max, axis, keeps)))


def spelled(x: ov.Node, axis: int = -1, keeps: bool = True, last: str = "divide") -> ov.Node:
    above = powers(x, axis, keeps)
    below = reduced(above, ops.reduce_sum, axis, keeps)
    if last == "divide":
        return ops.divide(above, below)
    if last == "reciprocal":
        return ops.multiply(ops.divide(np.float32(1), below), above)
    return ops.multiply(above, ops.power(below, np.float32(-1)))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("last", ["divide", "reciprocal", "power"])
def test_every_spelling_becomes_one_operation(axis: int, keeps: bool, last: str) -> None:
    model = graph(lambda x: spelled(x, axis, keeps, last), SHAPE)
    new = rewritten(Softmax(), model)
    assert kinds(new) == {"Softmax": 1}
    assert_same(model, new, values(SHAPE))


@pytest.mark.parametrize("shape", [(-1, 5, 8), (-1, -1, 8)])
def test_unknown_dimensions_are_carried_along(shape: tuple[int, ...]) -> None:
    model = graph(spelled, shape)
    new = rewritten(Softmax(), model)
    assert kinds(new) == {"Softmax": 1}
    assert_same(model, new, values(SHAPE))


def test_what_comes_before_stays() -> None:
    model = graph(lambda x: spelled(ops.subtract(x, np.float32(1))), SHAPE)
    new = rewritten(Softmax(), model)
    assert kinds(new) == {"Softmax": 1, "Subtract": 1}
    assert_same(model, new, values(SHAPE))


def over(above: ov.Node, axes: tuple[int, ...]) -> ov.Node:
    return ops.divide(above, ops.reduce_sum(above, np.array(axes), True))


@pytest.mark.parametrize(
    "build",
    [
        lambda x: over(powers(x), (1,)),
        lambda x: over(powers(x), (1, 2)),
        lambda x: over(ops.exp(x), (-1,)),
        lambda x: over(ops.exp(ops.subtract(x, np.float32(3))), (-1,)),
        lambda x: over(ops.exp(ops.subtract(reduced(x, ops.reduce_max, -1, True), x)), (-1,)),
        lambda x: over(ops.exp(ops.subtract(x, reduced(x, ops.reduce_mean, -1, True))), (-1,)),
        lambda x: over(ops.tanh(ops.subtract(x, reduced(x, ops.reduce_max, -1, True))), (-1,)),
        lambda x: ops.divide(powers(x), ops.reduce_mean(powers(x), np.array([-1]), True)),
        lambda x: ops.divide(ops.reduce_sum(powers(x), np.array([-1]), True), powers(x)),
        lambda x: ops.multiply(powers(x), ops.reduce_sum(powers(x), np.array([-1]), True)),
        lambda x: ops.multiply(powers(x), ops.divide(np.float32(2), ops.reduce_sum(powers(x), np.array([-1]), True))),
    ],
    ids=[
        "sum_over_another_axis",
        "two_axes",
        "no_maximum",
        "constant_shift",
        "sign",
        "mean_for_maximum",
        "tanh",
        "mean_for_sum",
        "upside_down",
        "product",
        "twice",
    ],
)
def test_look_alikes_are_left_alone(build: Callable[[ov.Node], ov.Node]) -> None:
    assert_untouched(Softmax(), graph(build, SHAPE))


def test_the_sum_of_other_powers_is_left_alone() -> None:
    def build(x: ov.Node, y: ov.Node) -> ov.Node:
        return ops.divide(powers(x), ops.reduce_sum(powers(y), np.array([-1]), True))

    assert_untouched(Softmax(), graph(build, SHAPE, SHAPE))


def test_a_sum_that_meets_its_powers_along_another_axis_is_left_alone() -> None:
    def build(x: ov.Node) -> ov.Node:
        above = powers(x)
        return ops.divide(above, ops.reduce_sum(above, np.array([-1]), False))

    assert_untouched(Softmax(), graph(build, (6, 6)))
