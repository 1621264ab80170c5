"""Convolutions along fewer dimensions than they are written for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import openvino
from openvino import opset13 as ops

from ovopt.model.graph.nodes import (
    Rewrite,
    axes_of,
    constant,
    consumers,
    dimensions,
    equal_shapes,
    is_unit,
    name_dimensions,
    producer,
    substitute,
)

FIRST_SPATIAL = 2
"""Axes in front of the spatial ones: the batch and the channels."""


class UnitConvolution(Rewrite):
    """A convolution over [.., n, 1] or [.., 1, n] with a kernel of 1 along the unit dimension = a convolution over
    [.., n]. Only where the unit dimension was added to a smaller tensor just before, perhaps behind a transpose:
    exporters do so that know convolutions of pictures alone."""

    name: ClassVar[str] = "unit_convolution"

    def apply(self, model: openvino.Model) -> int:
        """Convolutions with one dimension less; the number of places."""
        name_dimensions(model)
        places = 0
        for operation in model.get_ordered_ops():
            if operation.get_type_name() in ("Convolution", "GroupConvolution"):
                new = _smaller(operation)
                if new is not None:
                    _put(operation, *new)
                    places += 1
        return places


def _smaller(operation: openvino.Node) -> tuple[openvino.Node, int] | None:
    """The convolution without a unit dimension of its input, and which one that is."""
    shape = dimensions(operation.input_value(0))
    weights = producer(operation, 1)
    if shape is None or len(shape) < 4 or weights.get_type_name() != "Constant":
        return None
    for axis in range(FIRST_SPATIAL, len(shape)):
        source = _without(operation.input_value(0), axis) if _is_idle(operation, shape, axis) else None
        if source is not None:
            return _convolution(operation, source, axis), axis
    return None


def _is_idle(operation: openvino.Node, shape: Sequence[openvino.Dimension], axis: int) -> bool:
    """True where the convolution does nothing along an axis of its input."""
    attributes = operation.get_attributes()
    spatial = axis - FIRST_SPATIAL
    kernel = operation.get_input_shape(1)[-(len(shape) - axis)]
    padding = attributes["pads_begin"][spatial], attributes["pads_end"][spatial]
    return is_unit(shape[axis]) and kernel == 1 and attributes["strides"][spatial] == 1 and padding == (0, 0)


def _without(output: openvino.Output, axis: int) -> openvino.Output | None:
    """The value as it was before a unit dimension was added; None where none was."""
    node = output.get_node()
    if node.get_type_name() == "Transpose":
        return _transposed_without(node, axis)
    if node.get_type_name() not in ("Unsqueeze", "Reshape"):
        return None
    shape, before = dimensions(output), dimensions(node.input_value(0))
    fits = shape is not None and equal_shapes(before, [*shape[:axis], *shape[axis + 1 :]])
    return node.input_value(0) if fits else None


def _transposed_without(transpose: openvino.Node, axis: int) -> openvino.Output | None:
    order = constant(producer(transpose, 1))
    if order is None or not order.size:
        return None
    source = _without(transpose.input_value(0), int(order[axis]))
    rest = np.delete(order, axis)
    return None if source is None else ops.transpose(source, rest - (rest > order[axis])).output(0)


def _convolution(operation: openvino.Node, source: openvino.Output, axis: int) -> openvino.Node:
    weights = producer(operation, 1)
    values = np.array(constant(weights))
    rank = len(operation.get_output_partial_shape(0))
    smaller = ops.constant(values.reshape(np.delete(values.shape, axis - rank)), weights.get_output_element_type(0))
    attributes = operation.get_attributes()
    lists = {name: list(attributes[name]) for name in ("strides", "pads_begin", "pads_end", "dilations")}
    for each in lists.values():
        del each[axis - FIRST_SPATIAL]
    make = ops.convolution if operation.get_type_name() == "Convolution" else ops.group_convolution
    return make(source, smaller, **lists, auto_pad=attributes["auto_pad"])


def _put(operation: openvino.Node, new: openvino.Node, axis: int) -> None:
    """Hands the new value to readers that drop the unit dimension, and the value with the dimension added to all
    others."""
    for taker in consumers(operation.output(0)):
        if taker.get_type_name() == "Squeeze" and _drops(taker, axis):
            substitute(taker, new)
    if consumers(operation.output(0)):
        substitute(operation, ops.unsqueeze(new, np.array([axis], np.int64)))


def _drops(taker: openvino.Node, axis: int) -> bool:
    shape = dimensions(taker.input_value(0))
    return shape is not None and taker.get_input_size() == 2 and axes_of(taker, len(shape)) == [axis]
