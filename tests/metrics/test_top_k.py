"""Top-k accuracy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import top_k_accuracy_score

from ovopt.errors import DataError
from ovopt.metrics.class_labels import REMEDY
from ovopt.metrics.top_k import TopK
from ovopt.records import Port
from tests.factories import exactly

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


def test_the_presets_carry_their_k_in_their_names():
    assert {name: TopK(**fields).label for name, fields in TopK.presets.items()} == {"top1": "top1", "top5": "top5"}


@pytest.mark.parametrize("label", [0, 9, np.int64(3)])
def test_a_class_index_fits(label):
    TopK(k=1).check(label, [PORT], "s#0")


@pytest.mark.parametrize("shape", [None, (None, None), ()])
def test_an_output_of_unknown_size_takes_any_index(shape):
    TopK(k=1).check(10**6, [Port(name="scores", shape=shape, dtype="f32")], "s#0")


NO_INDEX = "list the class names in the recipe's `data.classes`, in the order of the model's outputs"


@pytest.mark.parametrize(
    ("label", "fault"),
    [
        ("cat", f"the label 'cat' is no class index; {NO_INDEX}"),
        (True, f"the label True is no class index; {NO_INDEX}"),
        (1.0, f"the label 1.0 is no class index; {NO_INDEX}"),
        ([1, 2], f"the label [1, 2] is no class index; {NO_INDEX}"),
        (10, f"class 10 is outside the 10 classes of output 'scores' f32[?,10]; {REMEDY}"),
        (-1, f"class -1 is outside the 10 classes of output 'scores' f32[?,10]; {REMEDY}"),
    ],
)
def test_a_label_that_is_no_class_of_the_model_is_an_error(label, fault):
    with pytest.raises(DataError, match=exactly(f"s#0: {fault}")):
        TopK(k=1).check(label, [PORT], "s#0")


def test_a_class_beyond_the_scores_is_an_error():
    with pytest.raises(DataError, match=exactly("class 4 is outside the 4 scores of the output")):
        TopK(k=1).row(np.zeros(4), 4)
