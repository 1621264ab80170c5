"""Mean average precision of instance masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ovopt.arrays import regions
from ovopt.contracts import Array, Boxes, Detections, Rle
from ovopt.errors import DataError
from ovopt.metrics.detection_precision import DetectionPrecision
from ovopt.records import Port


class MaskPrecision(DetectionPrecision):
    """COCO's average precision of instance segmentation: as `map`, of the intersection over union of masks in place of
    boxes.

    Labels need an outline for each object (polygons, or run lengths), which is rasterised in the model's input as COCO
    does; the output comes from a decoder of masks.

    Source: pycocotools' `COCOeval` of `segm`, to which the value is equal.
    """

    name: ClassVar[str] = "mask_map"
    looks_at: ClassVar = frozenset({"outlines"})
    presets: ClassVar = {"mask_map50": {"iou": 0.5}, "mask_map75": {"iou": 0.75}}

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no boxes, or an object has no outline."""
        super().check(label, outputs, sample_id)
        outlines = label.outlines or ((),) * len(label.classes)
        lacking = [place for place, outline in enumerate(outlines, 1) if not isinstance(outline, Rle)]
        if lacking:
            raise DataError(
                f"{sample_id}: {len(lacking)} of its {len(label.classes)} objects have no outline, which {self.label} "
                "needs; take data with polygons or masks of each, or judge boxes: --set metrics=[map]"
            )

    def detections(self, output: Any) -> Detections:
        """Detections with masks. Raises DataError where the output is none."""
        if not isinstance(output, Detections) or output.masks is None:
            raise DataError(
                f"{self.label} needs a mask of each detection; add a decoder of masks, such as yolo_v8_seg or "
                "mask_rcnn, to the recipe's `postprocess`"
            )
        return output

    def similarity(self, found: Detections, target: Boxes) -> Array:
        """Intersection over union [n, m] of masks. Raises DataError where they are not of one size."""
        masks, outlines = found.masks or (), [mask for mask in target.outlines or () if isinstance(mask, Rle)]
        sizes = {mask.size for mask in (*masks, *outlines)}
        if len(sizes) > 1:
            said = " and ".join(f"{width} x {height}" for height, width in sorted(sizes))
            raise DataError(
                f"{self.label}: masks of {said} pixels; `preprocess` must lead labels to the pixels of the input"
            )
        return regions.overlaps(masks, outlines, target.crowd)
