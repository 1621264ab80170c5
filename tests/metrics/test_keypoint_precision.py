"""Mean average precision of key points."""

import numpy as np
import pytest

from ovopt.contracts import Boxes, Detections
from ovopt.errors import DataError
from ovopt.metrics.keypoint_precision import COCO_SIGMAS, KeypointPrecision
from tests.factories import exactly
from tests.metrics.coco_reference import average_precisions, overall
from tests.metrics.support import draws, rows_of

CLASSES, SIZE = 2, (200, 150)


def random_scene(rng, points=17, areas=True):
    """Objects, some of them without a labelled point, and detections of which most lie near an object."""
    n = int(rng.integers(0, 5))
    low = rng.uniform(0, 100, (n, 2))
    extent = rng.uniform(20, 60, (n, 2))
    corners = np.concatenate([low, low + extent], axis=1)
    xy = low[:, None] + rng.random((n, points, 2)) * extent[:, None]
    shown = rng.integers(0, 3, (n, points)) * (rng.random((n, 1)) > 0.2)
    near = rng.integers(0, n, 2 * n) if n else np.empty(0, int)
    shift = rng.normal(0, 1, (2 * n, points, 2)) * rng.uniform(0.5, 8, (2 * n, 1, 1))
    found = np.concatenate([xy[near] + shift, rng.uniform(0, 150, (2, points, 2))])
    classes = rng.integers(0, CLASSES, n)
    rows = np.column_stack([np.zeros((len(found), 4)), rng.permutation(len(found)) / 10, [*classes[near], 0, 1]])
    labels = Boxes(
        corners,
        classes,
        rng.random(n) < 0.2,
        SIZE,
        key_points=np.concatenate([xy, shown[..., None]], axis=2),
        areas=extent.prod(axis=1) * rng.uniform(0.3, 0.9, n) if areas else None,
    )
    return Detections(rows, key_points=found), labels


def annotations(scene, share=None):
    found, real = scene
    objects = []
    for place, points in enumerate(real.key_points):
        x0, y0, x1, y1 = real.corners[place]
        objects.append(
            {
                "category_id": int(real.classes[place]),
                "keypoints": points.ravel().tolist(),
                "num_keypoints": int((points[:, 2] > 0).sum()),
                "iscrowd": int(real.crowd[place]),
                "area": (x1 - x0) * (y1 - y0) * share if share else real.areas[place],
                "bbox": [x0, y0, x1 - x0, y1 - y0],
            }
        )
    results = [
        {
            "category_id": int(row[5]),
            "keypoints": np.column_stack([points, np.ones(len(points))]).ravel().tolist(),
            "score": row[4],
        }
        for row, points in zip(found.rows, found.key_points, strict=True)
    ]
    return objects, results


def scenes_of(seed, n=10, **fields):
    rng = np.random.default_rng(seed)
    return [random_scene(rng, **fields) for _ in range(n)]


def rows(metric, scenes):
    return rows_of([metric.row(*scene) for scene in scenes])


def expected_of(scenes, share=None, **fields):
    return average_precisions(
        [annotations(scene, share) for scene in scenes], "keypoints", CLASSES, size=SIZE, limit=20, **fields
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_value_is_cocos_on_all_images_and_on_draws(seed):
    scenes = scenes_of(seed)
    metric = KeypointPrecision()
    known = rows(metric, scenes)
    assert 0 < metric.value(known) < 1
    for drawn in draws(len(scenes), seed, 2):
        expected = expected_of([scenes[i] for i in drawn])
        assert metric.value(known[drawn]) == pytest.approx(overall(expected), abs=1e-9)
        assert dict(metric.by_class(known[drawn], [])) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("preset", KeypointPrecision.presets)
def test_a_threshold_is_cocos_with_that_threshold_alone(preset):
    scenes = scenes_of(7)
    metric = KeypointPrecision(**KeypointPrecision.presets[preset])
    assert metric.label == preset
    expected = overall(expected_of(scenes, thresholds=[metric.iou]))
    assert metric.value(rows(metric, scenes)) == pytest.approx(expected, abs=1e-9)


def test_other_points_have_equal_sigmas_or_those_that_are_given():
    scenes = scenes_of(8, points=4)
    for metric, sigmas in (
        (KeypointPrecision(), [0.25] * 4),
        (KeypointPrecision(sigmas=(0.1, 0.2, 0.3, 0.05)), [0.1, 0.2, 0.3, 0.05]),
    ):
        expected = overall(expected_of(scenes, sigmas=sigmas))
        assert metric.value(rows(metric, scenes)) == pytest.approx(expected, abs=1e-9)


def test_cocos_sigmas_are_those_of_the_reference():
    from pycocotools.cocoeval import Params

    assert Params("keypoints").kpt_oks_sigmas == pytest.approx(COCO_SIGMAS, rel=1e-12)


def test_an_object_of_unknown_area_covers_a_share_of_its_box():
    scenes = scenes_of(9, areas=False)
    for metric, share in ((KeypointPrecision(), 0.53), (KeypointPrecision(area_share=1), 1.0)):
        expected = overall(expected_of(scenes, share))
        assert metric.value(rows(metric, scenes)) == pytest.approx(expected, abs=1e-9)


def test_areas_that_the_data_has_go_before_the_share():
    found, real = random_scene(np.random.default_rng(4))
    part = real.areas.copy()
    part[0] = np.nan
    low, high = real.corners[0, :2], real.corners[0, 2:]
    filled = real.areas.copy()
    filled[0] = np.prod(high - low) * 0.53
    one, other = (
        KeypointPrecision().row(
            found, Boxes(real.corners, real.classes, real.crowd, SIZE, None, real.key_points, areas)
        )
        for areas in (part, filled)
    )
    assert one == other


def test_images_without_objects_need_no_key_points():
    found, _ = random_scene(np.random.default_rng(0))
    empty = Boxes(np.zeros((0, 4)), np.zeros(0, int), np.zeros(0, bool), SIZE)
    KeypointPrecision(sigmas=(1, 2)).check(empty, [], "s#0")
    assert KeypointPrecision().row(Detections(np.zeros((0, 6)), key_points=np.zeros((0, 17, 2))), empty) == []
    assert {objects for _, objects, _ in KeypointPrecision().row(found, empty)} == {0}


@pytest.mark.parametrize(
    ("points", "sigmas", "fault"),
    [
        (None, None, "its 2 objects have no key points, which keypoint_map needs; take data that labels them, or judge "
         "boxes: --set metrics=[map]"),
        (np.zeros((1, 5, 3)), None, "its 2 objects have no key points, which keypoint_map needs; take data that "
         "labels them, or judge boxes: --set metrics=[map]"),
        (np.zeros((2, 5, 3)), (0.1, 0.2), "5 key points, but keypoint_map has 2 `sigmas`"),
    ],
)  # fmt: skip
def test_labels_without_fitting_key_points_are_an_error(points, sigmas, fault):
    label = Boxes(np.ones((2, 4)), np.zeros(2, int), np.zeros(2, bool), SIZE, key_points=points)
    with pytest.raises(DataError, match=exactly(f"s#0: {fault}")):
        KeypointPrecision(sigmas=sigmas).check(label, [], "s#0")


@pytest.mark.parametrize("output", [np.zeros((2, 6)), Detections(np.zeros((2, 6)))])
def test_detections_without_key_points_are_an_error(output):
    fault = (
        "keypoint_map needs key points of each detection; add a decoder of them, such as yolo_v8_pose, to the recipe's "
        "`postprocess`"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        KeypointPrecision().row(output, random_scene(np.random.default_rng(0))[1])


def test_another_number_of_key_points_is_an_error():
    real = Boxes(np.ones((1, 4)), np.zeros(1, int), np.zeros(1, bool), SIZE, key_points=np.ones((1, 5, 3)))
    found = Detections(np.zeros((1, 6)), key_points=np.zeros((1, 17, 2)))
    with pytest.raises(DataError, match=exactly("keypoint_map: the model finds 17 key points, the labels have 5")):
        KeypointPrecision().row(found, real)
