"""x * relu6(x + 3) / 6, however it is spelled."""

from __future__ import annotations

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.activations import HardSwish
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

THREE, SIX, SIXTH, HALF, ZERO = (np.float32(value) for value in (3, 6, 1 / 6, 0.5, 0))
RELU6 = {
    "clamp": lambda x: ops.clamp(x, 0, 6),
    "minimum of relu": lambda x: ops.minimum(ops.relu(x), SIX),
    "minimum of maximum": lambda x: ops.minimum(ops.maximum(x, ZERO), SIX),
    "maximum of minimum": lambda x: ops.maximum(ZERO, ops.minimum(x, SIX)),
    "relu of minimum": lambda x: ops.relu(ops.minimum(x, SIX)),
}
PRODUCTS = {
    "(x r) / 6": lambda x, r: ops.divide(ops.multiply(x, r), SIX),
    "(r x) * 1/6": lambda x, r: ops.multiply(ops.multiply(r, x), SIXTH),
    "x (r / 6)": lambda x, r: ops.multiply(x, ops.divide(r, SIX)),
    "(1/6 r) x": lambda x, r: ops.multiply(ops.multiply(SIXTH, r), x),
    "(x / 6) r": lambda x, r: ops.multiply(ops.divide(x, SIX), r),
    "r (x * 1/6)": lambda x, r: ops.multiply(r, ops.multiply(x, SIXTH)),
}
GATES = {
    "HSigmoid": ops.hsigmoid,
    "HardSigmoid": lambda x: ops.hard_sigmoid(x, SIXTH, HALF),
    "clamped line": lambda x: ops.clamp(ops.add(ops.multiply(x, SIXTH), HALF), 0, 1),
    "clamped line of a quotient": lambda x: ops.clamp(ops.add(ops.divide(x, SIX), HALF), 0, 1),
}


@pytest.mark.parametrize("relu6", RELU6.values(), ids=RELU6)
@pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)
def test_every_spelling_becomes_one_hswish(relu6, product):
    model = graph(lambda x: product(x, relu6(ops.add(x, THREE))), (4, -1))
    changed = rewritten(HardSwish(), model)
    assert kinds(changed) == {"HSwish": 1}
    assert_same(model, changed, values((4, 7)))


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
def test_every_gate_becomes_one_hswish(gate):
    model = graph(lambda x: ops.multiply(gate(x), x), (4, 7))
    changed = rewritten(HardSwish(), model)
    assert kinds(changed) == {"HSwish": 1}
    assert_same(model, changed, values((4, 7)))


LOOK_ALIKES = {
    "another value": lambda x: ops.multiply(ops.abs(x), ops.hsigmoid(x)),
    "a slope of a fifth": lambda x: ops.multiply(x, ops.hard_sigmoid(x, np.float32(0.2), HALF)),
    "not divided": lambda x: ops.multiply(x, ops.clamp(ops.add(x, THREE), 0, 6)),
    "divided by three": lambda x: ops.divide(ops.multiply(x, ops.clamp(ops.add(x, THREE), 0, 6)), THREE),
    "not shifted": lambda x: ops.divide(ops.multiply(x, ops.clamp(x, 0, 6)), SIX),
}


@pytest.mark.parametrize("build", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_left_alone(build):
    assert_untouched(HardSwish(), graph(build, (4, 7)))


def test_a_gate_that_others_use_is_left_alone():
    def build(x):
        gate = ops.hsigmoid(x)
        return ops.multiply(x, gate), gate

    assert_untouched(HardSwish(), graph(build, (4, 7)))
