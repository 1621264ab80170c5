"""The values of arrays: element type, scale, normalization, limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import openvino
from openvino import opset13 as op
from pydantic import Field, model_validator

from ovopt.arrays.arguments import holds, numbers_of
from ovopt.arrays.graph import along, as_f32, converted, dtype_of, sizes
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

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A conversion that loses nothing, or to float32; float64 counts as float32, which every model takes in the
        end."""
        wanted = np.dtype("float32" if self.dtype == "float64" else self.dtype)
        exact = np.can_cast(dtype_of(batch), wanted, "safe")
        return converted(batch, wanted) if exact or wanted == np.float32 else None


class Scale(Transform):
    """Divide by a number: `scale: 255` takes bytes to 0 ... 1, `scale: {divisor: 127.5, offset: 1}` to -1 ... 1. Gives
    float32."""

    name: ClassVar[str] = "scale"
    sole: ClassVar[str | None] = "divisor"
    divisor: float = Field(gt=0)
    offset: float = Field(default=0, description="subtracted after the division")

    def __call__(self, content: Any) -> Array:
        """The scaled array."""
        scaled: Array = numbers_of(content, self.name).astype(np.float32)
        scaled = np.divide(scaled, np.float32(self.divisor), out=scaled)
        return np.subtract(scaled, np.float32(self.offset), out=scaled) if self.offset else scaled

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A division, and a subtraction."""
        scaled = op.divide(as_f32(batch), np.float32(self.divisor))
        return (op.subtract(scaled, np.float32(self.offset)) if self.offset else scaled).output(0)


class Normalize(Transform):
    """Subtract the mean and divide by the deviation, per channel of the given axis. Gives float32.

    The channels of a decoded image are on axis -1; behind `layout: chw` they are on axis 0.
    """

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
        if not -array.ndim <= self.axis < array.ndim or array.shape[self.axis] != len(self.mean):
            raise DataError(f"normalize: {len(self.mean)} channels on axis {self.axis} of shape {list(array.shape)}")
        mean, std = (_row(values, self.axis, array.shape) for values in (self.mean, self.std))
        array -= mean
        array /= std
        return array

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A subtraction and a division, where the axis is known to have as many channels."""
        sample = sizes(batch)
        if not -len(sample) <= self.axis < len(sample) or sample[self.axis] != len(self.mean):
            return None
        mean, std = (along(np.asarray(v, np.float32), self.axis, batch) for v in (self.mean, self.std))
        return op.divide(op.subtract(as_f32(batch), mean), std).output(0)


class Standardize(Transform):
    """Take a sample to mean 0 and variance 1 by its own figures: (x - mean) / sqrt(variance + epsilon). Gives float32.

    Without `axis` over all its values, as wav2vec 2.0 wants its recordings; with `axis: -1` row by row, as features
    over time are standardized.
    """

    name: ClassVar[str] = "standardize"
    axis: int | None = Field(default=None, description="the axis along which mean and variance are taken")
    epsilon: float = Field(default=1e-7, gt=0)

    def __call__(self, content: Any) -> Array:
        """The standardized array."""
        array = numbers_of(content, self.name).astype(np.float64)
        if not array.size or (self.axis is not None and not -array.ndim <= self.axis < array.ndim):
            raise DataError(f"standardize: no values on axis {self.axis} of shape {list(array.shape)}")
        centred = array - array.mean(self.axis, keepdims=True)
        deviation = np.sqrt(array.var(self.axis, keepdims=True) + self.epsilon)
        return np.asarray(centred / deviation, np.float32)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """MVN."""
        rank = len(sizes(batch))
        if not rank or (self.axis is not None and not -rank <= self.axis < rank):
            return None
        axes = range(1, rank + 1) if self.axis is None else [self.axis % rank + 1]
        return op.mvn(as_f32(batch), np.array(list(axes)), True, self.epsilon, "inside_sqrt").output(0)


class Clip(Transform):
    """Keep the values within limits. The element type stays."""

    name: ClassVar[str] = "clip"
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Clip:
        if self.low is None and self.high is None:
            raise ValueError("give `low`, `high` or both")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("`low` must not be above `high`")
        return self

    def __call__(self, content: Any) -> Array:
        """The array within the limits."""
        array = numbers_of(content, self.name)
        return np.asarray(np.clip(array, self.low, self.high)).astype(array.dtype)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A maximum and a minimum, where the element type can hold the limits."""
        dtype = dtype_of(batch)
        if not all(holds(dtype, limit) for limit in (self.low, self.high) if limit is not None):
            return None
        if self.low is not None:
            batch = op.maximum(batch, np.asarray(self.low, dtype)).output(0)
        return batch if self.high is None else op.minimum(batch, np.asarray(self.high, dtype)).output(0)


def _row(values: Sequence[float], axis: int, shape: Sequence[int]) -> Array:
    """Values of an axis, ready to be broadcast: the last axis together with the one before it, since NumPy is several
    times quicker along a row of pixels than along each one's channels."""
    array = np.asarray(values, np.float32)
    behind = len(shape) - 1 - axis % len(shape)
    if behind or len(shape) == 1:
        return array.reshape([-1] + [1] * behind)
    return np.tile(array, (shape[-2], 1))
