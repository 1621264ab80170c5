"""Two models' outputs for one sample, held against each other: of unequal lengths, with NaN and infinity, ids. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ovopt.errors import DataError

Array = NDArray[Any]
MASKED = -1e4
"""What stands for minus infinity where a model writes a mask in finite numbers, and all below."""


def are_ids(values: Any) -> bool:
    """True for integers of 32 bits and more: classes, places, tokens. Narrower ones are pixels and the like."""
    kind = np.asarray(values).dtype
    return kind.kind in "iu" and kind.itemsize >= 4


def share_of_same(mine: Array, theirs: Array) -> float:
    """Share of the same ids in [n] and [m], of which the longer ones' last have no partner; 1 where there are none."""
    shared, most = min(len(mine), len(theirs)), max(len(mine), len(theirs))
    return float(np.count_nonzero(mine[:shared] == theirs[:shared]) / most) if most else 1.0


def fit(mine: Array, theirs: Array) -> bool:
    """True for outputs [n, ...] and [m, ...] that differ in their length at most."""
    return mine.ndim == theirs.ndim and mine.shape[1:] == theirs.shape[1:]


def padded(mine: Any, theirs: Any, name: str) -> tuple[Array, Array]:
    """Both [n, ...] as float64, the shorter one filled up with zeros, as where one finds more objects than the other.
    Raises DataError where they differ in another dimension."""
    one, two = (np.asarray(values, np.float64) for values in (mine, theirs))
    if one.shape == two.shape:
        return one, two
    if not fit(one, two):
        raise DataError(f"{name} needs outputs of one shape; this one is {one.shape}, the original's {two.shape}")
    rows = max(len(one), len(two))
    one, two = (np.pad(side, [(0, rows - len(side)), *[(0, 0)] * (side.ndim - 1)]) for side in (one, two))
    return one, two


def comparable(output: Any, target: Any) -> tuple[Array, Array] | None:
    """Both [n] as float64 without the places where both are the same NaN or infinity; None where only one of them is,
    or they differ in shape."""
    if not fit(np.asarray(output), np.asarray(target)):
        return None
    mine, theirs = (side.ravel() for side in padded(output, target, ""))
    if np.isfinite(mine.sum() + theirs.sum()):  # quicker than to look at each
        return mine, theirs
    odd = ~(np.isfinite(mine) & np.isfinite(theirs))
    one, two = (np.where(np.isnan(side), np.nan, np.maximum(side, MASKED)) for side in (mine[odd], theirs[odd]))
    return (mine[~odd], theirs[~odd]) if np.array_equal(one, two, equal_nan=True) else None


def cosine(mine: Array, theirs: Array) -> float:
    """Cosine of outputs [...], -1 to 1; of integer ids, the share that are the same. Two zero or empty outputs agree,
    one of them agrees with nothing, and neither do outputs that do not fit together."""
    if are_ids(theirs):
        return share_of_same(mine.ravel(), theirs.ravel())
    if not fit(mine, theirs):
        return 0.0
    one, two = (side.ravel() for side in padded(mine, theirs, "cosine"))
    norms = float(np.linalg.norm(one) * np.linalg.norm(two))
    if not np.isfinite(norms):
        numbers = comparable(one, two)
        return cosine(*numbers) if numbers else 0.0
    if norms == 0:
        return float(np.array_equal(one, two))
    return float(np.clip(one @ two / norms, -1, 1))
