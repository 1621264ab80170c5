"""Which operations are quantized, what that costs each of them, and how to take it back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import openvino as ov
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from openvino import opset13 as ops

from ovopt.contracts import Materials
from ovopt.model.inspect.quantizers import layers_in_8_bits, own_errors, quantized_operations, reverted
from ovopt.model.ports.facts import facts
from ovopt.steps.quantize import Quantize
from ovopt.workflow.beginning.options import Silent
from tests.models import SHAPE, accumulating_model, conv_model

Samples = Sequence[tuple[np.ndarray, ...]]
HALF_RANGE = {"overflow_fix": "enable"}
"""Without VNNI, 8-bit products of the whole range saturate, which no plain computation tells."""
SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "mixed": {"preset": "mixed"},
    "smoothed": {"model_type": "transformer"},
    "full bias correction": {"fast_bias_correction": False},
}


def drawn(*shape: int, count: int = 10, seed: int = 3) -> Samples:
    made = np.random.default_rng(seed).normal(0.3, 1, (count, *shape)).astype(np.float32)
    return [(array,) for array in made]


def dense_model(bias: bool = True) -> ov.Model:
    """Two MatMuls named `first` and `second`, each with a bias where wanted, and a ReLU between."""
    rng = np.random.default_rng(1)
    given = ops.parameter([1, 12], np.float32, name="x")
    given.output(0).set_names({"x"})
    node = given
    for name, inward, outward in (("first", 12, 20), ("second", 20, 6)):
        weights = (rng.standard_normal((inward, outward)) * rng.uniform(0.1, 3, outward)).astype(np.float32)
        node = ops.matmul(node, weights, False, False, name=name)
        if bias:
            node = ops.add(node, rng.standard_normal((1, outward)).astype(np.float32), name=f"{name}_bias")
        if name == "first":
            node = ops.relu(node, name="active")
    node.output(0).set_names({"scores"})
    return ov.Model([node], [given], "dense")


def attention_model() -> ov.Model:
    """`query` and `key` share an input; `product` multiplies two activations."""
    rng = np.random.default_rng(2)
    given = ops.parameter([1, 5, 8], np.float32, name="x")
    given.output(0).set_names({"x"})
    query, key = (
        ops.matmul(given, rng.standard_normal((8, 8)).astype(np.float32), False, False, name=name)
        for name in ("query", "key")
    )
    node = ops.softmax(ops.matmul(query, key, False, True, name="product"), -1, name="weights")
    node = ops.matmul(node, given, False, False, name="mixed")
    node.output(0).set_names({"out"})
    return ov.Model([node], [given], "attention")


MODELS: dict[str, tuple[Callable[[], ov.Model], tuple[int, ...]]] = {
    "conv": (conv_model, SHAPE),
    "dense": (dense_model, (1, 12)),
    "attention": (attention_model, (1, 5, 8)),
}


def quantized(model: ov.Model, samples: Samples, **settings: Any) -> ov.Model:
    return Quantize(**settings).apply(model, Materials(samples, 0, Silent())).model


@pytest.fixture(scope="module", params=[(m, s) for m in MODELS for s in SETTINGS], ids=" ".join)
def case(request: pytest.FixtureRequest) -> tuple[ov.Model, ov.Model, Samples]:
    """An original, what NNCF makes of it, and samples."""
    build, shape = MODELS[request.param[0]]
    model, samples = build(), drawn(*shape)
    return model, quantized(model, samples, **SETTINGS[request.param[1]]), samples


def outputs(model: ov.Model, samples: Samples) -> np.ndarray:
    compiled = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.stack([compiled(list(sample))[0] for sample in samples])


def by_name(model: ov.Model) -> dict[str, ov.Node]:
    return {op.get_friendly_name(): op for op in model.get_ordered_ops()}


def kinds_before(model: ov.Model, name: str) -> list[str]:
    return [value.get_node().get_type_name() for value in by_name(model)[name].input_values()]


def fingerprint(model: ov.Model) -> str:
    """Of structure and constants."""
    digest = hashlib.sha256()
    for op in model.get_ordered_ops():
        digest.update(f"{op.get_type_name()} {op.get_friendly_name()}".encode())
        digest.update(str([value.get_node().get_friendly_name() for value in op.input_values()]).encode())
        readers = [len(output.get_target_inputs()) for output in op.outputs()]
        digest.update(f"{readers}{op.get_output_partial_shape(0) if op.get_output_size() else ''}".encode())
        if op.get_type_name() == "Constant":
            digest.update(np.ascontiguousarray(op.data).tobytes())
    return digest.hexdigest()


# quantized_operations -------------------------------------------------------------------------------------------------


def test_a_model_in_floating_point_has_none() -> None:
    for build, _ in MODELS.values():
        assert quantized_operations(build()) == []


def test_they_come_in_the_order_of_execution() -> None:
    model = conv_model()
    assert quantized_operations(quantized(model, drawn(*SHAPE))) == ["first", "second", "pool", "head"]
    assert quantized_operations(quantized(dense_model(), drawn(1, 12))) == ["first", "second"]


def test_products_of_activations_are_among_them() -> None:
    found = quantized_operations(quantized(attention_model(), drawn(1, 5, 8)))
    assert [name for name in found if name != "weights"] == ["query", "key", "product", "mixed"]


def test_an_ignored_operation_is_not_among_them() -> None:
    made = quantized(dense_model(), drawn(1, 12), ignored_scope={"names": ["second"]})
    assert quantized_operations(made) == ["first"]


def test_weights_in_eight_bits_count_without_a_quantizer_of_the_activation() -> None:
    """As behind a pooling, in front of which NNCF quantizes."""
    given = ops.parameter([1, 4], np.float32, name="x")
    weights = ops.constant(np.arange(-6, 6, dtype=np.int8).reshape(4, 3))
    scaled = ops.multiply(ops.convert(weights, "f32"), np.float32(0.5))
    model = ov.Model([ops.matmul(given, scaled, False, False, name="only")], [given], "weights")
    assert quantized_operations(model) == ["only"]


# reverted -------------------------------------------------------------------------------------------------------------


def test_what_asks_a_quantized_value_for_its_shape_computes_nothing_in_eight_bits() -> None:
    given = ops.parameter([-1, 12], np.float32, name="x")
    quantizer = ops.fake_quantize(given, *map(np.float32, (-1, 1, -1, 1)), 256, name="quantizer")
    node = ops.matmul(quantizer, np.eye(12, dtype=np.float32), False, False, name="product")
    model = ov.Model([ops.reshape(node, ops.shape_of(quantizer, name="shape"), False)], [given], "shapes")
    original = ov.Model([ops.reshape(ops.matmul(given, np.eye(12, dtype=np.float32), False, False, name="product"),
                                     ops.shape_of(given, name="shape"), False)], [given], "original")  # fmt: skip
    assert quantized_operations(model) == ["product"]
    assert list(own_errors(model, original, drawn(1, 12))) == ["product"]
    assert facts(reverted(model, original, ["product"])).quantizers == 0


def test_layers_in_eight_bits_are_counted_by_kind() -> None:
    made = quantized(dense_model(), drawn(1, 12))
    assert layers_in_8_bits(made) == "8 bits in 2 of 2 matrix multiplications"
    assert layers_in_8_bits(reverted(made, dense_model(), ["first"])) == "8 bits in 1 of 2 matrix multiplications"
    assert layers_in_8_bits(quantized(conv_model(), drawn(*SHAPE))).startswith("8 bits in 2 of 2 convolutions")


def test_with_every_operation_reverted_the_model_computes_what_the_original_does(case: Any) -> None:
    model, made, samples = case
    back = reverted(made, model, quantized_operations(made))
    assert quantized_operations(back) == []
    assert facts(back).fake_quantize == 0
    np.testing.assert_array_equal(outputs(back, samples), outputs(model, samples))


def test_with_none_reverted_nothing_changes(case: Any) -> None:
    model, made, samples = case
    same = reverted(made, model, [])
    assert facts(same) == facts(made)
    np.testing.assert_array_equal(outputs(same, samples), outputs(made, samples))


def test_any_operations_are_reverted_and_the_others_stay(case: Any) -> None:
    model, made, samples = case
    names = quantized_operations(made)
    for count in (1, 2):
        for chosen in combinations(names, count):
            back = reverted(made, model, chosen)
            assert quantized_operations(back) == [name for name in names if name not in chosen]
            assert np.isfinite(outputs(back, samples[:1])).all()


def test_the_models_given_are_not_changed(case: Any) -> None:
    model, made, samples = case
    before, values = (fingerprint(model), fingerprint(made)), (outputs(model, samples), outputs(made, samples))
    for chosen in ([], quantized_operations(made)[:1], quantized_operations(made)):
        reverted(made, model, chosen)
    own_errors(made, model, samples[:2])
    assert (fingerprint(model), fingerprint(made)) == before
    for known, now in zip(values, (outputs(model, samples), outputs(made, samples)), strict=True):
        np.testing.assert_array_equal(now, known)


def test_inputs_and_outputs_keep_their_names(case: Any) -> None:
    model, made, _ = case
    back = reverted(made, model, quantized_operations(made)[:1])
    assert [port.get_names() for port in back.inputs] == [port.get_names() for port in model.inputs]
    assert [port.get_names() for port in back.outputs] == [port.get_names() for port in model.outputs]


def test_a_reverted_model_outlives_the_ones_it_came_from() -> None:
    model, samples = dense_model(), drawn(1, 12)
    made = quantized(model, samples)
    wanted, back = outputs(model, samples), reverted(made, model, quantized_operations(made))
    del model, made
    np.testing.assert_array_equal(outputs(back, samples), wanted)


def constants(model: ov.Model, name: str) -> list[np.ndarray]:
    inputs = [value.get_node() for value in by_name(model)[name].input_values()]
    return [node.data for node in inputs if node.get_type_name() == "Constant"]


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_weights_and_bias_come_back_in_floating_point(settings: dict[str, Any]) -> None:
    model, samples = dense_model(), drawn(1, 12)
    back = reverted(quantized(model, samples, **settings), model, ["second"])
    for name in ("second", "second_bias"):
        ((mine,), (theirs,)) = constants(back, name), constants(model, name)
        assert mine.dtype == np.float32
        np.testing.assert_array_equal(mine, theirs)
    assert constants(back, "first") == []
    assert kinds_before(back, "first")[0] == "FakeQuantize"


def test_a_quantizer_that_others_share_stays_for_them() -> None:
    model = attention_model()
    made = quantized(model, drawn(1, 5, 8))
    back = reverted(made, model, ["query"])
    assert kinds_before(back, "query")[0] == "Parameter"
    assert kinds_before(back, "key")[0] == "FakeQuantize"


def test_a_name_that_is_not_there_reverts_nothing() -> None:
    model, samples = dense_model(), drawn(1, 12)
    made = quantized(model, samples)
    assert facts(reverted(made, model, ["nobody"])) == facts(made)


def test_a_state_stays() -> None:
    model = stateful_model()
    made = quantized(model, drawn(1, 2))
    back = reverted(made, model, quantized_operations(made))
    wanted, found = (in_sequence(one, drawn(1, 2)) for one in (model, back))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def stateful_model() -> ov.Model:
    """The accumulating model with a MatMul named `head` behind it."""
    model = accumulating_model()
    weights = np.random.default_rng(4).standard_normal((2, 3)).astype(np.float32)
    head = ops.matmul(model.outputs[0].get_node().input_value(0), weights, False, False, name="head")
    return ov.Model([ops.result(head)], model.get_sinks(), model.get_parameters(), "stateful")


def in_sequence(model: ov.Model, samples: Samples) -> np.ndarray:
    request = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    return np.stack([request.infer(list(sample))[0] for sample in samples])


# own_errors -----------------------------------------------------------------------------------------------------------


def fake_quantize(values: np.ndarray, node: ov.Node) -> np.ndarray:
    """As OpenVINO's operation specification says, for values within the range and beyond it."""
    low, high, out_low, out_high = (node.input_value(i).get_node().data.astype(np.float64) for i in range(1, 5))
    steps = node.get_attributes()["levels"] - 1
    places = np.round((np.clip(values, low, high) - low) / (high - low) * steps)
    return places / steps * (out_high - out_low) + out_low


def dequantized(node: ov.Node) -> np.ndarray:
    """(constant - zero point) * scale."""
    kind, data = node.get_type_name(), getattr(node, "data", None)
    if kind == "Constant":
        return np.asarray(data, np.float64)
    inputs = [dequantized(value.get_node()) for value in node.input_values()]
    if kind == "Convert":
        return inputs[0]
    return inputs[0] * inputs[1] if kind == "Multiply" else inputs[0] - inputs[1]


def as_quantized(values: np.ndarray, quantizer: ov.Node) -> np.ndarray:
    """An activation as it leaves its quantizer, smoothed in front of it where that is so."""
    before = quantizer.input_value(0).get_node()
    if "nncf_smooth_quant" in before.get_friendly_name():
        values = values * before.input_value(1).get_node().data.astype(np.float64)
    return fake_quantize(values, quantizer)


def relative(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    return float(np.mean([np.mean((found - exact) ** 2) / np.mean(exact**2) for exact, found in pairs]))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_products_own_error_is_that_of_the_original_inputs_quantized(settings: dict[str, Any], bias: bool) -> None:
    model, samples = dense_model(bias), drawn(1, 12)
    made = quantized(model, samples, **settings, advanced_parameters=HALF_RANGE)
    before, after = by_name(model), by_name(made)
    wanted = {}
    given = [sample[0].astype(np.float64) for sample in samples]
    for name in ("first", "second"):
        weights = before[name].input_value(1).get_node().data.astype(np.float64)
        own = dequantized(after[name].input_value(1).get_node())
        quantizer = after[name].input_value(0).get_node()
        wanted[name] = relative([(x @ weights, as_quantized(x, quantizer) @ own) for x in given])
        added = before[f"{name}_bias"].input_value(1).get_node().data if bias else 0.0
        given = [np.maximum(x @ weights + added, 0) for x in given]
    assert own_errors(made, model, samples) == pytest.approx(wanted, rel=0.03)


def convolved(picture: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    padded = np.pad(picture, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return np.einsum("nchwij,ocij->nohw", sliding_window_view(padded, (3, 3), axis=(2, 3)), kernels)


def test_a_convolutions_own_error_is_that_of_the_original_inputs_quantized() -> None:
    model, samples = conv_model(), drawn(*SHAPE)
    made = quantized(model, samples, advanced_parameters=HALF_RANGE)
    before, after = by_name(model), by_name(made)
    given, wanted = [sample[0].astype(np.float64) for sample in samples], {}
    for name in ("first", "second"):
        kernels = before[name].input_value(1).get_node().data.astype(np.float64)
        own = dequantized(after[name].input_value(1).get_node())
        quantizer = after[name].input_value(0).get_node()
        wanted[name] = relative([(convolved(x, kernels), convolved(as_quantized(x, quantizer), own)) for x in given])
        given = [np.maximum(convolved(x, kernels), 0) for x in given]
    quantizer = after["pool"].input_value(0).get_node()
    wanted["pool"] = relative([(x.mean((2, 3)), as_quantized(x, quantizer).mean((2, 3))) for x in given])
    found = own_errors(made, model, samples)
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, rel=0.05)


def test_every_quantized_operation_has_an_error_and_none_other(case: Any) -> None:
    model, made, samples = case
    found = own_errors(made, model, samples)
    assert list(found) == quantized_operations(made)
    assert all(np.isfinite(error) and error >= 0 for error in found.values())


def test_a_model_in_floating_point_has_no_errors() -> None:
    assert own_errors(conv_model(), conv_model(), drawn(*SHAPE)) == {}


def test_an_output_of_zeros_is_no_division_by_zero() -> None:
    model, samples = dense_model(bias=False), drawn(1, 12)
    made = quantized(model, samples)
    found = own_errors(made, model, [(np.zeros((1, 12), np.float32),)])
    assert all(np.isfinite(error) for error in found.values())


def test_a_state_does_not_go_from_sample_to_sample() -> None:
    model, samples = stateful_model(), drawn(1, 2, count=6)
    made = quantized(model, samples)
    together = own_errors(made, model, samples)["head"]
    alone = [own_errors(made, model, [sample])["head"] for sample in samples]
    assert together == pytest.approx(np.mean(alone), rel=1e-4)


@pytest.mark.parametrize("wide", ["first", "second"])
def test_the_operation_that_was_spoiled_stands_out(wide: str) -> None:
    model, samples = dense_model(), drawn(1, 12)
    made = quantized(model, samples, advanced_parameters=HALF_RANGE)
    before = own_errors(made, model, samples)
    widen(made, [wide])
    found = own_errors(made, model, samples)
    (other,) = {"first", "second"} - {wide}
    assert found[wide] > 0.2
    assert found[wide] > 5 * before[wide]
    assert found[other] == pytest.approx(before[other], rel=1e-3)


def widen(model: ov.Model, names: Collection[str]) -> None:
    """Ranges far too wide in front of these operations."""
    operations = by_name(model)
    for name in names:
        quantizer = operations[name].input_value(0).get_node()
        for place in range(1, 5):
            limit = quantizer.input_value(place).get_node().data
            quantizer.set_argument(place, ops.constant(limit * np.float32(300)).output(0))
