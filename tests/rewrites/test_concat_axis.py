from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.concat_axis import ConcatAxis
from ovopt.rewrites.transposes import Transposes
from tests.rewrites.graphs import assert_untouched, kinds, moves_data, named, values


@pytest.mark.parametrize("axis", [-1, "last"])
@pytest.mark.parametrize("count", [2, 5])
@pytest.mark.parametrize("shape", [(4,), (3, 4), (1, 3, 4), (2, 3, 4, 5)])
def test_stacking_innermost_becomes_stacking_outermost(shape, count, axis):
    rank = len(shape)
    where = rank if axis == "last" else -1

    def build(*inputs: ov.Node) -> ov.Node:
        return ops.concat([ops.unsqueeze(x, np.array([where])) for x in inputs], where)

    inputs = [values(shape, seed) for seed in range(count)]
    changed = moves_data(ConcatAxis(), named(build, *[shape] * count), 1, *inputs)
    assert kinds(changed) == {"Unsqueeze": count, "Concat": 1, "Transpose": 1}


def test_unit_dimensions_that_were_there_before_move():
    model = named(lambda x, y: ops.relu(ops.concat([x, y], 2)), (2, 3, 1), (2, 3, 1))
    changed = moves_data(ConcatAxis(), model, 1, values((2, 3, 1)), values((2, 3, 1), 1))
    assert kinds(changed) == {"Squeeze": 2, "Unsqueeze": 2, "Concat": 1, "Transpose": 1, "Relu": 1}


def test_sizes_that_are_not_known_are_no_obstacle():
    model = named(lambda x, y: ops.relu(ops.concat([x, y], -1)), (-1, -1, 1), (-1, -1, 1))
    moves_data(ConcatAxis(), model, 1, values((2, 3, 1)), values((2, 3, 1), 1))


def test_the_transpose_cancels_with_the_one_before_a_convolution():
    def build(x: ov.Node, y: ov.Node) -> ov.Node:
        stacked = ops.concat([ops.unsqueeze(x, np.array([3])), ops.unsqueeze(y, np.array([3]))], 3)
        cut = ops.slice(stacked, [0], [5], [1], [2])
        return ops.convolution(ops.transpose(cut, [0, 3, 1, 2]), values((4, 2, 3, 3)), [1, 1], [0, 0], [0, 0], [1, 1])

    inputs = values((1, 6, 7), 1), values((1, 6, 7), 2)
    stacked = moves_data(ConcatAxis(), named(build, (1, 6, 7), (1, 6, 7)), 1, *inputs)
    changed = moves_data(Transposes(), stacked, 1, *inputs)
    assert kinds(changed) == {"Unsqueeze": 2, "Concat": 1, "Slice": 1, "Convolution": 1}


@pytest.mark.parametrize(
    ("shapes", "axis"),
    [
        ([(2, 3, 1)], 2),
        ([(2, 3, 2), (2, 3, 1)], 2),
        ([(2, 1, 3), (2, 1, 3)], 1),
        ([(1, 1, 1), (1, 1, 1)], 2),
        ([(1,), (1,)], 0),
        ([(2, 3, -1), (2, 3, 1)], 2),
    ],
    ids=["alone", "wide", "inside", "single elements", "vectors", "unknown"],
)
def test_others_stay(shapes, axis):
    assert_untouched(ConcatAxis(), named(lambda *inputs: ops.relu(ops.concat(list(inputs), axis)), *shapes))
