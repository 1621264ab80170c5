"""Batch normalization as a product and a sum."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset1, opset5
from openvino import opset13 as ops

from ovopt.rewrites.normalizations import BatchNorm
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

CHANNELS = 3
GAMMA, BETA, MEAN, VARIANCE = np.random.default_rng(0).uniform(0.1, 2, (4, CHANNELS)).astype(np.float32)


def newest(x, variance=VARIANCE):
    return opset5.batch_norm_inference(x, GAMMA, BETA, MEAN, variance, 1e-3)


def oldest(x):
    return opset1.batch_norm_inference(x, GAMMA, BETA, MEAN, VARIANCE, 1e-3)


@pytest.mark.parametrize("build", [newest, oldest])
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 5), (2, 3, 5, 4), (-1, 3, -1, 4), (1, 3, 2, 2, 2)])
def test_it_becomes_a_product_and_a_sum(build, shape):
    model = graph(build, shape)
    changed = rewritten(BatchNorm(), model)
    assert kinds(changed) == {"Multiply": 1, "Add": 1}
    assert_same(model, changed, values([2 if size < 0 else size for size in shape]))


def test_tiny_variances_do_not_lose_precision():
    tiny = np.array([0, 1e-12, 1e-6], np.float32)
    model = graph(lambda x: newest(x, tiny), (2, 3, 5))
    assert_same(model, rewritten(BatchNorm(), model), values((2, 3, 5)))


def test_every_one_is_a_place():
    model = graph(lambda x: newest(ops.relu(newest(x))), (2, 3, 5))
    changed = rewritten(BatchNorm(), model, places=2)
    assert kinds(changed) == {"Multiply": 2, "Add": 2, "Relu": 1}
    assert_same(model, changed, values((2, 3, 5)))


def test_statistics_in_half_precision_are_converted():
    half = [ops.convert(ops.constant(each.astype(np.float16)), "f32") for each in (GAMMA, BETA, MEAN, VARIANCE)]
    model = graph(lambda x: opset5.batch_norm_inference(x, *half, 1e-3), (2, 3, 5))
    changed = rewritten(BatchNorm(), model)
    assert kinds(changed) == {"Multiply": 1, "Add": 1}
    assert_same(model, changed, values((2, 3, 5)))


def test_statistics_that_are_an_input_are_left_alone():
    assert_untouched(BatchNorm(), graph(newest, (2, 3, 5), (3,)))


def test_an_unknown_rank_is_left_alone():
    x = ops.parameter(ov.PartialShape.dynamic(), np.float32)
    assert_untouched(BatchNorm(), ov.Model([newest(x)], [x], "graph"))
