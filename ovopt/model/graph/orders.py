"""Orders of axes; and channels left in the order in which they come, where a graph permutes them: their readers are
permuted instead.

A pass in the order of execution plans, without a change: each tensor gets the permutation that has been left undone
(`_Plan.known`), and each operation says what it makes of that. With y[i] = x[p[i]] left undone, a reader meets x[j] in
place of y[p⁻¹[j]], so that its constants along the channels become c[argsort(p)]. Where an operation cannot do without
a permutation, all that led to its inputs are given up, and planning begins again: only a plan that holds as a whole is
carried out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ovopt.model.graph.nodes import (
    BROADCASTING,
    REDUCING,
    UNARY,
    axes_of,
    axis_of,
    constant,
    dimensions,
    is_unit,
    lead,
    producer,
    set_constant,
)

if TYPE_CHECKING:
    import openvino

Order = tuple[int, ...]
"""The order of a tensor's axes, as a Transpose takes it: output axis i is input axis order[i]."""


def order_of(node: openvino.Node) -> Order | None:
    """The order of a Transpose; None where it is none, or has no constant order."""
    order = constant(producer(node, 1)) if node.get_type_name() == "Transpose" else None
    return tuple(int(axis) for axis in order) if order is not None and order.size else None


def after(first: Order, second: Order) -> Order:
    """The one order that does what the first does and then the second.

    >>> after((0, 2, 3, 1), (0, 3, 1, 2))
    (0, 1, 2, 3)
    """
    return tuple(first[axis] for axis in second)


def inverse(order: Order) -> Order:
    """The order that undoes one.

    >>> inverse((0, 2, 3, 1))
    (0, 3, 1, 2)
    """
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def identity(order: Order) -> Order:
    """The order of as many axes that changes nothing."""
    return tuple(range(len(order)))


def moved_elements(shape: Sequence[int], order: Order) -> int:
    """Elements that a Transpose moves: all, or none where only unit dimensions change places."""
    long = [axis for axis in order if shape[axis] != 1]
    return 0 if long == sorted(long) else math.prod(shape)


def sizes(output: openvino.Output) -> list[int]:
    """An output's sizes, to compare costs: one that is not fixed counts as 2."""
    shape = dimensions(output) or []
    return [size.get_length() if size.is_static else 2 for size in shape]


Permutation = NDArray[np.int64]
"""Channel i of the permuted tensor is channel permutation[i] of the tensor as it comes in. Shape [channels]."""
MOST_RUNS = 16
"""Pieces of neighbouring channels that a Split may become, cut out one by one; more are left to the permutation."""


@dataclass(frozen=True)
class Permuting:
    """Operations that permute the channels of `source`, the last of which is `last`."""

    last: openvino.Node
    source: openvino.Output
    permutation: Permutation


@dataclass
class _Channels:
    """A permutation that has not been done, and by whom it was asked for."""

    permutation: Permutation
    asked: frozenset[openvino.Node]


@dataclass
class _Plan:
    places: dict[openvino.Node, Permuting]
    known: dict[tuple[openvino.Node, int], _Channels] = field(default_factory=dict)
    changes: list[Callable[[], object]] = field(default_factory=list)


def fold(model: openvino.Model, places: Sequence[Permuting]) -> int:
    """Drops as many of these permutations as their readers can do without; their number. The model changes in place."""
    left = {place.last: place for place in places}
    while left:
        plan = _Plan(left)
        blamed = _planned(model, plan)
        if not blamed:
            for change in plan.changes:
                change()
            model.validate_nodes_and_infer_types()
            return len(left)
        left = {last: place for last, place in left.items() if last not in blamed}
    return 0


def _planned(model: openvino.Model, plan: _Plan) -> frozenset[openvino.Node]:
    """Plans for all operations; the permutations that one of them cannot do without, none where all can."""
    inner = {node for place in plan.places.values() for node in _between(place)}
    for node in model.get_ordered_ops():
        if node in plan.places:
            _plan_place(plan, plan.places[node])
        elif node not in inner:
            taken = [channels for value in node.input_values() if (channels := _known(plan, value))]
            if taken and not _plan_reader(plan, node):
                return _askers(taken)
    return frozenset()


def _between(place: Permuting) -> list[openvino.Node]:
    """The operations between the last one of a permutation and its source, from the last on."""
    found, node = [], place.last
    while node.input_value(0) != place.source:
        node = producer(node)
        found.append(node)
    return found


def _known(plan: _Plan, value: openvino.Output) -> _Channels | None:
    return plan.known.get((value.get_node(), value.get_index()))


def _plan_place(plan: _Plan, place: Permuting) -> None:
    """Notes a permutation as left undone: p2 after p1 is p1[p2], for channel i is channel p2[i] of what p1 made."""
    before = _known(plan, place.source)
    permutation = place.permutation if before is None else before.permutation[place.permutation]
    asked = frozenset({place.last}) | (before.asked if before else frozenset())
    first = ([place.last, *_between(place)])[-1]
    plan.known[place.last, 0] = _Channels(permutation, asked)
    plan.changes.append(lambda: lead(place.last.output(0), first.input_value(0)))


def _plan_reader(plan: _Plan, node: openvino.Node) -> bool:
    """Plan what becomes of an operation that takes permuted channels; False where there is no way."""
    kind = node.get_type_name()
    if kind in BROADCASTING:
        return _plan_broadcast(plan, node)
    if kind == "Concat":
        return _plan_concat(plan, node)
    channels = _known(plan, node.input_value(0))
    if channels is None or sum(_known(plan, value) is not None for value in node.input_values()) > 1:
        return False
    return _ALONE.get(kind, _plan_other)(plan, node, channels)


def _plan_shape(_plan: _Plan, _node: openvino.Node, _channels: _Channels) -> bool:
    """The shape is the same in any order."""
    return True


def _plan_other(plan: _Plan, node: openvino.Node, channels: _Channels) -> bool:
    """Element-wise operations on one tensor hand the permutation on; others only where they leave channels alone."""
    plan.known[node, 0] = channels
    return node.get_type_name() in UNARY or _leaves_channels(node)


def _leaves_channels(node: openvino.Node) -> bool:
    """True for a pooling, padding or reduction that works on the other axes alone."""
    kind, shape = node.get_type_name(), dimensions(node.input_value(0))
    if shape is None:
        return False
    if kind == "AvgPool":
        return True
    if kind == "MaxPool":
        return not node.output(1).get_target_inputs()
    if kind == "Pad":
        return all((pads := constant(producer(node, index))) is not None and pads[1] == 0 for index in (1, 2))
    axes = axes_of(node, len(shape)) if kind in REDUCING else None
    return axes is not None and 1 not in axes and (0 not in axes or node.get_attributes()["keep_dims"])


def _plan_broadcast(plan: _Plan, node: openvino.Node) -> bool:
    """All permuted operands need the same permutation; a constant along the channels is put into the order of
    theirs."""
    shape = dimensions(node.output(0))
    if shape is None or node.get_attributes().get("auto_broadcast") != "numpy":
        return False
    found = [channels for value in node.input_values() if (channels := _known(plan, value))]
    permutation = found[0].permutation
    for index, value in enumerate(node.input_values()):
        own, channels, values = dimensions(value), _known(plan, value), constant(value.get_node())
        axis = None if own is None else 1 - (len(shape) - len(own))
        if own is None or axis is None or (channels is not None and axis != 1):
            return False
        if channels is not None:
            if not np.array_equal(channels.permutation, permutation):
                return False
        elif axis >= 0 and not is_unit(own[axis]):
            if values is None:
                return False
            plan.changes.append(_permuted(node, index, values, permutation, axis))
    plan.known[node, 0] = _Channels(permutation, _askers(found))
    return True


def _plan_concat(plan: _Plan, node: openvino.Node) -> bool:
    """Along channels, each part keeps its own order behind the parts before it; along another axis, all orders must
    agree."""
    shape = dimensions(node.output(0))
    if shape is None:
        return False
    parts, given, start = [], [], 0
    for value in node.input_values():
        size = _count(value)
        if size is None:
            return False
        channels = _known(plan, value) or _Channels(np.arange(size), frozenset())
        parts.append(channels.permutation + start)
        given.append(channels)
        start += size
    if node.get_attributes()["axis"] % len(shape) != 1:
        parts = [part - part.min() for part in parts]
        if not all(np.array_equal(part, parts[0]) for part in parts):
            return False
        parts = parts[:1]
    plan.known[node, 0] = _Channels(np.concatenate(parts), _askers(given))
    return True


def _plan_convolution(plan: _Plan, node: openvino.Node, channels: _Channels) -> bool:
    """A convolution sums over its input channels: W[:, argsort(permutation)] takes them in the order in which they
    come."""
    weights = constant(producer(node, 1))
    if weights is None:
        return False
    plan.changes.append(_permuted(node, 1, weights, channels.permutation, axis=1))
    return True


def _plan_groups(plan: _Plan, node: openvino.Node, channels: _Channels) -> bool:
    """Whole groups change places, with the channels that come out of them, and channels within a group."""
    weights = constant(producer(node, 1))
    if weights is None:
        return False
    groups, out, size = weights.shape[:3]
    blocks = channels.permutation.reshape(groups, size)
    sources = blocks[:, 0] // size
    if not (blocks // size == sources[:, None]).all():
        return False
    new = np.empty_like(weights)
    for group, (source, block) in enumerate(zip(sources, blocks % size, strict=True)):
        new[source][:, block] = weights[group]
    plan.changes.append(lambda: set_constant(node, 1, new))
    plan.known[node, 0] = _Channels((sources[:, None] * out + np.arange(out)).reshape(-1), channels.asked)
    return True


def _plan_split(plan: _Plan, node: openvino.Node, channels: _Channels) -> bool:
    """Each part takes its channels in runs of neighbours, in the order in which they come in. Within the part, channel
    i is the one of rank `argsort(argsort(part))[i]`."""
    shape, sizes = dimensions(node.input_value(0)), [_count(output) for output in node.outputs()]
    axis = axis_of(node, len(shape), 1) if shape is not None else None
    if axis is None or None in sizes:
        return False
    if axis != 1:
        for index in range(len(sizes)):
            plan.known[node, index] = channels
        return True
    parts = np.split(channels.permutation, np.cumsum([size for size in sizes if size is not None])[:-1])
    runs = [_runs(part) for part in parts]
    if sum(map(len, runs)) > MOST_RUNS:
        return False
    for index, part in enumerate(parts):
        plan.known[node, index] = _Channels(np.argsort(np.argsort(part)), channels.asked)
    plan.changes.append(lambda: _cut(node, runs))
    return True


def _runs(part: Permutation) -> list[tuple[int, int]]:
    """First and last channel of each run of neighbouring channels."""
    channels = np.sort(part)
    pieces = np.split(channels, np.flatnonzero(np.diff(channels) != 1) + 1)
    return [(int(piece[0]), int(piece[-1])) for piece in pieces]


def _cut(node: openvino.Node, runs: Sequence[Sequence[tuple[int, int]]]) -> None:
    """One VariadicSplit into all runs, and a Concat for each part that takes several."""
    from openvino import opset13 as ops

    order = sorted(run for part in runs for run in part)
    lengths = np.array([last - first + 1 for first, last in order])
    cut = ops.variadic_split(node.input_value(0), 1, lengths)
    pieces: Mapping[tuple[int, int], openvino.Output] = dict(zip(order, cut.outputs(), strict=True))
    for output, part in zip(node.outputs(), runs, strict=True):
        taken = [pieces[run] for run in part]
        lead(output, taken[0] if len(taken) == 1 else ops.concat(taken, 1).output(0))


def _permuted(
    node: openvino.Node, index: int, values: NDArray[Any], permutation: Permutation, axis: int
) -> Callable[[], None]:
    return lambda: set_constant(node, index, np.take(values, np.argsort(permutation), axis=axis))


def _askers(channels: Iterable[_Channels]) -> frozenset[openvino.Node]:
    return frozenset(node for one in channels for node in one.asked)


def _count(value: openvino.Output) -> int | None:
    """The number of channels."""
    shape = dimensions(value)
    return int(shape[1].get_length()) if shape is not None and len(shape) > 1 and shape[1].is_static else None


_ALONE: Mapping[str, Callable[[_Plan, openvino.Node, _Channels], bool]] = {
    "ShapeOf": _plan_shape,
    "Split": _plan_split,
    "VariadicSplit": _plan_split,
    "Convolution": _plan_convolution,
    "GroupConvolution": _plan_groups,
}
