"""A file of annotations in COCO's format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from ovopt.contracts import BadLabel, Boxes
from ovopt.data.content import read_bytes
from ovopt.data.images import Object, boxes_of, clipped, image_size, or_bad
from ovopt.data.outlines import key_points_of, outline_of
from ovopt.documents import UnreadableError, parse_json
from ovopt.errors import DataError, quoted

LARGEST_SIDE = 1 << 20
"""Pixels of an image's width or height, beyond those of any format."""


@dataclass(frozen=True)
class Image:
    """An entry of the list of images."""

    id: int | str
    name: str
    size: tuple[int, int] | None


@dataclass(frozen=True)
class Document:
    """A file of annotations, each of its lists checked where it is used."""

    file: Path
    content: Mapping[str, Any]

    @classmethod
    def read(cls, file: Path, limit: int) -> Document:
        """That in a file of so many bytes at most. Raises DataError where it is none, or holds no images."""
        try:
            content = parse_json(read_bytes(file, limit), any_number=True)
        except UnreadableError as error:
            raise DataError(error.at(file)) from None
        for key in ("images", "annotations", "categories"):
            entries = content.get(key) if isinstance(content, dict) else None
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                raise DataError(f"{file}: not in COCO's format: {key!r} must be a list of objects")
        if not content["images"]:
            raise DataError(f"{file}: holds no images")
        return cls(file, content)

    @cached_property
    def images(self) -> list[Image]:
        """In the order of the file."""
        found: dict[int | str, Image] = {}
        names: set[str] = set()
        for entry in self.content["images"]:
            key, name = _id_of(entry.get("id")), entry.get("file_name")
            if key is None or not isinstance(name, str):
                raise DataError(f"{self.file}: image {_id(entry)}: must have an id and a file_name")
            if key in found:
                raise DataError(f"{self.file}: image {key}: the id occurs twice ({found[key].name}, {name})")
            if name in names:
                raise DataError(f"{self.file}: image {key}: {name} is the file of another image, too; keep one of them")
            found[key] = Image(key, name, _size(entry))
            names.add(name)
        return list(found.values())

    @cached_property
    def categories(self) -> dict[int, str]:
        """Names by the categories' ids, in the order of these."""
        named, taken = dict[int, str](), set[str]()
        for entry in self.content["categories"]:
            key, name = _id_of(entry.get("id")), entry.get("name")
            if not isinstance(key, int) or not isinstance(name, str):
                raise DataError(f"{self.file}: category {_id(entry)}: must have a whole number as id, and a name")
            if key in named or name in taken:
                raise DataError(f"{self.file}: category {key} ({name}): the id or the name occurs twice")
            named[key] = name
            taken.add(name)
        return dict(sorted(named.items()))

    @property
    def heading(self) -> str | None:
        """The first category, where it only stands for all others together."""
        first, *others = self.categories or (None,)
        used = {_id_of(annotation.get("category_id")) for annotation in self.content["annotations"]}
        above = {
            entry.get("supercategory") for entry in self.content["categories"] if _id_of(entry.get("id")) in others
        }
        if first is None or first in used or above != {self.categories[first]}:
            return None
        return self.categories[first]

    def labels(self, files: Sequence[Path], classes: Sequence[str]) -> Iterator[Boxes | BadLabel]:
        """Boxes of each image, whose class indices count `classes`; `files` are the images, for sizes that the document
        does not hold."""
        by_image: dict[Any, list[Mapping[str, Any]]] = {image.id: [] for image in self.images}
        for annotation in self.content["annotations"]:
            key = _id_of(annotation.get("image_id"))
            if key not in by_image:
                said = quoted(annotation.get("image_id"))
                raise DataError(f"{self.file}: annotation {_id(annotation)}: no image has the id {said}")
            by_image[key].append(annotation)
        index_of = {key: classes.index(name) for key, name in self.categories.items() if name in classes}
        for image, file in zip(self.images, files, strict=True):
            yield or_bad(partial(self._boxes, by_image[image.id], image, file, index_of))

    def _boxes(
        self, annotations: Sequence[Mapping[str, Any]], image: Image, file: Path, index_of: Mapping[Any, int]
    ) -> Boxes:
        size = image.size or image_size(file)
        objects: list[Object] = []
        for annotation in annotations:
            said = f"{self.file}: annotation {_id(annotation)} ({image.name})"
            category = _id_of(annotation.get("category_id"))
            if category not in index_of:
                raise DataError(f"{said}: no category has the id {quoted(annotation.get('category_id'))}")
            corners = clipped(_corners(annotation, said), size, said)
            objects.append(
                Object(
                    corners,
                    index_of[category],
                    bool(annotation.get("iscrowd", 0)),
                    outline_of(annotation.get("segmentation")),
                    key_points_of(annotation.get("keypoints"), said),
                    _area(annotation.get("area")),
                )
            )
        return boxes_of(objects, size)


def classes_of(documents: Sequence[Document]) -> tuple[str, ...]:
    """Names of the categories of all documents, each where its id puts it in the first document that has it."""
    headings = {document.heading for document in documents}
    place_of: dict[str, int] = {}
    for document in documents:
        for key, name in document.categories.items():
            place_of.setdefault(name, key)
    left_out = headings if len(headings) == 1 else {None}
    return tuple(name for name in sorted(place_of, key=place_of.__getitem__) if name not in left_out)


def _id_of(value: Any) -> int | str | None:
    """An id as a whole number where it is one: tables write 7.0. None where it is none."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int | str) else None


def _size(entry: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = entry.get("width"), entry.get("height")
    if isinstance(width, int) and isinstance(height, int) and 0 < width <= LARGEST_SIDE >= height > 0:
        return width, height
    return None


def _id(entry: Mapping[str, Any]) -> str:
    return quoted(entry.get("id"))


def _area(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value < LARGEST_SIDE**2 else float("nan")


def _corners(annotation: Mapping[str, Any], said: str) -> list[float]:
    """From x, y, width, height; of an annotation without them, those around its outlines."""
    bbox, outlines = annotation.get("bbox"), annotation.get("segmentation")
    if not bbox and isinstance(outlines, list) and _are_points(outlines):
        points = [float(value) for outline in outlines for value in outline]
        xs, ys = points[0::2], points[1::2]
        return [min(xs), min(ys), max(xs), max(ys)]
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(isinstance(value, int | float) for value in bbox):
        raise DataError(f"{said}: bbox must be four numbers (x, y, width, height), not {quoted(bbox)}")
    try:
        x, y, width, height = map(float, bbox)
    except OverflowError:
        raise DataError(f"{said}: bbox must be four numbers (x, y, width, height), not {quoted(bbox)}") from None
    return [x, y, x + width, y + height]


def _are_points(outlines: Sequence[Any]) -> bool:
    """Tells whether these are lists of coordinates x1, y1, x2, y2 ..."""
    return bool(outlines) and all(
        isinstance(outline, list)
        and len(outline) >= 6
        and len(outline) % 2 == 0
        and all(isinstance(value, int | float) and abs(value) < LARGEST_SIDE for value in outline)
        for outline in outlines
    )
