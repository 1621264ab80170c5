"""Lists of objects, suppression inside, with a small mask, key points or an angle of each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.arrays import oriented, regions
from ovopt.arrays.boxes import Format, Size, corners_of, in_pixels
from ovopt.arrays.pasting import pasted
from ovopt.contracts import Array, Detections, Rle
from ovopt.decoders.detector import ShapeDetector
from ovopt.decoders.outputs import array_of, misfit, several

OFFSET = "what is taken from the model's class numbers: 1 where its 0 is the background"


@dataclass(frozen=True)
class Listed:
    """Outputs about n objects: their boxes [n, columns], labels [n] and scores [n]."""

    boxes: Array
    labels: Array
    scores: Array

    def rows(self, corners: Array, offset: int) -> Array:
        """Detections [n, 7] with these corners [n, 4], each with its place; classes count from `offset`, and what comes
        before is no object."""
        rows = np.column_stack((corners, self.scores, self.labels - offset, np.arange(len(corners))))
        return np.asarray(rows[rows[:, 5] >= 0])


class OfEach(ShapeDetector):
    """A list of boxes, and something of each as the last output."""

    label_offset: int = Field(default=0, description=OFFSET)
    format: Format = Field(
        default="xyxy", description="two corners, the same with y first, or a centre or corner and size"
    )
    normalised: bool = Field(default=False, description="whether what the model gives is relative to the image's size")

    @property
    @abstractmethod
    def wants(self) -> str:
        """Meaning of the last output."""

    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 7]. Raises DataError where the outputs do not fit each other."""
        listed = self._listed(output)
        return listed.rows(self._corners(listed, inputs), self.label_offset)

    def _corners(self, listed: Listed, inputs: Mapping[str, Array]) -> Array:
        corners = corners_of(listed.boxes, self.format)
        return in_pixels(corners, self.input_size(inputs)) if self.normalised else corners

    def _listed(self, output: Any) -> Listed:
        wants = _wants("boxes", 4, self.wants)
        return listed_of(several(output, self.name, wants, 2, 3, 4)[:-1], (4,), self.name, wants)

    def _last(self, output: Any, count: int) -> Array:
        """The last output [n, ..., ...]. Raises DataError where it does not speak of so many objects."""
        array = array_of(output[-1], self.name, self.wants).astype(np.float64)
        if not count:
            return np.zeros((0, 0, 2))
        while array.ndim > 3 and 1 in array.shape[:2]:
            array = array.squeeze(array.shape[:2].index(1))
        array = array[None] if array.ndim == 2 else array
        if array.ndim != 3 or len(array) != count:
            raise misfit(self.name, _wants("boxes", 4, self.wants), output)
        return array


class MaskRcnn(OfEach):
    """The outputs of Mask R-CNN and its kin: boxes, labels, scores and masks. Boxes may bring their scores, or scores
    and labels, as further columns. A mask of another size than the model's input is that of its box, into which it is
    pasted; it counts from `threshold` on.

    Source: He et al. 2017, "Mask R-CNN"; Detectron2, `paste_masks_in_image`.
    """

    name: ClassVar[str] = "mask_rcnn"
    threshold: float = Field(default=0.5, description="the score from which on a pixel is in the mask")

    @property
    def wants(self) -> str:
        """Masks."""
        return "masks [n, h, w]"

    def shaped(self, rows: Array, places: Array, output: Any, inputs: Mapping[str, Array]) -> Detections:
        """Detections with masks of the input's size."""
        listed, size = self._listed(output), self.input_size(inputs)
        # A mask belongs to the whole box, of which `rows` may have lost what lies outside of the image.
        corners, masks = self._corners(listed, inputs), self._last(output, len(listed.boxes))
        return Detections(rows, masks=tuple(self._mask(masks[i], corners[i], size) for i in places.tolist()))

    def _mask(self, scores: Array, corners: Array, size: Size) -> Rle:
        if scores.shape == size[::-1]:
            return regions.of_mask(scores >= self.threshold)
        mask = np.zeros(size[::-1], np.uint8, order="F")
        (x0, y0, x1, y1), inside = pasted(scores, corners, size)
        mask[y0:y1, x0:x1] = inside >= self.threshold
        return regions.of_mask(mask)


class KeypointRcnn(OfEach):
    """The outputs of Keypoint R-CNN and its kin: boxes, labels, scores and key points of x, y and, perhaps, how certain
    each is. Boxes may bring their scores, or scores and labels, as further columns.

    Source: He et al. 2017, "Mask R-CNN", section 5; torchvision, `keypointrcnn_resnet50_fpn`.
    """

    name: ClassVar[str] = "keypoint_rcnn"

    @property
    def wants(self) -> str:
        """Key points."""
        return "key points [n, k, 2] or [n, k, 3]"

    def shaped(self, rows: Array, places: Array, output: Any, inputs: Mapping[str, Array]) -> Detections:
        """Detections with key points [n, k, 2]."""
        points = self._last(output, len(self._listed(output).boxes))
        if points.shape[2] not in (2, 3):
            raise misfit(self.name, _wants("boxes", 4, self.wants), output)
        scale = np.array(self.input_size(inputs)) if self.normalised else 1
        return Detections(rows, key_points=points[places, :, :2] * scale)


class RotatedBoxes(ShapeDetector):
    """A list of oriented boxes, suppression inside (MMRotate, PP-YOLOE-R): each as centre, size and angle, or as four
    corners; then labels and scores, which may be further columns of the boxes, the score first."""

    name: ClassVar[str] = "rotated_boxes"
    label_offset: int = Field(default=0, description=OFFSET)
    degrees: bool = Field(default=False, description="whether angles are degrees rather than radians")
    normalised: bool = Field(default=False, description="whether boxes are relative to the image's size")

    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 7]. Raises DataError where the outputs do not fit each other."""
        listed = self._listed(output)
        return listed.rows(oriented.around(self._quads(listed, inputs)), self.label_offset)

    def shaped(self, rows: Array, places: Array, output: Any, inputs: Mapping[str, Array]) -> Detections:
        """Detections with corners of oriented boxes [n, 4, 2]."""
        return Detections(rows, quads=self._quads(self._listed(output), inputs)[places])

    def _quads(self, listed: Listed, inputs: Mapping[str, Array]) -> Array:
        boxes = listed.boxes
        if boxes.shape[1] == 5:
            turned = np.column_stack((boxes[:, :4], np.deg2rad(boxes[:, 4]) if self.degrees else boxes[:, 4]))
            boxes = oriented.quads_of(turned)
        scale = np.array(self.input_size(inputs)) if self.normalised else 1
        return np.asarray(boxes.reshape(-1, 4, 2) * scale)

    def _listed(self, output: Any) -> Listed:
        wants = f"{_wants('boxes', 5)}, or corners [n, 8] in place of the boxes' five numbers"
        given = output if isinstance(output, tuple) else (output,)
        if len(given) > 3:
            raise misfit(self.name, wants, output)
        return listed_of(given, (5, 8), self.name, wants)


def listed_of(given: tuple[Any, ...], columns: tuple[int, ...], name: str, wants: str) -> Listed:
    """Boxes of one of these numbers of columns, then labels and scores, as outputs of their own or as further columns
    of the boxes: the score, then the label. Raises DataError where they do not fit each other."""
    first, *others = (array_of(one, name, wants).astype(np.float64) for one in given)
    width = (first.shape[-1] if first.ndim else 0) - 3 + len(given)
    if not first.size:
        return Listed(np.zeros((0, columns[0])), np.zeros(0), np.zeros(0))
    if width in columns:
        rows = first.reshape(-1, first.shape[-1])
        labels = others[0].ravel() if others else rows[:, -1]
        scores = others[1].ravel() if len(others) > 1 else rows[:, width]
        if len(rows) == len(labels) == len(scores):
            return Listed(rows[:, :width], labels, scores)
    raise misfit(name, wants, given if others else first)


def _wants(boxes: str, columns: int, last: str = "") -> str:
    """The outputs that fit."""
    ways = (f"[n, {columns}], labels [n], scores [n]", f"[n, {columns + 1}], labels [n]", f"[n, {columns + 2}]")
    return f"{boxes} {', or '.join(ways)}{f', and {last}' if last else ''}"
