"""Mean average precision of a detection."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ovopt.arrays.boxes import ordered, overlaps
from ovopt.contracts import Array, Boxes, Detections
from ovopt.metrics.detection_precision import DetectionPrecision


class MeanAveragePrecision(DetectionPrecision):
    """COCO's average precision: the area under the precision-recall curve at 101 points of recall, averaged over the
    classes that have labelled objects, and over the IoU thresholds 0.50, 0.55 ... 0.95 unless `iou` gives one.

    The output is an array [n, 6] of x0, y0, x1, y1, score, class, in any order of its rows; the two corners may be any
    opposite ones. Of each image and class, the `max_detections` with
    the highest scores count. A detection takes the free object that it overlaps most; one that only overlaps a crowd
    (by its own area), or what Pascal VOC calls difficult (by the usual IoU), counts neither as right nor as wrong.

    Source: Lin et al., Microsoft COCO: Common Objects in Context (ECCV 2014), and its reference implementation,
    pycocotools' `COCOeval`, to which the value is equal.
    """

    name: ClassVar[str] = "map"
    presets: ClassVar = {"map50": {"iou": 0.5}, "map75": {"iou": 0.75}}

    def similarity(self, found: Detections, target: Boxes) -> Array:
        """Intersection over union [n, m] of boxes; over a detection's own area where the object is a crowd."""
        boxes, others = ordered(found.rows[:, :4]), ordered(np.asarray(target.corners, np.float64))
        return overlaps(boxes, others, np.asarray(target.crowd, bool))
