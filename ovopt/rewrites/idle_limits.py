"""Limits that no value reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ovopt.model.graph.nodes import Rewrite, bypass_each, constant, dimensions, other, producer

if TYPE_CHECKING:
    import openvino

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
