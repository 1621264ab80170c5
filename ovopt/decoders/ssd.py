"""Single-shot detectors: boxes and scores, with and without suppression inside, with and without priors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from ovopt.arrays.boxes import Format, Size, cells, corners_of, grid, in_pixels
from ovopt.arrays.probabilities import Activation, activated
from ovopt.contracts import Array
from ovopt.decoders.detector import DenseDetector, Detector, Overlap
from ovopt.decoders.outputs import array_of, misfit, several, table_of
from ovopt.errors import DataError

OFFSET = "what is taken from the model's class numbers: 1 where its 0 is the background"
BACKGROUND = "the class that is no object; those behind it move up. null: there is none"
ACTIVATION = "softmax or sigmoid, where the model leaves it out"


class TfDetections(Detector):
    """The outputs of the TensorFlow Object Detection API and of TFLite_Detection_PostProcess: boxes [n, 4] as y0, x0,
    y1, x1 relative to the image, classes [n], scores [n], and, if chosen, how many of them count."""

    name: ClassVar[str] = "tf_detections"
    label_offset: int = Field(default=0, description=OFFSET)

    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 6] that count. Raises DataError where the outputs do not fit each other."""
        wants = "boxes [n, 4], classes [n], scores [n] and, if at all, their number"
        boxes, classes, scores, *count = several(output, self.name, wants, 3, 4)
        boxes = table_of(boxes, self.name, wants, 4)
        classes, scores = (np.ravel(array_of(one, self.name, wants)) for one in (classes, scores))
        if not len(boxes) == len(classes) == len(scores):
            raise misfit(self.name, wants, output)
        end = _number(count[0], self.name, wants) if count else len(boxes)
        corners = in_pixels(corners_of(boxes, "yxyx"), self.input_size(inputs))
        return _labelled(np.column_stack((corners, scores, classes))[:end], self.label_offset)


class DetectionOutput(Detector):
    """The output of OpenVINO's and Caffe's DetectionOutput, [1, 1, n, 7]: image, class, score, x0, y0, x1, y1. A
    negative image ends the list.

    Source: OpenVINO's operation specification, `DetectionOutput-8`.
    """

    name: ClassVar[str] = "detection_output"
    label_offset: int = Field(default=0, description=OFFSET)
    normalised: bool = Field(default=True, description="whether corners are relative to the image's size")

    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 6] up to the list's end. Raises DataError where the output does not fit."""
        rows = table_of(output, self.name, "[1, 1, n, 7]", 7).astype(np.float64)
        ends = np.flatnonzero(rows[:, 0] < 0)
        rows = rows[: ends[0]] if len(ends) else rows
        corners = in_pixels(rows[:, 3:], self.input_size(inputs)) if self.normalised else rows[:, 3:]
        return _labelled(np.column_stack((corners, rows[:, 2], rows[:, 1])), self.label_offset)


class BoxesScores(DenseDetector):
    """Two outputs: boxes [n, 4], and scores [n, classes]. `yolo_nas` is the same with corners in pixels, `ultra_light`
    that of the face detector, with a background."""

    name: ClassVar[str] = "boxes_scores"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "yolo_nas": {"normalised": False},
        "ultra_light": {"background": 0, "iou": 0.3},
    }
    format: Format = Field(
        default="xyxy", description="two corners, the same with y first, or a centre or corner and size"
    )
    normalised: bool = Field(default=True, description="whether boxes are relative to the image's size")
    background: int | None = Field(default=None, description=BACKGROUND)
    activation: Activation | None = Field(default=None, description=ACTIVATION)

    def heads(self, output: Any, inputs: Mapping[str, Array]) -> tuple[Array, Array]:
        """Corners [n, 4] in pixels, and scores [n, classes]. Raises DataError where the output does not fit."""
        boxes, scores = _boxes_and_scores(output, self.name)
        corners = corners_of(boxes, self.format)
        if self.normalised:
            corners = in_pixels(corners, self.input_size(inputs))
        return corners, _without(self.background, activated(scores, self.activation), self.name)


class SsdRaw(DenseDetector):
    """The raw head of an SSD (torchvision's, Caffe's, RetinaFace): boxes [n, 4] as offsets from priors, and scores [n,
    classes]. A prior lies in the middle of each cell of each feature map, for each of the map's `min_sizes` s in turn:
    s x s, then the square of side sqrt(s * its max_size), then s * sqrt(r) x s / sqrt(r) and the reverse for each of
    the map's `aspect_ratios` r.

    Source: Liu et al. 2016, "SSD: Single Shot MultiBox Detector", section 2.2; torchvision, `DefaultBoxGenerator`.
    """

    name: ClassVar[str] = "ssd_raw"
    iou: Overlap = 0.45
    min_sizes: tuple[tuple[PositiveFloat, ...], ...] = Field(min_length=1, description="pixels, a list for each map")
    max_sizes: tuple[tuple[PositiveFloat, ...], ...] = Field(default=(), description="as many as min_sizes, or none")
    aspect_ratios: tuple[tuple[PositiveFloat, ...], ...] = Field(
        default=(), description="a list for each map, without 1"
    )
    feature_maps: tuple[tuple[PositiveInt, PositiveInt], ...] = Field(
        default=(), description="width and height in cells of each map; default: from `strides`"
    )
    strides: tuple[PositiveFloat, ...] = Field(
        default=(), description="pixels per cell of each map; default: from `feature_maps`"
    )
    variances: tuple[PositiveFloat, PositiveFloat] = Field(
        default=(0.1, 0.2), description="scale of centre, and of size"
    )
    clip_priors: bool = Field(
        default=False, description="whether a prior is at most as large as the image, as in torchvision"
    )
    background: int | None = Field(default=0, description=BACKGROUND)
    activation: Activation | None = Field(default=None, description=ACTIVATION)

    @model_validator(mode="after")
    def _same_length(self) -> SsdRaw:
        lists = (self.max_sizes, self.aspect_ratios, self.feature_maps, self.strides)
        if any(each and len(each) != len(self.min_sizes) for each in lists):
            raise ValueError("min_sizes, max_sizes, aspect_ratios, feature_maps and strides must have the same length")
        if any(
            len(low) != len(high) for low, high in zip(self.min_sizes, self.max_sizes or self.min_sizes, strict=True)
        ):
            raise ValueError("each map must have as many max_sizes as min_sizes")
        if not self.feature_maps and not self.strides:
            raise ValueError("give feature_maps or strides")
        return self

    def heads(self, output: Any, inputs: Mapping[str, Array]) -> tuple[Array, Array]:
        """Corners [n, 4] in pixels, and scores [n, classes]. Raises DataError where the output does not fit."""
        offsets, scores = _boxes_and_scores(output, self.name)
        size = self.input_size(inputs)
        priors = self.priors(size)
        if len(priors) != len(offsets):
            raise DataError(
                f"{self.name}: the output has {len(offsets)} boxes, but there are {len(priors)} priors on an input of "
                f"{size[0]} x {size[1]} pixels; set `min_sizes`, `aspect_ratios`, `strides` or `size`"
            )
        centres = priors[:, :2] + offsets[:, :2] * self.variances[0] * priors[:, 2:]
        extents = priors[:, 2:] * np.exp(offsets[:, 2:] * self.variances[1])
        scores = _without(self.background, activated(scores, self.activation), self.name)
        return corners_of(np.hstack((centres, extents))), scores

    def priors(self, size: Size) -> Array:
        """Priors [n, 4] as centre and size in pixels of an image of `size` (width, height)."""
        return np.concatenate([self._priors_of_map(i, size) for i in range(len(self.min_sizes))])

    def _priors_of_map(self, index: int, size: Size) -> Array:
        stride = np.array([self.strides[index]] * 2) if self.strides else np.array(size) / self.feature_maps[index]
        columns, rows = self.feature_maps[index] if self.feature_maps else cells(size, self.strides[index])
        extents = np.array(
            _extents(
                self.min_sizes[index],
                self.max_sizes[index] if self.max_sizes else (),
                self.aspect_ratios[index] if self.aspect_ratios else (),
            )
        )
        if self.clip_priors:
            extents = np.minimum(extents, size)
        centres = np.repeat((grid(columns, rows) + 0.5) * stride, len(extents), axis=0)
        return np.hstack((centres, np.tile(extents, (columns * rows, 1))))


def _extents(low: Sequence[float], high: Sequence[float], ratios: Sequence[float]) -> list[tuple[float, float]]:
    """Width and height of the priors of a cell."""
    found = []
    for i, side in enumerate(low):
        squares = [side, np.sqrt(side * high[i])] if high else [side]
        roots = [np.sqrt(ratio) for ratio in ratios]
        found += [(square, square) for square in squares]
        found += [pair for root in roots for pair in ((side * root, side / root), (side / root, side * root))]
    return found


def _boxes_and_scores(output: Any, name: str) -> tuple[Array, Array]:
    """Boxes [n, 4] and scores [n, classes]; either may come as one long row."""
    wants = "boxes [n, 4] and scores [n, classes]"
    boxes, scores = (array_of(one, name, wants) for one in several(output, name, wants, 2))
    if boxes.size % 4 or (boxes.ndim != 1 and boxes.shape[-1] != 4):
        raise misfit(name, wants, output)
    boxes = boxes.reshape(-1, 4)
    count = len(boxes)
    classes = scores.shape[-1] if scores.ndim > 1 else scores.size // max(count, 1)
    if scores.size != count * classes or (count and not classes):
        raise misfit(name, wants, output)
    return boxes, scores.reshape(count, classes)


def _without(background: int | None, scores: Array, name: str) -> Array:
    """Scores without the background's column."""
    if background is None:
        return scores
    if not -scores.shape[1] <= background < scores.shape[1]:
        raise misfit(name, f"scores that have a class {background}, the background", scores)
    return np.delete(scores, background, axis=1)


def _number(count: Any, name: str, wants: str) -> int:
    number = np.ravel(array_of(count, name, wants))
    if len(number) != 1 or not 0 <= number[0] < np.inf:
        raise misfit(name, wants, count)
    return int(number[0])


def _labelled(rows: Array, offset: int) -> Array:
    """Detections with classes counted from 0; what comes before is no object."""
    moved = rows - np.array([0, 0, 0, 0, 0, offset])
    return np.asarray(moved[moved[:, 5] >= 0])
