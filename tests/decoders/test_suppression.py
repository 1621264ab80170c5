"""Candidates and non-maximum suppression, against plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovopt.arrays.boxes import overlaps
from ovopt.decoders.detector import candidates, suppress


def _iou(a, b):
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height
    return width * height / union if union else 0.0


def _by_loops(rows, iou, limit, class_agnostic):
    """Every pair is compared: a row stays unless a better one that stays is its rival."""
    order = sorted(range(len(rows)), key=lambda i: (-rows[i][4], i))
    kept = []
    for i in order:
        rivals = [k for k in kept if class_agnostic or rows[k][5] == rows[i][5]]
        if all(_iou(rows[k], rows[i]) <= iou for k in rivals):
            kept.append(i)
    return [rows[i] for i in kept[:limit]]


def _crowd(seed, count=80, classes=3):
    rng = np.random.default_rng(seed)
    first = rng.uniform(0, 60, (count, 2))
    scores = rng.choice([0.2, 0.4, 0.6, 0.8], count) if seed % 2 else rng.random(count)
    return np.column_stack((first, first + rng.uniform(5, 40, (count, 2)), scores, rng.integers(classes, size=count)))


@pytest.mark.parametrize("class_agnostic", [False, True])
@pytest.mark.parametrize("iou", [0.0, 0.3, 0.5, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(6))
def test_suppression_keeps_what_plain_loops_keep(seed, iou, class_agnostic):
    rows = _crowd(seed)
    found = suppress(rows, iou, 300, class_agnostic)
    np.testing.assert_array_equal(found, _by_loops(rows.tolist(), iou, 300, class_agnostic))


box = st.tuples(*[st.integers(0, 6)] * 2, *[st.integers(0, 5)] * 2, st.sampled_from([0.5, 0.6, 0.7]), st.integers(0, 1))


@given(st.lists(box, max_size=14), st.sampled_from([0.0, 0.25, 0.5]), st.integers(1, 5), st.booleans())
def test_suppression_holds_for_any_boxes(boxes, iou, limit, class_agnostic):
    rows = np.array([(x, y, x + w, y + h, s, c) for x, y, w, h, s, c in boxes], float).reshape(-1, 6)
    found = suppress(rows, iou, limit, class_agnostic)
    np.testing.assert_array_equal(found, np.reshape(_by_loops(rows.tolist(), iou, limit, class_agnostic), (-1, 6)))


def test_boxes_of_another_class_stay():
    rows = np.array([[0, 0, 10, 10, 0.9, 0], [0, 0, 10, 10, 0.8, 1], [0, 0, 10, 10, 0.7, 0]])
    assert suppress(rows, 0.5, 300, False)[:, 4].tolist() == [0.9, 0.8]
    assert suppress(rows, 0.5, 300, True)[:, 4].tolist() == [0.9]


def test_an_overlap_of_just_the_limit_stays():
    rows = np.array([[0, 0, 10, 10, 0.9, 0], [0, 0, 10, 5, 0.8, 0]])
    assert len(suppress(rows, 0.5, 300, False)) == 2
    assert len(suppress(rows, 0.4999, 300, False)) == 1


def test_a_suppressed_box_suppresses_none():
    rows = np.array([[0, 0, 10, 10, 0.9, 0], [4, 0, 14, 10, 0.8, 0], [8, 0, 18, 10, 0.7, 0]])
    assert suppress(rows, 0.3, 300, False)[:, 4].tolist() == [0.9, 0.7]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", range(5))
def test_boxes_that_are_not_finite_go(value, column):
    rows = np.array([[0, 0, 10, 10, 0.9, 0], [20, 20, 30, 30, 0.8, 0]])
    rows[0, column] = value
    assert suppress(rows, 0.5, 300, False)[:, 4].tolist() == [0.8]


def test_no_rows_stay_no_rows():
    assert suppress(np.empty((0, 6)), 0.5, 300, False).shape == (0, 6)


def test_boxes_without_an_area_overlap_nothing():
    point = np.array([[5.0, 5, 5, 5]])
    assert overlaps(point, np.array([[5.0, 5, 5, 5], [0, 0, 10, 10]])).tolist() == [[0, 0]]


@pytest.mark.parametrize("multi_label", [False, True])
def test_candidates_are_the_scores_above_the_threshold(multi_label):
    rng = np.random.default_rng(0)
    corners, scores = rng.random((20, 4)), rng.random((20, 3))
    expected = []
    for box_, row in zip(corners, scores, strict=True):
        chosen = range(3) if multi_label else [max(range(3), key=lambda c, row=row: row[c])]
        expected += [[*box_, row[c], c] for c in chosen if row[c] > 0.6]
    np.testing.assert_array_equal(candidates(corners, scores, 0.6, multi_label), expected)


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_score_that_is_no_number_is_no_candidate(multi_label):
    scores = np.array([[np.nan, 0.9], [np.nan, np.nan]])
    assert candidates(np.ones((2, 4)), scores, 0.5, multi_label).tolist() == [[1, 1, 1, 1, 0.9, 1]]


@pytest.mark.parametrize("shape", [(0, 3), (4, 0)])
@pytest.mark.parametrize("multi_label", [False, True])
def test_no_scores_are_no_candidates(shape, multi_label):
    assert candidates(np.ones((shape[0], 4)), np.ones(shape), 0.5, multi_label).shape == (0, 6)


def test_scores_of_float16_are_compared_as_they_are():
    assert len(candidates(np.ones((2, 4), np.float16), np.array([[0.25], [0.75]], np.float16), 0.5, True)) == 1
