"""What the first layers make of what a model is fed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.model.inspect.layers import FirstLayer, first_layers
from tests.rewrites.graphs import graph

RNG = np.random.default_rng(0)
WEIGHTS = RNG.standard_normal((6, 4)).astype(np.float32)
SHIFT = RNG.standard_normal((1, 4)).astype(np.float32)
SAMPLES = [(RNG.standard_normal((2, 6)).astype(np.float32),) for _ in range(5)]


def dense(x: ov.Node, scale: float = 1.0) -> ov.Node:
    return ops.matmul(x, scale * WEIGHTS, False, False, name="dense")


def made(scale: float = 1.0) -> float:
    return float(np.sqrt(np.mean([(sample @ (scale * WEIGHTS)) ** 2 for (sample,) in SAMPLES])))


def test_the_values_before_the_biases_are_told_with_the_biases() -> None:
    model = graph(lambda x: ops.relu(ops.add(dense(x), SHIFT)), (2, 6))
    (found,) = first_layers(model, SAMPLES)
    assert found.name == "dense"
    assert found.made == pytest.approx(made(), rel=1e-5)
    assert found.biases == pytest.approx(np.sqrt((SHIFT**2).mean()), rel=1e-6)


def test_the_scale_of_a_normalization_counts_to_the_layer() -> None:
    model = graph(lambda x: ops.add(ops.multiply(dense(x, 1000), np.float32(0.001)), SHIFT), (2, 6))
    (found,) = first_layers(model, SAMPLES)
    assert found.made == pytest.approx(made(), rel=1e-5)


def test_what_the_model_does_to_its_input_before_counts_to_the_input() -> None:
    model = graph(lambda x: dense(ops.divide(ops.subtract(x, np.float32(1)), np.float32(2))), (2, 6))
    moved = [(2 * sample + 1,) for (sample,) in SAMPLES]
    assert first_layers(model, moved)[0].made == pytest.approx(made(), rel=1e-5)


def test_every_first_layer_of_every_input_is_told_and_no_later_one() -> None:
    def build(x: ov.Node, y: ov.Node) -> ov.Node:
        first, second = dense(x), ops.matmul(y, WEIGHTS, False, False, name="other")
        return ops.matmul(ops.add(first, second), WEIGHTS.T.copy(), False, False, name="later")

    found = first_layers(graph(build, (2, 6), (2, 6)), [(sample, sample) for (sample,) in SAMPLES])
    assert {layer.name for layer in found} == {"dense", "other"}


def ids(x: ov.Node) -> ov.Node:
    return dense(ops.gather(np.ones((9, 6), np.float32), ops.convert(x, "i32"), np.int32(0)))


NOTHING: dict[str, Callable[[], ov.Model]] = {
    "no layers with weights": lambda: graph(ops.relu, (2, 6)),
    "inputs that are no numbers but places": lambda: graph(ids, (2,), dtype=np.int64),
}


@pytest.mark.parametrize("build", NOTHING.values(), ids=NOTHING)
def test_where_there_is_nothing_to_compare_nothing_is_told(build: Callable[[], ov.Model]) -> None:
    model = build()
    shape, kind = model.input(0).get_shape(), model.input(0).get_element_type().to_dtype()
    assert first_layers(model, [(np.zeros(shape, kind),)]) == ()


def test_samples_that_the_model_does_not_take_tell_nothing() -> None:
    assert first_layers(graph(dense, (2, 6)), [(np.zeros((2, 7), np.float32),)]) == ()


@pytest.mark.parametrize(
    ("sums", "biases", "loud"),
    [(4.0, 0.0, False), (24.0, 0.2, False), (26.0, 0.2, True), (90.0, 4.0, False), (480.0, 3.0, True)],
)
def test_sums_far_above_the_biases_are_loud(sums: float, biases: float, loud: bool) -> None:
    assert FirstLayer("dense", sums, biases).loud is loud
