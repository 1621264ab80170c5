from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.table_function import TableFunction
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

TABLE = values((7, 4))
INDICES = np.array([[0, 6, 3], [-1, 2, 2]], np.int32)
ROW = np.array([1, -2, 0.5, 3], np.float32)
Unary = Callable[[ov.Node], ov.Node]


def looked_up(x: ov.Node, table: np.ndarray = TABLE) -> ov.Node:
    return ops.gather(ops.constant(table), x, np.int64(0))


def after_lookup(function: Unary) -> ov.Model:
    return graph(lambda x: function(looked_up(x)), (-1, 3), dtype=np.int32)


@pytest.mark.parametrize(
    "function",
    [
        ops.tanh,
        ops.relu,
        ops.sigmoid,
        ops.erf,
        ops.abs,
        ops.negative,
        ops.swish,
        ops.mish,
        ops.hswish,
        ops.softplus,
        lambda x: ops.gelu(x, "erf"),
        lambda x: ops.gelu(x, "tanh"),
        lambda x: ops.swish(x, np.float32(1.7)),
        lambda x: ops.clamp(x, -1, 1),
        ops.exp,
        ops.hsigmoid,
        lambda x: ops.add(x, ROW),
        lambda x: ops.subtract(ROW, x),
        lambda x: ops.subtract(x, ROW.reshape(1, 1, 4)),
        lambda x: ops.multiply(x, np.float32(22.6)),
        lambda x: ops.divide(x, ROW.reshape(1, 4)),
        lambda x: ops.maximum(np.float32(0), x),
        lambda x: ops.power(x, np.float32(2)),
    ],
)
def test_a_function_of_each_element_goes_into_the_table(function: Unary) -> None:
    model = after_lookup(function)
    new = rewritten(TableFunction(), model)
    assert kinds(new) == {"Gather": 1}
    assert_same(model, new, INDICES)


def test_a_chain_of_functions_goes_into_the_table() -> None:
    model = after_lookup(lambda x: ops.gelu(ops.add(ops.multiply(x, np.float32(2)), ROW), "tanh"))
    new = rewritten(TableFunction(), model, 3)
    assert kinds(new) == {"Gather": 1}
    assert_same(model, new, INDICES)


def test_a_single_index_keeps_its_shape() -> None:
    model = graph(lambda x: ops.add(looked_up(x), ROW), (), dtype=np.int32)
    new = rewritten(TableFunction(), model)
    assert_same(model, new, np.array(3, np.int32))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.softmax(x, -1),
        lambda x: ops.elu(x, 0.5),
        lambda x: ops.add(x, x),
        lambda x: ops.add(x, np.ones((3, 4), np.float32)),
        lambda x: ops.add(x, np.ones((3, 1), np.float32)),
        lambda x: ops.add(x, np.ones((1, 1, 1, 4), np.float32)),
        lambda x: ops.equal(x, np.float32(0)),
        lambda x: ops.matmul(x, np.ones((4, 4), np.float32), False, False),
        lambda x: ops.reduce_sum(x, np.array([-1]), True),
    ],
    ids=["softmax", "elu", "twice", "by_place", "by_place_alone", "rank", "comparison", "product", "sum"],
)
def test_other_operations_are_left_alone(function: Unary) -> None:
    assert_untouched(TableFunction(), after_lookup(function))


def test_a_column_that_the_other_operand_repeats_is_left_alone() -> None:
    def build(x: ov.Node) -> ov.Node:
        return ops.add(looked_up(x, TABLE[:, :1].copy()), ROW)

    assert_untouched(TableFunction(), graph(build, (-1, 3), dtype=np.int32))


def test_what_is_also_used_as_it_is_stays() -> None:
    def build(x: ov.Node) -> tuple[ov.Node, ov.Node]:
        found = looked_up(x)
        return ops.tanh(found), ops.softmax(found, -1)

    assert_untouched(TableFunction(), graph(build, (-1, 3), dtype=np.int32))


def test_a_table_that_is_shared_stays() -> None:
    def build(x: ov.Node) -> ov.Node:
        table = ops.constant(TABLE)
        return ops.matmul(ops.tanh(ops.gather(table, x, np.int64(0))), table, False, True)

    assert_untouched(TableFunction(), graph(build, (-1, 3), dtype=np.int32))


def test_a_lookup_in_columns_is_left_alone() -> None:
    def build(x: ov.Node) -> ov.Node:
        return ops.tanh(ops.gather(ops.constant(TABLE), x, np.int64(1)))

    assert_untouched(TableFunction(), graph(build, (3,), dtype=np.int32))


def test_a_compressed_table_stays() -> None:
    def build(x: ov.Node) -> ov.Node:
        table = ops.convert(ops.constant(TABLE.astype(np.float16)), "f32")
        return ops.tanh(ops.gather(table, x, np.int64(0)))

    assert_untouched(TableFunction(), graph(build, (-1, 3), dtype=np.int32))
