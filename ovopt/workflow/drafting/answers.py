"""The task that labels and outputs tell of, and the ways from an output to what its metrics look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ovopt.records import Port
from ovopt.workflow.drafting.answer import Answer
from ovopt.workflow.drafting.choices import Choice
from ovopt.workflow.drafting.class_answers import classification, is_regression, regression, verification
from ovopt.workflow.drafting.dense import TASKS, dense
from ovopt.workflow.drafting.image_answers import detection, flags, of_arrays, pictures, segmentation
from ovopt.workflow.drafting.labels import Labels
from ovopt.workflow.drafting.sequence_answers import language, tokens


def answer_of(labels: Labels, outputs: Sequence[Port], task: str | None = None) -> Answer:
    """The task of labels of this form. Raises UsageError, which asks, where they fit no output."""
    kind = task or _TASKS.get(labels.kind, "")
    if kind == "classification" and task is None and is_regression(labels, outputs):
        kind = "regression"
    if kind in _MADE:
        return _MADE[kind](labels, outputs)
    if kind in TASKS.values():
        found = dense(labels, outputs, kind)
        choice = Choice("output", found.options) if found.options else None
        return Answer(kind, choice, found.metrics, found.said, whole=True)
    if task is not None:
        return Answer(task)
    if labels.kind == "none":
        return Answer("any", said=("No labels: agreement with the original stands in for accuracy.",))
    return of_arrays(labels, outputs)


def _any(labels: Labels, outputs: Sequence[Port]) -> Answer:
    return Answer("any", said=("Agreement with the original stands in for accuracy.",))


_TASKS: Mapping[str, str] = {
    "boxes": "detection", "mask": "segmentation", "image": "image-to-image", "class": "classification",
    "name": "classification", "number": "regression", "numbers": "regression", "flags": "flags",
    "ids": "token-classification", "tags": "token-classification", **TASKS,
}  # fmt: skip
_MADE: Mapping[str, Callable[[Labels, Sequence[Port]], Answer]] = {
    "classification": classification, "regression": regression, "flags": flags, "detection": detection,
    "segmentation": segmentation, "image-to-image": pictures, "token-classification": tokens,
    "verification": verification, "language-modelling": language, "any": _any,
}  # fmt: skip
