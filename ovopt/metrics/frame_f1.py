"""F1 score of events in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, LabelFile, Metric
from ovopt.errors import DataError
from ovopt.metrics.row_tables import f1_of
from ovopt.records import Port


class FrameF1(Metric):
    """F1 score of what is active in each frame, `2 tp / (2 tp + fp + fn)`, over all frames, classes (notes, events) and
    samples together.

    Output and label are arrays [frames, classes], or [frames] of one class. Where one is a little longer, what is
    active in its last frames is all missed (the label's) or false (the output's).

    Source: Mesaros, Heittola and Virtanen, Metrics for polyphonic sound event detection (Applied Sciences 2016).
    """

    name: ClassVar[str] = "frame_f1"
    unit: ClassVar[str] = "share"
    threshold: float = Field(default=0.5, description="the score from which a class is active")
    surplus: float = Field(
        default=0.1, ge=0, le=1, description="how much longer one side may be, as a share of its frames"
    )

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no array [frames, classes] of 0 and 1."""
        if isinstance(label, LabelFile):
            return
        if np.ndim(label) not in {1, 2} or not np.isin(label, (0, 1)).all():
            raise DataError(f"{sample_id}: the label is no array [frames, classes] of 0 and 1, which {self.name} needs")

    def row(self, output: Any, target: Any) -> list[int]:
        """True positives, false positives, false negatives. Raises DataError where output and label [frames, classes]
        do not fit each other."""
        found, real = _frames(output) >= self.threshold, _frames(target) > 0
        self._check_shapes(found, real)
        shared = min(len(found), len(real))
        hits = int(np.count_nonzero(found[:shared] & real[:shared]))
        return [hits, int(np.count_nonzero(found)) - hits, int(np.count_nonzero(real)) - hits]

    def value(self, rows: Array) -> float:
        """F1 of rows [n, 3]; NaN where nothing is predicted and nothing labelled."""
        return f1_of(rows)

    def _check_shapes(self, found: Array, real: Array) -> None:
        if found.ndim != 2 or real.ndim != 2 or found.shape[1] != real.shape[1]:
            raise DataError(
                f"{self.name} needs output and label [frames, classes] with the same classes; they are {found.shape} "
                f"and {real.shape}"
            )
        longer = max(len(found), len(real))
        if abs(len(found) - len(real)) > max(1, self.surplus * longer):
            raise DataError(
                f"the output has {len(found)} frames, the label {len(real)}; bring them to one frame rate, or raise "
                f"{self.name}'s `surplus`"
            )


def _frames(values: Any) -> Array:
    frames = np.asarray(values)
    return frames[:, None] if frames.ndim == 1 else frames
