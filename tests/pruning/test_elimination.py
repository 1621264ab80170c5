"""Backward elimination against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from ovopt.pruning.elimination import RIDGE, Elimination, Reading, eliminate


def reading(units: int = 6, each: int = 1, outputs: int = 4, seed: int = 0) -> tuple[Reading, np.ndarray]:
    """Correlated inputs, and the reading of them."""
    rng = np.random.default_rng(seed)
    size = units * each
    x = rng.standard_normal((400, size)) @ rng.standard_normal((size, size))
    weights = rng.standard_normal((size, outputs))
    members = rng.permutation(size).reshape(units, each)
    return Reading(x.T @ x / len(x), weights, members), x


def lost(found: Reading, kept: list[int]) -> float:
    """The share of the output's power that the best weights on the kept features miss, by `numpy.linalg.lstsq`."""
    size = len(found.covariance)
    ridge = RIDGE * np.trace(found.covariance) / size
    x = np.linalg.cholesky(found.covariance + ridge * np.eye(size)).T  # rows with this second moment
    y = x @ found.weights
    chosen = x[:, kept]
    residue = y - chosen @ np.linalg.lstsq(chosen, y, rcond=None)[0] if kept else y
    power = (found.weights * (found.covariance @ found.weights)).sum()
    return float((residue**2).sum() / power)


@pytest.mark.parametrize("each", [1, 3])
def test_errors_are_those_of_the_best_weights_on_what_is_left(each: int) -> None:
    found, _ = reading(each=each)
    result = eliminate([found], 6)
    for count in range(7):
        gone = found.members[list(result.order[:count])].reshape(-1)
        kept = sorted(set(range(6 * each)) - set(gone.tolist()))
        assert result.error[count] == pytest.approx(lost(found, kept), rel=1e-6, abs=1e-9)


def test_the_first_to_go_is_the_one_that_costs_least_of_all() -> None:
    found, _ = reading()
    each = [lost(found, [unit for unit in range(6) if unit not in found.members[gone]]) for gone in range(6)]
    assert eliminate([found], 6).order[0] == int(np.argmin(each))


def test_what_another_repeats_is_free_and_its_twin_is_not() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 3))
    x = np.hstack([x, x[:, :1]])
    found = eliminate([Reading(x.T @ x / 500, np.ones((4, 2)), np.arange(4)[:, None])], 4)
    assert found.order[0] in (0, 3)
    assert found.order[-1] == 3 - found.order[0], (
        "the twin carries both weights, and costs four times as much as others"
    )
    assert found.error == pytest.approx([0, 0, 1 / 6, 2 / 6, 1], abs=0.03)


def test_alone_the_loss_is_what_each_adds() -> None:
    variances, weights = np.array([1.0, 4.0, 9.0]), np.array([[3.0], [1.0], [0.5]])
    found = eliminate([Reading(variances, weights, np.arange(3)[:, None])], 3)
    power = np.array([9.0, 4.0, 2.25])
    assert found.order == (2, 1, 0)
    assert found.error == pytest.approx([0, *np.cumsum(np.sort(power)) / power.sum()])


def test_several_readers_add_up() -> None:
    one, two = (Reading(np.array(v), np.ones((2, 1)), np.arange(2)[:, None]) for v in ([3.0, 1.0], [1.0, 7.0]))
    found = eliminate([one, two], 2)
    assert found.order == (0, 1)
    assert found.error == pytest.approx([0, 3 / 4 + 1 / 8, 2])


def test_errors_never_fall_however_many_go_at_once() -> None:
    found, _ = reading(units=150, seed=4)
    result = eliminate([found], 150)
    assert sorted(result.order) == list(range(150))
    assert np.all(np.diff(result.error) >= 0)
    assert result.error[-1] == pytest.approx(lost(found, []), rel=1e-3)


def test_readers_that_give_nothing_make_everything_free() -> None:
    found = eliminate([Reading(np.eye(3), np.zeros((3, 2)), np.arange(3)[:, None])], 3)
    assert isinstance(found, Elimination)
    assert found.error == (0, 0, 0, 0)
