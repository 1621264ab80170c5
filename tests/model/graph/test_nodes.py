from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovopt.model.graph.nodes import (
    dimensions,
    equal,
    equal_shapes,
    kept,
    name_dimensions,
    other,
    through_reshape,
    without_units,
)


def named(*shapes: list[int]) -> tuple[ov.Model, list[ov.Node]]:
    inputs = [ops.parameter(shape, np.float32) for shape in shapes]
    return ov.Model([ops.relu(one) for one in inputs], inputs, "named"), inputs


def test_known_dimensions_are_equal_where_their_sizes_are() -> None:
    one, two = ov.Dimension(3), ov.Dimension(4)
    assert equal(one, ov.Dimension(3))
    assert not equal(one, two)
    assert not equal(one, ov.Dimension.dynamic())


def test_unknown_dimensions_are_equal_where_they_come_from_the_same() -> None:
    model, (first, second) = named([-1, 3], [-1, 3])
    assert not equal_shapes(dimensions(first.output(0)), dimensions(model.output(0).get_node().input_value(0)))
    name_dimensions(model)
    assert equal_shapes(dimensions(first.output(0)), dimensions(model.output(0).get_node().input_value(0)))
    assert not equal_shapes(dimensions(first.output(0)), dimensions(second.output(0)))


def test_what_may_broadcast_is_equal_to_neither_side() -> None:
    inputs = [ops.parameter([-1, 3], np.float32) for _ in range(2)]
    total = ops.add(*inputs)
    after = ops.relu(total)
    name_dimensions(ov.Model([after], inputs, "sum"))
    assert not any(equal_shapes(dimensions(one.output(0)), dimensions(total.output(0))) for one in inputs)
    assert equal_shapes(dimensions(total.output(0)), dimensions(after.output(0)))


def test_computed_shapes_carry_their_dimensions_on() -> None:
    given = ops.parameter([-1, -1, 8], np.float32)
    batch = ops.gather(ops.shape_of(given), np.array([0]), np.int64(0))
    target = ops.concat([batch, np.array([-1]), np.array([2]), np.array([4])], 0)
    shaped = ops.reshape(given, target, False)
    name_dimensions(ov.Model([shaped], [given], "computed"))
    assert equal(dimensions(shaped.output(0))[0], dimensions(given.output(0))[0])


def test_naming_leaves_shapes_and_results_as_they_are() -> None:
    model, _ = named([-1, 3])
    before = str(model.inputs) + str(model.outputs)
    name_dimensions(model)
    assert str(model.inputs) + str(model.outputs) == before
    assert ov.Core().compile_model(model, "CPU")(np.ones((2, 3), np.float32))[0].shape == (2, 3)


def test_an_unknown_rank_has_no_dimensions() -> None:
    given = ops.parameter(ov.PartialShape.dynamic(), np.float32)
    name_dimensions(ov.Model([ops.relu(given)], [given], "unknown"))
    assert dimensions(given.output(0)) is None
    assert not equal_shapes(None, None)


def test_a_reduction_keeps_its_axes_as_units() -> None:
    shape = [ov.Dimension(size) for size in (2, 3, 4)]
    assert [one.get_length() for one in kept(shape, [1])] == [2, 1, 4]
    assert [one.get_length() for one in without_units(kept(shape, [1]))] == [2, 4]


def test_only_units_are_looked_through() -> None:
    given = ops.parameter([2, 3], np.float32)
    units = ops.squeeze(ops.unsqueeze(ops.reshape(given, np.array([2, 1, 3]), False), np.array([0])), np.array([2]))
    assert through_reshape(units.output(0)) == given.output(0)
    turned = ops.reshape(given, np.array([3, 2]), False)
    assert through_reshape(turned.output(0)) == turned.output(0)


def test_the_other_side_of_a_constant_is_found_on_either() -> None:
    given = ops.parameter([2, 3], np.float32)
    assert other(ops.multiply(given, np.float32(0.1)), 0.1) == given.output(0)
    assert other(ops.multiply(np.full((1, 1), 0.1, np.float32), given), 0.1) == given.output(0)
    assert other(ops.multiply(given, np.float32(0.2)), 0.1) is None
    assert other(ops.maximum(given, np.float32(-np.inf)), -np.inf) == given.output(0)
