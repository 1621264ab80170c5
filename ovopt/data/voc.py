"""Images with objects, or masks, as the Pascal VOC data set has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal
from xml.etree.ElementTree import Element

from pydantic import Field

from ovopt.contracts import BadLabel, Boxes, DataSource, LabelFile, Samples
from ovopt.data.annotated import (
    Annotation,
    Named,
    boxes_by_name,
    class_names,
    images_by_name,
    read_or_bad,
    size_or_file,
)
from ovopt.data.content import MaxBytes, folder_at, hash_of, hash_of_names, read_bytes, read_text
from ovopt.data.images import SUFFIXES, files_below
from ovopt.data.layout import begins, folders_in, names_in, splits_of
from ovopt.data.mask_values import values_of
from ovopt.documents import UnreadableError, parse_xml
from ovopt.errors import DataError, quoted
from ovopt.given_file import LARGEST, check_path
from ovopt.locate import expand, shown
from ovopt.records import Port
from ovopt.units import a_few

ANNOTATIONS = ("Annotations", "annotations/xmls", "annotations", "annots", "xmls", "xml")
MASKS = "SegmentationClass"
IMAGES = ("JPEGImages", "images", "Images", "PNGImages", "image", "img")
"""Usual names of the folders of XML files, of masks and of images."""
LISTS = ("train", "val", "test")
WHOLE = "trainval"
"""A list of both, which is of training samples where there is none of each."""
XML = (".xml",)
ROOT = re.compile(rb"<annotation[\s/>]")
FEW = 5
"""So many XML files of a folder are looked at to know what they hold."""
SIDES = ("xmin", "ymin", "xmax", "ymax")


class Voc(DataSource):
    """Images with labelled boxes or masks, as in Pascal VOC (http://host.robots.ox.ac.uk/pascal/VOC): `JPEGImages`,
    `Annotations` with an XML file for each image, `SegmentationClass` with a mask for each; or XML files beside their
    images, as LabelImg and Roboflow write them.

    A sample is the image file's bytes. The lists `train`, `val` and `test` of `ImageSets` are the data's own splits;
    images that none of them has are left out, and so are those without a mask. Class names are those that occur,
    sorted. Objects that are `difficult` cannot be missed, and what finds them by the usual IoU counts neither way, as
    VOC has it. Coordinates are taken as they are written: VOC's own count pixels from 1, most tools' from 0.
    A mask's palette index is its class, and 255 its border.
    """

    name: ClassVar[str] = "voc"
    layout: ClassVar[str] = "images and XML files of Pascal VOC"
    priority: ClassVar[int] = 70
    path: str = Field(description="the folder that holds them, or that of the years: VOCdevkit")
    target: Literal["boxes", "masks"] | None = Field(
        default=None, description="what a label is; default: boxes, masks where the folder holds no boxes"
    )
    max_bytes: MaxBytes = LARGEST

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder with XML files of objects, or with masks where Pascal VOC has them."""
        place = expand(path)
        return place.is_dir() and bool(_years_in(place))

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all images, or of those in the lists. Raises DataError where files are missing."""
        place = folder_at(expand(self.path))
        years = _years_in(place)
        boxed = any(year.annotations for year in years) if self.target is None else self.target == "boxes"
        found = [one for year in years for one in (year.boxed() if boxed else year.masked())]
        if not found:
            raise DataError(f"{place}: holds no images with {'XML files of objects' if boxed else MASKS}")
        files = [one.image for one in found]
        ids = tuple(shown(file.relative_to(place)) for file in files)
        classes, labels = _boxes(found) if boxed else _masks(found, place)
        digests = [hash_of(one.label) if boxed and one.label.is_file() else "" for one in found]
        masks = () if boxed else [one.label for one in found]
        return Samples(
            source=str(place),
            ids=ids,
            labels=labels,
            load=lambda index: read_bytes(files[index], self.max_bytes),
            fingerprint=hash_of_names((*ids, *ids[: len(masks)]), (*files, *masks), *digests),
            classes=classes,
            splits=splits_of(one.split for one in found),
        )


@dataclass(frozen=True)
class _Sample:
    image: Path
    label: Path
    """An XML file, which need not be there, or a mask."""
    split: str


@dataclass(frozen=True)
class _Year:
    """A folder of the data set, and those in it; without images, these lie beside their annotations."""

    root: Path
    images: Path
    annotations: Path | None
    masks: Path | None

    def boxed(self) -> Iterator[_Sample]:
        """Images and their XML files. Raises DataError where an XML file has no image, or a list names what is not
        there."""
        if self.annotations is None:
            return
        images = images_by_name(self.images)
        files = {file.relative_to(self.annotations).with_suffix(""): file for file in _below(self.annotations, XML)}
        _refuse_lone(set(files) - set(images), self.annotations, self.images)
        lists = self._lists("Main", images)
        for key, image in images.items():
            if lists is None or key in lists:
                file = files.get(key) or self.annotations / f"{key}.xml"
                yield _Sample(image, file, lists[key] if lists else key.parts[0])

    def masked(self) -> Iterator[_Sample]:
        """Images and their masks. Raises DataError where one of them is missing."""
        if self.masks is None:
            return
        images, masks = images_by_name(self.images), images_by_name(self.masks)
        _refuse_lone(set(masks) - set(images), self.masks, self.images)
        lists = self._lists("Segmentation", masks)
        for key, mask in masks.items():
            if lists is None or key in lists:
                yield _Sample(images[key], mask, lists[key] if lists else key.parts[0])

    def _lists(self, kind: str, known: Mapping[Path, Path]) -> dict[Path, str] | None:
        """Split of each image that a list has; None where there are no lists."""
        folder = self.root / "ImageSets" / kind
        names = [name for name in LISTS if (folder / f"{name}.txt").is_file()]
        if not {"train", "val"} & set(names) and (folder / f"{WHOLE}.txt").is_file():
            names.append(WHOLE)
        split_of: dict[Path, str] = {}
        for name in names:
            file = folder / f"{name}.txt"
            for key in _listed(file):
                if key in split_of and split_of[key] != name and name != WHOLE:
                    raise DataError(f"{file}: {key} is in {split_of[key]}.txt, too; an image belongs to one split")
                split_of[key] = "train" if name == WHOLE else name
            missing = [str(key) for key in split_of if key not in known]
            if missing:
                what = "images" if kind == "Main" else "masks"
                raise DataError(f"{file}: {len(missing)} of its {what} are missing: {a_few(missing)}")
        return split_of if names else None


def _listed(file: Path) -> list[Path]:
    """Names of images without suffix; what stands behind them tells whether they show a class."""
    names = [Path(line.split()[0]) for line in read_text(file).splitlines() if line.strip()]
    return [name.with_suffix("") if name.suffix.lower() in SUFFIXES else name for name in names]


def holds_both(place: Path) -> bool:
    """True where a folder holds boxes and masks, of which a model takes one."""
    years = _years_in(place)
    return any(year.annotations for year in years) and any(year.masks for year in years)


def _years_in(place: Path) -> list[_Year]:
    """The folder itself, or those of the years in it."""
    years = [_year(folder) for folder in (place, *sorted(place.glob("VOC*")), *sorted(place.glob("VOCdevkit/VOC*")))]
    found = [year for year in years if year]
    beside = next((folder for folder in folders_in(place) if _has_objects(folder)), None)
    return found or ([_Year(place, place, place, None)] if beside and _has_images(beside) else [])


def _year(root: Path) -> _Year | None:
    images = next((root / name for name in IMAGES if (root / name).is_dir()), None)
    annotations = next((root / name for name in ANNOTATIONS if any(map(_has_objects, folders_in(root / name)))), None)
    masks = root / MASKS if (root / MASKS).is_dir() else None
    return _Year(root, images, annotations, masks) if images and (annotations or masks) else None


def _has_objects(folder: Path) -> bool:
    return any(ROOT.search(begins(file)) for file in names_in(folder, XML, FEW))


def _has_images(folder: Path) -> bool:
    return bool(names_in(folder, SUFFIXES))


def _below(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    return files_below(folder, frozenset(suffixes))


def _refuse_lone(lone: Iterable[Path], folder: Path, images: Path) -> None:
    names = sorted(map(str, lone))
    if names:
        raise DataError(f"{folder}: {len(names)} files have no image in {images}: {a_few(names)}")


def _masks(found: Sequence[_Sample], root: Path) -> tuple[tuple[str, ...], tuple[LabelFile, ...]]:
    """Names of the classes, where a list has them, and the mask of each image."""
    values = values_of([one.label for one in found], root)
    return values.names, tuple(LabelFile(one.label, "mask", ids=values.ids, colours=values.colours) for one in found)


def _boxes(found: Sequence[_Sample]) -> tuple[tuple[str, ...], tuple[Boxes | BadLabel, ...]]:
    """Names of the classes, and the boxes of each image."""
    read = [read_or_bad(partial(_read, one.label, one.image)) for one in found]
    classes = class_names(read)
    return classes, tuple(boxes_by_name(one, classes) for one in read)


def _read(file: Path, image: Path) -> Annotation:
    if not check_path(file, DataError).is_file():
        raise DataError(f"{image}: no {file.name} tells its objects; one that has none has such a file, too")
    try:
        root = parse_xml(read_bytes(file))
    except UnreadableError as error:
        raise DataError(error.at(file)) from None
    if root.tag != "annotation":
        raise DataError(f"{file}: not an annotation of Pascal VOC, but {quoted(root.tag)}")
    size = size_or_file(root.findtext("size/width"), root.findtext("size/height"), image)
    return Annotation(
        size, [_object(one, f"{file}: object {place}") for place, one in enumerate(root.iter("object"), 1)]
    )


def _object(element: Element, said: str) -> Named:
    name = (element.findtext("name") or "").strip()
    if not name:
        raise DataError(f"{said}: has no name")
    sides = {side: (element.findtext(f"bndbox/{side}") or "").strip() for side in SIDES}
    try:
        corners = [float(value) for value in sides.values()]
    except ValueError:
        given = ", ".join(f"{side} {quoted(value)}" for side, value in sides.items())
        raise DataError(f"{said} ({name}): bndbox must hold four numbers, not {given}") from None
    return Named(corners, name, (element.findtext("difficult") or "").strip() == "1", f"{said} ({name})")
