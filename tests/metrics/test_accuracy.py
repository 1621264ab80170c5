"""The share of right answers."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from ovopt.errors import DataError
from ovopt.metrics.classification import Accuracy, TopK
from ovopt.records import Port
from tests.factories import exactly
from tests.metrics.support import draws, rows_of

RNG = np.random.default_rng(0)
SCORES = Port(name="y", shape=(1, 3), dtype="f32")


def value(outputs, labels, **fields):
    metric = Accuracy(**fields)
    return metric.value(rows_of([metric.row(*pair) for pair in zip(outputs, labels, strict=True)]))


def test_of_scores_it_is_top1():
    outputs, labels = RNG.integers(0, 4, (50, 6)).astype(np.float32), RNG.integers(6, size=50)
    for output, label in zip(outputs, labels.tolist(), strict=True):
        assert Accuracy().row(output, label) == TopK(k=1).row(output, label)
    assert value(outputs, labels.tolist()) == pytest.approx(accuracy_score(labels, outputs.argmax(1)))
    assert Accuracy().row(np.array([np.nan, 1]), 1) == TopK(k=1).row(np.array([np.nan, 1]), 1) == 0


@pytest.mark.parametrize(
    ("output", "label", "row"),
    [
        (np.array(2), 2, 1),
        (np.array([2, 0, 1]), 2, 1),  # ids, the best first
        (np.array(True), 1, 1),
        (np.array([False]), 1, 0),
        (np.float32(0.7), 1, 1),
        (np.float32(0.7), 0, 0),
        ("cat", "cat", 1),
        ("cat", "dog", 0),
        (["a", "b"], ("a", "b"), 1),
        (["a", "b"], ("a", "c"), 0),
    ],
)
def test_ids_booleans_texts_and_single_scores_are_answers(output, label, row):
    assert Accuracy().row(output, label) == row


def test_a_label_of_many_tags_is_right_where_all_are_or_each_by_itself():
    scores, tags = RNG.random((40, 5)).astype(np.float32), RNG.random((40, 5)) < 0.5
    found = np.where(RNG.random((40, 5)) < 0.9, tags, ~tags)
    scores = np.where(found, 0.5 + scores / 2, scores / 2)
    assert value(scores, tags) == pytest.approx(accuracy_score(tags, found))
    assert value(scores[:, None], tags.astype(int)) == pytest.approx(accuracy_score(tags, found))
    assert value(scores, tags, per="element") == pytest.approx(accuracy_score(tags.ravel(), found.ravel()))


@pytest.mark.parametrize("axis", [0, 2])
def test_a_mask_of_ids_is_held_against_the_highest_scores(axis):
    masks = RNG.integers(4, size=(10, 6, 7))
    found = np.where(RNG.random(masks.shape) < 0.7, masks, RNG.integers(4, size=masks.shape))
    scores = np.moveaxis(np.eye(4, dtype=np.float32)[found], -1, axis + 1)
    expected = accuracy_score(masks.ravel(), found.ravel())
    assert value(scores, masks, per="element") == pytest.approx(expected)
    assert value(found, masks, per="element") == pytest.approx(expected)
    assert Accuracy().row(scores[0], masks[0]) == float((found[0] == masks[0]).all())


def test_elements_of_an_ignored_label_do_not_count():
    masks = RNG.integers(3, size=(5, 4, 4))
    found = RNG.integers(3, size=masks.shape)
    marked = np.where(RNG.random(masks.shape) < 0.3, 255, masks)
    expected = accuracy_score(masks[marked != 255], found[marked != 255])
    assert value(found, marked, per="element", ignore=255) == pytest.approx(expected)
    assert Accuracy(ignore=255).row(np.array([1, 2, 0]), np.array([1, 255, 0])) == 1


def test_elements_of_all_samples_count_alike_in_any_draw():
    lengths = RNG.integers(1, 9, 20)
    pairs = [(RNG.integers(3, size=n), RNG.integers(3, size=n)) for n in lengths]
    metric = Accuracy(per="element")
    known = rows_of([metric.row(*pair) for pair in pairs])
    for drawn in draws(len(pairs), 1, 4):
        found, real = (np.concatenate([pairs[i][side] for i in drawn]) for side in (0, 1))
        assert metric.value(known[drawn]) == pytest.approx(accuracy_score(real, found))


def test_exact_methods_are_for_samples_alone():
    assert (Accuracy().statistics, Accuracy(per="element").statistics) == ("share", "bootstrap")


def test_the_most_common_answer_is_the_guess():
    assert Accuracy().guessed([1, 1, 1, 0], 4, 3) == 0.75
    assert Accuracy().guessed(["a", "b"], 2, None) == 0.5
    assert Accuracy().guessed([np.zeros(3)], 1, 3) == 0


def test_labels_and_outputs_that_do_not_fit_are_told():
    with pytest.raises(DataError, match="s1: class 5 is outside the 3 classes of output"):
        Accuracy().check(5, [SCORES], "s1")
    Accuracy().check("cat", [SCORES], "s1")
    Accuracy().check(np.zeros(9, bool), [SCORES], "s1")
    message = "accuracy: the output of shape [4] holds neither an answer nor scores for each element of the label [3]"
    with pytest.raises(DataError, match=exactly(message)):
        Accuracy().row(np.zeros(4), np.zeros(3, bool))
