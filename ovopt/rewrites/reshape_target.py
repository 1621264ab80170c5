"""Shapes that are computed while the model runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import openvino
from openvino import opset13 as ops

from ovopt.model.graph.nodes import Rewrite, constant, dimensions, equal, producer, substitute_each


class ReshapeTarget(Rewrite):
    """Reshape to a computed shape = Reshape to a constant one, where all but one of the new dimensions are known, or
    equal to the old ones in their place: 0 stands for such a one, and -1 for what is left."""

    name: ClassVar[str] = "reshape_target"

    def apply(self, model: openvino.Model) -> int:
        """A constant target for each; the number of places."""
        return substitute_each(model, _reshaped)


def _reshaped(operation: openvino.Node) -> openvino.Node | None:
    if operation.get_type_name() != "Reshape" or constant(producer(operation, 1)) is not None:
        return None
    source = operation.input_value(0)
    target = _target(dimensions(source) or [], dimensions(operation.output(0)) or [])
    return ops.reshape(source, np.array(target, np.int64), True) if target else None


def _target(old: Sequence[openvino.Dimension], new: Sequence[openvino.Dimension]) -> list[int] | None:
    """The constant that gives the new shape; None where it takes more to know it."""
    target = []
    for index, dimension in enumerate(new):
        if dimension.is_static:
            target.append(dimension.get_length())
        elif index < len(old) and equal(old[index], dimension):
            target.append(0)
        else:
            target.append(-1)
    empty = any(dimension.is_static and dimension.get_length() == 0 for dimension in new)
    return None if empty or target.count(-1) > 1 else target
