"""Images to another size, channel by channel: Pillow's filters, and bilinear and bicubic without antialias."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ovopt.contracts import Array
from ovopt.errors import SettingsError

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos", "area"]
FILTERS = {"nearest": "NEAREST", "bilinear": "BILINEAR", "bicubic": "BICUBIC", "lanczos": "LANCZOS", "area": "BOX"}
CUBIC = -0.75
"""Keys' parameter a, as OpenCV, PyTorch and OpenVINO have it where they do not antialias. Pillow's is -0.5."""


def pillow() -> Any:
    """Pillow's module `Image`. Raises SettingsError where it is not installed."""
    try:
        from PIL import Image
    except ImportError:
        raise SettingsError("images need Pillow: pip install 'ovopt[vision]'") from None
    return Image


def resampled(image: Array, size: tuple[int, int], interpolation: Interpolation, antialias: bool = True) -> Array:
    """An image [height, width] or [height, width, channels] in another `size` (height, width), of its element type.

    Each channel by itself, also where the fourth is transparency. Bytes are what Pillow makes of them exactly; other
    integers are resampled as float32 and rounded.
    """
    if image.shape[:2] == tuple(size):
        return image
    if image.ndim == 3:
        if image.dtype == np.uint8 and image.shape[2] == 3 and antialias:
            return _by_pillow(image, size, interpolation)
        channels = [resampled(image[..., i], size, interpolation, antialias) for i in range(image.shape[2])]
        return np.stack(channels, axis=-1)
    if antialias or interpolation not in ("bilinear", "bicubic"):
        return _by_pillow(image, size, interpolation)
    weights = _linear if interpolation == "bilinear" else _cubic
    rows, columns = (weights(old, new) for old, new in zip(image.shape, size, strict=True))
    return _as(image.dtype, rows @ image.astype(np.float32) @ columns.T)


def _by_pillow(image: Array, size: tuple[int, int], interpolation: Interpolation) -> Array:
    library = pillow()
    if image.dtype == np.uint8:
        plane = image
    elif image.dtype.kind in "iub" and interpolation == "nearest":
        plane = image.astype(np.int32)
    else:
        plane = image.astype(np.float32)
    resized = library.fromarray(np.ascontiguousarray(plane)).resize(
        size[::-1], getattr(library.Resampling, FILTERS[interpolation])
    )
    return _as(image.dtype, np.asarray(resized))


def _as(dtype: np.dtype[Any], values: Array) -> Array:
    """Values in an element type; integers are rounded, and kept within its limits."""
    if values.dtype == dtype or dtype.kind == "f":
        return values.astype(dtype, copy=False)
    if dtype.kind == "b":
        return values >= 0.5
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values.astype(np.float64)), limits.min, limits.max).astype(dtype)


def _linear(old: int, new: int) -> Array:
    """Weights [new, old] of the two neighbours of each new pixel's centre, the edge repeated."""
    base, fraction = _places(old, new)
    return _spread(old, base, {0: 1 - fraction, 1: fraction})


def _cubic(old: int, new: int) -> Array:
    """Weights [new, old] of the four neighbours, by Keys' cubic convolution (1981), the edge repeated."""
    base, t = _places(old, new)
    a = CUBIC
    near = {0: t, 1: 1 - t}
    far = {-1: t + 1, 2: 2 - t}
    weights = {i: ((a + 2) * d - (a + 3)) * d * d + 1 for i, d in near.items()}
    weights |= {i: ((a * d - 5 * a) * d + 8 * a) * d - 4 * a for i, d in far.items()}
    return _spread(old, base, weights)


def _places(old: int, new: int) -> tuple[Array, Array]:
    """Where the centres of new pixels lie among the old: the index below, and the fraction beyond it."""
    centres = (np.arange(new) + 0.5) * (old / new) - 0.5
    base = np.floor(centres)
    return base.astype(np.int64), centres - base


def _spread(old: int, base: Array, weights: dict[int, Array]) -> Array:
    matrix = np.zeros((len(base), old), np.float32)
    for step, weight in weights.items():
        np.add.at(matrix, (np.arange(len(base)), np.clip(base + step, 0, old - 1)), weight)
    return matrix
