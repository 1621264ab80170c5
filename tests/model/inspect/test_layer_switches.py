"""Original and optimized in one model: who causes which error."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.model.inspect.layer_switches import RunningSwitches, Switched
from ovopt.model.inspect.layers import Pairing
from tests.model.inspect.test_layer_errors import FIRST, SAMPLES, SECOND, two_products, values
from tests.models import accumulating_model, recurrent_model

ALL = (True, True)


def switched(original: ov.Model, optimized: ov.Model) -> Switched:
    return Switched.of(original, optimized, Pairing.of(original, optimized).shared)


@pytest.mark.parametrize("on", [(False, False), (True, False), (False, True), ALL])
def test_each_switch_changes_one_layer(on: tuple[bool, bool]) -> None:
    made = switched(two_products(), two_products(0.1, 0.2))
    assert made.names == ("a", "b")
    running = RunningSwitches(made, [0], {})
    for tensors in SAMPLES:
        (found,) = running.values([tensors], np.array(on))
        expected = values(tensors[0], 0.1 * on[0], 0.2 * on[1])["b"]
        assert found == pytest.approx(expected, abs=1e-5)


def test_layers_that_are_the_same_have_no_switch() -> None:
    assert switched(two_products(), two_products(more=0.2)).names == ("b",)
    assert switched(two_products(), two_products()).names == ()


def test_a_quantizer_in_front_makes_a_layer_differ() -> None:
    given = ops.parameter([-1, 4], np.float32, name="x")
    node = ops.relu(ops.matmul(given, FIRST, False, False, name="a"), name="active")
    limits = [np.float32(limit) for limit in (0, 1, 0, 1)]
    coarse = ops.fake_quantize(node, *limits, levels=2)
    model = ov.Model([ops.matmul(coarse, SECOND, False, False, name="b")], [given], "quantized")
    made = switched(two_products(), model)
    assert made.names == ("b",)
    running = RunningSwitches(made, [0], {})
    (tensor,) = SAMPLES[0]
    (found,) = running.values([(tensor,)], running.only(0))
    assert found == pytest.approx((values(tensor)["active"] > 0.5) @ SECOND, abs=1e-4)


def test_the_error_is_that_of_the_outputs() -> None:
    running = RunningSwitches(switched(two_products(), two_products(0.1)), [0], {})
    exact = running.exact([SAMPLES[0]])
    found = running.error([SAMPLES[0]], running.all_optimized(), exact)
    right, wrong = (values(SAMPLES[0][0], bend)["b"] for bend in (0, 0.1))
    assert found.error == pytest.approx(float(((right - wrong) ** 2).sum() / (right**2).sum()), rel=1e-3)


def test_a_model_that_turned_the_order_round_does_not_fit() -> None:
    def model(*names: str) -> ov.Model:
        given = ops.parameter([1, 4], np.float32, name="x")
        kinds = {"one": ops.exp, "two": ops.relu}
        node = given
        for name in names:
            node = kinds[name](node, name=name)
        return ov.Model([node], [given], "m")

    with pytest.raises(RuntimeError):
        switched(model("one", "two"), model("two", "one"))


@pytest.mark.parametrize(
    ("model", "state", "inputs", "expected"),
    [
        (accumulating_model, {}, (np.ones((1, 2), np.float32),), [2, 4, 6]),
        (
            recurrent_model,
            {"h": "h_next"},
            (np.ones((1, 2), np.float32), np.zeros((1, 2), np.float32)),
            [0, -0.5, -0.75],
        ),
    ],
    ids=["of the runtime", "among the inputs"],
)
def test_a_state_lives_within_a_sample(model, state, inputs, expected) -> None:
    running = RunningSwitches(switched(model(), model()), [0], state)
    for _ in range(2):
        found = running.exact([inputs] * 3)
        assert [float(value.ravel()[0]) for value in found] == pytest.approx(expected)
