"""Metrics of a classification: top-k accuracy, F1 score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, LabelFile, Metric
from ovopt.errors import DataError
from ovopt.metrics.class_labels import as_classes, check_class
from ovopt.metrics.row_tables import tuples
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


class Accuracy(Metric):
    """Share of right answers. Of class scores the highest is the answer, as for `top1`, which this is then; integers,
    booleans and texts are answers themselves; a single score, or one beside each label, says class 1 from `threshold`
    on. A label that holds several answers (the tags of a sample, a mask of ids beside scores [classes, ...] or [...,
    classes]) is right where all of them are, or each counts for itself: `per: element`.

    Source: as scikit-learn's `accuracy_score`, of rows or of their elements.
    """

    name: ClassVar[str] = "accuracy"
    unit: ClassVar[str] = "share"
    one_class: ClassVar[bool] = True
    per: Literal["sample", "element"] = Field(default="sample", description="what is right or wrong as a whole")
    threshold: float = Field(default=0.5, description="where a score of its own begins to mean class 1")
    ignore: int | None = Field(default=None, description="the label of elements that do not count, such as -100 or 255")

    @property
    def statistics(self) -> Literal["share", "bootstrap"]:  # type: ignore[override]  # here it hangs on `per`
        """Exact methods for samples that are right or wrong."""
        return "share" if self.per == "sample" else "bootstrap"

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is one class that the model has no score of."""
        if np.ndim(label) == 0 and not isinstance(label, str | LabelFile):
            check_class(label, outputs[0], sample_id, least=2)

    def guessed(self, labels: Sequence[Any], n: int, scores: int | None) -> float:
        """The share of the most common label, where labels are single answers."""
        if not labels or any(np.ndim(label) for label in labels):
            return self.chance
        return Counter(labels).most_common(1)[0][1] / len(labels)

    def row(self, output: Any, target: Any) -> float | list[int]:
        """1 where the answer is right, else 0; of elements, how many are, and how many there are. Raises DataError
        where output and label do not fit."""
        right = np.atleast_1d(self._right(output, target))
        return float(right.all()) if self.per == "sample" else [int(np.count_nonzero(right)), right.size]

    def value(self, rows: Array) -> float:
        """Share of rows [n] of samples, or [n, 2] of elements; NaN without any."""
        if self.per == "sample" or not len(rows):
            return super().value(rows)
        right, counted = tuples(rows, 2).sum(axis=0)
        return float(right / counted) if counted else float("nan")

    def _right(self, output: Any, target: Any) -> Any:
        """True for each element [...] of the label that is answered."""
        labels = np.asarray(target)
        if labels.ndim == 0 and labels.dtype.kind in "biu":
            return self._hits(output, int(target))
        answers = self._answers(np.asarray(output), labels)
        if answers is None:
            raise DataError(
                f"{self.name}: the output of shape {list(np.shape(output))} holds neither an answer nor scores for "
                f"each element of the label {list(labels.shape)}"
            )
        return (answers == labels)[labels != self.ignore]

    def _hits(self, output: Any, target: int) -> bool:
        """True where scores, or an answer, mean this class."""
        scores = np.ravel(output)
        if scores.size == 1 and scores.dtype.kind in "fb":
            return bool(scores[0] >= self.threshold) == bool(target) and target in (0, 1)
        return bool(TopK(k=1).row(output, target))

    def _answers(self, output: Array, labels: Array) -> Array | None:
        """Answers of the labels' shape [...]; None where the output holds none."""
        while output.ndim > labels.ndim and len(output) == 1:
            output = output[0]
        if output.shape == labels.shape:
            scores = output.dtype.kind == "f" and (labels.dtype.kind == "b" or bool((output % 1).any()))
            return output >= self.threshold if scores else output
        if output.shape[:-1] == labels.shape:
            return np.asarray(output.argmax(axis=-1))
        return np.asarray(output.argmax(axis=0)) if output.shape[1:] == labels.shape and output.ndim else None


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
