"""Mean average precision of a detection."""

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from ovopt.contracts import Boxes
from ovopt.errors import DataError
from ovopt.metrics.mean_average_precision import MeanAveragePrecision
from tests.factories import exactly
from tests.metrics.support import draws, rows_of

CLASSES = 4
SIZE = (200, 150)


def xywh(corners):
    return [*corners[:2], corners[2] - corners[0], corners[3] - corners[1]]


def coco_average_precision(scenes, ious=None, limit=100):
    """pycocotools' average precision, overall and of each class that has ground truth."""
    annotations, results = [], []
    for image, (found, real) in enumerate(scenes):
        for corners, c, crowd in zip(real.corners.tolist(), real.classes.tolist(), real.crowd.tolist(), strict=True):
            box = xywh(corners)
            facts = {"id": len(annotations) + 1, "image_id": image, "category_id": c, "bbox": box}
            annotations.append({**facts, "area": box[2] * box[3], "iscrowd": int(crowd)})
        for *corners, score, c in found.tolist():
            results.append({"image_id": image, "category_id": int(c), "bbox": xywh(corners), "score": score})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "info": {},
            "images": [{"id": i} for i in range(len(scenes))],
            "categories": [{"id": c} for c in range(CLASSES)],
            "annotations": annotations,
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results) if results else COCO(), "bbox")
        evaluation.params.maxDets = [limit]
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        if ious:
            evaluation.params.iouThrs = np.array(ious)
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, 0]
    known = [c for c in range(CLASSES) if (precision[:, :, c] > -1).all()]
    return {c: precision[:, :, c].mean() for c in known}


def overall(areas):
    return np.mean(list(areas.values()))


def random_boxes(rng, n):
    low = rng.integers(0, 120, (n, 2))
    return np.concatenate([low, low + rng.integers(1, 40, (n, 2))], axis=1).astype(float)


def random_scene(rng, levels, whole):
    """Objects, and detections of which half lie near an object. `levels` of scores; corners are whole or not."""
    objects, extra = int(rng.integers(0, 6)), int(rng.integers(0, 10))
    corners = random_boxes(rng, objects)
    classes = rng.integers(0, CLASSES - 1, objects)  # the last class has no ground truth
    near = rng.integers(0, objects, extra) if objects else np.empty(0, int)
    shift = rng.integers(-3, 4, (len(near), 4)) if whole else rng.normal(0, 2, (len(near), 4))
    boxes = np.concatenate([corners[near] + shift, random_boxes(rng, extra // 2)])
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
    kinds = np.concatenate([classes[near], rng.integers(0, CLASSES, extra // 2)])
    kinds = np.where(rng.random(len(kinds)) < 0.1, rng.integers(0, CLASSES, len(kinds)), kinds)
    scores = rng.integers(1, levels, len(boxes)) / levels
    found = np.concatenate([boxes, scores[:, None], kinds[:, None]], axis=1)
    return found, Boxes(corners, classes, rng.random(objects) < 0.2, SIZE)


def random_scenes(seed, n=12, levels=10**6, whole=False):
    rng = np.random.default_rng(seed)
    return [random_scene(rng, levels, whole) for _ in range(n)]


def rows(metric, scenes):
    return rows_of([metric.row(*scene) for scene in scenes])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("levels", [10**6, 4], ids=["distinct scores", "tied scores"])
@pytest.mark.parametrize("whole", [False, True], ids=["corners anywhere", "corners in whole pixels"])
def test_the_value_is_cocos_on_all_images_and_on_draws(seed, levels, whole):
    scenes = random_scenes(seed, levels=levels, whole=whole)
    metric = MeanAveragePrecision()
    known = rows(metric, scenes)
    for drawn in draws(len(scenes), seed, 3):
        expected = coco_average_precision([scenes[i] for i in drawn])
        assert metric.value(known[drawn]) == pytest.approx(overall(expected), abs=1e-9)
        assert dict(metric.by_class(known[drawn], [])) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("iou", [0.3, 0.5, 0.75, 1.0])
def test_one_threshold_is_cocos_with_that_threshold_alone(iou):
    scenes = [*random_scenes(7), *random_scenes(8, whole=True)]
    metric = MeanAveragePrecision(iou=iou)
    expected = coco_average_precision(scenes, [iou])
    assert metric.value(rows(metric, scenes)) == pytest.approx(overall(expected), abs=1e-9)


@pytest.mark.parametrize("limit", [1, 2])
def test_the_best_detections_of_an_image_and_class_count(limit):
    scenes = random_scenes(9, n=20, levels=4)
    metric = MeanAveragePrecision(max_detections=limit)
    expected = coco_average_precision(scenes, limit=limit)
    assert metric.value(rows(metric, scenes)) == pytest.approx(overall(expected), abs=1e-9)


def test_draws_of_two_arms_in_turn_are_told_apart():
    before, after = random_scenes(10), random_scenes(11)
    metric = MeanAveragePrecision()
    known = [rows(metric, scenes) for scenes in (before, after)]
    for drawn in draws(len(before), 1, 3):
        for scenes, own in zip((before, after), known, strict=True):
            expected = overall(coco_average_precision([scenes[i] for i in drawn]))
            assert metric.value(own[drawn]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("before", [False, True], ids=["at once", "after all"])
def test_each_image_alone_has_cocos_value(before):
    scenes = random_scenes(13)
    metric = MeanAveragePrecision()
    known = rows(metric, scenes)
    if before:
        metric.value(known)
    for i, scene in enumerate(scenes):
        expected = coco_average_precision([scene])
        value = metric.value(known[i : i + 1])
        assert value == pytest.approx(overall(expected) if expected else np.nan, abs=1e-9, nan_ok=True)


def one(corners, score=0.9, c=0):
    return [*corners, score, c]


def truth(corners, classes=None, crowd=None):
    n = len(corners)
    shaped = np.array(corners, float).reshape(-1, 4)
    return Boxes(shaped, np.array(classes or [0] * n, int), np.array(crowd or [False] * n, bool), SIZE)


BOX, OTHER = [0.0, 0.0, 10.0, 10.0], [50.0, 50.0, 60.0, 60.0]
SCENES = {
    "found": ([one(BOX)], truth([BOX]), 1),
    "missed": ([], truth([BOX]), 0),
    "of another class": ([one(BOX, c=1)], truth([BOX]), 0),
    "found twice, the second is wrong": ([one(BOX), one(BOX, 0.8)], truth([BOX]), 1),
    "found after a mistake": ([one(OTHER), one(BOX, 0.8)], truth([BOX]), 0.5),
    "one of two found": ([one(BOX)], truth([BOX, OTHER]), 51 / 101),
    "a crowd is not missed": ([one(BOX)], truth([BOX, OTHER], crowd=[False, True]), 1),
    "a part of a crowd is not wrong": (
        [one([50, 50, 52, 52]), one([53, 53, 55, 55], 0.95), one(BOX, 0.5)], truth([OTHER, BOX], crowd=[True, False]), 1
    ),
    "an object goes before a crowd": ([one(BOX)], truth([BOX, BOX], crowd=[True, False]), 1),
    "a box without area": ([one([5, 5, 5, 5])], truth([BOX]), 0),
    "an object without area": ([one(BOX)], truth([[5, 5, 5, 5], BOX]), 51 / 101),
}  # fmt: skip


@pytest.mark.parametrize(("found", "real", "value"), SCENES.values(), ids=SCENES)
def test_a_scene_has_the_value_that_it_should(found, real, value):
    found = np.array(found, float).reshape(-1, 6)
    metric = MeanAveragePrecision()
    assert metric.value(rows(metric, [(found, real)])) == pytest.approx(value, abs=1e-12)
    assert overall(coco_average_precision([(found, real)])) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    "scenes",
    [
        [],
        [([], truth([]))],
        [([one(BOX)], truth([]))],
        [([one(BOX)], truth([BOX], crowd=[True]))],
        [([], truth([])), ([], truth([]))],
    ],
)
def test_without_labelled_objects_there_is_no_value(scenes):
    metric = MeanAveragePrecision()
    known = rows(metric, [(np.array(found, float), real) for found, real in scenes])
    assert np.isnan(metric.value(known))
    assert metric.by_class(known, []) == {}


def test_a_row_names_the_thresholds_that_a_detection_passes_bit_by_bit():
    found = np.array([one([0, 0, 10, 7], 0.5), one(OTHER, 0.25)])
    row = MeanAveragePrecision().row(found, truth([BOX, OTHER, [0, 0, 99, 99]], [0, 0, 2], [False, True, False]))
    assert row == [[0, 1, [[0.5, 0b11111, 0], [0.25, 0b1111111111, 0b1111111111]]], [2, 1, []]]


def test_single_precision_detections_are_taken_as_they_are():
    found, real = random_scene(np.random.default_rng(12), 100, whole=True)
    assert MeanAveragePrecision().row(found.astype(np.float32), real) == MeanAveragePrecision().row(
        found.astype(np.float32).astype(float), real
    )


def test_the_presets_carry_their_threshold_in_their_names():
    labels = {name: MeanAveragePrecision(**fields).label for name, fields in MeanAveragePrecision.presets.items()}
    assert labels == {"map50": "map50", "map75": "map75"}
    assert MeanAveragePrecision().label == "map"
    assert MeanAveragePrecision(iou=0.55).label == "map55"


def test_a_metric_that_was_used_is_equal_to_one_that_was_not():
    used = MeanAveragePrecision()
    used.value(rows(used, random_scenes(0)))
    assert used == MeanAveragePrecision()


def test_an_output_without_detections_may_have_any_empty_shape():
    for shape in ((0, 6), (0,)):
        assert MeanAveragePrecision().row(np.zeros(shape), truth([BOX])) == [[0, 1, []]]


@pytest.mark.parametrize("shape", [(3, 5), (6, 2), (12,)])
def test_an_output_that_is_no_list_of_detections_is_an_error(shape):
    fault = (
        f"map needs detections [n, 6] (x0, y0, x1, y1, score, class), the output has shape {shape}; add a decoder of "
        "boxes to the recipe's `postprocess`"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        MeanAveragePrecision().row(np.zeros(shape), truth([BOX]))


def test_boxes_are_a_label_that_fits():
    MeanAveragePrecision().check(truth([BOX]), [], "s#0")
    MeanAveragePrecision().check(truth([]), [], "s#0")


@pytest.mark.parametrize(
    ("label", "fault"),
    [
        (3, "the label is no boxes, which map needs, but int; take a data source that gives boxes"),
        (
            Boxes(np.zeros((2, 4)), np.zeros(1, int), np.zeros(2, bool), SIZE),
            "(2, 4) box corners, 1 classes and 2 crowd flags do not fit together; [n, 4], n and n are needed",
        ),
        (
            Boxes(np.zeros(4), np.zeros(1, int), np.zeros(1, bool), SIZE),
            "(4,) box corners, 1 classes and 1 crowd flags do not fit together; [n, 4], n and n are needed",
        ),
    ],
)
def test_a_label_that_is_no_boxes_is_an_error(label, fault):
    with pytest.raises(DataError, match=exactly(f"s#0: {fault}")):
        MeanAveragePrecision().check(label, [], "s#0")


def test_opposite_corners_and_rows_may_come_in_any_order():
    scenes = random_scenes(4)
    metric = MeanAveragePrecision()
    expected = metric.value(rows(metric, scenes))

    def turned(found, real):
        order = np.random.default_rng(len(found)).permutation(len(found))
        back = [2, 1, 0, 3, 4, 5]
        return found[order][:, back], Boxes(real.corners[:, [0, 3, 2, 1]], real.classes, real.crowd, real.size)

    assert metric.value(rows(metric, [turned(*scene) for scene in scenes])) == pytest.approx(expected)


def difficult(corners, flags):
    count = len(corners)
    boxes = np.array(corners, np.float64)
    return Boxes(boxes, np.zeros(count, int), np.zeros(count, bool), SIZE, difficult=np.array(flags))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([[10, 10, 70, 70, 0.9, 0], [11, 10, 70, 70, 0.8, 0], [70, 70, 110, 110, 0.5, 0]], 1.0),  # both on it
        ([[10, 10, 30, 30, 0.9, 0], [70, 70, 110, 110, 0.5, 0]], 0.5),  # inside of it, which a crowd would forgive
        ([[70, 70, 110, 110, 0.5, 0]], 1.0),  # not finding it
    ],
)
def test_what_finds_a_difficult_object_by_the_usual_overlap_counts_neither_way(found, expected):
    metric = MeanAveragePrecision(iou=0.5)
    target = difficult([[10, 10, 70, 70], [70, 70, 110, 110]], [True, False])
    assert metric.value(rows_of([metric.row(np.array(found), target)])) == pytest.approx(expected)
