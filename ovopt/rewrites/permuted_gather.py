"""Channels put into another order by a Gather."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ovopt.model.graph.channel_order import Permuting, fold
from ovopt.model.graph.nodes import Rewrite, constant, dimensions, producer

if TYPE_CHECKING:
    import openvino


class PermutedGather(Rewrite):
    """conv(x[:, p], w) = conv(x, w[:, p⁻¹]) for a permutation p, such as the one from RGB to BGR.

    OpenVINO folds one that a convolution follows (2026.4 does so wrongly where the order does not undo itself), but not
    one that a pooling, a depthwise convolution, Split or Concat follows.
    """

    name: ClassVar[str] = "permuted_gather"

    def apply(self, model: openvino.Model) -> int:
        """Drop the permutations whose readers can do without."""
        found = [_permuting(node) for node in model.get_ordered_ops() if node.get_type_name() == "Gather"]
        return fold(model, [one for one in found if one is not None])


def _permuting(node: openvino.Node) -> Permuting | None:
    shape = dimensions(node.input_value(0))
    indices, axis = constant(producer(node, 1)), constant(producer(node, 2))
    if shape is None or len(shape) < 2 or shape[1].is_dynamic or indices is None or axis is None:
        return None
    count = shape[1].get_length()
    if int(axis.reshape(())) % len(shape) != 1 or indices.ndim != 1 or node.get_attributes().get("batch_dims", 0):
        return None
    channels = np.where(indices < 0, indices + count, indices).astype(np.int64)
    return Permuting(node, node.input_value(0), channels) if sorted(channels) == list(range(count)) else None
