"""Finding an expression, however it is spelled."""

from __future__ import annotations

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.model.graph.spelling import either, number, op, readings
from tests.rewrites.graphs import graph


def found(spelling, model):
    last = model.get_results()[0].input_value(0).get_node()
    return [
        {name: value.get_node().get_friendly_name() for name, value in one.items()} for one in readings(spelling, last)
    ]


def named(build, *shapes):
    model = graph(build, *shapes)
    for parameter, name in zip(model.get_parameters(), "xyz", strict=False):
        parameter.set_friendly_name(name)
    return model


def test_a_name_is_one_value_wherever_it_returns():
    spelling = op("Subtract", "a", op("Relu", "a"))
    same = named(lambda x: ops.subtract(x, ops.relu(x)), (2,))
    different = named(lambda x, y: ops.subtract(x, ops.relu(y)), (2,), (2,))
    assert found(spelling, same) == [{"a": "x"}]
    assert found(spelling, different) == []


def test_a_commutative_operation_is_read_both_ways():
    model = named(ops.add, (2,), (2,))
    assert found(op("Add", "a", "b"), model) == [{"a": "x", "b": "y"}, {"a": "y", "b": "x"}]


def test_any_other_operation_is_read_one_way():
    assert found(op("Divide", "a", "b"), named(ops.divide, (2,), (2,))) == [{"a": "x", "b": "y"}]


def test_a_first_reading_that_leads_nowhere_is_taken_back():
    spelling = op("Multiply", "a", op("Multiply", "b", op("Relu", "a")))
    model = named(lambda x, y: ops.multiply(ops.multiply(ops.relu(x), y), x), (2,), (2,))
    assert found(spelling, model) == [{"a": "x", "b": "y"}]


def test_either_spelling_is_found():
    spelling = op("Abs", either(op("Relu", "a"), op("Exp", "a")))
    assert found(spelling, named(lambda x: ops.abs(ops.relu(x)), (2,))) == [{"a": "x"}]
    assert found(spelling, named(lambda x: ops.abs(ops.exp(x)), (2,))) == [{"a": "x"}]
    assert found(spelling, named(lambda x: ops.abs(ops.log(x)), (2,))) == []


@pytest.mark.parametrize(("constant", "fits"), [(3.0, True), (3.001, True), (3.01, False), (-3.0, False)])
def test_a_number_may_have_been_rounded_to_half_precision(constant, fits):
    model = named(lambda x: ops.add(x, np.float32(constant)), (2,))
    assert bool(found(op("Add", "a", 3.0), model)) == fits


def test_zero_is_zero_alone():
    assert found(op("Add", "a", 0.0), named(lambda x: ops.add(x, np.float32(1e-9)), (2,))) == []


def test_attributes_are_compared():
    model = named(lambda x: ops.clamp(x, 0, 6), (2,))
    assert found(op("Clamp", "a", min=0.0, max=6.0), model) == [{"a": "x"}]
    assert found(op("Clamp", "a", min=0.0, max=5.0), model) == []
    assert found(op("Clamp", "a", unknown=5.0), model) == []


def test_a_named_operation_is_kept():
    model = named(lambda x: ops.abs(ops.relu(x)), (2,))
    (one,) = readings(op("Abs", op("Relu", "a").named("inner")), model.get_results()[0].input_value(0).get_node())
    assert one["inner"].get_node().get_type_name() == "Relu"


def test_what_others_use_is_no_part_of_an_expression():
    def build(x):
        inner = ops.relu(x)
        return ops.abs(inner), inner

    assert found(op("Abs", op("Relu", "a")), named(build, (2,))) == []
    assert len(found(op("Abs", "a"), named(build, (2,)))) == 1


def test_integers_are_not_read():
    assert found(op("Abs", "a"), graph(ops.abs, (2,), dtype=np.int32)) == []


def test_a_number_is_read_through_a_conversion():
    half = ops.convert(ops.constant(np.float16(0.5)), "f32")
    assert number(half.output(0)) == 0.5
    assert number(ops.constant(np.ones(2, np.float32)).output(0)) is None
