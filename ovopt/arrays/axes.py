"""Axes of an array reordered, reshaped, squeezed and sliced: on the host, and as operations of a model on a batch of
arrays [n, ...], where axes are still counted without the batch dimension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openvino
from openvino import opset13 as op

from ovopt.arrays.arguments import axis_of
from ovopt.arrays.graph import place_of, sizes, stretch
from ovopt.contracts import Array
from ovopt.errors import DataError


def transposed(array: Array, axes: Sequence[int], name: str) -> Array:
    """Array [...] with its axis `axes[i]` in place i, not copied. Raises DataError, which begins with `name`,
    where it has other axes."""
    try:
        return np.transpose(array, axes)
    except ValueError:
        raise DataError(
            f"{name}: wants an array that has the axes {list(axes)}, not of shape {list(array.shape)}"
        ) from None


def transposed_batch(batch: openvino.Output, axes: Sequence[int]) -> openvino.Output | None:
    """`transposed` as an operation on [n, ...]; None where arrays have other axes."""
    places = [place_of(axis, batch) or 0 for axis in axes]
    if sorted(places) != list(range(1, len(sizes(batch)) + 1)):
        return None
    return batch if places == sorted(places) else op.transpose(batch, np.array([0, *places])).output(0)


def reshaped(array: Array, shape: Sequence[int], name: str) -> Array:
    """Values of an array [...] in row-major order, in another shape; -1 is what is left. Raises DataError, which
    begins with `name`, where they do not fill it."""
    try:
        return array.reshape(shape)
    except ValueError:
        raise DataError(
            f"{name}: {array.size} values of shape {list(array.shape)} do not fill the shape {list(shape)}"
        ) from None


def reshaped_batch(batch: openvino.Output, shape: Sequence[int]) -> openvino.Output | None:
    """`reshaped` as an operation on [n, ...]; None where a size is 0, which would copy the size at its place."""
    return op.reshape(batch, np.array([0, *shape]), special_zero=True).output(0) if all(shape) else None


def squeezed(array: Array, axis: int | Sequence[int] | None, name: str) -> Array:
    """Array [...] without the given axes of length 1; without any, all of them. Raises DataError, which begins
    with `name`, where one is longer or missing."""
    try:
        return np.squeeze(array, axis if axis is None or isinstance(axis, int) else tuple(axis))
    except ValueError:
        raise DataError(f"{name}: axis {axis} of shape {list(array.shape)} is not of length 1") from None


def squeezed_batch(batch: openvino.Output, axis: int | Sequence[int] | None) -> openvino.Output | None:
    """`squeezed` as an operation on [n, ...]; None where the axes are not known to be of length 1."""
    found = sizes(batch)
    if axis is None:
        places: list[int | None] = [place for place, size in enumerate(found, 1) if size == 1]
        if None in found:
            return None
    else:
        places = [place_of(each, batch) for each in ((axis,) if isinstance(axis, int) else axis)]
        if any(place is None or found[place - 1] != 1 for place in places):
            return None
    return op.squeeze(batch, np.array(places)).output(0) if places else batch


def sliced(array: Array, axis: int, start: int | None, stop: int | None, name: str) -> Array:
    """Entries of an array [...] from `start` to before `stop` of an axis, counted as Python does, not copied.
    Raises DataError, which begins with `name`, where there is no such axis."""
    return array[(slice(None),) * axis_of(axis, array, name) + (slice(start, stop),)]


def sliced_batch(batch: openvino.Output, axis: int, start: int | None, stop: int | None) -> openvino.Output | None:
    """`sliced` as an operation on [n, ...]; None where there is no such axis."""
    return None if place_of(axis, batch) is None else stretch(batch, axis, start, stop)
