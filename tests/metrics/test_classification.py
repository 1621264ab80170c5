"""Top-k accuracy, F1 score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, top_k_accuracy_score

from ovopt.errors import DataError
from ovopt.metrics.class_labels import REMEDY
from ovopt.metrics.classification import F1, TopK
from ovopt.records import Port
from tests.factories import exactly
from tests.metrics.support import draws, rows_of

PORT = Port(name="scores", shape=(None, 10), dtype="f32")


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_top_k_is_scikit_learns(k):
    rng = np.random.default_rng(k)
    scores, labels = rng.random((300, 10)), rng.integers(10, size=300)
    metric = TopK(k=k)
    rows = np.array([metric.row(*sample) for sample in zip(scores, labels, strict=True)])
    assert set(rows) <= {0.0, 1.0}
    assert metric.value(rows) == pytest.approx(top_k_accuracy_score(labels, scores, k=k, labels=range(10)))


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=2, max_size=8), st.data())
def test_of_equal_scores_the_lower_class_comes_first(scores, data):
    target, k = data.draw(st.integers(0, len(scores) - 1)), data.draw(st.integers(1, 8))
    ranked = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    assert TopK(k=k).row(np.array(scores), target) == float(target in ranked[:k])


def test_the_first_of_equal_scores_is_also_argmax():
    scores = np.array([[0.1, 0.4, 0.4, 0.1]])
    assert [TopK(k=1).row(scores, label) for label in range(4)] == [0, 1, 0, 0]


def test_what_is_no_number_stands_ahead_as_in_argmax():
    scores = np.array([0.1, np.nan, 0.4, -np.inf])
    assert [TopK(k=1).row(scores, label) for label in range(4)] == [0, 0, 0, 0]
    assert [TopK(k=2).row(scores, label) for label in range(4)] == [0, 0, 1, 0]


def test_the_presets_carry_their_k_in_their_names():
    assert {name: TopK(**fields).label for name, fields in TopK.presets.items()} == {"top1": "top1", "top5": "top5"}


@pytest.mark.parametrize("label", [0, 9, np.int64(3)])
def test_a_class_index_fits(label):
    TopK(k=1).check(label, [PORT], "s#0")


@pytest.mark.parametrize("shape", [None, (None, None), ()])
def test_an_output_of_unknown_size_takes_any_index(shape):
    TopK(k=1).check(10**6, [Port(name="scores", shape=shape, dtype="f32")], "s#0")


NO_INDEX = (
    "is no class; wanted is one of these for each sample: an index from 0 on, a name that `data.classes` lists, or a "
    "one-hot row"
)


@pytest.mark.parametrize(
    ("label", "fault"),
    [
        ("cat", f"the label 'cat' {NO_INDEX}"),
        (True, f"the label True {NO_INDEX}"),
        (1.0, f"the label 1.0 {NO_INDEX}"),
        ([1, 2], f"the label [1, 2] {NO_INDEX}"),
        (10, f"class 10 is outside the 10 classes of output 'scores' f32[?,10]; {REMEDY}"),
        (-1, f"class -1 is outside the 10 classes of output 'scores' f32[?,10]; {REMEDY}"),
    ],
)
def test_a_label_that_is_no_class_of_the_model_is_an_error(label, fault):
    with pytest.raises(DataError, match=exactly(f"s#0: {fault}")):
        TopK(k=1).check(label, [PORT], "s#0")


@pytest.mark.parametrize("output", [np.array([3]), np.array([[3]], np.int32), np.int64(3), np.array([3], np.uint8)])
def test_a_single_integer_is_the_class_itself(output):
    ids = Port(name="label", shape=(None, 1), dtype="i64")
    for metric in (TopK(k=1), F1()):
        metric.check(7, [ids], "s#0")
    assert [TopK(k=1).row(output, label) for label in (3, 0)] == [1.0, 0.0]
    assert F1().row(output, 2) == [3, 2]
    with pytest.raises(DataError, match=exactly("top5 needs 5 classes or scores, the output has 1")):
        TopK(k=5).row(output, 3)


def test_integers_are_classes_the_best_first_unless_they_have_8_bits():
    best = np.array([[7, 2, 9, 0, 4]])
    TopK(k=5).check(19, [Port(name="idx", shape=(1, 5), dtype="i64")], "s#0")
    assert [TopK(k=5).row(best, label) for label in (7, 4, 3)] == [1.0, 1.0, 0.0]
    assert [TopK(k=1).row(best, label) for label in (7, 2)] == [1.0, 0.0]
    assert F1().row(best, 2) == [7, 2]
    assert TopK(k=1).row(best.astype(np.uint8), 2) == 1.0, "9 is the highest of five scores"
    with pytest.raises(DataError, match="outside the 5 classes"):
        TopK(k=1).check(19, [Port(name="scores", shape=(1, 5), dtype="u8")], "s#0")


def test_a_class_beyond_the_scores_is_an_error():
    with pytest.raises(DataError, match=exactly("class 4 is outside the 4 scores of the output")):
        TopK(k=1).row(np.zeros(4), 4)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("classes", [2, 3, 12])
def test_f1_is_scikit_learns_on_all_samples_and_on_draws(average, classes):
    rng = np.random.default_rng(classes)
    scores, labels = rng.random((20, classes)), rng.integers(classes, size=20)
    metric = F1(average=average)
    rows = rows_of([metric.row(*sample) for sample in zip(scores, labels, strict=True)])
    for drawn in draws(20):
        expected = f1_score(labels[drawn], scores[drawn].argmax(1), average=average, zero_division=0)
        assert metric.value(rows[drawn]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("classes", [2, 3, 12])
@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_f1_of_several_classes_at_once_is_scikit_learns(average, classes, threshold):
    rng = np.random.default_rng(classes)
    scores, labels = rng.random((20, classes)), (rng.random((20, classes)) < 0.3).astype(int)
    labels[:, 0] = scores[:, 1] = 0
    metric = F1(average=average, threshold=threshold)
    rows = rows_of([metric.row(output[None], label) for output, label in zip(scores, labels.tolist(), strict=True)])
    for drawn in draws(20):
        found = scores[drawn] >= threshold
        expected = f1_score(labels[drawn], found, average=average, zero_division=0)
        assert metric.value(rows[drawn]) == pytest.approx(expected, abs=1e-12)
        each = f1_score(labels[drawn], found, average=None, zero_division=0)
        occurs = np.flatnonzero((found | (labels[drawn] > 0)).any(axis=0))
        assert metric.by_class(rows[drawn], labels.tolist()) == pytest.approx({int(c): each[c] for c in occurs})


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_the_best_guess_of_several_classes_at_once_is_the_best_set_that_is_always_answered(average):
    labels = (np.random.default_rng(0).random((30, 4)) < [0.1, 0.8, 0.3, 0.5]).astype(int)
    sets = [np.broadcast_to([int(digit) for digit in f"{bits:04b}"], labels.shape) for bits in range(1, 16)]
    best = max(f1_score(labels, found, average=average, zero_division=0) for found in sets)
    assert F1(average=average).guessed(labels.tolist(), 30, 4) == pytest.approx(best)


def test_a_label_of_several_classes_fits_the_scores():
    port = Port(name="y", shape=(1, 3), dtype="f32")
    F1().check([0, 1, 1], [port], "s#0")
    F1().check(np.zeros(3, bool), [port], "s#0")
    with pytest.raises(DataError, match=exactly(f"s#0: its label is for 2 classes, where {port} has 3")):
        F1().check([1, 1], [port], "s#0")
    with pytest.raises(DataError, match="is no class"):
        F1().check([0, 2, 1], [port], "s#0")
    with pytest.raises(DataError, match=exactly("f1: 3 scores do not fit a label for 2 classes")):
        F1().row(np.zeros(3), [1, 1])
    with pytest.raises(
        DataError, match=exactly("f1: labels are for one class, or all of them for the same number of classes")
    ):
        F1().value(rows_of([F1().row(np.zeros(2), [1, 1]), F1().row(np.zeros(2), 1)]))


def test_each_class_that_occurs_has_its_own_f1():
    rng = np.random.default_rng(0)
    scores, labels = rng.random((30, 9)), rng.integers(4, size=30)
    scores[:, 7] = 0
    found = F1().by_class(rows_of([F1().row(*sample) for sample in zip(scores, labels, strict=True)]), labels.tolist())
    expected = f1_score(labels, scores.argmax(1), average=None, labels=list(found), zero_division=0)
    assert list(found.values()) == pytest.approx(expected.tolist())
    assert set(found) == set(labels.tolist()) | set(scores.argmax(1).tolist())


def test_of_equal_scores_the_lower_class_is_predicted():
    assert F1().row(np.array([[0.2, 0.4, 0.4]]), np.int64(2)) == [1, 2]


@pytest.mark.parametrize(
    ("output", "predicted"), [([0.5], 1), ([[0.49]], 0), (np.float32(0.9), 1), (np.array(3), 3), (np.array([[0]]), 0)]
)
def test_one_score_is_held_against_the_threshold_and_one_integer_is_the_class(output, predicted):
    assert F1().row(np.asarray(output), 1) == [predicted, 1]


def test_the_threshold_can_be_set():
    assert [F1(threshold=0).row(np.array([logit]), 0)[0] for logit in (-0.1, 0.0, 2.0)] == [0, 1, 1]


def test_one_class_alone_has_a_value_and_no_samples_have_none():
    assert F1().value(rows_of([[1, 1], [1, 1]])) == 1
    assert F1().value(rows_of([[0, 1], [0, 1]])) == 0
    assert np.isnan(F1().value(rows_of([])))


def test_averages_have_names_of_their_own():
    assert F1().label == "f1"
    assert {name: F1(**fields).label for name, fields in F1.presets.items()} == {
        "f1_micro": "f1_micro",
        "f1_weighted": "f1_weighted",
    }


def test_a_label_outside_the_scores_is_an_error():
    port = Port(name="scores", shape=(None, 3), dtype="f32")
    F1().check(2, [port], "s#0")
    said = f"s#0: class 3 is outside the 3 classes of output 'scores' f32[?,3]; {REMEDY}"
    with pytest.raises(DataError, match=exactly(said)):
        F1().check(3, [port], "s#0")
