"""Two-stage instance segmentation: a small mask for each box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.arrays import regions
from ovopt.arrays.boxes import Format, Size, corners_of, in_pixels
from ovopt.arrays.pasting import pasted
from ovopt.contracts import Array, Detections, Rle
from ovopt.decoders.detector import ShapeDetector
from ovopt.decoders.outputs import array_of, misfit, several

WANTS = "boxes [n, 5], labels [n] and masks [n, h, w], or boxes [n, 4], labels [n], scores [n] and masks [n, h, w]"


class MaskRcnn(ShapeDetector):
    """The outputs of Mask R-CNN and its kin: boxes, labels, scores and masks. Boxes may bring their scores as a fifth
    column. A mask of another size than the model's input is that of its box, into which it is pasted; it counts from
    `threshold` on.

    Source: He et al. 2017, "Mask R-CNN"; Detectron2, `paste_masks_in_image`.
    """

    name: ClassVar[str] = "mask_rcnn"
    label_offset: int = Field(
        default=0, description="what is taken from the model's class numbers: 1 where its 0 is the background"
    )
    threshold: float = Field(default=0.5, ge=0, le=1, description="the score from which on a pixel is in the mask")
    format: Format = Field(
        default="xyxy", description="two corners, the same with y first, or a centre or corner and size"
    )
    normalised: bool = Field(default=False, description="whether boxes are relative to the image's size")

    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 7]. Raises DataError where the outputs do not fit each other."""
        boxes, labels, scores, _ = self._outputs(output)
        corners = corners_of(boxes, self.format)
        if self.normalised:
            corners = in_pixels(corners, self.input_size(inputs))
        rows = np.column_stack((corners, scores, labels - self.label_offset, np.arange(len(boxes))))
        return np.asarray(rows[rows[:, 5] >= 0])

    def shaped(self, rows: Array, places: Array, output: Any, inputs: Mapping[str, Array]) -> Detections:
        """Detections with masks of the input's size."""
        masks, size = self._outputs(output)[3], self.input_size(inputs)
        # The mask belongs to the whole box, of which `rows` may have lost what lies outside of the image.
        whole = self.found(output, inputs)
        corners = dict(zip(whole[:, 6].astype(int).tolist(), whole[:, :4], strict=True))
        return Detections(
            rows, masks=tuple(self._mask(masks[place], corners[place], size) for place in places.tolist())
        )

    def _mask(self, scores: Array, corners: Array, size: Size) -> Rle:
        if scores.shape == size[::-1]:
            return regions.of_mask(scores >= self.threshold)
        mask = np.zeros(size[::-1], np.uint8, order="F")
        (x0, y0, x1, y1), inside = pasted(scores, corners, size)
        mask[y0:y1, x0:x1] = inside >= self.threshold
        return regions.of_mask(mask)

    def _outputs(self, output: Any) -> tuple[Array, Array, Array, Array]:
        """Boxes [n, 4], labels [n], scores [n] and masks [n, h, w]. Raises DataError where they do not fit."""
        first, labels, *scores, last = several(output, self.name, WANTS, 3, 4)
        columns = 4 if scores else 5
        boxes, labels, *scores = (
            array_of(one, self.name, WANTS).astype(np.float64) for one in (first, labels, *scores)
        )
        masks = array_of(last, self.name, WANTS)
        if boxes.size % columns or masks.ndim < 2:
            raise misfit(self.name, WANTS, output)
        boxes, masks = boxes.reshape(-1, columns), masks.reshape(-1, *masks.shape[-2:])
        labels, certain = labels.ravel(), scores[0].ravel() if scores else boxes[:, 4]
        if not len(boxes) == len(labels) == len(certain) == len(masks):
            raise misfit(self.name, WANTS, output)
        return boxes[:, :4], labels, certain, masks.astype(np.float64)
