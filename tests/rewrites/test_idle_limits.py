from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.idle_operations import IdleLimits
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

FAR = np.iinfo(np.int64).max
SHAPE = (2, 3, 4)
Unary = Callable[[ov.Node], ov.Node]


def around(function: Unary) -> Unary:
    return lambda x: ops.abs(function(ops.negative(x)))


def sliced(starts: list[int], ends: list[int], steps: list[int], axes: list[int] | None = None) -> Unary:
    ranges = [np.array(values) for values in (starts, ends, steps, *([axes] if axes else []))]
    return lambda x: ops.slice(x, *ranges)


IDLE = {
    "maximum": lambda x: ops.maximum(np.float32(-np.inf), x),
    "maximum_back": lambda x: ops.maximum(x, np.full((1, 1), -np.inf, np.float32)),
    "minimum": lambda x: ops.minimum(x, np.float32(np.inf)),
    "all_axes": sliced([0, 0, 0], [10**9] * 3, [1, 1, 1]),
    "some_axes": sliced([0, 0], [FAR, 2**31 - 1], [1, 1], [2, 0]),
    "axes_from_the_end": sliced([0], [4], [1], [-1]),
    "exact_ends": sliced([0, 0, 0], [10**9, 3, 4], [1, 1, 1]),
}


@pytest.mark.parametrize("name", IDLE)
@pytest.mark.parametrize("shape", [SHAPE, (-1, 3, 4)])
def test_what_no_value_reaches_goes(name: str, shape: tuple[int, ...]) -> None:
    model = graph(around(IDLE[name]), shape)
    new = rewritten(IdleLimits(), model)
    assert kinds(new) == {"Negative": 1, "Abs": 1}
    assert_same(model, new, values(SHAPE))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.maximum(x, np.float32(0)),
        lambda x: ops.maximum(x, np.float32(np.inf)),
        lambda x: ops.minimum(x, np.float32(-np.inf)),
        lambda x: ops.minimum(x, np.float32(3e38)),
        lambda x: ops.maximum(x, np.array([-np.inf, 0, -np.inf, -np.inf], np.float32)),
        lambda x: ops.maximum(x, np.full((1, 1, 1, 1), -np.inf, np.float32)),
        sliced([1, 0, 0], [FAR] * 3, [1, 1, 1]),
        sliced([0, 0, 0], [FAR] * 3, [1, 2, 1]),
        sliced([-1], [-FAR], [-1], [1]),
        sliced([0, 0, 0], [FAR, FAR, 3], [1, 1, 1]),
        sliced([0], [-1], [1], [2]),
    ],
)
def test_limits_that_values_reach_stay(function: Unary) -> None:
    assert_untouched(IdleLimits(), graph(around(function), (-1, 3, 4)))


def test_a_known_end_of_an_unknown_dimension_stays() -> None:
    assert_untouched(IdleLimits(), graph(around(sliced([0], [1000], [1], [0])), (-1, 3, 4)))


def test_a_slice_that_is_an_input_stays() -> None:
    def build(x: ov.Node, end: ov.Node) -> ov.Node:
        return ops.slice(x, np.array([0]), ops.convert(end, "i64"), np.array([1]))

    assert_untouched(IdleLimits(), graph(build, (-1, 3, 4), (1,)))
