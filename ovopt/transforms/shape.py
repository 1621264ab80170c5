"""The shape of arrays: layout, axes, slices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ovopt.arrays.graph import rearranged, sizes, stretch
from ovopt.contracts import Array, Transform
from ovopt.errors import DataError
from ovopt.transforms.numbers import numbers_of

if TYPE_CHECKING:
    import openvino

CHANNELS = (1, 3, 4)
END = np.iinfo(np.int64).max


class Layout(Transform):
    """Put the channels of an image first or last.

    `chw` takes an image of height, width, channels (or of height, width) to channels, height, width; `nchw` also puts
    a batch dimension of 1 before it; `hwc` goes from channels first to channels last. What is in that order already
    stays as it is.
    """

    name: ClassVar[str] = "layout"
    sole: ClassVar[str | None] = "order"
    order: Literal["chw", "hwc", "nchw"] = Field(description="the order of axes that comes out")

    def __call__(self, content: Any) -> Array:
        """The image in the order asked for."""
        array = numbers_of(content, self.name)
        if array.ndim == 2:
            array = array[np.newaxis] if self.order == "hwc" else array[..., np.newaxis]
        if array.ndim != 3:
            raise DataError(f"layout: wants an image of 2 or 3 dimensions, not of shape {list(array.shape)}")
        source, behind = (0, -1) if self.order == "hwc" else (-1, 0)
        if array.shape[source] not in CHANNELS and array.shape[behind] in CHANNELS:
            source = behind  # it is in that order already
        moved = np.ascontiguousarray(np.moveaxis(array, source, behind))
        return moved[np.newaxis] if self.order == "nchw" else moved

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A transposition, where the sizes say which axis holds the channels."""
        from openvino import opset13 as op

        if len(sizes(batch)) == 2:
            batch = op.unsqueeze(batch, 1 if self.order == "hwc" else 3).output(0)
        sample = sizes(batch)
        source, behind = (0, 2) if self.order == "hwc" else (2, 0)
        if len(sample) != 3 or sample[source] is None or (sample[source] not in CHANNELS and sample[behind] is None):
            return None
        if sample[source] in CHANNELS or sample[behind] not in CHANNELS:
            batch = rearranged(batch, (1, 2, 0) if self.order == "hwc" else (2, 0, 1))
        return op.unsqueeze(batch, 1).output(0) if self.order == "nchw" else batch


class Transpose(Transform):
    """Reorder the axes of any array: `transpose: [1, 0]`."""

    name: ClassVar[str] = "transpose"
    sole: ClassVar[str | None] = "axes"
    axes: tuple[int, ...] = Field(description="where each axis of the result comes from, counted from 0")

    @model_validator(mode="after")
    def _is_permutation(self) -> Transpose:
        if sorted(self.axes) != list(range(len(self.axes))):
            raise ValueError(f"`axes` must name each of 0 ... {max(len(self.axes) - 1, 0)} once")
        return self

    def __call__(self, content: Any) -> Array:
        """The array with its axes reordered."""
        array = numbers_of(content, self.name)
        if array.ndim != len(self.axes):
            raise DataError(f"transpose: {len(self.axes)} axes for an array of shape {list(array.shape)}")
        return np.ascontiguousarray(array.transpose(self.axes))

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A transposition."""
        return rearranged(batch, self.axes) if len(sizes(batch)) == len(self.axes) else None


class Reshape(Transform):
    """Give the values another shape; one dimension may be -1: as many as are left."""

    name: ClassVar[str] = "reshape"
    sole: ClassVar[str | None] = "shape"
    shape: tuple[int, ...]

    @model_validator(mode="after")
    def _at_most_one_free(self) -> Reshape:
        if any(dim < -1 for dim in self.shape) or self.shape.count(-1) > 1:
            raise ValueError("`shape` holds sizes, and -1 at most once")
        return self

    def __call__(self, content: Any) -> Array:
        """The array in the new shape."""
        array = numbers_of(content, self.name)
        try:
            return array.reshape(self.shape)
        except ValueError:
            raise DataError(
                f"reshape: {array.size} values of shape {list(array.shape)} do not fill the shape {list(self.shape)}"
            ) from None

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A reshape behind the batch dimension, which 0 keeps."""
        from openvino import opset13 as op

        return op.reshape(batch, np.array([0, *self.shape]), special_zero=True).output(0) if all(self.shape) else None


class Expand(Transform):
    """Insert an axis of length 1: `expand: 0`."""

    name: ClassVar[str] = "expand"
    sole: ClassVar[str | None] = "axis"
    axis: int = Field(description="where the new axis stands in the result")

    def __call__(self, content: Any) -> Array:
        """The array with one more axis."""
        array = numbers_of(content, self.name)
        if not -array.ndim - 1 <= self.axis <= array.ndim:
            raise DataError(f"expand: no place for axis {self.axis} in shape {list(array.shape)}")
        return np.expand_dims(array, self.axis)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """One more axis."""
        from openvino import opset13 as op

        rank = len(sizes(batch)) + 1
        return op.unsqueeze(batch, self.axis % rank + 1).output(0) if -rank <= self.axis < rank else None


class Squeeze(Transform):
    """Remove an axis of length 1: `squeeze: 0`."""

    name: ClassVar[str] = "squeeze"
    sole: ClassVar[str | None] = "axis"
    axis: int

    def __call__(self, content: Any) -> Array:
        """The array with one axis less."""
        array = numbers_of(content, self.name)
        if not -array.ndim <= self.axis < array.ndim or array.shape[self.axis] != 1:
            raise DataError(f"squeeze: axis {self.axis} of shape {list(array.shape)} is not of length 1")
        return array.squeeze(self.axis)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """One axis less, where it is known to be of length 1."""
        from openvino import opset13 as op

        sample = sizes(batch)
        if not -len(sample) <= self.axis < len(sample) or sample[self.axis] != 1:
            return None
        return op.squeeze(batch, np.array([self.axis % len(sample) + 1])).output(0)


class Slice(Transform):
    """Keep a stretch of one axis: from `start` to before `stop`, both counted from the end where they are negative."""

    name: ClassVar[str] = "slice"
    axis: int = 0
    start: int | None = None
    stop: int | None = None

    def __call__(self, content: Any) -> Array:
        """The stretch."""
        array = numbers_of(content, self.name)
        if not -array.ndim <= self.axis < array.ndim:
            raise DataError(f"slice: no axis {self.axis} in shape {list(array.shape)}")
        kept = np.moveaxis(array, self.axis, 0)[self.start : self.stop]
        if not len(kept):
            raise DataError(f"slice: nothing is left of axis {self.axis} of shape {list(array.shape)}")
        return np.ascontiguousarray(np.moveaxis(kept, 0, self.axis))

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A slice."""
        rank = len(sizes(batch))
        if not -rank <= self.axis < rank:
            return None
        return stretch(batch, self.axis, self.start or 0, END if self.stop is None else self.stop)
