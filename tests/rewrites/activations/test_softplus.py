"""Softplus in its stable form."""

from __future__ import annotations

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.activations import Softplus
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

ZERO, ONE = np.float32(0), np.float32(1)


def rest(x, negative=ops.negative):
    return ops.log(ops.add(ONE, ops.exp(negative(ops.abs(x)))))


SPELLINGS = {
    "relu": lambda x: ops.add(ops.relu(x), rest(x)),
    "maximum": lambda x: ops.add(rest(x), ops.maximum(x, ZERO)),
    "minus one": lambda x: ops.add(ops.relu(x), rest(x, lambda y: ops.multiply(y, np.float32(-1)))),
}


@pytest.mark.parametrize("build", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_becomes_one_softplus(build):
    model = graph(build, (4, -1))
    changed = rewritten(Softplus(), model)
    assert kinds(changed) == {"SoftPlus": 1}
    assert_same(model, changed, values((4, 7)))


LOOK_ALIKES = {
    "the form that OpenVINO knows": lambda x: ops.log(ops.add(ops.exp(x), ONE)),
    "binary cross-entropy": lambda x: ops.add(ops.subtract(ops.relu(x), x), rest(x)),
    "two": lambda x: ops.add(ops.relu(x), ops.log(ops.add(np.float32(2), ops.exp(ops.negative(ops.abs(x)))))),
    "not negated": lambda x: ops.add(ops.relu(x), ops.log(ops.add(ONE, ops.exp(ops.abs(x))))),
    "maximum with one": lambda x: ops.add(ops.maximum(x, ONE), rest(x)),
}


@pytest.mark.parametrize("build", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_left_alone(build):
    assert_untouched(Softplus(), graph(build, (4, 7)))


def test_two_different_values_are_left_alone():
    assert_untouched(Softplus(), graph(lambda x, y: ops.add(ops.relu(x), rest(y)), (4, 7), (4, 7)))
