"""x * sigmoid(x), however it is spelled."""

from __future__ import annotations

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.activations import Swish
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

ONE, BETA = np.float32(1), np.float32(1.702)


def inverse(negated):
    return ops.add(ops.exp(negated), ONE)


SPELLINGS = {
    "product": lambda x: ops.multiply(x, ops.sigmoid(x)),
    "product the other way round": lambda x: ops.multiply(ops.sigmoid(x), x),
    "quotient": lambda x: ops.divide(x, inverse(ops.negative(x))),
    "quotient with a product with minus one": lambda x: ops.divide(x, inverse(ops.multiply(x, np.float32(-1)))),
    "product with a quotient": lambda x: ops.multiply(x, ops.divide(ONE, inverse(ops.negative(x)))),
    "product with a power": lambda x: ops.multiply(ops.power(inverse(ops.negative(x)), np.float32(-1)), x),
    "beta in a product": lambda x: ops.multiply(x, ops.sigmoid(ops.multiply(x, BETA))),
    "beta of full rank": lambda x: ops.multiply(x, ops.sigmoid(ops.multiply(np.full((1, 1), BETA), x))),
    "beta in a quotient": lambda x: ops.divide(x, inverse(ops.negative(ops.multiply(x, BETA)))),
    "negative beta in a quotient": lambda x: ops.divide(x, inverse(ops.multiply(x, -BETA))),
}


@pytest.mark.parametrize("build", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("shape", [(4, 7), (-1, 7)])
def test_every_spelling_becomes_one_swish(build, shape):
    model = graph(build, shape)
    changed = rewritten(Swish(), model)
    assert kinds(changed) == {"Swish": 1}
    assert_same(model, changed, values((4, 7)))


LOOK_ALIKES = {
    "another value": lambda x: ops.multiply(ops.add(x, ONE), ops.sigmoid(x)),
    "another constant": lambda x: ops.divide(x, ops.add(ops.exp(ops.negative(x)), np.float32(1.1))),
    "beta for each column": lambda x: ops.multiply(x, ops.sigmoid(ops.multiply(x, np.arange(7, dtype=np.float32)))),
    "beta of a higher rank": lambda x: ops.multiply(x, ops.sigmoid(ops.multiply(x, np.full((1, 1, 1), BETA)))),
    "a quotient upside down": lambda x: ops.divide(inverse(ops.negative(x)), x),
    "exp of x itself": lambda x: ops.divide(x, inverse(x)),
}


@pytest.mark.parametrize("build", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_left_alone(build):
    assert_untouched(Swish(), graph(build, (4, 7)))


def test_beta_that_is_an_input_is_left_alone():
    model = graph(lambda x, beta: ops.multiply(x, ops.sigmoid(ops.multiply(x, beta))), (4, 7), ())
    assert_untouched(Swish(), model)


def test_a_sigmoid_that_others_use_is_left_alone():
    def build(x):
        gate = ops.sigmoid(x)
        return ops.multiply(x, gate), gate

    assert_untouched(Swish(), graph(build, (4, 7)))
