"""Kullback-Leibler divergence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from scipy.stats import entropy

from ovopt.errors import DataError
from ovopt.metrics.kl import Kl
from tests.factories import exactly
from tests.metrics.support import draws, rows_of


@pytest.mark.parametrize("shape", [(7,), (4, 7), (2, 3, 7)])
@pytest.mark.parametrize("probabilities", [False, True])
def test_a_row_is_scipys_relative_entropy_averaged_over_positions(shape, probabilities):
    output, original = np.random.default_rng(0).normal(size=(2, *shape)) * 3
    expected = np.mean(entropy(softmax(original, -1), softmax(output, -1), axis=-1))
    given_ones = (softmax(output, -1), softmax(original, -1)) if probabilities else (output, original)
    assert Kl().row(*given_ones) == pytest.approx(expected)
    assert Kl(logits=not probabilities).row(*given_ones) == pytest.approx(expected)


def test_the_value_is_the_mean_over_the_drawn_samples():
    outputs, originals = np.random.default_rng(1).normal(size=(2, 12, 5))
    rows = rows_of([Kl().row(*pair) for pair in zip(outputs, originals, strict=True)])
    for drawn in draws(12):
        expected = entropy(softmax(originals[drawn], 1), softmax(outputs[drawn], 1), axis=1).mean()
        assert Kl().value(rows[drawn]) == pytest.approx(expected)


def test_whether_outputs_are_logits_can_be_said():
    output, original = np.array([0.25, 0.75]), np.array([0.5, 0.5])
    assert Kl().row(output, original) == pytest.approx(entropy(original, output))
    assert Kl(logits=True).row(output, original) == pytest.approx(entropy(softmax(original), softmax(output)))
    assert Kl(logits=False).row(output * 3, original) == pytest.approx(entropy(original, output))


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=1, max_size=6))
def test_the_divergence_is_finite_and_never_negative_and_none_of_an_output_from_itself(pairs):
    output, original = np.array(pairs).T
    assert 0 <= Kl().row(output, original) < np.inf
    assert Kl().row(original, original) == pytest.approx(0, abs=1e-9)


def test_a_probability_of_zero_counts_as_a_very_small_one():
    assert Kl().row(np.array([0.0, 1.0]), np.array([1.0, 0.0])) == pytest.approx(np.log(1e12))
    assert Kl().row(np.array([0.0, 1.0]), np.array([0.0, 1.0])) == 0


def test_half_precision_probabilities_are_still_probabilities():
    chances = softmax(np.random.default_rng(2).normal(size=(5, 100)), -1)
    half = chances.astype(np.float16)
    assert Kl().row(half, half) == 0
    assert Kl().row(half, chances) == pytest.approx(0, abs=1e-5)


def test_another_shape_is_an_error():
    with pytest.raises(
        DataError, match=exactly("kl needs outputs of one shape; this one is (2,), the original's (3,)")
    ):
        Kl().row(np.zeros(2), np.zeros(3))
