"""Softmax and its logarithm, spelled out."""

from __future__ import annotations

from typing import ClassVar

import openvino
from openvino import opset13 as ops

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
from ovopt.model.graph.spelling import Op, SpellingRewrite, Term, Values, op


class Softmax(Rewrite):
    """exp(x - max x) / Σ exp(x - max x) = Softmax(x), maximum and sum over the same single axis. The division may be a
    multiplication by the reciprocal."""

    name: ClassVar[str] = "softmax"

    def apply(self, model: openvino.Model) -> int:
        """One operation for each; the number of places."""
        return substitute_each(model, _replacement)


def _replacement(last: openvino.Node) -> openvino.Node | None:
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


LARGEST = op("ReduceMax", "x", "of_largest", keep_dims=True).named("largest")
SHIFTED = op("Subtract", "x", LARGEST)


def _log_sum_exp(x: Term) -> Op:
    return op("Log", op("ReduceSum", op("Exp", x), "of_sum", keep_dims=True).named("sum"))


class LogSoftmax(SpellingRewrite):
    """x - log(sum(exp(x))) = LogSoftmax(x), with or without max(x) subtracted before, all over one axis.

    NNCF quantizes the inputs of the spelled-out subtractions (three FakeQuantize more), not those of `LogSoftmax`,
    which does not overflow beyond x = 88 either. Log(Softmax(x)) stays: OpenVINO computes it in fewer kernels.
    """

    name: ClassVar[str] = "log_softmax"
    spellings: ClassVar[tuple[Op, ...]] = (
        op("Subtract", SHIFTED, _log_sum_exp(SHIFTED)),
        op("Subtract", "x", op("Add", LARGEST, _log_sum_exp(SHIFTED))),
        op("Subtract", "x", _log_sum_exp("x")),
    )

    def replacement(self, values: Values) -> openvino.Node | None:
        """LogSoftmax(x) over the one axis of all reductions."""
        shape = dimensions(values["x"])
        if shape is None:
            return None
        axes = [axes_of(values[name].get_node(), len(shape)) for name in ("sum", "largest") if name in values]
        if axes[0] is None or len(axes[0]) != 1 or any(others != axes[0] for others in axes):
            return None
        return ops.log_softmax(values["x"], axes[0][0])
