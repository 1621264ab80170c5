"""Class ids of what stands in masks: white where a mask is black and white, colours where a table names them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ovopt.contracts import Array
from ovopt.data.content import hash_of, read_text
from ovopt.documents import ordinal
from ovopt.errors import DataError
from ovopt.given_file import check_file
from ovopt.locate import optional

Colour = tuple[int, int, int]
TABLES = ("class_dict.csv", "labelmap.txt", "label_colors.txt")
"""Files that name the colour of each class."""
LOOKED_AT = 12
"""So many masks, spread over all, are looked at."""
NEAR = 10
"""Distance from black and white that JPEG makes of them."""
WHITE = 128
"""A value from here on is white."""


@dataclass(frozen=True)
class MaskValues:
    """Meaning of the values in masks: the class id of each value of a pixel, or the colour and name of each class;
    nothing where the values are the ids."""

    ids: tuple[int, ...] = ()
    colours: tuple[Colour, ...] = ()
    names: tuple[str, ...] = ()
    digest: str = ""


def values_of(masks: Sequence[Path], root: Path) -> MaskValues:
    """The values of these masks in a folder. Raises DataError where its table of colours is broken."""
    seen: list[_Seen] = []
    for one in _looked_at(masks):
        seen.append(one)
        if not one.is_black_and_white:
            break
    if seen and seen[-1].is_black_and_white and any(one.has_white for one in seen):
        return MaskValues(ids=tuple(int(value >= WHITE) for value in range(256)))
    file = next((root / name for name in TABLES if (root / name).is_file()), None)
    if file is None:
        return MaskValues()
    table = list(_classes(file))
    in_colour = bool(seen) and seen[0].pixels.ndim == 3
    return MaskValues(
        colours=tuple(colour for _, colour in table) if in_colour else (),
        names=tuple(name for name, _ in table),
        digest=hash_of(file),
    )


@dataclass(frozen=True)
class _Seen:
    pixels: Array
    """[height, width], or [height, width, 3] where it is in colour."""
    slack: int
    """What compression may have changed a value by."""

    @property
    def is_black_and_white(self) -> bool:
        """True where every pixel is one of both."""
        return self.pixels.ndim == 2 and bool(((self.pixels <= self.slack) | (self.pixels >= 255 - self.slack)).all())

    @property
    def has_white(self) -> bool:
        """True where a pixel is white."""
        return bool(self.pixels.max(initial=0) >= WHITE)


def _looked_at(masks: Sequence[Path]) -> Iterator[_Seen]:
    """A few masks; none behind one that cannot be read, or whose values are ids by its form."""
    for file in masks[:: max(1, len(masks) // LOOKED_AT)][:LOOKED_AT]:
        pixels = _pixels(file)
        if pixels is None:
            return
        yield _Seen(pixels, NEAR if file.suffix.lower() in (".jpg", ".jpeg") else 0)


def _pixels(file: Path) -> Array | None:
    try:
        with optional("PIL.Image", f"{file}: reading it", "vision").open(check_file(file, "mask", DataError)) as image:
            if image.mode not in ("L", "LA", "RGB", "RGBA"):
                return None
            pixels = np.asarray(image.convert("L" if image.mode in ("L", "LA") else "RGB"))
    except Exception:  # Pillow's readers raise errors of every kind on broken files, which are told when they are used
        return None
    grey = pixels.ndim == 3 and bool((pixels == pixels[..., :1]).all())
    return pixels[..., 0] if grey else pixels


def _classes(file: Path) -> Iterator[tuple[str, Colour]]:
    """Name and colour of each class: `name,r,g,b` below a header, `name:r,g,b:...`, or `r g b name`. Raises DataError
    where a line has none."""
    text = read_text(file)
    rows = csv.reader(io.StringIO(text)) if file.suffix == ".csv" else map(_cells, text.splitlines())
    for place, cells in enumerate(rows, 1):
        if not cells or (file.suffix == ".csv" and place == 1):
            continue
        numbers = [ordinal(cell.strip()) for cell in cells[1:4]]
        if len(numbers) < 3 or not all(number is not None and number < 256 for number in numbers):
            raise DataError(f"{file}:{place}: a class needs a name and the red, green and blue of its colour, 0 to 255")
        red, green, blue = (number or 0 for number in numbers)
        yield cells[0].strip(), (red, green, blue)


def _cells(line: str) -> list[str]:
    """Name, red, green and blue of a line; none of an empty one or a remark."""
    line = line.partition("#")[0].strip()
    if ":" in line:
        name, colour = line.split(":")[:2]
        return [name, *colour.split(",")]
    parts = line.split(maxsplit=3)
    return [*parts[3:], *parts[:3]]
