"""Following channels through a graph: the unit of every position along every axis of its tensors; cutting units out.

Units are channels that can only go together: union-find over every channel of every constant.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ovopt.model.graph.nodes import dimensions

if TYPE_CHECKING:
    import openvino

AxisLabels = NDArray[np.int64]
"""One label per position along an axis of a tensor, shape [length]. Positions with the same unit are removed
together."""
Axes = tuple[AxisLabels | None, ...]
"""The labels of a tensor's axes; None for an axis that stays as it is."""


class Units:
    """Sets of channels that are removed as a whole: each a channel, with everything that has to go with it."""

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._reason: dict[int, str] = {}

    def fresh(self, count: int) -> AxisLabels:
        """AxisLabels of new units, one for each position, shape [count]."""
        start = len(self._parent)
        self._parent.extend(range(start, start + count))
        return np.arange(start, start + count)

    def fixed(self, count: int, reason: str) -> AxisLabels:
        """AxisLabels of positions that nothing can remove, shape [count]."""
        labels = self.fresh(count)
        self.protect(labels, reason)
        return labels

    def unite(self, one: AxisLabels, two: AxisLabels) -> None:
        """Joins position i of the one [length] with position i of the other [length]."""
        for mine, theirs in zip(one.tolist(), two.tolist(), strict=True):
            self._unite(mine, theirs)

    def protect(self, labels: AxisLabels | None, reason: str) -> None:
        """Keeps the units of these labels, shape [length]; the first reason counts."""
        if labels is not None:
            for label in labels.tolist():
                self._reason.setdefault(self._root(label), reason)

    def of(self, labels: AxisLabels) -> AxisLabels:
        """The unit of each position, shape [length]."""
        return np.array([self._root(label) for label in labels.tolist()], np.int64)

    def reason(self, unit: int) -> str | None:
        """Why a unit stays; None where it may go."""
        return self._reason.get(self._root(unit))

    def _unite(self, one: int, two: int) -> None:
        kept, gone = self._root(one), self._root(two)
        if kept == gone:
            return
        kept, gone = min(kept, gone), max(kept, gone)
        self._parent[gone] = kept
        reason = self._reason.pop(gone, None)
        if reason:
            self._reason.setdefault(kept, reason)

    def _root(self, label: int) -> int:
        root = label
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[label] != root:
            self._parent[label], label = root, self._parent[label]
        return root


def labelled(axes: Iterable[AxisLabels | None]) -> list[AxisLabels]:
    """Those axes that have labels, each of shape [length]."""
    return [labels for labels in axes if labels is not None]


SLICED = ("f32", "f16", "f64", "i64", "i32", "i8", "u8", "boolean")
"""Element types of constants that can be sliced."""

Keep: TypeAlias = Callable[[AxisLabels], NDArray[np.bool_]]
"""Function from an axis's labels [length] to the positions that stay [length]."""


@dataclass(frozen=True)
class Product:
    """An operation that multiplies and adds: a convolution, or a matrix product."""

    node: openvino.Node
    reads: AxisLabels | None
    """The labels of the channels that constant weights sum over; None where there are none."""
    makes: AxisLabels | None
    """The labels of the channels that constant weights make."""
    factors: tuple[AxisLabels, ...]
    """The labels of all axes that its work is in proportion to."""


class Trace:
    """The axes of all tensors of a model, found by going through it once, in order."""

    def __init__(self, model: openvino.Model, rules: Mapping[str, Rule]) -> None:
        """`rules` says by operation type how an operation hands labels on."""
        self.model = model
        self.units = Units()
        self.products: list[Product] = []
        self.sections: list[AxisLabels] = []
        """Runs of channels none of which may become empty."""
        self.repairs: list[Callable[[Keep], None]] = []
        """What else has to change once channels are gone: shapes and lengths."""
        self.constants: list[tuple[openvino.Node, Axes]] = []
        self._known: dict[tuple[openvino.Node, int], Axes] = {}
        for node in model.get_ordered_ops():
            self._follow(node, rules)

    def axes(self, value: openvino.Output) -> Axes:
        """The labels of a tensor's axes; none where not even their number is known."""
        return self._known[value.get_node(), value.get_index()]

    def protect(self, axes: Sequence[AxisLabels | None], reason: str) -> None:
        """Keeps these axes, each of shape [length], as they are."""
        for labels in labelled(axes):
            self.units.protect(labels, reason)

    def together(self, found: Sequence[AxisLabels | None], reason: str) -> AxisLabels | None:
        """One axis of several tensors, position by position, each of shape [length]. Where one of them cannot change,
        none can."""
        labels = labelled(found)
        for other in labels[1:]:
            self.units.unite(labels[0], other)
        if labels and len(labels) < len(found):
            self.units.protect(labels[0], reason)
        return labels[0] if labels else None

    def _follow(self, node: openvino.Node, rules: Mapping[str, Rule]) -> None:
        kind = node.get_type_name()
        rule = self._constant if kind == "Constant" else rules.get(kind)
        found = rule(self, node) if rule else None
        if found is None:
            for value in node.input_values():
                self.protect(self.axes(value), _unknown(node))
        for index, output in enumerate(node.outputs()):
            self._known[node, index] = found[index] if found else (None,) * len(dimensions(output) or ())

    @staticmethod
    def _constant(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
        if node.get_element_type().get_type_name() not in SLICED:
            return None
        axes = tuple(trace.units.fresh(size) if size > 1 else None for size in node.get_output_shape(0))
        trace.constants.append((node, axes))
        return [axes]


Rule: TypeAlias = Callable[[Trace, "openvino.Node"], Sequence[Axes] | None]
"""A rule of how an operation hands labels on: the axes of each output; None where it is not understood after all."""


def sizes(value: openvino.Output) -> list[int | None] | None:
    """The lengths of a tensor's axes, None for one that is dynamic; None where not even their number is known."""
    shape = dimensions(value)
    return None if shape is None else [int(one.get_length()) if one.is_static else None for one in shape]


def called(node: openvino.Node) -> str:
    """An operation, for a message."""
    return f"{node.get_type_name()} {node.get_friendly_name()!r}"


def _unknown(node: openvino.Node) -> str:
    if node.get_type_name() == "Result":
        return "they are an output of the model"
    return f"{called(node)} is not known to do without some of them"


def cut(trace: Trace, removed: Collection[int]) -> None:
    """Removes units from the traced model, in place. Raises RuntimeError where the graph would not be sound."""
    keep = keeper(trace, removed)
    for node, axes in trace.constants:
        _slice(node, axes, keep)
    for repair in trace.repairs:
        repair(keep)
    trace.model.validate_nodes_and_infer_types()


def keeper(trace: Trace, removed: Collection[int]) -> Keep:
    """A function that tells which positions of an axis stay without these units."""
    gone = np.array(sorted(removed), np.int64)

    def keep(labels: AxisLabels) -> NDArray[np.bool_]:
        return ~np.isin(trace.units.of(labels), gone)

    return keep


def _slice(node: openvino.Node, axes: Axes, keep: Keep) -> None:
    from openvino import opset13 as ops

    values = np.asarray(node.data)
    for axis, labels in enumerate(axes):
        if labels is not None and not (left := keep(labels)).all():
            values = np.compress(left, values, axis=axis)
    if values.shape != tuple(node.get_output_shape(0)):
        new = ops.constant(np.ascontiguousarray(values), node.get_element_type(), name=node.get_friendly_name())
        node.output(0).replace(new.output(0))
