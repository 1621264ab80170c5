"""Boxes after suppression: rows in any order, in one output or several."""

import numpy as np
import pytest

from ovopt.decoders.chosen_boxes import Detections
from ovopt.errors import DataError

INPUTS = {"image": np.zeros((1, 3, 40, 50), np.float32)}
FOUND = np.array([[1, 2, 11, 22, 0.9, 3], [5, 6, 30, 36, 0.5, 0], [0, 0, 50, 40, 0.25, 1]], np.float32)
"""x0, y0, x1, y1, score, class."""
X0, Y0, X1, Y1, SCORE, CLASS = FOUND.T


def test_one_output_of_rows_in_the_usual_order():
    np.testing.assert_array_equal(Detections()(FOUND[[2, 0, 1]], INPUTS), FOUND)


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        (["class", "score", "x0", "y0", "x1", "y1"], FOUND[:, [5, 4, 0, 1, 2, 3]]),
        (["y0", "x0", "y1", "x1", "class", "score"], FOUND[:, [1, 0, 3, 2, 5, 4]]),
        (["-", "x0", "y0", "w", "h", "score", "class"], np.stack([X0 * 7, X0, Y0, X1 - X0, Y1 - Y0, SCORE, CLASS], 1)),
        (
            ["cx", "cy", "w", "h", "score", "class"],
            np.stack([(X0 + X1) / 2, (Y0 + Y1) / 2, X1 - X0, Y1 - Y0, SCORE, CLASS], 1),
        ),
    ],
)
def test_columns_stand_where_they_are_said_to(columns, rows):
    np.testing.assert_allclose(Detections(columns=columns)(rows, INPUTS), FOUND, rtol=1e-6)


def test_several_outputs_are_joined_side_by_side():
    np.testing.assert_array_equal(Detections()((FOUND[:, :5], CLASS.astype(np.int64)), INPUTS), FOUND)
    torchvision = Detections(columns=["x0", "y0", "x1", "y1", "class", "score"])
    np.testing.assert_array_equal(torchvision((FOUND[:, :4], CLASS.astype(np.int64), SCORE), INPUTS), FOUND)


def test_a_sole_box_may_come_without_its_dimension():
    np.testing.assert_array_equal(Detections()(FOUND[0], INPUTS), FOUND[:1])
    np.testing.assert_array_equal(Detections()((FOUND[0, :5], np.int64(3)), INPUTS), FOUND[:1])


def test_no_box_is_no_detection():
    assert Detections()(np.zeros((0, 6), np.float32), INPUTS).shape == (0, 6)
    assert Detections()((np.zeros((0, 5), np.float32), np.zeros(0, np.int64)), INPUTS).shape == (0, 6)


def test_boxes_relative_to_the_image_become_pixels():
    rows = FOUND / np.array([50, 40, 50, 40, 1, 1], np.float32)
    np.testing.assert_allclose(Detections(normalised=True)(rows, INPUTS), FOUND, rtol=1e-6)


def test_classes_are_counted_from_an_offset_and_the_background_is_none():
    found = Detections(label_offset=1)(FOUND, INPUTS)
    np.testing.assert_array_equal(found, FOUND[[0, 2]] - np.array([0, 0, 0, 0, 0, 1], np.float32))


def test_without_a_class_there_is_one():
    found = Detections(columns=["x0", "y0", "x1", "y1", "score"])(FOUND[:, :5], INPUTS)
    np.testing.assert_array_equal(found[:, 5], [0, 0, 0])


@pytest.mark.parametrize(
    "output", [np.zeros((3, 5)), (np.zeros((3, 4)), np.zeros(3)), (np.zeros((4, 3)), np.zeros(6)), "text"]
)
def test_outputs_of_other_columns_are_refused(output):
    with pytest.raises(DataError, match=r"detections: wants rows \[n, 6\], in one output or in several"):
        Detections()(output, INPUTS)


@pytest.mark.parametrize(
    "columns", [["x0", "y0", "x1", "y1"], ["x0", "y0", "x1", "h", "score"], ["x0", "x0", "y0", "x1", "y1", "score"]]
)
def test_columns_that_make_no_box_are_refused(columns):
    with pytest.raises(ValueError, match="must name score, and four of a box"):
        Detections(columns=columns)
