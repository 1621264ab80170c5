from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.constant_folding import ConstantFolding
from tests.rewrites.graphs import assert_untouched, kinds, moves_data, named, values

SHAPE = (1, 4, 5, 5)


def weights(*shape: int) -> ov.Node:
    return ops.constant(values(shape, 1))


def convolved(x: ov.Node, kernel: ov.Node) -> ov.Node:
    return ops.convolution(x, kernel, [1, 1], [1, 1], [1, 1], [1, 1])


def test_computed_weights_become_weights():
    model = named(lambda x: convolved(x, ops.multiply(weights(6, 4, 3, 3), weights(6, 1, 1, 1))), SHAPE)
    changed = moves_data(ConstantFolding(), model, 1, values(SHAPE))
    assert kinds(changed) == {"Convolution": 1}


@pytest.mark.parametrize("shape", [SHAPE, (-1, 4, -1, 5)])
def test_a_bias_that_is_given_its_shape_in_the_graph_becomes_a_bias(shape):
    def build(x: ov.Node) -> ov.Node:
        channels = ops.gather(ops.shape_of(x), np.array([1]), 0)
        ones = ops.constant(np.array([1]))
        return ops.add(x, ops.reshape(weights(4), ops.concat([ones, channels, ones, ones], 0), False))

    changed = moves_data(ConstantFolding(), named(build, shape), 4, values(SHAPE))
    assert kinds(changed) == {"Add": 1}


def test_sizes_that_are_not_known_are_asked_for():
    model = named(lambda x: ops.reshape(x, ops.concat([ops.gather(ops.shape_of(x), [0], 0), [-1]], 0), False), (-1, 6))
    assert_untouched(ConstantFolding(), model)


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint8])
def test_compressed_weights_stay_compressed(dtype):
    def build(x: ov.Node) -> ov.Node:
        whole = ops.convert(ops.constant(np.arange(32).reshape(4, 8).astype(dtype)), "f32")
        return ops.matmul(x, ops.multiply(whole, weights(1, 8)), False, False)

    model = named(build, (2, 4))
    assert_untouched(ConstantFolding(), model)
    assert dtype in [node.data.dtype for node in model.get_ordered_ops() if node.get_type_name() == "Constant"]


def test_weights_in_more_bits_than_needed_are_converted():
    model = named(lambda x: ops.add(x, ops.convert(ops.constant(np.arange(8.0)), "f32")), (2, 8))
    assert kinds(moves_data(ConstantFolding(), model, 1, values((2, 8)))) == {"Add": 1}


def test_quantized_weights_stay_quantized():
    def build(x: ov.Node) -> ov.Node:
        low, high = (ops.constant(np.float32(limit)) for limit in (-1, 1))
        return ops.matmul(x, ops.fake_quantize(weights(4, 8), low, high, low, high, 255), False, False)

    assert_untouched(ConstantFolding(), named(build, (2, 4)))


def test_a_small_constant_is_not_expanded_to_a_large_one():
    shape = (1, 1025, 1024)
    many = named(lambda x: ops.add(x, ops.broadcast(np.float32(2), np.array(shape))), shape)
    assert_untouched(ConstantFolding(), many)
    few = named(lambda x: ops.add(x, ops.broadcast(np.float32(2), np.array([2, 8]))), (2, 8))
    assert kinds(moves_data(ConstantFolding(), few, 1, values((2, 8)))) == {"Add": 1}


def test_inputs_stay_the_same():
    def build(x: ov.Node, y: ov.Node) -> ov.Node:
        half = ops.convert(ops.constant(np.ones(4, np.float16)), "f32")
        return ops.add(ops.multiply(x, half), ops.add(y, ops.add(weights(4), weights(4))))

    model = named(build, (2, 4), (1, 4))
    changed = moves_data(ConstantFolding(), model, 1, values((2, 4)), values((1, 4), 2))
    assert kinds(changed) == {"Convert": 1, "Multiply": 1, "Add": 2}
