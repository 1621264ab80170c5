"""Ways to divide `preprocess` between host and model, and which of them is best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ovopt.contracts import Transform, Way
from ovopt.model.ports.facts import facts
from ovopt.model.ports.inputs import DTYPES
from ovopt.stats import Interval

ITEM_BYTES = {dtype: np.dtype(name).itemsize for dtype, name in DTYPES.items()}


@dataclass
class Split:
    """A way to divide the list: which transforms are inside the model, and how it did."""

    inside: tuple[Transform, ...]
    way: Way
    difference: float = np.inf
    speedup: Interval | None = None

    @property
    def input_bytes(self) -> int:
        """Bytes of a sample as it is handed over; a size that is not fixed counts as 1."""
        ports = facts(self.way.model).inputs
        return sum(math.prod(size or 1 for size in port.shape or ()) * ITEM_BYTES[port.dtype] for port in ports)

    def __str__(self) -> str:
        return f"{', '.join(transform.name for transform in self.inside)} in the model"


def ranked(splits: Sequence[Split]) -> list[Split]:
    """Those that are faster than the host for certain: first the ones that cannot be told from the fastest, with the
    smallest input and then the shortest list on the host in front; then the others."""
    known = [(split, split.speedup) for split in splits if split.speedup and split.speedup.low > 1]
    best = max((speedup.estimate for _, speedup in known), default=1.0)
    ordered = sorted(known, key=lambda one: (one[1].high < best, one[0].input_bytes, -len(one[0].inside)))
    return [split for split, _ in ordered]
