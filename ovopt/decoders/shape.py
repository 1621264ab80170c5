"""Arrays of numbers: scores, axes, parts of an array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.arrays.probabilities import sigmoid, softmax
from ovopt.contracts import Array, Decoder
from ovopt.decoders.graph import as_float, place_of, sizes, stretch
from ovopt.decoders.outputs import array_of, axis_of, misfit

if TYPE_CHECKING:
    import openvino

ARRAY = "an array; `pick` one of the outputs"


class Softmax(Decoder):
    """Probabilities of scores, along an axis: `softmax`."""

    name: ClassVar[str] = "softmax"
    sole: ClassVar[str | None] = "axis"
    axis: int = -1

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Of the same shape, with a sum of 1 along the axis."""
        array = array_of(output, self.name, ARRAY)
        return softmax(array, axis_of(self.axis, array, self.name))

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same."""
        from openvino import opset13 as op

        place = place_of(self.axis, batch)
        return None if place is None else op.softmax(as_float(batch), place).output(0)


class Sigmoid(Decoder):
    """The probability 1 / (1 + exp(-score)) of each score."""

    name: ClassVar[str] = "sigmoid"

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Of the same shape."""
        return sigmoid(array_of(output, self.name, ARRAY))

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same."""
        from openvino import opset13 as op

        return op.sigmoid(as_float(batch)).output(0)


class Argmax(Decoder):
    """The index of the highest score along an axis; the lowest index of equal scores. `argmax: 0` makes a mask of class
    ids [H, W] from scores [C, H, W]."""

    name: ClassVar[str] = "argmax"
    sole: ClassVar[str | None] = "axis"
    axis: int = -1

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Integers, without the axis."""
        array = array_of(output, self.name, ARRAY)
        axis = axis_of(self.axis, array, self.name)
        if array.shape[axis] < 2:
            raise misfit(self.name, "at least two scores on the axis (or are these class ids already?)", array)
        return np.asarray(array.argmax(axis))

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same, of an axis whose size is known."""
        from openvino import opset13 as op

        place = place_of(self.axis, batch)
        if place is None or (sizes(batch)[place - 1] or 0) < 2:
            return None
        best = op.topk(batch, np.array(1), place, "max", "value", "i64", stable=True)
        return op.squeeze(best.output(1), np.array([place])).output(0)


class Squeeze(Decoder):
    """Leave out the given axes of length 1; without any, all of them."""

    name: ClassVar[str] = "squeeze"
    sole: ClassVar[str | None] = "axis"
    axis: int | tuple[int, ...] | None = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """The same numbers in fewer dimensions."""
        array = array_of(output, self.name, ARRAY)
        try:
            return np.squeeze(array, self.axis)
        except ValueError:
            raise misfit(self.name, f"a dimension of 1 at axis {self.axis}", array) from None

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same, where sizes are known."""
        found = sizes(batch)
        axes = (self.axis,) if isinstance(self.axis, int) else self.axis
        if axes is None:
            places = [place for place, size in enumerate(found, 1) if size == 1]
            return None if None in found else _without(batch, places)
        chosen = [place_of(axis, batch) for axis in axes]
        if any(place is None or found[place - 1] != 1 for place in chosen):
            return None
        return _without(batch, [place for place in chosen if place])


class Transpose(Decoder):
    """Put the axes in another order: `transpose: [1, 0]`."""

    name: ClassVar[str] = "transpose"
    sole: ClassVar[str | None] = "axes"
    axes: tuple[int, ...]

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """The same numbers, with axis `axes[i]` in place i."""
        array = array_of(output, self.name, ARRAY)
        try:
            return np.transpose(array, self.axes)
        except ValueError:
            raise misfit(self.name, f"an array that has the axes {list(self.axes)}", array) from None

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same."""
        from openvino import opset13 as op

        places = [place_of(axis, batch) for axis in self.axes]
        if sorted(place or 0 for place in places) != list(range(1, len(sizes(batch)) + 1)):
            return None
        return op.transpose(batch, np.array([0, *places])).output(0)


class Reshape(Decoder):
    """Give the numbers another shape, without the batch dimension: `reshape: [-1, 4]`; -1 is what remains."""

    name: ClassVar[str] = "reshape"
    sole: ClassVar[str | None] = "shape"
    shape: tuple[int, ...]

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """The same numbers in row-major order."""
        array = array_of(output, self.name, ARRAY)
        try:
            return array.reshape(self.shape)
        except ValueError:
            raise misfit(self.name, f"an array that fits {list(self.shape)}", array) from None

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same, unless a size is 0."""
        from openvino import opset13 as op

        # A 0 copies the size at its place.
        return None if 0 in self.shape else op.reshape(batch, np.array([0, *self.shape]), True).output(0)


class Pick(Decoder):
    """Go on with one of the outputs that `model.output` lists, or with some of them in another order: `pick: 1`,
    `pick: [2, 0]`."""

    name: ClassVar[str] = "pick"
    sole: ClassVar[str | None] = "index"
    index: int | tuple[int, ...] = Field(description="places in `model.output`, counted from 0")

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """An output, or a tuple of outputs."""
        places = self.index if isinstance(self.index, tuple) else (self.index,)
        if not isinstance(output, tuple) or not all(-len(output) <= place < len(output) for place in places):
            raise misfit(self.name, f"several outputs, {list(places)} among them (list them in `model.output`)", output)
        picked = tuple(output[place] for place in places)
        return picked if isinstance(self.index, tuple) else picked[0]


class Slice(Decoder):
    """Keep the entries from `start` to before `stop` of an axis; negative numbers count from the end."""

    name: ClassVar[str] = "slice"
    axis: int = 0
    start: int | None = None
    stop: int | None = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """An array of the same rank."""
        array = array_of(output, self.name, ARRAY)
        axis = axis_of(self.axis, array, self.name)
        return array[(slice(None),) * axis + (slice(self.start, self.stop),)]

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same."""
        place = place_of(self.axis, batch)
        return None if place is None else stretch(batch, place, self.start, self.stop)


class Threshold(Decoder):
    """1 where a score is higher than this, else 0: a mask of one class from a map of scores."""

    name: ClassVar[str] = "threshold"
    sole: ClassVar[str | None] = "score"
    score: float = 0.5

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Integers of the same shape."""
        return (array_of(output, self.name, ARRAY) > self.score).astype(np.int64)

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same, of floating point."""
        from openvino import opset13 as op

        kind = batch.get_element_type()
        if not kind.is_real():
            return None
        above = op.greater(batch, op.constant(np.array(self.score, kind.to_dtype())))
        return op.convert(above, "i64").output(0)


class DropFirst(Decoder):
    """Leave out the first entries of an axis, such as the score of a background class that labels do not count."""

    name: ClassVar[str] = "drop_first"
    sole: ClassVar[str | None] = "count"
    count: int = Field(default=1, gt=0)
    axis: int = -1

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """What follows them."""
        array = array_of(output, self.name, ARRAY)
        axis = axis_of(self.axis, array, self.name)
        if array.shape[axis] <= self.count:
            raise misfit(self.name, f"more than {self.count} entries on axis {self.axis}", array)
        return array[(slice(None),) * axis + (slice(self.count, None),)]

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same, of an axis whose size is known."""
        place = place_of(self.axis, batch)
        if place is None or (sizes(batch)[place - 1] or 0) <= self.count:
            return None
        return stretch(batch, place, self.count, None)


def _without(batch: openvino.Output, places: Sequence[int]) -> openvino.Output:
    """Without these dimensions of 1."""
    from openvino import opset13 as op

    return op.squeeze(batch, np.array(places)).output(0) if places else batch
