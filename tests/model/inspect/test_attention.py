"""Attention, as one operation and spelled out, and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import Node
from openvino import opset13 as ops

from ovopt.model.inspect.quantizers import has_attention

SHAPE = (1, 2, 4, 8)
"""Batch, heads, tokens, width."""


def model_of(build: Callable[[Node, Node, Node], Node]) -> ov.Model:
    given = [ops.parameter(SHAPE, np.float32, name=name) for name in "qkv"]
    return ov.Model([build(*given)], given, "tiny")


def weights(q: Node, k: Node) -> Node:
    return ops.softmax(ops.matmul(q, k, False, True), -1)


def one_operation(q: Node, k: Node, v: Node) -> Node:
    return ops.scaled_dot_product_attention(q, k, v)


def spelled_out(q: Node, k: Node, v: Node) -> Node:
    return ops.matmul(weights(q, k), v, False, False)


def masked_and_reshaped(q: Node, k: Node, v: Node) -> Node:
    chosen = ops.multiply(weights(q, k), np.ones((1, 1, 4, 4), np.float32))
    flat = ops.reshape(chosen, np.array([2, 4, 4]), False)
    return ops.matmul(flat, ops.reshape(v, np.array([2, 4, 8]), False), False, False)


@pytest.mark.parametrize("build", [one_operation, spelled_out, masked_and_reshaped])
def test_attention_is_found(build: Callable[[Node, Node, Node], Node]) -> None:
    assert has_attention(model_of(build))


def a_classifiers_end(q: Node, k: Node, v: Node) -> Node:
    return ops.softmax(ops.add(q, ops.add(k, v)), -1)


def a_mean_over_classes(q: Node, k: Node, v: Node) -> Node:
    """Such as the boxes of some YOLO heads: the values are constants."""
    return ops.matmul(ops.softmax(ops.add(q, ops.add(k, v)), -1), np.ones((8, 1), np.float32), False, False)


def a_gate(q: Node, k: Node, v: Node) -> Node:
    return ops.relu(ops.multiply(weights(q, k), np.float32(2)))


@pytest.mark.parametrize("build", [a_classifiers_end, a_mean_over_classes, a_gate])
def test_another_softmax_is_not_attention(build: Callable[[Node, Node, Node], Node]) -> None:
    assert not has_attention(model_of(build))
