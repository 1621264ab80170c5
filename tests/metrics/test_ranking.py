"""Rankings, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from ovopt.errors import DataError
from ovopt.metrics.ranking import Mrr, Ndcg
from tests.factories import exactly, metric_named


def queries(seed, levels):
    rng = np.random.default_rng(seed)
    for _ in range(60):
        n = int(rng.integers(2, 15))
        yield rng.integers(levels, size=n) / 7, rng.integers(4, size=n)


@pytest.mark.parametrize("k", [None, 1, 3, 10])
@pytest.mark.parametrize("levels", [3, 10**6])
def test_ndcg_is_scikit_learns_with_equal_scores_too(k, levels):
    for scores, grades in queries(levels, levels):
        expected = ndcg_score([grades], [scores], k=k)
        assert Ndcg(k=k).row(scores, grades.tolist()) == pytest.approx(expected, abs=1e-12)
        doubled = ndcg_score([2**grades - 1], [scores], k=k)
        assert Ndcg(k=k, gain="exponential").row(scores[:, None], grades) == pytest.approx(doubled, abs=1e-12)


@pytest.mark.parametrize("k", [None, 2])
def test_mrr_is_that_of_the_sorted_candidates(k):
    for scores, grades in queries(5, 4):
        ranked = sorted(zip(-scores, grades > 0, strict=True))  # of equal scores, what is not relevant first
        places = [place for place, (_, relevant) in enumerate(ranked, 1) if relevant]
        expected = 1 / places[0] if places and (k is None or places[0] <= k) else 0
        assert Mrr(k=k).row(list(scores), grades) == pytest.approx(expected)


def test_a_ranking_that_tells_nothing_is_not_a_perfect_one():
    assert Mrr().row(np.zeros(4), [1, 0, 0, 0]) == 0.25
    assert Ndcg().row(np.zeros(4), [1, 0, 0, 0]) == pytest.approx(ndcg_score([[1, 0, 0, 0]], [[0] * 4]))
    assert Mrr().row(np.full(2, np.nan), [1, 0]) == 0.5


def test_names_carry_how_many_count():
    assert [metric_named(name).label for name in ("ndcg_at_10", "mrr", "mrr_at_10")] == [
        "ndcg_at_10",
        "mrr",
        "mrr_at_10",
    ]
    assert Ndcg(k=3).label == "ndcg_at_3"


@pytest.mark.parametrize("label", [1, [], [-1, 0], ["a"], [[1], [0]]])
def test_a_label_that_is_no_list_of_grades_is_told(label):
    message = "q1: the label is no list of how relevant each candidate is, 0 or more, which mrr needs"
    with pytest.raises(DataError, match=exactly(message)):
        Mrr().check(label, [], "q1")


def test_scores_that_are_not_one_for_each_candidate_are_told():
    message = (
        "mrr needs a score for each of 3 candidates, the output has shape [2, 1]; `each` makes an inference of each "
        "candidate, and `stack_parts` one output of theirs"
    )
    with pytest.raises(DataError, match=exactly(message)):
        Mrr().row(np.zeros((2, 1)), [0, 1, 0])
