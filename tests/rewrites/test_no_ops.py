from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.idle_operations import NoOps
from tests.rewrites.graphs import assert_untouched, kinds, moves_data, named, values

SHAPE = (2, 3, 4)


def one(value: float, *shape: int) -> ov.Node:
    return ops.constant(np.full(shape, value, np.float32))


def ints(*numbers: int) -> ov.Node:
    return ops.constant(np.array(numbers, np.int64))


NOTHING = {
    "times one": lambda x: ops.multiply(x, one(1)),
    "one times": lambda x: ops.multiply(one(1, 1, 1, 1), x),
    "times ones": lambda x: ops.multiply(x, one(1, 3, 4)),
    "plus zero": lambda x: ops.add(x, one(0)),
    "zero plus": lambda x: ops.add(one(0, 3, 1), x),
    "minus zero": lambda x: ops.subtract(x, one(0)),
    "by one": lambda x: ops.divide(x, one(1)),
    "to the first": lambda x: ops.power(x, one(1)),
    "reshape": lambda x: ops.reshape(x, ints(2, 3, 4), False),
    "reshape, guessing": lambda x: ops.reshape(x, ints(0, -1, 4), True),
    "broadcast": lambda x: ops.broadcast(x, ints(2, 3, 4)),
    "tile": lambda x: ops.tile(x, ints(1, 1, 1)),
    "slice": lambda x: ops.slice(x, ints(0), ints(2**31), ints(1), ints(1)),
    "strided slice": lambda x: ops.strided_slice(x, ints(0, 0), ints(0, 4), ints(1, 1), [1, 0], [1, 0]),
    "pad": lambda x: ops.pad(x, ints(0, 0, 0), ints(0, 0, 0), "reflect"),
    "transpose": lambda x: ops.transpose(x, ints(0, 1, 2)),
    "convert": lambda x: ops.convert(x, "f32"),
    "concat": lambda x: ops.concat([x], 1),
    "split": lambda x: ops.split(x, 1, 1).output(0),
    "variadic split": lambda x: ops.variadic_split(x, 1, ints(3)).output(0),
}

SOMETHING = {
    "times two": lambda x: ops.multiply(x, one(2)),
    "almost one": lambda x: ops.multiply(x, one(1.0000001)),
    "times ones that widen": lambda x: ops.multiply(x, one(1, 5, 2, 3, 4)),
    "from zero": lambda x: ops.subtract(one(0), x),
    "one by": lambda x: ops.divide(one(1), x),
    "one to the": lambda x: ops.power(one(1), x),
    "reshape": lambda x: ops.reshape(x, ints(3, 2, 4), False),
    "reverse": lambda x: ops.slice(x, ints(-1), ints(-(2**31)), ints(-1), ints(1)),
    "backwards": lambda x: ops.strided_slice(x, ints(-1), ints(0), ints(-1), [1], [1]),
    "every second": lambda x: ops.slice(x, ints(0), ints(4), ints(2), ints(2)),
    "shift": lambda x: ops.pad(x, ints(1, 0, 0), ints(-1, 0, 0), "constant"),
    "convert": lambda x: ops.convert(ops.convert(x, "f16"), "f32"),
    "parts": lambda x: ops.split(x, 2, 2).output(1),
    "twice": lambda x: ops.concat([x, x], 1),
}


@pytest.mark.parametrize("case", NOTHING)
def test_what_changes_nothing_goes(case):
    model = named(lambda x: ops.relu(NOTHING[case](ops.sigmoid(x))), SHAPE)
    changed = moves_data(NoOps(), model, 1, values(SHAPE))
    assert kinds(changed) == {"Sigmoid": 1, "Relu": 1}


@pytest.mark.parametrize("case", NOTHING)
def test_the_last_operation_hands_its_name_on(case):
    changed = moves_data(NoOps(), named(lambda x: NOTHING[case](ops.sigmoid(x)), SHAPE), 1, values(SHAPE))
    assert kinds(changed) == {"Sigmoid": 1}


@pytest.mark.parametrize("case", SOMETHING)
def test_what_changes_something_stays(case):
    assert_untouched(NoOps(), named(lambda x: ops.relu(SOMETHING[case](ops.sigmoid(x))), SHAPE))


def test_all_of_a_chain_go():
    def build(x: ov.Node) -> ov.Node:
        x = ops.sigmoid(x)
        for change in NOTHING.values():
            x = change(x)
        return x

    assert kinds(moves_data(NoOps(), named(build, SHAPE), len(NOTHING), values(SHAPE))) == {"Sigmoid": 1}


def test_an_input_and_an_output_do_not_become_one():
    assert_untouched(NoOps(), named(lambda x: ops.multiply(x, one(1)), SHAPE))


def test_two_outputs_do_not_become_one():
    def build(x: ov.Node) -> tuple[ov.Node, ...]:
        y = ops.relu(x)
        return y, ops.multiply(y, one(1))

    assert_untouched(NoOps(), named(build, SHAPE))


def test_unknown_sizes_may_widen():
    assert_untouched(NoOps(), named(lambda x: ops.relu(ops.multiply(x, one(1, 3, 1))), (2, -1, 4)))
    assert_untouched(NoOps(), named(lambda x: ops.relu(ops.reshape(x, ints(2, -1, 4), False)), (-1, -1, 4)))


def test_unknown_sizes_that_stay_are_no_obstacle():
    model = named(lambda x: ops.relu(ops.multiply(x, one(1, 1, 4))), (-1, -1, 4))
    assert kinds(moves_data(NoOps(), model, 1, values(SHAPE))) == {"Relu": 1}
