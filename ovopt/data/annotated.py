"""Images whose objects have names of classes, as annotation tools write them, a file for each image or one for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ovopt.contracts import BadLabel, Boxes
from ovopt.data.images import SUFFIXES, Object, boxes_of, clipped, files_below, image_size
from ovopt.errors import DataError, quoted

T = TypeVar("T")
LARGEST_SIDE = 1 << 20
"""Pixels of an image's width or height, beyond those of any format."""


@dataclass(frozen=True)
class Named:
    """A labelled object: x0, y0, x1, y1 of its box, the name of its class, if it cannot be missed, and where it
    stands, for messages."""

    corners: Sequence[float]
    name: str
    ignored: bool
    said: str


@dataclass(frozen=True)
class Annotation:
    """The objects of an image of `size` (width, height)."""

    size: tuple[int, int]
    objects: Sequence[Named]


def read_or_bad(read: Callable[[], T]) -> T | BadLabel:
    """What `read` gives, or the reason why it cannot."""
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
    return read_or_bad(
        lambda: boxes_of([_indexed(one, annotation, classes) for one in annotation.objects], annotation.size)
    )


def _indexed(one: Named, annotation: Annotation, classes: Sequence[str]) -> Object:
    if one.name not in classes:
        raise DataError(f"{one.said}: {quoted(one.name)} is none of the classes that the data lists")
    return Object(clipped(one.corners, annotation.size, one.said), classes.index(one.name), one.ignored)


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
