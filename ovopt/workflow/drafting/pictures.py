"""Ways to bring images to a model's input: order of colours, geometry, range of pixels, layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ovopt.data.images import image_size
from ovopt.errors import DataError
from ovopt.records import Port
from ovopt.workflow.drafting.choices import Choice, Option
from ovopt.workflow.drafting.dense import mode_of
from ovopt.workflow.drafting.subject import Subject, array_of

SIDE, SIDES = 224, {"detection": 640, "segmentation": 520}
"""Of an image where the model takes any, by task."""
CROPPED = 0.875
LARGE = 128
"""From such a side on, models are usually trained on the middle of an image; smaller ones on all of it."""
STANDARDIZED = ("classification", "segmentation", "verification", "any")
"""Tasks whose networks mostly begin as classifiers of ImageNet."""
BOXED = ("detection", "instance-segmentation", "keypoints", "oriented-detection")
"""Tasks whose images are usually put into a letterbox."""
COLOURS = (1, 3, 4)
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
MEAN_BYTES = [123.68, 116.779, 103.939]
STANDARD = "ImageNet's mean and deviation"
RANGES: Mapping[str, Sequence[Any]] = {
    "0 to 1": [{"scale": 255}],
    "-1 to 1": [{"normalize": {"mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5], "axis": -1}}],
    STANDARD: [{"scale": 255}, {"normalize": {"mean": MEAN, "std": STD, "axis": -1}}],
    "0 to 255": [{"cast": "float32"}],
}
CENTRED: Mapping[str, Sequence[float]] = {"RGB": MEAN_BYTES, "BGR": MEAN_BYTES[::-1]}
"""Bytes less ImageNet's mean, by the order of colours: blue first as Caffe and Keras' first networks have it."""
GREY_RANGES: Mapping[str, Sequence[Any]] = {
    "0 to 1": [{"scale": 255}],
    "0 to 255": [{"cast": "float32"}],
    "-1 to 1": [{"scale": {"divisor": 127.5, "offset": 1}}],
}
DEEP_RANGES: Mapping[str, Sequence[Any]] = {"0 to 1": [{"scale": 65535}], "0 to 65535": [{"cast": "float32"}]}
"""Of grey of 16 bits."""
FRACTION_RANGES: Mapping[str, Sequence[Any]] = {
    "as they are": [],
    STANDARD: [{"normalize": {"mean": MEAN, "std": STD, "axis": -1}}],
    "-1 to 1": [{"scale": {"divisor": 0.5, "offset": 1}}],
    "0 to 255": [{"scale": 1 / 255}],
}
"""Of pixels that are from 0 to 1 already."""


@dataclass(frozen=True)
class Picture:
    """The image that an input takes."""

    port: Port
    channels: int
    height: int
    width: int
    first: bool
    """True where channels come first."""

    @classmethod
    def of(cls, port: Port, task: str = "") -> Picture:
        """That of an input [n, C, H, W] or [n, H, W, C]; open sizes are those that are usual for a task."""
        assert port.shape is not None, "chosen for its rank"
        _, *dims = port.shape
        first = dims[0] in COLOURS or dims[2] not in COLOURS
        channels, height, width = dims if first else (dims[2], dims[0], dims[1])
        side = SIDES.get(task, SIDE)
        return cls(port, channels or 3, height or side, width or side, first)

    @property
    def is_open(self) -> bool:
        """True where it takes images of any size."""
        assert self.port.shape is not None, "chosen for its rank"
        return None in self.port.shape[1:]

    @property
    def size(self) -> list[int]:
        """Height and width."""
        return [self.height, self.width]


def image_input(subject: Subject, task: str) -> Picture:
    """The first input that takes images. Raises DataError where none does."""
    for port in subject.inputs:
        if port.shape and len(port.shape) == 4:
            return Picture.of(port, task)
    listed = ", ".join(map(str, subject.inputs))
    raise DataError(f"the data are images, but no input of the model takes one: {listed}")


def of_files(subject: Subject, whole: bool, task: str) -> tuple[Picture, list[Choice]]:
    """Choices for image files; the `whole` image where labels lie in it."""
    picture = image_input(subject, task)
    grey = picture.channels == 1
    if grey and task == "image-to-image":
        mode = mode_of(bytes(subject.content))
        deep = mode.startswith("I")
        read = {"decode_image": {"mode": "own" if deep else "L" if mode in ("L", "LA", "1") else "Y"}}
        sizes = {image_size(name, content) for name, content in subject.some_contents()}
        ranged = _ranges(DEEP_RANGES if deep else GREY_RANGES, -1)
        return picture, [Choice.none(read), geometry(picture, sizes, whole, task), ranged, layout(picture)]
    modes = ("L",) if grey else ("RGBA",) if picture.channels == 4 else ("RGB", "BGR")
    colours = Choice("order of colours", tuple(Option(mode, ({"decode_image": {"mode": mode}},)) for mode in modes))
    sizes = {image_size(name, content) for name, content in subject.some_contents()}
    ranged = _with_centred(pixels(picture, task)) if len(modes) > 1 else pixels(picture, task)
    return picture, [colours, geometry(picture, sizes, whole, task), ranged, layout(picture)]


def geometry(picture: Picture, sizes: set[tuple[int, int]], whole: bool, task: str) -> Choice:
    """Ways from images of these sizes (width, height) to the model's, the plainest first: none where they have it."""
    side = min(picture.size)
    plain = Option("the whole image", ({"resize": {"size": picture.size}},))
    boxed = Option("letterbox", ({"resize": {"letterbox": picture.size}},))
    cropped = Option("cropped to the middle", _cropped(picture, round(side / CROPPED)))
    barely = Option("cropped to a square", _cropped(picture, side))
    kept = Option("as they are")
    if sizes == {(picture.width, picture.height)}:
        return Choice("geometry", (kept,) if whole else (kept, cropped))
    if task == "image-to-image" and picture.is_open:
        return Choice("geometry", (kept,))
    ways = (boxed, plain) if task in BOXED else (plain, boxed) if whole else (plain, barely, cropped, boxed)
    if side >= LARGE and not whole:
        ways = (cropped, plain, barely, boxed)
    return Choice("geometry", (*ways, kept) if picture.is_open else ways)


def pixels(picture: Picture, task: str, axis: int = -1) -> Choice:
    """Ranges of bytes; integers go in as they are. Large classifiers with channels first are mostly trained as
    torchvision has them."""
    if not picture.port.dtype.startswith("f"):
        return Choice("range of pixels", (Option("0 to 255"),))
    if picture.channels != 3:
        return _ranges(GREY_RANGES, axis)
    standard = picture.first and min(picture.size) >= LARGE and task in STANDARDIZED
    return replace(_ranges(RANGES, axis), likeliest=list(RANGES).index(STANDARD) if standard else 0)


def _with_centred(ranged: Choice) -> Choice:
    """Bytes less ImageNet's mean too, each with its order of colours; none where bytes go in as they are."""
    if len(ranged.options) == 1:
        return ranged
    more = [
        Option(
            f"{mode} of 0 to 255 less ImageNet's mean",
            ({"normalize": {"mean": list(mean), "std": [1.0, 1.0, 1.0], "axis": -1}},),
            fixes={"decode_image": {"mode": mode}},
        )
        for mode, mean in CENTRED.items()
    ]
    return replace(ranged, options=(*ranged.options, *more))


def of_arrays(subject: Subject, port: Port, whole: bool, task: str) -> list[Choice]:
    """Choices for arrays that hold an image in another layout, size or range than the input's."""
    picture, array = Picture.of(port), array_of(subject.content)
    assert array is not None, "images in arrays are arrays of numbers"
    last = _channels_last(array.shape, picture)
    have = array.shape[:2] if last else array.shape[-2:]
    axis = -1 if last else 0
    choices = []
    if list(have) != picture.size and last and not picture.is_open:
        choices.append(geometry(picture, {(have[1], have[0])}, whole, task))
    if picture.port.dtype.startswith("f"):
        choices.append(_array_range(array, picture, task, axis))
    if array.ndim == 2:
        choices.append(Choice.none({"expand": 0 if picture.first else 2}))
    elif last and picture.first:
        choices.append(Choice.none({"layout": "chw"}))
    elif not last and not picture.first:
        choices.append(Choice.none({"layout": "hwc"}))
    return choices


def is_image_of(array: Any, port: Port) -> bool:
    """True where an array [H, W], [H, W, C] or [C, H, W] has the channels of the image that an input takes."""
    channels = Picture.of(port).channels
    return (array.ndim == 2 and channels == 1) or (array.ndim == 3 and channels in (array.shape[0], array.shape[-1]))


def layout(picture: Picture) -> Choice:
    """Channels at their place."""
    return Choice.none(*([{"layout": "chw"}] if picture.first else []))


def _array_range(array: Any, picture: Picture, task: str, axis: int) -> Choice:
    colours = picture.channels == 3 and array.ndim == 3
    if array.dtype == np.uint16:
        return _ranges(DEEP_RANGES, axis)
    if array.dtype.kind in "iub":
        return pixels(picture, task, axis) if colours else _ranges(GREY_RANGES, axis)
    if array.min() >= 0 and array.max() <= 1:
        known = FRACTION_RANGES if colours else {k: v for k, v in FRACTION_RANGES.items() if k != STANDARD}
        return _ranges(known, axis)
    return Choice("range of pixels", (Option("as they are"),))


def _ranges(known: Mapping[str, Sequence[Any]], axis: int) -> Choice:
    return Choice(
        "range of pixels",
        tuple(Option(said, tuple(_along(step, axis) for step in steps)) for said, steps in known.items()),
    )


def _along(step: Any, axis: int) -> Any:
    return {"normalize": {**step["normalize"], "axis": axis}} if "normalize" in step else step


def _channels_last(shape: Sequence[int], picture: Picture) -> bool:
    """True for [H, W] and [H, W, C]; where both would do, the model's own layout."""
    if len(shape) == 2:
        return True
    return shape[-1] == picture.channels and (not picture.first or shape[0] != picture.channels)


def _cropped(picture: Picture, shorter: int) -> tuple[Any, ...]:
    return ({"resize": {"shorter_side": shorter}}, {"center_crop": picture.size})
