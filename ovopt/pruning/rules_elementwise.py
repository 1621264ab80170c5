"""How channels go through operations that work element by element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ovopt.model.graph.operation_kinds import BROADCASTING, UNARY
from ovopt.pruning.trace import Rule, Trace, called, sizes
from ovopt.pruning.units import Axes, Labels

if TYPE_CHECKING:
    import openvino


def broadcast_axes(
    trace: Trace, axes: Sequence[Axes], shapes: Sequence[Sequence[int | None]], reason: str
) -> list[Labels | None]:
    """The axes of what comes of tensors that are broadcast against each other, aligned at their last axes."""
    rank = max(len(shape) for shape in shapes)
    found = []
    for axis in range(-rank, 0):
        present = [
            own[axis] for own, shape in zip(axes, shapes, strict=True) if len(shape) >= -axis and shape[axis] != 1
        ]
        found.append(trace.together(present, reason))
    return found


def _single(trace: Trace, node: openvino.Node) -> Sequence[Axes]:
    return [trace.axes(node.input_value(0))]


def _several(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    shapes = [sizes(value) for value in node.input_values()]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes) or node.get_attributes().get("auto_broadcast", "numpy") not in ("numpy", "none"):
        return None
    axes = [trace.axes(value) for value in node.input_values()]
    return [tuple(broadcast_axes(trace, axes, known, f"{called(node)} joins them with channels that stay"))]


def _prelu(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    """A slope of one axis belongs to the channels; any other is broadcast."""
    slope, shape = trace.axes(node.input_value(1)), sizes(node.input_value(1))
    data = trace.axes(node.input_value(0))
    if shape is None or not data:
        return None
    if len(shape) == 1 and shape[0] != 1:
        channels = trace.together([data[1], slope[0]], f"{called(node)} has slopes for channels that stay")
        return [(data[0], channels, *data[2:])]
    return _several(trace, node)


def _batch_norm(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    axes = [trace.axes(value) for value in node.input_values()]
    data = next((own for own in axes if len(own) > 1), None)
    if data is None:
        return None
    found = [data[1], *(own[0] for own in axes if len(own) == 1)]
    return [(data[0], trace.together(found, f"{called(node)} normalises channels that stay"), *data[2:])]


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(UNARY, _single),
    **dict.fromkeys(BROADCASTING, _several),
    "PRelu": _prelu,
    "PReLU": _prelu,
    "BatchNormInference": _batch_norm,
}
