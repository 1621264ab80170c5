"""Signs that labels and model do not speak of the same classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ovopt import units
from ovopt.contracts import Boxes, Detections, Metric
from ovopt.metrics.class_labels import as_classes
from ovopt.preparing.class_labels import names_option
from ovopt.records import Quality

SHOWN = 5
LEAST = 20
FEW = 5
"""With less, nothing right may be bad luck."""
SHIFTED_SHARE = 0.5
MOST_LISTED = 20
"""Names that a remark lists."""
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
    what = "the order of the classes" if metric.unit == "share" else "the labels' unit"
    return [
        f"{metric.label} is {value}, no better than a guess ({best}): {what}, `preprocess` or `postprocess` is "
        "probably not the model's"
    ]


class ClassShifts:
    """Distance of the likeliest class from the label, over all samples of a classifier."""

    def __init__(self, named: int | None = None, first: int | None = 0, names: Sequence[str] = ()) -> None:
        """`named` is the number of classes that the data has, where it says so; `first` the number of the first one,
        None where classes have names; `names` those of the recipe, in its order."""
        self._named, self._first, self._names = named, first, names
        self._pairs: Counter[tuple[int, int]] = Counter()
        """Label and likeliest class -> samples."""
        self._highest = -1
        self.scores: int | None = None

    def add(self, output: Any, label: Any) -> None:
        """One sample: class scores and a class index; of detections and of masks, the classes alone. Anything
        else counts for nothing."""
        output = output.rows if isinstance(output, Detections) else output
        if not isinstance(output, np.ndarray):
            return
        if isinstance(label, int) and np.squeeze(output).ndim == 1 and as_classes(output) is None:
            self._pairs[label, int(np.argmax(output))] += 1
            self.scores = output.size
        elif isinstance(label, Boxes) and output.ndim == 2 and output.shape[1] == 6:
            self._highest = max(self._highest, int(output[:, 5].max(initial=-1)))
        elif isinstance(label, np.ndarray) and label.ndim == 2 and output.ndim == 3:
            self.scores = len(output)
        elif isinstance(label, np.ndarray) and label.ndim == output.ndim == 2 and output.dtype.kind in "iu":
            self._highest = max(self._highest, int(output.max(initial=-1)))

    def misfit(self) -> list[str]:
        """Another number of classes than the model has scores."""
        if self._named is not None and self._highest >= self._named:
            return [
                f"the model answers with class {self._highest}, the data has {self._named} classes, 0 to "
                f"{self._named - 1}; let `data.classes` name every class of the model, in its order"
            ]
        if not self.scores or self._named in (None, self.scores):
            return []
        return [
            f"the data has {self._named} classes, the model {self.scores} scores: a class that is missing in between "
            "shifts all behind it; let `data.classes` name every class, in the order of the scores"
        ]

    def doubts(self) -> list[str]:
        """Remarks on what looks wrong, with what to do."""
        n = self._pairs.total()
        if n < LEAST:
            return []
        if better := self._said_of_order():
            return [better]
        shifts: Counter[int] = Counter()
        for (label, answer), samples in self._pairs.items():
            shifts[answer - label] += samples
        shift, count = shifts.most_common(1)[0]
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
        if shifts[0] < n * share + DEVIATIONS * (n * share * (1 - share)) ** 0.5:
            return [
                f"only {shifts[0]} of {n} samples are right, near chance for {self.scores} classes: the order "
                "of the classes, or the preprocessing, is probably not the model's"
            ]
        return []

    def better_order(self) -> list[str] | None:
        """The order of the names in which each stands at the class that the model answers to it most often, where that
        makes most samples right and no two names meet; None where the order is that already."""
        answers = self._answers()
        few = (self.scores or 0) <= MOST_LISTED and max(answers, default=0) < len(self._names)
        return self._names_by_answers() if self._names and few and self.right_if_moved else None

    def better_places(self) -> dict[str, int]:
        """Places by name: the class that the model answers to it most often, where that makes most samples right and no
        two names meet; empty where the names stand there already."""
        if not self._names or not self.right_if_moved:
            return {}
        return {
            self._names[label]: answer for label, (answer, _) in self._answers().items() if label < len(self._names)
        }

    @property
    def right_if_moved(self) -> float | None:
        """The share of samples that would be right with each label at the class that the model answers to it most
        often; None where that is half of them or less, two labels meet or there is but one, or they stand there
        already."""
        answers = self._answers()
        right, n = sum(samples for _, samples in answers.values()), self._pairs.total()
        moved = any(answer != label for label, (answer, _) in answers.items())
        alone = len({answer for answer, _ in answers.values()}) == len(answers) > 1
        return right / n if moved and alone and right > SHIFTED_SHARE * n else None

    def _said_of_order(self) -> str | None:
        names = self.better_order()
        if names is None:
            return None
        right, n = sum(samples for _, samples in self._answers().values()), self._pairs.total()
        return (
            f"the names of the classes are not in the order of the scores: {right} of {n} samples would be right with "
            f"{names_option(names)}"
        )

    def _answers(self) -> dict[int, tuple[int, int]]:
        """Answers by label: the class that the model answers to it most often, and to how many samples."""
        answers: dict[int, tuple[int, int]] = {}
        for (label, answer), samples in self._pairs.most_common():
            answers.setdefault(label, (answer, samples))
        return answers

    def _names_by_answers(self) -> list[str]:
        places = {answer: label for label, (answer, _) in self._answers().items()}
        count = self.scores or 0
        left = [name for label, name in enumerate(self._names) if label not in places.values()]
        others = iter(left if len(self._names) == count else [f"class {i}" for i in range(count) if i not in places])
        return [self._names[places[i]] if i in places else next(others) for i in range(count)]
