"""Agreement of detections with the original's, without labels."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.arrays.boxes import ordered, overlaps
from ovopt.contracts import Array, Metric
from ovopt.errors import DataError
from ovopt.metrics.row_tables import tuples


class DetectionAgreement(Metric):
    """Share of detections, the model's and the original's together, that have a partner on the other side: the same
    class, and an overlap of at least `iou`. `postprocess` makes detections of both outputs. Those that score less than
    `score` count for nothing; a partner may be one of those, for a score near the limit may fall on either side of
    it."""

    name: ClassVar[str] = "detection_agreement"
    unit: ClassVar[str] = "share"
    kind: ClassVar[Literal["accuracy", "agreement"]] = "agreement"
    behind: ClassVar[bool] = True
    score: float = Field(default=0.25, ge=0, description="detections count from this score on")
    iou: float = Field(default=0.5, gt=0, le=1, description="the least overlap of partners")

    def row(self, output: Any, target: Any) -> list[int]:
        """Detections that count and have a partner, and those that count, of detections [n, 6] and [m, 6]. Raises
        DataError where they are none."""
        mine, theirs = (self._detections(side) for side in (output, target))
        alike = mine[:, None, 5] == theirs[None, :, 5]
        shares = np.where(alike, overlaps(ordered(mine[:, :4]), ordered(theirs[:, :4])), 0.0)
        partners = _partners(shares, self.iou)
        counts = [side[:, 4] >= self.score for side in (mine, theirs)]
        matched = sum(int(counts[0][i]) + int(counts[1][j]) for i, j in partners)
        return [matched, int(counts[0].sum() + counts[1].sum())]

    def value(self, rows: Array) -> float:
        """Share of all detections of rows [n, 2]; 1 where neither model finds anything."""
        if not len(rows):
            return float("nan")
        matched, counted = tuples(rows, 2).sum(axis=0)
        return float(matched / counted) if counted else 1.0

    def _detections(self, side: Any) -> Array:
        found = np.asarray(side, np.float64)
        if found.size % 6 or (found.size and found.shape[-1] != 6):
            raise DataError(
                f"{self.name} needs detections [n, 6] (x0, y0, x1, y1, score, class), `postprocess` gives shape "
                f"{list(found.shape)}; add a decoder of boxes to it"
            )
        return found.reshape(-1, 6)


def _partners(shares: Array, least: float) -> list[tuple[int, int]]:
    """Pairs of rows and columns of overlaps [n, m], the largest first, each row and column in one of them."""
    pairs: list[tuple[int, int]] = []
    rows, columns = np.nonzero(shares >= least)
    taken: tuple[set[int], set[int]] = (set(), set())
    for place in np.argsort(-shares[rows, columns], kind="stable").tolist():
        row, column = int(rows[place]), int(columns[place])
        if row not in taken[0] and column not in taken[1]:
            pairs.append((row, column))
            taken[0].add(row)
            taken[1].add(column)
    return pairs
