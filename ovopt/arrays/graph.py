"""What transforms need to say what they do as operations of a model: on a batch of samples [n, ...]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ovopt.contracts import Array

if TYPE_CHECKING:
    import openvino


def sizes(batch: openvino.Output) -> list[int | None]:
    """The sizes of a sample, None where samples differ."""
    return [None if dim.is_dynamic else dim.get_length() for dim in batch.get_partial_shape()][1:]


def dtype_of(batch: openvino.Output) -> np.dtype[np.generic]:
    """NumPy's name of the element type."""
    found: np.dtype[np.generic] = np.dtype(batch.get_element_type().to_dtype())
    return found


def as_f32(batch: openvino.Output) -> openvino.Output:
    """The same values in float32."""
    return converted(batch, np.dtype(np.float32))


def converted(batch: openvino.Output, dtype: np.dtype[np.generic]) -> openvino.Output:
    """The same values in another element type."""
    import openvino
    from openvino import opset13 as op

    if dtype_of(batch) == dtype:
        return batch
    return op.convert(batch, openvino.Type(dtype).get_type_name()).output(0)


def along(values: Array, axis: int, batch: openvino.Output) -> Array:
    """Values of one axis of a sample, in a shape that they can be broadcast from."""
    shape = [1] * len(batch.get_partial_shape())
    shape[axis if axis < 0 else axis + 1] = len(values)
    return values.reshape(shape)


def rearranged(batch: openvino.Output, order: tuple[int, ...]) -> openvino.Output:
    """The axes of each sample in another order."""
    from openvino import opset13 as op

    if order == tuple(range(len(order))):
        return batch
    return op.transpose(batch, np.array([0, *(axis + 1 for axis in order)])).output(0)


def stretch(batch: openvino.Output, axis: int, start: int, stop: int) -> openvino.Output:
    """A part of one axis of each sample, counted as NumPy does."""
    from openvino import opset13 as op

    place = axis if axis < 0 else axis + 1
    return op.slice(batch, np.array([start]), np.array([stop]), np.array([1]), np.array([place])).output(0)
