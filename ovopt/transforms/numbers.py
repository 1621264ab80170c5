"""Arrays of numbers: element type, scale, normalization."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

from ovopt.contracts import Array, Transform
from ovopt.errors import DataError


class Cast(Transform):
    """Convert the element type."""

    name: ClassVar[str] = "cast"
    sole: ClassVar[str | None] = "dtype"
    dtype: str = Field(pattern="^(float|int|uint)(8|16|32|64)$", description="a NumPy type: float32, int64 ...")

    def __call__(self, content: Any) -> Array:
        """An array of the type."""
        return numbers_of(content, self.name).astype(self.dtype)


class Scale(Transform):
    """Divide by a number: `scale: 255` takes bytes to 0 ... 1. Gives float32."""

    name: ClassVar[str] = "scale"
    sole: ClassVar[str | None] = "divisor"
    divisor: float = Field(gt=0)

    def __call__(self, content: Any) -> Array:
        """The scaled array."""
        return numbers_of(content, self.name).astype(np.float32) / np.float32(self.divisor)


class Normalize(Transform):
    """Subtract the mean and divide by the deviation, per channel of the given axis. Gives float32."""

    name: ClassVar[str] = "normalize"
    mean: tuple[float, ...]
    std: tuple[float, ...]
    axis: int = Field(default=0, description="the channel axis of a sample without batch dimension")

    @model_validator(mode="after")
    def _same_length(self) -> Normalize:
        if len(self.mean) != len(self.std):
            raise ValueError("mean and std must have the same length")
        return self

    def __call__(self, content: Any) -> Array:
        """The normalized array."""
        array = numbers_of(content, self.name).astype(np.float32)
        shape = [1] * array.ndim
        if not -array.ndim <= self.axis < array.ndim or array.shape[self.axis] != len(self.mean):
            raise DataError(f"normalize: {len(self.mean)} channels on axis {self.axis} of shape {list(array.shape)}")
        shape[self.axis] = len(self.mean)
        mean, std = (np.asarray(v, np.float32).reshape(shape) for v in (self.mean, self.std))
        return np.asarray((array - mean) / std)


def numbers_of(content: Any, name: str) -> Array:
    """An array of numbers; DataError, which begins with the transform's name, for anything else."""
    if isinstance(content, bytes | str):
        raise DataError(f"{name}: wants an array, not {type(content).__name__}; decode the file first")
    try:
        array = np.asarray(content)
    except ValueError:
        raise DataError(f"{name}: a ragged list is not an array") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name}: wants an array of numbers, not {type(content).__name__}")
    return array
