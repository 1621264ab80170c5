"""The weights of a model: which operation takes them, how many bytes they are, and in which precision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from ovopt.model.graph.nodes import constant_names

if TYPE_CHECKING:
    import openvino

RECURRENT = (
    "LSTMCell", "LSTMSequence", "GRUCell", "GRUSequence", "RNNCell", "RNNSequence", "AUGRUCell", "AUGRUSequence",
)  # fmt: skip
EMBEDDINGS = ("Gather",)
WEIGHTED = (
    *RECURRENT, *EMBEDDINGS, "MatMul", "Convolution", "GroupConvolution", "ConvolutionBackpropData",
    "GroupConvolutionBackpropData",
)  # fmt: skip
LOOPS = ("TensorIterator", "Loop")


@dataclass(frozen=True)
class Weights:
    """A constant of at least two dimensions that an operation multiplies with, or takes rows of."""

    operation: str
    kind: str
    """The operation's type."""
    dtype: str
    """The constant's element type, as it is stored."""
    bits: int
    """Bits of an element, as it is stored."""
    size_bytes: int


def weights(model: openvino.Model) -> list[Weights]:
    """All of a model's weights, those in the bodies of loops too; what two operations share comes twice."""
    return list(_weights(model))


def _weights(model: openvino.Model) -> Iterator[Weights]:
    constant = constant_names(model)
    for op in model.get_ordered_ops():
        kind = op.get_type_name()
        if op.get_name() in constant:
            continue
        if kind in LOOPS:
            yield from _weights(op.get_function())
        elif kind in WEIGHTED:
            for node in (value.get_node() for value in op.input_values()):
                stored = _largest(node) if node.get_name() in constant else None
                if stored is not None:
                    element = stored.get_element_type()
                    name, size = element.get_type_name(), stored.get_byte_size()
                    yield Weights(op.get_friendly_name(), kind, name, element.bitwidth, size)


def _largest(node: openvino.Node) -> openvino.Node | None:
    """The constant with the most elements among those that a value is made of (scales, zero points and a codebook among
    them); None where that is a vector or a number."""
    found = [node] if node.get_type_name() == "Constant" else []
    found += [leaf for value in node.input_values() if (leaf := _largest(value.get_node())) is not None]
    matrices = [leaf for leaf in found if sum(size > 1 for size in leaf.get_output_shape(0)) > 1]
    return max(matrices, key=lambda leaf: prod(leaf.get_output_shape(0)), default=None)
