"""Channels through operations that work along axes: joining, splitting, slicing, pooling, reducing, normalizing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ovopt.model.graph.nodes import REDUCING, axes_of, axis_of, constant, producer, set_constant, substitute
from ovopt.pruning.trace import Axes, AxisLabels, Keep, Rule, Trace, called, sizes

if TYPE_CHECKING:
    import openvino


def _concat(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    shapes = [sizes(value) for value in node.input_values()]
    axes = [trace.axes(value) for value in node.input_values()]
    if any(shape is None for shape in shapes):
        return None
    joined, found = node.get_attributes()["axis"] % len(axes[0]), list[AxisLabels | None]()
    for axis in range(len(axes[0])):
        own = [one[axis] for one in axes]
        if axis == joined:
            found.append(_joined(trace, node, own, [(shape or [])[axis] for shape in shapes]))
        else:
            found.append(trace.together(own, f"{called(node)} puts them beside channels that stay"))
    return [tuple(found)]


def _joined(
    trace: Trace, node: openvino.Node, parts: Sequence[AxisLabels | None], lengths: Sequence[int | None]
) -> AxisLabels | None:
    if all(part is None for part in parts):
        return None
    if any(length is None for length in lengths):
        trace.protect(parts, f"{called(node)} puts them behind an unknown number of others")
        return None
    reason = f"{called(node)} takes them from where they stay"
    filled = [
        trace.units.fixed(length or 0, reason) if part is None else part
        for part, length in zip(parts, lengths, strict=True)
    ]
    return np.concatenate(filled)


def _split(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    """Equal parts need not be equal any more once channels are gone."""
    data, lengths = trace.axes(node.input_value(0)), [sizes(output) for output in node.outputs()]
    cut = axis_of(node, len(data), 1) if data else None
    if cut is None or any(length is None for length in lengths):
        return None
    own, counts = data[cut], [(length or [])[cut] for length in lengths]
    if own is None:
        return [data] * len(lengths)
    fits = node.get_type_name() == "Split" or constant(producer(node, 2)) is not None
    if not fits or None in counts:
        trace.protect([own], f"{called(node)} has lengths that are computed while it runs")
        return [(*data[:cut], None, *data[cut + 1 :])] * len(lengths)
    parts = np.split(own, np.cumsum([count or 0 for count in counts])[:-1])
    trace.sections.extend(parts)
    trace.repairs.append(lambda keep: _resplit(node, cut, parts, keep))
    return [(*data[:cut], part, *data[cut + 1 :]) for part in parts]


def _resplit(node: openvino.Node, axis: int, parts: Sequence[AxisLabels], keep: Keep) -> None:
    from openvino import opset13 as ops

    lengths = np.array([int(keep(part).sum()) for part in parts])
    if int(lengths.sum()) == sum(map(len, parts)):
        return
    if node.get_type_name() == "VariadicSplit":
        set_constant(node, 2, lengths)
    else:
        source = node.input_value(0)
        stand_in = ops.parameter([-1] * len(source.get_partial_shape()), source.get_element_type())
        parted = ops.variadic_split(stand_in, axis, lengths)  # the source's shape is still the old one
        parted.set_argument(0, source)
        substitute(node, parted)


def _slice(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    """An axis that is taken whole, in order, is so with fewer channels too: ends beyond it are cut off."""
    data, steps = trace.axes(node.input_value(0)), constant(producer(node, 3))
    if not data or steps is None:
        return None
    if node.get_input_size() > 4:
        axes = constant(producer(node, 4))
        if axes is None:
            return None
        touched = [int(axis) % len(data) for axis in axes]
    else:
        touched = list(range(len(steps)))
    return [_taken(trace, node, data, dict(zip(touched, steps.tolist(), strict=True)))]


def _strided_slice(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    data, kind = trace.axes(node.input_value(0)), node.get_attributes()
    if any(map(any, (kind.get("new_axis_mask", []), kind.get("ellipsis_mask", [])))) or not data:
        return None
    shrunk = {axis for axis, gone in enumerate(kind.get("shrink_axis_mask", [])) if gone}
    begin = constant(producer(node, 1))
    steps = constant(producer(node, 3)) if node.get_input_size() > 3 else None
    if begin is None or (node.get_input_size() > 3 and steps is None) or shrunk:
        return None
    given = np.ones(len(begin), np.int64) if steps is None else steps
    return [_taken(trace, node, data, dict(enumerate(given.tolist())))]


def _taken(trace: Trace, node: openvino.Node, data: Axes, steps: Mapping[int, int]) -> Axes:
    before, after = sizes(node.input_value(0)), sizes(node.output(0))
    found = list(data)
    for axis, step in steps.items():
        whole = step == 1 and before is not None and after is not None and before[axis] == after[axis]
        if found[axis] is not None and not whole:
            trace.protect([found[axis]], f"{called(node)} takes a part of them")
            found[axis] = None
    return tuple(found)


def _gather(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    data, indices = trace.axes(node.input_value(0)), trace.axes(node.input_value(1))
    place, shape = axis_of(node, len(data), 2) if data else None, sizes(node.input_value(1))
    if place is None or shape is None or node.get_attributes().get("batch_dims", 0):
        return None
    reason = f"{called(node)} picks some of them"
    trace.protect([data[place]], reason)
    trace.protect(indices, reason)
    return [(*data[:place], *(None,) * len(shape), *data[place + 1 :])]


def _shape_of(trace: Trace, node: openvino.Node) -> Sequence[Axes]:
    """The lengths of other axes may be asked for."""
    data = trace.axes(node.input_value(0))
    asked = _asked(node)
    for axis, labels in enumerate(data):
        if asked is None or axis in asked:
            trace.protect([labels], f"{called(node)} counts them")
    return [(None,)]


def _asked(node: openvino.Node) -> set[int] | None:
    """The axes whose lengths are gathered from a shape; None where it is used in another way."""
    rank, found = len(sizes(node.input_value(0)) or ()), set[int]()
    for target in node.output(0).get_target_inputs():
        reader = target.get_node()
        indices = constant(producer(reader, 1)) if reader.get_type_name() == "Gather" else None
        if indices is None or target.get_index() != 0:
            return None
        found |= {int(index) % rank for index in indices.reshape(-1)} if rank else set()
    return found


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
    "Concat": _concat,
    "Split": _split,
    "VariadicSplit": _split,
    "Slice": _slice,
    "StridedSlice": _strided_slice,
    "Gather": _gather,
    "ShapeOf": _shape_of,
}
