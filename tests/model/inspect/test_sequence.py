"""The inputs of a sequence through a model whose state is among its inputs and outputs."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.model.inspect.runs import with_state
from tests.models import recurrent_model

RNG = np.random.default_rng(0)
WIDTH = 2


def parts(count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Inputs x with the zeros that stand for the state."""
    zeros = np.zeros((1, WIDTH), np.float32)
    return [(RNG.standard_normal((1, WIDTH)).astype(np.float32), zeros) for _ in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_each_inference_gets_the_state_of_the_one_before(count: int) -> None:
    given = parts(count)
    found = list(with_state(recurrent_model(WIDTH), given, {"h": "h_next"}))
    assert len(found) == count
    state = np.zeros((1, WIDTH), np.float32)
    for (x, h), (wanted, _) in zip(found, given, strict=True):
        np.testing.assert_array_equal(x, wanted)
        np.testing.assert_allclose(h, state, rtol=1e-5, atol=1e-6)
        state = state / 2 + wanted


def test_the_inputs_keep_what_they_were_when_the_sequence_goes_on() -> None:
    """The runtime reuses its output memory: a state that is only borrowed would change afterwards."""
    given = parts(5)
    kept, copies = [], []
    for tensors in with_state(recurrent_model(WIDTH), given, {"h": "h_next"}):
        kept.append(tensors)
        copies.append(tuple(np.array(tensor) for tensor in tensors))
    for tensors, copy in zip(kept, copies, strict=True):
        for one, other in zip(tensors, copy, strict=True):
            np.testing.assert_array_equal(one, other)
    assert all(not given_state.any() for _, given_state in given)


def test_every_sequence_begins_anew() -> None:
    given, model = parts(3), recurrent_model(WIDTH)
    first, second = (list(with_state(model, given, {"h": "h_next"})) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one[1], other[1])


def test_without_a_state_the_parts_pass_unchanged() -> None:
    given = parts(3)
    for found, wanted in zip(with_state(recurrent_model(WIDTH), given, {}), given, strict=True):
        assert found[0] is wanted[0]
        assert found[1] is wanted[1]


def test_several_states_keep_apart_whatever_the_order_of_the_inputs() -> None:
    names = ("up", "x", "down")
    inputs = [ops.parameter([1, WIDTH], np.float32, name=name) for name in names]
    for parameter, name in zip(inputs, names, strict=True):
        parameter.output(0).set_names({name})
    up, x, down = inputs
    higher, lower = ops.add(up, x), ops.subtract(down, x)
    higher.output(0).set_names({"higher", "alias"})
    lower.output(0).set_names({"lower"})
    model = ov.Model([ops.multiply(x, np.float32(2)), lower, higher], inputs, "two states")
    zeros = np.zeros((1, WIDTH), np.float32)
    xs = RNG.standard_normal((4, 1, WIDTH)).astype(np.float32)
    found = list(with_state(model, [(zeros, x, zeros) for x in xs], {"down": "lower", "up": "alias"}))
    sums = np.concatenate([np.zeros((1, 1, WIDTH), np.float32), np.cumsum(xs, axis=0)])
    for place, (rises, _, falls) in enumerate(found):
        np.testing.assert_allclose(rises, sums[place], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(falls, -sums[place], rtol=1e-5, atol=1e-6)
