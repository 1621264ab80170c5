"""Images to another size: Pillow's filters, and bilinear and bicubic without antialias; on the host, and as operations
of a model, where Pillow's filters are products with matrices and the others Interpolate.

Interpolate has Pillow's filters as well (`bilinear_pillow` and `bicubic_pillow`, which PrePostProcessor inserts). The
products are nearer to Pillow, and as quick or quicker: `benchmarks/embedding.py resizing` prints both.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np
import openvino
from openvino import opset13 as op

from ovopt.arrays.graph import as_f32, converted, dtype_of, sizes
from ovopt.contracts import Array
from ovopt.locate import optional

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos", "area"]
FILTERS = {"nearest": "NEAREST", "bilinear": "BILINEAR", "bicubic": "BICUBIC", "lanczos": "LANCZOS", "area": "BOX"}
CUBIC = -0.75
"""Keys' parameter a, as OpenCV, PyTorch and OpenVINO have it where they do not antialias."""
PILLOW_CUBIC = -0.5
"""The same parameter of Pillow's."""
PILLOW_BITS = 22
"""Fraction bits of Pillow's weights for bytes (`PRECISION_BITS` in its `Resample.c`)."""
Kernel = Callable[[float], float]


def pillow() -> Any:
    """Pillow's module `Image`. Raises SettingsError where it is not installed."""
    return optional("PIL.Image", "images need Pillow", "vision")


def resampled(image: Array, size: tuple[int, int], interpolation: Interpolation, antialias: bool = True) -> Array:
    """Image [height, width] or [height, width, channels] in another `size` (height, width), of its element type.

    Each channel by itself, also where the fourth is transparency. Bytes are what Pillow makes of them exactly; other
    integers are resampled as float32 and rounded.
    """
    if image.shape[:2] == tuple(size):
        return image
    if not antialias and interpolation in ("bilinear", "bicubic"):
        values = image.astype(np.float32)
        for axis, new in enumerate(size):
            values = _interpolated_along(axis, values, new, interpolation)
        return _as(image.dtype, values)
    if image.ndim == 2 or (image.dtype == np.uint8 and image.shape[2] == 3):
        return _by_pillow(image, size, interpolation)
    return np.stack([_by_pillow(image[..., i], size, interpolation) for i in range(image.shape[2])], axis=-1)


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


def _interpolated_along(axis: int, values: Array, new: int, interpolation: Interpolation) -> Array:
    """Values [height, width, ...] in float32 in another size of an axis: each new pixel's centre lies among two
    (bilinear) or four (bicubic) neighbours, the edge repeated."""
    kernel, reach = (_triangle, 1) if interpolation == "bilinear" else (partial(_cubic, a=CUBIC), 2)
    old = values.shape[axis]
    centres = (np.arange(new) + 0.5) * (old / new) - 0.5
    below = np.floor(centres).astype(np.int64)
    total = np.float32(0)
    for places in (below + step for step in range(1 - reach, reach + 1)):
        shares = np.array([kernel(distance) for distance in places - centres], np.float32)
        neighbours = np.take(values, np.clip(places, 0, old - 1), axis)
        total = total + neighbours * shares.reshape([-1 if place == axis else 1 for place in range(values.ndim)])
    return np.asarray(total)


def resampled_batch(
    batch: openvino.Output, size: tuple[int, int], interpolation: Interpolation, antialias: bool
) -> openvino.Output | None:
    """Images [n, height, width] or [n, height, width, channels] in another `size` (height, width); None
    where only the host can do it: images that differ in size, or are neither bytes nor float32."""
    old, dtype = sizes(batch), dtype_of(batch)
    if tuple(old[:2]) == tuple(size):
        return batch
    filtered = antialias or interpolation == "nearest"
    if dtype not in (np.uint8, np.float32) or (filtered and None in old[:2]):
        return None
    if interpolation == "nearest":
        return _nearest(batch, size)
    if interpolation == "bilinear" and not antialias and dtype == np.uint8:
        # Interpolate rounds bytes by itself, and reads those alone that it needs: quicker than to convert all of them.
        return _interpolated(batch, size, interpolation, axes=(1, 2))
    planes = op.transpose(batch, np.array([0, 3, 1, 2])).output(0) if len(old) == 3 else batch
    if antialias:
        planes = _filtered(planes, size, interpolation)
    else:
        floats = _interpolated(as_f32(planes), size, interpolation, axes=(-2, -1))
        planes = converted(_bytes_again(floats, dtype, pillow=False), dtype)
    return op.transpose(planes, np.array([0, 2, 3, 1])).output(0) if len(old) == 3 else planes


def _nearest(batch: openvino.Output, size: tuple[int, int]) -> openvino.Output:
    """Pixel floor((i + 0.5) * old / new) of each axis, as `ImagingScaleAffine` in Pillow's `Geometry.c` takes it."""
    for axis, (old, new) in enumerate(zip(sizes(batch)[:2], size, strict=True)):
        assert old is not None, "asked for images of one size"
        places = np.floor((np.arange(new) + 0.5) * (old / new)).astype(np.int64)
        batch = op.gather(batch, np.clip(places, 0, old - 1), np.int64(axis + 1)).output(0)
    return batch


def _filtered(planes: openvino.Output, size: tuple[int, int], interpolation: Interpolation) -> openvino.Output:
    """Columns first, then rows, and bytes again after each, as Pillow does."""
    dtype = dtype_of(planes)
    height, width = sizes(planes)[-2:]
    assert height is not None, "asked for images of one size"
    assert width is not None, "asked for images of one size"
    if width != size[1]:
        weights = pillow_weights(width, size[1], interpolation, dtype == np.uint8)
        planes = _bytes_again(op.matmul(as_f32(planes), weights, False, True).output(0), dtype, pillow=True)
    if height != size[0]:
        weights = pillow_weights(height, size[0], interpolation, dtype == np.uint8)
        weights = weights.reshape([1] * (len(sizes(planes)) - 1) + list(weights.shape))
        planes = _bytes_again(op.matmul(weights, as_f32(planes), False, False).output(0), dtype, pillow=True)
    return converted(planes, dtype)


def _interpolated(
    batch: openvino.Output, size: tuple[int, int], interpolation: Interpolation, axes: tuple[int, int]
) -> openvino.Output:
    rank = len(sizes(batch)) + 1
    return op.interpolate(
        batch,
        np.array(size),
        "linear_onnx" if interpolation == "bilinear" else "cubic",
        "sizes",
        coordinate_transformation_mode="half_pixel",
        cube_coeff=CUBIC,
        axes=np.array([axis % rank for axis in axes]),
    ).output(0)


def _bytes_again(values: openvino.Output, dtype: np.dtype[np.generic], pillow: bool) -> openvino.Output:
    """Rounded and within 0 ... 255, where they were bytes; halves go up with Pillow, to even with NumPy."""
    if dtype != np.uint8:
        return values
    rounded = op.floor(op.add(values, np.float32(0.5))) if pillow else op.round(values, "half_to_even")
    return op.clamp(rounded, 0.0, 255.0).output(0)


def pillow_weights(old: int, new: int, interpolation: Interpolation, fixed_point: bool) -> Array:
    """Share [new, old] of each old pixel in each new one, as `precompute_coeffs` in Pillow's `Resample.c` has it;
    for bytes, in fixed point."""
    kernel, support = KERNELS[interpolation]
    scale = max(old / new, 1.0)
    matrix = np.zeros((new, old))
    for place in range(new):
        centre = (place + 0.5) * (old / new)
        first = max(0, int(centre - support * scale + 0.5))
        last = min(old, int(centre + support * scale + 0.5))
        shares = np.array([kernel((pixel - centre + 0.5) / scale) for pixel in range(first, last)])
        matrix[place, first:last] = shares / shares.sum()
    if fixed_point:
        one = 1 << PILLOW_BITS
        matrix = np.trunc(matrix * one + np.copysign(0.5, matrix)) / one
    return matrix.astype(np.float32)


def _box(x: float) -> float:
    return float(-0.5 < x <= 0.5)


def _triangle(x: float) -> float:
    return max(0.0, 1.0 - abs(x))


def _cubic(x: float, a: float) -> float:
    """Keys' cubic convolution (1981) with his parameter a."""
    x = abs(x)
    if x < 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * a if x < 2 else 0.0


def _lanczos(x: float) -> float:
    return float(np.sinc(x) * np.sinc(x / 3)) if -3 <= x < 3 else 0.0


KERNELS: dict[Interpolation, tuple[Kernel, float]] = {
    "area": (_box, 0.5),
    "bilinear": (_triangle, 1.0),
    "bicubic": (partial(_cubic, a=PILLOW_CUBIC), 2.0),
    "lanczos": (_lanczos, 3.0),
}
"""Pillow's filters, and how far each one reaches."""
