"""The shape of outputs: one of several, axes, slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import openvino
from pydantic import Field

from ovopt.arrays import axes
from ovopt.arrays.arguments import axis_of
from ovopt.arrays.graph import place_of, sizes
from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import SOLE_ARRAY, array_of, misfit
from ovopt.decoders.pieces import Key, Of, changed, piece_of


class Squeeze(Decoder):
    """Leave out the given axes of length 1; without any, all of them."""

    name: ClassVar[str] = "squeeze"
    sole: ClassVar[str | None] = "axis"
    axis: int | tuple[int, ...] | None = None
    of: Of = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """The same numbers [...] in fewer dimensions. Raises DataError where an axis is longer than 1 or missing."""
        return changed(output, self.of, self.name, lambda array: axes.squeezed(array, self.axis, self.name))

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...], where sizes are known."""
        return None if self.of is not None else axes.squeezed_batch(batch, self.axis)


class Transpose(Decoder):
    """Put the axes in another order: `transpose: [1, 0]`."""

    name: ClassVar[str] = "transpose"
    sole: ClassVar[str | None] = "axes"
    axes: tuple[int, ...]
    of: Of = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """The same numbers [...], with axis `axes[i]` in place i. Raises DataError where the output has other axes."""
        return changed(output, self.of, self.name, lambda array: axes.transposed(array, self.axes, self.name))

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...]."""
        return None if self.of is not None else axes.transposed_batch(batch, self.axes)


class Reshape(Decoder):
    """Give the numbers another shape, without the batch dimension: `reshape: [-1, 4]`; -1 is what remains."""

    name: ClassVar[str] = "reshape"
    sole: ClassVar[str | None] = "shape"
    shape: tuple[int, ...]
    of: Of = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """The same numbers [...] in row-major order. Raises DataError where they do not fill the shape."""
        return changed(output, self.of, self.name, lambda array: axes.reshaped(array, self.shape, self.name))

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...], unless a size is 0."""
        return None if self.of is not None else axes.reshaped_batch(batch, self.shape)


class Pick(Decoder):
    """Go on with one of the outputs that `model.output` lists, or with some of them in another order: `pick: 1`,
    `pick: [2, 0]`; or with pieces: `pick: [boxes, scores]`."""

    name: ClassVar[str] = "pick"
    sole: ClassVar[str | None] = "index"
    index: Key | tuple[Key, ...] = Field(description="places in `model.output`, counted from 0, or names of pieces")

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """An output, or a tuple of outputs. Raises DataError where there are fewer."""
        places = self.index if isinstance(self.index, tuple) else (self.index,)
        numbers = [place for place in places if isinstance(place, int)]
        if isinstance(output, Mapping) or len(numbers) < len(places):
            pieces = tuple(piece_of(output, place, self.name) for place in places)
            return pieces if isinstance(self.index, tuple) else pieces[0]
        if not isinstance(output, tuple) or not all(-len(output) <= place < len(output) for place in numbers):
            raise misfit(self.name, f"several outputs, {list(places)} among them (list them in `model.output`)", output)
        picked = tuple(output[place] for place in numbers)
        return picked if isinstance(self.index, tuple) else picked[0]


class Slice(Decoder):
    """Keep the entries from `start` to before `stop` of an axis; negative numbers count from the end."""

    name: ClassVar[str] = "slice"
    axis: int = 0
    start: int | None = None
    stop: int | None = None
    of: Of = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """Array [...] of the same rank. Raises DataError where there is no such axis."""
        return changed(
            output, self.of, self.name, lambda array: axes.sliced(array, self.axis, self.start, self.stop, self.name)
        )

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...]."""
        return None if self.of is not None else axes.sliced_batch(batch, self.axis, self.start, self.stop)


class DropFirst(Decoder):
    """Leave out the first entries of an axis, such as the score of a background class that labels do not count."""

    name: ClassVar[str] = "drop_first"
    sole: ClassVar[str | None] = "count"
    count: int = Field(default=1, gt=0)
    axis: int = -1

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Array [...] of what follows them. Raises DataError where nothing does."""
        array = array_of(output, self.name, SOLE_ARRAY)
        axis = axis_of(self.axis, array, self.name)
        if array.shape[axis] <= self.count:
            raise misfit(self.name, f"more than {self.count} entries on axis {self.axis}", array)
        return axes.sliced(array, axis, self.count, None, self.name)

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...], along an axis whose size is known."""
        place = place_of(self.axis, batch)
        if place is None or (sizes(batch)[place - 1] or 0) <= self.count:
            return None
        return axes.sliced_batch(batch, self.axis, self.count, None)
