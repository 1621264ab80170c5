"""L2 normalization, spelled out."""

from __future__ import annotations

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.normalizations import L2Normalization
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

AXES = np.array([1])
HALF, TWO, ONE = np.float32(0.5), np.float32(2), np.float32(1)
EPS, NORM_EPS, HUGE = np.float32(1e-6), np.float32(1e-3), np.finfo(np.float32).max

SQUARES = {"product": lambda x: ops.multiply(x, x), "power": lambda x: ops.power(x, TWO)}
ROOTS = {"sqrt": ops.sqrt, "power": lambda x: ops.power(x, HALF)}
BOUNDED = {
    "added": lambda x: ops.add(EPS, x),
    "maximum": lambda x: ops.maximum(x, EPS),
    "clamp": lambda x: ops.clamp(x, float(EPS), float(HUGE)),
}
NORM_BOUNDED = {
    "maximum": lambda x: ops.maximum(x, NORM_EPS),
    "two limits": lambda x: ops.minimum(HUGE, ops.maximum(NORM_EPS, x)),
    "clamp": lambda x: ops.clamp(x, float(NORM_EPS), float(HUGE)),
}
QUOTIENTS = {
    "quotient": ops.divide,
    "product with the inverse": lambda x, norm: ops.multiply(x, ops.divide(ONE, norm)),
    "product with a power": lambda x, norm: ops.multiply(ops.power(norm, -ONE), x),
    "broadcast to its shape": lambda x, norm: ops.divide(x, ops.broadcast(norm, ops.shape_of(x))),
}


def total(x, axes=AXES, square=SQUARES["product"], keep=True):
    return ops.reduce_sum(square(x), axes, keep_dims=keep)


def reduce_l2(x):
    return ops.reduce_l2(x, AXES, keep_dims=True)


@pytest.mark.parametrize("square", SQUARES.values(), ids=SQUARES)
@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS)
@pytest.mark.parametrize("bounded", BOUNDED.values(), ids=BOUNDED)
def test_every_spelling_of_the_norm_becomes_normalize_l2(square, root, bounded):
    model = graph(lambda x: ops.divide(x, root(bounded(total(x, square=square)))), (4, 7))
    changed = rewritten(L2Normalization(), model)
    assert kinds(changed) == {"NormalizeL2": 1}
    assert_same(model, changed, values((4, 7)))


@pytest.mark.parametrize("norm", [lambda x: ops.sqrt(total(x)), reduce_l2], ids=["sqrt", "ReduceL2"])
@pytest.mark.parametrize("bounded", NORM_BOUNDED.values(), ids=NORM_BOUNDED)
@pytest.mark.parametrize("quotient", QUOTIENTS.values(), ids=QUOTIENTS)
def test_every_spelling_with_a_least_norm_becomes_normalize_l2(norm, bounded, quotient):
    model = graph(lambda x: quotient(x, bounded(norm(x))), (-1, 7))
    changed = rewritten(L2Normalization(), model)
    assert kinds(changed) == {"NormalizeL2": 1}
    assert_same(model, changed, values((4, 7)))


def test_a_reciprocal_root_becomes_normalize_l2():
    model = graph(lambda x: ops.multiply(x, ops.power(ops.add(total(x), EPS), -HALF)), (4, 7))
    changed = rewritten(L2Normalization(), model)
    assert kinds(changed) == {"NormalizeL2": 1}
    assert_same(model, changed, values((4, 7)))


@pytest.mark.parametrize("axes", [[1], [2], [-1], [0], [1, 2], [2, 3], [1, 2, 3]])
def test_any_axes_are_kept(axes):
    model = graph(lambda x: ops.divide(x, ops.sqrt(ops.add(total(x, np.array(axes)), EPS))), (2, 3, 4, 5))
    changed = rewritten(L2Normalization(), model)
    assert kinds(changed) == {"NormalizeL2": 1}
    assert_same(model, changed, values((2, 3, 4, 5)))


def test_a_broadcast_to_the_known_shape_is_part_of_it():
    model = graph(lambda x: ops.divide(x, ops.broadcast(ops.maximum(reduce_l2(x), NORM_EPS), np.array([4, 7]))), (4, 7))
    changed = rewritten(L2Normalization(), model)
    assert kinds(changed) == {"NormalizeL2": 1}
    assert_same(model, changed, values((4, 7)))


def test_a_tiny_vector_and_zero_are_normalized_as_before():
    model = graph(lambda x: ops.divide(x, ops.maximum(reduce_l2(x), np.float32(1e-12))), (3, 2))
    changed = rewritten(L2Normalization(), model)
    assert_same(model, changed, np.array([[0, 0], [1e-8, 1e-8], [1e4, 1e4]], np.float32))


LOOK_ALIKES = {
    "no epsilon": lambda x: ops.divide(x, ops.sqrt(total(x))),
    "epsilon added to the norm": lambda x: ops.divide(x, ops.add(reduce_l2(x), EPS)),
    "mean instead of sum": lambda x: ops.divide(
        x, ops.sqrt(ops.add(ops.reduce_mean(ops.multiply(x, x), AXES, keep_dims=True), EPS))
    ),
    "cube": lambda x: ops.divide(x, ops.sqrt(ops.add(total(ops.power(x, np.float32(3))), EPS))),
    "of another value": lambda x: ops.divide(ops.abs(x), ops.sqrt(ops.add(total(x), EPS))),
    "squared norm": lambda x: ops.divide(x, ops.add(total(x), EPS)),
    "upside down": lambda x: ops.divide(ops.sqrt(ops.add(total(x), EPS)), x),
    "axes not kept": lambda x: ops.divide(x, ops.sqrt(ops.add(total(x, np.array([0]), keep=False), EPS))),
    "an upper limit": lambda x: ops.divide(x, ops.clamp(reduce_l2(x), 1e-3, 5.0)),
    "a low upper limit": lambda x: ops.divide(x, ops.minimum(ops.maximum(reduce_l2(x), NORM_EPS), np.float32(5))),
    "a negative epsilon": lambda x: ops.divide(x, ops.sqrt(ops.add(total(x), -EPS))),
    "a negative least norm": lambda x: ops.divide(x, ops.maximum(reduce_l2(x), -NORM_EPS)),
    "an epsilon for each row": lambda x: ops.divide(x, ops.sqrt(ops.add(total(x), np.full((4, 1), 1e-6, np.float32)))),
    "a larger shape": lambda x: ops.divide(x, ops.broadcast(ops.maximum(reduce_l2(x), NORM_EPS), np.array([2, 4, 4]))),
}


@pytest.mark.parametrize("build", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_left_alone(build):
    assert_untouched(L2Normalization(), graph(build, (4, 4)))


def test_a_norm_that_others_use_is_left_alone():
    def build(x):
        norm = ops.maximum(reduce_l2(x), NORM_EPS)
        return ops.divide(x, norm), norm

    assert_untouched(L2Normalization(), graph(build, (4, 4)))


def test_a_shape_that_others_use_hinders_nothing():
    def build(x):
        shape = ops.shape_of(x)
        return ops.divide(x, ops.broadcast(ops.maximum(reduce_l2(x), NORM_EPS), shape)), shape

    assert kinds(rewritten(L2Normalization(), graph(build, (-1, 7)))) == {"NormalizeL2": 1, "ShapeOf": 1}
