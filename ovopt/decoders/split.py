"""Arrays in pieces: named, split, selected, put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ovopt.arrays.arguments import axis_of
from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import SOLE_ARRAY, array_of, misfit
from ovopt.decoders.pieces import Key, Of, To, changed, piece_of
from ovopt.errors import DataError
from ovopt.units import counted


class Pieces(Decoder):
    """Give the outputs that `model.output` lists names, in their order: `pieces: [scores, distances, centerness]`."""

    name: ClassVar[str] = "pieces"
    sole: ClassVar[str | None] = "names"
    names: tuple[str, ...] = Field(min_length=1)

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Arrays by name. Raises DataError where there are more or fewer outputs."""
        outputs = output if isinstance(output, tuple) else (output,)
        if len(outputs) != len(self.names):
            raise misfit(
                self.name, f"{counted(len(self.names), 'output')} (list them in `model.output` in this order)", output
            )
        return {name: array_of(one, self.name, SOLE_ARRAY) for name, one in zip(self.names, outputs, strict=True)}


class Split(Decoder):
    """Take an array apart along an axis: `split: {xy: 2, wh: 2, object: 1, classes: rest}` makes pieces of so many
    entries of the last axis. With `of`, a piece is split further, and its parts take its place: `split: {of: boxes,
    into: {low: 2, high: 2}}`."""

    name: ClassVar[str] = "split"
    into: dict[str, int | Literal["rest"]] = Field(
        min_length=1, description="name -> entries, or `rest`; the key `into` may be left out where it is alone"
    )
    axis: int = -1
    of: Key | None = Field(default=None, description="the piece to split; default: the sole array")

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, values: Any) -> Any:
        return {"into": values} if isinstance(values, Mapping) and not {"into", "of"} & values.keys() else values

    @model_validator(mode="after")
    def _has_one_rest(self) -> Split:
        sizes = list(self.into.values())
        if sizes.count("rest") > 1 or any(isinstance(size, int) and size < 1 for size in sizes):
            raise ValueError("sizes are whole numbers above 0, and one of them may be `rest`")
        return self

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Arrays [..., size, ...] by name, beside the pieces there are. Raises DataError where the sizes do not add
        up."""
        array = array_of(output, self.name, SOLE_ARRAY) if self.of is None else piece_of(output, self.of, self.name)
        axis = axis_of(self.axis, array, self.name)
        sizes = self._sizes(array.shape[axis])
        if sizes is None:
            listed = " + ".join(str(size) for size in self.into.values())
            raise DataError(
                f"{self.name}: {listed} entries do not fill axis {self.axis} of an array of shape {list(array.shape)}"
            )
        parts = np.split(array, np.cumsum(sizes)[:-1], axis=axis)
        others = {name: piece for name, piece in output.items() if name != self.of} if self.of is not None else {}
        return {**others, **dict(zip(self.into, parts, strict=True))}

    def _sizes(self, length: int) -> list[int] | None:
        """Entries of each piece; None where they are not as many as the axis has."""
        rest = length - sum(size for size in self.into.values() if isinstance(size, int))
        sizes = [rest if isinstance(size, str) else size for size in self.into.values()]
        return sizes if sum(sizes) == length and min(sizes) > 0 else None


class Concat(Decoder):
    """Put pieces, or several outputs, one behind the other along an axis: `concat: [xy, wh]` leaves that array alone,
    `concat: {of: [xy, wh], to: boxes}` makes a piece of it that takes their place."""

    name: ClassVar[str] = "concat"
    sole: ClassVar[str | None] = "of"
    of: tuple[Key, ...] = Field(default=(), description="pieces or places of outputs; default: all outputs")
    axis: int = -1
    to: To = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """Array [...], or pieces with it. Raises DataError where they differ on another axis."""
        keys = self.of or tuple(range(len(output) if isinstance(output, tuple) else 0))
        parts = [piece_of(output, key, self.name) for key in keys]
        try:
            whole = np.concatenate(parts, self.axis)
        except ValueError:
            raise misfit(self.name, f"arrays that differ only on axis {self.axis}", tuple(parts) or output) from None
        if self.to is None:
            return whole
        others = output if isinstance(output, Mapping) else {}
        return {**{name: piece for name, piece in others.items() if name not in keys}, self.to: whole}


class Select(Decoder):
    """Entries of an axis by their places, in this order: `select: [1, 0, 3, 2]` swaps x and y."""

    name: ClassVar[str] = "select"
    sole: ClassVar[str | None] = "indices"
    indices: tuple[int, ...] = Field(min_length=1, description="places, counted from 0; negative ones from the end")
    axis: int = -1
    of: Of = None

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """Array [..., places, ...]. Raises DataError where there is no such axis or place."""
        return changed(output, self.of, self.name, self._selected)

    def _selected(self, array: Array) -> Array:
        axis = axis_of(self.axis, array, self.name)
        length = array.shape[axis]
        if not all(-length <= index < length for index in self.indices):
            raise misfit(self.name, f"an axis {self.axis} that has the places {list(self.indices)}", array)
        return np.asarray(array.take(np.array(self.indices) % length, axis=axis))
