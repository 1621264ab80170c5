"""Images from files, and their colours."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import openvino
from openvino import opset13 as op
from pydantic import Field

from ovopt.arrays.arguments import numbers_of
from ovopt.arrays.graph import as_f32, converted, dtype_of, sizes, stretch
from ovopt.contracts import Array, Transform
from ovopt.errors import DataError
from ovopt.transforms.resampling import pillow
from ovopt.transforms.sniff import is_image, seems

if TYPE_CHECKING:
    from PIL import Image

LUMA = (19595, 38470, 7471)
"""ITU-R 601-2 weights of red, green and blue in 1/65536, as Pillow has them in its `L24` macro (`Convert.c`)."""


class DecodeImage(Transform):
    """Decode an image file (JPEG, PNG, WebP, BMP, TIFF, GIF: the first frame) to an 8-bit array: height, width,
    channels.

    Pixels are what Pillow gives; transparency is dropped unless `mode` is RGBA, and 16-bit grey values keep their
    upper 8 bits unless `mode` is own. Arrays pass through, and images that are already decoded are converted. Needs the
    extra `vision`.
    """

    name: ClassVar[str] = "decode_image"
    sole: ClassVar[str | None] = "mode"
    decodes: ClassVar[bool] = True
    mode: Literal["RGB", "BGR", "L", "Y", "RGBA", "own"] = Field(
        default="RGB",
        description="the channels that come out; L is one of brightness, Y the luma of YCbCr (both of 0 to 255), own "
        "is the file's: grey of 8 or 16 bits or of floats, or RGB",
    )
    exif: bool = Field(default=True, description="turn the image upright, where the camera noted how it was held")

    def __call__(self, content: Any) -> Array:
        """uint8 [height, width, channels], with `own` of the file's type; an array as it is. Raises DataError where the
        file is no readable image."""
        if isinstance(content, np.ndarray):
            return content
        if isinstance(content, bytes):
            return self._decoded(content)
        if "PIL" in sys.modules and isinstance(content, pillow().Image):
            try:
                return self._pixels(content)
            except Exception as error:
                raise DataError(f"decode_image: a broken image: {_first_line(error)}") from None
        raise DataError(f"decode_image: wants a file's bytes, not a {type(content).__name__}")

    def _decoded(self, content: bytes) -> Array:
        import io

        image = pillow()
        try:
            with image.open(io.BytesIO(content)) as opened:
                return self._pixels(opened)
        except (image.DecompressionBombError, image.DecompressionBombWarning):
            raise DataError(
                f"decode_image: {seems(content)} of more pixels than Pillow takes for harmless; make it smaller"
            ) from None
        except Exception as error:  # Pillow's readers raise errors of every kind on broken files
            kind = f"{seems(content)} ({len(content):,} bytes)"
            if not isinstance(error, image.UnidentifiedImageError):
                raise DataError(f"decode_image: {kind} that is broken or cut off: {_first_line(error)}") from None
            if is_image(content):
                raise DataError(f"decode_image: {kind} that is broken, or that Pillow cannot read here") from None
            raise DataError(f"decode_image: not an image that can be read; it seems to be {kind}") from None

    def _pixels(self, image: Image.Image) -> Array:
        image.load()
        if self.exif:
            from PIL import ImageOps

            image = ImageOps.exif_transpose(image)
        if self.mode == "own":
            return _own(image)
        mode = {"BGR": "RGB", "Y": "YCbCr"}.get(self.mode, self.mode)
        image = _eight_bit(image)
        array = np.asarray((image.convert("RGB") if self.mode == "Y" else image).convert(mode))
        if self.mode in ("BGR", "Y"):
            return np.ascontiguousarray(array[..., ::-1] if self.mode == "BGR" else array[..., :1])
        return array[..., np.newaxis] if self.mode == "L" else array


class ColourOrder(Transform):
    """Swap red and blue: `colour_order: bgr` takes an RGB image to BGR, `colour_order: rgb` a BGR image to RGB.

    Stands before `layout`: the channels are last. A fourth channel stays where it is.
    """

    name: ClassVar[str] = "colour_order"
    sole: ClassVar[str | None] = "order"
    order: Literal["rgb", "bgr"] = Field(description="the order that comes out; the other one is expected")

    def __call__(self, content: Any) -> Array:
        """Image [height, width, channels] with red and blue swapped. Raises DataError where it has no colours."""
        array = coloured(content, self.name)
        return np.ascontiguousarray(array[..., [2, 1, 0, *range(3, array.shape[-1])]])

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """Channels of [n, height, width, channels], gathered in the other order."""
        sample = sizes(batch)
        if len(sample) != 3 or sample[-1] not in (3, 4):
            return None
        return op.gather(batch, np.array([2, 1, 0, 3][: sample[-1]]), np.int64(-1)).output(0)


class Grayscale(Transform):
    """Brightness of a colour image by ITU-R 601-2: 0.299 red, 0.587 green, 0.114 blue; one channel comes out.

    Bytes are rounded as Pillow does. An image of one channel passes through. Stands before `layout`.
    """

    name: ClassVar[str] = "grayscale"
    sole: ClassVar[str | None] = "order"
    order: Literal["rgb", "bgr"] = Field(default="rgb", description="the order of the channels that come in")

    def __call__(self, content: Any) -> Array:
        """Brightness [height, width, 1] of the element type that came in. Raises DataError where it has no colours."""
        array = numbers_of(content, self.name)
        if array.ndim == 3 and array.shape[-1] == 1:
            return array
        array = coloured(array, self.name)[..., :3]
        weights = LUMA if self.order == "rgb" else LUMA[::-1]
        if array.dtype.kind == "f":
            return np.asarray(array @ (np.asarray(weights) / 65536), array.dtype)[..., np.newaxis]
        total = array.astype(np.int64) @ np.asarray(weights)
        return np.asarray((total + 0x8000) >> 16, array.dtype)[..., np.newaxis]

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A product; of bytes it is a sum of integers below 2^24, which float32 holds exactly."""
        sample, dtype = sizes(batch), dtype_of(batch)
        if len(sample) != 3 or sample[-1] not in (1, 3, 4) or dtype not in (np.uint8, np.float32):
            return None
        if sample[-1] == 1:
            return batch
        weights = np.array(LUMA if self.order == "rgb" else LUMA[::-1], np.float32)[:, np.newaxis]
        if dtype == np.float32:
            return op.matmul(stretch(batch, -1, 0, 3), weights / 65536, False, False).output(0)
        total = op.matmul(as_f32(stretch(batch, -1, 0, 3)), weights, False, False)
        rounded = op.floor(op.multiply(op.add(total, np.float32(0x8000)), np.float32(1 / 65536)))
        return converted(rounded.output(0), dtype)


class Luma(Transform):
    """Luma of a colour image by ITU-R BT.601, unrounded in float32: `luma: studio` goes from 16 to 235, as MATLAB and
    BasicSR have it, `luma: full` from 0 to 255, as JPEG has it.

    An image of one channel is luma already and passes through. Stands before `scale` and `layout`.
    """

    name: ClassVar[str] = "luma"
    sole: ClassVar[str | None] = "range"
    range: Literal["studio", "full"] = "studio"
    white: float = Field(default=255, gt=0, description="the value of white in the image: 1 behind `scale: 255`")

    def __call__(self, content: Any) -> Array:
        """Float32 [height, width, 1]. Raises DataError where the image has no colours."""
        array = numbers_of(content, self.name)
        if array.ndim == 3 and array.shape[-1] == 1:
            return array.astype(np.float32)
        weights, offset = self._weights()
        return (coloured(array, self.name)[..., :3] @ weights + offset)[..., np.newaxis].astype(np.float32)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """A product in float32."""
        sample = sizes(batch)
        if len(sample) != 3 or sample[-1] not in (1, 3, 4):
            return None
        if sample[-1] == 1:
            return as_f32(batch)
        weights, offset = self._weights()
        colours = as_f32(stretch(batch, -1, 0, 3))
        product = op.matmul(colours, weights.astype(np.float32)[:, np.newaxis], False, False)
        return op.add(product, np.float32(offset)).output(0)

    def _weights(self) -> tuple[Array, float]:
        if self.range == "full":
            return np.array([0.299, 0.587, 0.114]), 0.0
        return np.array([65.481, 128.553, 24.966]) / 255, 16 * self.white / 255


def coloured(content: Any, name: str) -> Array:
    """Image [height, width, 3] or [height, width, 4]. Raises DataError for anything else."""
    array = numbers_of(content, name)
    if array.ndim != 3 or array.shape[-1] not in (3, 4):
        raise DataError(f"{name}: wants height, width and 3 or 4 channels, not shape {list(array.shape)}")
    return array


def _own(image: Image.Image) -> Array:
    """Pixels [height, width, channels] of the file's own channels and depth, without transparency."""
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        array = np.asarray(image)
        return (array.astype(np.float32) if image.mode == "I" else array)[..., np.newaxis]
    if image.mode in ("1", "L", "LA"):
        return np.asarray(image.convert("L"))[..., np.newaxis]
    return np.asarray(_eight_bit(image).convert("RGB"))


def _eight_bit(image: Image.Image) -> Image.Image:
    """The image in a mode whose conversion loses nothing unasked: Pillow clips 16 bits at 255, and warns of
    palettes with transparency."""
    if image.mode.startswith("I;16"):
        return pillow().fromarray((np.asarray(image) >> 8).astype(np.uint8))  # type: ignore[no-any-return]
    if image.mode in ("I", "F"):
        raise ValueError(f"32-bit pixels (mode {image.mode}) have no 8-bit meaning; convert the file")
    return image.convert("RGBA") if image.mode == "P" and "transparency" in image.info else image


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
