"""Where in a ranked list something begins to hold: searches that need about log2(n) looks, and a step back."""

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
    """What is left of a set for which `holds` after leaving out what need not be in it: halves first, then smaller
    pieces; the last ones, which matter least, first. It ends after `most` looks."""
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
