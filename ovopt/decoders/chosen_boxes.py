"""Boxes that a model has chosen itself: rows of corners, score and class, in whatever order and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from ovopt.arrays.boxes import in_pixels
from ovopt.contracts import Array
from ovopt.decoders.detector import Detector
from ovopt.decoders.outputs import array_of, misfit

Column = Literal["x0", "y0", "x1", "y1", "cx", "cy", "w", "h", "score", "class", "-"]
CORNERS: tuple[Column, ...] = ("x0", "y0", "x1", "y1")
FORMS = ({*CORNERS}, {"x0", "y0", "w", "h"}, {"cx", "cy", "w", "h"})


class Detections(Detector):
    """Boxes after suppression, a row for each: `columns` says what stands where. Several outputs are joined side by
    side: boxes [n, 5] and classes [n], or boxes [n, 4], classes [n] and scores [n].

    `detections: [class, score, x0, y0, x1, y1]` reads what PaddleDetection exports; the default reads OTX's boxes and
    labels; `detections: [x0, y0, x1, y1, class, score]` what torchvision's detectors give as boxes, labels and scores.
    """

    name: ClassVar[str] = "detections"
    sole: ClassVar[str | None] = "columns"
    columns: tuple[Column, ...] = Field(
        default=(*CORNERS, "score", "class"),
        description="`-` stands for what is not needed; without class there is one",
    )
    normalised: bool = Field(default=False, description="whether boxes are relative to the image's size")
    label_offset: int = Field(
        default=0, description="what is taken from the model's class numbers: 1 where its 0 is the background"
    )

    @field_validator("columns")
    @classmethod
    def _complete(cls, columns: Sequence[Column]) -> Sequence[Column]:
        named = [column for column in columns if column != "-"]
        if len({*named}) < len(named) or {*named} - {"score", "class"} not in FORMS or "score" not in named:
            raise ValueError("must name score, and four of a box: x0 y0 x1 y1, x0 y0 w h, or cx cy w h; each once")
        return columns

    def found(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Detections [n, 6]. Raises DataError where the outputs do not have the columns together."""
        rows = np.concatenate(list(self._parts(output)), axis=1).astype(np.float64)
        by_name = dict(zip(self.columns, rows.T, strict=True))
        corners = np.column_stack(_corners(by_name))
        if self.normalised:
            corners = in_pixels(corners, self.input_size(inputs))
        classes = by_name.get("class", np.full(len(rows), float(self.label_offset))) - self.label_offset
        found = np.column_stack((corners, by_name["score"], classes))
        return np.asarray(found[classes >= 0])

    def _parts(self, output: Any) -> Iterator[Array]:
        """Each output as [n, columns of its own]: n follows from the values of all."""
        wants = f"rows [n, {len(self.columns)}], in one output or in several (list them in `model.output`)"
        arrays = [array_of(one, self.name, wants) for one in (output if isinstance(output, tuple) else (output,))]
        count, rest = divmod(sum(array.size for array in arrays), len(self.columns))
        for array in arrays:
            width, left = divmod(array.size, count) if count else (array.shape[-1] if array.ndim > 1 else 1, 0)
            if rest or left or (array.ndim > 1 and array.shape[-1] != width and array.size != count):
                raise misfit(self.name, wants, output)
            yield array.reshape(count, width)


def _corners(by_name: Mapping[str, Array]) -> tuple[Array, ...]:
    """x0, y0, x1, y1 of a box in any form."""
    if "x1" in by_name:
        return tuple(by_name[name] for name in CORNERS)
    width, height = by_name["w"], by_name["h"]
    left, top = (
        (by_name["x0"], by_name["y0"]) if "x0" in by_name else (by_name["cx"] - width / 2, by_name["cy"] - height / 2)
    )
    return left, top, left + width, top + height
