"""Backward elimination of the channels that their readers can do without. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
RIDGE = 1e-3
"""Share of the mean variance that is added to every variance: what is correlated by chance alone is no replacement."""
CHUNKS = 48
"""Rounds at most: the units that matter least are removed together."""


@dataclass(frozen=True)
class Reading:
    """The units of a group as an operation reads them."""

    covariance: Matrix
    """Covariance of its inputs (features), shape [F, F]; their variances alone, shape [F], where there were too few
    samples to tell what could replace what."""
    weights: Matrix
    """Feature -> outputs, shape [F, O]."""
    members: NDArray[np.int64]
    """The features of each unit, shape [units, features per unit]."""


@dataclass(frozen=True)
class Elimination:
    """The order in which units are best removed, and what it costs."""

    order: tuple[int, ...]
    error: tuple[float, ...]
    """After removing the first k: the lost share of the readers' output variance, summed over the readers. One longer
    than `order`; never falls."""


def eliminate(readings: Sequence[Reading], units: int) -> Elimination:
    """Remove unit after unit, each time those whose loss the others can make up for best.

    With P the inverse of the covariance and W the least-squares weights on what is left, removing features b costs
    tr(W_b^T (P_bb)^-1 W_b) of output variance; then W -= P_:b (P_bb)^-1 W_b and P -= P_:b (P_bb)^-1 P_b: (the optimal
    brain surgeon of Hassibi and Stork, 1993, on the layer's own least-squares problem).
    """
    states = [(_Joint if reading.covariance.ndim == 2 else _Alone)(reading) for reading in readings]
    left, order, error = np.arange(units), list[int](), [0.0]
    chunk = max(1, units // CHUNKS)
    while len(left):
        scores = np.sum([state.scores(left) for state in states], axis=0)
        gone = left[np.argsort(scores, kind="stable")[:chunk]]
        for count in range(1, len(gone) + 1):
            error.append(error[-1] + float(np.sort(scores)[count - 1]))
        start = error[-1 - len(gone)]
        error[-1] = max(start + sum(state.remove(gone) for state in states), error[-2])
        order += gone.tolist()
        left = left[~np.isin(left, gone)]
    return Elimination(tuple(order), tuple(np.maximum.accumulate(error).tolist()))


class _Joint:
    """Scores where what is left makes up for what goes."""

    def __init__(self, reading: Reading) -> None:
        size = len(reading.covariance)
        covariance = reading.covariance + RIDGE * max(np.trace(reading.covariance) / size, 1e-12) * np.eye(size)
        self._inverse = np.linalg.inv(covariance)
        self._weights = reading.weights.copy()
        self._members = reading.members
        self._power = _power(float((reading.weights * (reading.covariance @ reading.weights)).sum()))

    def scores(self, units: NDArray[np.int64]) -> Matrix:
        members = self._members[units]
        weights = self._weights[members]
        blocks = self._inverse[members[:, :, None], members[:, None, :]]
        found: Matrix = (weights * np.linalg.solve(blocks, weights)).sum(axis=(1, 2)) / self._power
        return found

    def remove(self, units: NDArray[np.int64]) -> float:
        features = self._members[units].reshape(-1)
        block, columns = self._inverse[np.ix_(features, features)], self._inverse[:, features]
        weights = self._weights[features]
        solved = np.linalg.solve(block, weights)
        lost = float((weights * solved).sum())
        self._weights -= columns @ solved
        self._inverse -= columns @ np.linalg.solve(block, columns.T)
        return lost / self._power


class _Alone:
    """Scores where nothing makes up for what goes."""

    def __init__(self, reading: Reading) -> None:
        each = reading.covariance[:, None] * reading.weights**2
        self._lost = each.sum(axis=1)[reading.members].sum(axis=1) / _power(float(each.sum()))

    def scores(self, units: NDArray[np.int64]) -> Matrix:
        found: Matrix = self._lost[units]
        return found

    def remove(self, units: NDArray[np.int64]) -> float:
        return float(self._lost[units].sum())


def _power(value: float) -> float:
    return value if value > 0 else 1.0
