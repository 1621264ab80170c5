"""Labels that are files: masks of class ids, regions, images of any depth, numbers such as distances."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.contracts import Array, LabelFile
from ovopt.errors import DataError
from ovopt.given_file import check_file, open_file
from ovopt.locate import optional

if TYPE_CHECKING:
    from PIL.Image import Image

ARRAYS = (".npy",)
"""Suffixes of label files that hold an array, not an image."""
DEEP = ("I", "F")
"""Pillow's modes of 32 bits: whole numbers and floats."""
COLOURED = ("RGB", "RGBA")
PACK = np.array([1 << 16, 1 << 8, 1])
IGNORED = 255
"""The class id that pixels of no class get, which metrics leave out."""
GREY = ("1", "L", "LA")
"""Pillow's modes of one channel of brightness."""


def read_label_file(label: LabelFile) -> Array:
    """A mask of class ids or a region of 0 and 1 [height, width], an image [height, width, channels] of the file's own
    depth, or numbers [height, width] in float32 times the label's scale. Raises DataError where the file is none,
    SettingsError where Pillow is missing."""
    if label.path.suffix.lower() in ARRAYS:
        return READ_AS[label.kind](_array(label.path), label)
    pillow = optional("PIL.Image", f"{label.path}: reading it needs Pillow", "vision")
    file = io.BytesIO(label.content()) if label.content else check_file(label.path, "image", DataError)
    try:
        with pillow.open(file) as image:
            return READ_AS[label.kind](image, label)
    except DataError:
        raise
    except Exception as error:  # Pillow's readers raise errors of every kind on broken files
        raise DataError(f"{label.path}: not a readable image: {error}") from None


def _array(file: Path) -> Array:
    try:
        with open_file(file, DataError) as stream:
            array: Array = np.lib.format.read_array(stream, allow_pickle=False)
    except (ValueError, EOFError, MemoryError) as error:
        raise DataError(f"{file}: not a readable array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{file}: an array of {array.dtype}, not of numbers")
    return array


def _class_ids(mask: Any, label: LabelFile) -> Array:
    """A palette's indices are the class ids; converting would make colours of them."""
    if isinstance(mask, np.ndarray):
        return _renamed(mask, label)
    if label.colours and mask.mode in COLOURED:
        return _of_colours(np.asarray(mask.convert("RGB")), label)
    if label.ids and mask.mode in (*COLOURED, "LA"):
        mask = mask.convert("L")
    if mask.mode.startswith("I;16"):
        return _renamed(np.asarray(mask).astype(np.int32), label)
    if mask.mode not in ("L", "P", "I", "1"):
        raise DataError(
            f"{label.path}: a mask of colours ({mask.mode}), where class ids are needed: one channel, or a palette; a "
            "class_dict.csv of name,r,g,b in the folder tells the classes of colours; --set data.source.target=image "
            "where a model makes such images"
        )
    return _renamed(np.asarray(mask), label)


def _renamed(mask: Array, label: LabelFile) -> Array:
    if not label.ids:
        return mask
    known = (mask >= 0) & (mask < len(label.ids))
    return np.where(known, np.array(label.ids)[np.where(known, mask, 0).astype(np.int64)], IGNORED)


def _of_colours(pixels: Array, label: LabelFile) -> Array:
    """Class ids [height, width] of pixels [height, width, 3]. Raises DataError for a colour that is no class."""
    packed = pixels.astype(np.int64) @ PACK
    ids = np.full(packed.shape, -1)
    for index, colour in enumerate(label.colours):
        ids[packed == np.array(colour) @ PACK] = index
    if (ids < 0).any():
        y, x = np.argwhere(ids < 0)[0].tolist()
        shown = ", ".join(map(str, pixels[y, x].tolist()))
        raise DataError(f"{label.path}: the colour {shown} (at {x}, {y}) is that of no class; add or mend its line")
    return ids


def _region(mask: Any, label: LabelFile) -> Array:
    """1 where any channel is not 0."""
    values = np.asarray(mask)
    return np.asarray(values.any(axis=2) if values.ndim == 3 else values != 0).astype(np.uint8)


def _pixels(image: Any, label: LabelFile) -> Array:
    """Pixels of the file's own depth, or of the channels that the label asks for."""
    if isinstance(image, np.ndarray):
        return image[..., np.newaxis] if image.ndim == 2 else image
    from PIL import ImageOps

    image = ImageOps.exif_transpose(image)
    deep = image.mode in DEEP or image.mode.startswith("I;16")
    own = "L" if image.mode in GREY else "RGB"
    array = _deep(image) if deep else _channels(image, label.channels or own)
    return array[..., np.newaxis] if array.ndim == 2 else array


def _deep(image: Image) -> Array:
    """[height, width] of 16 bits, or of float32. Whole numbers of 32 bits that fit into 16 are those of a PNG."""
    array = np.asarray(image)
    fits = array.dtype.kind == "i" and array.size and array.min() >= 0 and array.max() <= np.iinfo(np.uint16).max
    return array.astype(np.uint16) if fits or array.dtype == np.uint16 else array.astype(np.float32)


def _channels(image: Image, channels: str) -> Array:
    """Pixels [height, width, 3] in RGB, or [height, width] of brightness (L) or of the luma of YCbCr (Y)."""
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")  # Pillow warns of palettes with transparency
    if channels == "Y":
        return np.asarray(image.convert("RGB").convert("YCbCr"))[..., 0]
    return np.asarray(image.convert(channels))


def _numbers(image: Any, label: LabelFile) -> Array:
    """Float32 [height, width]."""
    values = np.asarray(image)
    if values.ndim == 3 and 1 in (values.shape[0], values.shape[2]):
        values = values[0] if values.shape[0] == 1 else values[..., 0]
    if values.ndim != 2:
        raise DataError(f"{label.path}: shape {list(values.shape)}, where one number for each pixel is needed")
    return np.asarray(values.astype(np.float32) * np.float32(label.scale))


READ_AS: Mapping[str, Callable[[Any, LabelFile], Array]] = {
    "mask": _class_ids,
    "region": _region,
    "image": _pixels,
    "values": _numbers,
}
"""What a Pillow image or an array of a file becomes, by the kind of the label."""
