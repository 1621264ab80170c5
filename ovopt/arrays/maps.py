"""Maps with a number for each pixel: their plane, brought to another size. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def plane_of(values: Any) -> Floats:
    """Float64 [height, width] of a map with further dimensions of 1, as far as it has such."""
    array = np.asarray(values)
    surplus = tuple(axis for axis, size in enumerate(array.shape) if size == 1)[: max(array.ndim - 2, 0)]
    return np.squeeze(array, surplus).astype(np.float64)


def stretched(values: Floats, shape: tuple[int, ...]) -> Floats:
    """Map [height, width] in another shape, by bilinear interpolation between the centres of pixels, the edge repeated,
    as `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)` has it."""
    for axis, new in enumerate(shape):
        old = values.shape[axis]
        if new != old:
            place = np.clip((np.arange(new) + 0.5) * (old / new) - 0.5, 0, old - 1)
            below = np.floor(place).astype(np.intp)
            share = (place - below)[:, None] if axis == 0 else place - below
            above = np.minimum(below + 1, old - 1)
            values = np.take(values, below, axis) * (1 - share) + np.take(values, above, axis) * share
    return values
