"""F1 score of a classification."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from ovopt.errors import DataError
from ovopt.metrics.class_labels import REMEDY
from ovopt.metrics.f1 import F1
from ovopt.records import Port
from tests.factories import exactly
from tests.metrics.support import draws, rows_of


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
