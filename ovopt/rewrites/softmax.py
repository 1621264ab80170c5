"""Softmax, spelled out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ovopt.model.graph.nodes import (
    Rewrite,
    axes_of,
    dimensions,
    equal_shapes,
    kept,
    name_dimensions,
    other,
    producer,
    substitute,
    through_reshape,
)

if TYPE_CHECKING:
    import openvino


class Softmax(Rewrite):
    """exp(x - max x) / Σ exp(x - max x) = Softmax(x), maximum and sum over the same single axis. The division may be a
    multiplication by the reciprocal."""

    name: ClassVar[str] = "softmax"

    def apply(self, model: openvino.Model) -> int:
        """One operation for each; the number of places."""
        from openvino import opset13 as ops

        name_dimensions(model)
        places = 0
        for last in model.get_ordered_ops():
            for powers, total in _quotients(last):
                found = _softmax(powers, total)
                if found:
                    substitute(last, ops.softmax(*found))
                    places += 1
                    break
        return places


def _quotients(last: openvino.Node) -> list[tuple[openvino.Output, openvino.Output]]:
    """Numerator and denominator: both ways round for a product, where the second is a reciprocal."""
    if last.get_type_name() == "Divide":
        return [(last.input_value(0), last.input_value(1))]
    if last.get_type_name() != "Multiply":
        return []
    pairs = [(last.input_value(0), last.input_value(1)), (last.input_value(1), last.input_value(0))]
    return [(one, below) for one, two in pairs if (below := _reciprocal_of(two.get_node())) is not None]


def _reciprocal_of(node: openvino.Node) -> openvino.Output | None:
    if node.get_type_name() == "Divide" and other(node, 1) == node.input_value(1):
        return node.input_value(1)
    if node.get_type_name() == "Power" and other(node, -1) == node.input_value(0):
        return node.input_value(0)
    return None


def _softmax(powers: openvino.Output, total: openvino.Output) -> tuple[openvino.Output, int] | None:
    """What the softmax is taken of, and its axis."""
    exponential = powers.get_node()
    if exponential.get_type_name() != "Exp" or producer(exponential).get_type_name() != "Subtract":
        return None
    source, largest = producer(exponential).input_values()
    axis = _axis(total, "ReduceSum", powers)
    return (source, axis) if axis is not None and axis == _axis(largest, "ReduceMax", source) else None


def _axis(output: openvino.Output, kind: str, source: openvino.Output) -> int | None:
    """The single axis of a reduction of the source, which is kept as a dimension of 1."""
    reduction = through_reshape(output).get_node()
    shape = dimensions(source)
    if reduction.get_type_name() != kind or reduction.input_value(0) != source or shape is None:
        return None
    axes = axes_of(reduction, len(shape))
    if axes is None or len(axes) != 1 or not equal_shapes(dimensions(output), kept(shape, axes)):
        return None
    return axes[0]
