"""Sums over rows of inputs and outputs, and the least-squares weights that follow from them. Pure.

|y - x W|² = yy - 2 W·xy + W·(xx W) holds all that a fit needs, so rows are summed up and forgotten. The best W solves
(xx + λ) (W - prior) = xy - xx prior, ridge regression towards the weights as they were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
RIDGES = (1e-5, 1e-3, 1e-2, 1e-1)
"""Strengths of the ridge, as shares of the mean square of the inputs; which one is best, samples tell that have not
been fitted to."""
ROWS_AT_ONCE = 512
"""Rows that are summed up at once: matrix products of fewer leave a processor idle."""
CAUTIOUS = 1e-2
"""The ridge where no samples are left to tell."""


@dataclass(frozen=True)
class Moments:
    """Sums over rows x [F] and y [O]: all that a least-squares fit needs to know of them."""

    rows: int
    x: Matrix
    y: Matrix
    xx: Matrix
    """[F, F]"""
    xy: Matrix
    """[F, O]"""
    yy: Matrix
    """The squares alone, [O]."""

    @classmethod
    def of(cls, x: Matrix, y: Matrix) -> Moments:
        """Sums of rows x [rows, F] and y [rows, O]."""
        return cls(len(x), x.sum(axis=0), y.sum(axis=0), x.T @ x, x.T @ y, (y**2).sum(axis=0))

    def __add__(self, other: Moments) -> Moments:
        return Moments(*(mine + theirs for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True)))

    def centred(self) -> Moments:
        """The same about the means."""
        n = max(self.rows, 1)
        return Moments(
            self.rows,
            np.zeros_like(self.x),
            np.zeros_like(self.y),
            self.xx - np.outer(self.x, self.x) / n,
            self.xy - np.outer(self.x, self.y) / n,
            self.yy - self.y**2 / n,
        )

    def error(self, weights: Matrix) -> float:
        """The sum of squares of y - x W, with W of shape [F, O]."""
        return float(self.yy.sum() - 2 * (weights * self.xy).sum() + (weights * (self.xx @ weights)).sum())


class Rows:
    """Rows that come in small portions, and become sums in large ones."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Matrix, Matrix]] = []
        self._count = 0
        self._sums: Moments | None = None

    def add(self, x: Matrix, y: Matrix) -> None:
        """Takes more rows x [rows, F] and y [rows, O]."""
        self._waiting.append((x, y))
        self._count += len(x)
        if self._count >= max(x.shape[1], ROWS_AT_ONCE):
            self._sum_up()

    def moments(self) -> Moments | None:
        """Sums of all rows so far; None where there were none."""
        if self._waiting:
            self._sum_up()
        return self._sums

    def _sum_up(self) -> None:
        found = Moments.of(*(np.concatenate(parts) for parts in zip(*self._waiting, strict=True)))
        self._sums = found if self._sums is None else self._sums + found
        self._waiting, self._count = [], 0


@dataclass(frozen=True)
class LinearFit:
    """y = x W + shift, and what part of the variance of y in rows that were not fitted to it misses."""

    weights: Matrix
    shift: Matrix
    missed: float


def solved(moments: Moments, prior: Matrix, ridge: float) -> Matrix:
    """The W [F, O] that minimises |y - x W|^2 + ridge * mean(x^2) * |W - prior|^2."""
    size = len(moments.xx)
    scale = ridge * float(np.trace(moments.xx)) / max(size, 1)
    system = moments.xx + max(scale, 1e-12) * np.eye(size)
    found: Matrix = prior + np.linalg.solve(system, moments.xy - moments.xx @ prior)
    return found


def fitted(fit: Moments, held: Moments | None, prior: Matrix, shifts: bool, refits: bool = True) -> LinearFit:
    """The weights [F, O] that fit best, drawn to `prior` [F, O] as strongly as is best for the rows that were held out;
    where these tell that `prior` itself is better, that. `shifts` says whether a constant can make up for a changed
    mean, `refits` whether anything more can."""
    everything = fit + held if held else fit
    about = [sums.centred() if shifts else sums for sums in (fit, held or fit, everything)]
    ridges = (RIDGES if held else (CAUTIOUS,)) if refits else ()
    errors = {ridge: about[1].error(solved(about[0], prior, ridge)) for ridge in ridges}
    if held or not refits:
        errors[0.0] = about[1].error(prior)
    best = min(errors, key=lambda ridge: errors[ridge])
    weights = solved(about[2], prior, best) if best else prior
    shift = (everything.y - everything.x @ weights) / max(everything.rows, 1) if shifts else np.zeros(prior.shape[1])
    power = float((held or fit).centred().yy.sum())
    return LinearFit(weights, shift, max(errors[best], 0.0) / power if power > 0 else 0.0)
