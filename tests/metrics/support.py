"""Rows as an evaluation keeps them, and draws from them as a bootstrap makes them."""

import json

import numpy as np

from ovopt.comparison import rows_array


def rows_of(rows):
    """An array of rows, each of which a file can hold and give back."""
    assert json.loads(json.dumps(rows)) == rows, "a row is plain numbers and lists"
    return rows_array(rows)


def draws(n, seed=0, count=10):
    """Everything once, then samples drawn with replacement."""
    rng = np.random.default_rng(seed)
    return [np.arange(n), *(rng.integers(n, size=n) for _ in range(count))]
