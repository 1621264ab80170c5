"""Operations of a model on a batch of arrays [n, ...]: sizes, element types, axes without the batch dimension."""

from __future__ import annotations

import numpy as np
import openvino
from openvino import opset13 as op

from ovopt.contracts import Array

END = np.iinfo(np.int64).max
"""End of an axis of any size, as Slice takes it."""


def sizes(batch: openvino.Output) -> list[int | None]:
    """Sizes of one array of a batch [n, ...], None where arrays differ."""
    return [None if dim.is_dynamic else dim.get_length() for dim in batch.get_partial_shape()][1:]


def dtype_of(batch: openvino.Output) -> np.dtype[np.generic]:
    """NumPy's element type of a batch [n, ...]."""
    found: np.dtype[np.generic] = np.dtype(batch.get_element_type().to_dtype())
    return found


def place_of(axis: int, batch: openvino.Output) -> int | None:
    """Place among the dimensions of a batch [n, ...] of an axis of its arrays; None where they have no such axis."""
    rank = len(sizes(batch))
    return axis % rank + 1 if -rank <= axis < rank else None


def converted(batch: openvino.Output, dtype: np.dtype[np.generic]) -> openvino.Output:
    """The same values [n, ...] in another element type."""
    if dtype_of(batch) == dtype:
        return batch
    return op.convert(batch, openvino.Type(dtype).get_type_name()).output(0)


def as_f32(batch: openvino.Output) -> openvino.Output:
    """The same values [n, ...] in float32."""
    return converted(batch, np.dtype(np.float32))


def as_float(batch: openvino.Output) -> openvino.Output:
    """The same values [n, ...] in float32; float64 stays."""
    return batch if dtype_of(batch) == np.float64 else as_f32(batch)


def along(values: Array, axis: int, batch: openvino.Output) -> Array:
    """Values [size] of one axis of a batch's arrays, in a shape [1, ..., size, ..., 1] that broadcasts over it."""
    shape = [1] * len(batch.get_partial_shape())
    shape[axis if axis < 0 else axis + 1] = len(values)
    return values.reshape(shape)


def of_rank(batch: openvino.Output, rank: int) -> openvino.Output | None:
    """Batch [n, ...] of arrays of this rank once leading dimensions of 1 are gone, as the host takes them; None for
    another rank."""
    found = sizes(batch)
    surplus = len(found) - rank
    if surplus < 0 or any(size != 1 for size in found[:surplus]):
        return None
    return op.squeeze(batch, np.arange(1, surplus + 1)).output(0) if surplus else batch


def stretch(batch: openvino.Output, axis: int, start: int | None, stop: int | None) -> openvino.Output:
    """Part [n, ...] of one axis of each array, counted as Python does."""
    place = axis if axis < 0 else axis + 1
    ends = ([start or 0], [END if stop is None else stop], [1], [place])
    return op.slice(batch, *(np.array(end, np.int64) for end in ends)).output(0)
