"""Which decoder a detector's outputs look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ovopt.records import Port

LEAST_ANCHORS, MANY_ROWS = 100, 1001
"""A dimension of so many is anchors, not classes; of `MANY_ROWS`, anchors before suppression."""

TF_OUTPUTS = ("detection_boxes", "detection_classes", "detection_scores", "num_detections")


@dataclass(frozen=True)
class Head:
    """The outputs that it takes, the entry of `postprocess`, and why."""

    outputs: int | list[int | str]
    decoder: Any
    said: str


def detection_head(outputs: Sequence[Port]) -> Head:
    """By the outputs' shapes; the YOLOv8 layout where nothing tells."""
    shapes = [port.shape or () for port in outputs]
    first = shapes[0]
    if len(shapes) == 1 and first[-1:] == (7,) and len(first) == 4:
        return Head(0, "detection_output", "Rows of 7 numbers: OpenVINO's DetectionOutput.")
    if len(shapes) == 1 and first[-1:] == (6,) and (first[-2] or 0) < MANY_ROWS:
        return Head(0, "yolo_end_to_end", "Rows of 6 numbers: boxes after suppression, as YOLOv10 gives them.")
    if len(shapes) == 1 and len(first) == 3 and _many(first[1]) and not _many(first[2]):
        return Head(0, "yolo_v5", "Anchors before numbers: the layout of YOLOv5 to v7.")
    if len(shapes) == 2 and any(shape[-1:] == (4,) for shape in shapes):
        boxes = next((i for i, shape in enumerate(shapes) if shape[-1] == 4), 0)
        said = "Two outputs, one of them with rows of 4 numbers: boxes and scores."
        return Head([boxes, 1 - boxes], "yolo_nas", said)
    if len(shapes) == 4:
        return _four(outputs)
    return Head(0, "yolo_v8", "Numbers before anchors: the layout of YOLOv8 and later.")


def _four(outputs: Sequence[Port]) -> Head:
    names = [port.name.split(":")[0] for port in outputs]
    if sorted(names) == sorted(TF_OUTPUTS):
        order: list[int | str] = [names.index(name) for name in TF_OUTPUTS]
        said = "Four outputs, called as those of the TensorFlow detection API; its exports count classes from 1."
        return Head(order, {"tf_detections": {"label_offset": 1}}, said)
    said = "Four outputs: those of the TensorFlow detection API; see to their order."
    return Head([0, 1, 2, 3], "tf_detections", said)


def _many(dim: int | None) -> bool:
    return dim is None or dim >= LEAST_ANCHORS
