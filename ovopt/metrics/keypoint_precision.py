"""Mean average precision of key points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, PositiveFloat

from ovopt.contracts import Array, Boxes, Detections
from ovopt.errors import DataError
from ovopt.metrics.detection_precision import DetectionPrecision
from ovopt.records import Port

COCO_SIGMAS = (
    .026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089,
)  # fmt: skip
"""Spread of annotators at COCO's 17 points of a person: nose, eyes, ears, shoulders, elbows, wrists, hips, knees,
ankles; in parts of the object's extent."""


class KeypointPrecision(DetectionPrecision):
    """COCO's average precision of key points: as `map`, of the object keypoint similarity (OKS) in place of the overlap
    of boxes: the mean over labelled points of exp(-d^2 / (2 area (2 sigma)^2)), d pixels away.

    An object without a labelled point counts neither as found nor as missed.

    Source: pycocotools' `COCOeval` of `keypoints`, to which the value is equal.
    """

    name: ClassVar[str] = "keypoint_map"
    looks_at: ClassVar = frozenset({"key_points"})
    presets: ClassVar = {"keypoint_map50": {"iou": 0.5}, "keypoint_map75": {"iou": 0.75}}
    iou: float | None = Field(default=None, gt=0, le=1, description="one threshold of OKS in place of COCO's ten")
    max_detections: int = Field(default=20, gt=0, description="how many detections of an image and class count")
    sigmas: tuple[PositiveFloat, ...] | None = Field(
        default=None, description="tolerance of each point; default: COCO's of 17 points, 1 / k of k others"
    )
    area_share: float = Field(
        default=0.53, gt=0, description="share of its box that an object covers, where the data has no area of it"
    )

    def ignored(self, target: Boxes) -> Array:
        """True for crowds and difficult objects [m], and for objects without labelled points."""
        return target.optional | ~(_points(target)[..., 2] > 0).any(axis=1)

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no boxes with key points, or there are not as many as `sigmas`."""
        super().check(label, outputs, sample_id)
        count = len(label.classes)
        if count and (label.key_points is None or np.shape(label.key_points)[::2] != (count, 3)):
            raise DataError(
                f"{sample_id}: its {count} objects have no key points, which {self.label} needs; take data that labels "
                "them, or judge boxes: --set metrics=[map]"
            )
        if count and self.sigmas and len(self.sigmas) != np.shape(label.key_points)[1]:
            raise DataError(
                f"{sample_id}: {np.shape(label.key_points)[1]} key points, but {self.label} has {len(self.sigmas)} "
                "`sigmas`"
            )

    def detections(self, output: Any) -> Detections:
        """Detections with key points. Raises DataError where the output is none."""
        if not isinstance(output, Detections) or output.key_points is None:
            raise DataError(
                f"{self.label} needs key points of each detection; add a decoder of them, such as yolo_v8_pose, to the "
                "recipe's `postprocess`"
            )
        return output

    def similarity(self, found: Detections, target: Boxes) -> Array:
        """Object keypoint similarity [n, m]. Raises DataError where the model finds another number of points."""
        points, labelled = np.asarray(found.key_points, np.float64), _points(target)
        if not len(points) or not len(labelled):
            return np.zeros((len(points), len(labelled)))
        if points.shape[1] != labelled.shape[1]:
            raise DataError(
                f"{self.label}: the model finds {points.shape[1]} key points, the labels have {labelled.shape[1]}"
            )
        seen = np.asarray(labelled[..., 2] > 0)
        known = np.asarray(seen.any(axis=1, keepdims=True))
        offset = np.where(known[..., None], points[:, None] - labelled[..., :2], _beyond(points, target))
        spread = 2 * self._areas(target)[:, None] * (2 * self._sigmas(points.shape[1])) ** 2
        near = np.exp(-(offset**2).sum(axis=3) / spread)
        counted = np.where(known, seen, True)
        return np.asarray((near * counted).sum(axis=2) / counted.sum(axis=1))

    def _sigmas(self, count: int) -> Array:
        if self.sigmas:
            return np.array(self.sigmas)
        return np.array(COCO_SIGMAS) if count == len(COCO_SIGMAS) else np.full(count, 1 / count)

    def _areas(self, target: Boxes) -> Array:
        corners = np.asarray(target.corners, np.float64)
        covered = np.prod(corners[:, 2:] - corners[:, :2], axis=1) * self.area_share
        known = np.full(len(corners), np.nan) if target.areas is None else target.areas
        return np.asarray(np.where(np.isfinite(known), known, covered) + np.spacing(1))


def _points(target: Boxes) -> Array:
    """Key points [m, k, 3]; of no objects, none."""
    if target.key_points is None:
        return np.zeros((len(target.classes), 0, 3))
    return np.asarray(target.key_points, np.float64)


def _beyond(points: Array, target: Boxes) -> Array:
    """Offset [n, m, k, 2] of points from the objects' boxes [m], each as large as three of them."""
    corners = np.asarray(target.corners, np.float64)[None, :, None]
    low, high = corners[..., :2], corners[..., 2:]
    low, high = 2 * low - high, 2 * high - low
    return np.asarray(np.maximum(0, low - points[:, None]) + np.maximum(0, points[:, None] - high))
