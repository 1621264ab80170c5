"""The largest (or smallest) share that still does, found by halving the gap. Pure."""

from __future__ import annotations


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
        """What came of the share that was tried."""
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
