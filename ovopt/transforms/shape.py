"""The shape of arrays: layout of images, axes, slices."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import openvino
from openvino import opset13 as op
from pydantic import Field, model_validator

from ovopt.arrays import axes
from ovopt.arrays.arguments import CHANNELS, numbers_of
from ovopt.arrays.graph import sizes
from ovopt.contracts import Array, Parts, Transform
from ovopt.errors import DataError


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
        """Image [channels, height, width], [1, channels, height, width] or [height, width, channels]. Raises DataError
        where it has neither 2 nor 3 dimensions."""
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
        """A transposition of images [n, ...], where the sizes say which axis holds the channels."""
        if len(sizes(batch)) == 2:
            batch = op.unsqueeze(batch, 1 if self.order == "hwc" else 3).output(0)
        sample = sizes(batch)
        source, behind = (0, 2) if self.order == "hwc" else (2, 0)
        if len(sample) != 3 or sample[source] is None or (sample[source] not in CHANNELS and sample[behind] is None):
            return None
        if sample[source] in CHANNELS or sample[behind] not in CHANNELS:
            batch = op.transpose(batch, np.array([0, 2, 3, 1] if self.order == "hwc" else [0, 3, 1, 2])).output(0)
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
        """Array of any shape with its axes reordered. Raises DataError where it has other axes."""
        return np.ascontiguousarray(axes.transposed(numbers_of(content, self.name), self.axes, self.name))

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A transposition of each array of [n, ...]."""
        return axes.transposed_batch(batch, self.axes)


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
        """Array of the new shape. Raises DataError where the values do not fill it."""
        return axes.reshaped(numbers_of(content, self.name), self.shape, self.name)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A reshape of each array of [n, ...]."""
        return axes.reshaped_batch(batch, self.shape)


class Expand(Transform):
    """Insert an axis of length 1: `expand: 0`."""

    name: ClassVar[str] = "expand"
    sole: ClassVar[str | None] = "axis"
    axis: int = Field(description="where the new axis stands in the result")

    def __call__(self, content: Any) -> Array:
        """Array of any shape with one more axis. Raises DataError where there is no place for it."""
        array = numbers_of(content, self.name)
        if not -array.ndim - 1 <= self.axis <= array.ndim:
            raise DataError(f"expand: no place for axis {self.axis} in shape {list(array.shape)}")
        return np.expand_dims(array, self.axis)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """One more axis of each array of [n, ...]."""
        rank = len(sizes(batch)) + 1
        return op.unsqueeze(batch, self.axis % rank + 1).output(0) if -rank <= self.axis < rank else None


class Squeeze(Transform):
    """Remove an axis of length 1: `squeeze: 0`."""

    name: ClassVar[str] = "squeeze"
    sole: ClassVar[str | None] = "axis"
    axis: int

    def __call__(self, content: Any) -> Array:
        """Array of any shape with one axis less. Raises DataError where that is longer or missing."""
        return axes.squeezed(numbers_of(content, self.name), self.axis, self.name)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """One axis less of each array of [n, ...], where it is known to be of length 1."""
        return axes.squeezed_batch(batch, self.axis)


class Slice(Transform):
    """Keep a stretch of one axis: from `start` to before `stop`, both counted from the end where they are negative."""

    name: ClassVar[str] = "slice"
    axis: int = 0
    start: int | None = None
    stop: int | None = None

    def __call__(self, content: Any) -> Array:
        """Array of the same rank. Raises DataError where there is no such axis, or nothing is left of it."""
        array = numbers_of(content, self.name)
        kept = axes.sliced(array, self.axis, self.start, self.stop, self.name)
        if not kept.shape[self.axis]:
            raise DataError(f"slice: nothing is left of axis {self.axis} of shape {list(array.shape)}")
        return np.ascontiguousarray(kept)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A slice of each array of [n, ...]."""
        return axes.sliced_batch(batch, self.axis, self.start, self.stop)


class StackFrames(Transform):
    """Make one array of a sample's parts, such as the frames of a clip, and one inference of them: `stack: 0` gives
    [parts, channels, height, width] of frames that are channels first, `stack: 1` [channels, parts, height, width]."""

    name: ClassVar[str] = "stack"
    sole: ClassVar[str | None] = "axis"
    axis: int = Field(default=0, description="where the axis of the parts stands in the result")

    def apply(self, content: Any) -> Any:
        """One array of all parts. Raises DataError where the sample has none, or they differ in shape."""
        return self(content)

    def __call__(self, content: Any) -> Array:
        """One array of all parts. Raises DataError where the sample has none, or they differ in shape."""
        if not isinstance(content, Parts):
            raise DataError(
                "stack: wants a sample of several parts, as `clip` of `kind: video` and `window` make them, not a "
                f"{type(content).__name__}"
            )
        parts = [numbers_of(part, self.name) for part in content]
        shapes = {part.shape for part in parts}
        if len(shapes) > 1:
            raise DataError(
                f"stack: parts of one shape are wanted, not {' and '.join(map(str, map(list, sorted(shapes))))}"
            )
        if not -parts[0].ndim - 1 <= self.axis <= parts[0].ndim:
            raise DataError(f"stack: no place for axis {self.axis} beside shape {list(parts[0].shape)}")
        return np.stack(parts, self.axis)
