"""Images with objects in YOLO's text format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Boxes, DataSource, Outline, Samples
from ovopt.data.content import MaxBytes, file_at, folder_at, hash_of, hash_of_names, read_bytes, read_text
from ovopt.data.images import Object, boxes_of, clipped, image_size, or_bad
from ovopt.data.yolo_layout import (
    IMAGES,
    LABELS,
    YAML,
    Description,
    Folders,
    Pairs,
    class_names,
    description_in,
    has_texts,
    listed_pairs,
    names_classes,
    pairs_anywhere,
    pairs_in,
    usual_folders,
)
from ovopt.errors import DataError, quoted, shortened
from ovopt.given_file import LARGEST, check_path
from ovopt.locate import confined, expand, shown
from ovopt.records import Port

LONGEST = 9
"""Digits of a class."""
COLUMNS = "class cx cy w h"
SLACK = 0.01
"""A share may be beyond the image by so much: tools round, and Ultralytics takes it too."""


class Yolo(DataSource):
    """Images with labelled boxes: `images/**/x.jpg`, and for each `labels/**/x.txt`, or a text beside it, with a line
    `class cx cy w h` per object, centre and size as shares of the image's width and height
    (https://docs.ultralytics.com/datasets/detect/#ultralytics-yolo-format).

    A sample is the image file's bytes. An image without a text file has no objects. A line `class x1 y1 x2 y2 x3 y3`
    (or more points) is an outline: a mask, an oriented box where it has four points, and the box around it. Key points
    may follow a box, as `kpt_shape` in `data.yaml` says, or x, y and 0, 1 or 2 of each. A column more is a confidence,
    which is left out. Class names come from `data.yaml` or `classes.txt` in the folder. What `data.yaml` lists under
    `train`, `val` and `test` are the data's own splits, and so are folders of these names in `images`. A box may reach
    outside its image by one pixel and is clipped.
    """

    name: ClassVar[str] = "yolo"
    layout: ClassVar[str] = "images and texts of boxes as shares"
    priority: ClassVar[int] = 70
    path: str = Field(description="the folder that holds both, or its data.yaml")
    images: str = Field(default=IMAGES, description="the folder of images, such as images/val")
    labels: str = Field(default=LABELS, description="the folder of text files, such as labels/val")
    max_bytes: MaxBytes = LARGEST

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder of images with texts of boxes, in `images` and `labels` or beside each other; or its data.yaml."""
        place = expand(path)
        if place.suffix.lower() in YAML and place.is_file():
            return names_classes(place)
        return place.is_dir() and has_texts(usual_folders(place))

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all images with their boxes. Raises DataError where images or folders are missing."""
        described, folders = self._described(), self._folders()
        pairs = _pairs(described, folders)
        if not pairs.images:
            raise DataError(f"{folders.images}: holds no images")
        root, lines = folders.root, _Lines(class_names(folders, described), described.key_points)
        ids = tuple(shown(file.relative_to(root)) for file in pairs.images)
        each = list(zip(pairs.images, pairs.texts, strict=True))
        return Samples(
            source=str(folders.images if folders.images.is_dir() else root),
            ids=ids,
            labels=tuple(or_bad(partial(lines.read, text, file)) for file, text in each),
            load=lambda index: read_bytes(pairs.images[index], self.max_bytes),
            fingerprint=hash_of_names(ids, pairs.images, *(hash_of(t) if t.is_file() else "" for t in pairs.texts)),
            classes=lines.classes,
            splits=pairs.splits,
        )

    def _described(self) -> Description:
        place = expand(self.path)
        if place.suffix.lower() in YAML:
            return Description.read(file_at(place, "description of a data set"))
        return description_in(folder_at(place))

    def _folders(self) -> Folders:
        place = expand(self.path)
        root = place.parent if place.suffix.lower() in YAML else place
        if not self.model_fields_set & {"images", "labels"}:
            return usual_folders(root)
        images, labels = (confined(root, name, "data.source") for name in (self.images, self.labels))
        return Folders(root, images, labels, named=True)


def _pairs(described: Description, folders: Folders) -> Pairs:
    found = None
    if not folders.named:
        found = listed_pairs(described, folders.root)
        if found is None and not folders.images.is_dir():
            found = pairs_anywhere(folders.root)
    return found or pairs_in(folder_at(folders.images), folder_at(folders.labels))


@dataclass(frozen=True)
class _Lines:
    """Text files of a data set with these class names, and so many key points behind a box, of two or three columns."""

    classes: tuple[str, ...]
    key_points: tuple[int, int] | None

    def read(self, text: Path, image: Path) -> Boxes:
        """Objects of an image. Raises DataError where one of them cannot be."""
        size = image_size(image)
        is_there = check_path(text, DataError).is_file()
        lines = enumerate(read_text(text).splitlines() if is_there else (), start=1)
        objects = [self._object(line.split(), f"{text}:{place}", size) for place, line in lines if line.strip()]
        return boxes_of(objects, size)

    def _object(self, columns: Sequence[str], said: str, size: tuple[int, int]) -> Object:
        if len(columns) < 5:
            raise DataError(f"{said}: {len(columns)} columns, not 5 ({COLUMNS})")
        try:
            shares = [float(column) for column in columns[1:]]
        except ValueError:
            raise DataError(f"{said}: not all numbers ({COLUMNS}): {shortened(' '.join(columns))}") from None
        behind = self._behind(shares)
        if self.key_points and len(shares) > 5 and behind is None:
            count, each = self.key_points
            raise DataError(
                f"{said}: {len(columns)} columns, not 5 and {each} for each of {count} key points ({COLUMNS}, then "
                f"{'x y v'[: 2 * each - 1]} ...), which `kpt_shape` in data.yaml names"
            )
        has_box = len(shares) <= 5 or behind is not None
        box = _corners(shares[:4]) if has_box else _around(shares)
        _check_shares(shares[:4] if has_box else shares, columns[1:], said, size)
        corners = [share * side for share, side in zip(box, (*size, *size), strict=True)]
        return Object(
            clipped(corners, size, said),
            self._class(columns[0], said),
            outline=() if has_box else _outline(shares, size),
            key_points=[(x * size[0], y * size[1], visible) for x, y, visible in behind or ()],
        )

    def _behind(self, shares: Sequence[float]) -> list[tuple[float, float, float]] | None:
        """Key points behind a box, and perhaps before a confidence: x, y and visibility. Without a description, three
        or more whose third numbers all are 0, 1 or 2. None where the line has none."""
        rest = shares[4:]
        if self.key_points is None:
            points = _by_threes(rest)
            told = len(points) > 2 and len(rest) % 3 == 0 and all(point[2] in (0, 1, 2) for point in points)
            return points if told else None
        count, columns = self.key_points
        if len(rest) - count * columns not in (0, 1):
            return None
        if columns == 3:
            return _by_threes(rest[: count * 3])
        return [(x, y, float(x >= 0 <= y)) for x, y in zip(rest[0::2], rest[1::2], strict=False)]

    def _class(self, column: str, said: str) -> int:
        digits = column.partition(".")[0] if column.partition(".")[2].strip("0") == "" else column
        if not digits.isdecimal() or len(digits) > LONGEST:
            raise DataError(f"{said}: the class must be a whole number from 0 on, not {quoted(column)}")
        index = int(digits)
        if self.classes and index >= len(self.classes):
            raise DataError(
                f"{said}: class {index}, but only {len(self.classes)} class names are listed; add its name, or mend "
                "the line"
            )
        return index


def _check_shares(shares: Sequence[float], columns: Sequence[str], said: str, size: tuple[int, int]) -> None:
    if all(-SLACK <= share <= 1 + SLACK for share in shares):
        return
    given = shortened(" ".join(columns))
    pixels = min(shares) >= 0 and max(shares) > 2
    advice = f"; divide pixels by the image's width and height ({size[0]}x{size[1]})" if pixels else ""
    raise DataError(f"{said}: cx, cy, w and h are shares of the image, from 0 to 1, not {given}{advice}")


def _corners(shares: Sequence[float]) -> list[float]:
    """Corners of centre and size."""
    cx, cy, w, h = shares
    return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]


def _by_threes(numbers: Sequence[float]) -> list[tuple[float, float, float]]:
    return list(zip(numbers[0::3], numbers[1::3], numbers[2::3], strict=False))


def _outline(shares: Sequence[float], size: tuple[int, int]) -> Outline:
    """Polygon of points x1 y1 x2 y2 ...; a number behind them is a confidence."""
    points = np.array(shares[: len(shares) // 2 * 2]).reshape(-1, 2)
    return (points * size,)


def _around(outline: Sequence[float]) -> list[float]:
    """The box around points x1 y1 x2 y2 ...; a number behind them is a confidence."""
    xs, ys = outline[0 : len(outline) // 2 * 2 : 2], outline[1::2]
    return [min(xs), min(ys), max(xs), max(ys)]
