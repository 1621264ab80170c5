"""Images that a model makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import COLOURS, array_of, misfit


class Image(Decoder):
    """An image of 1 or 3 channels: the model's range from `low` to `high` becomes 0 to 255. A plain [H, W] is grey."""

    name: ClassVar[str] = "image"
    sole: ClassVar[str | None] = "layout"
    layout: Literal["chw", "hwc"] = "chw"
    low: float = Field(default=0, description="the output's value of black")
    high: float = Field(default=1, description="the output's value of white")

    @model_validator(mode="after")
    def _has_a_range(self) -> Image:
        if self.low >= self.high:
            raise ValueError("low must be less than high")
        return self

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Float64 [H, W, C] of 0 to 255; what lies outside is cut off."""
        wants = f"an image {'[C, H, W]' if self.layout == 'chw' else '[H, W, C]'} of 1 or 3 channels"
        array = array_of(output, self.name, wants)
        if array.ndim == 2:
            array = array[..., None]
        elif self.layout == "chw" and array.ndim == 3:
            array = array.transpose(1, 2, 0)
        if array.ndim != 3 or array.shape[2] not in COLOURS:
            raise misfit(self.name, wants, output)
        return np.clip((array.astype(np.float64) - self.low) / (self.high - self.low) * 255, 0, 255)
