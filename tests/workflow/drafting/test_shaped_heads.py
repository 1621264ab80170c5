"""Which decoder outputs look like where more than boxes is labelled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ovopt.contracts import Boxes, Decoder, plugins
from ovopt.records import Port
from ovopt.workflow.drafting.new_recipe import draft_recipe
from ovopt.workflow.drafting.shaped_heads import are_maps, shaped_heads
from tests.data.pictures import picture
from tests.models import saved
from tests.recipes import models_vision

QUAD, TRIANGLE = (np.array([[0.0, 0], [4, 0], [4, 4], [0, 4]]),), (np.array([[0.0, 0], [4, 0], [4, 4]]),)
POINTS = np.ones((1, 5, 3))
SEGMENTS, POSE, OBB = "instance-segmentation", "keypoints", "oriented-detection"


def labelled(outline: Any = None, points: Any = None) -> Boxes:
    outlines = None if outline is None else (outline,)
    return Boxes(np.zeros((1, 4)), np.zeros(1, int), np.zeros(1, bool), (8, 8), outlines=outlines, key_points=points)


def heads(
    boxes: Boxes, classes: int | None, *shapes: tuple[int | None, ...], integers: tuple[int, ...] = ()
) -> dict[str, list[tuple[Any, Any]]]:
    kinds = ["i64" if place in integers else "f32" for place in range(len(shapes))]
    ports = [Port(name=f"out{i}", shape=shape, dtype=kinds[i]) for i, shape in enumerate(shapes)]
    found = shaped_heads(boxes, ports, classes)
    return {
        task: [(head.outputs, head.decoder) for head in found if head.task == task] for task in {h.task for h in found}
    }


PROTOTYPES = (1, 32, 160, 160)


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ([(1, 116, 8400), PROTOTYPES], [([0, 1], "yolo_v8_seg")]),
        ([PROTOTYPES, (1, 38, None)], [([1, 0], "yolo_v8_seg")]),
        ([(None, 8400, 116), (None, *PROTOTYPES[1:])], [([0, 1], {"yolo_v8_seg": {"transposed": True}})]),
        ([(1, 30, 38), PROTOTYPES], [([0, 1], {"yolo_v8_seg": {"end_to_end": True}})]),
        ([(1, 37, 8400), PROTOTYPES], []),
        ([(1, 116, 8400)], []),
        ([(1, 300, 38), (1, 300), PROTOTYPES], []),
        ([(None, 5), (None,), (None, 28, 28)], [
            ([0, 1, 2], "mask_rcnn"), ([0, 1, 2], {"mask_rcnn": {"label_offset": 1}})
        ]),
        ([(None, 4), (None,), (None,), (None, 1, None, None)], [
            ([0, 2, 1, 3], "mask_rcnn"), ([0, 2, 1, 3], {"mask_rcnn": {"label_offset": 1}})
        ]),
    ],
)  # fmt: skip
def test_masks_are_of_two_outputs_or_small_ones_of_each_box(shapes: Any, expected: list[Any]) -> None:
    found = heads(labelled(TRIANGLE), 2, *shapes, integers=(2,) if len(shapes) == 4 else ())
    assert found == ({SEGMENTS: expected} if expected else {})


@pytest.mark.parametrize(
    ("shape", "classes", "decoder"),
    [
        ((1, 20, 8400), 1, "yolo_v8_pose"),
        ((1, 20, 8400), None, "yolo_v8_pose"),
        ((1, 8400, 20), 1, {"yolo_v8_pose": {"transposed": True}}),
        ((1, 300, 21), 1, {"yolo_v8_pose": {"end_to_end": True}}),
        ((1, 15, 8400), 1, {"yolo_v8_pose": {"dimensions": 2}}),
        ((1, 22, 8400), 3, {"yolo_v8_pose": {"classes": 3}}),
        ((1, 84, 8400), 1, None),
    ],
)
def test_key_points_are_as_many_as_those_of_the_labels(shape: Any, classes: int | None, decoder: Any) -> None:
    assert heads(labelled(points=POINTS), classes, shape) == ({POSE: [(0, decoder)]} if decoder else {})


ORDERS = ({}, {"order": "yx"}, {"normalised": False}, {"order": "yx", "normalised": False})


@pytest.mark.parametrize(
    ("shapes", "ways"),
    [
        ([(1, 5, 64, 48)], ["heatmap_points"]),
        ([(1, 5, 384), (1, 5, 512)], ["simcc_points"]),
        ([(1, 1, 5, 3)], [{"points": fields} if fields else "points" for fields in ORDERS]),
        ([(1, 10)], [{"points": {"columns": 2, **fields}} for fields in ORDERS]),
        ([(1, 6, 64, 48)], []),
        ([(1, 4, 3)], []),
    ],
)
def test_key_points_may_be_of_the_one_object_of_an_image(shapes: Any, ways: list[Any]) -> None:
    output = 0 if len(shapes) == 1 else [0, 1]
    assert heads(labelled(points=POINTS), 1, *shapes) == ({POSE: [(output, way) for way in ways]} if ways else {})


def test_rows_of_seven_numbers_may_end_in_an_angle_or_a_class() -> None:
    ways = [{"yolo_v8_obb": {"end_to_end": True}}, "rotated_boxes", {"rotated_boxes": {"label_offset": 1}}]
    assert heads(labelled(QUAD), 9, (1, 300, 7)) == {OBB: [(0, way) for way in ways]}


BOTH = ({}, {"label_offset": 1})


def lists(decoder: str, order: list[int]) -> list[tuple[Any, Any]]:
    return [(order, {decoder: fields} if fields else decoder) for fields in BOTH]


@pytest.mark.parametrize(
    ("shapes", "order"),
    [
        ([(None, 4), (None,), (None,), (None, 5, 3)], [0, 2, 1, 3]),
        ([(None, 5), (None,), (None, 5, 2)], [0, 1, 2]),
        ([(None, 5), (None, 5, 2)], None),
        ([(None, 5, 2), (None, 6)], [1, 0]),
        ([(None, 6), (None, 4, 3)], None),
    ],
)
def test_key_points_may_be_lists_beside_boxes(shapes: Any, order: list[int] | None) -> None:
    found = heads(labelled(points=POINTS), 1, *shapes, integers=(2,) if len(shapes) == 4 else ())
    assert found == ({POSE: lists("keypoint_rcnn", order)} if order else {})


@pytest.mark.parametrize(
    ("shapes", "order"),
    [
        ([(None, 5), (None,), (None,)], [0, 1, 2]),
        ([(None,), (1, None, 6)], [1, 0]),
        ([(None, 6)], None),
    ],
)
def test_oriented_boxes_may_be_lists(shapes: Any, order: list[int] | None) -> None:
    assert heads(labelled(QUAD), 9, *shapes) == ({OBB: lists("rotated_boxes", order)} if order else {})


@pytest.mark.parametrize(
    ("shape", "decoder"),
    [
        ((1, 20, 21504), "yolo_v8_obb"),
        ((1, 21504, 20), {"yolo_v8_obb": {"transposed": True}}),
        ((1, 19, 21504), None),
        ((), None),
    ],
)
def test_oriented_boxes_have_an_angle_behind_their_scores(shape: Any, decoder: Any) -> None:
    assert heads(labelled(QUAD), 15, shape) == ({OBB: [(0, decoder)]} if decoder else {})
    assert heads(labelled(TRIANGLE), 15, shape) == {}


def test_every_decoder_that_is_chosen_exists() -> None:
    assert {
        "yolo_v8_seg",
        "mask_rcnn",
        "yolo_v8_pose",
        "keypoint_rcnn",
        "heatmap_points",
        "simcc_points",
        "points",
        "yolo_v8_obb",
        "rotated_boxes",
    } <= plugins("ovopt.decoders", Decoder).keys()


def test_boxes_alone_are_judged_without_the_masks_that_belong_to_them() -> None:
    assert heads(labelled(), 2, (1, 84, 8400)) == {}
    assert heads(labelled(), 2, (1, 116, 8400), PROTOTYPES) == {"detection": [(0, {"yolo_v8": {"classes": 80}})]}
    transposed = {"yolo_v8": {"classes": 80, "transposed": True}}
    assert heads(labelled(), 2, PROTOTYPES, (1, 8400, 116)) == {"detection": [(1, transposed)]}
    (head,) = shaped_heads(labelled(), [Port(name="x", shape=s, dtype="f32") for s in ((1, 30, 38), PROTOTYPES)], 2)
    assert (head.before, head.decoder) == (({"slice": {"axis": -1, "stop": 6}},), "yolo_end_to_end")


def test_a_draft_judges_what_is_labelled(tmp_path: Path) -> None:
    """Pure red over the left half of each picture, and the model that finds the colours."""
    for number in range(8):
        picture(tmp_path / f"data/images/{number}.png", 64, 64, (255, 0, 0))
        (tmp_path / "data/labels").mkdir(exist_ok=True)
        (tmp_path / f"data/labels/{number}.txt").write_text("0 0 0 1 0 1 1 0 1")
    (tmp_path / "data/data.yaml").write_text("names: [red, green, blue]")
    made = draft_recipe(saved(models_vision.yolo_seg(64), tmp_path), str(tmp_path / "data"))
    assert made.sections["task"] == SEGMENTS
    assert made.sections["model"]["output"] == [0, 1]
    assert made.sections["postprocess"] == ["yolo_v8_seg"]
    assert made.figure is not None
    assert made.figure.metrics["mask_map"].value == 1


@pytest.mark.parametrize(
    ("shapes", "classes", "expected"),
    [
        ([(1, 4, 64, 64)], 3, True),
        ([(1, 64, 64, 4)], 3, True),
        ([(1, 1, 64, 64)], 1, True),
        ([(1, 2, 64, 64)], 1, True),
        ([(1, 1, 64, 64)], 3, False),
        ([(1, 1, 200, 7)], 1, False),
        ([(1, 2, None, None)], 1, True),
        ([(1, 39, 8400), (1, 4, 160, 160)], 3, False),
    ],
)
def test_outlines_are_painted_where_the_output_is_a_map_of_classes(shapes: Any, classes: int, expected: bool) -> None:
    ports = [Port(name=f"out{i}", shape=shape, dtype="f32") for i, shape in enumerate(shapes)]
    assert are_maps(labelled(TRIANGLE), ports, classes) == expected
    assert not are_maps(labelled(), ports, classes)


def test_a_draft_of_a_semantic_segmentation_paints_polygons(tmp_path: Path) -> None:
    """The left half of each picture is pure red, or pure green, or blue."""
    half = np.zeros((48, 48, 3), np.uint8)
    (tmp_path / "data/labels").mkdir(parents=True)
    (tmp_path / "data/images").mkdir()
    for number in range(9):
        half[:, :24], half[:, 24:] = np.eye(3)[number % 3] * 255, 0
        Image.fromarray(half).save(tmp_path / f"data/images/{number}.png")
        (tmp_path / f"data/labels/{number}.txt").write_text(f"{number % 3} 0 0 .5 0 .5 1 0 1")
    (tmp_path / "data/data.yaml").write_text("names: [red, green, blue]")
    palette = np.concatenate([np.zeros((1, 3)), np.eye(3)])
    made = draft_recipe(
        saved(models_vision.segmenter(48, palette, [0.0] * 3, [1.0] * 3), tmp_path), str(tmp_path / "data")
    )
    assert made.sections["task"] == "segmentation"
    assert made.sections["data"]["classes"] == ["background", "red", "green", "blue"]
    assert made.figure is not None
    assert made.figure.metrics["miou"].value == 1
