"""Least squares from sums alone, against `numpy.linalg.lstsq` on the rows."""

from __future__ import annotations

import numpy as np
import pytest

from ovopt.pruning.moments import Moments, Rows, fitted, solved

RNG = np.random.default_rng(0)
X = RNG.standard_normal((300, 5)) + 2
Y = X @ RNG.standard_normal((5, 3)) + 0.1 * RNG.standard_normal((300, 3)) + 7


def test_portions_give_the_same_sums_as_all_rows_at_once() -> None:
    rows = Rows()
    for start in range(0, 300, 7):
        rows.add(X[start : start + 7], Y[start : start + 7])
    found, wanted = rows.moments(), Moments.of(X, Y)
    assert found is not None
    assert found.rows == 300
    for name in ("x", "y", "xx", "xy", "yy"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name))
    assert Rows().moments() is None


def test_without_a_ridge_the_weights_are_those_of_lstsq() -> None:
    wanted = np.linalg.lstsq(X, Y, rcond=None)[0]
    np.testing.assert_allclose(solved(Moments.of(X, Y), np.zeros((5, 3)), 0), wanted, atol=1e-8)


def test_with_a_shift_the_weights_are_those_of_lstsq_with_a_column_of_ones() -> None:
    wanted = np.linalg.lstsq(np.hstack([X, np.ones((300, 1))]), Y, rcond=None)[0]
    found = fitted(Moments.of(X[:250], Y[:250]), Moments.of(X[250:], Y[250:]), np.zeros((5, 3)), shifts=True)
    np.testing.assert_allclose(found.weights, wanted[:-1], atol=1e-2)
    np.testing.assert_allclose(found.shift, wanted[-1], atol=1e-2)
    assert 0 < found.missed < 0.01


def test_a_ridge_draws_to_the_weights_before() -> None:
    prior = RNG.standard_normal((5, 3))
    far = solved(Moments.of(X, Y), prior, 1e9)
    np.testing.assert_allclose(far, prior, atol=1e-3)


def test_the_error_is_the_sum_of_squares_that_is_left() -> None:
    weights = RNG.standard_normal((5, 3))
    sums = Moments.of(X, Y)
    assert sums.error(weights) == pytest.approx(float(((Y - X @ weights) ** 2).sum()))
    centred = (Y - Y.mean(0)) - (X - X.mean(0)) @ weights
    assert sums.centred().error(weights) == pytest.approx(float((centred**2).sum()))


def test_weights_that_give_the_outputs_already_stay_as_they_are() -> None:
    prior = RNG.standard_normal((5, 3))
    exact = X @ prior
    found = fitted(Moments.of(X[:200], exact[:200]), Moments.of(X[200:], exact[200:]), prior, shifts=True)
    np.testing.assert_allclose(found.weights, prior, atol=1e-9)
    np.testing.assert_allclose(found.shift, 0, atol=1e-8)


def test_where_noise_alone_could_be_fitted_the_old_weights_are_kept() -> None:
    prior, x = np.zeros((40, 2)), RNG.standard_normal((60, 40))
    noise = RNG.standard_normal((60, 2))
    found = fitted(Moments.of(x[:48], noise[:48]), Moments.of(x[48:], noise[48:]), prior, shifts=False)
    assert np.abs(found.weights).max() < 0.5 * np.abs(np.linalg.lstsq(x[:48], noise[:48], rcond=None)[0]).max()


def test_without_a_refit_only_the_mean_is_made_up_for() -> None:
    prior = RNG.standard_normal((5, 3))
    found = fitted(Moments.of(X, Y), None, prior, shifts=True, refits=False)
    np.testing.assert_array_equal(found.weights, prior)
    np.testing.assert_allclose(found.shift, Y.mean(0) - X.mean(0) @ prior)
