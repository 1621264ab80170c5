"""Products of one-hot vectors."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13 as ops

from ovopt.model.graph.nodes import (
    Rewrite,
    constant,
    dimensions,
    equal_shapes,
    is_unit,
    producer,
    scalar,
    substitute_each,
)

LookupTable = NDArray[np.float32]

TYPES = ("i8", "u8", "i16", "u16", "i32", "u32", "i64")
LARGEST_INDEX = {"u8": 255, "u16": 65535}
"""Largest index of a type: where the vectors are longer, no index is beyond them."""


class OneHotLookup(Rewrite):
    """one_hot(i) · M = M[i]: a product with a constant matrix is a lookup in its rows.

    The one-hot vector may be spelled as i = 0, 1, ..., n-1, compared and converted or selected. An index beyond these
    has no one in it, and looks up a row of zeros that is added behind the last.
    """

    name: ClassVar[str] = "one_hot_lookup"

    def apply(self, model: openvino.Model) -> int:
        """A Gather for each product; the number of places."""
        return substitute_each(model, _looked_up)


def _looked_up(product: openvino.Node) -> openvino.Node | None:
    if product.get_type_name() != "MatMul" or product.get_attributes()["transpose_a"]:
        return None
    hot, table = _one_hot(producer(product)), _table(product)
    return _lookup(hot, table) if hot is not None and table is not None and len(table) == hot.depth else None


class _OneHot(NamedTuple):
    indices: openvino.Output
    depth: int
    unit: bool
    """Whether the indices have a last dimension of 1, which the lookup does without."""


def _one_hot(node: openvino.Node) -> _OneHot | None:
    """Indices and depth that one-hot vectors are made of; None where a tensor is not made so."""
    if node.get_type_name() == "Convert" and node.get_output_element_type(0).is_real():
        node = producer(node)
    if node.get_type_name() == "Select" and [scalar(producer(node, index)) for index in (1, 2)] == [1, 0]:
        node = producer(node)
    if node.get_type_name() == "OneHot":
        return _of_operation(node)
    return _of_comparison(node) if node.get_type_name() == "Equal" else None


def _of_operation(node: openvino.Node) -> _OneHot | None:
    depth, on, off = (scalar(producer(node, index)) for index in (1, 2, 3))
    attributes = node.get_attributes()
    shape = dimensions(node.output(0))
    last = shape is not None and attributes["axis"] in (-1, len(shape) - 1)
    counts_back = str(attributes.get("negative_indices_mode", "ignore_negative")).lower() == "normalize"
    if depth is None or (on, off) != (1, 0) or not last or counts_back or not _is_index(node.input_value(0)):
        return None
    return _OneHot(node.input_value(0), int(depth), unit=False)


def _of_comparison(node: openvino.Node) -> _OneHot | None:
    for index in (0, 1):
        indices, domain = node.input_value(index), constant(producer(node, 1 - index))
        shape = dimensions(indices)
        if domain is None or not shape or not is_unit(shape[-1]) or not _is_index(indices):
            continue
        along_last = 0 < domain.ndim <= len(shape) and domain.shape[-1] == domain.size
        if along_last and np.array_equal(domain.reshape(-1), np.arange(domain.size)):
            return _OneHot(indices, domain.size, unit=True)
    return None


def _is_index(indices: openvino.Output) -> bool:
    return indices.get_element_type().get_type_name() in TYPES


def _table(product: openvino.Node) -> LookupTable | None:
    """The matrix, a row for each index."""
    matrix = constant(producer(product, 1))
    if matrix is None or matrix.ndim != 2 or matrix.dtype != np.float32:
        return None
    return matrix.T if product.get_attributes()["transpose_b"] else matrix


def _before_unit(indices: openvino.Output) -> openvino.Output | None:
    """The indices as they were before a last dimension of 1 was added."""
    node, shape = indices.get_node(), dimensions(indices)
    if shape is None or node.get_type_name() not in ("Reshape", "Unsqueeze"):
        return None
    return node.input_value(0) if equal_shapes(dimensions(node.input_value(0)), shape[:-1]) else None


def _lookup(hot: _OneHot, table: LookupTable) -> openvino.Node:
    kind = hot.indices.get_element_type().get_type_name()
    indices: openvino.Output | openvino.Node = hot.indices
    if hot.unit:
        indices = _before_unit(hot.indices) or ops.squeeze(indices, np.array([-1], np.int64))
    if kind not in ("i32", "i64"):
        indices = ops.convert(indices, "i32")
    if not (kind in LARGEST_INDEX and LARGEST_INDEX[kind] < hot.depth):
        table = np.concatenate([table, np.zeros_like(table[:1])])
        whole = np.int64 if kind == "i64" else np.int32
        indices = ops.minimum(ops.maximum(indices, whole(-1)), whole(hot.depth))
    return ops.gather(ops.constant(np.ascontiguousarray(table)), indices, np.int64(0))
