"""Geometry of images, with their boxes and masks: resize, letterbox, crop, pad."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Annotated, Any, ClassVar, Literal

import openvino
from pydantic import Field, model_validator

from ovopt.arrays.arguments import CHANNELS, numbers_of
from ovopt.arrays.graph import sizes
from ovopt.contracts import Array, Transform
from ovopt.errors import DataError
from ovopt.transforms.canvas import CanvasPlan, Fill, Size, mask_placed, placed, placed_batch, points_moved
from ovopt.transforms.resampling import Interpolation, resampled, resampled_batch

Length = Annotated[int, Field(gt=0, le=65536)]
Margin = Annotated[int, Field(ge=0, le=65536)]
IGNORED = 255
"""The class id of mask pixels that no metric counts, by convention of Pascal VOC and Cityscapes."""
MOST_PIXELS = 2**28
"""Pixels of the largest image that is made: 16,384 x 16,384."""
FILL_HELP = "the value of pixels around the image: one for all channels, or one each"


class OnCanvas(Transform):
    """Transform that places an image [height, width, channels] or [height, width] on a canvas."""

    fill: Fill = Field(default=0, description=FILL_HELP)
    mask_fill: int = Field(
        default=IGNORED, description="the value of pixels around a mask: the class id that is ignored"
    )

    def __call__(self, content: Any) -> Array:
        """Image on its canvas, of the element type that came in. Raises DataError where it is none, or does not fit."""
        image = image_of(content, self.name)
        return placed(image, self.plan(*image.shape[:2]), self.fill, self.name)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """The same of images [n, height, width, ...] of one size."""
        height, width = sizes(batch)[:2] if _is_image(batch) else (None, None)
        if height is None or width is None:
            return None
        return placed_batch(batch, self.plan(height, width), self.fill)

    def moved(self, points: Array, size: tuple[int, int]) -> tuple[Array, tuple[int, int]]:
        """Points [n, 2] as the image is moved, and the canvas's size."""
        return points_moved(points, size, self.plan(size[1], size[0]))

    def masked(self, mask: Array) -> Array:
        """Mask [height, width] on its canvas."""
        return mask_placed(mask, self.plan(*mask.shape[:2]), self.mask_fill)

    @abstractmethod
    def plan(self, height: int, width: int) -> CanvasPlan:
        """Plan for an image of this size. Raises DataError where there is none."""


class Resize(OnCanvas):
    """Give an image (height, width, channels, or height, width) another size. Say how with one of `size`,
    `height`, `shorter_side`, `longer_side`, `closest` and `letterbox`; all but the first keep the aspect ratio.

    Bytes are what Pillow makes of them exactly, its antialias included. `antialias: false` resamples as OpenCV and
    PyTorch's `interpolate` do (bilinear and bicubic), rounding apart. Stands before `layout`.
    """

    name: ClassVar[str] = "resize"
    sole: ClassVar[str | None] = "size"
    size: Length | tuple[Length, Length] | None = Field(
        default=None, description="[height, width], or one number for a square; the aspect ratio is not kept"
    )
    height: Length | None = Field(
        default=None, description="the width goes with it, rounded up, as PaddleOCR does with lines of text"
    )
    shorter_side: Length | None = Field(
        default=None, description="length of the shorter side; the other is rounded down, as torchvision does"
    )
    longer_side: Length | None = Field(
        default=None, description="length of the longer side; the other is rounded to the nearest"
    )
    longest: Length | None = Field(
        default=None,
        description="with `shorter_side`: the longer side is at most this, and the shorter one shorter, as DETR has it",
    )
    rounding: Literal["down", "nearest"] = Field(
        default="down", description="with `shorter_side`: of the other side; `nearest`, as PaddlePaddle does"
    )
    closest: Length | tuple[Length, Length] | None = Field(
        default=None,
        description="[height, width] or one number for a square: that one of the two is met which changes the image "
        "less, as DPT and Depth Anything have it",
    )
    multiple_of: Length | None = Field(
        default=None,
        description="both sides become a multiple: with `shorter_side` the next lower one, as YOLOS has it, with "
        "`closest` the nearest",
    )
    letterbox: Length | tuple[Length, Length] | None = Field(
        default=None,
        description="[height, width] or one number for a square: as large as fits, the rest filled, rounded as "
        "Ultralytics does",
    )
    align: Literal["center", "start"] = Field(
        default="center", description="with `letterbox`: the image in the middle, or at the top left"
    )
    interpolation: Interpolation = "bilinear"
    antialias: bool = Field(default=True, description="average over all covered pixels where an image gets smaller")
    fill: Fill = Field(default=114, description=FILL_HELP)

    @model_validator(mode="after")
    def _one_way(self) -> Resize:
        ways = ("size", "height", "shorter_side", "longer_side", "closest", "letterbox")
        given = [way for way in ways if getattr(self, way) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(ways)}, not {' and '.join(given) or 'none'}")
        if self.shorter_side is None and (self.longest is not None or self.rounding != "down"):
            raise ValueError("`longest` and `rounding` go with `shorter_side`")
        if self.multiple_of is not None and self.shorter_side is None and self.closest is None:
            raise ValueError("`multiple_of` goes with `shorter_side` and `closest`")
        if self.align != "center" and self.letterbox is None:
            raise ValueError("`align` goes with `letterbox`")
        if not self.antialias and self.interpolation in ("lanczos", "area"):
            raise ValueError(f"`antialias: false` goes with nearest, bilinear and bicubic, not {self.interpolation}")
        return self

    def __call__(self, content: Any) -> Array:
        """Image [height, width, channels] or [height, width] of the element type that came in. Raises DataError where
        it is none, or would be too large."""
        image = image_of(content, self.name)
        plan = self.plan(*image.shape[:2])
        if plan.inner[0] * plan.inner[1] > MOST_PIXELS:
            old, new = (f"{height} x {width}" for height, width in (image.shape[:2], plan.inner))
            raise DataError(f"resize: {old} would become {new}, which is too large; leave the sample out")
        return placed(resampled(image, plan.inner, self.interpolation, self.antialias), plan, self.fill, self.name)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """For images of one size: Pillow's filters as products with two matrices, the others as Interpolate. To a
        fixed size without antialias, for images of any size."""
        if not _is_image(batch):
            return None
        height, width = sizes(batch)[:2]
        plan = CanvasPlan(pair_of(self.size), pair_of(self.size)) if self.size is not None else None
        if height is not None and width is not None:
            plan = self.plan(height, width)
        resized = resampled_batch(batch, plan.inner, self.interpolation, self.antialias) if plan else None
        return None if plan is None or resized is None else placed_batch(resized, plan, self.fill)

    def masked(self, mask: Array) -> Array:
        """Mask [height, width] in its new size, by nearest neighbour."""
        plan = self.plan(*mask.shape[:2])
        return mask_placed(resampled(mask, plan.inner, "nearest"), plan, self.mask_fill)

    def plan(self, height: int, width: int) -> CanvasPlan:
        """Plan for the new size."""
        if self.size is not None:
            return CanvasPlan(pair_of(self.size), pair_of(self.size))
        if self.letterbox is not None:
            plan = _letterboxed((height, width), pair_of(self.letterbox))
            return plan if self.align == "center" else CanvasPlan(plan.inner, plan.outer)
        if self.height is not None:
            new = (self.height, math.ceil(self.height * (width / height)))
            return CanvasPlan(new, new)
        if self.shorter_side is not None:
            new = self._by_shorter_side(height, width, self.shorter_side)
            return CanvasPlan(new, new)
        if self.closest is not None:
            new = _closest((height, width), pair_of(self.closest), self.multiple_of or 1)
            return CanvasPlan(new, new)
        assert self.longer_side is not None, "one of the six ways is given"
        long, wanted = max(height, width), self.longer_side
        sides = [wanted if side == long else max(1, int(wanted * side / long + 0.5)) for side in (height, width)]
        new = (sides[0], sides[1])
        return CanvasPlan(new, new)

    def _by_shorter_side(self, height: int, width: int, wanted: float) -> Size:
        """Source: transformers, `get_size_with_aspect_ratio` of DETR and YOLOS, for what torchvision does not have."""
        short, long = min(height, width), max(height, width)
        if self.longest is not None and long / short * wanted > self.longest:
            wanted = self.longest * short / long
        step, whole = self.multiple_of or 1, int if self.rounding == "down" else round
        sides = [round(wanted) if side == short else whole(wanted * side / short) for side in (height, width)]
        return max(step, sides[0] // step * step), max(step, sides[1] // step * step)


class CenterCrop(OnCanvas):
    """Cut the middle out of an image, as torchvision does: a smaller image is padded first. Stands before `layout`.

    Boxes are cut at the edge; one that lies outside keeps no area.
    """

    name: ClassVar[str] = "center_crop"
    sole: ClassVar[str | None] = "size"
    size: Length | tuple[Length, Length] | None = Field(
        default=None, description="[height, width], or one number for a square"
    )
    aspect: tuple[Length, Length] | None = Field(
        default=None, description="instead: the largest part of this height to width, such as [1, 1]"
    )
    rounding: Literal["nearest", "down"] = Field(
        default="nearest",
        description="of half a pixel where an odd number is cut away: `down`, as transformers and PaddlePaddle do",
    )

    @model_validator(mode="after")
    def _one_way(self) -> CenterCrop:
        if (self.size is None) == (self.aspect is None):
            raise ValueError("give either size or aspect")
        return self

    def plan(self, height: int, width: int) -> CanvasPlan:
        """Plan for the middle, or for a margin around a smaller image."""
        outer = _largest((height, width), self.aspect) if self.aspect else pair_of(self.size or 1)
        centred = _centred if self.rounding == "nearest" else _centred_down
        top, left = (centred(old, new) for old, new in zip((height, width), outer, strict=True))
        return CanvasPlan((height, width), outer, top, left)


class Pad(OnCanvas):
    """Put a margin around an image. Say how large with `multiple_of`, `size`, `least`, or with the margins `left`,
    `top`, `right` and `bottom`. Stands before `layout`."""

    name: ClassVar[str] = "pad"
    multiple_of: Length | None = Field(default=None, description="height and width become multiples of it")
    size: Length | tuple[Length, Length] | None = Field(
        default=None, description="[height, width], or one number for a square; a larger image is refused"
    )
    least: Length | tuple[Length, Length] | None = Field(
        default=None, description="[height, width], or one number for a square; a larger image stays as it is"
    )
    left: Margin = 0
    top: Margin = 0
    right: Margin = 0
    bottom: Margin = 0
    align: Literal["start", "center"] = Field(
        default="start", description="but with margins: the image at the top left, or in the middle"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Pad:
        edges = any((self.left, self.top, self.right, self.bottom))
        ways = (self.multiple_of, self.size, self.least)
        if [edges, *(way is not None for way in ways)].count(True) != 1:
            raise ValueError("give exactly one of multiple_of, size, least, or margins (left, top, right, bottom)")
        return self

    def plan(self, height: int, width: int) -> CanvasPlan:
        """Plan for the margin. Raises DataError where the image is larger than `size`."""
        inner = (height, width)
        if self.multiple_of is None and self.size is None and self.least is None:
            return CanvasPlan(
                inner, (height + self.top + self.bottom, width + self.left + self.right), self.top, self.left
            )
        outer = self._outer(height, width)
        if outer[0] < height or outer[1] < width:
            raise DataError(f"pad: an image of {height} x {width} is larger than {outer[0]} x {outer[1]}; resize it")
        if self.align == "start":
            return CanvasPlan(inner, outer)
        return CanvasPlan(inner, outer, (outer[0] - height) // 2, (outer[1] - width) // 2)

    def _outer(self, height: int, width: int) -> Size:
        if self.multiple_of is not None:
            step = self.multiple_of
            return -(-height // step) * step, -(-width // step) * step
        if self.least is not None:
            least = pair_of(self.least)
            return max(height, least[0]), max(width, least[1])
        return pair_of(self.size or 1)


def pair_of(size: int | Size) -> Size:
    """(height, width); one number is a square."""
    return (size, size) if isinstance(size, int) else size


def image_of(content: Any, name: str) -> Array:
    """Image [height, width] or [height, width, channels]. Raises DataError, which begins with the transform's name, for
    anything else."""
    array = numbers_of(content, name)
    if array.ndim not in (2, 3) or not array.size:
        raise DataError(f"{name}: wants an image of height, width, channels, not shape {list(array.shape)}")
    if array.ndim == 3 and array.shape[0] in CHANNELS and array.shape[2] not in CHANNELS:
        raise DataError(
            f"{name}: shape {list(array.shape)} seems to have its channels first; put `layout` behind, or "
            "`layout: hwc` before"
        )
    return array


def _is_image(batch: openvino.Output) -> bool:
    """True where `image_of` would take images [n, ...] of these sizes, as far as they are known."""
    sample = sizes(batch)
    if len(sample) == 2:
        return True
    return len(sample) == 3 and (sample[2] in CHANNELS or (sample[0] is not None and sample[0] not in CHANNELS))


def _letterboxed(old: Size, outer: Size) -> CanvasPlan:
    """Source: Ultralytics `LetterBox` with `auto=False, scaleup=True, center=True`: the margin above and to the left
    is round(half - 0.1)."""
    ratio = min(outer[0] / old[0], outer[1] / old[1])
    inner = (max(1, round(old[0] * ratio)), max(1, round(old[1] * ratio)))
    top, left = (round((out - within) / 2 - 0.1) for out, within in zip(outer, inner, strict=True))
    return CanvasPlan(inner, outer, top, left)


def _closest(old: Size, wanted: Size, step: int) -> Size:
    """The size by the one of two ratios that is nearer to 1, in multiples of a step; halves to even.

    Source: transformers, `get_resize_output_image_size` of DPT with `keep_aspect_ratio`.
    """
    by_height, by_width = (new / side for new, side in zip(wanted, old, strict=True))
    ratio = by_width if abs(1 - by_width) < abs(1 - by_height) else by_height
    height, width = (max(1, round(ratio * side / step)) * step for side in old)
    return height, width


def _largest(old: Size, aspect: Size) -> Size:
    """The size of the largest part of a ratio of height to width, rounded down."""
    height, width = old
    if height * aspect[1] > width * aspect[0]:
        return max(1, width * aspect[0] // aspect[1]), width
    return height, max(1, height * aspect[1] // aspect[0])


def _centred(old: int, new: int) -> int:
    """Place in a centre crop of length `new` at which an image of length `old` begins.

    Source: torchvision `center_crop`: pad (new - old) // 2 in front and (new - old + 1) // 2 behind, or cut
    round((old - new) / 2), halves to even.
    """
    return (new - old) // 2 if new > old else -round((old - new) / 2)


def _centred_down(old: int, new: int) -> int:
    """The same where halves are cut behind. Source: transformers, `center_crop` in its `image_transforms`."""
    return -((old - new) // 2)
