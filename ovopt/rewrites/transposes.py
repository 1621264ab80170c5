"""Transposes that another one undoes later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13 as ops

from ovopt.model.graph.nodes import (
    BROADCASTING,
    REDUCING,
    UNARY,
    Rewrite,
    axes_of,
    constant,
    dimensions,
    feeds_result,
    is_unit,
    lead,
    producer,
    set_constant,
)
from ovopt.model.graph.orders import Order, after, identity, inverse, moved_elements, order_of, sizes

AXES_INPUT = {"Slice": 4, "Split": 1, "VariadicSplit": 1}


class Transposes(Rewrite):
    """f(transpose(x)) = transpose(f(x)) for what works element by element, joins, cuts, pads or reduces (its axes
    renamed), and transpose(transpose(x)) = x for orders that undo each other.

    OpenVINO cancels neighbours, but executes those that arithmetic with constants or two inputs, a Concat, Pad or Slice
    stands between. A group of operations changes its layout as a whole, and only where fewer elements are moved then.
    """

    name: ClassVar[str] = "transposes"

    def apply(self, model: openvino.Model) -> int:
        """Change the layout of one group after the other; every change lessens the elements moved, so it ends."""
        places = 0
        while _merged(model) or _relaid(model):
            places += 1
            model.validate_nodes_and_infer_types()
        return places


def _merged(model: openvino.Model) -> bool:
    """Replace one Transpose of a Transpose."""
    for node in model.get_ordered_ops():
        order = order_of(node)
        before = None if order is None else order_of(producer(node))
        if order is not None and before is not None:
            source = producer(node).input_value(0)
            new = _transposed(source, after(before, order))
            if lead(node.output(0), new):
                return True
    return False


def _relaid(model: openvino.Model) -> bool:
    """Change the layout of one group."""
    for node in model.get_ordered_ops():
        order = order_of(node)
        if order is not None and order != identity(order):
            groups = [_Group.around(node, order, backwards) for backwards in (False, True)]
            best = max(groups, key=_Group.gain)
            if best.gain() > 0:
                best.change()
                return True
    return False


@dataclass(frozen=True)
class _Moved:
    """An operation as it is when its inputs hold x where they held transpose(x, order).

    Output axis i of the Transpose is axis order[i] of x. So an axis a becomes order[a], and values along all axes
    (pads, constants) become values[inverse(order)].
    """

    data: tuple[int, ...]
    """The inputs that are in the other layout then."""
    constants: Mapping[int, NDArray[Any]] = field(default_factory=dict)
    attributes: Mapping[str, int] = field(default_factory=dict)
    ends: bool = False
    """Its output stays as it is."""


@dataclass
class _Group:
    """Operations that can work on x instead of transpose(x, order)."""

    order: Order
    members: dict[openvino.Node, _Moved]

    @classmethod
    def around(cls, start: openvino.Node, order: Order, backwards: bool) -> _Group:
        """All that the output of a Transpose reaches; backwards, also what is computed to meet it there."""
        members: dict[openvino.Node, _Moved] = {}
        waiting = _readers(start.output(0))
        while waiting:
            node = waiting.pop()
            moved = None if node in members else _moved(node, order)
            if moved is None:
                continue
            members[node] = moved
            if not moved.ends:
                waiting += [reader for output in node.outputs() for reader in _readers(output)]
            if backwards:
                made = [producer(node, index) for index in moved.data]
                waiting += [one for one in made if not ((there := _moved(one, order)) and there.ends)]
        return cls(order, members)

    def gain(self) -> int:
        """Elements fewer that are moved after the change; 0 where outputs of the model would become one."""
        return sum(map(self._gain_before, self._entries())) + sum(map(self._gain_after, self._exits()))

    def _gain_before(self, output: openvino.Output) -> int:
        """Elements fewer in front: a Transpose that only members read goes, one is added where the entry was not
        transposed."""
        source, needed = self._source(output)
        gain = -moved_elements(sizes(source), needed)
        order = order_of(output.get_node())
        if order is not None and all(self._takes(reader) for reader in output.get_target_inputs()):
            gain += moved_elements(sizes(source), order)
        return gain if constant(output.get_node()) is None else 0

    def _gain_after(self, output: openvino.Output) -> int:
        """Elements fewer behind: each Transpose that reads an exit works on x now, all other readers share one that is
        new."""
        shape = sizes(output)
        there = [shape[axis] for axis in inverse(self.order)]
        gain = 0
        for reader in self._transposes(output):
            order = order_of(reader)
            assert order is not None
            gain += moved_elements(shape, order) - moved_elements(there, after(self.order, order))
        return gain - (moved_elements(there, self.order) if self._others(output) else 0)

    def change(self) -> None:
        """Let the members work on x."""
        exits = [(output, self._transposes(output), self._others(output)) for output in self._exits()]
        for output in list(self._entries()):
            new = self._entered(output)
            for reader in output.get_target_inputs():
                if self._takes(reader):
                    reader.replace_source_output(new)
        for node, moved in self.members.items():
            for index, values in moved.constants.items():
                set_constant(node, index, values)
            for key, value in moved.attributes.items():
                node.set_attribute(key, value)
        for node in self._sorted():
            node.validate_and_infer_types()
        for output, transposes, others in exits:
            self._leave(output, transposes, others)

    def _leave(self, output: openvino.Output, transposes: list[openvino.Node], others: list[openvino.Input]) -> None:
        """Gives those outside what they took: transposed back, or by an order that takes both together."""
        names, named = output.get_names(), feeds_result(output)
        if others:
            back = _transposed(output, self.order)
            for reader in others:
                reader.replace_source_output(back)
            if named:
                output.set_names(set())
                back.set_names(names)
        for node in transposes:
            order = order_of(node)
            assert order is not None
            lead(node.output(0), _transposed(output, after(self.order, order)))

    def _sorted(self) -> Iterator[openvino.Node]:
        """The members, each after those whose outputs it takes."""
        done: set[openvino.Node] = set()
        waiting = list(self.members)
        while waiting:
            node = waiting[-1]
            missing = [
                producer(node, index)
                for index in range(node.get_input_size())
                if producer(node, index) in self.members and producer(node, index) not in done
            ]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if node not in done:
                done.add(node)
                yield node

    def _entries(self) -> Iterator[openvino.Output]:
        """Tensors that the members take from outside, each once."""
        seen = set()
        for node, moved in self.members.items():
            for index in moved.data:
                output = node.input_value(index)
                made = self.members.get(output.get_node())
                key = (output.get_node(), output.get_index())
                if (made is None or made.ends) and key not in seen:
                    seen.add(key)
                    yield output

    def _exits(self) -> Iterator[openvino.Output]:
        """Tensors that others take from the members."""
        for node, moved in self.members.items():
            for output in [] if moved.ends else node.outputs():
                if any(not self._takes(reader) for reader in output.get_target_inputs()):
                    yield output

    def _source(self, output: openvino.Output) -> tuple[openvino.Output, Order]:
        """The tensor to transpose, and the order, for an entry in the other layout."""
        order, back = order_of(output.get_node()), inverse(self.order)
        return (output, back) if order is None else (output.get_node().input_value(0), after(order, back))

    def _entered(self, output: openvino.Output) -> openvino.Output:
        values = constant(output.get_node())
        if values is not None:
            entered: openvino.Node = ops.constant(np.ascontiguousarray(values.transpose(inverse(self.order))))
            return entered.output(0)
        return _transposed(*self._source(output))

    def _takes(self, reader: openvino.Input) -> bool:
        """True for an input of a member that changes its layout."""
        moved = self.members.get(reader.get_node())
        return moved is not None and reader.get_index() in moved.data

    def _transposes(self, output: openvino.Output) -> list[openvino.Node]:
        """The Transposes outside that take an output and may go, unless that would unite outputs of the model."""
        found = [node for node in _readers(output) if order_of(node) is not None]
        named = [node for node in found if feeds_result(node.output(0))]
        return [node for node in found if node not in named[1:]]

    def _others(self, output: openvino.Output) -> list[openvino.Input]:
        going = self._transposes(output)
        return [
            reader
            for reader in output.get_target_inputs()
            if not self._takes(reader) and reader.get_node() not in going
        ]


def _moved(node: openvino.Node, order: Order) -> _Moved | None:
    """The operation in the other layout; None where it cannot work in it."""
    shape = dimensions(node.input_value(0)) if node.get_input_size() else None
    if shape is None:
        return None
    if node.get_type_name() in BROADCASTING:
        return _broadcast(node, order)
    move = _MOVES.get(node.get_type_name())
    return move(node, order) if move and len(shape) == len(order) else None


def _unary(node: openvino.Node, _order: Order) -> _Moved | None:
    """Parameters of an activation may be inputs."""
    single = all(_is_single(node.input_value(index)) for index in range(1, node.get_input_size()))
    return _Moved((0,)) if single else None


def _broadcast(node: openvino.Node, order: Order) -> _Moved | None:
    shape = dimensions(node.output(0))
    if shape is None or len(shape) != len(order) or node.get_attributes().get("auto_broadcast") != "numpy":
        return None
    data, constants = [], {}
    for index, value in enumerate(node.input_values()):
        own, values = dimensions(value), constant(value.get_node())
        if own is None:
            return None
        if values is not None and values.size > 1:
            whole = values.reshape((1,) * (len(order) - values.ndim) + values.shape)
            constants[index] = whole.transpose(inverse(order))
        elif values is None and len(own) == len(order):
            data.append(index)
        elif not _is_single(value):
            return None
    return _Moved(tuple(data), constants) if data else None


def _joined(node: openvino.Node, order: Order) -> _Moved:
    axis = order[node.get_attributes()["axis"] % len(order)]
    return _Moved(tuple(range(node.get_input_size())), attributes={"axis": axis})


def _padded(node: openvino.Node, order: Order) -> _Moved | None:
    constants = {}
    for index in (1, 2):
        pads = constant(producer(node, index))
        if pads is None or pads.size != len(order):
            return None
        constants[index] = pads[list(inverse(order))]
    return _Moved((0,), constants)


def _renamed(node: openvino.Node, order: Order) -> _Moved | None:
    index = AXES_INPUT[node.get_type_name()]
    axes = constant(producer(node, index)) if node.get_input_size() > index else None
    if axes is None:
        return None
    return _Moved((0,), {index: np.asarray(order)[axes.astype(np.int64) % len(order)]})


def _reduced(node: openvino.Node, order: Order) -> _Moved | None:
    """Dropping axes ends the group, provided that those which are left keep their order."""
    axes = axes_of(node, len(order)) if node.get_input_size() == 2 else None
    if axes is None:
        return None
    left = [there for here, there in enumerate(order) if here not in axes]
    keeps = node.get_attributes().get("keep_dims", False)
    if not keeps and left != sorted(left):
        return None
    return _Moved((0,), {1: np.array([order[axis] for axis in axes])}, ends=not keeps)


def _is_single(value: openvino.Output) -> bool:
    shape = dimensions(value)
    return shape is not None and all(map(is_unit, shape))


def _readers(output: openvino.Output) -> list[openvino.Node]:
    return [reader.get_node() for reader in output.get_target_inputs()]


def _transposed(source: openvino.Output, order: Order) -> openvino.Output:
    return source if order == identity(order) else ops.transpose(source, np.array(order)).output(0)


_MOVES: Mapping[str, Callable[[openvino.Node, Order], _Moved | None]] = {
    **dict.fromkeys(UNARY, _unary),
    **dict.fromkeys(AXES_INPUT, _renamed),
    **dict.fromkeys([*REDUCING, "Squeeze"], _reduced),
    "Concat": _joined,
    "Pad": _padded,
}
