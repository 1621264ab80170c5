"""Mask R-CNN: boxes, and masks pasted into them."""

import numpy as np
import pytest

from ovopt.arrays import regions
from ovopt.decoders.mask_rcnn import MaskRcnn
from ovopt.errors import DataError
from tests.decoders.scenes import HEIGHT, IMAGE, SIZE, WIDTH, same, scene
from tests.factories import exactly

MASK = 7


def pasted(scores, corners):
    """Each pixel's score, point by point: between the four nearest of the map, which is 0 around."""
    x0, y0, x1, y1 = corners
    around = np.pad(scores, 1)
    mask = np.zeros((HEIGHT, WIDTH))
    for row in range(HEIGHT):
        for column in range(WIDTH):
            u = (column + 0.5 - x0) / (x1 - x0) * MASK + 0.5
            v = (row + 0.5 - y0) / (y1 - y0) * MASK + 0.5
            if 0 <= u < MASK + 1 and 0 <= v < MASK + 1 and x0 - 1 < column < x1 and y0 - 1 < row < y1:
                i, j = int(v), int(u)
                top = around[i, j] * (1 - (u - j)) + around[i, j + 1] * (u - j)
                below = around[i + 1, j] * (1 - (u - j)) + around[i + 1, j + 1] * (u - j)
                mask[row, column] = top * (1 - (v - i)) + below * (v - i)
    return mask


def outputs(objects, rng):
    masks = rng.random((len(objects.scores), MASK, MASK))
    return np.column_stack((objects.corners, objects.scores)), objects.classes, masks


@pytest.mark.parametrize("seed", range(2))
def test_masks_are_pasted_into_their_boxes(seed):
    objects = scene(seed)
    boxes, labels, masks = outputs(objects, np.random.default_rng(seed))
    found = MaskRcnn()((boxes, labels, masks), IMAGE)
    same(found.rows, objects.detections)
    for mask, scores, corners in zip(found.masks, masks, objects.corners, strict=True):
        expected = pasted(scores, corners) >= 0.5
        assert expected.any()
        assert (regions.mask_of(mask) != expected).sum() <= 1  # a score at the threshold may round to either side


def test_a_box_that_reaches_outside_keeps_its_masks_place():
    corners = np.array([-20.0, -10, 30, 40])
    scores = np.random.default_rng(0).random((MASK, MASK))
    found = MaskRcnn()((np.array([[*corners, 0.9]]), np.array([2]), scores[None]), IMAGE)
    assert found.rows[0, :4].tolist() == [0, 0, 30, 40]
    assert (regions.mask_of(found.masks[0]) == (pasted(scores, corners) >= 0.5)).all()


def test_scores_may_come_apart_and_count_from_the_background():
    objects = scene(1)
    boxes, labels, masks = outputs(objects, np.random.default_rng(1))
    whole = MaskRcnn()((boxes, labels, masks), IMAGE)
    apart = (objects.corners, labels + 1, objects.scores, masks[:, None])
    found = MaskRcnn(label_offset=1)(apart, IMAGE)
    same(found.rows, objects.detections)
    assert found.masks == whole.masks
    background = MaskRcnn(label_offset=1)((objects.corners, labels * 0, objects.scores, masks), IMAGE)
    assert (len(background.rows), background.masks) == (0, ())


def test_boxes_may_be_relative_with_y_first():
    objects = scene(2)
    _, labels, masks = outputs(objects, np.random.default_rng(2))
    relative = (objects.corners / SIZE)[:, [1, 0, 3, 2]]
    found = MaskRcnn(format="yxyx", normalised=True)((relative, labels, objects.scores, masks), IMAGE)
    same(found.rows, objects.detections)


def test_a_mask_of_the_images_size_is_taken_as_it_is():
    scores = np.random.default_rng(3).random((1, 1, HEIGHT, WIDTH))
    found = MaskRcnn(threshold=0.7)((np.array([[5.0, 5, 9, 9]]), np.array([0]), np.array([0.9]), scores), IMAGE)
    assert (regions.mask_of(found.masks[0]) == (scores[0, 0] >= 0.7)).all()


def test_a_sole_object_may_have_lost_its_dimension():
    box, mask = np.array([10.0, 20, 50, 70, 0.9]), np.ones((MASK, MASK))
    found = MaskRcnn()((box, np.array(3), mask), IMAGE)
    same(found.rows, np.array([[10, 20, 50, 70, 0.9, 3]]))
    assert regions.mask_of(found.masks[0]).sum() == pytest.approx(40 * 50, rel=0.15)


def test_nothing_found_is_a_detection_of_nothing():
    found = MaskRcnn()((np.zeros((0, 5)), np.zeros(0), np.zeros((0, MASK, MASK))), IMAGE)
    assert (found.rows.shape, found.masks) == ((0, 6), ())


WANTS = (
    "mask_rcnn: wants boxes [n, 5], labels [n] and masks [n, h, w], or boxes [n, 4], labels [n], scores [n] and masks "
    "[n, h, w]"
)


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (np.zeros((3, 5)), " (list them in `model.output` in this order), not [3, 5]"),
        ((np.zeros((3, 4)), np.zeros(3), np.zeros((3, 7, 7))), ", not 3 arrays: [3, 4], [3], [3, 7, 7]"),
        ((np.zeros((3, 5)), np.zeros(2), np.zeros((3, 7, 7))), ", not 3 arrays: [3, 5], [2], [3, 7, 7]"),
        ((np.zeros((3, 5)), np.zeros(3), np.zeros(3)), ", not 3 arrays: [3, 5], [3], [3]"),
    ],
)
def test_outputs_that_do_not_fit_are_an_error(output, said):
    with pytest.raises(DataError, match=exactly(WANTS + said)):
        MaskRcnn()(output, IMAGE)
