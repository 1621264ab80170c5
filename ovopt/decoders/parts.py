"""From what the parts of a sample gave to one result: pairs, windows, sequences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.arrays.arguments import axis_of
from ovopt.arrays.axes import sliced
from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import misfit, parts_of

Count = Annotated[int, Field(ge=0)]


class CosineOfParts(Decoder):
    """The cosine of the angle between the embeddings of both parts of a sample. 0 where one of them is all zeros."""

    name: ClassVar[str] = "cosine_of_parts"
    joins: ClassVar[bool] = True

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> float:
        """Similarity of -1 to 1. Raises DataError unless there are two embeddings of one shape."""
        parts = parts_of(output, self.name)
        if len(parts) != 2:
            raise misfit(self.name, "the embeddings of two parts", tuple(parts))
        first, second = (np.ravel(part).astype(np.float64) for part in parts)
        lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
        return float(first @ second) / lengths if lengths else 0.0


class StackParts(Decoder):
    """All parts in one array, as its first axis."""

    name: ClassVar[str] = "stack_parts"
    joins: ClassVar[bool] = True

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Array [parts, ...]. Raises DataError where the parts differ in shape."""
        return np.stack(parts_of(output, self.name))


class ConcatParts(Decoder):
    """The windows of a recording, one after the other along an axis. `trim` takes off what a window shares with its
    neighbours: so many entries at its start and at its end."""

    name: ClassVar[str] = "concat_parts"
    joins: ClassVar[bool] = True
    axis: int = 0
    trim: tuple[Count, Count] = Field(default=(0, 0), description="entries to take off each part: before, after")
    keep_ends: bool = Field(
        default=False, description="leave the start of the first part and the end of the last one as they are"
    )

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Array [...] of all parts. Raises DataError where they differ on another axis, or `trim` takes more than there
        is."""
        parts = parts_of(output, self.name, alike=False)
        last = len(parts) - 1
        trimmed = [self._trimmed(part, first=i == 0, last=i == last) for i, part in enumerate(parts)]
        try:
            return np.concatenate(trimmed, self.axis)
        except ValueError:
            raise misfit(self.name, f"parts that differ only on axis {self.axis}", tuple(parts)) from None

    def _trimmed(self, part: Array, first: bool, last: bool) -> Array:
        axis = axis_of(self.axis, part, self.name)
        before = 0 if first and self.keep_ends else self.trim[0]
        after = 0 if last and self.keep_ends else self.trim[1]
        length = part.shape[axis]
        if before + after > length:
            raise misfit(self.name, f"at least {before + after} entries on axis {self.axis}, which `trim` takes", part)
        return sliced(part, axis, before, length - after, self.name)


class MeanParts(Decoder):
    """The mean over the parts, entry by entry."""

    name: ClassVar[str] = "mean_parts"
    joins: ClassVar[bool] = True

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Float64 [...] of a part's shape. Raises DataError where the parts differ in shape."""
        return np.asarray(np.mean(parts_of(output, self.name), axis=0, dtype=np.float64))


class MaxParts(Decoder):
    """The highest value of all parts, entry by entry."""

    name: ClassVar[str] = "max_parts"
    joins: ClassVar[bool] = True

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Array [...] of a part's shape. Raises DataError where the parts differ in shape."""
        return np.asarray(np.max(parts_of(output, self.name), axis=0))


class SumParts(Decoder):
    """The sum over the parts, entry by entry: of `next_token_nll`, the figures of a text in several windows."""

    name: ClassVar[str] = "sum_parts"
    joins: ClassVar[bool] = True

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Float64 [...] of a part's shape. Raises DataError where the parts differ in shape."""
        return np.asarray(np.sum(parts_of(output, self.name), axis=0, dtype=np.float64))
