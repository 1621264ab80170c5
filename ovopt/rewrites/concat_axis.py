"""Stacking along the innermost axis."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import openvino
from openvino import opset13 as ops

from ovopt.model.graph.nodes import Rewrite, axes_of, dimensions, is_unit, lead


class ConcatAxis(Rewrite):
    """stack(xs, axis=-1) = transpose(stack(xs, axis=1)): single elements side by side become whole rows.

    The innermost Concat of unit dimensions runs in a reference kernel, element by element; the outer one is a copy or
    none at all, and the Transpose after it is faster than the former even where nothing cancels it.
    """

    name: ClassVar[str] = "concat_axis"

    def apply(self, model: openvino.Model) -> int:
        """Rewrite each Concat of unit dimensions along the innermost axis."""
        return sum(_restacked(node) for node in model.get_ordered_ops() if node.get_type_name() == "Concat")


def _restacked(node: openvino.Node) -> bool:
    shapes = [dimensions(value) for value in node.input_values()]
    shape = shapes[0]
    if shape is None or len(shape) < 2 or len(shapes) < 2:
        return False
    rank = len(shape)
    last = node.get_attributes()["axis"] % rank == rank - 1
    if not last or not all(one is not None and is_unit(one[-1]) for one in shapes) or all(map(is_unit, shape)):
        return False
    position = 0 if rank == 2 else 1
    moved = [ops.unsqueeze(_without_last(value, rank), np.array([position])) for value in node.input_values()]
    order = [axis + (axis >= position) for axis in range(rank - 1)] + [position]
    new = ops.transpose(ops.concat(moved, position), np.array(order))
    done = lead(node.output(0), new.output(0))
    if done:
        new.set_friendly_name(node.get_friendly_name())
    return done


def _without_last(value: openvino.Output, rank: int) -> openvino.Output:
    """The input without its unit dimension, which often was added just before."""
    node: openvino.Node = value.get_node()
    if node.get_type_name() == "Unsqueeze" and axes_of(node, rank) == [rank - 1]:
        return node.input_value(0)
    return ops.squeeze(value, np.array([rank - 1])).output(0)
