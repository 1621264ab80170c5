from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.reshape_target import ReshapeTarget
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

Unary = Callable[[ov.Node], ov.Node]


def size(x: ov.Node, axis: int) -> ov.Node:
    return ops.gather(ops.shape_of(x), np.array([axis]), np.int64(0))


def to(x: ov.Node, *target: ov.Node | int) -> ov.Node:
    parts = [ops.constant(np.array([part], np.int64)) if isinstance(part, int) else part for part in target]
    return ops.reshape(x, ops.concat(parts, 0), False)


def targets(model: ov.Model) -> list[list[int]]:
    return [
        [int(size) for size in op.input_value(1).get_node().data]
        for op in model.get_ordered_ops()
        if op.get_type_name() == "Reshape"
    ]


@pytest.mark.parametrize(
    ("build", "target"),
    [
        (lambda x: to(x, size(x, 0), 4, 6), [0, 4, 6]),
        (lambda x: to(x, size(x, 0), size(x, 1), 2, 4), [0, 0, 2, 4]),
        (lambda x: to(x, ops.multiply(size(x, 0), size(x, 1)), 8), [-1, 8]),
        (lambda x: to(x, size(x, 0), ops.multiply(size(x, 1), size(x, 2))), [0, 24]),
        (lambda x: to(x, 4, size(x, 0), 6), [4, -1, 6]),
        (lambda x: to(x, 1, 1, size(x, 0), 24), [1, 1, -1, 24]),
    ],
)
def test_a_computed_target_becomes_a_constant(build: Unary, target: list[int]) -> None:
    model = graph(build, (-1, 3, 8))
    new = rewritten(ReshapeTarget(), model)
    assert kinds(new)["Reshape"] == 1
    assert "ShapeOf" not in kinds(new)
    assert targets(new) == [[3 if part == 0 and i == 1 and len(target) == 4 else part for i, part in enumerate(target)]]
    for batch in (1, 5):
        assert_same(model, new, values((batch, 3, 8)))


def test_the_size_may_come_from_another_value() -> None:
    model = graph(lambda x: to(ops.matmul(x, np.ones((8, 4), np.float32), False, False), size(x, 0), 12), (-1, 3, 8))
    new = rewritten(ReshapeTarget(), model)
    assert targets(new) == [[0, 12]]
    assert_same(model, new, values((5, 3, 8)))


def test_equal_dimensions_in_their_place_are_copied() -> None:
    model = graph(lambda x: to(x, size(x, 0), size(x, 1), 2, 4), (-1, -1, 8))
    new = rewritten(ReshapeTarget(), model)
    assert targets(new) == [[0, 0, 2, 4]]
    assert_same(model, new, values((5, 7, 8)))


def test_two_unknown_dimensions_in_other_places_stay() -> None:
    assert_untouched(ReshapeTarget(), graph(lambda x: to(x, 8, size(x, 0), size(x, 1)), (-1, -1, 8)))


def test_a_target_that_is_an_input_stays() -> None:
    def build(x: ov.Node, target: ov.Node) -> ov.Node:
        return ops.reshape(x, ops.convert(target, "i64"), False)

    assert_untouched(ReshapeTarget(), graph(build, (-1, 3, 8), (2,)))


def test_a_target_of_an_unknown_number_of_dimensions_stays() -> None:
    def build(x: ov.Node, target: ov.Node) -> ov.Node:
        return ops.reshape(x, ops.convert(target, "i64"), False)

    assert_untouched(ReshapeTarget(), graph(build, (-1, 3, 8), (-1,)))


def test_a_constant_target_stays() -> None:
    assert_untouched(ReshapeTarget(), graph(lambda x: ops.reshape(x, np.array([-1, 24]), False), (-1, 3, 8)))


def test_a_target_without_elements_stays() -> None:
    assert_untouched(ReshapeTarget(), graph(lambda x: to(x, size(x, 0), 0, 6), (-1, 0, 8)))
