"""Hard sigmoid, however it is spelled."""

from __future__ import annotations

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.activations import HardSigmoid
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

THREE, SIX, SIXTH, HALF, ZERO = (np.float32(value) for value in (3, 6, 1 / 6, 0.5, 0))
RELU6 = {
    "clamp": lambda x: ops.clamp(x, 0, 6),
    "minimum of relu": lambda x: ops.minimum(ops.relu(x), SIX),
    "minimum of maximum": lambda x: ops.minimum(ops.maximum(ZERO, x), SIX),
    "maximum of minimum": lambda x: ops.maximum(ops.minimum(x, SIX), ZERO),
    "relu of minimum": lambda x: ops.relu(ops.minimum(SIX, x)),
}
SCALED = {
    "quotient": lambda relu6, x: ops.divide(relu6(ops.add(x, THREE)), SIX),
    "product": lambda relu6, x: ops.multiply(SIXTH, relu6(ops.add(THREE, x))),
    "half precision": lambda relu6, x: ops.multiply(
        relu6(ops.add(x, THREE)), ops.convert(ops.constant(np.float16(1 / 6)), "f32")
    ),
    "difference": lambda relu6, x: ops.multiply(relu6(ops.subtract(x, -THREE)), SIXTH),
}


@pytest.mark.parametrize("relu6", RELU6.values(), ids=RELU6)
@pytest.mark.parametrize("scaled", SCALED.values(), ids=SCALED)
def test_every_spelling_becomes_one_hsigmoid(relu6, scaled):
    model = graph(lambda x: scaled(relu6, x), (4, -1))
    changed = rewritten(HardSigmoid(), model)
    assert kinds(changed) == {"HSigmoid": 1}
    assert_same(model, changed, values((4, 7)), tolerance=5e-4 if scaled is SCALED["half precision"] else 1e-5)


@pytest.mark.parametrize("sixth", [lambda x: ops.multiply(x, SIXTH), lambda x: ops.divide(x, SIX)])
def test_a_line_clamped_to_one_becomes_hsigmoid(sixth):
    model = graph(lambda x: ops.clamp(ops.add(sixth(x), HALF), 0, 1), (4, 7))
    changed = rewritten(HardSigmoid(), model)
    assert kinds(changed) == {"HSigmoid": 1}
    assert_same(model, changed, values((4, 7)))


def test_the_operation_of_onnx_becomes_hsigmoid():
    model = graph(lambda x: ops.hard_sigmoid(x, SIXTH, HALF), (4, 7))
    changed = rewritten(HardSigmoid(), model)
    assert kinds(changed) == {"HSigmoid": 1}
    assert_same(model, changed, values((4, 7)))


@pytest.mark.parametrize(("alpha", "beta"), [(0.2, 0.5), (1 / 6, 0.4), (-0.3, 1.5), (0.05, 0.25)])
def test_other_slopes_become_a_clamped_line(alpha, beta):
    model = graph(lambda x: ops.hard_sigmoid(x, np.float32(alpha), np.float32(beta)), (4, -1))
    changed = rewritten(HardSigmoid(), model)
    assert kinds(changed) == {"Multiply": 1, "Add": 1, "Clamp": 1}
    assert_same(model, changed, values((4, 7)))


LOOK_ALIKES = {
    "two instead of three": lambda x: ops.divide(ops.clamp(ops.add(x, np.float32(2)), 0, 6), SIX),
    "five instead of six": lambda x: ops.divide(ops.clamp(ops.add(x, THREE), 0, 5), SIX),
    "from one on": lambda x: ops.divide(ops.clamp(ops.add(x, THREE), 1, 6), SIX),
    "divided by five": lambda x: ops.divide(ops.clamp(ops.add(x, THREE), 0, 6), np.float32(5)),
    "six divided by it": lambda x: ops.divide(SIX, ops.clamp(ops.add(x, THREE), 0, 6)),
    "a slope of a fifth": lambda x: ops.clamp(ops.add(ops.multiply(x, np.float32(0.2)), HALF), 0, 1),
}


@pytest.mark.parametrize("build", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_left_alone(build):
    assert_untouched(HardSigmoid(), graph(build, (4, 7)))


def test_slopes_that_are_inputs_are_left_alone():
    assert_untouched(HardSigmoid(), graph(ops.hard_sigmoid, (4, 7), (), ()))
