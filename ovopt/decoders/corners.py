"""Boxes as heads and detectors write them, brought to corners: by format, and by the order of columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ovopt.arrays.boxes import Format, around, corners_of, in_pixels, ordered
from ovopt.contracts import Array, Decoder
from ovopt.decoders.detector import Detector
from ovopt.decoders.outputs import misfit, table_of
from ovopt.decoders.pieces import Of, changed, piece_of
from ovopt.errors import DataError

CORNERS: Mapping[str, tuple[str, ...]] = {
    "xyxy": ("x0", "y0", "x1", "y1"),
    "xywh": ("x0", "y0", "w", "h"),
    "cxcywh": ("cx", "cy", "w", "h"),
}
"""Formats by the columns that they take."""


class Corners(Decoder):
    """Boxes [..., 4] as two corners: `corners: cxcywh`, or of a piece: `corners: {of: boxes, format: cxcywh}`. `ltrb`
    are distances to the left, upper, right and lower edge, from the points [n, 2] that `around` names."""

    name: ClassVar[str] = "corners"
    sole: ClassVar[str | None] = "format"
    format: Format | Literal["ltrb"] = Field(description="centre and size, corner and size, y first, or distances")
    of: Of = None
    around: str | None = Field(default=None, description="the piece that holds the points of `ltrb`")

    @model_validator(mode="after")
    def _has_points(self) -> Corners:
        if (self.format == "ltrb") != (self.around is not None):
            raise ValueError("`ltrb`, and no other format, has an `around`")
        return self

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """Corners [n, 4] x0, y0, x1, y1. Raises DataError where the boxes have another form."""
        return changed(output, self.of, self.name, lambda boxes: self._corners(boxes, output))

    def _corners(self, boxes: Array, output: Any) -> Array:
        rows = table_of(boxes, self.name, "boxes [n, 4]", 4)
        if self.format != "ltrb":
            return corners_of(rows, self.format)
        points = table_of(piece_of(output, str(self.around), self.name), self.name, "points [n, 2]", 2)
        if len(points) != len(rows):
            raise DataError(f"{self.name}: {len(rows)} boxes, and {len(points)} points that they are around")
        return around(points.astype(np.float64), rows.astype(np.float64))


class DetectionRows(Detector):
    """Detections in rows whose columns have another order than ovopt's: `detection_rows: [image, class, score, x0, y0,
    x1, y1]`. Boxes are x0, y0, x1, y1, or x0, y0, w, h, or cx, cy, w, h; a column of another name is left out. Without
    `class`, all are of class 0."""

    name: ClassVar[str] = "detection_rows"
    sole: ClassVar[str | None] = "columns"
    columns: tuple[str, ...] = Field(description="what each column holds, in their order")
    normalised: bool = Field(default=False, description="whether boxes are relative to the image's size")
    label_offset: int = Field(
        default=0, description="what is taken from the model's class numbers: 1 where its 0 is the background"
    )

    @model_validator(mode="after")
    def _has_boxes(self) -> DetectionRows:
        if self._format is None or "score" not in self.columns:
            raise ValueError("columns hold a score, and x0, y0, x1, y1, or x0, y0, w, h, or cx, cy, w, h")
        return self

    @property
    def _format(self) -> str | None:
        return next((form for form, names in CORNERS.items() if set(names) <= set(self.columns)), None)

    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 6]. Raises DataError where the output has other columns."""
        rows = table_of(output, self.name, f"[n, {len(self.columns)}]", len(self.columns)).astype(np.float64)
        form = self._format
        if form is None:
            raise misfit(self.name, "boxes", output)
        corners = ordered(corners_of(self._taken(rows, CORNERS[form]), form))  # type: ignore[arg-type]
        if self.normalised:
            corners = in_pixels(corners, self.input_size(inputs))
        classes = self._taken(rows, ("class",)) - self.label_offset if "class" in self.columns else rows[:, :1] * 0
        made = np.hstack((corners, self._taken(rows, ("score",)), classes))
        return np.asarray(made[made[:, 5] >= 0])

    def _taken(self, rows: Array, names: tuple[str, ...]) -> Array:
        return np.asarray(rows[:, [self.columns.index(name) for name in names]])
