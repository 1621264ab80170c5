"""Correlation of a score with a label."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from ovopt.errors import DataError
from ovopt.metrics.regression import Pearson, Spearman
from tests.factories import exactly
from tests.metrics.support import draws, rows_of

BOTH = [(Pearson(), pearsonr), (Spearman(), spearmanr)]


def rows(metric, scores, labels):
    return rows_of([metric.row(*sample) for sample in zip(scores, labels, strict=True)])


@pytest.mark.parametrize(("metric", "reference"), BOTH)
@pytest.mark.parametrize("levels", [10**9, 4], ids=["distinct", "tied"])
def test_the_correlation_is_scipys_on_all_samples_and_on_draws(metric, reference, levels):
    rng = np.random.default_rng(0)
    scores, labels = rng.integers(levels, size=(2, 40)) / levels * 5
    known = rows(metric, scores[:, None], labels + scores)
    for drawn in draws(40):
        expected = reference(scores[drawn], (labels + scores)[drawn]).statistic
        assert metric.value(known[drawn]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("metric", [Pearson(), Spearman()])
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8), st.sampled_from([1e-200, 0.1, 1e200]))
def test_a_value_lies_between_minus_one_and_one_or_is_not_defined(metric, pairs, scale):
    scores, labels = np.array(pairs, float).reshape(-1, 2).T * scale
    value = metric.value(rows(metric, scores, labels))
    if len(set(scores.tolist())) > 1 and len(set(labels.tolist())) > 1:
        assert -1 <= value <= 1
    else:
        assert np.isnan(value)


@pytest.mark.parametrize("metric", [Pearson(), Spearman()])
def test_the_same_order_is_one_and_the_reverse_minus_one(metric):
    assert metric.value(rows(metric, [1, 2, 3], [10, 20, 30])) == pytest.approx(1)
    assert metric.value(rows(metric, [3, 2, 1], [10, 20, 30])) == pytest.approx(-1)


@pytest.mark.parametrize("metric", [Pearson(), Spearman()])
@pytest.mark.parametrize("output", [2.5, np.float32(2.5), np.array([[2.5]])])
def test_a_row_is_score_and_label(metric, output):
    assert metric.row(output, np.int64(3)) == [2.5, 3.0]


@pytest.mark.parametrize("metric", [Pearson(), Spearman()])
def test_whole_numbers_as_labels_are_no_classes(metric):
    assert metric.by_class(rows(metric, [1, 2], [0, 1]), [0, 1]) == {}


@pytest.mark.parametrize("metric", [Pearson(), Spearman()])
def test_an_output_of_several_numbers_is_an_error(metric):
    fault = (
        f"{metric.name} needs one number for each sample, the output has shape (2,); add a decoder that makes one of "
        "it to the recipe's `postprocess`"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        metric.row(np.zeros(2), 1.0)


@pytest.mark.parametrize("metric", [Pearson(), Spearman()])
def test_a_label_is_a_finite_number(metric):
    for label in (0, 2.5, np.float32(1), np.int64(3)):
        metric.check(label, [], "s#0")
    for label in ("good", None, True, float("nan"), [1.0]):
        fault = f"s#0: the label {label!r} is no finite number, which {metric.name} needs"
        with pytest.raises(DataError, match=exactly(fault)):
            metric.check(label, [], "s#0")
