"""Which layers two models have in common."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.model.inspect.layers import Pairing, in_groups, layers, sizes_bytes
from tests.models import conv_model

RNG = np.random.default_rng(3)


def chain(widths: tuple[int, ...], ending: str = "end") -> ov.Model:
    """Products named `product0`, `product1` ..., the last width being that of the output, and a ReLU at the end."""
    given = ops.parameter([-1, 4], np.float32, name="x")
    node, before = given, 4
    for place, width in enumerate(widths):
        weights = RNG.standard_normal((before, width)).astype(np.float32)
        node, before = ops.matmul(node, weights, False, False, name=f"product{place}"), width
    return ov.Model([ops.relu(node, name=ending)], [given], "chain")


def test_layers_are_what_computes_numbers_in_the_order_of_execution() -> None:
    found = layers(conv_model())
    assert list(found) == ["first", "first_relu", "second", "second_relu", "pool", "head"]
    assert found["first"].kind == "Convolution"
    assert found["first"].outputs == (0,)


def test_shapes_quantizers_and_what_is_constant_are_no_layers() -> None:
    given = ops.parameter([-1, 4], np.float32, name="x")
    weights = ops.convert(ops.constant(np.ones((4, 4), np.int8)), "f32", name="weights")
    limits = [np.float32(limit) for limit in (0, 1, 0, 1)]
    quantized = ops.fake_quantize(given, *limits, levels=256, name="fq")
    product = ops.matmul(quantized, weights, False, False, name="product")
    shape = ops.shape_of(product, name="shape")
    model = ov.Model([ops.reshape(product, shape, special_zero=False, name="same")], [given], "m")
    assert list(layers(model)) == ["product", "same"]


def test_operations_that_share_a_name_are_left_out() -> None:
    given = ops.parameter([1, 4], np.float32, name="x")
    model = ov.Model([ops.exp(ops.relu(ops.relu(given, name="twice"), name="twice"), name="end")], [given], "m")
    assert list(layers(model)) == ["end"]


def test_layers_are_shared_by_name_and_shape() -> None:
    pairing = Pairing.of(chain((8, 4)), chain((6, 4), ending="other"))
    assert [layer.name for layer in pairing.shared] == ["product1"]
    assert [layer.name for layer in pairing.reshaped] == ["product0"]
    assert [layer.name for layer in pairing.gone] == ["end"]
    assert [layer.name for layer in pairing.new] == ["other"]


def test_the_size_of_values_follows_from_the_shape_of_the_inputs() -> None:
    model = chain((8, 3))
    sizes = sizes_bytes(model, tuple(layers(model).values()), [(5, 4)])
    assert sizes == {"product0": 5 * 8 * 4, "product1": 5 * 3 * 4, "end": 5 * 3 * 4}


def test_a_transpose_that_reshaping_folds_into_its_reader_keeps_its_size() -> None:
    given, other = (ops.parameter([-1, 4], np.float32, name=name) for name in "xy")
    turned = ops.transpose(ops.relu(other), np.array([1, 0]), name="turned")
    model = ov.Model([ops.matmul(given, turned, False, False, name="product")], [given, other], "similarity")
    sizes = sizes_bytes(model, tuple(layers(model).values()), [(5, 4), (3, 4)])
    assert sizes["product"] == 5 * 3 * 4
    assert sizes["turned"] in (4 * 4, 3 * 4 * 4)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (0, [["product0"], ["product1"], ["end"]]),
        (8, [["product0"], ["product1", "end"]]),
        (99, [["product0", "product1", "end"]]),
    ],
)
def test_groups_hold_as_much_as_the_limit_allows(limit: int, expected: list[list[str]]) -> None:
    found = in_groups(tuple(layers(chain((8, 3))).values()), {"product0": 6, "product1": 4, "end": 4}, limit)
    assert [[layer.name for layer in group] for group in found] == expected
