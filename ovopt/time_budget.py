"""A time budget that long work keeps, counted by a clock that is handed in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
Clock = Callable[[], float]
"""Seconds since any moment, never running backwards."""


class OutOfTimeError(Exception):
    """A time budget has ended; the best so far counts."""


@dataclass
class TimeBudget:
    """Seconds that work may take, counted from here on."""

    seconds: float
    clock: Clock = time.perf_counter
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()

    @property
    def spent_s(self) -> float:
        """Seconds since it began."""
        return self.clock() - self._began

    @property
    def left_s(self) -> float:
        """Seconds until it ends, 0 behind that."""
        return max(0.0, self.seconds - self.spent_s)

    @property
    def is_over(self) -> bool:
        """True once more time was spent than there was."""
        return self.spent_s > self.seconds

    def as_long_as_it_lasts(self, items: Iterable[T]) -> Iterator[T]:
        """The first of the items, and the others until the time is over."""
        for item in items:
            yield item
            if self.is_over:
                return
