"""Images with a LabelMe file of objects each."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import cos, hypot, isfinite, sin, tau
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, DataSource, Outline, Rle, Samples
from ovopt.data.annotated import (
    Annotation,
    Named,
    around,
    boxes_by_name,
    class_names,
    read_or_bad,
    rectangle,
    region_of,
    size_or_file,
)
from ovopt.data.content import MaxBytes, folder_at, hash_of, hash_of_names, read_bytes, read_text
from ovopt.data.images import SUFFIXES, files_below
from ovopt.data.layout import begins, folders_in, names_in, splits_of
from ovopt.documents import UnreadableError, parse_json
from ovopt.errors import DataError, quoted
from ovopt.given_file import LARGEST
from ovopt.locate import confined, expand, optional, shown
from ovopt.records import Port
from ovopt.units import a_few

JSON = (".json",)
FEW = 5
"""So many files of a folder are looked at to know what they hold."""
KEYS = (b'"version"', b'"flags"', b'"imagePath"')
"""What stands beside the shapes at the beginning of a file, or at the end of a short one."""
CLASSES = "labels.txt"
NO_CLASSES = ("__ignore__", "_background_")
"""What LabelMe's list of classes begins with."""
STEPS = 64
"""Points of a circle's outline."""
REGIONS = ("polygon", "rectangle", "rotation", "circle", "mask", "")
"""Kinds of shapes that cover pixels; points and lines are no objects."""


class LabelMe(DataSource):
    """Images with labelled shapes, as LabelMe (https://github.com/wkentaro/labelme) and its relatives write them: a
    file `a.json` beside `a.jpg`, or one that says where its image is.

    A sample is the image file's bytes. An object's box is the one around its polygon, rectangle, circle or mask, which
    are its outline; shapes of one class and one group are one object; points and lines are left out. Class names are
    those in `labels.txt`, or those that occur, sorted. Folders that are all called like splits are such.
    """

    name: ClassVar[str] = "labelme"
    layout: ClassVar[str] = "images and files of LabelMe beside them"
    priority: ClassVar[int] = 70
    path: str = Field(description="the folder of images and files")
    max_bytes: MaxBytes = LARGEST

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder with a LabelMe file in it, or below."""
        place = expand(path)
        folders = folders_in(place) if place.is_dir() else ()
        return any(_is_labelme(file) for folder in folders for file in names_in(folder, JSON, FEW))

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all images in the folders that hold such files, and of those that these name. Raises DataError
        where an image is missing, or has two files."""
        root = folder_at(expand(self.path))
        drawn = {file: self._read(file, root) for file in files_below(root, frozenset(JSON)) if _is_labelme(file)}
        if not drawn:
            raise DataError(f"{root}: holds no files of LabelMe")
        file_of = _files_of_images(drawn, root)
        labels = [read_or_bad(partial(_annotation, file, drawn.get(file), image)) for image, file in file_of.items()]
        classes = _listed(root) or class_names(labels)
        images = list(file_of)
        ids = tuple(shown(image.relative_to(root)) for image in images)
        return Samples(
            source=str(root),
            ids=ids,
            labels=tuple(boxes_by_name(label, classes) for label in labels),
            load=lambda index: read_bytes(images[index], self.max_bytes),
            fingerprint=hash_of_names(ids, images, *(hash_of(file) for file in drawn)),
            classes=classes,
            splits=splits_of(image.relative_to(root).parts[0] for image in images),
        )

    def _read(self, file: Path, root: Path) -> Mapping[str, Any]:
        """The document without its copy of the image."""
        try:
            content = parse_json(read_bytes(file, self.max_bytes), any_number=True)
        except UnreadableError as error:
            raise DataError(error.at(file)) from None
        if not isinstance(content, dict):
            raise DataError(f"{file}: not a file of LabelMe, but a list")
        return {key: content.get(key) for key in ("shapes", "imagePath", "imageWidth", "imageHeight")}


def _is_labelme(file: Path) -> bool:
    seen = begins(file)
    return b'"shapes"' in seen and any(key in seen for key in KEYS)


def _files_of_images(drawn: Mapping[Path, Mapping[str, Any]], root: Path) -> dict[Path, Path]:
    """Image -> its file, which need not be there: of every image that a file names, or that lies beside one."""
    file_of: dict[Path, Path] = {}
    missing: list[str] = []
    for file, content in drawn.items():
        image = next(_images_of(file, content, root), None)
        if image is None:
            missing.append(f"{content.get('imagePath')} of {file.relative_to(root)}")
        elif image in file_of:
            raise DataError(f"{image}: has two files, {file_of[image].name} and {file.name}; keep one of them")
        else:
            file_of[image] = file
    if missing:
        raise DataError(f"{root}: {len(missing)} images are missing: {a_few(missing)}")
    folders = {image.parent for image in file_of}
    lone = (image for image in files_below(root) if image.parent in folders and image not in file_of)
    return dict(sorted({**{image: image.with_suffix(".json") for image in lone}, **file_of}.items()))


def _images_of(file: Path, content: Mapping[str, Any], root: Path) -> Iterator[Path]:
    """The place of a file's image: where it says, else under that name beside it or in `images`, else under its own."""
    name = str(content.get("imagePath") or "").replace("\\", "/")
    base, beside = PurePosixPath(name).name, file.parent.relative_to(root)
    said = [Path(os.path.normpath(beside / name)), beside / base, Path("images", base)] if base else []
    for place in [*said, *(beside / f"{file.stem}{suffix}" for suffix in sorted(SUFFIXES))]:
        if place.suffix.lower() in SUFFIXES and not place.is_absolute() and ".." not in place.parts:
            found = confined(root, str(place), f"{file}: imagePath")
            if found.is_file():
                yield found


def _listed(root: Path) -> tuple[str, ...]:
    file = root / CLASSES
    lines = [line.strip() for line in read_text(file).splitlines()] if file.is_file() else []
    return tuple(line for line in lines if line and line not in NO_CLASSES)


def _annotation(file: Path, content: Mapping[str, Any] | None, image: Path) -> Annotation:
    if content is None:
        raise DataError(f"{image}: no {file.name} tells its objects; one that has none has such a file, too")
    shapes = content.get("shapes")
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise DataError(f"{file}: 'shapes' must be a list of objects")
    size = size_or_file(content.get("imageWidth"), content.get("imageHeight"), image)
    parts: dict[Any, list[Named]] = {}
    for place, shape in enumerate(shapes, 1):
        if str(shape.get("shape_type") or "") in REGIONS:
            one = _object(shape, size, f"{file}: shape {place}")
            group = shape.get("group_id")
            parts.setdefault((one.name, str(group)) if group is not None else place, []).append(one)
    return Annotation(size, [_joined(objects) for objects in parts.values()])


def _object(shape: Mapping[str, Any], size: tuple[int, int], said: str) -> Named:
    name, points = shape.get("label"), shape.get("points")
    if not isinstance(name, str) or not name:
        raise DataError(f"{said}: has no label")
    said = f"{said} ({name})"
    if not isinstance(points, list) or len(points) < 2 or not all(map(_is_point, points)):
        raise DataError(f"{said}: points must be a list of x and y, not {quoted(points)}")
    placed = [(float(x), float(y)) for x, y in points]
    outline: Outline = ()
    match shape.get("shape_type"):
        case "circle":
            placed = _circle(*placed[:2])
        case "mask":
            outline = _region(shape.get("mask"), placed[0], size, said)
    if not outline and len(placed) > 2:
        outline = (np.array(placed),)
    return Named(around(placed), name, bool(shape.get("difficult")), said, outline)


def _circle(middle: tuple[float, float], edge: tuple[float, float]) -> list[tuple[float, float]]:
    (x, y), radius = middle, hypot(edge[0] - middle[0], edge[1] - middle[1])
    turns = [tau * step / STEPS for step in range(STEPS)]
    return [(x + radius * cos(turn), y + radius * sin(turn)) for turn in turns]


def _region(text: Any, at: tuple[float, float], size: tuple[int, int], said: str) -> Outline:
    """That of a mask, an image in base 64 whose upper left corner is there."""
    if not isinstance(text, str):
        return ()
    pillow = optional("PIL.Image", f"{said}: reading its mask needs Pillow", "vision")
    try:
        with pillow.open(io.BytesIO(base64.b64decode(text, validate=True))) as image:
            fits = image.width <= size[0] and image.height <= size[1]
            mask = np.asarray(image.convert("L") if fits else ()) > 0
    except Exception as error:  # Pillow's readers raise errors of every kind on broken files
        raise DataError(f"{said}: the mask is no readable image: {error}") from None
    if not fits:
        raise DataError(f"{said}: the mask is larger than its image of {size[0]}x{size[1]}; remove or mend it")
    return region_of(mask, int(at[0]), int(at[1]), size, said)


def _joined(parts: Sequence[Named]) -> Named:
    """One object of the shapes of a group. Raises DataError where one of several is a mask."""
    if len(parts) == 1:
        return parts[0]
    polygons: list[Array] = []
    for part in parts:
        if isinstance(part.outline, Rle):
            raise DataError(f"{part.said}: a mask that is in a group; give each object a group of its own, or none")
        polygons += part.outline or [rectangle(part.corners)]
    corners = [(x, y) for part in parts for x, y in (part.corners[:2], part.corners[2:])]
    outline = tuple(polygons) if any(part.outline for part in parts) else ()
    return Named(around(corners), parts[0].name, any(part.difficult for part in parts), parts[0].said, outline)


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(value, int | float) and abs(value) < 1e9 and isfinite(value) for value in point)
    )
