"""x * tanh(softplus(x)), however softplus is spelled."""

from __future__ import annotations

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.activations import Mish
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

ZERO, ONE = np.float32(0), np.float32(1)


def rest(x):
    return ops.log(ops.add(ops.exp(ops.negative(ops.abs(x))), ONE))


SOFTPLUS = {
    "operation": ops.softplus,
    "logarithm": lambda x: ops.log(ops.add(ops.exp(x), ONE)),
    "stable": lambda x: ops.add(ops.relu(x), rest(x)),
    "stable with a maximum": lambda x: ops.add(ops.maximum(x, ZERO), rest(x)),
}


@pytest.mark.parametrize("softplus", SOFTPLUS.values(), ids=SOFTPLUS)
@pytest.mark.parametrize("shape", [(4, 7), (-1, 7)])
def test_every_spelling_becomes_one_mish(softplus, shape):
    model = graph(lambda x: ops.multiply(ops.tanh(softplus(x)), x), shape)
    changed = rewritten(Mish(), model)
    assert kinds(changed) == {"Mish": 1}
    assert_same(model, changed, values((4, 7)))


LOOK_ALIKES = {
    "another value": lambda x: ops.multiply(ops.abs(x), ops.tanh(ops.softplus(x))),
    "another constant": lambda x: ops.multiply(x, ops.tanh(ops.log(ops.add(ops.exp(x), np.float32(2))))),
    "a sum": lambda x: ops.add(x, ops.tanh(ops.softplus(x))),
    "sigmoid": lambda x: ops.multiply(x, ops.sigmoid(ops.softplus(x))),
}


@pytest.mark.parametrize("build", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_left_alone(build):
    assert_untouched(Mish(), graph(build, (4, 7)))


def test_a_softplus_that_others_use_is_left_alone():
    def build(x):
        soft = ops.softplus(x)
        return ops.multiply(x, ops.tanh(soft)), soft

    assert_untouched(Mish(), graph(build, (4, 7)))
