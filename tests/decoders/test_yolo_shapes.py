"""YOLO heads with masks, key points and oriented boxes: what was encoded by hand comes back."""

import numpy as np
import pytest

from ovopt.arrays import oriented, regions
from ovopt.decoders.yolo_shapes import YoloObb, YoloPose, YoloSeg
from ovopt.errors import DataError
from tests.decoders.scenes import CLASSES, HEIGHT, IMAGE, WIDTH, same, scene
from tests.factories import exactly

SEEDS = pytest.mark.parametrize("seed", range(3))
FORMS = pytest.mark.parametrize("form", ["boxes last", "boxes first", "end to end"])
PROTOTYPES, POINTS = 4, 5


def head(form, objects, more, rng, box=None):
    """Rows of a scene with more columns, in one of three forms, among boxes of no score; and how to read them."""
    count = len(objects.scores)
    if form == "end to end":
        rows = np.column_stack((objects.corners if box is None else box, objects.scores, objects.classes, more))
        padding = np.zeros((30, rows.shape[1]))
    else:
        rows = np.column_stack((objects.cxcywh if box is None else box, objects.one_hot(), more))
        padding = np.zeros((100, rows.shape[1]))
        padding[:, :4] = rng.uniform(20, 40, (100, 4))
    table = np.concatenate([rows, padding])[rng.permutation(count + len(padding))].astype(np.float32)
    fields = {"boxes last": {}, "boxes first": {"transposed": True}, "end to end": {"end_to_end": True}}[form]
    return (table.T if form == "boxes last" else table)[None], fields


def as_large_as_the_image(scores):
    """Bilinear, one axis after the other: between the centres of pixels, and the outermost value beyond them."""
    for axis, pixels in ((0, HEIGHT), (1, WIDTH)):
        count = scores.shape[axis]
        at = (np.arange(pixels) + 0.5) * count / pixels - 0.5
        scores = np.apply_along_axis(lambda line, at=at, n=count: np.interp(at, np.arange(n), line), axis, scores)
    return scores


@SEEDS
@FORMS
def test_masks_are_where_prototypes_sum_up_above_zero_in_the_box(seed, form):
    rng = np.random.default_rng(seed)
    objects = scene(seed)
    prototypes = rng.normal(0, 1, (1, PROTOTYPES, HEIGHT // 4, WIDTH // 4)).astype(np.float32)
    weights = rng.normal(0, 1, (len(objects.scores), PROTOTYPES)).astype(np.float32)
    output, fields = head(form, objects, weights, rng)
    found = YoloSeg(**fields)((output, prototypes), IMAGE)
    same(found.rows, objects.detections)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for mask, own, (x0, y0, x1, y1) in zip(found.masks, weights, found.rows[:, :4], strict=True):
        scores = as_large_as_the_image(np.tensordot(own.astype(float), prototypes[0].astype(float), 1))
        inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
        assert inside.any()
        assert mask.size == (HEIGHT, WIDTH)
        assert (regions.mask_of(mask) == (inside & (scores > 0))).all()


@SEEDS
@FORMS
@pytest.mark.parametrize("dimensions", [2, 3])
def test_key_points_come_back(seed, form, dimensions):
    rng = np.random.default_rng(seed)
    objects = scene(seed)
    points = rng.uniform(0, 150, (len(objects.scores), POINTS, dimensions)).astype(np.float32)
    output, fields = head(form, objects, points.reshape(len(points), -1), rng)
    found = YoloPose(classes=CLASSES, dimensions=dimensions, **fields)(output, IMAGE)
    same(found.rows, objects.detections)
    np.testing.assert_array_equal(found.key_points, points[..., :2])


@SEEDS
@FORMS
@pytest.mark.parametrize("overlap", ["gaussian", "exact"])
def test_oriented_boxes_come_back(seed, form, overlap):
    rng = np.random.default_rng(seed)
    objects = scene(seed)
    angles = rng.uniform(-1, 2, len(objects.scores))
    boxes = np.column_stack((objects.cxcywh, angles))
    output, fields = head(form, objects, angles, rng, box=objects.cxcywh)
    found = YoloObb(overlap=overlap, **fields)(output, IMAGE)
    quads = oriented.quads_of(boxes)
    np.testing.assert_allclose(found.quads, quads, atol=1e-3)
    around = oriented.around(quads).clip(0, [WIDTH, HEIGHT, WIDTH, HEIGHT])
    same(found.rows, np.column_stack((around, objects.scores, objects.classes)))


def crowd(seed, count=60):
    rng = np.random.default_rng(seed)
    boxes = np.column_stack(
        (rng.uniform(60, 100, (count, 2)), rng.uniform(10, 60, (count, 2)), rng.uniform(0, 3, count))
    )
    scores = np.zeros((count, 2))
    classes = rng.integers(2, size=count)
    scores[np.arange(count), classes] = rng.uniform(0.1, 0.9, count)
    return boxes, scores


@SEEDS
@pytest.mark.parametrize("class_agnostic", [False, True])
@pytest.mark.parametrize("iou", [0.2, 0.5])
@pytest.mark.parametrize("overlap", ["gaussian", "exact"])
def test_suppression_leaves_what_comparing_all_pairs_leaves(seed, class_agnostic, iou, overlap):
    boxes, scores = crowd(seed)
    quads, classes, best = oriented.quads_of(boxes), scores.argmax(1), scores.max(1)
    exact = overlap == "exact"
    alike = oriented.overlaps(quads, quads) > iou if exact else oriented.gaussian_overlaps(boxes, boxes) >= iou
    kept = []
    order = np.argsort(-best).tolist()
    for rank, i in enumerate(order):
        better = kept if exact else order[:rank]
        if not any(alike[k, i] and (class_agnostic or classes[k] == classes[i]) for k in better):
            kept.append(i)
    output = np.column_stack((boxes[:, :4], scores, boxes[:, 4])).T
    found = YoloObb(iou=iou, overlap=overlap, class_agnostic=class_agnostic)(output, IMAGE)
    assert len(kept) < len(boxes)
    np.testing.assert_allclose(found.rows[:, 4], best[kept], rtol=1e-6)
    np.testing.assert_allclose(found.quads, quads[kept], atol=1e-9)


def test_the_most_that_are_wanted_are_the_best():
    boxes, scores = crowd(0)
    output = np.column_stack((boxes[:, :4], scores, boxes[:, 4])).T
    whole = YoloObb(iou=0.5)(output, IMAGE)
    best = YoloObb(iou=0.5, max_detections=3)(output, IMAGE)
    np.testing.assert_array_equal(best.rows, whole.rows[:3])
    np.testing.assert_array_equal(best.quads, whole.quads[:3])


def test_nothing_found_is_a_detection_of_nothing():
    found = YoloSeg()((np.zeros((4 + 1 + PROTOTYPES, 9)), np.zeros((PROTOTYPES, 4, 4))), IMAGE)
    assert (found.rows.shape, found.masks) == ((0, 6), ())
    assert YoloPose()(np.zeros((4 + 1 + 51, 9)), IMAGE).key_points.shape == (0, 17, 2)
    assert YoloObb()(np.zeros((4 + 1 + 1, 9)), IMAGE).quads.shape == (0, 4, 2)


@pytest.mark.parametrize(
    ("decoder", "output", "fault"),
    [
        (YoloSeg(), np.zeros((37, 9)), "yolo_v8_seg: wants [4 + classes + masks, boxes] and prototypes [masks, h, w] "
         "(list them in `model.output` in this order), not [37, 9]"),
        (YoloSeg(), (np.zeros((36, 9)), np.zeros((32, 4, 4))), "yolo_v8_seg: wants [4 + classes + masks, boxes] and "
         "prototypes [masks, h, w], not 2 arrays: [36, 9], [32, 4, 4]"),
        (YoloSeg(end_to_end=True), (np.zeros((9, 39)), np.zeros((32, 4, 4))), "yolo_v8_seg: wants [boxes, 6 + masks] "
         "and prototypes [masks, h, w], not 2 arrays: [9, 39], [32, 4, 4]"),
        (YoloPose(), np.zeros((55, 9)), "yolo_v8_pose: wants [5 + points * 3, boxes], not [55, 9]"),
        (YoloPose(classes=2, transposed=True), np.zeros((9, 56)), "yolo_v8_pose: wants [boxes, 6 + points * 3], not "
         "[9, 56]"),
        (YoloPose(end_to_end=True), np.zeros((9, 6)), "yolo_v8_pose: wants [boxes, 6 + points * 3], not [9, 6]"),
        (YoloObb(), np.zeros((5, 9)), "yolo_v8_obb: wants [4 + classes + 1, boxes], not [5, 9]"),
        (YoloObb(end_to_end=True), np.zeros((9, 6)), "yolo_v8_obb: wants [boxes, 6 + 1], not [9, 6]"),
    ],
)  # fmt: skip
def test_an_output_that_does_not_fit_is_an_error(decoder, output, fault):
    with pytest.raises(DataError, match=exactly(fault)):
        decoder(output, IMAGE)
