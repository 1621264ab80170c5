"""Minimum and maximum as a clamp."""

from __future__ import annotations

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.activations import HardClamps
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

LOW, HIGH, SIX, ZERO = (np.float32(value) for value in (-1.5, 4, 6, 0))
SPELLINGS = {
    "minimum of maximum": (lambda x: ops.minimum(ops.maximum(x, LOW), HIGH), -1.5, 4),
    "the other way round": (lambda x: ops.minimum(HIGH, ops.maximum(LOW, x)), -1.5, 4),
    "maximum of minimum": (lambda x: ops.maximum(ops.minimum(x, HIGH), LOW), -1.5, 4),
    "relu6 with relu": (lambda x: ops.minimum(ops.relu(x), SIX), 0, 6),
    "relu of minimum": (lambda x: ops.relu(ops.minimum(x, SIX)), 0, 6),
    "relu6 with maximum": (lambda x: ops.minimum(ops.maximum(x, ZERO), SIX), 0, 6),
    "bounds of full rank": (lambda x: ops.minimum(ops.maximum(x, np.full((1, 1), LOW)), np.full((1,), HIGH)), -1.5, 4),
}


@pytest.mark.parametrize(("build", "low", "high"), SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("shape", [(4, 7), (-1, 7)])
def test_every_spelling_becomes_one_clamp(build, low, high, shape):
    model = graph(build, shape)
    changed = rewritten(HardClamps(), model)
    assert kinds(changed) == {"Clamp": 1}
    (clamp,) = (node for node in changed.get_ordered_ops() if node.get_type_name() == "Clamp")
    assert (clamp.get_attributes()["min"], clamp.get_attributes()["max"]) == (low, high)
    assert_same(model, changed, values((4, 7)), tolerance=0)


def test_a_maximum_with_zero_becomes_relu():
    model = graph(lambda x: ops.maximum(ZERO, x), (4, -1))
    changed = rewritten(HardClamps(), model)
    assert kinds(changed) == {"Relu": 1}
    assert_same(model, changed, values((4, 7)), tolerance=0)


LOOK_ALIKES = {
    "low above high": lambda x: ops.minimum(ops.maximum(x, HIGH), LOW),
    "a minimum below zero": lambda x: ops.minimum(ops.relu(x), LOW),
    "a minimum alone": lambda x: ops.minimum(x, SIX),
    "a maximum with one": lambda x: ops.maximum(x, np.float32(1)),
    "a bound for each column": lambda x: ops.minimum(ops.maximum(x, np.arange(7, dtype=np.float32)), np.float32(9)),
    "a bound of a higher rank": lambda x: ops.maximum(x, np.zeros((1, 1, 1), np.float32)),
}


@pytest.mark.parametrize("build", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_left_alone(build):
    assert_untouched(HardClamps(), graph(build, (4, 7)))


def test_a_bound_that_is_an_input_is_left_alone():
    model = graph(lambda x, low: ops.minimum(ops.maximum(x, low), HIGH), (4, 7), ())
    assert_untouched(HardClamps(), model)


def test_integers_are_left_alone():
    model = graph(lambda x: ops.maximum(x, np.int32(0)), (4, 7), dtype=np.int32)
    assert_untouched(HardClamps(), model)


def test_a_relu_that_others_use_is_left_alone():
    def build(x):
        positive = ops.relu(x)
        return ops.minimum(positive, SIX), positive

    assert_untouched(HardClamps(), graph(build, (4, 7)))
