"""Images whose objects have names of classes, as annotation tools write them, a file for each image or one for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from ovopt.arrays import regions
from ovopt.contracts import Array, BadLabel, Boxes, Outline
from ovopt.data.images import SUFFIXES, Object, boxes_of, clipped, files_below, image_size
from ovopt.errors import DataError, quoted

T = TypeVar("T")
LARGEST_SIDE = 1 << 20
"""Pixels of an image's width or height, beyond those of any format."""
LARGEST_AREA = 1 << 28
"""Pixels of an image in which masks are placed."""


@dataclass(frozen=True)
class Named:
    """A labelled object: x0, y0, x1, y1 of its box, the name of its class, if it is difficult, where it stands, for
    messages, and its outline, if it is more than a box."""

    corners: Sequence[float]
    name: str
    difficult: bool
    said: str
    outline: Outline = ()


@dataclass(frozen=True)
class Annotation:
    """The objects of an image of `size` (width, height)."""

    size: tuple[int, int]
    objects: Sequence[Named]


def read_or_bad(read: Callable[[], T]) -> T | BadLabel:
    """The answer of `read`, or the reason why there is none."""
    try:
        return read()
    except DataError as error:
        return BadLabel(str(error))


def class_names(annotations: Iterable[Annotation | BadLabel]) -> tuple[str, ...]:
    """Names of all classes, sorted: files of single images give them no order."""
    found = {one.name for each in annotations if isinstance(each, Annotation) for one in each.objects}
    return tuple(sorted(found))


def boxes_by_name(annotation: Annotation | BadLabel, classes: Sequence[str]) -> Boxes | BadLabel:
    """Boxes whose class indices count `classes`, or the reason why one of the objects cannot be."""
    if isinstance(annotation, BadLabel):
        return annotation
    outlined = any(one.outline for one in annotation.objects)
    return read_or_bad(
        lambda: boxes_of([_indexed(one, annotation, classes, outlined) for one in annotation.objects], annotation.size)
    )


def _indexed(one: Named, annotation: Annotation, classes: Sequence[str], outlined: bool) -> Object:
    if one.name not in classes:
        raise DataError(f"{one.said}: {quoted(one.name)} is none of the classes that the data lists")
    corners = clipped(one.corners, annotation.size, one.said)
    outline = one.outline or ((rectangle(corners),) if outlined else ())
    return Object(corners, classes.index(one.name), outline=outline, difficult=one.difficult)


def rectangle(corners: Sequence[float]) -> Array:
    """Polygon [4, 2] of a box x0, y0, x1, y1."""
    x0, y0, x1, y1 = corners
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def region_of(mask: Array, left: int, top: int, size: tuple[int, int], said: str) -> Outline:
    """The outline of what is set in a boolean mask [h, w] that lies at `left`, `top` in an image of `size` (width,
    height). Raises DataError, which begins with `said`, where that is outside or too large."""
    width, height = size
    if width * height > LARGEST_AREA:
        raise DataError(f"{said}: a mask in an image of {width}x{height}, which is too large for one")
    if left < 0 or top < 0 or top + mask.shape[0] > height or left + mask.shape[1] > width:
        at = f"{mask.shape[1]}x{mask.shape[0]} at {left}, {top}"
        raise DataError(f"{said}: the mask ({at}) reaches outside the image of {width}x{height}; remove or mend it")
    whole = np.zeros((height, width), bool)
    whole[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    flat = whole.ravel(order="F")
    ends = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff([0, *ends.tolist(), flat.size]).tolist()
    return regions.of_counts([0, *runs] if flat[0] else runs, [height, width]) or ()


def size_or_file(width: object, height: object, image: Path) -> tuple[int, int]:
    """Width and height as an annotation has them, or those of the image itself. Raises DataError where that cannot be
    read."""
    sides = [_side(width), _side(height)]
    return (sides[0], sides[1]) if all(sides) else image_size(image)


def _side(value: object) -> int:
    """0 where it can be none of an image."""
    try:
        side = float(value) if isinstance(value, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return 0
    return int(side) if 0 < side <= LARGEST_SIDE else 0


def around(points: Sequence[tuple[float, float]]) -> list[float]:
    """The box x0, y0, x1, y1 around points (x, y)."""
    xs, ys = zip(*points, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]


def images_by_name(root: Path) -> Mapping[Path, Path]:
    """Images below a folder by their place in it without suffix. Raises DataError where two of them are alike."""
    found: dict[Path, Path] = {}
    for file in files_below(root, SUFFIXES):
        key = file.relative_to(root).with_suffix("")
        if key in found:
            raise DataError(
                f"{root}: {found[key].name} and {file.name} have the same name before the suffix; rename one"
            )
        found[key] = file
    return found
