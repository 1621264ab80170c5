"""Detectors without anchors: points, distances, heatmaps, queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, PositiveFloat

from ovopt.arrays.boxes import around, corners_of, in_pixels, points
from ovopt.arrays.probabilities import Activation, activated, softmax
from ovopt.contracts import Array
from ovopt.decoders.detector import DenseDetector, Detector, Overlap, candidates
from ovopt.decoders.outputs import array_of, misfit, several, table_of

STRIDES = "pixels per cell of each feature map"


class Detr(Detector):
    """The outputs of DETR and its kin: class scores [queries, classes + 1] before the softmax, of which the last says
    "no object", and boxes [queries, 4] as centre and size relative to the image. RT-DETR, Deformable DETR and others
    have no such class and take `activation: sigmoid`, by which a query counts for each class.

    Source: Carion et al. 2020, "End-to-End Object Detection with Transformers", and the `PostProcess` of DETR and of
    Deformable DETR.
    """

    name: ClassVar[str] = "detr"
    max_detections: int = Field(default=100, gt=0, description="so many of the best are kept")
    activation: Activation = "softmax"

    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 6]: one for each query, or for each class of each query. Raises DataError where the output
        does not fit."""
        wants = "scores [queries, classes + 1] and boxes [queries, 4]"
        first, second = several(output, self.name, wants, 2)
        scores = array_of(first, self.name, wants, rank=2)
        boxes = table_of(second, self.name, wants, 4)
        if len(scores) != len(boxes) or scores.shape[1] < 2 - (self.activation == "sigmoid"):
            raise misfit(self.name, wants, output)
        corners = in_pixels(corners_of(boxes), self.input_size(inputs))
        shares = activated(scores, self.activation)
        if self.activation == "softmax":
            return candidates(corners, shares[:, :-1], self.score, multi_label=False)
        return candidates(corners, shares, self.score, multi_label=True)


class Fcos(DenseDetector):
    """The raw outputs of FCOS, all maps in one: class scores [n, classes], distances [n, 4] from a point to the left,
    upper, right and lower edge, and centerness [n]. A detection's score is the root of class score times centerness.

    Source: Tian et al. 2019, "FCOS: Fully Convolutional One-Stage Object Detection", and torchvision's `FCOS`.
    """

    name: ClassVar[str] = "fcos"
    iou: Overlap = 0.6
    strides: tuple[PositiveFloat, ...] = Field(default=(8, 16, 32, 64, 128), description=STRIDES)
    offset: float = Field(default=0.5, description="where in its cell a point is; 0 in torchvision")
    in_strides: bool = Field(default=True, description="whether distances are in strides rather than in pixels")
    activation: Activation | None = Field(
        default="sigmoid", description="of both scores; null: the model has it inside"
    )

    def heads(self, output: Any, inputs: Mapping[str, Array]) -> tuple[Array, Array]:
        """Corners [n, 4] in pixels, and scores [n, classes]. Raises DataError where the output does not fit."""
        wants = "scores [n, classes], distances [n, 4] and centerness [n]"
        first, second, third = several(output, self.name, wants, 3)
        scores = array_of(first, self.name, wants, rank=2)
        distances = table_of(second, self.name, wants, 4).astype(np.float64)
        centerness = array_of(third, self.name, wants).reshape(-1, 1)
        if not len(scores) == len(distances) == len(centerness):
            raise misfit(self.name, wants, output)
        places, stride = points(self.input_size(inputs), self.strides, self.offset, len(scores), self.name)
        corners = around(places, distances * stride if self.in_strides else distances)
        joint = activated(scores, self.activation) * activated(centerness, self.activation)
        return corners, np.sqrt(joint)


class Gfl(DenseDetector):
    """A head with a distribution for each edge (Generalized Focal Loss: NanoDet, NanoDet-Plus, PP-PicoDet), [n, classes
    + 4 * (reg_max + 1)], all maps in one: a score for each class, then, for the left, upper, right and lower edge, the
    scores of the distances 0 ... reg_max in strides; the edge lies at their mean.

    Source: Li et al. 2020, "Generalized Focal Loss", section 3.2.
    """

    name: ClassVar[str] = "gfl"
    iou: Overlap = 0.6
    strides: tuple[PositiveFloat, ...] = Field(default=(8, 16, 32, 64), description=STRIDES)
    reg_max: int = Field(default=7, gt=0, description="the longest distance, in strides")
    offset: float = Field(default=0, description="where in its cell a point is; 0.5 in NanoDet (not -Plus) and PicoDet")
    activation: Activation | None = Field(
        default=None, description="of the class scores, where the model leaves it out"
    )

    def heads(self, output: Any, inputs: Mapping[str, Array]) -> tuple[Array, Array]:
        """Corners [n, 4] in pixels, and scores [n, classes]. Raises DataError where the output does not fit."""
        columns = 4 * (self.reg_max + 1)
        wants = f"[n, classes + {columns}]"
        rows = array_of(output, self.name, wants, rank=2)
        classes = rows.shape[1] - columns
        if classes < 1:
            raise misfit(self.name, wants, output)
        places, stride = points(self.input_size(inputs), self.strides, self.offset, len(rows), self.name)
        shares = softmax(rows[:, classes:].reshape(len(rows), 4, -1).astype(np.float64))
        distances = shares @ np.arange(self.reg_max + 1.0) * stride
        return around(places, distances), activated(rows[:, :classes], self.activation)


class CenterNet(Detector):
    """The three maps of CenterNet: the scores of centres [classes, H, W], the width and height [2, H, W] and the offset
    of the centre [2, H, W], both in cells. A centre is a score that none of its eight neighbours exceeds.

    Source: Zhou et al. 2019, "Objects as Points", section 4.
    """

    name: ClassVar[str] = "centernet"
    max_detections: int = Field(default=100, gt=0, description="so many of the best are kept")
    stride: float = Field(default=4, gt=0, description="pixels per cell")
    activation: Activation | None = Field(default=None, description="sigmoid, where the model leaves it out")

    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 6], one for each centre. Raises DataError where the output does not fit."""
        wants = "scores [classes, H, W], sizes [2, H, W] and offsets [2, H, W]"
        heat, sizes, offsets = (array_of(one, self.name, wants, rank=3) for one in several(output, self.name, wants, 3))
        if not sizes.shape == offsets.shape == (2, *heat.shape[1:]):
            raise misfit(self.name, wants, output)
        scores = np.nan_to_num(activated(heat, self.activation), nan=0)
        classes, rows, columns = np.nonzero((scores > self.score) & (scores == _highest_near(scores)))
        centres = np.stack((columns, rows), axis=1) + offsets[:, rows, columns].T
        boxes = np.hstack((centres, sizes[:, rows, columns].T)) * self.stride
        return np.column_stack((corners_of(boxes), scores[classes, rows, columns], classes))


def _highest_near(maps: Array) -> Array:
    """Maximum of each entry [C, H, W] and its eight neighbours."""
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    across = np.maximum(np.maximum(padded[..., :-2], padded[..., 1:-1]), padded[..., 2:])
    return np.asarray(np.maximum(np.maximum(across[:, :-2], across[:, 1:-1]), across[:, 2:]))
