"""Batch normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ovopt.model.graph.nodes import Rewrite, constant, dimensions, substitute

if TYPE_CHECKING:
    import openvino

DATA = {"opset1": 2, "opset5": 0}
"""Place of the input with the data; the others are scale, shift, mean and variance of each channel, in this order."""


class BatchNorm(Rewrite):
    """BatchNormInference(x) = x * a + b with a = scale / sqrt(variance + eps) and b = shift - mean * a.

    NNCF quantizes the input of `BatchNormInference`, but takes a product and a sum for a part of the layer before them
    (one FakeQuantize less for each). OpenVINO runs both forms inside the convolution.
    """

    name: ClassVar[str] = "batch_norm"

    def apply(self, model: openvino.Model) -> int:
        """A product and a sum for each; the number of places."""
        return sum(_spelled_out(node) for node in model.get_ordered_ops())


def _spelled_out(node: openvino.Node) -> bool:
    from openvino import opset13 as ops

    if node.get_type_name() != "BatchNormInference":
        return False
    data = node.input_value(DATA[node.get_type_info().version_id])
    statistics = [constant(value.get_node()) for value in node.input_values() if value != data]
    shape = dimensions(data)
    if shape is None or any(each is None for each in statistics):
        return False
    scale, shift, mean, variance = (np.asarray(each, np.float64) for each in statistics)
    factor = scale / np.sqrt(variance + node.get_attributes()["epsilon"])
    terms = [
        ops.constant(each.reshape(1, -1, *[1] * (len(shape) - 2)), data.get_element_type())
        for each in (factor, shift - mean * factor)
    ]
    substitute(node, ops.add(ops.multiply(data, terms[0]), terms[1]))
    return True
