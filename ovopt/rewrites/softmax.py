"""Softmax, spelled out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ovopt.model.graph.nodes import (
    Rewrite,
    axes_of,
    dimensions,
    equal_shapes,
    kept,
    producer,
    reciprocal_of,
    substitute_each,
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
        return substitute_each(model, _replacement)


def _replacement(last: openvino.Node) -> openvino.Node | None:
    from openvino import opset13 as ops

    found = next((found for pair in _quotients(last) if (found := _softmax(*pair))), None)
    return ops.softmax(*found) if found else None


def _quotients(last: openvino.Node) -> list[tuple[openvino.Output, openvino.Output]]:
    """Numerator and denominator: both ways round for a product, where the second is a reciprocal."""
    if last.get_type_name() == "Divide":
        return [(last.input_value(0), last.input_value(1))]
    if last.get_type_name() != "Multiply":
        return []
    pairs = [(last.input_value(0), last.input_value(1)), (last.input_value(1), last.input_value(0))]
    return [(one, below) for one, two in pairs if (below := reciprocal_of(two.get_node())) is not None]


def _softmax(powers: openvino.Output, total: openvino.Output) -> tuple[openvino.Output, int] | None:
    """The tensor that the softmax is taken of, and its axis."""
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
