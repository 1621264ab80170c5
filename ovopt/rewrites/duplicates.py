"""Operations that compute what another one computes already."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ovopt.model.graph.nodes import Rewrite, lead

if TYPE_CHECKING:
    import openvino

OWN = frozenset(
    {"Parameter", "Result", "ReadValue", "Assign", "RandomUniform", "Multinomial", "TensorIterator", "Loop"}
)
"""Each of these is what it is beyond its inputs and attributes: it has a state, chance or a graph of its own."""
UNREADABLE = frozenset({"If", "PagedAttentionExtension"})


class Duplicates(Rewrite):
    """f(x) and f(x) are f(x) once: the same operation with the same attributes on the same inputs, constants being the
    same where their values are.

    OpenVINO merges them too, but later than quantization: a convolution written twice runs twice when quantized.
    """

    name: ClassVar[str] = "duplicates"

    def apply(self, model: openvino.Model) -> int:
        """Lead the readers of each later one to the first."""
        known: dict[Hashable, openvino.Node] = {}
        constants: dict[openvino.Node, Hashable] = {}
        places = 0
        for node in model.get_ordered_ops():
            kind = node.get_type_name()
            if kind == "Constant":
                constants[node] = _content(node)
            elif kind not in OWN | UNREADABLE and node.get_input_size():
                key = _key(node, constants)
                first = known.setdefault(key, node)
                if first is not node:
                    moved = [lead(old, new) for old, new in zip(node.outputs(), first.outputs(), strict=True)]
                    places += any(moved)
        return places


def _key(node: openvino.Node, constants: dict[openvino.Node, Hashable]) -> Hashable:
    inputs = tuple(
        constants.get(value.get_node()) or (value.get_node().get_instance_id(), value.get_index())
        for value in node.input_values()
    )
    info = node.get_type_info()
    types = tuple(output.get_element_type().get_type_name() for output in node.outputs())
    return info.name, info.version_id, repr(sorted(node.get_attributes().items())), types, inputs


def _content(node: openvino.Node) -> Hashable:
    element_type = node.get_output_element_type(0).get_type_name()
    if element_type == "string":
        return None
    values = np.ascontiguousarray(node.data)
    return element_type, tuple(node.get_output_shape(0)), hashlib.sha256(values.tobytes()).digest()
