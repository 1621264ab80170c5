"""Images with objects in YOLO's text format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from ovopt.contracts import Boxes, DataSource, Samples
from ovopt.data.content import MaxBytes, folder_at, hash_of, hash_of_names, read_bytes, read_text
from ovopt.data.images import Object, boxes_of, clipped, files_below, image_size, or_bad
from ovopt.documents import UnreadableError, parse_yaml
from ovopt.errors import DataError, quoted, shortened
from ovopt.given_file import LARGEST, check_path
from ovopt.locate import confined, expand, shown
from ovopt.records import Port
from ovopt.units import a_few

LONGEST = 9
"""Digits of a class."""
COLUMNS = "class cx cy w h"
LISTS = ("data.yaml", "data.yml", "classes.txt", "obj.names")
"""Where class names may be."""


class Yolo(DataSource):
    """Images with labelled boxes: `images/**/x.jpg`, and for each `labels/**/x.txt` with a line `class cx cy w h` per
    object, centre and size as shares of the image's width and height
    (https://docs.ultralytics.com/datasets/detect/#ultralytics-yolo-format).

    A sample is the image file's bytes. An image without a text file has no objects. Class names come from `data.yaml`
    or `classes.txt` in the folder. A box may reach outside its image by one pixel and is clipped.
    """

    name: ClassVar[str] = "yolo"
    priority: ClassVar[int] = 30
    path: str = Field(description="the folder that holds both")
    images: str = Field(default="images", description="the folder of images, such as images/val")
    labels: str = Field(default="labels", description="the folder of text files, such as labels/val")
    max_bytes: MaxBytes = LARGEST

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder with `images` and, below `labels`, text files."""
        root = expand(path)
        return (root / "images").is_dir() and next((root / "labels").rglob("*.txt"), None) is not None

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all images with their boxes. Raises DataError where images or folders are missing."""
        root = expand(self.path)
        images, labels = (folder_at(confined(root, name, "data.source")) for name in (self.images, self.labels))
        files = files_below(images)
        if not files:
            raise DataError(f"{images}: holds no images")
        texts = [labels / file.relative_to(images).with_suffix(".txt") for file in files]
        lone = sorted(set(files_below(labels, frozenset({".txt"}))) - set(texts) - {labels / "classes.txt"})
        if lone:
            raise DataError(f"{labels}: no image in {images} belongs to {a_few(f.relative_to(labels) for f in lone)}")
        classes = _class_names(root, labels)
        ids = tuple(shown(file.relative_to(root)) for file in files)
        return Samples(
            source=str(images),
            ids=ids,
            labels=tuple(or_bad(partial(_read, text, file, classes)) for file, text in zip(files, texts, strict=True)),
            load=lambda index: read_bytes(files[index], self.max_bytes),
            fingerprint=hash_of_names(ids, files, *(hash_of(text) if text.is_file() else "" for text in texts)),
            classes=classes,
        )


def _read(text: Path, image: Path, classes: Sequence[str]) -> Boxes:
    size = image_size(image)
    is_there = check_path(text, DataError).is_file()
    lines = enumerate(read_text(text).splitlines() if is_there else (), start=1)
    return boxes_of(
        [_object(line.split(), f"{text}:{place}", size, classes) for place, line in lines if line.strip()], size
    )


def _object(columns: Sequence[str], said: str, size: tuple[int, int], classes: Sequence[str]) -> Object:
    if len(columns) != 5:
        raise DataError(f"{said}: {len(columns)} columns, not 5 ({COLUMNS})")
    try:
        shares = [float(column) for column in columns[1:]]
    except ValueError:
        raise DataError(f"{said}: not all numbers ({COLUMNS}): {shortened(' '.join(columns))}") from None
    if not all(0 <= share <= 1 for share in shares):
        given = shortened(" ".join(columns[1:]))
        raise DataError(f"{said}: cx, cy, w and h are shares of the image, from 0 to 1, not {given}")
    cx, cy, w, h = shares
    width, height = size
    corners = [(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height]
    return Object(clipped(corners, size, said), _class(columns[0], said, classes))


def _class(column: str, said: str, classes: Sequence[str]) -> int:
    if not column.isdecimal() or len(column) > LONGEST:
        raise DataError(f"{said}: the class must be a whole number from 0 on, not {quoted(column)}")
    index = int(column)
    if classes and index >= len(classes):
        raise DataError(
            f"{said}: class {index}, but only {len(classes)} class names are listed; add its name, or mend the line"
        )
    return index


def _class_names(root: Path, labels: Path) -> tuple[str, ...]:
    """From the first list there is: in the folder, with the labels, or one folder up, where exports of several subsets
    keep it."""
    for folder in (root, labels, root.parent):
        for name in LISTS if folder != root.parent else LISTS[:2]:
            if (folder / name).is_file():
                return _names_in(folder / name)
    return ()


def _names_in(file: Path) -> tuple[str, ...]:
    if file.suffix in (".txt", ".names"):
        return tuple(line.strip() for line in read_text(file).splitlines() if line.strip())
    try:
        content = parse_yaml(read_text(file))
    except UnreadableError as error:
        raise DataError(error.at(file)) from None
    names: Any = content.get("names") if isinstance(content, Mapping) else None
    if isinstance(names, Mapping) and sorted(names, key=str) == sorted(range(len(names)), key=str):
        names = [names[index] for index in range(len(names))]
    if not isinstance(names, list) or not all(isinstance(name, str | int) for name in names):
        raise DataError(f"{file}: `names` must be a list of class names, or a mapping of 0, 1, 2 ... to them")
    return tuple(str(name) for name in names)
