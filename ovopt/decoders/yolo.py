"""The heads of the YOLO family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, PositiveFloat, model_validator

from ovopt.arrays.boxes import corners_of, grid, points
from ovopt.arrays.probabilities import sigmoid
from ovopt.contracts import Array
from ovopt.decoders.detector import DenseDetector, Detector, Overlap
from ovopt.decoders.outputs import array_of, misfit, table_of

Anchors = tuple[tuple[PositiveFloat, PositiveFloat], ...]
CLASSES = "how many classes there are, where masks or key points follow their scores; default: all columns are scores"


class YoloV8(DenseDetector):
    """The head of Ultralytics YOLOv8, YOLOv9, YOLO11 and YOLO12, [4 + classes, boxes]: centre and size in pixels, and a
    score for each class.

    Source: Ultralytics, `ops.non_max_suppression`; the defaults are those of its validation.
    """

    name: ClassVar[str] = "yolo_v8"
    transposed: bool = Field(default=False, description="whether the output is [boxes, 4 + classes]")
    classes: int | None = Field(default=None, gt=0, description=CLASSES)

    def heads(self, output: Any, inputs: Mapping[str, Array]) -> tuple[Array, Array]:
        """Corners [n, 4] in pixels, and scores [n, classes]. Raises DataError where the output does not fit."""
        wants = f"[{_columns(4, self.classes)}, boxes]"
        if self.transposed:
            wants = f"[boxes, {_columns(4, self.classes)}]"
        array = array_of(output, self.name, wants, rank=2)
        rows = array if self.transposed else array.T
        scores = _scores(rows, 4, self.classes, self.name, wants, output)
        return corners_of(rows[:, :4]), scores


class YoloV5(DenseDetector):
    """The head of Ultralytics YOLOv5 and of YOLOv7, [boxes, 5 + classes]: centre and size in pixels, the score of an
    object, and a score for each class.

    Source: Ultralytics YOLOv5, `utils.general.non_max_suppression`; the defaults are those of its validation.
    """

    name: ClassVar[str] = "yolo_v5"
    iou: Overlap = 0.6
    classes: int | None = Field(default=None, gt=0, description=CLASSES)

    def heads(self, output: Any, inputs: Mapping[str, Array]) -> tuple[Array, Array]:
        """Corners [n, 4] in pixels, and scores [n, classes]. Raises DataError where the output does not fit."""
        wants = f"[boxes, {_columns(5, self.classes)}]"
        rows = array_of(output, self.name, wants, rank=2)
        scores = _scores(rows, 5, self.classes, self.name, wants, output)
        return corners_of(rows[:, :4]), rows[:, 4:5] * scores


class YoloEndToEnd(Detector):
    """A head that needs no suppression, or has it inside (YOLOv10, YOLO26, exports with `nms=True`), [boxes, 6]: two
    corners in pixels, score, class. Rows of score 0 are padding."""

    name: ClassVar[str] = "yolo_end_to_end"

    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 6] as they are. Raises DataError where the output does not fit."""
        return table_of(output, self.name, "[boxes, 6]", 6).astype(np.float64)


class Yolox(DenseDetector):
    """The raw head of YOLOX, [boxes, 5 + classes]: the centre as an offset in its cell, the logarithm of the size, both
    in strides; the score of an object, and a score for each class.

    Source: Ge et al. 2021, "YOLOX", and its `YOLOXHead.decode_outputs`.
    """

    name: ClassVar[str] = "yolox"
    iou: Overlap = 0.65
    multi_label: bool = Field(default=False, description="whether a box counts for each class, not only for its best")
    strides: tuple[PositiveFloat, ...] = Field(default=(8, 16, 32), description="pixels per cell of each feature map")

    def heads(self, output: Any, inputs: Mapping[str, Array]) -> tuple[Array, Array]:
        """Corners [n, 4] in pixels, and scores [n, classes]. Raises DataError where the output does not fit."""
        wants = "[boxes, 5 + classes]"
        rows = array_of(output, self.name, wants, rank=2).astype(np.float64)
        scores = _scores(rows, 5, None, self.name, wants, output)
        corner, stride = points(self.input_size(inputs), self.strides, 0, len(rows), self.name)
        boxes = np.hstack((corner + rows[:, :2] * stride, np.exp(rows[:, 2:4]) * stride))
        return corners_of(boxes), rows[:, 4:5] * scores


class YoloV3(DenseDetector):
    """The raw feature maps of YOLOv3, YOLOv4 and their tiny versions, one output for each stride, with
    anchors * (5 + classes) channels: tx, ty, tw, th, the score of an object, and a score for each class, all before the
    sigmoid.

    Source: Redmon and Farhadi 2018, "YOLOv3", section 2.1; `scale_xy` from Bochkovskiy et al. 2020, "YOLOv4".
    """

    name: ClassVar[str] = "yolo_v3"
    iou: Overlap = 0.45
    anchors: tuple[Anchors, ...] = Field(min_length=1, description="[width, height] in pixels, a list for each map")
    strides: tuple[PositiveFloat, ...] = Field(description="pixels per cell of each map")
    scale_xy: float = Field(default=1, ge=1, description="how far a centre reaches beyond its cell: 1.05 to 1.2 in v4")
    maps: Literal["chw", "hwc"] = Field(default="chw", description="the layout of the maps")

    @model_validator(mode="after")
    def _same_length(self) -> YoloV3:
        if len(self.anchors) != len(self.strides):
            raise ValueError("anchors and strides must have the same length")
        return self

    def heads(self, output: Any, inputs: Mapping[str, Array]) -> tuple[Array, Array]:
        """Corners [n, 4] in pixels, and scores [n, classes]. Raises DataError where the output does not fit."""
        maps = output if isinstance(output, tuple) else (output,)
        if len(maps) != len(self.anchors):
            raise misfit(self.name, f"{len(self.anchors)} outputs, as many as `anchors` has lists", output)
        found = [self._map(*each) for each in zip(maps, self.anchors, self.strides, strict=True)]
        if len({scores.shape[1] for _, scores in found}) > 1:
            raise misfit(self.name, "the same classes in all maps", output)
        return np.concatenate([corners for corners, _ in found]), np.concatenate([scores for _, scores in found])

    def _map(self, output: Any, anchors: Anchors, stride: float) -> tuple[Array, Array]:
        order = "[{0}, H, W]" if self.maps == "chw" else "[H, W, {0}]"
        wants = order.format(f"{len(anchors)} * (5 + classes)")
        array = array_of(output, self.name, wants, rank=3).astype(np.float64)
        hwc = array.transpose(1, 2, 0) if self.maps == "chw" else array
        rows, columns, channels = hwc.shape
        if channels % len(anchors) or channels < 6 * len(anchors):
            raise misfit(self.name, wants, output)
        cells = hwc.reshape(rows * columns, len(anchors), -1)
        inside = sigmoid(cells[..., :2]) * self.scale_xy - (self.scale_xy - 1) / 2
        centres = (grid(columns, rows)[:, None] + inside) * stride
        boxes = np.concatenate((centres, np.exp(cells[..., 2:4]) * np.array(anchors)), axis=2)
        scores = sigmoid(cells[..., 4:5]) * sigmoid(cells[..., 5:])
        return corners_of(boxes.reshape(-1, 4)), scores.reshape(len(boxes) * len(anchors), -1)


def _columns(before: int, classes: int | None) -> str:
    return f"{before} + classes" if classes is None else f"{before + classes} or more"


def _scores(rows: Array, before: int, classes: int | None, name: str, wants: str, output: Any) -> Array:
    """The columns of the classes' scores."""
    scores = rows[:, before:] if classes is None else rows[:, before : before + classes]
    if scores.shape[1] < (classes or 1):
        raise misfit(name, wants, output)
    return scores
