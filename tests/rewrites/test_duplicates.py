from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.duplicates import Duplicates
from tests.rewrites.graphs import assert_untouched, kinds, moves_data, named, values

SHAPE = (1, 4, 6, 6)


def convolved(x: ov.Node, seed: int = 1, pad: int = 1) -> ov.Node:
    return ops.convolution(x, values((4, 4, 3, 3), seed), [1, 1], [pad, pad], [2 - pad, 2 - pad], [1, 1])


def joined(one: ov.Node, two: ov.Node) -> ov.Node:
    return ops.concat([ops.sigmoid(one), ops.tanh(two)], 1)


def test_equal_operations_become_one():
    changed = moves_data(Duplicates(), named(lambda x: joined(ops.relu(x), ops.relu(x)), SHAPE), 1, values(SHAPE))
    assert kinds(changed)["Relu"] == 1


def test_whole_branches_become_one():
    def branch(x: ov.Node) -> ov.Node:
        return ops.add(ops.relu(convolved(x)), ops.constant(np.float32([[[2]]])))

    changed = moves_data(Duplicates(), named(lambda x: joined(branch(x), branch(x)), SHAPE), 3, values(SHAPE))
    assert kinds(changed) == {"Convolution": 1, "Relu": 1, "Add": 1, "Sigmoid": 1, "Tanh": 1, "Concat": 1}


@pytest.mark.parametrize(
    "two",
    [
        lambda x: convolved(x, seed=2),
        lambda x: convolved(x, pad=0),
        lambda x: ops.convolution(x, values((4, 4, 3, 3), 1), [1, 1], [1, 1], [1, 1], [1, 1], "same_upper"),
    ],
    ids=["weights", "pads", "automatic pads"],
)
def test_what_differs_in_anything_stays(two):
    assert_untouched(Duplicates(), named(lambda x: joined(convolved(x), two(x)), SHAPE))


def test_the_order_of_inputs_counts():
    assert_untouched(Duplicates(), named(lambda x, y: joined(ops.subtract(x, y), ops.subtract(y, x)), SHAPE, SHAPE))


def test_constants_of_another_shape_or_type_differ():
    build = lambda x: joined(ops.add(x, values((1, 4, 1, 1))), ops.add(x, values((1, 1, 1, 4)).reshape(1, 4, 1, 1)))  # noqa: E731
    assert kinds(moves_data(Duplicates(), named(build, SHAPE), 1, values(SHAPE)))["Add"] == 1
    build = lambda x: joined(ops.add(x, np.float32([2, 2, 2, 2, 2, 2])), ops.add(x, np.float32([[2] * 6])))  # noqa: E731
    assert_untouched(Duplicates(), named(build, SHAPE))


def test_each_output_of_several_is_taken_over():
    def build(x: ov.Node) -> ov.Node:
        one, two = ops.split(x, 1, 2), ops.split(x, 1, 2)
        return ops.concat([one.output(0), two.output(1), two.output(0), one.output(1)], 1)

    changed = moves_data(Duplicates(), named(build, SHAPE), 1, values(SHAPE))
    assert kinds(changed) == {"Split": 1, "Concat": 1}


def test_another_output_of_the_same_operation_is_another_input():
    def build(x: ov.Node) -> ov.Node:
        parts = ops.split(x, 1, 2)
        return joined(ops.relu(parts.output(0)), ops.relu(parts.output(1)))

    assert_untouched(Duplicates(), named(build, SHAPE))


def test_outputs_stay_apart():
    assert_untouched(Duplicates(), named(lambda x: (ops.relu(x), ops.relu(x)), SHAPE))
    model = named(lambda x: (ops.sigmoid(ops.relu(x)), ops.relu(x)), SHAPE)
    assert kinds(moves_data(Duplicates(), model, 1, values(SHAPE))) == {"Relu": 1, "Sigmoid": 1}


def test_chance_and_states_are_not_shared():
    def chance(x: ov.Node) -> ov.Node:
        shape = ops.constant(np.array(SHAPE))
        return ops.add(x, ops.random_uniform(shape, np.float32(0), np.float32(1), "f32"))

    assert kinds(named(lambda x: joined(chance(x), chance(x)), SHAPE))["RandomUniform"] == 2
    assert_untouched(Duplicates(), named(lambda x: joined(chance(x), chance(x)), SHAPE))
