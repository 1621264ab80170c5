"""Mean average precision of instance masks."""

import numpy as np
import pytest

from ovopt.arrays import regions
from ovopt.contracts import Boxes, Detections
from ovopt.errors import DataError
from ovopt.metrics.mask_precision import MaskPrecision
from ovopt.metrics.mean_average_precision import MeanAveragePrecision
from tests.factories import exactly
from tests.metrics.coco_reference import average_precisions, overall
from tests.metrics.support import draws, rows_of

CLASSES, SIZE = 3, (120, 90)


def blob(rng, centre, radius):
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    reach = radius * rng.uniform(0.5, 1, (9, 1))
    return np.clip(centre + reach * np.stack([np.cos(angles), np.sin(angles)], 1), 0, SIZE)


def boxes_around(polygons):
    return np.array([[*polygon.min(axis=0), *polygon.max(axis=0)] for polygon in polygons]).reshape(-1, 4)


def masks_of(polygons):
    return tuple(regions.of_polygons([polygon], SIZE) for polygon in polygons)


def random_scene(rng):
    """Objects, and detections of which most lie near an object."""
    n = int(rng.integers(0, 6))
    polygons = [blob(rng, rng.uniform(20, 90, 2), 18) for _ in range(n)]
    classes = rng.integers(0, CLASSES, n)
    near = rng.integers(0, n, 2 * n) if n else np.empty(0, int)
    found = [polygons[i] + rng.normal(0, 2, (9, 2)) for i in near] + [blob(rng, rng.uniform(20, 90, 2), 18)]
    kinds = np.append(classes[near], 0)
    scores = rng.integers(1, 8, len(found)) / 8
    rows = np.column_stack([boxes_around(found), scores, kinds])
    labels = Boxes(boxes_around(polygons), classes, rng.random(n) < 0.2, SIZE, masks_of(polygons))
    return Detections(rows, masks_of(found)), labels


def plain(mask):
    return {"size": list(mask.size), "counts": mask.counts}


def annotations(scene):
    found, real = scene
    objects = [
        {"category_id": int(c), "segmentation": plain(mask), "iscrowd": int(crowd), "area": 1, "bbox": [0, 0, 1, 1]}
        for c, mask, crowd in zip(real.classes, real.outlines, real.crowd, strict=True)
    ]
    results = [
        {"category_id": int(row[5]), "segmentation": plain(mask), "score": row[4]}
        for row, mask in zip(found.rows, found.masks, strict=True)
    ]
    return objects, results


def rows(metric, scenes):
    return rows_of([metric.row(*scene) for scene in scenes])


@pytest.mark.parametrize("seed", range(4))
def test_the_value_is_cocos_on_all_images_and_on_draws(seed):
    rng = np.random.default_rng(seed)
    scenes = [random_scene(rng) for _ in range(8)]
    metric = MaskPrecision()
    known = rows(metric, scenes)
    for drawn in draws(len(scenes), seed, 2):
        expected = average_precisions([annotations(scenes[i]) for i in drawn], "segm", CLASSES, size=SIZE)
        assert metric.value(known[drawn]) == pytest.approx(overall(expected), abs=1e-9)
        assert dict(metric.by_class(known[drawn], [])) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("preset", MaskPrecision.presets)
def test_a_threshold_is_cocos_with_that_threshold_alone(preset):
    scenes = [random_scene(np.random.default_rng(seed)) for seed in range(8)]
    metric = MaskPrecision(**MaskPrecision.presets[preset])
    expected = average_precisions(
        [annotations(scene) for scene in scenes], "segm", CLASSES, size=SIZE, thresholds=[metric.iou]
    )
    assert metric.label == preset
    assert metric.value(rows(metric, scenes)) == pytest.approx(overall(expected), abs=1e-9)


def test_boxes_of_detections_with_masks_are_judged_as_boxes():
    found, real = random_scene(np.random.default_rng(3))
    assert MeanAveragePrecision().row(found, real) == MeanAveragePrecision().row(found.rows, real)


def test_an_image_without_objects_needs_no_outlines():
    empty = Boxes(np.zeros((0, 4)), np.zeros(0, int), np.zeros(0, bool), SIZE)
    MaskPrecision().check(empty, [], "s#0")
    assert MaskPrecision().row(Detections(np.zeros((0, 6)), ()), empty) == []
    found, _ = random_scene(np.random.default_rng(0))
    assert [objects for _, objects, _ in MaskPrecision().row(found, empty)] == [0] * len(np.unique(found.rows[:, 5]))


def test_objects_without_outlines_are_an_error():
    _, real = random_scene(np.random.default_rng(1))
    n = len(real.classes)
    MaskPrecision().check(real, [], "s#0")
    said = (
        "objects have no outline, which mask_map needs; take data with polygons or masks of each, or judge boxes: "
        "--set metrics=[map]"
    )
    for outlines, lacking in (((), n), (None, n), (((), *real.outlines[1:]), 1)):
        label = Boxes(real.corners, real.classes, real.crowd, SIZE, outlines)
        with pytest.raises(DataError, match=exactly(f"s#0: {lacking} of its {n} {said}")):
            MaskPrecision().check(label, [], "s#0")


@pytest.mark.parametrize("output", [np.zeros((2, 6)), Detections(np.zeros((2, 6)))])
def test_detections_without_masks_are_an_error(output):
    fault = (
        "mask_map needs a mask of each detection; add a decoder of masks, such as yolo_v8_seg or mask_rcnn, to the "
        "recipe's `postprocess`"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        MaskPrecision().row(output, random_scene(np.random.default_rng(0))[1])


def test_masks_of_another_size_are_an_error():
    polygon = np.array([[0.0, 0], [9, 0], [9, 9]])
    found = Detections(np.array([[0, 0, 9, 9, 0.5, 0]]), (regions.of_polygons([polygon], (64, 64)),))
    real = Boxes(np.array([[0, 0, 9, 9]]), np.array([0]), np.array([False]), SIZE, masks_of([polygon]))
    fault = "mask_map: masks of 64 x 64 and 120 x 90 pixels; `preprocess` must lead labels to the pixels of the input"
    with pytest.raises(DataError, match=exactly(fault)):
        MaskPrecision().row(found, real)
