"""What all decoders of detections share."""

import numpy as np
import pytest

from ovopt.decoders.yolo import YoloEndToEnd, YoloV5, YoloV8
from ovopt.errors import DataError
from tests.decoders.scenes import IMAGE, same
from tests.factories import exactly

NOTHING = [np.empty((5, 0)), np.zeros((5, 7)), np.full((5, 7), np.nan), np.full((5, 7), -1.0), np.full((5, 7), np.inf)]


@pytest.mark.parametrize("output", NOTHING, ids=["no boxes", "zeros", "nan", "negative", "inf"])
def test_nothing_found_is_an_empty_table(output):
    found = YoloV8()(output, IMAGE)
    assert (found.shape, found.dtype) == ((0, 6), np.float32)


def test_a_score_of_just_the_threshold_does_not_count():
    output = np.array([[10.0, 10, 4, 4, 0.5], [30, 30, 4, 4, 0.75]]).T
    assert YoloV8(score=0.5)(output, IMAGE)[:, 4].tolist() == [0.75]


def test_only_the_best_are_kept_best_first():
    rng = np.random.default_rng(0)
    rows = np.column_stack((np.tile([1, 1, 2, 2], (50, 1)), rng.permutation(50) / 50, np.arange(50)))
    found = YoloEndToEnd(max_detections=7)(rows, IMAGE)
    np.testing.assert_allclose(found[:, 4], np.arange(49, 42, -1) / 50, rtol=1e-6)


def test_the_first_of_equal_scores_comes_first():
    rows = np.array([[1, 1, 2, 2, 0.5, c] for c in range(9)])
    assert YoloEndToEnd()(rows, IMAGE)[:, 5].tolist() == list(range(9))


def test_boxes_are_cut_off_at_the_edges_unless_told_otherwise():
    rows = np.array([[-5, 10, 300, 250, 0.9, 0.0]])
    same(YoloEndToEnd()(rows, IMAGE), np.array([[0, 10, 256, 192, 0.9, 0]]))
    same(YoloEndToEnd(size=(100, 50))(rows, {}), np.array([[0, 10, 100, 50, 0.9, 0]]))
    same(YoloEndToEnd(clip=False)(rows, {}), rows)


@pytest.mark.parametrize(
    ("shape", "layout", "size"),
    [
        ((1, 3, 20, 30), None, (30, 20)),
        ((1, 1, 20, 30), None, (30, 20)),
        ((1, 20, 30, 3), None, (30, 20)),
        ((1, 20, 30, 1), None, (30, 20)),
        ((1, 4, 20, 30), "nchw", (30, 20)),
        ((1, 20, 30, 4), "nhwc", (30, 20)),
        ((1, 3, 30, 3), "nhwc", (30, 3)),
    ],
)
def test_the_size_is_that_of_the_image_input(shape, layout, size):
    inputs = {"shape": np.array([[1, 2]]), "image": np.zeros(shape)}
    assert YoloV5(layout=layout).input_size(inputs) == size


@pytest.mark.parametrize(
    ("inputs", "known"),
    [({}, "none"), ({"x": np.zeros((1, 7, 8, 9)), "y": np.zeros((1, 2))}, "x [1, 7, 8, 9], y [1, 2]")],
)
def test_without_an_image_input_the_size_must_be_given(inputs, known):
    message = f"yolo_v5: no input is an image of 1 or 3 channels ({known}); set its `size` or `layout`"
    with pytest.raises(DataError, match=exactly(message)):
        YoloV5()(np.zeros((3, 6)), inputs)
