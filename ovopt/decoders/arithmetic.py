"""Arithmetic: what a head leaves to be computed, number by number."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import openvino
from openvino import opset13 as op
from pydantic import Field

from ovopt.arrays.arguments import axis_of
from ovopt.arrays.graph import along, as_float, place_of
from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import misfit
from ovopt.decoders.pieces import Of, To, changed, piece_of
from ovopt.errors import DataError


class _OfEach(Decoder):
    """A function of each number."""

    sole: ClassVar[str | None] = "of"
    of: Of = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """Numbers [...] of the same shape, in floating point. Raises DataError where the output has no such piece."""
        with np.errstate(all="ignore"):
            return changed(output, self.of, self.name, lambda array: self.computed(_floats(array)))

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...]."""
        return None if self.of is not None else self.operation(as_float(batch))

    @abstractmethod
    def computed(self, array: Array) -> Array:
        """The function of floats [...]."""

    @abstractmethod
    def operation(self, batch: openvino.Output) -> openvino.Output:
        """The same as an operation on floats [n, ...]."""


class Tanh(_OfEach):
    """The hyperbolic tangent of each number: `tanh`, or of pieces: `tanh: [xy, wh]`."""

    name: ClassVar[str] = "tanh"

    def computed(self, array: Array) -> Array:
        """Numbers [...] of -1 to 1."""
        return np.asarray(np.tanh(array))

    def operation(self, batch: openvino.Output) -> openvino.Output:
        """The same of floats [n, ...]."""
        return op.tanh(batch).output(0)


class Exp(_OfEach):
    """The exponential of each number: `exp`, or of pieces: `exp: wh`."""

    name: ClassVar[str] = "exp"

    def computed(self, array: Array) -> Array:
        """Numbers [...] above 0."""
        return np.asarray(np.exp(array))

    def operation(self, batch: openvino.Output) -> openvino.Output:
        """The same of floats [n, ...]."""
        return op.exp(batch).output(0)


class _WithValue(Decoder):
    """An operation on numbers and a value: a number, a list of them along an axis, or a piece."""

    sole: ClassVar[str | None] = "value"
    of: Of = None
    value: float | tuple[float, ...] | str = Field(description="a number, a list along `axis`, or the name of a piece")
    axis: int = Field(default=-1, description="the axis that a list of numbers goes along")
    to: To = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """Numbers [...], as NumPy broadcasts them. Raises DataError where there is no such piece, or the shapes do not
        fit."""
        if self.to is None:
            return changed(output, self.of, self.name, lambda array: self._computed(array, output))
        keys = self.of if isinstance(self.of, tuple) else (self.of,)
        if len(keys) != 1 or keys[0] is None or not isinstance(output, Mapping):
            raise DataError(f"{self.name}: `to` names the result of one piece, which `of` names")
        return {**output, self.to: self._computed(piece_of(output, keys[0], self.name), output)}

    def _computed(self, array: Array, output: Any) -> Array:
        other = self._other(array, output)
        try:
            with np.errstate(all="ignore"):
                return np.asarray(self.computed(array, other))
        except ValueError:
            raise DataError(
                f"{self.name}: shapes {list(array.shape)} and {list(np.shape(other))} do not go together"
            ) from None

    def _other(self, array: Array, output: Any) -> Any:
        """The value in a shape that broadcasts over the array."""
        if isinstance(self.value, str):
            return piece_of(output, self.value, self.name)
        if not isinstance(self.value, tuple):
            return self._number(array, self.value)
        if not -array.ndim <= self.axis < array.ndim:
            raise DataError(f"{self.name}: wants an array that has an axis {self.axis}, not {list(array.shape)}")
        shape = [1] * array.ndim
        shape[self.axis] = len(self.value)
        return self._number(array, self.value).reshape(shape)

    def _number(self, array: Array, value: float | tuple[float, ...]) -> Array:
        """In the array's own element type where that is floating point, and where a whole number keeps integers."""
        numbers = np.asarray(value)
        whole = bool((numbers % 1 == 0).all()) and array.dtype.kind in "iu"
        return numbers.astype(array.dtype if whole or array.dtype.kind == "f" else np.float64)

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...] in floating point, with numbers."""
        rank = len(batch.get_partial_shape()) - 1
        if self.of is not None or isinstance(self.value, str) or not batch.get_element_type().is_real():
            return None
        if not isinstance(self.value, tuple):
            return self.operation(batch, _constant(np.asarray(self.value), batch))
        if not -rank <= self.axis < rank:
            return None
        return self.operation(batch, _constant(along(np.asarray(self.value), self.axis, batch), batch))

    @abstractmethod
    def computed(self, array: Array, other: Any) -> Any:
        """The operation on numbers [...]."""

    @abstractmethod
    def operation(self, batch: openvino.Output, other: openvino.Output) -> openvino.Output:
        """The same as an operation of a model."""


class Add(_WithValue):
    """The sum with a number, with a list of them (one for each entry of the last axis), or with a piece: `add: 0.5`,
    `add: {of: xy, value: cell}`."""

    name: ClassVar[str] = "add"

    def computed(self, array: Array, other: Any) -> Any:
        """Sums [...]."""
        return array + other

    def operation(self, batch: openvino.Output, other: openvino.Output) -> openvino.Output:
        """The same of floats [n, ...]."""
        return op.add(batch, other).output(0)


class Subtract(_WithValue):
    """The difference to a number, to a list of them, or to a piece, which is taken off: `subtract: {of: cell, value:
    before, to: low}`."""

    name: ClassVar[str] = "subtract"

    def computed(self, array: Array, other: Any) -> Any:
        """Differences [...]."""
        return array - other

    def operation(self, batch: openvino.Output, other: openvino.Output) -> openvino.Output:
        """The same of floats [n, ...]."""
        return op.subtract(batch, other).output(0)


class Multiply(_WithValue):
    """The product with a number, with a list of them, or with a piece: `multiply: {of: wh, value: stride}`."""

    name: ClassVar[str] = "multiply"

    def computed(self, array: Array, other: Any) -> Any:
        """Products [...]."""
        return array * other

    def operation(self, batch: openvino.Output, other: openvino.Output) -> openvino.Output:
        """The same of floats [n, ...]."""
        return op.multiply(batch, other).output(0)


class Divide(_WithValue):
    """The quotient by a number, by a list of them, or by a piece: `divide: 255`."""

    name: ClassVar[str] = "divide"

    def computed(self, array: Array, other: Any) -> Any:
        """Quotients [...] in floating point."""
        return array / other

    def operation(self, batch: openvino.Output, other: openvino.Output) -> openvino.Output:
        """The same of floats [n, ...]."""
        return op.divide(batch, other).output(0)


class Power(_WithValue):
    """The power to a number, to a list of them, or to a piece: `power: 2`, a root with `power: 0.5`."""

    name: ClassVar[str] = "power"

    def computed(self, array: Array, other: Any) -> Any:
        """Powers [...] in floating point."""
        return _floats(array) ** other

    def operation(self, batch: openvino.Output, other: openvino.Output) -> openvino.Output:
        """The same of floats [n, ...]."""
        return op.power(batch, other).output(0)


class Reduce(Decoder):
    """The sum, mean, highest or lowest value along an axis: `reduce: sum`. A distribution's mean is its `softmax`,
    times the values, summed up."""

    name: ClassVar[str] = "reduce"
    sole: ClassVar[str | None] = "by"
    by: Literal["sum", "mean", "max", "min"]
    axis: int = -1
    of: Of = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """Numbers [...] without that axis. Raises DataError where there is none, or it is empty."""
        return changed(output, self.of, self.name, self._reduced)

    def _reduced(self, array: Array) -> Array:
        axis = axis_of(self.axis, array, self.name)
        if not array.shape[axis]:
            raise misfit(self.name, f"an axis {self.axis} that is not empty", array)
        return np.asarray(getattr(np, self.by)(_floats(array) if self.by == "mean" else array, axis=axis))

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...] in floating point."""
        place = None if self.of is not None else place_of(self.axis, batch)
        if place is None or not batch.get_element_type().is_real():
            return None
        made: openvino.Output = getattr(op, f"reduce_{self.by}")(batch, np.array([place]), False).output(0)
        return made


def _floats(array: Array) -> Array:
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float32)


def _constant(values: Array, batch: openvino.Output) -> openvino.Output:
    kind: np.dtype[Any] = batch.get_element_type().to_dtype()
    found: openvino.Output = op.constant(values.astype(kind)).output(0)
    return found
