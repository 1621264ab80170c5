"""Channels that can only go together, as sets that grow: union-find over every channel of every constant."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

AxisLabels = NDArray[np.int64]
"""One label per position along an axis of a tensor, shape [length]. Positions with the same unit are removed
together."""
Axes = tuple[AxisLabels | None, ...]
"""The labels of a tensor's axes; None for an axis that stays as it is."""


class Units:
    """Sets of channels that are removed as a whole: each a channel, with everything that has to go with it."""

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._reason: dict[int, str] = {}

    def fresh(self, count: int) -> AxisLabels:
        """AxisLabels of new units, one for each position, shape [count]."""
        start = len(self._parent)
        self._parent.extend(range(start, start + count))
        return np.arange(start, start + count)

    def fixed(self, count: int, reason: str) -> AxisLabels:
        """AxisLabels of positions that nothing can remove, shape [count]."""
        labels = self.fresh(count)
        self.protect(labels, reason)
        return labels

    def unite(self, one: AxisLabels, two: AxisLabels) -> None:
        """Joins position i of the one [length] with position i of the other [length]."""
        for mine, theirs in zip(one.tolist(), two.tolist(), strict=True):
            self._unite(mine, theirs)

    def protect(self, labels: AxisLabels | None, reason: str) -> None:
        """Keeps the units of these labels, shape [length]; the first reason counts."""
        if labels is not None:
            for label in labels.tolist():
                self._reason.setdefault(self._root(label), reason)

    def of(self, labels: AxisLabels) -> AxisLabels:
        """The unit of each position, shape [length]."""
        return np.array([self._root(label) for label in labels.tolist()], np.int64)

    def reason(self, unit: int) -> str | None:
        """Why a unit stays; None where it may go."""
        return self._reason.get(self._root(unit))

    def _unite(self, one: int, two: int) -> None:
        kept, gone = self._root(one), self._root(two)
        if kept == gone:
            return
        kept, gone = min(kept, gone), max(kept, gone)
        self._parent[gone] = kept
        reason = self._reason.pop(gone, None)
        if reason:
            self._reason.setdefault(kept, reason)

    def _root(self, label: int) -> int:
        root = label
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[label] != root:
            self._parent[label], label = root, self._parent[label]
        return root


def labelled(axes: Iterable[AxisLabels | None]) -> list[AxisLabels]:
    """Those axes that have labels, each of shape [length]."""
    return [labels for labels in axes if labels is not None]
