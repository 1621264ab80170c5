"""Which decoder the outputs look like of a model that tells more of an object than its box."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ovopt.contracts import Boxes, Decoder, plugins
from ovopt.records import Port
from ovopt.workflow.drafting.shaped_heads import shaped_heads

MASKS = "instance-segmentation"
SQUARE = np.array([[0, 0], [4, 0], [4, 4], [0, 4]], np.float64)
LINE = np.array([[0, 0], [4, 0], [4, 4], [0, 4], [1, 1]], np.float64)


def boxes(**more: Any) -> Boxes:
    return Boxes(np.array([[0.0, 0, 4, 4]]), np.array([0]), np.array([False]), (8, 8), **more)


def ports(*shapes: tuple[int | None, ...]) -> list[Port]:
    return [Port(name=f"out{i}", shape=shape, dtype="f32") for i, shape in enumerate(shapes)]


@pytest.mark.parametrize(
    ("more", "shapes", "classes", "outputs", "decoder", "task"),
    [
        ({"key_points": np.zeros((1, 17, 3))}, [(1, 56, 8400)], 1, 0, "yolo_v8_pose", "keypoints"),
        ({"key_points": np.zeros((1, 4, 3))}, [(1, 13, 8400)], 1, 0, "yolo_v8_pose", "keypoints"),
        ({"outlines": ((LINE,),)}, [(1, 116, 8400), (1, 32, 160, 160)], 80, [0, 1], "yolo_v8_seg", MASKS),
        ({"outlines": ((LINE,),)}, [(1, 32, 160, 160), (1, 8400, 116)], 80, [1, 0], "yolo_v8_seg", MASKS),
        ({"outlines": ((SQUARE,),)}, [(1, 20, 8400)], 15, 0, "yolo_v8_obb", "oriented-detection"),
    ],
)  # fmt: skip
def test_a_head_is_known_by_shapes_and_labels(
    more: Any, shapes: Any, classes: int, outputs: Any, decoder: str, task: str
) -> None:
    head = shaped_heads(boxes(**more), ports(*shapes), classes)[0]
    assert (head.outputs, next(iter(head.decoder)), head.task) == (outputs, decoder, task)
    assert decoder in plugins("ovopt.decoders", Decoder)


def test_plain_boxes_have_none() -> None:
    assert shaped_heads(boxes(), ports((1, 84, 8400)), 80) == []
    assert shaped_heads(boxes(outlines=((LINE,),)), ports((1, 84, 8400)), 80) == []
