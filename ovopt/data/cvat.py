"""Images with objects in CVAT's own format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import atan2, cos, pi, radians, sin, tau
from pathlib import Path
from typing import Any, ClassVar
from xml.etree.ElementTree import Element

import numpy as np
from pydantic import Field

from ovopt.contracts import BadLabel, Boxes, DataSource, Outline, Samples
from ovopt.data.annotated import (
    LARGEST_AREA,
    Annotation,
    Named,
    around,
    boxes_by_name,
    class_names,
    read_or_bad,
    region_of,
    size_or_file,
)
from ovopt.data.content import MaxBytes, file_at, hash_of, hash_of_names, read_bytes
from ovopt.data.layout import begins, splits_of
from ovopt.documents import UnreadableError, parse_xml
from ovopt.errors import DataError, quoted
from ovopt.given_file import LARGEST
from ovopt.locate import confined, expand
from ovopt.records import Port
from ovopt.units import a_few

FILE = "annotations.xml"
STEPS = 64
"""Points of an ellipse's outline."""
Points = Sequence[tuple[float, float]]


class Cvat(DataSource):
    """Images with labelled boxes, as CVAT exports them ("CVAT for images 1.1",
    https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/): `annotations.xml`, and the images in `images`.

    A sample is the image file's bytes. An object's box is the one around its box, polygon, ellipse or mask, which are
    its outline; points and lines are left out. Where there are no objects but one tag for each image, the tags are
    classes. Class names stand in the order of the project; subsets that are called like splits are such.
    """

    name: ClassVar[str] = "cvat"
    layout: ClassVar[str] = "images and annotations.xml of CVAT"
    priority: ClassVar[int] = 70
    path: str = Field(description=f"the folder that holds {FILE} and the images, or that file")
    max_bytes: MaxBytes = LARGEST

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder with such a file, or the file."""
        place = expand(path)
        file = place / FILE if place.is_dir() else place
        return file.suffix.lower() == ".xml" and b"<annotations" in begins(file)

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all images. Raises DataError where the file is broken, or an image is missing."""
        place = expand(self.path)
        file = file_at(place / FILE if place.is_dir() else place, "file of annotations")
        root = self._root(file)
        elements = root.findall("image")
        images = _images(elements, file)
        ids = tuple(str(element.get("name")) for element in elements)
        classes = tuple(name.text or "" for name in root.iterfind("meta//labels/label/name"))
        tags = _tags(elements)
        read = [] if tags else [read_or_bad(partial(_read, e, i, file)) for e, i in zip(elements, images, strict=True)]
        classes = classes or tuple(sorted(set(tags))) or class_names(read)
        labels: tuple[str | Boxes | BadLabel, ...] = tags or tuple(boxes_by_name(one, classes) for one in read)
        return Samples(
            source=str(file),
            ids=ids,
            labels=labels,
            load=lambda index: read_bytes(images[index], self.max_bytes),
            fingerprint=hash_of_names(ids, images, hash_of(file)),
            classes=classes,
            splits=splits_of(element.get("subset", "") for element in elements),
        )

    def _root(self, file: Path) -> Element:
        try:
            root = parse_xml(read_bytes(file, self.max_bytes))
        except UnreadableError as error:
            raise DataError(error.at(file)) from None
        if root.tag != "annotations":
            raise DataError(f"{file}: not CVAT's format, but {quoted(root.tag)}")
        if root.find("track") is not None:
            raise DataError(f"{file}: holds tracks of a video; export it as 'CVAT for images 1.1'")
        if root.find("image") is None:
            raise DataError(f"{file}: holds no images")
        return root


def _images(elements: Sequence[Element], file: Path) -> list[Path]:
    """The file of each image. Raises DataError where one is missing, or named twice."""
    found: dict[str, Path] = {}
    missing: list[str] = []
    for element in elements:
        name, subset = element.get("name", ""), element.get("subset", "")
        if name in found:
            raise DataError(f"{file}: the image {name} occurs twice; keep one of them")
        said = f"{file}: image {element.get('id')}"
        places = ("images", f"images/{subset}", ".", subset)
        around_it = (confined(file.parent, str(Path(place, name)), said) for place in places)
        image = next((place for place in around_it if place.is_file()), None)
        if image is None:
            missing.append(name)
        else:
            found[name] = image
    if missing:
        raise DataError(f"{file}: {len(missing)} of its images are missing: {a_few(missing)}")
    return list(found.values())


def _tags(elements: Sequence[Element]) -> tuple[str, ...]:
    """The tag of each image; none where one has no tag, several, or an object."""
    tags = [[child.get("label", "") for child in element] for element in elements]
    alone = all(child.tag == "tag" for element in elements for child in element)
    return tuple(one[0] for one in tags) if alone and all(len(one) == 1 for one in tags) else ()


def _read(element: Element, image: Path, file: Path) -> Annotation:
    size = size_or_file(element.get("width"), element.get("height"), image)
    shapes = [child for child in element if child.tag in OUTLINES]
    said = f"{file}: image {element.get('name')}"
    return Annotation(size, [_object(shape, size, f"{said}: object {place}") for place, shape in enumerate(shapes, 1)])


def _object(shape: Element, size: tuple[int, int], said: str) -> Named:
    name = shape.get("label", "")
    said = f"{said} ({name})"
    try:
        points = OUTLINES[shape.tag](shape.attrib)
        outline: Outline = (np.array(points),) if len(points) > 2 else ()
        return Named(around(points), name, False, said, _region(shape.attrib, size, said) or outline)
    except (KeyError, OverflowError, ValueError):
        given = ", ".join(f"{key}={quoted(value)}" for key, value in shape.attrib.items())
        raise DataError(f"{said}: a {shape.tag} needs its coordinates as numbers, not {given}") from None


def _region(attributes: Mapping[str, str], size: tuple[int, int], said: str) -> Outline:
    """That of a mask, whose runs are clear and set in turn, row by row in its box."""
    if "rle" not in attributes:
        return ()
    runs = np.array(attributes["rle"].split(","), np.int64)
    left, top, width, height = (int(float(attributes[key])) for key in ("left", "top", "width", "height"))
    if runs.min(initial=0) < 0 or runs.sum() != width * height or not 0 < width * height <= LARGEST_AREA:
        raise DataError(f"{said}: rle must hold the runs of {width}x{height} pixels; remove or mend it")
    mask = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
    return region_of(mask, left, top, size, said)


def _box(attributes: Mapping[str, str]) -> Points:
    """Corners of a box that may be turned around its middle."""
    x0, y0, x1, y1 = (float(attributes[key]) for key in ("xtl", "ytl", "xbr", "ybr"))
    angle = radians(float(attributes.get("rotation", 0)))
    if not angle:
        return [(x0, y0), (x1, y1)]
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    corners = [(x - cx, y - cy) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    return [(cx + x * cos(angle) - y * sin(angle), cy + x * sin(angle) + y * cos(angle)) for x, y in corners]


def _polygon(attributes: Mapping[str, str]) -> Points:
    pairs = [pair.split(",") for pair in attributes["points"].split(";")]
    return [(float(x), float(y)) for x, y in pairs]


def _ellipse(attributes: Mapping[str, str]) -> Points:
    """Points of an ellipse that may be turned around its middle, its farthest ones among them."""
    cx, cy, rx, ry = (float(attributes[key]) for key in ("cx", "cy", "rx", "ry"))
    angle = radians(float(attributes.get("rotation", 0)))
    farthest = [atan2(-ry * sin(angle), rx * cos(angle)), atan2(ry * cos(angle), rx * sin(angle))]
    turns = sorted(
        [tau * step / STEPS for step in range(STEPS)] + [(a + turn) % tau for a in farthest for turn in (0, pi)]
    )
    ends = [(rx * cos(turn), ry * sin(turn)) for turn in turns]
    return [(cx + x * cos(angle) - y * sin(angle), cy + x * sin(angle) + y * cos(angle)) for x, y in ends]


def _mask(attributes: Mapping[str, str]) -> Points:
    x, y, width, height = (float(attributes[key]) for key in ("left", "top", "width", "height"))
    return [(x, y), (x + width, y + height)]


OUTLINES: Mapping[str, Callable[[Mapping[str, Any]], Points]] = {
    "box": _box,
    "polygon": _polygon,
    "ellipse": _ellipse,
    "mask": _mask,
}
"""Kinds of shapes that cover pixels, and the points that their box is around."""
