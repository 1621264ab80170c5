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
MANY_PER_CLASS = 5
"""With fewer samples, a class may be missing by chance."""
DEVIATIONS = 2.0
"""So many standard deviations above the right answers of a guess may still be one."""


def empty_classes(classes: Sequence[str], labels: Collection[int]) -> list[str]:
    """Classes that no sample has: their figures are missing, and the names may be misspelt."""
    empty = [name for index, name in enumerate(classes) if index not in labels]
    if not empty or not labels:
        return []
    return [f"{len(empty)} of {len(classes)} classes have no sample here: {units.a_few(empty, SHOWN)}"]


def missing_numbers(indices: Collection[int], scores: int) -> list[str]:
    """Classes that none of many labels has, where they are numbers."""
    empty = sorted(set(range(scores)) - set(indices))
    if not empty or len(indices) < MANY_PER_CLASS * scores:
        return []
    return [f"{len(empty)} of the model's {scores} classes have no sample in the data: {units.a_few(empty, SHOWN)}"]


def no_skill(metric: Metric, quality: Quality, guess: float) -> list[str]:
    """A figure that a guess would reach: what is optimized has nothing to lose."""
    reached = quality.value <= guess if metric.higher_is_better else 0 < guess <= quality.value
    if metric.kind != "accuracy" or quality.n < FEW or not reached:
        return []
    value, best = (units.quality(figure, metric.unit) for figure in (quality.value, guess))
    if metric.unit == "share" and quality.value == guess == 1:
        return [
            f"{metric.label} is {value} by construction: on these samples a guess reaches it too, so it tells nothing"
        ]
    return [
        f"{metric.label} is {value}, no better than a guess ({best}): the order of the classes, `preprocess` or "
        "`postprocess` is probably not the model's"
    ]


class ClassShifts:
    """Distance of the likeliest class from the label, over all samples of a classifier."""

    def __init__(self, named: int | None = None, first: int | None = 0) -> None:
        """`named` is the number of classes that the data has, where it says so; `first` the number of the first one,
        None where classes have names."""
        self._named, self._first = named, first
        self._shifts: Counter[int] = Counter()
        self.scores: int | None = None

    def add(self, output: Any, label: Any) -> None:
        """One sample; anything but class scores and a class index counts for nothing."""
        if isinstance(label, int) and isinstance(output, np.ndarray) and np.squeeze(output).ndim == 1:
            self._shifts[int(np.argmax(output)) - label] += 1
            self.scores = output.size

    def misfit(self) -> list[str]:
        """Another number of classes than the model has scores."""
        if not self.scores or self._named in (None, self.scores):
            return []
        return [
            f"the data has {self._named} classes, the model {self.scores} scores: a class that is missing in between "
            "shifts all behind it; let `data.classes` name every class, in the order of the scores"
        ]

    def doubts(self) -> list[str]:
        """Remarks on what looks wrong, with what to do."""
        n = self._shifts.total()
        if n < LEAST:
            return []
        shift, count = self._shifts.most_common(1)[0]
        if shift and count > SHIFTED_SHARE * n:
            remedy = (
                "`postprocess: [{drop_first: 1}]` leaves out a background class, `data.classes` gives names an order"
            )
            if self._first is not None:
                remedy = f"--set data.first_label={self._first - shift} counts them so"
            return [
                f"the labels look shifted: on {count} of {n} samples the likeliest class is the label {shift:+d}; "
                f"{remedy}"
            ]
        assert self.scores, "there were samples"
        share = 1 / self.scores
        if self._shifts[0] < n * share + DEVIATIONS * (n * share * (1 - share)) ** 0.5:
            return [
                f"only {self._shifts[0]} of {n} samples are right, near chance for {self.scores} classes: the order "
                "of the classes, or the preprocessing, is probably not the model's"
            ]
        return []
