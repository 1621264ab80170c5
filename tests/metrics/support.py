"""Rows as an evaluation keeps them, and draws from them as a bootstrap makes them."""

import json

import numpy as np


def rows_of(rows):
    """A float64 array with one row per sample, or an array of lists where rows differ in length."""
    assert json.loads(json.dumps(rows)) == rows, "a row is plain numbers and lists"
    try:
        return np.array(rows, np.float64)
    except ValueError:
        kept = np.empty(len(rows), object)
        for i, row in enumerate(rows):
            kept[i] = row
        return kept


def draws(n, seed=0, count=10):
    """Everything once, then samples drawn with replacement."""
    rng = np.random.default_rng(seed)
    return [np.arange(n), *(rng.integers(n, size=n) for _ in range(count))]
