"""1 / (1 + exp(-x)), however it is spelled."""

from __future__ import annotations

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.activations import Sigmoid
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

ONE = np.float32(1)


def inverse(x, negative=ops.negative, one=ONE):
    return ops.add(ops.exp(negative(x)), one)


SPELLINGS = {
    "quotient": lambda x: ops.divide(ONE, inverse(x)),
    "sum the other way round": lambda x: ops.divide(ONE, ops.add(ONE, ops.exp(ops.negative(x)))),
    "power": lambda x: ops.power(inverse(x), np.float32(-1)),
    "product with minus one": lambda x: ops.divide(ONE, inverse(x, lambda y: ops.multiply(np.float32(-1), y))),
    "one of full rank": lambda x: ops.divide(np.ones((1, 1), np.float32), inverse(x)),
}


@pytest.mark.parametrize("build", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("shape", [(4, 7), (-1, 7)])
def test_every_spelling_becomes_one_sigmoid(build, shape):
    model = graph(build, shape)
    changed = rewritten(Sigmoid(), model)
    assert kinds(changed) == {"Sigmoid": 1}
    assert_same(model, changed, values((4, 7)))


def test_two_places_are_two_sigmoids():
    build = SPELLINGS["quotient"]
    model = graph(lambda x: build(build(x)), (4, 7))
    changed = rewritten(Sigmoid(), model, places=2)
    assert kinds(changed) == {"Sigmoid": 2}
    assert_same(model, changed, values((4, 7)))


def test_half_precision_is_rewritten_in_half_precision():
    half = np.float16(1)
    changed = rewritten(Sigmoid(), graph(lambda x: ops.divide(half, inverse(x, one=half)), (4, 7), dtype=np.float16))
    assert changed.output(0).get_element_type().to_string() == "f16"


LOOK_ALIKES = {
    "two in the numerator": lambda x: ops.divide(np.float32(2), inverse(x)),
    "two in the sum": lambda x: ops.divide(ONE, inverse(x, one=np.float32(2))),
    "not negated": lambda x: ops.divide(ONE, ops.add(ops.exp(x), ONE)),
    "upside down": lambda x: ops.divide(inverse(x), ONE),
    "a vector of ones broadcasts": lambda x: ops.divide(ONE, inverse(x, one=np.ones((1, 1, 1), np.float32))),
}


@pytest.mark.parametrize("build", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_left_alone(build):
    assert_untouched(Sigmoid(), graph(build, (4, 7)))


def test_a_denominator_that_others_use_is_left_alone():
    def build(x):
        below = inverse(x)
        return ops.divide(ONE, below), below

    assert_untouched(Sigmoid(), graph(build, (4, 7)))


def test_an_unknown_rank_is_left_alone():
    import openvino as ov

    x = ops.parameter(ov.PartialShape.dynamic(), np.float32)
    assert_untouched(Sigmoid(), ov.Model([SPELLINGS["quotient"](x)], [x], "graph"))
