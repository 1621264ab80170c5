"""The heads of the YOLO family that give masks, key points or oriented boxes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.arrays import oriented, regions
from ovopt.arrays.boxes import Size, corners_of
from ovopt.arrays.pasting import weighted, window_of
from ovopt.contracts import Array, Detections, Rle
from ovopt.decoders.detector import Overlap, ShapeDetector, placed_candidates, suppress_by, survivors_of_boxes
from ovopt.decoders.outputs import array_of, misfit, several

COLUMNS = 6
"""Those before the rest in a head that needs no suppression: the box, score and class."""


class YoloShapes(ShapeDetector):
    """A head of Ultralytics with more behind the classes' scores."""

    iou: Overlap = 0.7
    class_agnostic: bool = Field(default=False, description="whether a box also suppresses those of other classes")
    multi_label: bool = Field(default=True, description="whether a box counts for each class, not only for its best")
    transposed: bool = Field(default=False, description="whether the output has its boxes first")
    end_to_end: bool = Field(
        default=False,
        description="whether suppression is inside, or not needed (YOLO26, exports with `nms=True`): a row holds the "
        "box, score and class before the rest",
    )

    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 7]. Raises DataError where the output does not fit."""
        rows = self._rows(output)
        if self.end_to_end:
            return np.column_stack((self.corners(rows), rows[:, 4:COLUMNS], np.arange(len(rows))))
        scores = rows[:, 4 : 4 + self._classes(rows, output)]
        found = placed_candidates(self.corners(rows), scores, self.score, self.multi_label)
        return suppress_by(partial(self.survivors, rows), found, self.max_detections, self.class_agnostic)

    def corners(self, rows: Array) -> Array:
        """Boxes [n, 4] of a head's rows."""
        return rows[:, :4] if self.end_to_end else corners_of(rows[:, :4])

    def survivors(self, rows: Array, ranked: Array, places: Array) -> Iterator[int]:
        """Those of the detections [n, 7], of the head's rows, that non-maximum suppression leaves."""
        return survivors_of_boxes(ranked, places, self.iou)

    @abstractmethod
    def more(self, output: Any) -> int:
        """Number of columns behind the classes' scores. Raises DataError where the output does not fit."""

    @abstractmethod
    def wants(self) -> str:
        """The output that fits."""

    def behind(self, output: Any, places: Array) -> Array:
        """Float64 [n, ...] of what follows the classes' scores in the rows at these places [n]."""
        rows = self._rows(output)
        first = COLUMNS if self.end_to_end else 4 + self._classes(rows, output)
        return rows[places, first:]

    def _rows(self, output: Any) -> Array:
        head = output[0] if isinstance(output, tuple) else output
        array = array_of(head, self.name, self.wants(), rank=2).astype(np.float64)
        rows = array if self.transposed or self.end_to_end else array.T
        if self.end_to_end and rows.shape[1] != COLUMNS + self.more(output):
            raise misfit(self.name, self.wants(), output)
        return rows

    def _classes(self, rows: Array, output: Any) -> int:
        classes = int(rows.shape[1]) - 4 - self.more(output)
        if classes < 1:
            raise misfit(self.name, self.wants(), output)
        return classes

    def _columns(self, more: str) -> str:
        columns = f"6 + {more}" if self.end_to_end else f"4 + classes + {more}"
        return f"[boxes, {columns}]" if self.transposed or self.end_to_end else f"[{columns}, boxes]"


class YoloSeg(YoloShapes):
    """The head of Ultralytics YOLOv8-seg, YOLO11-seg and YOLO26-seg, two outputs: boxes, scores and mask coefficients
    [4 + classes + masks, boxes], and mask prototypes [masks, h, w]. A mask is where the sum of the prototypes, each
    times its coefficient, is above 0 at the size of the model's input, within the detection's box.

    Source: Ultralytics, `ops.process_mask_native`; the defaults are those of its validation.
    """

    name: ClassVar[str] = "yolo_v8_seg"

    def wants(self) -> str:
        """Two outputs."""
        return f"{self._columns('masks')} and prototypes [masks, h, w]"

    def more(self, output: Any) -> int:
        """The number of prototypes."""
        return len(self._prototypes(output))

    def shaped(self, rows: Array, places: Array, output: Any, inputs: Mapping[str, Array]) -> Detections:
        """Detections with masks of the input's size."""
        prototypes, size = self._prototypes(output), self.input_size(inputs)
        masks = tuple(
            _mask(prototypes, weights, box[:4], size)
            for weights, box in zip(self.behind(output, places), rows, strict=True)
        )
        return Detections(rows, masks=masks)

    def _prototypes(self, output: Any) -> Array:
        _, prototypes = several(output, self.name, self.wants(), 2)
        return array_of(prototypes, self.name, self.wants(), rank=3)


class YoloPose(YoloShapes):
    """The head of Ultralytics YOLOv8-pose, YOLO11-pose and YOLO26-pose, [4 + classes + points * 3, boxes]: box, scores,
    and x, y and visibility of each key point in pixels.

    Source: Ultralytics; the defaults are those of its validation.
    """

    name: ClassVar[str] = "yolo_v8_pose"
    classes: int = Field(default=1, gt=0, description="how many classes there are, before the key points")
    dimensions: Literal[2, 3] = Field(default=3, description="numbers of a key point: x, y and, if 3, visibility")

    def wants(self) -> str:
        """A sole output."""
        before = "6" if self.end_to_end else str(4 + self.classes)
        columns = f"{before} + points * {self.dimensions}"
        return f"[boxes, {columns}]" if self.transposed or self.end_to_end else f"[{columns}, boxes]"

    def more(self, output: Any) -> int:
        """Columns of all key points."""
        array = array_of(output, self.name, self.wants(), rank=2)
        columns = int(array.shape[1 if self.transposed or self.end_to_end else 0])
        points = columns - (COLUMNS if self.end_to_end else 4 + self.classes)
        if points < self.dimensions or points % self.dimensions:
            raise misfit(self.name, self.wants(), output)
        return points

    def shaped(self, rows: Array, places: Array, output: Any, inputs: Mapping[str, Array]) -> Detections:
        """Detections with key points [n, k, 2]."""
        points = self.behind(output, places)
        each = points.reshape(len(places), points.shape[1] // self.dimensions, self.dimensions)
        return Detections(rows, key_points=each[..., :2])


class YoloObb(YoloShapes):
    """The head of Ultralytics YOLOv8-obb, YOLO11-obb and YOLO26-obb, [4 + classes + 1, boxes]: centre and size in
    pixels, scores, and the angle in radians. A box that is too like any better one goes, by the Gaussians of both
    (`gaussian`), or one that overlaps a better one that stays (`exact`).

    Source: Ultralytics, `TorchNMS.fast_nms` with `batch_probiou`; the defaults are those of its validation.
    """

    name: ClassVar[str] = "yolo_v8_obb"
    overlap: Literal["gaussian", "exact"] = Field(
        default="gaussian", description="what `iou` is the limit of: the likeness of Gaussians, or rotated boxes' IoU"
    )

    def wants(self) -> str:
        """A sole output."""
        return self._columns("1")

    def more(self, output: Any) -> int:
        """The angle."""
        return 1

    def corners(self, rows: Array) -> Array:
        """Boxes [n, 4] around the oriented ones."""
        return oriented.around(oriented.quads_of(_rotated(rows)))

    def survivors(self, rows: Array, ranked: Array, places: Array) -> Iterator[int]:
        """Those of the detections [n, 7], of the head's rows, that suppression of oriented boxes leaves."""
        boxes = _rotated(rows[ranked[:, 6].astype(np.intp)])
        quads = oriented.quads_of(boxes)
        gone = np.zeros(len(places), bool)
        for rank, place in enumerate(places):
            if not gone[rank]:
                yield int(place)
            elif self.overlap == "exact":
                continue
            rest = places[rank + 1 :]
            if self.overlap == "exact":
                alike = oriented.overlaps(quads[place, None], quads[rest])[0] > self.iou
            else:
                alike = oriented.gaussian_overlaps(boxes[place, None], boxes[rest])[0] >= self.iou
            gone[rank + 1 :] |= alike

    def shaped(self, rows: Array, places: Array, output: Any, inputs: Mapping[str, Array]) -> Detections:
        """Detections with corners of oriented boxes [n, 4, 2]."""
        return Detections(rows, quads=oriented.quads_of(_rotated(self._rows(output)[places])))


def _rotated(rows: Array) -> Array:
    """Centre, size and angle [n, 5] of a head's rows."""
    return np.column_stack((rows[:, :4], rows[:, -1]))


def _mask(prototypes: Array, weights: Array, corners: Array, size: Size) -> Rle:
    """Region where the weighted sum of prototypes is above 0 in an image of `size` (width, height), within a box."""
    x0, y0, x1, y1 = window = window_of(corners, size)
    mask = np.zeros(size[::-1], np.uint8, order="F")
    mask[y0:y1, x0:x1] = weighted(prototypes, weights, window, size) > 0
    return regions.of_mask(mask)
