"""Lists of objects: masks pasted into their boxes, key points, oriented boxes."""

import numpy as np
import pytest

from ovopt.arrays import oriented, regions
from ovopt.decoders.two_stage import KeypointRcnn, MaskRcnn, RotatedBoxes
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
    found = KeypointRcnn()((np.zeros(0), np.zeros(0)), IMAGE)
    assert (found.rows.shape, found.key_points.shape) == ((0, 6), (0, 0, 2))
    assert RotatedBoxes()(np.zeros((0, 7)), IMAGE).quads.shape == (0, 4, 2)


@pytest.mark.parametrize("apart", ["scores and labels", "labels", "nothing"])
@pytest.mark.parametrize("numbers", [2, 3])
def test_key_points_come_back_however_scores_and_labels_stand(apart, numbers):
    objects, rng = scene(4), np.random.default_rng(4)
    points = rng.uniform(0, 150, (len(objects.scores), 5, numbers))
    listed = {
        "scores and labels": (objects.corners, objects.classes, objects.scores),
        "labels": (np.column_stack((objects.corners, objects.scores)), objects.classes),
        "nothing": (objects.detections,),
    }[apart]
    found = KeypointRcnn()((*listed, points), IMAGE)
    same(found.rows, objects.detections)
    np.testing.assert_array_equal(found.key_points, points[..., :2])


def test_key_points_may_be_relative_and_lose_the_dimension_of_a_sole_object():
    box, points = np.array([0.1, 0.1, 0.5, 0.5, 0.9, 0]), np.array([[0.25, 0.5], [0.5, 1]])
    found = KeypointRcnn(normalised=True)((box, points), IMAGE)
    np.testing.assert_allclose(found.key_points, [[[WIDTH / 4, HEIGHT / 2], [WIDTH / 2, HEIGHT]]])
    np.testing.assert_allclose(found.rows[0, :4], np.array([0.1, 0.1, 0.5, 0.5]) * SIZE, rtol=1e-6)


@pytest.mark.parametrize("form", ["radians", "degrees", "corners", "relative corners"])
def test_oriented_boxes_come_back_as_angles_and_as_corners(form):
    objects, rng = scene(5), np.random.default_rng(5)
    angles = rng.uniform(-1, 2, len(objects.scores))
    quads = oriented.quads_of(np.column_stack((objects.cxcywh, angles)))
    first, fields = {
        "radians": (np.column_stack((objects.cxcywh, angles)), {}),
        "degrees": (np.column_stack((objects.cxcywh, np.rad2deg(angles))), {"degrees": True}),
        "corners": (quads.reshape(-1, 8), {}),
        "relative corners": ((quads / [WIDTH, HEIGHT]).reshape(-1, 8), {"normalised": True}),
    }[form]
    around = np.column_stack((oriented.around(quads).clip(0, SIZE), objects.scores, objects.classes))
    for given in (
        (first, objects.classes, objects.scores),
        (np.column_stack((first, objects.scores)), objects.classes),
        np.column_stack((first, objects.scores, objects.classes)),
    ):
        found = RotatedBoxes(**fields)(given, IMAGE)
        same(found.rows, around)
        np.testing.assert_allclose(found.quads, quads, atol=1e-9)


LISTED = "boxes [n, 4], labels [n], scores [n], or [n, 5], labels [n], or [n, 6]"
ROTATED = (
    "boxes [n, 5], labels [n], scores [n], or [n, 6], labels [n], or [n, 7], or corners [n, 8] in place of the boxes' "
    "five numbers"
)


@pytest.mark.parametrize(
    ("decoder", "output", "fault"),
    [
        (
            MaskRcnn(),
            np.zeros((3, 5)),
            f"mask_rcnn: wants {LISTED}, and masks [n, h, w] (list them in `model.output` in this order), not [3, 5]",
        ),
        (
            MaskRcnn(),
            (np.zeros((3, 4)), np.zeros(3), np.zeros((3, 7, 7))),
            f"mask_rcnn: wants {LISTED}, and masks [n, h, w], not 2 arrays: [3, 4], [3]",
        ),
        (
            MaskRcnn(),
            (np.zeros((3, 5)), np.zeros(2), np.zeros((3, 7, 7))),
            f"mask_rcnn: wants {LISTED}, and masks [n, h, w], not 2 arrays: [3, 5], [2]",
        ),
        (
            MaskRcnn(),
            (np.ones((3, 6)), np.zeros(3)),
            f"mask_rcnn: wants {LISTED}, and masks [n, h, w], not 2 arrays: [3, 6], [3]",
        ),
        (
            KeypointRcnn(),
            (np.ones((3, 6)), np.zeros((3, 5, 4))),
            f"keypoint_rcnn: wants {LISTED}, and key points [n, k, 2] or [n, k, 3], not 2 arrays: [3, 6], [3, 5, 4]",
        ),
        (RotatedBoxes(), np.zeros((3, 6)), f"rotated_boxes: wants {ROTATED}, not [3, 6]"),
        (RotatedBoxes(), np.ones(()), f"rotated_boxes: wants {ROTATED}, not []"),
        (RotatedBoxes(), (np.ones(3),) * 4, f"rotated_boxes: wants {ROTATED}, not 4 arrays: [3], [3], [3], [3]"),
    ],
)
def test_outputs_that_do_not_fit_are_an_error(decoder, output, fault):
    with pytest.raises(DataError, match=exactly(fault)):
        decoder(output, IMAGE)
