"""Signs that labels and model do not speak of the same classes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from ovopt.contracts import Metric
from ovopt.metrics.agreement import Cosine
from ovopt.metrics.classification import TopK
from ovopt.metrics.mean_average_precision import MeanAveragePrecision
from ovopt.metrics.roc import Auroc, Eer
from ovopt.metrics.text import Wer
from ovopt.records import Quality
from ovopt.workflow.comparing.label_checks import LEAST, ClassShifts, no_skill

CLASSES = 10
SHIFTED = "the labels look shifted: on {count} of {n} samples the likeliest class is the label {shift}; "
CHANCE = "only {right} of {n} samples are right, near chance for {classes} classes: "


def scores(best: int, classes: int = CLASSES) -> np.ndarray:
    found = np.zeros(classes, np.float32)
    found[best] = 1
    return found


def doubts(pairs: Iterable[tuple[int, int]], classes: int = CLASSES) -> list[str]:
    """Of pairs of what the model takes for likeliest and the label."""
    shifts = ClassShifts()
    for best, label in pairs:
        shifts.add(scores(best, classes), label)
    return shifts.doubts()


def answers(n: int, right: int, classes: int = CLASSES, shift: int = 0) -> list[tuple[int, int]]:
    """So many right ones (after a shift), the others wrong by every other distance in turn."""
    found = []
    for i in range(n):
        label = i % (classes - 1) if shift else i % classes
        wrong = 1 + (i % (classes - 1))
        found.append(((label + shift if i < right else label + wrong) % classes, label))
    return found


@pytest.mark.parametrize("right", [100, 95, 60, 30])
def test_a_model_that_is_often_right_is_not_doubted(right: int) -> None:
    assert doubts(answers(100, right)) == []


@pytest.mark.parametrize(("shift", "said"), [(1, "+1"), (-1, "-1"), (3, "+3")])
def test_labels_that_are_off_by_the_same_number_are_named(shift: int, said: str) -> None:
    pairs = [(label + shift, label) for label in range(3, 7)] * 25
    (doubt,) = doubts(pairs)
    assert doubt.startswith(SHIFTED.format(count=100, n=100, shift=said))
    assert doubt.endswith(
        "`postprocess: [{drop_first: 1}]` leaves out a background class, `data.classes` gives names an order"
    )


def test_a_shift_is_named_where_it_holds_for_more_than_half_of_the_samples() -> None:
    scattered = [(9, 0), (0, 9), (8, 1), (1, 8), (5, 5)]
    (doubt,) = doubts([(label + 1, label) for label in range(6)] + scattered * 1 + [(4, 3)] * 10)
    assert doubt.startswith(SHIFTED.format(count=16, n=21, shift="+1"))
    (doubt,) = doubts([(4, 3)] * 10 + scattered * 2)
    assert doubt.startswith(CHANCE.format(right=2, n=20, classes=CLASSES)), "half of them is not most of them"


def test_a_model_that_guesses_is_named() -> None:
    rng = np.random.default_rng(0)
    pairs = [(int(best), int(label)) for best, label in rng.integers(CLASSES, size=(500, 2))]
    right = sum(best == label for best, label in pairs)
    (doubt,) = doubts(pairs)
    assert doubt == (
        f"only {right} of 500 samples are right, near chance for {CLASSES} classes: the order of the classes, or the "
        "preprocessing, is probably not the model's"
    )


@pytest.mark.parametrize("count", [0, 1, LEAST - 1])
def test_too_few_samples_say_nothing(count: int) -> None:
    assert doubts([(1, 0)] * count) == []
    assert doubts([(1, 0)] * LEAST)


@pytest.mark.parametrize("shape", [(CLASSES,), (1, CLASSES), (CLASSES, 1, 1)])
def test_scores_may_have_dimensions_of_one(shape: tuple[int, ...]) -> None:
    shifts = ClassShifts()
    for label in [3, 4, 5, 6] * 10:
        shifts.add(scores(label + 1).reshape(shape), label)
    assert len(shifts.doubts()) == 1


@pytest.mark.parametrize(
    ("output", "label"),
    [
        (scores(1), "a text"),
        (scores(1), 0.0),
        (scores(1), None),
        (scores(1), [0]),
        (np.zeros((4, CLASSES)), 0),
        (np.float32(3), 0),
        (["a", "list"], 0),
        ("text", 0),
    ],
    ids=str,
)
def test_what_is_no_classification_counts_for_nothing(output: Any, label: Any) -> None:
    shifts = ClassShifts()
    for _ in range(100):
        shifts.add(output, label)
    assert shifts.doubts() == []


@pytest.mark.parametrize(("classes", "right"), [(2, 95), (2, 80), (3, 60)])
def test_few_classes_need_no_model_that_is_always_right(classes: int, right: int) -> None:
    assert doubts(answers(100, right, classes), classes) == []


def test_one_score_is_no_classification() -> None:
    """A regression with whole numbers for labels, or a logit for two classes."""
    assert doubts([(0, label) for label in [7, 8, 9, 7] * 10], classes=1) == []
    assert doubts([(0, label) for label in [1, 0, 1, 1] * 10], classes=1) == []


def quality(metric: Metric, value: float, n: int = 8) -> Quality:
    better = metric.higher_is_better
    return Quality(value=value, low=value, high=value, unit=metric.unit, higher_is_better=better, n=n, rows=())


@pytest.mark.parametrize(
    ("metric", "guessed", "skilled"),
    [(MeanAveragePrecision(), 0.0, 0.02), (TopK(k=1), 0.0, 0.1), (Auroc(), 0.5, 0.6), (Eer(), 0.5, 0.4)],
    ids=lambda given: getattr(given, "label", str(given)),
)
def test_what_a_guess_reaches_is_said(metric: Metric, guessed: float, skilled: float) -> None:
    (said,) = no_skill(metric, quality(metric, guessed))
    assert said.startswith(f"{metric.label} is {100 * guessed:.1f}")
    assert no_skill(metric, quality(metric, skilled)) == []
    assert no_skill(metric, quality(metric, guessed, n=4)) == []


@pytest.mark.parametrize("metric", [Wer(), Cosine()], ids=lambda metric: metric.label)
def test_an_error_without_a_bound_and_an_agreement_know_no_guess(metric: Metric) -> None:
    assert no_skill(metric, quality(metric, 0.0)) == []
    assert no_skill(metric, quality(metric, 1.0)) == []
