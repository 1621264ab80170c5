from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import permutations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.model.graph.orders import after, identity, inverse, moved_elements
from ovopt.rewrites.transposes import Transposes
from tests.rewrites.graphs import assert_untouched, kinds, moves_data, named, values

SHAPE = (2, 4, 5, 6)
LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
"""Channels last, and channels first again."""
Change = Callable[[ov.Node], ov.Node]


def last(x: ov.Node) -> ov.Node:
    return ops.transpose(x, np.array(LAST))


def first(x: ov.Node) -> ov.Node:
    return ops.transpose(x, np.array(FIRST))


def number(*shape: int) -> np.ndarray:
    return values(shape, 7) if shape else np.float32(1.5)


def limits(*shape: int) -> list[ov.Node]:
    return [ops.constant(np.full(shape, value, np.float32)) for value in (-1, 1, -2, 2)]


BETWEEN: dict[str, Change] = {
    "nothing": lambda x: x,
    "relu": ops.relu,
    "swish": ops.swish,
    "swish with a number": lambda x: ops.swish(x, np.float32(2)),
    "number": lambda x: ops.multiply(x, number()),
    "channels": lambda x: ops.add(x, number(4)),
    "channels, whole rank": lambda x: ops.subtract(number(1, 1, 1, 4), x),
    "rows and columns": lambda x: ops.maximum(x, number(5, 6, 1)),
    "all": lambda x: ops.multiply(number(2, 5, 6, 4), x),
    "itself": lambda x: ops.multiply(x, ops.sigmoid(x)),
    "mean of itself": lambda x: ops.subtract(x, ops.reduce_mean(x, np.array([1, 2]), True)),
    "fake quantize": lambda x: ops.fake_quantize(x, *limits(1, 1, 1, 4), 16),
    "select": lambda x: ops.select(ops.greater(x, np.float32(0)), x, ops.multiply(x, number(4))),
    "concat": lambda x: ops.concat([x, ops.relu(x)], -1),
    "concat with a constant": lambda x: ops.concat([x, ops.constant(number(2, 5, 6, 2))], 3),
    "pad": lambda x: ops.pad(x, np.array([0, 1, 2, 0]), np.array([0, 0, 1, 3]), "constant", np.float32(3)),
    "pad by reflection": lambda x: ops.pad(x, np.array([0, 1, 2, 0]), np.array([0, 0, 1, 3]), "reflect"),
    "slice": lambda x: ops.slice(x, [1, 0], [4, 6], [1, 2], [1, -2]),
    "split": lambda x: ops.split(x, 3, 2).output(1),
    "variadic split": lambda x: ops.variadic_split(x, np.int64(-1), np.array([3, 1])).output(0),
    "reduce": lambda x: ops.reduce_max(x, np.array([2, -1]), True),
}


@pytest.mark.parametrize("between", BETWEEN)
def test_what_stands_between_works_in_the_other_layout(between):
    model = named(lambda x: ops.tanh(first(BETWEEN[between](last(ops.relu(x))))), SHAPE)
    changed = moves_data(Transposes(), model, 1, values(SHAPE), tolerance=1e-6)
    assert kinds(changed) == kinds(model) - Counter(Transpose=2)


@pytest.mark.parametrize("order", list(permutations(range(4)))[1:])
def test_orders_that_undo_each_other_go_whatever_they_are(order):
    back = inverse(order)

    def build(x: ov.Node) -> ov.Node:
        y = ops.add(ops.transpose(ops.relu(x), np.array(order)), number(*(SHAPE[axis] for axis in order)))
        y = ops.concat([y, ops.sigmoid(y)], 2)
        return ops.tanh(ops.transpose(ops.slice(y, [1], [3], [1], [3]), np.array(back)))

    changed = moves_data(Transposes(), named(build, SHAPE), 1, values(SHAPE))
    assert kinds(changed)["Transpose"] == 0


def test_orders_in_a_row_are_one():
    model = named(lambda x: ops.relu(ops.transpose(last(x), np.array([1, 0, 3, 2]))), SHAPE)
    assert kinds(moves_data(Transposes(), model, 1, values(SHAPE))) == {"Transpose": 1, "Relu": 1}


def test_a_chain_of_blocks_needs_none():
    def build(x: ov.Node) -> ov.Node:
        for seed in range(3):
            x = ops.convolution(x, values((4, 4, 3, 3), seed), [1, 1], [1, 1], [1, 1], [1, 1])
            x = first(ops.relu(ops.add(last(x), number(4))))
        return x

    changed = moves_data(Transposes(), named(build, SHAPE), 3, values(SHAPE), tolerance=1e-6)
    assert kinds(changed) == {"Convolution": 3, "Add": 3, "Relu": 3}


def test_two_inputs_in_the_same_layout_meet_in_the_other():
    model = named(lambda x, y: ops.relu(first(ops.add(last(x), ops.sigmoid(last(y))))), SHAPE, SHAPE)
    changed = moves_data(Transposes(), model, 1, values(SHAPE), values(SHAPE, 1))
    assert kinds(changed) == {"Add": 1, "Sigmoid": 1, "Relu": 1}


def test_one_input_is_transposed_where_two_were():
    turned = tuple(SHAPE[axis] for axis in LAST)
    model = named(lambda x, y: ops.relu(first(ops.add(last(x), ops.sigmoid(y)))), SHAPE, turned)
    changed = moves_data(Transposes(), model, 1, values(SHAPE), values(turned, 1))
    assert kinds(changed) == {"Transpose": 1, "Add": 1, "Sigmoid": 1, "Relu": 1}


def test_other_readers_get_a_transpose_of_their_own_where_that_pays():
    def build(x: ov.Node) -> tuple[ov.Node, ...]:
        y = ops.relu(last(x))
        return ops.tanh(first(y)), ops.reshape(y, np.array([2, -1]), False)

    changed = moves_data(Transposes(), named(build, SHAPE), 1, values(SHAPE))
    assert kinds(changed) == {"Relu": 1, "Tanh": 1, "Transpose": 1, "Reshape": 1}


@pytest.mark.parametrize("squeezed", [False, True])
def test_the_mean_over_rows_and_columns_needs_no_layout(squeezed):
    def build(x: ov.Node) -> ov.Node:
        y = ops.relu(last(x))
        if squeezed:
            return ops.squeeze(ops.reduce_mean(y, np.array([1, 2]), True), np.array([1, 2]))
        return ops.reduce_mean(y, np.array([1, 2]), False)

    changed = moves_data(Transposes(), named(build, SHAPE), 1, values(SHAPE), tolerance=1e-6)
    assert kinds(changed)["Transpose"] == 0


def test_outputs_keep_their_names_and_layout():
    def build(x: ov.Node) -> tuple[ov.Node, ...]:
        y = ops.relu(last(ops.sigmoid(x)))
        z = ops.add(y, number(4))
        return y, first(z), ops.tanh(first(z))

    changed = moves_data(Transposes(), named(build, SHAPE), 1, values(SHAPE))
    assert kinds(changed) == {"Sigmoid": 1, "Relu": 1, "Transpose": 1, "Add": 1, "Tanh": 1}


@pytest.mark.parametrize("shape", [(-1, 4, 5, 6), (-1, 4, -1, -1), (-1, -1, -1, -1)])
def test_sizes_that_are_not_known_are_no_obstacle(shape):
    model = named(lambda x: ops.relu(first(ops.add(last(x), number(4)))), shape)
    assert kinds(moves_data(Transposes(), model, 1, values(SHAPE))) == {"Add": 1, "Relu": 1}


@pytest.mark.parametrize(
    "build",
    [
        lambda x: ops.relu(last(x)),
        lambda x: ops.matmul(ops.add(last(x), number(4)), number(4, 3), False, False),
        lambda x: ops.relu(first(ops.softmax(last(x), 3))),
        lambda x: ops.relu(first(ops.matmul(last(x), number(4, 4), False, False))),
        lambda x: first(ops.relu(ops.reshape(last(x), np.array([2, 6, 5, 4]), False))),
        lambda x: ops.transpose(ops.reduce_mean(ops.transpose(x, [0, 3, 2, 1]), np.array([0]), False), [2, 1, 0]),
        lambda x: ops.relu(ops.transpose(x, [0, 1, 2, 3])),
        lambda x: ops.add(last(x), number(3, 2, 5, 6, 4)),
    ],
    ids=[
        "alone",
        "matmul",
        "softmax",
        "matmul between",
        "reshape between",
        "reduced in another order",
        "none",
        "wider",
    ],
)
def test_others_stay(build):
    assert_untouched(Transposes(), named(build, SHAPE))


def test_computed_pads_stay():
    def build(x: ov.Node, y: ov.Node) -> ov.Node:
        pads = ops.convert(y, "i64")
        return ops.relu(first(ops.pad(last(x), pads, pads, "constant")))

    assert_untouched(Transposes(), named(build, SHAPE, (4,)))


def test_an_input_and_an_output_do_not_become_one():
    assert_untouched(Transposes(), named(lambda x: first(last(x)), SHAPE))


def test_an_order_that_moves_unit_dimensions_alone_costs_nothing():
    assert moved_elements([1, 1, 5, 6], LAST) == 0
    assert moved_elements([2, 1, 5, 6], LAST) == 0
    assert moved_elements([1, 4, 5, 6], LAST) == 120
    assert after(LAST, FIRST) == identity(LAST)
