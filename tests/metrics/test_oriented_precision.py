"""Mean average precision of oriented boxes."""

import numpy as np
import pytest

from ovopt.arrays.oriented import around, quads_of
from ovopt.contracts import Boxes, Detections
from ovopt.errors import DataError
from ovopt.metrics.mean_average_precision import MeanAveragePrecision
from ovopt.metrics.oriented_precision import OrientedPrecision
from tests.factories import exactly
from tests.metrics.support import rows_of

SIZE = (200, 150)


def labels(boxes, classes):
    quads = quads_of(np.array(boxes, float).reshape(-1, 5))
    n = len(quads)
    return Boxes(around(quads), np.array(classes, int), np.zeros(n, bool), SIZE, quads=quads)


def detections(boxes, scores, classes):
    quads = quads_of(np.array(boxes, float).reshape(-1, 5))
    return Detections(np.column_stack([around(quads), scores, classes]), quads=quads)


def value(metric, *scenes):
    return metric.value(rows_of([metric.row(*scene) for scene in scenes]))


def test_the_angle_decides_where_boxes_around_are_the_same():
    real = labels([[50, 50, 40, 10, np.pi / 4]], [0])
    turned = detections([[50, 50, 40, 10, -np.pi / 4]], [0.9], [0])
    assert value(MeanAveragePrecision(), (turned, real)) == pytest.approx(1)
    assert value(OrientedPrecision(), (turned, real)) == 0
    assert value(OrientedPrecision(), (detections([[50, 50, 10, 40, 3 * np.pi / 4]], [0.9], [0]), real)) == 1


def test_each_threshold_counts_up_to_the_overlap():
    # 40 x 10 shifted by 8 along its length: 320 of 480 pixels are shared, which four of ten thresholds allow.
    along = 8 * np.array([np.cos(0.7), np.sin(0.7)])
    scene = (
        detections([[50 + along[0], 50 + along[1], 40, 10, 0.7]], [0.9], [0]),
        labels([[50, 50, 40, 10, 0.7]], [0]),
    )
    assert value(OrientedPrecision(), scene) == pytest.approx(0.4)
    assert value(OrientedPrecision(iou=0.666), scene) == 1
    assert value(OrientedPrecision(iou=0.667), scene) == 0


def test_upright_boxes_have_the_value_of_map():
    rng = np.random.default_rng(0)
    scenes = []
    for _ in range(10):
        boxes = np.column_stack([rng.uniform(20, 90, (4, 2)), rng.uniform(5, 30, (4, 2)), np.zeros(4)])
        near = np.concatenate([boxes + rng.normal(0, 2, boxes.shape) * [1, 1, 1, 1, 0], boxes[:2]])
        near[:, 2:4] = np.abs(near[:, 2:4]) + 1
        scenes.append((detections(near, rng.permutation(6) / 6, [0, 1, 0, 1, 0, 1]), labels(boxes, [0, 1, 0, 1])))
    for iou in (None, 0.5, 0.75):
        expected = value(MeanAveragePrecision(iou=iou), *scenes)
        assert 0 < expected < 1
        assert value(OrientedPrecision(iou=iou), *scenes) == pytest.approx(expected, abs=1e-12)


def test_the_presets_carry_their_threshold_in_their_names():
    made = {name: OrientedPrecision(**fields).label for name, fields in OrientedPrecision.presets.items()}
    assert made == {"oriented_map50": "oriented_map50", "oriented_map75": "oriented_map75"}


def test_images_without_objects_need_no_corners():
    empty = Boxes(np.zeros((0, 4)), np.zeros(0, int), np.zeros(0, bool), SIZE)
    OrientedPrecision().check(empty, [], "s#0")
    assert OrientedPrecision().row(detections([[9, 9, 4, 2, 0]], [0.5], [1]), empty) == [[1, 0, [[0.5, 0, 0]]]]


def test_objects_that_are_no_oriented_boxes_are_an_error():
    real = Boxes(np.ones((2, 4)), np.zeros(2, int), np.zeros(2, bool), SIZE)
    fault = (
        "s#0: not each of its 2 objects is given by four corners, which oriented_map needs; take data of oriented "
        "boxes, or judge boxes: --set metrics=[map]"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        OrientedPrecision().check(real, [], "s#0")


@pytest.mark.parametrize("output", [np.zeros((2, 6)), Detections(np.zeros((2, 6)))])
def test_detections_that_are_not_oriented_are_an_error(output):
    fault = (
        "oriented_map needs oriented boxes; add a decoder of them, such as yolo_v8_obb, to the recipe's `postprocess`"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        OrientedPrecision().row(output, labels([[9, 9, 4, 2, 0]], [0]))
