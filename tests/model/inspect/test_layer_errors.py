"""Values between layers: errors against plain NumPy, own ones apart from inherited ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.model.inspect.layer_errors import (
    HIGHEST_DB,
    VALUES_AT_ONCE,
    Deviation,
    Deviations,
    DeviceModel,
    decibels,
    deviations,
    first_odd_layer,
)
from ovopt.model.inspect.layers import Pairing
from ovopt.model.native import EXACT
from tests.models import accumulating_model, recurrent_model

RNG = np.random.default_rng(11)
SAMPLES = [(RNG.standard_normal((1, 4)).astype(np.float32),) for _ in range(6)]
FIRST, SECOND = (RNG.standard_normal((4, 4)).astype(np.float32) for _ in range(2))


def two_products(bend: float = 0.0, more: float = 0.0) -> ov.Model:
    """y = relu(x A') B', where A' is A plus `bend` and B' is B plus `more`."""
    given = ops.parameter([-1, 4], np.float32, name="x")
    node = ops.matmul(given, FIRST + np.float32(bend), False, False, name="a")
    node = ops.relu(node, name="active")
    node = ops.matmul(node, SECOND + np.float32(more), False, False, name="b")
    return ov.Model([node], [given], "two")


def values(tensor: np.ndarray, bend: float = 0.0, more: float = 0.0) -> dict[str, np.ndarray]:
    a = tensor @ (FIRST + bend)
    active = np.maximum(a, 0)
    return {"a": a, "active": active, "b": active @ (SECOND + more)}


def compared(original: ov.Model, optimized: ov.Model, group: Sequence[str] = (), **state: str) -> Deviations:
    shared = Pairing.of(original, optimized).shared
    chosen = [layer for layer in shared if not group or layer.name in group]
    arms = [DeviceModel(model, "CPU", EXACT, state) for model in (original, optimized)]
    return deviations(*arms, shared, chosen, [[tensors] for tensors in SAMPLES])


def relative(exact: list[np.ndarray], found: list[np.ndarray]) -> float:
    return float(
        sum(((x - y) ** 2).sum() for x, y in zip(exact, found, strict=True)) / sum((x**2).sum() for x in exact)
    )


def test_the_error_of_each_layer_is_what_numpy_gives() -> None:
    found = compared(two_products(), two_products(0.1, 0.2))
    exact, bent = ([values(tensor, *change) for (tensor,) in SAMPLES] for change in ((), (0.1, 0.2)))
    for name in ("a", "active", "b"):
        error = relative([one[name] for one in exact], [one[name] for one in bent])
        assert found.whole[name].error == pytest.approx(error, rel=1e-4)


def test_the_own_error_is_that_of_the_layer_on_exact_inputs() -> None:
    found = compared(two_products(), two_products(0.1, 0.2))
    exact = [values(tensor) for (tensor,) in SAMPLES]
    own = relative([one["b"] for one in exact], [one["active"] @ (SECOND + 0.2) for one in exact])
    assert found.own["b"].error == pytest.approx(own, rel=1e-4)
    assert found.own["active"].error == pytest.approx(0, abs=1e-12)
    assert found.own["a"].error == pytest.approx(found.whole["a"].error, rel=1e-4)


def test_layers_behind_the_error_inherit_it() -> None:
    found = compared(two_products(), two_products(bend=0.1))
    assert found.whole["b"].error > 1e-3
    assert found.own["b"].error == pytest.approx(0, abs=1e-12)


def test_groups_give_what_all_at_once_gives() -> None:
    original, optimized = two_products(), two_products(0.1, 0.2)
    whole = compared(original, optimized)
    for name in ("a", "active", "b"):
        alone = compared(original, optimized, [name])
        assert set(alone.whole) == {name}
        assert alone.whole[name].error == pytest.approx(whole.whole[name].error)
        assert alone.own[name].error == pytest.approx(whole.own[name].error)


def test_the_same_model_has_no_errors() -> None:
    found = compared(two_products(), two_products())
    assert all(one.error < 1e-12 and one.cosine == pytest.approx(1) for one in found.whole.values())


def test_a_state_of_the_runtime_lives_from_inference_to_inference() -> None:
    model = accumulating_model()
    shared = Pairing.of(model, model).shared
    arm = DeviceModel(model, "CPU", EXACT)
    parts = [(np.ones((1, 2), np.float32),)] * 3
    found = deviations(arm, arm, shared, shared, [parts, parts])
    (total,) = (name for name in found.whole if found.whole[name].sums[0] == pytest.approx(2 * 2 * (1 + 4 + 9)))
    assert found.whole[total].sums[1] == 0
    assert all(one.error == 0 for one in found.own.values())


def test_a_state_among_inputs_and_outputs_is_handed_on() -> None:
    model = recurrent_model()
    shared = Pairing.of(model, model).shared
    arm = DeviceModel(model, "CPU", EXACT, {"h": "h_next"})
    one, zero = np.ones((1, 2), np.float32), np.zeros((1, 2), np.float32)
    found = deviations(arm, arm, shared, shared, [[(one, zero)] * 2])
    new = 2 * (1 + 1.5**2)
    assert any(layer.sums[0] == pytest.approx(new) for layer in found.whole.values())


# Figures


@pytest.mark.parametrize("count", [1, VALUES_AT_ONCE - 1, VALUES_AT_ONCE, 2 * VALUES_AT_ONCE + 3])
def test_sums_are_those_of_the_whole_array(count: int) -> None:
    x, y = RNG.standard_normal((2, count)).astype(np.float32)
    found = Deviation()
    found.add(x, y)
    assert found.error == pytest.approx(((x - y).astype(float) ** 2).sum() / (x.astype(float) ** 2).sum(), rel=1e-5)
    assert found.cosine == pytest.approx(float(np.dot(x, y) / (np.linalg.norm(x) * np.linalg.norm(y))), abs=1e-4)


def test_what_is_not_finite_counts_as_zero() -> None:
    found = Deviation()
    found.add(np.array([3.0, 4.0, np.inf]), np.array([3.0, np.nan, 1.0]))
    assert found.error == pytest.approx(16 / 25)


def masked_logarithm(shift: float) -> ov.Model:
    """log(relu(x) - shift), and minus infinity at the last place."""
    given = ops.parameter([1, 4], np.float32, name="x")
    node = ops.log(ops.subtract(ops.relu(given, name="active"), np.float32(shift), name="shifted"), name="logarithm")
    mask = np.array([[0, 0, 0, -np.inf]], np.float32)
    return ov.Model([ops.add(ops.add(node, np.float32(1), name="more"), mask, name="masked")], [given], "masked")


def test_the_layer_that_begins_with_what_is_no_number_is_the_first_that_the_original_has_as_numbers() -> None:
    sound, broken = (DeviceModel(masked_logarithm(shift), "CPU", EXACT) for shift in (-1, 9))
    found = first_odd_layer(sound, broken, SAMPLES[:1])
    assert found is not None
    assert found.name == "logarithm"
    assert first_odd_layer(sound, sound, SAMPLES[:1]) is None


def test_values_of_another_shape_are_all_wrong() -> None:
    found = Deviation()
    found.add(np.array([3.0, 4.0]), np.array([3.0, 4.0, 5.0]))
    assert found.error == 1


def test_zeros_that_stay_zeros_are_right() -> None:
    found = Deviation()
    found.add(np.zeros(3), np.zeros(3))
    assert (found.error, found.cosine) == (0, 1)


def test_noise_where_there_was_no_signal_is_as_bad_as_can_be() -> None:
    found = Deviation()
    found.add(np.zeros(3), np.ones(3))
    assert decibels(found.error) == -HIGHEST_DB
    assert found.cosine == 0


@pytest.mark.parametrize(("error", "expected"), [(0, HIGHEST_DB), (0.01, 20), (1, 0), (1e20, -HIGHEST_DB)])
def test_an_error_as_signal_to_noise_ratio(error: float, expected: float) -> None:
    assert decibels(error) == pytest.approx(expected)
    assert math.isfinite(decibels(error))
