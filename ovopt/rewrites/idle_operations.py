"""Operations that change nothing, and limits that no value reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ovopt.model.graph.nodes import (
    Rewrite,
    bypass_each,
    constant,
    dimensions,
    equal_shapes,
    other,
    producer,
)
from ovopt.model.graph.spelling import COMMUTATIVE

if TYPE_CHECKING:
    import openvino


SAME_SHAPE = frozenset({"Reshape", "Squeeze", "Unsqueeze", "Broadcast", "Tile"})
"""These change nothing where they do not change the shape."""
NEUTRAL = {"Multiply": 1, "Divide": 1, "Power": 1, "Add": 0, "Subtract": 0}
STEPS_INPUT = {"Slice": 3, "StridedSlice": 3}
"""Place of the input with the steps: whoever steps forward through all elements of an axis takes it as it is."""


class NoOps(Rewrite):
    """x * 1 = x + 0 = x - 0 = x / 1 = x^1 = x, and so for Reshape, Squeeze, Unsqueeze, Broadcast, Tile, Slice, Pad,
    Transpose, Convert, Split and Concat that leave x as it is.

    OpenVINO drops most of them too (not x^1), but later than quantization and the other rewrites, which they interrupt.
    """

    name: ClassVar[str] = "no_ops"

    def apply(self, model: openvino.Model) -> int:
        """Drop each of them."""
        return bypass_each(model, _unchanged)


def _unchanged(node: openvino.Node) -> openvino.Output | None:
    """The input that the output equals for sure."""
    kind = node.get_type_name()
    if kind in NEUTRAL:
        return _beside_neutral(node)
    if kind in ("Concat", "Split", "VariadicSplit"):
        alone = node.get_input_size() == 1 if kind == "Concat" else node.get_output_size() == 1
    elif kind == "Transpose":
        order = constant(producer(node, 1))
        alone = order is not None and np.array_equal(order, np.arange(order.size)) and order.size > 0
    elif kind == "Pad":
        alone = all(_all(node, index, 0) for index in (1, 2))
    elif kind == "Convert":
        alone = node.get_input_element_type(0) == node.get_output_element_type(0)
    else:
        alone = kind in SAME_SHAPE or (kind in STEPS_INPUT and _steps_forward(node, STEPS_INPUT[kind]))
        alone = alone and _same_shape(node, 0)
    return node.input_value(0) if alone else None


def _beside_neutral(node: openvino.Node) -> openvino.Output | None:
    kind = node.get_type_name()
    for index in (0, 1) if kind in COMMUTATIVE else (0,):
        if _all(node, 1 - index, NEUTRAL[kind]) and _same_shape(node, index):
            return node.input_value(index)
    return None


def _same_shape(node: openvino.Node, index: int) -> bool:
    return equal_shapes(dimensions(node.input_value(index)), dimensions(node.output(0)))


def _steps_forward(node: openvino.Node, index: int) -> bool:
    if node.get_input_size() <= index:
        return True
    steps = constant(producer(node, index))
    return steps is not None and bool((steps > 0).all())


def _all(node: openvino.Node, index: int, value: float) -> bool:
    values = constant(producer(node, index))
    return values is not None and bool((values == value).all())


END = 10**9
"""An end so far is the end of any dimension: exporters write it where there is none."""


class IdleLimits(Rewrite):
    """max(x, -∞) = x, min(x, ∞) = x, and a slice in steps of 1 from 0 to an end beyond all elements = x.

    The known end of such a slice hides from shape inference that the dimension stays what it is.
    """

    name: ClassVar[str] = "idle_limits"

    def apply(self, model: openvino.Model) -> int:
        """Drop each of them."""
        return bypass_each(model, _limited)


def _limited(node: openvino.Node) -> openvino.Output | None:
    """The tensor that is limited in vain."""
    kind = node.get_type_name()
    if kind in ("Maximum", "Minimum"):
        source = other(node, -np.inf if kind == "Maximum" else np.inf)
        return source if source is not None and _rank(source) == _rank(node.output(0)) is not None else None
    return node.input_value(0) if kind == "Slice" and _takes_all(node) else None


def _rank(output: openvino.Output) -> int | None:
    shape = dimensions(output)
    return None if shape is None else len(shape)


def _takes_all(node: openvino.Node) -> bool:
    starts, ends, steps = (constant(producer(node, index)) for index in (1, 2, 3))
    axes = constant(producer(node, 4)) if node.get_input_size() > 4 else np.arange(0 if starts is None else starts.size)
    shape = dimensions(node.input_value(0))
    if starts is None or ends is None or steps is None or axes is None or shape is None:
        return False
    lengths = [shape[axis].get_length() if shape[axis].is_static else END for axis in axes.reshape(-1)]
    return bool((starts == 0).all() and (steps == 1).all() and (ends >= np.array(lengths)).all())
