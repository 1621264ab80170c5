"""Images that a model makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import openvino
from openvino import opset13 as op
from pydantic import Field, model_validator

from ovopt.arrays.graph import as_float, sizes
from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import COLOURS, array_of, misfit


class Image(Decoder):
    """An image of 1 or 3 channels: the model's range from `low` to `high` becomes 0 to 255. A plain [H, W] is grey."""

    name: ClassVar[str] = "image"
    sole: ClassVar[str | None] = "layout"
    layout: Literal["chw", "hwc"] = "chw"
    low: float = Field(default=0, description="the output's value of black")
    high: float = Field(default=1, description="the output's value of white")
    rounded: bool = Field(default=False, description="to whole numbers, as in a file of 8 bits")

    @model_validator(mode="after")
    def _has_a_range(self) -> Image:
        if self.low >= self.high:
            raise ValueError("low must be less than high")
        return self

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Float64 [H, W, C] of 0 to 255; what lies outside is cut off. Raises DataError where the output is no
        image."""
        wants = f"an image {'[C, H, W]' if self.layout == 'chw' else '[H, W, C]'} of 1 or 3 channels"
        array = array_of(output, self.name, wants)
        if array.ndim == 2:
            array = array[..., None]
        elif self.layout == "chw" and array.ndim == 3:
            array = array.transpose(1, 2, 0)
        if array.ndim != 3 or array.shape[2] not in COLOURS:
            raise misfit(self.name, wants, output)
        image = np.clip((array.astype(np.float64) - self.low) / (self.high - self.low) * 255, 0, 255)
        return np.rint(image) if self.rounded else image

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...] in float32."""
        image = as_float(batch)
        if len(sizes(image)) == 2:
            image = op.unsqueeze(image, np.array([3])).output(0)
        elif self.layout == "chw" and len(sizes(image)) == 3:
            image = op.transpose(image, np.array([0, 2, 3, 1])).output(0)
        if len(sizes(image)) != 3 or sizes(image)[2] not in COLOURS:
            return None
        kind = image.get_element_type().to_dtype()
        low, scale = (op.constant(np.array(value, kind)) for value in (self.low, 255 / (self.high - self.low)))
        whole = op.clamp(op.multiply(op.subtract(image, low), scale), 0.0, 255.0)
        return op.round(whole, "half_to_even").output(0) if self.rounded else whole.output(0)
