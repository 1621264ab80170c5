"""Samples for a model with fewer inputs, or for one that takes several at a time."""

from __future__ import annotations

import numpy as np
import pytest

from ovopt.errors import ModelError
from ovopt.model.ports.batch import Fit
from ovopt.model.ports.facts import facts
from tests.models import adding_model

BOTH = adding_model(("a", (1, 3), np.float32), ("b", (1, 3), np.float32))
PORTS = facts(BOTH).inputs
SAMPLES = [(np.full((1, 3), i, np.float32), np.full((1, 3), -i, np.float32)) for i in range(5)]


def test_the_same_inputs_take_every_array_of_every_sample() -> None:
    fit = Fit.of(SAMPLES[0], PORTS, BOTH)
    assert (fit.places, fit.batch) == ((0, 1), 1)
    assert fit.inputs(SAMPLES) == SAMPLES


def test_inputs_that_are_gone_are_left_out_whatever_their_order() -> None:
    fit = Fit.of(SAMPLES[0], PORTS, adding_model(("b", (1, 3), np.float32)))
    assert fit.places == (1,)
    assert [float(found[0, 0]) for (found,) in fit.inputs(SAMPLES)] == [0, -1, -2, -3, -4]
    swapped = adding_model(("b", (1, 3), np.float32), ("a", (1, 3), np.float32))
    assert Fit.of(SAMPLES[0], PORTS, swapped).places == (1, 0)


def test_a_batch_joins_samples_and_leaves_out_the_rest() -> None:
    fit = Fit.of(SAMPLES[0], PORTS, adding_model(("a", (2, 3), np.float32), ("b", (1, 3), np.float32)))
    assert (fit.batch, fit.stacked) == (2, (True, False))
    joined = fit.inputs(SAMPLES)
    assert [first.tolist() for first, _ in joined] == [[[0] * 3, [1] * 3], [[2] * 3, [3] * 3]]
    assert [second.tolist() for _, second in joined] == [[[0] * 3], [[-2] * 3]]


def test_an_open_batch_takes_one_sample_at_a_time() -> None:
    assert Fit.of(SAMPLES[0], PORTS, adding_model(("a", (-1, 3), np.float32))).batch == 1


def test_an_input_that_no_sample_holds_is_an_error() -> None:
    with pytest.raises(ModelError, match="no sample holds the input 'c'"):
        Fit.of(SAMPLES[0], PORTS, adding_model(("c", (1, 3), np.float32)))
