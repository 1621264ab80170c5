"""Channels through arithmetic, and the table of all rules. Operations without a rule protect the channels they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ovopt.model.graph.nodes import BROADCASTING, UNARY, constant, producer
from ovopt.pruning import rules_axes, rules_reshape
from ovopt.pruning.trace import Axes, AxisLabels, Product, Rule, Trace, called, labelled, sizes

if TYPE_CHECKING:
    import openvino


def _broadcast_axes(
    trace: Trace, axes: Sequence[Axes], shapes: Sequence[Sequence[int | None]], reason: str
) -> list[AxisLabels | None]:
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
    return [tuple(_broadcast_axes(trace, axes, known, f"{called(node)} joins them with channels that stay"))]


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


def _contracting(trace: Trace, node: openvino.Node, made: int, taken: int) -> Sequence[Axes] | None:
    """All input channels go into all output channels; `made` and `taken` are their axes in the weights."""
    data, weights = _two(trace, node)
    if not data or not weights:
        return None
    trace.protect(data[2:], f"{called(node)} slides along them")
    reads = _contraction(trace, node, data[1], weights[taken], refits=taken == 1)
    makes = weights[made]
    trace.products.append(Product(node, reads, makes, tuple(labelled([data[0], makes, reads]))))
    return [(data[0], makes, *(None,) * (len(data) - 2))]


def _groups(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    """A group goes as a whole: its weights, what goes in and what comes out. Depthwise, that is one channel."""
    data, weights = _two(trace, node)
    into, out, shape = sizes(node.input_value(0)), sizes(node.output(0)), sizes(node.input_value(1))
    if not data or not weights or into is None or out is None or shape is None:
        return None
    groups, channels, results = shape[0], into[1], out[1]
    if groups is None or channels is None or results is None:
        return None
    trace.protect(data[2:], f"{called(node)} slides along them")
    own = weights[0]
    if own is None:  # a single group, or weights that are computed
        trace.protect([data[1]], f"{called(node)} has weights that cannot be cut")
        return [(data[0], *(None,) * (len(data) - 1))]
    trace.together([np.repeat(own, channels // groups), data[1]], f"{called(node)} reads channels that stay")
    makes = np.repeat(own, results // groups)
    trace.products.append(Product(node, None, makes, tuple(labelled([data[0], makes]))))
    return [(data[0], makes, *(None,) * (len(data) - 2))]


def _matmul(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    shapes = [sizes(value) for value in node.input_values()]
    first, second = _two(trace, node)
    if shapes[0] is None or shapes[1] is None or min(len(first), len(second)) < 2:
        return None
    turned = node.get_attributes()
    rows, summed = (-1, -2) if turned["transpose_a"] else (-2, -1)
    other, columns = (-1, -2) if turned["transpose_b"] else (-2, -1)
    weighted = constant(producer(node, 1)) is not None and all(size == 1 for size in shapes[1][:-2])
    reads = _contraction(trace, node, first[summed], second[other], refits=weighted)
    if reads is not None:
        trace.protect([*first[:-2], first[rows]], f"{called(node)} sums over other channels")
    batch = _batch(trace, node, [first, second], [shapes[0], shapes[1]])
    makes = second[columns] if weighted else None
    found = (*batch, first[rows], second[columns])
    trace.products.append(Product(node, reads, makes, tuple(labelled([*found, reads]))))
    return [found]


def _batch(
    trace: Trace, node: openvino.Node, axes: Sequence[Axes], shapes: Sequence[Sequence[int | None]]
) -> list[AxisLabels | None]:
    """The axes in front of those of the matrices."""
    fronts = [(own[:-2], shape[:-2]) for own, shape in zip(axes, shapes, strict=True) if len(shape) > 2]
    if not fronts:
        return []
    reason = f"{called(node)} joins them with channels that stay"
    return _broadcast_axes(trace, [own for own, _ in fronts], [shape for _, shape in fronts], reason)


def _contraction(
    trace: Trace, node: openvino.Node, taken: AxisLabels | None, weights: AxisLabels | None, refits: bool
) -> AxisLabels | None:
    """The axis that is summed over. Only where weights are a constant can they make up for what is gone."""
    reads = trace.together([taken, weights], f"{called(node)} reads channels that stay")
    if reads is not None and not (refits and constant(producer(node, 1)) is not None):
        trace.protect([reads], f"{called(node)} has no weights that could make up for them")
    return reads if taken is not None and weights is not None else None


def _attention(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    """softmax(Q K^T + mask) V: heads go as a whole."""
    values = node.input_values()[:4]
    shapes = [sizes(value) for value in values]
    known = [shape for shape in shapes if shape is not None]
    axes = [trace.axes(value) for value in values]
    if len(known) < len(shapes) or min(map(len, known[:3])) < 3:
        return None
    for query_or_key in axes[:2]:
        trace.protect(query_or_key[-2:], f"{called(node)} has no weights that could make up for them")
    trace.protect(
        [axes[2][-2], *(labels for mask in axes[3:] for labels in mask[-2:])], f"{called(node)} sums over them"
    )
    batch = _batch(trace, node, axes, known)
    trace.products.append(Product(node, None, None, tuple(labelled(batch))))
    return [(*batch, None, axes[2][-1])]


def _two(trace: Trace, node: openvino.Node) -> tuple[Axes, Axes]:
    return trace.axes(node.input_value(0)), trace.axes(node.input_value(1))


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(UNARY, _single),
    **dict.fromkeys(BROADCASTING, _several),
    **dict.fromkeys(("PRelu", "PReLU"), _prelu),
    "BatchNormInference": _batch_norm,
    "Convolution": partial(_contracting, made=0, taken=1),
    "ConvolutionBackpropData": partial(_contracting, made=1, taken=0),
    **dict.fromkeys(("GroupConvolution", "GroupConvolutionBackpropData"), _groups),
    "MatMul": _matmul,
    "ScaledDotProductAttention": _attention,
    **rules_axes.RULES,
    **rules_reshape.RULES,
}


def trace(model: openvino.Model) -> Trace:
    """Follow the channels of all constants through a model. A clone keeps the order of operations, so it has the same
    units."""
    return Trace(model, RULES)
