"""Scores: probabilities, the best class, a threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import openvino
from openvino import opset13 as op

from ovopt.arrays.arguments import axis_of
from ovopt.arrays.graph import as_float, place_of, sizes
from ovopt.arrays.probabilities import sigmoid, softmax
from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import SOLE_ARRAY, array_of, misfit
from ovopt.decoders.pieces import Of, changed


class Softmax(Decoder):
    """Probabilities of scores, along an axis: `softmax`."""

    name: ClassVar[str] = "softmax"
    sole: ClassVar[str | None] = "axis"
    axis: int = -1
    of: Of = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """Probabilities [...] of the scores' shape, with a sum of 1 along the axis. Raises DataError where there is no
        such axis."""
        return changed(output, self.of, self.name, lambda array: softmax(array, axis_of(self.axis, array, self.name)))

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...]."""
        place = None if self.of is not None else place_of(self.axis, batch)
        return None if place is None else op.softmax(as_float(batch), place).output(0)


class Sigmoid(Decoder):
    """The probability 1 / (1 + exp(-score)) of each score: `sigmoid`, or of pieces: `sigmoid: [object, classes]`."""

    name: ClassVar[str] = "sigmoid"
    sole: ClassVar[str | None] = "of"
    of: Of = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """Probabilities [...] of the scores' shape. Raises DataError where the output is no array."""
        return changed(output, self.of, self.name, sigmoid)

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...]."""
        return None if self.of is not None else op.sigmoid(as_float(batch)).output(0)


class Argmax(Decoder):
    """The index of the highest score along an axis; the lowest index of equal scores. `argmax: 0` makes a mask of class
    ids [H, W] from scores [C, H, W]."""

    name: ClassVar[str] = "argmax"
    sole: ClassVar[str | None] = "axis"
    axis: int = -1

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Classes [...] of the scores' shape without the axis. Raises DataError where the axis has fewer than two
        scores."""
        array = array_of(output, self.name, SOLE_ARRAY)
        axis = axis_of(self.axis, array, self.name)
        if array.shape[axis] < 2:
            raise misfit(self.name, "at least two scores on the axis (or are these class ids already?)", array)
        return np.asarray(array.argmax(axis))

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...], along an axis whose size is known."""
        place = place_of(self.axis, batch)
        if place is None or (sizes(batch)[place - 1] or 0) < 2:
            return None
        best = op.topk(batch, np.array(1), place, "max", "value", "i64", stable=True)
        return op.squeeze(best.output(1), np.array([place])).output(0)


class Threshold(Decoder):
    """1 where a score is higher than this, else 0: a mask of one class from a map of scores."""

    name: ClassVar[str] = "threshold"
    sole: ClassVar[str | None] = "score"
    score: float = 0.5

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Integers [...] of the scores' shape. Raises DataError where the output is no array."""
        return (array_of(output, self.name, SOLE_ARRAY) > self.score).astype(np.int64)

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...] in floating point."""
        kind = batch.get_element_type()
        if not kind.is_real():
            return None
        above = op.greater(batch, op.constant(np.array(self.score, kind.to_dtype())))
        return op.convert(above, "i64").output(0)
