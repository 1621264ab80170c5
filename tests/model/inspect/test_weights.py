"""The weights of a model, and in which precision they are stored."""

from __future__ import annotations

import nncf
import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.model.inspect.layers import Weights, weights, weights_by_bits
from tests.workflow.searching.compressed import CLASSES, WIDTH, WORDS, network, samples


def test_matrices_are_found_with_the_operations_that_take_them() -> None:
    found = weights(network())
    assert [(w.operation, w.kind, w.size_bytes) for w in found] == [
        ("embedding", "Gather", 4 * WORDS * WIDTH),
        ("up", "MatMul", 4 * 2 * WIDTH * WIDTH),
        ("down", "MatMul", 4 * 2 * WIDTH * WIDTH),
        ("lstm", "LSTMSequence", 4 * 4 * WIDTH * WIDTH),
        ("lstm", "LSTMSequence", 4 * 4 * WIDTH * WIDTH),
        ("head", "MatMul", 4 * CLASSES * WIDTH),
    ]
    assert {(w.dtype, w.bits) for w in found} == {("f32", 32)}


@pytest.mark.parametrize(
    ("mode", "dtype", "bits"), [("int4_sym", "i4", 4), ("int4_asym", "u4", 4), ("nf4", "nf4", 4), ("int8_sym", "i8", 8)]
)
def test_compressed_weights_are_of_the_type_that_is_stored(mode: str, dtype: str, bits: int) -> None:
    group = None if mode == "int8_sym" else 32
    model = nncf.compress_weights(network(), mode=nncf.CompressWeightsMode(mode), group_size=group)
    found = {w.operation: w for w in weights(model)}
    assert found["up"] == Weights("up", "MatMul", dtype, bits, 2 * WIDTH * WIDTH * bits // 8)


def test_layers_are_counted_by_the_bits_of_their_weights() -> None:
    mode = nncf.CompressWeightsMode.INT4_SYM
    model = nncf.compress_weights(network(), mode=mode, group_size=32)
    assert weights_by_bits(model) == "weights of 4 bits in 2 and of 8 bits in 2 of 5 layers"
    bare = nncf.compress_weights(network(recurrent=False), mode=nncf.CompressWeightsMode.INT8_SYM)
    assert weights_by_bits(bare) == "weights of 8 bits in 4 of 4 layers"


def test_a_codebooks_indices_count_and_not_its_values() -> None:
    codebook = nncf.AdvancedCompressionParameters(codebook=np.linspace(-1, 1, 15, dtype=np.float32))
    mode = nncf.CompressWeightsMode.CODEBOOK
    found = {
        w.operation: w.bits for w in weights(nncf.compress_weights(network(), mode=mode, advanced_parameters=codebook))
    }
    assert found["up"] == 4


def test_what_is_behind_a_fake_quantize_is_stored_as_it_is() -> None:
    data = nncf.Dataset([ids[None] for ids in samples(3)])
    found = {w.operation: w.dtype for w in weights(nncf.quantize(network(recurrent=False), data, subset_size=3))}
    assert found["up"] == "i8"


def test_activations_and_vectors_are_no_weights() -> None:
    left, right = (ops.parameter([2, 3, 3], np.float32) for _ in range(2))
    mask = ops.multiply(left, ops.constant(np.eye(3, dtype=np.float32)))
    node = ops.add(ops.matmul(mask, right, False, False), ops.constant(np.ones(3, np.float32)))
    assert weights(ov.Model([node], [left, right], "products")) == []


def test_the_body_of_a_loop_is_looked_into() -> None:
    row = ops.parameter([1, 1, 3], np.float32)
    body = ov.Model(
        [ops.result(ops.matmul(row, ops.constant(np.eye(3, dtype=np.float32)), False, False))], [row], "body"
    )
    given = ops.parameter([1, 5, 3], np.float32)
    loop = ops.tensor_iterator()
    loop.set_body(body)
    loop.set_sliced_input(body.get_parameters()[0], given.output(0), 0, 1, 1, -1, 1)
    out = loop.get_concatenated_slices(body.get_results()[0].output(0), 0, 1, 1, -1, 1)
    assert [w.kind for w in weights(ov.Model([out], [given], "looped"))] == ["MatMul"]
