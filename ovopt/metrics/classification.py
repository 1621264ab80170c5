"""Metrics of a classification: top-k accuracy, F1 score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Metric
from ovopt.errors import DataError
from ovopt.metrics.class_labels import as_classes, check_class
from ovopt.records import Port


class TopK(Metric):
    """Share of samples whose class is among the k highest scores. Of equal scores the lower class index comes first.
    Integers of more than 8 bits, or a single one, are classes, the best first.
    """

    name: ClassVar[str] = "top_k"
    unit: ClassVar[str] = "share"
    statistics: ClassVar[Literal["share", "bootstrap"]] = "share"
    one_class: ClassVar[bool] = True
    presets: ClassVar = {"top1": {"k": 1}, "top5": {"k": 5}}
    k: int = Field(gt=0)

    @property
    def label(self) -> str:
        """`top1`, `top5` ..."""
        return f"top{self.k}"

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no index into the model's scores."""
        check_class(label, outputs[0], sample_id)

    def guessed(self, labels: Sequence[Any], n: int, scores: int | None) -> float:
        """The share of the k most common classes; all of them where a model has no more than k scores."""
        if scores is not None and self.k >= scores:
            return 1.0
        return sum(count for _, count in Counter(labels).most_common(self.k)) / max(1, len(labels))

    def row(self, output: Array, target: Any) -> float:
        """1 for a hit, else 0, of scores [classes] or of a class. NaN stands ahead of every score, as in `np.argmax`.
        Raises DataError where the class has no score."""
        if (classes := as_classes(output)) is not None:
            if self.k > classes.size:
                raise DataError(f"{self.label} needs {self.k} classes or scores, the output has {classes.size}")
            return float(target in classes[: self.k])
        scores = np.ravel(output)
        if target >= len(scores):
            raise DataError(f"class {target} is outside the {len(scores)} scores of the output")
        ahead = np.count_nonzero(~(scores <= scores[target])) + np.count_nonzero(scores[:target] == scores[target])
        return float(ahead < self.k)


class F1(Metric):
    """F1 score, `2 tp / (2 tp + fp + fn)` of each class that is predicted or labelled, averaged.

    `macro` averages classes alike, `weighted` by how many samples have them as label, `micro` counts all classes
    together, which for one class per sample is accuracy. The highest score is predicted, of equal ones the lower
    class. A single score means class 1 from `threshold` on; a single integer is the class itself.

    Source: van Rijsbergen, Information Retrieval (1979), chapter 7; averages as in scikit-learn's `f1_score`.
    """

    name: ClassVar[str] = "f1"
    unit: ClassVar[str] = "share"
    one_class: ClassVar[bool] = True
    presets: ClassVar = {"f1_micro": {"average": "micro"}, "f1_weighted": {"average": "weighted"}}
    average: Literal["macro", "micro", "weighted"] = Field(default="macro", description="how classes are averaged")
    threshold: float = Field(default=0.5, description="where a single score begins to mean class 1")

    @property
    def label(self) -> str:
        """`f1`, `f1_micro`, `f1_weighted`."""
        return self.name if self.average == "macro" else f"{self.name}_{self.average}"

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no index into the model's scores."""
        check_class(label, outputs[0], sample_id, least=2)

    def guessed(self, labels: Sequence[Any], n: int, scores: int | None) -> float:
        """The score where the most common class is always answered."""
        if not labels:
            return self.chance
        ((common, _),) = Counter(labels).most_common(1)
        return self.value(np.array([(common, label) for label in labels]))

    def row(self, output: Any, target: Any) -> list[int]:
        """Predicted class and label."""
        if (classes := as_classes(output)) is not None:
            return [int(classes[0]), int(target)]
        scores = np.ravel(output)
        return [int(np.argmax(scores) if scores.size > 1 else scores[0] >= self.threshold), int(target)]

    def value(self, rows: Array) -> float:
        """F1 of rows [n, 2]; NaN without samples."""
        if not len(rows):
            return float("nan")
        _, hits, predicted, labelled = _counts(rows)
        if self.average == "micro":
            return float(hits.sum() / labelled.sum())
        weights = labelled if self.average == "weighted" else None
        return float(np.average(2 * hits / (predicted + labelled), weights=weights))

    def by_class(self, rows: Array, targets: Sequence[Any]) -> Mapping[int, float]:
        """F1 of each class that is predicted or labelled in rows [n, 2]."""
        classes, hits, predicted, labelled = _counts(rows)
        scores = 2 * hits / (predicted + labelled)
        return dict(zip(classes.tolist(), scores.tolist(), strict=True))


def _counts(rows: Array) -> tuple[Array, Array, Array, Array]:
    """The classes that occur; of each: how often it is predicted rightly, predicted at all, and the label."""
    predicted, labelled = rows.astype(np.intp).T
    size = int(rows.max(initial=0)) + 1
    hits, found, real = (
        np.bincount(classes, minlength=size) for classes in (labelled[predicted == labelled], predicted, labelled)
    )
    classes = np.flatnonzero(found + real)
    return classes, hits[classes], found[classes], real[classes]
