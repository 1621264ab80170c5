"""Signs that labels and model do not speak of the same classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ovopt import units
from ovopt.contracts import Metric
from ovopt.records import Quality

SHOWN = 5
LEAST = 20
FEW = 5
"""With less, nothing right may be bad luck."""
SHIFTED_SHARE = 0.5
DEVIATIONS = 2.0
"""So many standard deviations above the right answers of a guess may still be one."""


def empty_classes(classes: Sequence[str], labels: Collection[int]) -> list[str]:
    """Classes that no sample has: their figures are missing, and the names may be misspelt."""
    empty = [name for index, name in enumerate(classes) if index not in labels]
    if not empty or not labels:
        return []
    return [f"{len(empty)} of {len(classes)} classes have no sample here: {units.a_few(empty, SHOWN)}"]


def no_skill(metric: Metric, quality: Quality) -> list[str]:
    """A figure that a guess would reach: what is optimized has nothing to lose."""
    guessed = quality.value <= metric.chance if metric.higher_is_better else 0 < metric.chance <= quality.value
    if metric.kind != "accuracy" or quality.n < FEW or not guessed:
        return []
    return [
        f"{metric.label} is {units.quality(quality.value, metric.unit)}, no better than a guess: the order of the "
        "classes, `preprocess` or `postprocess` is probably not the model's"
    ]


class ClassShifts:
    """Distance of the likeliest class from the label, over all samples of a classifier."""

    def __init__(self) -> None:
        self._shifts: Counter[int] = Counter()
        self._classes = 0

    def add(self, output: Any, label: Any) -> None:
        """One sample; anything but class scores and a class index counts for nothing."""
        if isinstance(label, int) and isinstance(output, np.ndarray) and np.squeeze(output).ndim == 1:
            self._shifts[int(np.argmax(output)) - label] += 1
            self._classes = output.size

    def doubts(self) -> list[str]:
        """Remarks on what looks wrong, with what to do."""
        n = self._shifts.total()
        if n < LEAST:
            return []
        shift, count = self._shifts.most_common(1)[0]
        if shift and count > SHIFTED_SHARE * n:
            return [
                f"the labels look shifted: on {count} of {n} samples the likeliest class is the label {shift:+d}; "
                "`postprocess: [{drop_first: 1}]` leaves out a background class, `data.classes` gives names an order"
            ]
        share = 1 / self._classes
        if self._shifts[0] < n * share + DEVIATIONS * (n * share * (1 - share)) ** 0.5:
            return [
                f"only {self._shifts[0]} of {n} samples are right, near chance for {self._classes} classes: the order "
                "of the classes, or the preprocessing, is probably not the model's"
            ]
        return []
