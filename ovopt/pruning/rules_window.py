"""How channels go through pooling, resizing, reductions and normalizations: along the other axes, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ovopt.model.graph.nodes import axes_of, constant, producer
from ovopt.model.graph.operation_kinds import REDUCING
from ovopt.pruning.trace import Rule, Trace, called
from ovopt.pruning.units import Axes

if TYPE_CHECKING:
    import openvino


def _passed(trace: Trace, node: openvino.Node, touched: Sequence[int], why: str) -> Axes:
    """The axes of the first input, where the operation works along those that it touches."""
    data = trace.axes(node.input_value(0))
    trace.protect([data[axis] for axis in touched], f"{called(node)} {why}")
    return tuple(None if axis in touched else labels for axis, labels in enumerate(data))


def _pooling(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    data = trace.axes(node.input_value(0))
    if not data or (node.get_output_size() > 1 and node.output(1).get_target_inputs()):
        return None
    passed = _passed(trace, node, range(2, len(data)), "slides along them")
    return [passed, *((None,) * len(data) for _ in range(1, node.get_output_size()))]


def _reduction(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    data = trace.axes(node.input_value(0))
    axes = axes_of(node, len(data)) if data else None
    if axes is None:
        return None
    passed = _passed(trace, node, axes, "reduces them to one")
    if node.get_attributes()["keep_dims"]:
        return [passed]
    return [tuple(labels for axis, labels in enumerate(passed) if axis not in axes)]


def _normalization(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    """MVN and NormalizeL2, along the axes that their second input names."""
    data = trace.axes(node.input_value(0))
    axes = axes_of(node, len(data)) if data and node.get_input_size() > 1 else None
    return None if axes is None else [_passed(trace, node, axes, "normalises over all of them")]


def _softmax(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    data = trace.axes(node.input_value(0))
    if not data:
        return None
    return [_passed(trace, node, [node.get_attributes()["axis"] % len(data)], "normalises over all of them")]


def _resizing(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    """The axes are the last input, if that is of integers; without them, all are resized."""
    data, kind, last = trace.axes(node.input_value(0)), node.get_attributes(), node.get_input_size() - 1
    if not data or last < 2 or any(map(any, (kind.get("pads_begin", []), kind.get("pads_end", [])))):
        return None
    integers = node.input_value(last).get_element_type().is_integral()
    axes = axes_of(node, len(data), last) if integers else None
    return None if axes is None else [_passed(trace, node, axes, "resizes them")]


def _padding(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    data = trace.axes(node.input_value(0))
    pads = [constant(producer(node, index)) for index in (1, 2)]
    if not data or pads[0] is None or pads[1] is None:
        return None
    touched = [axis for axis in range(len(data)) if pads[0][axis] or pads[1][axis]]
    return [_passed(trace, node, touched, "pads them")]


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("AvgPool", "MaxPool", "AdaptiveAvgPool", "AdaptiveMaxPool"), _pooling),
    **dict.fromkeys(REDUCING, _reduction),
    **dict.fromkeys(("MVN", "NormalizeL2"), _normalization),
    **dict.fromkeys(("Softmax", "LogSoftmax"), _softmax),
    "Interpolate": _resizing,
    "Pad": _padding,
}
