"""Image files below a folder, their sizes, and boxes inside them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from ovopt.contracts import BadLabel, Boxes, Outline
from ovopt.data.outlines import padded
from ovopt.errors import DataError
from ovopt.given_file import check_file
from ovopt.locate import confined, optional

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
ORIENTATION, ON_ITS_SIDE = 0x0112, (5, 6, 7, 8)
"""The EXIF tag of how the camera was held, and its values for images whose width and height change places."""
SLACK = 1.0
"""Pixels by which a box may reach outside its image: annotation tools round."""


def files_below(root: Path, suffixes: frozenset[str] | None = SUFFIXES) -> list[Path]:
    """Files with these suffixes (any if None), sorted. Hidden ones are left out, and symbolic links to folders are not
    followed. Raises DataError for a link to a file elsewhere."""
    found: list[Path] = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and (suffixes is None or Path(name).suffix.lower() in suffixes):
                found.append(Path(folder, name))
    for file in found:
        if file.is_symlink():
            confined(root, str(file.relative_to(root)), "a symbolic link")
    return sorted(found)


def image_size(file: Path | str, content: bytes | None = None) -> tuple[int, int]:
    """Width and height of the upright image, from the header of the file, or of its content where that is at hand.
    Raises DataError where it is no readable image, SettingsError where Pillow is missing."""
    pillow = optional("PIL.Image", f"{file}: reading its size needs Pillow", "vision")
    try:
        with pillow.open(
            check_file(Path(file), "image", DataError) if content is None else io.BytesIO(content)
        ) as image:
            turned = "exif" in image.info and image.getexif().get(ORIENTATION) in ON_ITS_SIDE
            width, height = image.size
            return (height, width) if turned else (width, height)
    except pillow.UnidentifiedImageError:
        raise DataError(f"{file}: not a readable image") from None
    except DataError:
        raise
    except Exception as error:  # Pillow's readers raise errors of every kind on broken files
        raise DataError(f"{file}: not a readable image: {error}") from None


@dataclass(frozen=True)
class Object:
    """A labelled object: x0, y0, x1, y1 of its box, its class index, and if it is a region of many; and, where the data
    has them, its outline, its key points (x, y, and 0 where one is not labelled) and the pixels that it covers; and if
    it is difficult (`Boxes.difficult`)."""

    corners: Sequence[float]
    index: int
    crowd: bool = False
    outline: Outline = ()
    key_points: Sequence[tuple[float, float, float]] = ()
    area: float = float("nan")
    difficult: bool = False


def boxes_of(objects: Sequence[Object], size: tuple[int, int]) -> Boxes:
    """Labelled objects of one image of `size` (width, height)."""
    outlines = tuple(one.outline for one in objects)
    key_points = padded([one.key_points for one in objects])
    difficult = np.array([one.difficult for one in objects], dtype=np.bool_)
    return Boxes(
        corners=np.array([one.corners for one in objects], dtype=np.float64).reshape(-1, 4),
        classes=np.array([one.index for one in objects], dtype=np.int64),
        crowd=np.array([one.crowd for one in objects], dtype=np.bool_),
        size=size,
        outlines=outlines if any(outlines) else None,
        key_points=key_points,
        areas=None if key_points is None else np.array([one.area for one in objects]),
        difficult=difficult if difficult.any() else None,
    )


def or_bad(read: Callable[[], Boxes]) -> Boxes | BadLabel:
    """Boxes, or the reason why there are none to use."""
    try:
        return read()
    except DataError as error:
        return BadLabel(str(error))


def clipped(corners: Sequence[float], size: tuple[int, int], said: str) -> list[float]:
    """Box x0, y0, x1, y1 clipped to an image of `size` (width, height). Raises DataError, which begins with `said`,
    where it holds no pixel or reaches outside by more than `SLACK`."""
    x0, y0, x1, y1 = box = [float(value) for value in corners]
    width, height = size
    if not all(map(isfinite, box)) or x0 >= x1 or y0 >= y1:
        raise DataError(f"{said}: the box ({_shown(box)}) has no area; remove or mend it")
    image = f"the image of {width}x{height}; remove or mend it"
    if x0 < -SLACK or y0 < -SLACK or x1 > width + SLACK or y1 > height + SLACK:
        raise DataError(f"{said}: the box ({_shown(box)}) reaches outside {image}")
    cut = [max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height))]
    if cut[0] >= cut[2] or cut[1] >= cut[3]:
        raise DataError(f"{said}: the box ({_shown(box)}) lies outside {image}")
    return cut


def _shown(box: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in box)
