"""Signs that labels and model do not speak of the same classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest

from ovopt.contracts import Boxes, Detections, Metric
from ovopt.metrics.agreement import Cosine
from ovopt.metrics.classification import F1, TopK
from ovopt.metrics.mean_average_precision import MeanAveragePrecision
from ovopt.metrics.recall_at_k import RecallAtK
from ovopt.metrics.regression import Mae, Rmse
from ovopt.metrics.roc import Auroc, Eer
from ovopt.metrics.text import Wer
from ovopt.records import Quality
from ovopt.workflow.comparing.label_checks import LEAST, ClassShifts, missing_numbers, no_skill

CLASSES = 10
SHIFTED = "the labels look shifted: on {count} of {n} samples the likeliest class is the label {shift}; "
CHANCE = "only {right} of {n} samples are right, near chance for {classes} classes: "


def scores(best: int, classes: int = CLASSES) -> np.ndarray:
    found = np.zeros(classes, np.float32)
    found[best] = 1
    return found


def doubts(pairs: Iterable[tuple[int, int]], classes: int = CLASSES, first: int | None = 0) -> list[str]:
    """Of pairs of what the model takes for likeliest and the label."""
    shifts = ClassShifts(first=first)
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
    assert doubt == f"{SHIFTED.format(count=100, n=100, shift=said)}--set data.first_label={-shift} counts them so"
    (doubt,) = doubts(pairs, first=None)
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
    guess = metric.guessed([], 8, None)
    (said,) = no_skill(metric, quality(metric, guess), guess)
    assert said == (
        f"{metric.label} is {100 * guessed:.1f} %, no better than a guess ({100 * guessed:.1f} %): the order of the "
        "classes, `preprocess` or `postprocess` is probably not the model's"
    )
    assert no_skill(metric, quality(metric, skilled), guess) == []
    assert no_skill(metric, quality(metric, guessed, n=4), guess) == []


@pytest.mark.parametrize("metric", [Wer(), Cosine()], ids=lambda metric: metric.label)
def test_an_error_without_a_bound_and_an_agreement_know_no_guess(metric: Metric) -> None:
    guess = metric.guessed([0, 1], 8, 2)
    assert no_skill(metric, quality(metric, 0.0), guess) == []
    assert no_skill(metric, quality(metric, 1.0), guess) == []


def test_a_figure_that_is_full_by_construction_is_said() -> None:
    top5, recall = TopK(k=5), RecallAtK(k=10)
    for metric, guess in ((top5, top5.guessed([0, 1, 2, 3], 8, 4)), (recall, recall.guessed([], 8, None))):
        assert no_skill(metric, quality(metric, 1.0), guess) == [
            f"{metric.label} is 100.0 % by construction: on these samples a guess reaches it too, so it tells nothing"
        ]
    assert no_skill(top5, quality(top5, 1.0), top5.guessed([0, 1, 2, 3, 4, 5, 6], 7, 10)) == []


def test_the_share_of_the_most_common_class_is_a_guess() -> None:
    labels, top1, f1 = [3, 3, 3, 1], TopK(k=1), F1()
    assert top1.guessed(labels, 4, 10) == 0.75
    assert top1.guessed([], 0, 10) == 0
    assert f1.guessed(labels, 4, 10) == pytest.approx((2 * 3 / (2 * 3 + 1) + 0) / 2)
    assert f1.guessed([], 0, 10) == 0
    (said,) = no_skill(top1, quality(top1, 0.7), 0.75)
    assert said.startswith("top1 is 70.0 %, no better than a guess (75.0 %): ")


def test_the_middle_of_the_labels_is_a_guess_of_a_regression() -> None:
    labels, mae, rmse = [[1.0], 2.0, 9.0, 4.0], Mae(), Rmse()
    assert mae.guessed(labels, 4, None) == pytest.approx(np.mean(np.abs(np.array([1, 2, 9, 4]) - 3)))
    assert rmse.guessed(labels, 4, None) == pytest.approx(np.std([1, 2, 9, 4]))
    assert mae.guessed([[1.0, 2.0]], 1, None) == rmse.guessed([[1.0, 2.0]], 1, None) == mae.guessed([], 0, None) == 0
    assert no_skill(mae, quality(mae, 4.0), mae.guessed(labels, 4, None)) == [
        "mae is 4, no better than a guess (2.5): the labels' unit, `preprocess` or `postprocess` is probably not the "
        "model's"
    ]
    assert no_skill(mae, quality(mae, 2.0), mae.guessed(labels, 4, None)) == []
    assert no_skill(mae, quality(mae, 2.0), 0.0) == []


def test_another_number_of_classes_than_the_model_has_is_named() -> None:
    def misfit(named: int | None, output: np.ndarray) -> list[str]:
        shifts = ClassShifts(named)
        shifts.add(output, 0)
        return shifts.misfit()

    assert misfit(2, scores(0, 3)) == [
        "the data has 2 classes, the model 3 scores: a class that is missing in between shifts all behind it; let "
        "`data.classes` name every class, in the order of the scores"
    ]
    assert (
        misfit(3, scores(0, 3)) == misfit(None, scores(0, 3)) == misfit(2, np.ones(1)) == ClassShifts(2).misfit() == []
    )


BOXES = Boxes(np.zeros((1, 4)), np.zeros(1, int), np.zeros(1, bool), (8, 8))
MASK = np.zeros((4, 4), np.uint8)


@pytest.mark.parametrize(
    ("output", "label"),
    [
        (np.array([[0, 0, 1, 1, 0.9, 2], [0, 0, 1, 1, 0.1, 5]]), BOXES),
        (np.array([[0, 5], [1, 2]]), MASK),
    ],
    ids=["boxes", "masks"],
)
@pytest.mark.parametrize("wrapped", [False, True], ids=["an array", "detections"])
def test_an_answer_of_a_class_that_the_data_has_not_is_named(output: np.ndarray, label: Any, wrapped: bool) -> None:
    def misfit(named: int | None) -> list[str]:
        shifts = ClassShifts(named)
        for answer in (output, output[:0]):
            shifts.add(Detections(answer) if wrapped and label is BOXES else answer, label)
        assert shifts.doubts() == []
        return shifts.misfit()

    assert misfit(5) == [
        "the model answers with class 5, the data has 5 classes, 0 to 4; let `data.classes` name every class of the "
        "model, in its order"
    ]
    assert misfit(6) == misfit(9) == misfit(None) == []


def test_a_segmentation_scores_as_many_classes_as_the_data_has() -> None:
    shifts = ClassShifts(3)
    shifts.add(np.zeros((4, 8, 8), np.float32), MASK)
    assert shifts.misfit()[0].startswith("the data has 3 classes, the model 4 scores: ")
    assert shifts.doubts() == []


def ordered(pairs: Iterable[tuple[int, int]], names: Sequence[str], classes: int) -> list[str]:
    shifts = ClassShifts(len(names), None, names)
    for best, label in pairs:
        shifts.add(scores(best, classes), label)
    return shifts.doubts()


def test_names_in_another_order_than_the_scores_are_put_in_it() -> None:
    said = (
        "the names of the classes are not in the order of the scores: {right} of 30 samples would be right with --set "
    )
    turned = [(2, 0), (0, 1), (1, 2)] * 9 + [(0, 0), (2, 1), (2, 2)]
    assert ordered(turned, ["red", "a b", "it's"], 3) == [said.format(right=27) + '"data.classes=[a b, it\'s, red]"']
    lacking = [(0, 0), (2, 1)] * 15
    assert ordered(lacking, ["red", "blue"], 3) == [said.format(right=30) + '"data.classes=[red, class 1, blue]"']


@pytest.mark.parametrize(
    "pairs",
    [
        [(0, 0), (1, 1), (2, 2)] * 10,
        [(0, 0), (0, 1), (2, 2)] * 10,
        [(1, 0), (2, 0), (0, 1), (2, 1), (1, 2), (0, 2)] * 5,
    ],
    ids=["in order", "two meet", "scattered"],
)
def test_names_that_no_other_order_makes_right_stay_in_theirs(pairs: list[tuple[int, int]]) -> None:
    assert not any("in the order of the scores" in doubt for doubt in ordered(pairs, ["a", "b", "c"], 3))


def test_numbers_that_no_label_of_many_has_are_named() -> None:
    assert missing_numbers([0, 2] * 10, 3) == ["1 of the model's 3 classes have no sample in the data: 1"]
    assert missing_numbers([0, 1, 2] * 10, 3) == missing_numbers([0, 2] * 7, 3) == []


def test_one_class_alone_tells_no_order_of_names() -> None:
    shifts = ClassShifts(3, None, ("a", "b", "c"))
    for _ in range(30):
        shifts.add(np.array([1.0, 0, 0]), 2)
    assert shifts.better_order() is None
    shifts.add(np.array([0.0, 1, 0]), 0)
    assert shifts.better_order() == ["c", "a", "b"]
