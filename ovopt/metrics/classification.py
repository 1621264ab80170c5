"""Metrics of a classification: top-k accuracy, F1 score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, LabelFile, Metric
from ovopt.errors import DataError
from ovopt.metrics.class_labels import as_classes, check_class, scores_of
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

    A sample may have several classes, or none: labels are rows of 0 and 1 then, one for each score, and each class is
    predicted whose score reaches `threshold` (behind a `sigmoid` 0.5 stands for even odds, of logits 0 does). `macro`
    averages all classes, those that never occur as 0. Labels of which every one has a single 1 are one class each.

    Source: van Rijsbergen, Information Retrieval (1979), chapter 7; averages as in scikit-learn's `f1_score`.
    """

    name: ClassVar[str] = "f1"
    unit: ClassVar[str] = "share"
    one_class: ClassVar[bool] = True
    presets: ClassVar = {"f1_micro": {"average": "micro"}, "f1_weighted": {"average": "weighted"}}
    average: Literal["macro", "micro", "weighted"] = Field(default="macro", description="how classes are averaged")
    threshold: float = Field(default=0.5, description="where a score of its own begins to mean its class")

    @property
    def label(self) -> str:
        """`f1`, `f1_micro`, `f1_weighted`."""
        return self.name if self.average == "macro" else f"{self.name}_{self.average}"

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is neither an index into the model's scores nor a 0 or 1 for each of them."""
        if not _is_multi_hot(label):
            check_class(label, outputs[0], sample_id, least=2)
        elif (scores := scores_of(outputs[0])) not in (None, np.size(label)):
            raise DataError(f"{sample_id}: its label is for {np.size(label)} classes, where {outputs[0]} has {scores}")

    def guessed(self, labels: Sequence[Any], n: int, scores: int | None) -> float:
        """The score where the most common class is always answered; of several at once, the best number of these."""
        if not labels:
            return self.chance
        if any(map(np.ndim, labels)):
            return self._guessed_sets(labels)
        ((common, _),) = Counter(labels).most_common(1)
        return self.value(np.array([(common, label) for label in labels]))

    def _guessed_sets(self, labels: Sequence[Any]) -> float:
        if len({np.size(label) for label in labels}) > 1:
            return self.chance
        real = np.sort(np.sum([np.ravel(label) for label in labels], axis=0))[::-1]
        answered = (np.arange(len(real)) < most for most in range(1, len(real) + 1))
        return max(self._averaged(real * some, len(labels) * some, real) for some in answered)

    def row(self, output: Any, target: Any) -> list[int]:
        """Predicted class and label; of several classes at once, a 0 or 1 for each that is predicted, and for each that
        is a label. Raises DataError where these do not fit."""
        if np.ndim(target):
            found, labels = np.ravel(output) >= self.threshold, np.ravel(target).astype(int)
            if found.size != labels.size:
                raise DataError(f"{self.label}: {found.size} scores do not fit a label for {labels.size} classes")
            return [*found.astype(int).tolist(), *labels.tolist()]
        if (classes := as_classes(output)) is not None:
            return [int(classes[0]), int(target)]
        scores = np.ravel(output)
        return [int(np.argmax(scores) if scores.size > 1 else scores[0] >= self.threshold), int(target)]

    def value(self, rows: Array) -> float:
        """F1 of rows [n, 2], or [n, 2 * classes] of several classes at once; NaN without samples."""
        if not len(rows):
            return float("nan")
        if rows.dtype == object:
            raise DataError(f"{self.label}: labels are for one class, or all of them for the same number of classes")
        return self._averaged(*_counts(rows)[1:])

    def _averaged(self, hits: Array, predicted: Array, labelled: Array) -> float:
        if self.average == "micro":
            return float(_f1(hits.sum(), predicted.sum(), labelled.sum()))
        weights = labelled if self.average == "weighted" and labelled.any() else None
        return float(np.average(_f1(hits, predicted, labelled), weights=weights))

    def by_class(self, rows: Array, targets: Sequence[Any]) -> Mapping[int, float]:
        """F1 of each class that is predicted or labelled in rows [n, 2] or [n, 2 * classes]."""
        classes, hits, predicted, labelled = _counts(rows)
        occurs = predicted + labelled > 0
        return dict(zip(classes[occurs].tolist(), _f1(hits, predicted, labelled)[occurs].tolist(), strict=True))


def _is_multi_hot(label: Any) -> bool:
    """Tells a 0 or 1 for each of several classes from all else."""
    values = np.ravel(label) if isinstance(label, list | tuple | np.ndarray) else np.empty(0)
    return values.size > 1 and values.dtype.kind in "biuf" and bool(np.isin(values, (0, 1)).all())


def _f1(hits: Any, predicted: Any, labelled: Any) -> Any:
    """F1 of counts; 0 where a class is neither predicted nor labelled."""
    return 2 * hits / np.maximum(predicted + labelled, 1)


def _counts(rows: Array) -> tuple[Array, Array, Array, Array]:
    """The classes that occur, or all where rows hold a 0 or 1 for each; of each: how often it is predicted rightly,
    predicted at all, and the label."""
    if (classes := rows.shape[1] // 2) > 1:
        found, real = rows[:, :classes], rows[:, classes:]
        return np.arange(classes), (found * real).sum(axis=0), found.sum(axis=0), real.sum(axis=0)
    predicted, labelled = rows.astype(np.intp).T
    size = int(rows.max(initial=0)) + 1
    hits, found, real = (
        np.bincount(classes, minlength=size) for classes in (labelled[predicted == labelled], predicted, labelled)
    )
    classes = np.flatnonzero(found + real)
    return classes, hits[classes], found[classes], real[classes]
