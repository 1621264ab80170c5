"""Taking channels out of a graph: smaller constants, and the shapes that follow."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ovopt.pruning.trace import Keep, Trace
from ovopt.pruning.units import Axes, Labels

if TYPE_CHECKING:
    import openvino


def cut(trace: Trace, removed: Collection[int]) -> None:
    """Remove units from the traced model, in place. Raises RuntimeError where the graph would not be sound."""
    keep = keeper(trace, removed)
    for node, axes in trace.constants:
        _slice(node, axes, keep)
    for repair in trace.repairs:
        repair(keep)
    trace.model.validate_nodes_and_infer_types()


def keeper(trace: Trace, removed: Collection[int]) -> Keep:
    """Which positions of an axis stay."""
    gone = np.array(sorted(removed), np.int64)

    def keep(labels: Labels) -> NDArray[np.bool_]:
        return ~np.isin(trace.units.of(labels), gone)

    return keep


def _slice(node: openvino.Node, axes: Axes, keep: Keep) -> None:
    from openvino import opset13 as ops

    values: NDArray[Any] = node.data
    for axis, labels in enumerate(axes):
        if labels is not None and not (left := keep(labels)).all():
            values = np.compress(left, values, axis=axis)
    if values.shape != tuple(node.get_output_shape(0)):
        new = ops.constant(np.ascontiguousarray(values), node.get_element_type(), name=node.get_friendly_name())
        node.output(0).replace(new.output(0))
