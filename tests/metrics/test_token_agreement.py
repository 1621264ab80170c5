"""Label-free agreement of each token."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from ovopt.metrics.token_agreement import TokenAgreement
from tests.metrics.support import draws, rows_of


@pytest.mark.parametrize("ids", [False, True])
def test_the_value_is_the_share_of_all_positions_of_the_drawn_samples(ids):
    rng = np.random.default_rng(0)
    pairs = [rng.random((2, n, 4)) for n in rng.integers(1, 9, 10)]
    chosen = [pair.argmax(-1) for pair in pairs]
    rows = rows_of([TokenAgreement().row(*pair) for pair in (chosen if ids else pairs)])
    for drawn in draws(10):
        mine, theirs = (np.concatenate([chosen[i][side] for i in drawn]) for side in (0, 1))
        assert TokenAgreement().value(rows[drawn]) == pytest.approx(accuracy_score(theirs, mine))


@pytest.mark.parametrize(
    ("output", "original", "row"),
    [
        ([1, 2, 3], [1, 0, 3], [2, 3]),
        ([1, 2], [1, 2, 3], [2, 3]),
        ([1, 2, 3], [1], [1, 3]),
        ([0.1, 0.9], [0.2, 0.8], [1, 1]),
        ([[0.1, 0.9], [0.9, 0.1]], [[0.2, 0.8], [0.2, 0.8]], [1, 2]),
        (7, 7, [1, 1]),
    ],
)
def test_a_row_counts_positions_that_agree_and_positions(output, original, row):
    assert TokenAgreement().row(np.array(output), np.array(original)) == row


def test_no_positions_have_no_value():
    assert np.isnan(TokenAgreement().value(rows_of([TokenAgreement().row(np.zeros(0, int), np.zeros(0, int))])))
    assert np.isnan(TokenAgreement().value(rows_of([])))
