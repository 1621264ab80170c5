from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.channel_permutations import PermutedGather
from tests.rewrites.graphs import assert_untouched, computed, kinds, moves_data, named, rewritten, values

SHAPE = (2, 6, 5, 5)
ORDER = (4, 1, 0, 5, 3, 2)


def gathered(x: ov.Node, order: tuple[int, ...] = ORDER, axis: int = 1) -> ov.Node:
    return ops.gather(x, np.array(order), axis)


def picked(x: np.ndarray, order: tuple[int, ...] = ORDER) -> np.ndarray:
    return x[:, list(order)]


def convolved(x: ov.Node, channels: int = 6, seed: int = 1) -> ov.Node:
    return ops.convolution(x, values((4, channels, 3, 3), seed), [1, 1], [1, 1], [1, 1], [1, 1])


@pytest.mark.parametrize(
    ("order", "axis"), [(ORDER, -3), ((5, 4, 3, 2, 1, 0), 1), ((0, -1, -2, -3, -4, -5), -3), ((-1, 1, 2, 3, 4, 0), 1)]
)
@pytest.mark.parametrize("shape", [SHAPE, (-1, 6, -1, -1)])
def test_the_convolution_takes_the_permutation_over(order, axis, shape):
    model = named(lambda x: convolved(ops.relu(gathered(x, order, axis))), shape)
    changed = moves_data(PermutedGather(), model, 1, values(SHAPE), tolerance=1e-5)
    assert kinds(changed) == {"Relu": 1, "Convolution": 1}


@pytest.mark.parametrize("axis", [1, -3, np.array([1])])
def test_it_equals_the_convolution_of_what_was_picked(axis):
    changed = rewritten(PermutedGather(), named(lambda x: convolved(gathered(x, ORDER, axis)), SHAPE))
    (wanted,) = computed(named(convolved, SHAPE), picked(values(SHAPE)))
    np.testing.assert_allclose(computed(changed, values(SHAPE))[0], wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("axis", [np.array(1), np.array([1])], ids=["a number", "a list"])
def test_parts_are_taken_in_runs_of_neighbours(axis):
    def build(x: ov.Node) -> ov.Node:
        parts = ops.variadic_split(gathered(x), axis, np.array([2, 4]))
        return ops.concat([convolved(parts.output(0), 2), convolved(ops.relu(parts.output(1)), 4)], 1)

    changed = moves_data(PermutedGather(), named(build, SHAPE), 1, values(SHAPE), tolerance=1e-5)
    assert kinds(changed)["Gather"] == 0


def test_several_in_a_row_are_one():
    model = named(lambda x: convolved(gathered(gathered(x), (1, 0, 2, 5, 4, 3))), SHAPE)
    assert kinds(moves_data(PermutedGather(), model, 2, values(SHAPE), tolerance=1e-5)) == {"Convolution": 1}


@pytest.mark.parametrize(
    "build",
    [
        gathered,
        lambda x: ops.matmul(gathered(x), values((5, 5)), False, False),
        lambda x: convolved(gathered(x, (0, 0, 1, 2, 3, 4))),
        lambda x: convolved(gathered(x, (0, 1, 2)), 3),
        lambda x: convolved(gathered(x, (4, 3, 2, 1, 0), 2)),
        lambda x: ops.relu(ops.gather(x, np.array([[4, 1, 0, 5, 3, 2]]), 1)),
    ],
    ids=["output", "other reader", "twice", "fewer", "rows", "more dimensions"],
)
def test_others_stay(build):
    assert_untouched(PermutedGather(), named(build, SHAPE))


def test_indices_that_are_computed_stay():
    model = named(lambda x, y: convolved(ops.gather(x, ops.convert(y, "i64"), 1)), SHAPE, (6,))
    assert_untouched(PermutedGather(), model)
