"""Images with objects in COCO's format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from ovopt.contracts import BadLabel, Boxes, DataSource, Samples
from ovopt.data.content import MaxBytes, file_at, folder_at, hash_of, hash_of_names, read_bytes
from ovopt.data.images import Object, boxes_of, clipped, image_size, or_bad
from ovopt.documents import UnreadableError, parse_json
from ovopt.errors import DataError, quoted
from ovopt.given_file import LARGEST
from ovopt.locate import confined, expand
from ovopt.records import Port
from ovopt.units import a_few

PATTERNS = ("annotations.json", "_annotations.coco.json", "instances_*.json")
LARGEST_SIDE = 1 << 20
"""Pixels of an image's width or height, beyond those of any format."""


class Coco(DataSource):
    """Images with labelled boxes, in the format of the COCO data set (https://cocodataset.org/#format-data).

    A sample is the image file's bytes; its label holds every annotation's box, class and crowd flag. Class indices
    count the categories in the order of their ids; their names are the source's own classes. A box may reach outside
    its image by one pixel and is clipped; a sample with anything worse is bad, and so is one with an empty box.
    """

    name: ClassVar[str] = "coco"
    priority: ClassVar[int] = 40
    path: str = Field(description="the folder of annotations and images, or the file of annotations")
    annotations: str | None = Field(
        default=None, description=f"the file inside the folder; default: the one called {', '.join(PATTERNS)}"
    )
    images: str | None = Field(
        default=None, description="the folder of images; default: the annotations' own, or one beside it"
    )
    max_bytes: MaxBytes = LARGEST

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder with annotations in it, or a file that is called like them."""
        place = expand(path)
        if place.is_dir():
            return bool(_annotation_files(place))
        return place.is_file() and any(place.match(pattern) for pattern in PATTERNS)

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all images with their boxes. Raises DataError where annotations or images are missing or
        broken."""
        document = _Document.read(self._annotation_file(), self.max_bytes)
        images = document.images
        root = self._image_folder(document)
        files = [confined(root, image.name, f"{document.file}: image {image.id}") for image in images]
        missing = [file for file in files if not file.is_file()]
        if missing:
            raise DataError(f"{document.file}: {len(missing)} of its images are missing: {a_few(missing)}")
        ids = tuple(image.name for image in images)
        return Samples(
            source=str(document.file),
            ids=ids,
            labels=document.labels(files),
            load=lambda index: read_bytes(files[index], self.max_bytes),
            fingerprint=hash_of_names(ids, files, hash_of(document.file)),
            classes=document.classes,
        )

    def _annotation_file(self) -> Path:
        place = expand(self.path)
        if place.is_file():
            return place
        folder_at(place, "folder or file")
        if self.annotations:
            return file_at(confined(place, self.annotations, "data.source.annotations"), "file of annotations")
        found = _annotation_files(place)
        if len(found) != 1:
            names = a_few(str(file.relative_to(place)) for file in found)
            said = f"holds several files of annotations ({names})" if found else "holds no file of annotations"
            raise DataError(f"{place}: {said}; name one with --set data.source.annotations=...")
        return found[0]

    def _image_folder(self, document: _Document) -> Path:
        place, beside = expand(self.path), document.file.parent
        if self.images:
            return folder_at((place if place.is_dir() else beside) / expand(self.images), "folder of images")
        # instances_val2017.json lies in annotations/, its images in val2017/ beside that folder.
        subset = document.file.stem.removeprefix("instances_")
        around = [beside, beside / "images", beside.parent / subset, beside.parent / "images" / subset]
        around += [beside.parent / "images"]
        first = document.images[0]
        for root in around:
            if confined(root, first.name, f"{document.file}: image {first.id}").is_file():
                return root
        raise DataError(
            f"{document.file}: image {first.id}: {first.name} is in none of {', '.join(map(str, around))}; "
            "name the folder with --set data.source.images=..."
        )


@dataclass(frozen=True)
class _Image:
    id: int | str
    name: str
    size: tuple[int, int] | None


@dataclass(frozen=True)
class _Document:
    """A file of annotations, each of its lists checked where it is used."""

    file: Path
    content: Mapping[str, Any]

    @classmethod
    def read(cls, file: Path, limit: int) -> _Document:
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
    def images(self) -> list[_Image]:
        """In the order of the file."""
        found: dict[int | str, _Image] = {}
        for entry in self.content["images"]:
            key, name = entry.get("id"), entry.get("file_name")
            if not isinstance(key, int | str) or not isinstance(name, str):
                raise DataError(f"{self.file}: image {_id(entry)}: must have an id and a file_name")
            if key in found:
                raise DataError(f"{self.file}: image {key}: the id occurs twice ({found[key].name}, {name})")
            found[key] = _Image(key, name, _size(entry))
        return list(found.values())

    @cached_property
    def _categories(self) -> dict[int, str]:
        named, taken = dict[int, str](), set[str]()
        for entry in self.content["categories"]:
            key, name = entry.get("id"), entry.get("name")
            if not isinstance(key, int) or not isinstance(name, str):
                raise DataError(f"{self.file}: category {_id(entry)}: must have a whole number as id, and a name")
            if key in named or name in taken:
                raise DataError(f"{self.file}: category {key} ({name}): the id or the name occurs twice")
            named[key] = name
            taken.add(name)
        return dict(sorted(named.items()))

    @property
    def classes(self) -> tuple[str, ...]:
        """The categories' names in the order of their ids."""
        return tuple(self._categories.values())

    def labels(self, files: Sequence[Path]) -> tuple[Boxes | BadLabel, ...]:
        """Boxes of each image; `files` are the images, for sizes that the document does not hold."""
        by_image: dict[Any, list[Mapping[str, Any]]] = {image.id: [] for image in self.images}
        for annotation in self.content["annotations"]:
            key = annotation.get("image_id")
            if not isinstance(key, int | str) or key not in by_image:
                raise DataError(f"{self.file}: annotation {_id(annotation)}: no image has the id {quoted(key)}")
            by_image[key].append(annotation)
        return tuple(
            or_bad(partial(self._boxes, by_image[image.id], image, file))
            for image, file in zip(self.images, files, strict=True)
        )

    def _boxes(self, annotations: Sequence[Mapping[str, Any]], image: _Image, file: Path) -> Boxes:
        size = image.size or image_size(file)
        index_of = {key: index for index, key in enumerate(self._categories)}
        objects: list[Object] = []
        for annotation in annotations:
            said = f"{self.file}: annotation {_id(annotation)} ({image.name})"
            category = annotation.get("category_id")
            if not isinstance(category, int) or category not in index_of:
                raise DataError(f"{said}: no category has the id {quoted(category)}")
            corners = clipped(_corners(annotation.get("bbox"), said), size, said)
            objects.append(Object(corners, index_of[category], bool(annotation.get("iscrowd", 0))))
        return boxes_of(objects, size)


def _annotation_files(folder: Path) -> list[Path]:
    """Those in the folder, else those in its `annotations`."""
    for place in (folder, folder / "annotations"):
        found = sorted({file for pattern in PATTERNS for file in place.glob(pattern)})
        if found:
            return found
    return []


def _size(entry: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = entry.get("width"), entry.get("height")
    if isinstance(width, int) and isinstance(height, int) and 0 < width <= LARGEST_SIDE >= height > 0:
        return width, height
    return None


def _id(entry: Mapping[str, Any]) -> str:
    return quoted(entry.get("id"))


def _corners(bbox: Any, said: str) -> list[float]:
    """From x, y, width, height."""
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(isinstance(value, int | float) for value in bbox):
        raise DataError(f"{said}: bbox must be four numbers (x, y, width, height), not {quoted(bbox)}")
    try:
        x, y, width, height = map(float, bbox)
    except OverflowError:
        raise DataError(f"{said}: bbox must be four numbers (x, y, width, height), not {quoted(bbox)}") from None
    return [x, y, x + width, y + height]
