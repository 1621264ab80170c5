"""Rows of metrics that hold several tuples, as one table, and tables that are kept while a bootstrap draws rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ovopt.contracts import Array, Row

T = TypeVar("T")
SETS = 4
"""Rows are kept up to so many times those that are asked for: a table serves several draws, and is made anew then."""


def tuples(rows: Array, width: int) -> NDArray[np.float64]:
    """Inner tuples [m, width] of all rows, one under the other. A row is a list of tuples, of any length."""
    if rows.dtype != object:
        return rows.reshape(-1, width).astype(np.float64, copy=False)
    return flattened(rows.tolist(), width)


def flattened(rows: Sequence[Any], width: int) -> NDArray[np.float64]:
    """Inner tuples [m, width] of a plain sequence of rows."""
    flat = chain.from_iterable(chain.from_iterable(rows))
    return np.fromiter(flat, np.float64).reshape(-1, width)


class Remembered(Generic[T]):
    """A table made of rows, kept for as long as the same rows come again: a bootstrap draws from them a thousand times.

    Rows are told apart by identity, and kept so that no other row can take a place in memory that stands for one.
    """

    def __init__(self, make: Callable[[Sequence[Row]], T]) -> None:
        self._make = make
        self._rows: list[Any] = []
        self._places: dict[int, int] = {}
        self._table = make(())

    def find(self, rows: Sequence[Row]) -> tuple[T, NDArray[np.intp]]:
        """Table of all known rows, and the places [n] of `rows` in it."""
        new = {id(row): row for row in rows if id(row) not in self._places}
        if new:
            self._learn(new, rows)
        return self._table, np.fromiter((self._places[id(row)] for row in rows), np.intp, len(rows))

    def _learn(self, new: dict[int, Row], rows: Sequence[Row]) -> None:
        asked = {id(row): row for row in rows}
        if len(self._rows) + len(new) > SETS * len(asked):
            self._rows, self._places, new = [], {}, asked
        for key, row in new.items():
            self._places[key] = len(self._rows)
            self._rows.append(row)
        self._table = self._make(self._rows)
