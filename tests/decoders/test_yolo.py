"""YOLO heads: known boxes, encoded by hand, come back."""

import numpy as np
import pytest
from pydantic import ValidationError

from ovopt.decoders.yolo import YoloEndToEnd, YoloV3, YoloV5, YoloV8, Yolox
from ovopt.errors import DataError
from tests.decoders.scenes import CLASSES, HEIGHT, IMAGE, WIDTH, logit, same, scene
from tests.factories import exactly

SEEDS = pytest.mark.parametrize("seed", range(5))
STRIDES = (8, 16, 32)
CELLS = sum((WIDTH // s) * (HEIGHT // s) for s in STRIDES)


def _among(rng, rows, count=200):
    """Rows in random places among others of score 0."""
    table = np.zeros((count, rows.shape[1]))
    table[:, :4] = rng.uniform(20, 40, (count, 4))
    table[rng.permutation(count)[: len(rows)]] = rows
    return table


def _v8(scene_, rng):
    return _among(rng, np.hstack((scene_.cxcywh, scene_.one_hot())))


@SEEDS
def test_yolo_v8_gives_the_encoded_boxes_back(seed):
    objects = scene(seed)
    table = _v8(objects, np.random.default_rng(seed)).astype(np.float32)
    same(YoloV8()(table.T, IMAGE), objects.detections)
    same(YoloV8()(table.T[None], IMAGE), objects.detections)
    same(YoloV8(transposed=True)(table, IMAGE), objects.detections)


def test_yolo_v8_leaves_out_what_follows_the_classes():
    objects = scene(0)
    table = np.hstack((_v8(objects, np.random.default_rng(0)), np.full((200, 32), 9.0)))
    same(YoloV8(classes=CLASSES)(table.T, IMAGE), objects.detections)


def test_a_box_counts_for_each_of_its_classes_or_for_the_best():
    output = np.array([[30.0, 40, 20, 10, 0.3, 0.9]]).T
    both = [[20, 35, 40, 45, 0.9, 1], [20, 35, 40, 45, 0.3, 0]]
    same(YoloV8()(output, IMAGE), np.array(both))
    same(YoloV8(multi_label=False)(output, IMAGE), np.array(both[:1]))
    same(YoloV8(class_agnostic=True)(output, IMAGE), np.array(both[:1]))


@SEEDS
def test_yolo_v5_gives_the_encoded_boxes_back(seed):
    objects, rng = scene(seed), np.random.default_rng(seed)
    certainty = rng.uniform(0.5, 1, (len(objects.scores), 1)) * (1 - 1e-3) + 1e-3
    certainty = np.maximum(certainty, objects.scores[:, None])
    rows = np.hstack((objects.cxcywh, certainty, objects.one_hot() / certainty))
    same(YoloV5()(_among(rng, rows), IMAGE), objects.detections)
    padded = np.hstack((_among(np.random.default_rng(1), rows), np.ones((200, 3))))
    same(YoloV5(classes=CLASSES)(padded, IMAGE), objects.detections)


def test_yolo_v5_multiplies_object_and_class():
    output = np.array([[30, 40, 20, 10, 0.5, 0.6, 0.2]])
    same(YoloV5()(output, IMAGE), np.array([[20, 35, 40, 45, 0.3, 0], [20, 35, 40, 45, 0.1, 1]]))


@SEEDS
def test_an_end_to_end_head_is_taken_as_it_is(seed):
    objects = scene(seed)
    padded = np.vstack((np.zeros((3, 6)), objects.detections[::-1], np.zeros((3, 6))))
    same(YoloEndToEnd()(padded, IMAGE), objects.detections)


def test_an_end_to_end_head_with_a_sole_detection_may_have_lost_a_dimension():
    same(YoloEndToEnd()(np.array([1.0, 2, 3, 4, 0.5, 1]), IMAGE), np.array([[1, 2, 3, 4, 0.5, 1]]))


@SEEDS
def test_yolox_gives_the_encoded_boxes_back(seed):
    objects, rng = scene(seed), np.random.default_rng(seed)
    output = np.zeros((CELLS, 5 + CLASSES))
    starts = np.cumsum([0, *((WIDTH // s) * (HEIGHT // s) for s in STRIDES)])
    for (cx, cy, w, h), score, label in zip(objects.cxcywh, objects.scores, objects.classes, strict=True):
        level = rng.integers(3)
        stride = STRIDES[level]
        column, row = int(cx // stride), int(cy // stride)
        cell = output[starts[level] + row * (WIDTH // stride) + column]
        cell[:5] = [cx / stride - column, cy / stride - row, np.log(w / stride), np.log(h / stride), 1]
        cell[5 + label] = score
    same(Yolox()(output, IMAGE), objects.detections)
    same(Yolox(size=(WIDTH, HEIGHT))(output, {}), objects.detections)


def test_yolox_of_another_size_is_an_error():
    message = (
        "yolox: the output has 8400 boxes, but strides of 8, 16, 32 on an input of 256 x 192 pixels make 1008; set "
        "`strides` or `size`"
    )
    with pytest.raises(DataError, match=exactly(message)):
        Yolox()(np.zeros((8400, 85)), IMAGE)


def test_a_size_that_overflows_is_no_detection():
    output = np.zeros((CELLS, 6))
    output[0] = [0, 0, 1e4, 1, 1, 1]
    assert Yolox()(output, IMAGE).shape == (0, 6)


ANCHORS = (((10, 13), (16, 30), (33, 23)), ((30, 61), (62, 45), (59, 119)))


@pytest.mark.parametrize("layout", ["chw", "hwc"])
@pytest.mark.parametrize("scale_xy", [1, 1.2])
@SEEDS
def test_yolo_v3_gives_the_encoded_boxes_back(seed, scale_xy, layout):
    objects, rng = scene(seed), np.random.default_rng(seed)
    maps = [np.full((3, 5 + CLASSES, HEIGHT // s, WIDTH // s), -50.0) for s in (16, 32)]
    for (cx, cy, w, h), score, label in zip(objects.cxcywh, objects.scores, objects.classes, strict=True):
        level, anchor = rng.integers(2), rng.integers(3)
        stride, (aw, ah) = (16, 32)[level], ANCHORS[level][anchor]
        column, row = int(cx // stride), int(cy // stride)
        inside = (np.array([cx / stride - column, cy / stride - row]) + (scale_xy - 1) / 2) / scale_xy
        cell = maps[level][anchor, :, row, column]
        cell[:5] = [*logit(inside), np.log(w / aw), np.log(h / ah), 50]
        cell[5 + label] = logit(score)
    flat = [m.reshape(-1, *m.shape[2:]) for m in maps]
    output = tuple(m if layout == "chw" else m.transpose(1, 2, 0) for m in flat)
    decoder = YoloV3(anchors=ANCHORS, strides=(16, 32), scale_xy=scale_xy, maps=layout)
    same(decoder(output, IMAGE), objects.detections)


def test_yolo_v3_takes_a_sole_map_as_it_is():
    output = np.full((6, HEIGHT // 32, WIDTH // 32), -50.0)
    output[:, 1, 2] = [0, 0, 0, 0, 50, 50]
    found = YoloV3(anchors=(((20, 10),),), strides=(32,))(output, IMAGE)
    same(found, np.array([[70, 43, 90, 53, 1, 0]]))


def test_yolo_v3_wants_anchors_for_each_map():
    with pytest.raises(ValidationError, match="anchors and strides must have the same length"):
        YoloV3(anchors=ANCHORS, strides=(8,))


@pytest.mark.parametrize(
    ("decoder", "output", "message"),
    [
        (YoloV8(), np.zeros((4, 9)), "yolo_v8: wants [4 + classes, boxes], not [4, 9]"),
        (YoloV8(), np.zeros(9), "yolo_v8: wants [4 + classes, boxes], not [9]"),
        (YoloV8(transposed=True), np.zeros((9, 4)), "yolo_v8: wants [boxes, 4 + classes], not [9, 4]"),
        (YoloV8(classes=80), np.zeros((83, 9)), "yolo_v8: wants [84 or more, boxes], not [83, 9]"),
        (YoloV8(), (np.zeros((84, 9)), np.zeros(3)), "yolo_v8: wants [4 + classes, boxes], not 2 arrays: [84, 9], [3]"),
        (YoloV8(), "text", "yolo_v8: wants [4 + classes, boxes], not str"),
        (YoloV5(), np.zeros((9, 5)), "yolo_v5: wants [boxes, 5 + classes], not [9, 5]"),
        (YoloV5(classes=2), np.zeros((9, 6)), "yolo_v5: wants [boxes, 7 or more], not [9, 6]"),
        (YoloEndToEnd(), np.zeros((9, 7)), "yolo_end_to_end: wants [boxes, 6], not [9, 7]"),
        (Yolox(), np.zeros((9, 5)), "yolox: wants [boxes, 5 + classes], not [9, 5]"),
        (
            YoloV3(anchors=ANCHORS, strides=(16, 32)),
            np.zeros((18, 2, 2)),
            "yolo_v3: wants 2 outputs, as many as `anchors` has lists, not [18, 2, 2]",
        ),
        (
            YoloV3(anchors=ANCHORS, strides=(16, 32)),
            (np.zeros((18, 2, 2)), np.zeros((19, 2, 2))),
            "yolo_v3: wants [3 * (5 + classes), H, W], not [19, 2, 2]",
        ),
        (
            YoloV3(anchors=ANCHORS, strides=(16, 32), maps="hwc"),
            (np.zeros((2, 2, 18)), np.zeros((2, 2, 15))),
            "yolo_v3: wants [H, W, 3 * (5 + classes)], not [2, 2, 15]",
        ),
        (
            YoloV3(anchors=ANCHORS, strides=(16, 32)),
            (np.zeros((18, 2, 2)), np.zeros((21, 2, 2))),
            "yolo_v3: wants the same classes in all maps, not 2 arrays: [18, 2, 2], [21, 2, 2]",
        ),
    ],
)
def test_an_output_that_does_not_fit_is_an_error(decoder, output, message):
    with pytest.raises(DataError, match=exactly(message)):
        decoder(output, IMAGE)
