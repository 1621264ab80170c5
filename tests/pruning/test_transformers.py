"""Neurons between two matrices, and attention heads, in every spelling that exporters use."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from tests.pruning.networks import Net, assert_exact, found, images, shapes

TOKENS, WIDTH, HEADS = 5, 12, 3
SHAPE = (1, TOKENS, WIDTH)


def norm(node: ov.Node) -> ov.Node:
    return ops.mvn(node, np.array([2]), True, 1e-5, "inside_sqrt")


def heads(node: ov.Node, order: tuple[int, ...] = (0, 2, 1, 3)) -> ov.Node:
    table = ops.reshape(node, np.array([0, 0, HEADS, WIDTH // HEADS]), True)
    return ops.transpose(table, np.array(order))


def joined(node: ov.Node) -> ov.Node:
    return ops.reshape(ops.transpose(node, np.array([0, 2, 1, 3])), np.array([0, 0, WIDTH]), True)


def products(query: ov.Node, key: ov.Node, value: ov.Node) -> ov.Node:
    scores = ops.multiply(ops.matmul(query, key, False, True), np.float32(0.5))
    return ops.matmul(ops.softmax(scores, 3), value, False, False)


def operation(query: ov.Node, key: ov.Node, value: ov.Node) -> ov.Node:
    mask = ops.constant(np.triu(np.full((1, 1, TOKENS, TOKENS), -9, np.float32), 1))
    return ops.scaled_dot_product_attention(query, key, value, mask)


def encoder(net: Net, attention: object, fused: bool) -> ov.Model:
    """A layer with its residual sums and norms: `query`, `key`, `value` (or `qkv`), `out`, `up`, `down`."""
    x = norm(net.given)
    if fused:
        table = ops.reshape(net.linear(x, 3 * WIDTH, "qkv"), np.array([1, TOKENS, 3, HEADS, WIDTH // HEADS]), False)
        table = ops.transpose(table, np.array([2, 0, 3, 1, 4]))
        parts = [ops.gather(table, np.array(place), np.array(0)) for place in range(3)]
    else:
        parts = [heads(net.linear(x, WIDTH, name)) for name in ("query", "key", "value")]
    x = ops.add(x, net.linear(joined(attention(*parts)), WIDTH, "out"), name="sum")  # type: ignore[operator]
    x = ops.add(x, net.linear(ops.gelu(net.linear(norm(x), 16, "up"), "erf"), WIDTH, "down"))
    return net.model(net.linear(norm(x), 4, "head"))


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("attention", [products, operation])
def test_heads_and_neurons_go_and_the_residual_stream_stays(attention: object, fused: bool) -> None:
    model = encoder(Net(*SHAPE), attention, fused)
    groups = found(model)
    first = "qkv" if fused else "query"
    free = {name: (len(group.units), group.width) for name, group in groups.items() if group.units}
    assert free == {first: (HEADS, 12 if fused else 4), "up": (16, 1)}
    assert groups["out"].reason == "Add 'sum' joins them with channels that stay", "norms need all of them"
    smaller = assert_exact(model, images(*SHAPE), 0.4)
    assert shapes(smaller, ["out", "up", "down"]) == {"out": (12, 8), "up": (10, 12), "down": (12, 10)}
    assert shapes(smaller, [first]) == {first: (24 if fused else 8, 12)}


def test_gated_neurons_go_with_their_gates() -> None:
    net = Net(*SHAPE)
    gate, up = ops.swish(net.linear(net.given, 16, "gate")), net.linear(net.given, 16, "up")
    smaller = assert_exact(net.model(net.linear(ops.multiply(gate, up), 4, "down")), images(*SHAPE))
    assert shapes(smaller, ["gate", "up", "down"]) == {"gate": (8, 12), "up": (8, 12), "down": (4, 8)}


def test_a_dynamic_number_of_tokens_is_no_obstacle() -> None:
    net = Net(-1, -1, WIDTH)
    smaller = assert_exact(encoder(net, products, fused=False), images(2, 7, WIDTH), 0.4)
    assert shapes(smaller, ["query", "out"]) == {"query": (8, 12), "out": (12, 8)}
    compiled = ov.Core().compile_model(smaller, "CPU")
    assert compiled([images(3, 4, WIDTH)])[0].shape == (3, 4, 4)


def test_a_single_head_without_reshaping_has_no_weights_that_could_make_up() -> None:
    net = Net(*SHAPE)
    query, key, value = (net.linear(net.given, 8, name) for name in ("query", "key", "value"))
    scores = ops.softmax(ops.matmul(query, key, False, True, name="scores"), 2)
    groups = found(net.model(net.linear(ops.matmul(scores, value, False, False), 4, "out")))
    assert groups["query"].reason == "MatMul 'scores' has no weights that could make up for them"
    assert len(groups["value"].units) == 8, "what is summed up with constant weights may go"
