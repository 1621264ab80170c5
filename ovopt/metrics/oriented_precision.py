"""Mean average precision of oriented boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ovopt.arrays.oriented import overlaps
from ovopt.contracts import Array, Boxes, Detections
from ovopt.errors import DataError
from ovopt.metrics.detection_precision import DetectionPrecision
from ovopt.records import Port


class OrientedPrecision(DetectionPrecision):
    """Average precision of oriented boxes: as `map`, of the exact intersection over union of the rotated rectangles.

    Labels need an outline of four points for each object; the output comes from a decoder of oriented boxes.
    """

    name: ClassVar[str] = "oriented_map"
    looks_at: ClassVar = frozenset({"quads"})
    presets: ClassVar = {"oriented_map50": {"iou": 0.5}, "oriented_map75": {"iou": 0.75}}

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no boxes, or an object is not given by four corners."""
        super().check(label, outputs, sample_id)
        if len(label.classes) and label.quads is None:
            raise DataError(
                f"{sample_id}: not each of its {len(label.classes)} objects is given by four corners, which "
                f"{self.label} needs; take data of oriented boxes, or judge boxes: --set metrics=[map]"
            )

    def detections(self, output: Any) -> Detections:
        """Detections with oriented boxes. Raises DataError where the output is none."""
        if not isinstance(output, Detections) or output.quads is None:
            raise DataError(
                f"{self.label} needs oriented boxes; add a decoder of them, such as yolo_v8_obb, to the recipe's "
                "`postprocess`"
            )
        return output

    def similarity(self, found: Detections, target: Boxes) -> Array:
        """Intersection over union [n, m] of oriented boxes; over a detection's own area where the object is a crowd."""
        return overlaps(
            np.asarray(found.quads), np.zeros((0, 4, 2)) if target.quads is None else target.quads, target.crowd
        )
