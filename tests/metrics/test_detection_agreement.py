"""Agreement of two models' detections."""

import numpy as np
import pytest

from ovopt.errors import DataError
from ovopt.metrics.detection_agreement import DetectionAgreement
from tests.factories import exactly
from tests.metrics.support import rows_of

NONE = np.empty((0, 6))


def boxes(*rows):
    return np.array(rows, np.float32).reshape(-1, 6)


def scene(seed, n):
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 300, (n, 2))
    return np.column_stack((low, low + rng.uniform(10, 40, (n, 2)), rng.random(n), rng.integers(3, size=n)))


def test_the_same_detections_agree_in_any_order():
    found = scene(0, 30)
    counted = int((found[:, 4] >= 0.25).sum())
    order = np.random.default_rng(1).permutation(30)
    assert DetectionAgreement().row(found[order][:, [2, 3, 0, 1, 4, 5]], found) == [2 * counted, 2 * counted]


@pytest.mark.parametrize(
    ("mine", "row"),
    [
        (boxes([0, 0, 10, 10, 0.9, 1]), [2, 2]),
        (boxes([0, 0, 10, 8, 0.9, 1]), [2, 2]),
        (boxes([0, 0, 10, 4, 0.9, 1]), [0, 2]),  # too little overlap
        (boxes([0, 0, 10, 10, 0.9, 2]), [0, 2]),  # another class
        (boxes([0, 0, 10, 10, 0.2, 1]), [1, 1]),  # a score that fell below the limit
        (boxes([0, 0, 10, 10, 0.9, 1], [0, 0, 10, 9, 0.8, 1]), [2, 3]),  # one partner each
        (NONE, [0, 1]),
    ],
)
def test_a_detection_has_a_partner_of_its_class_that_overlaps_it(mine, row):
    assert DetectionAgreement().row(mine, boxes([0, 0, 10, 10, 0.8, 1])) == row


def test_of_several_the_nearest_are_partners():
    theirs = boxes([0, 0, 10, 10, 0.9, 0], [4, 0, 14, 10, 0.9, 0])
    mine = boxes([2, 0, 12, 10, 0.9, 0], [3, 0, 13, 10, 0.9, 0])
    assert DetectionAgreement(iou=0.6).row(mine, theirs) == [4, 4]


def test_the_figure_is_of_all_samples_together():
    metric = DetectionAgreement()
    rows = rows_of([[2, 2], [1, 4], [0, 0]])
    assert metric.value(rows) == 0.5
    assert metric.value(rows_of([[0, 0]])) == 1
    assert np.isnan(metric.value(rows_of([])))
    assert metric.row(np.empty(0), np.empty(0)) == [0, 0]


def test_what_is_no_detection_is_told():
    message = (
        "detection_agreement needs detections [n, 6] (x0, y0, x1, y1, score, class), `postprocess` gives shape [4, 5]; "
        "add a decoder of boxes to it"
    )
    with pytest.raises(DataError, match=exactly(message)):
        DetectionAgreement().row(np.zeros((4, 5)), NONE)
