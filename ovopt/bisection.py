"""Searches by bisection in a ranked list: about log2(n) looks, and a step back."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def shortest_prefix(ranked: Sequence[str], holds: Callable[[Sequence[str]], bool]) -> tuple[str, ...] | None:
    """The shortest prefix for which `holds`, if longer ones hold too; None where even the whole list does not.

    Doubles the length until it holds, then halves the gap: about 2 log2(n) looks.
    """
    low, length = 0, 1
    while not holds(ranked[:length]):
        if length >= len(ranked):
            return None
        low, length = length, min(2 * length, len(ranked))
    while length - low > 1:
        middle = (low + length) // 2
        low, length = (low, middle) if holds(ranked[:middle]) else (middle, length)
    return tuple(ranked[:length])


def thinned(chosen: Sequence[str], holds: Callable[[Sequence[str]], bool], most: int | None = None) -> tuple[str, ...]:
    """The rest of a set for which `holds` after leaving out what need not be in it: halves first, then smaller pieces;
    the last ones, which matter least, first. It ends after `most` looks."""
    kept, size, looks = list(chosen), max(1, len(chosen) // 2), 0
    while True:
        start = len(kept)
        while start > 0:
            piece = slice(max(0, start - size), start)
            rest = kept[: piece.start] + kept[piece.stop :]
            if looks == most:
                return tuple(kept)
            if rest:
                looks += 1
                kept = rest if holds(rest) else kept
            start = piece.start
        if size == 1:
            return tuple(kept)
        size //= 2


def first_that_holds(count: int, holds: Callable[[int], bool]) -> int | None:
    """The first of so many places from which on all hold, in about log2(count) looks; None where the last does not."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low if low < count else None


class Bracket:
    """Tries shares between 0 and `most`. Rising: small shares do and large ones do not, and the largest that does is
    wanted. Otherwise large ones do, and the smallest is wanted."""

    def __init__(self, first: float, most: float, finest: float, rising: bool = True) -> None:
        """`finest` is a gap that is not halved any more."""
        self._low, self._high, self._most = 0.0, most, most
        self._finest, self._rising = finest, rising
        self.next: float | None = first if 0 < first < most else most / 2
        """What to try; None where nothing is left to find out."""
        self.best: float | None = None
        """The wanted share, as far as is known."""

    def tell(self, does: bool) -> None:
        """Takes the outcome of the share that was tried."""
        assert self.next is not None
        if does:
            self.best = self.next
        if does == self._rising:
            self._low = self.next
        else:
            self._high = self.next
        gap = self._high - self._low
        if gap > self._finest:
            self.next = round(self._low + gap / 2, 6)
        else:
            self.next = self._most if self._high == self._most and self.next < self._most else None
