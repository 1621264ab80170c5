"""Scale and shift of a layer normalization inside linear layers."""

from __future__ import annotations

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.layer_norm_folding import LayerNormFolding
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

FEATURES, OUTWARD = 6, 5
SHAPE = (2, 4, FEATURES)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def normalized(x):
    return ops.mvn(x, np.array([-1]), True, 1e-5, "inside_sqrt")


def scaled(x, shape=(FEATURES,)):
    return ops.multiply(normalized(x), numbers(*shape))


def affine(x, shape=(FEATURES,)):
    return ops.add(scaled(x, shape), numbers(*shape, seed=1))


def linear(x, transposed=False, seed=2):
    weights = numbers(FEATURES, OUTWARD, seed=seed)
    return ops.matmul(x, weights.T.copy() if transposed else weights, False, transposed)


def biased(x, shape=(OUTWARD,)):
    return ops.add(linear(x), numbers(*shape, seed=3))


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("shape", [(FEATURES,), (1, FEATURES), (1, 1, FEATURES)])
@pytest.mark.parametrize("place", [SHAPE, (-1, -1, FEATURES)])
def test_scale_and_shift_become_weights_and_bias(transposed, shape, place):
    model = graph(lambda x: linear(affine(x, shape), transposed), place)
    changed = rewritten(LayerNormFolding(), model)
    assert kinds(changed) == {"MVN": 1, "MatMul": 1, "Add": 1}
    assert_same(model, changed, values(SHAPE))


@pytest.mark.parametrize("shape", [(OUTWARD,), (1, OUTWARD), (1, 1, OUTWARD)])
def test_a_bias_takes_the_shift_in(shape):
    model = graph(lambda x: biased(affine(x), shape), SHAPE)
    changed = rewritten(LayerNormFolding(), model)
    assert kinds(changed) == {"MVN": 1, "MatMul": 1, "Add": 1}
    assert_same(model, changed, values(SHAPE))


def test_a_scale_alone_becomes_weights():
    model = graph(lambda x: biased(scaled(x)), SHAPE)
    changed = rewritten(LayerNormFolding(), model)
    assert kinds(changed) == {"MVN": 1, "MatMul": 1, "Add": 1}
    assert_same(model, changed, values(SHAPE))


def test_several_layers_each_take_scale_and_shift():
    def build(x):
        value = affine(x)
        return biased(value), linear(value, seed=4), ops.relu(linear(value, seed=5))

    model = graph(build, SHAPE)
    changed = rewritten(LayerNormFolding(), model)
    assert kinds(changed) == {"MVN": 1, "MatMul": 3, "Add": 3, "Relu": 1}
    assert_same(model, changed, values(SHAPE))


def test_an_addition_of_another_layer_stays():
    model = graph(lambda x: ops.add(linear(affine(x)), ops.relu(linear(ops.abs(x)))), SHAPE)
    changed = rewritten(LayerNormFolding(), model)
    assert kinds(changed)["Add"] == 2
    assert_same(model, changed, values(SHAPE))


def test_a_bias_that_spreads_the_value_out_stays():
    model = graph(lambda x: ops.add(linear(affine(x)), numbers(3, 1, 1, OUTWARD)), SHAPE)
    changed = rewritten(LayerNormFolding(), model)
    assert kinds(changed)["Add"] == 2
    assert_same(model, changed, values(SHAPE))


def test_weights_in_half_precision_are_folded():
    half = ops.constant(numbers(FEATURES, OUTWARD).astype(np.float16))
    model = graph(lambda x: ops.matmul(affine(x), ops.convert(half, "f32"), False, False), SHAPE)
    changed = rewritten(LayerNormFolding(), model)
    assert kinds(changed) == {"MVN": 1, "MatMul": 1, "Add": 1}
    assert_same(model, changed, values(SHAPE))


def with_shared_weights(x):
    weights = ops.constant(numbers(FEATURES, FEATURES))
    return ops.matmul(affine(x), weights, False, False), ops.matmul(x, weights, False, False)


def with_a_residual(x):
    value = affine(x)
    return ops.add(value, ops.matmul(value, numbers(FEATURES, FEATURES), False, False))


def with_a_product_of_both(x):
    value = affine(x)
    return ops.matmul(value, value, False, True)


LOOK_ALIKES = {
    "shared weights": with_shared_weights,
    "a residual": with_a_residual,
    "a product with itself": with_a_product_of_both,
    "not normalized": lambda x: linear(ops.add(ops.multiply(x, numbers(FEATURES)), numbers(FEATURES, seed=1))),
    "a scale of each row": lambda x: linear(ops.multiply(normalized(x), numbers(4, 1))),
    "a scale of each element": lambda x: linear(scaled(x, (4, FEATURES))),
    "transposed": lambda x: ops.matmul(affine(x), numbers(4, OUTWARD), True, False),
    "weights of each sample": lambda x: ops.matmul(affine(x), numbers(2, FEATURES, OUTWARD), False, False),
    "weights on the left": lambda x: ops.matmul(numbers(3, 4), affine(x), False, False),
    "a convolution": lambda x: ops.relu(affine(x)),
    "an output": affine,
}


@pytest.mark.parametrize("build", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_left_alone(build):
    assert_untouched(LayerNormFolding(), graph(build, SHAPE))
