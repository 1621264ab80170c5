"""Agreement of the most likely class."""

import numpy as np
import pytest

from ovopt.metrics.top1_agreement import Top1Agreement


@pytest.mark.parametrize(
    ("output", "original", "row"),
    [
        ([0.1, 0.9], [0.4, 0.6], 1.0),
        ([0.9, 0.1], [0.4, 0.6], 0.0),
        ([0.5, 0.5], [0.6, 0.4], 1.0),
        ([[0.1, 0.2], [0.3, 0.0]], [[0.0, 0.0], [9.0, 0.0]], 1.0),
    ],
)
def test_outputs_agree_where_their_highest_score_is_at_the_same_place(output, original, row):
    assert Top1Agreement().row(np.array(output), np.array(original)) == row


def test_the_value_is_the_share_that_agrees():
    rng = np.random.default_rng(0)
    before, after = rng.random((2, 100, 5))
    rows = np.array([Top1Agreement().row(*pair) for pair in zip(after, before, strict=True)])
    assert Top1Agreement().value(rows) == np.mean(after.argmax(1) == before.argmax(1))
