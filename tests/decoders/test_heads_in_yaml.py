"""Detectors' heads said in YAML alone, held against the same in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import yaml

from ovopt.decoders.detector import candidates, suppress
from ovopt.decoders.yolo import Yolox
from ovopt.errors import DataError
from ovopt.recipe import parse_recipe
from tests.factories import exactly

SIZE = 64
IMAGE = {"image": np.zeros((1, 3, SIZE, SIZE), np.float32)}
STRIDES = (8, 16, 32)
CLASSES = 4
RNG = np.random.default_rng(0)


def decoded(text: str, output: Any, inputs: Mapping[str, np.ndarray] = IMAGE) -> Any:
    """What the decoders of a recipe make of an output."""
    recipe = parse_recipe({"ovopt": 1, "family": "any", "postprocess": yaml.safe_load(text)}, "a test")
    for decoder in recipe.postprocess:
        output = decoder(output, inputs)
    return output


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values.astype(np.float64)))


def detections(corners: np.ndarray, scores: np.ndarray, iou: float) -> np.ndarray:
    rows = suppress(candidates(corners, scores, 0.001, multi_label=True), iou, 300, class_agnostic=False)
    rows[:, :4] = rows[:, :4].clip(0, SIZE)
    return rows


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    assert len(expected) > 20
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


YOLOX = """
- split: {xy: 2, wh: 2, object: 1, classes: rest}
- grid: [8, 16, 32]
- add: {of: xy, value: cell}
- exp: wh
- multiply: {of: [xy, wh], value: stride}
- multiply: {of: classes, value: object}
- concat: {of: [xy, wh], to: boxes}
- pick: [boxes, classes]
- boxes_scores: {format: cxcywh, normalised: false, iou: 0.65}
"""


def test_a_yolox_head() -> None:
    count = sum((SIZE // stride) ** 2 for stride in STRIDES)
    output = RNG.normal(0, 0.7, (count, 5 + CLASSES)).astype(np.float32)
    output[:, 4:] = sigmoid(output[:, 4:])
    centres, extents, row = [], [], 0
    for stride in STRIDES:
        for y in range(SIZE // stride):
            for x in range(SIZE // stride):
                centres.append([(output[row, 0] + x) * stride, (output[row, 1] + y) * stride])
                extents.append(np.exp(output[row, 2:4].astype(float)) * stride)
                row += 1
    xy, wh = np.array(centres), np.array(extents)
    expected = detections(np.hstack((xy - wh / 2, xy + wh / 2)), output[:, 4:5] * output[:, 5:], 0.65)
    assert_same(decoded(YOLOX, output), expected)
    assert_same(decoded(YOLOX, output), Yolox(multi_label=True)(output, IMAGE))


ANCHORS = (((10, 13), (16, 30), (33, 23)), ((30, 61), (62, 45), (59, 119)), ((116, 90), (156, 198), (373, 326)))
YOLOV5 = """
- grid:
    strides: [8, 16, 32]
    anchors: [[[10, 13], [16, 30], [33, 23]], [[30, 61], [62, 45], [59, 119]], [[116, 90], [156, 198], [373, 326]]]
    layout: LAYOUT
    offset: -0.5
- sigmoid: rows
- split: {of: rows, into: {xy: 2, wh: 2, object: 1, classes: rest}}
- multiply: {of: [xy, wh], value: 2}
- add: {of: xy, value: cell}
- multiply: {of: xy, value: stride}
- power: {of: wh, value: 2}
- multiply: {of: wh, value: anchor}
- multiply: {of: classes, value: object}
- concat: {of: [xy, wh], to: boxes}
- corners: {of: boxes, format: cxcywh}
- pick: [boxes, classes]
- boxes_scores: {normalised: false, iou: 0.6}
"""


def yolov5_in_numpy(maps: Sequence[np.ndarray]) -> np.ndarray:
    """From maps [anchors, rows, columns, values]; Ultralytics YOLOv5, `models.yolo.Detect`."""
    corners, scores = [], []
    for stride, anchors, values in zip(STRIDES, ANCHORS, maps, strict=True):
        for y in range(values.shape[1]):
            for x in range(values.shape[2]):
                for anchor, (width, height) in enumerate(anchors):
                    v = sigmoid(values[anchor, y, x])
                    cx, cy = (v[0] * 2 - 0.5 + x) * stride, (v[1] * 2 - 0.5 + y) * stride
                    w, h = (v[2] * 2) ** 2 * width, (v[3] * 2) ** 2 * height
                    corners.append([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
                    scores.append(v[4] * v[5:])
    return detections(np.array(corners), np.array(scores), 0.6)


@pytest.mark.parametrize("layout", ["chw", "hwc", "ahwc", "achw"])
def test_a_raw_yolov5_head_of_three_maps_with_anchors(layout: str) -> None:
    maps = [RNG.normal(0, 1, (3, SIZE // s, SIZE // s, 5 + CLASSES)).astype(np.float32) for s in STRIDES]
    given = {
        "ahwc": lambda one: one,
        "achw": lambda one: one.transpose(0, 3, 1, 2),
        "chw": lambda one: one.transpose(0, 3, 1, 2).reshape(-1, *one.shape[1:3]),
        "hwc": lambda one: one.transpose(1, 2, 0, 3).reshape(*one.shape[1:3], -1),
    }[layout]
    expected = yolov5_in_numpy(maps)
    assert_same(decoded(YOLOV5.replace("LAYOUT", layout), tuple(map(given, maps))), expected)


def test_rows_that_go_through_the_cells_of_one_anchor_after_the_other() -> None:
    maps = [RNG.normal(0, 1, (3, SIZE // s, SIZE // s, 5 + CLASSES)).astype(np.float32) for s in STRIDES]
    rows = np.concatenate([one.reshape(-1, one.shape[-1]) for one in maps])
    text = YOLOV5.replace("LAYOUT", "chw").replace("offset", "anchors_first: true\n    offset")
    found, expected = decoded(text, rows), yolov5_in_numpy(maps)
    order = [np.lexsort(np.round(each[:, :5].T, 2)) for each in (found, expected)]
    assert_same(found[order[0]], expected[order[1]])


FCOS = """
- grid: {strides: [8, 16], offset: 0.5, maps: {scores: [0, 3], distances: [1, 4], centerness: [2, 5]}}
- multiply: {of: [cell, distances], value: stride}
- sigmoid: [scores, centerness]
- multiply: {of: scores, value: centerness}
- power: {of: scores, value: 0.5}
BOXES
- pick: [boxes, scores]
- boxes_scores: {normalised: false, iou: 0.6}
"""


@pytest.mark.parametrize(
    "boxes",
    [
        """
- split: {of: distances, into: {before: 2, after: 2}}
- subtract: {of: cell, value: before, to: low}
- add: {of: cell, value: after, to: high}
- concat: {of: [low, high], to: boxes}
""",
        """
- corners: {of: distances, format: ltrb, around: cell}
- concat: {of: [distances], to: boxes}
""",
    ],
)
def test_an_fcos_head_of_three_maps_at_each_stride(boxes: str) -> None:
    maps, corners, scores = [], [], []
    for stride in (8, 16):
        side = SIZE // stride
        score, distance, centre = (RNG.normal(0, 1, (n, side, side)).astype(np.float32) for n in (CLASSES, 4, 1))
        distance = np.exp(distance)
        maps += [score, distance, centre]
        for y in range(side):
            for x in range(side):
                px, py, edges = (x + 0.5) * stride, (y + 0.5) * stride, distance[:, y, x].astype(float) * stride
                corners.append([px - edges[0], py - edges[1], px + edges[2], py + edges[3]])
                scores.append(np.sqrt(sigmoid(score[:, y, x]) * sigmoid(centre[:, y, x])))
    expected = detections(np.array(corners), np.array(scores), 0.6)
    assert_same(decoded(FCOS.replace("BOXES", boxes.strip()), tuple(maps)), expected)


DFL = """
- grid: {strides: [8, 16, 32], offset: 0.5}
- split: {of: rows, into: {edges: 64, classes: rest}}
- reshape: {of: edges, shape: [-1, 4, 16]}
- softmax: {of: edges}
- multiply: {of: edges, value: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]}
- reduce: {of: edges, by: sum}
- multiply: {of: [cell, edges], value: stride}
- corners: {of: edges, format: ltrb, around: cell}
- sigmoid: classes
- pick: [edges, classes]
- boxes_scores: {normalised: false}
"""


def test_a_raw_yolov8_head_whose_edges_are_distributions() -> None:
    maps = [RNG.normal(0, 1, (64 + CLASSES, SIZE // s, SIZE // s)).astype(np.float32) for s in STRIDES]
    corners, scores = [], []
    for stride, values in zip(STRIDES, maps, strict=True):
        for y in range(values.shape[1]):
            for x in range(values.shape[2]):
                powers = np.exp(values[:64, y, x].astype(float).reshape(4, 16))
                edges = (powers / powers.sum(1, keepdims=True)) @ np.arange(16) * stride
                px, py = (x + 0.5) * stride, (y + 0.5) * stride
                corners.append([px - edges[0], py - edges[1], px + edges[2], py + edges[3]])
                scores.append(sigmoid(values[64:, y, x]))
    assert_same(decoded(DFL, tuple(maps)), detections(np.array(corners), np.array(scores), 0.7))


@pytest.mark.parametrize(
    ("text", "output", "message"),
    [
        (
            "- grid: [8, 16]",
            np.zeros((7, 5)),
            "grid: the output has 7 rows, but strides of 8, 16 on an input of 64 x 64 pixels make 80; set `strides`, "
            "`anchors` or `size`",
        ),
        (
            "- grid: {strides: [8], anchors: [[[1, 2], [3, 4]]]}",
            np.zeros((5, 8, 8)),
            "grid: wants a feature map [C, H, W] with 2 anchors, not [5, 8, 8]",
        ),
        (
            "- grid: [8, 16]",
            (np.zeros((5, 8, 8)),),
            "grid: wants 2 feature maps (list them in `model.output` in this order), not 1 arrays: [5, 8, 8]",
        ),
    ],
)
def test_maps_and_rows_that_do_not_fit_are_told(text: str, output: Any, message: str) -> None:
    with pytest.raises(DataError, match=exactly(message)):
        decoded(text, output)
