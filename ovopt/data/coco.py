"""Images with objects in COCO's format."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from ovopt.contracts import DataSource, Samples
from ovopt.data.coco_document import Document, classes_of
from ovopt.data.content import MaxBytes, file_at, folder_at, hash_of, hash_of_names, read_bytes
from ovopt.data.layout import begins, ends, names_in, own_split
from ovopt.errors import DataError
from ovopt.given_file import LARGEST
from ovopt.locate import confined, expand
from ovopt.records import Port
from ovopt.units import a_few

PATTERNS = ("annotations.json", "_annotations.coco.json", "instances_*.json")
LISTS = (b'"images"', b'"annotations"', b'"categories"')
KEYS = (b'"file_name"', b'"bbox"', b'"supercategory"')
"""Lists of a file of annotations, and keys of their entries, whatever the file is called."""
LOOKED_AT = 1 << 14
"""Bytes at the beginning and at the end of a file that are looked at for them."""


class Coco(DataSource):
    """Images with labelled boxes, in the format of the COCO data set (https://cocodataset.org/#format-data).

    A sample is the image file's bytes; its label holds every annotation's box, class and crowd flag, and its outline
    (polygons or run lengths), key points and area where it has them. Class indices
    count the categories in the order of their ids; their names are the source's own classes. The first category is
    none where nothing is annotated with it and it is the supercategory of all others, as Roboflow writes it. Several
    files that are called like splits (`instances_train2017.json`, `val.json`) are the data's own splits. A box may
    reach outside its image by one pixel and is clipped; a sample with anything worse is bad, and so is one with an
    empty box.
    """

    name: ClassVar[str] = "coco"
    layout: ClassVar[str] = "images and annotations in COCO's format"
    priority: ClassVar[int] = 70
    path: str = Field(description="the folder of annotations and images, or the file of annotations")
    annotations: str | None = Field(
        default=None, description="the file inside the folder; default: those in it, or in its `annotations`"
    )
    images: str | None = Field(
        default=None, description="the folder of images; default: the annotations' own, or one beside it"
    )
    max_bytes: MaxBytes = LARGEST

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder with annotations in it, or a file of them."""
        place = expand(path)
        return any(map(_is_coco, _annotation_files(place) if place.is_dir() else [place]))

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all images with their boxes. Raises DataError where annotations or images are missing or
        broken."""
        chosen = self._annotation_files()
        documents = [Document.read(file, self.max_bytes) for file in chosen]
        files = [self._files(document) for document in documents]
        classes = classes_of(documents)
        each = list(zip(documents, files, strict=True))
        splits = [(document, _split_in(document.file)) for document in documents]
        ids = tuple(
            image.name if len(documents) == 1 else f"{split}/{image.name}"
            for document, split in splits
            for image in document.images
        )
        flat = [file for one in files for file in one]
        return Samples(
            source=str(chosen[0] if len(chosen) == 1 else expand(self.path)),
            ids=ids,
            labels=tuple(label for document, images in each for label in document.labels(images, classes)),
            load=lambda index: read_bytes(flat[index], self.max_bytes),
            fingerprint=hash_of_names(ids, flat, *map(hash_of, chosen)),
            classes=classes,
            splits=tuple(split or "" for document, split in splits for _ in document.images) if len(each) > 1 else None,
        )

    def _annotation_files(self) -> list[Path]:
        place = expand(self.path)
        if place.is_file():
            return [place]
        folder_at(place, "folder or file")
        if self.annotations:
            return [file_at(confined(place, self.annotations, "data.source.annotations"), "file of annotations")]
        found = _annotation_files(place)
        splits = {_split_in(file) for file in found}
        if len(found) > 1 and len(splits) == len(found) and None not in splits:
            # annotations of all subsets come as one download, the images of each as another
            return [file for file in found if any(folder.is_dir() for folder in _folders_of(file))] or found
        if len(found) != 1:
            names = a_few(str(file.relative_to(place)) for file in found)
            said = f"holds several files of annotations ({names})" if found else "holds no file of annotations"
            raise DataError(f"{place}: {said}; name one with --set data.source.annotations=...")
        return found

    def _files(self, document: Document) -> list[Path]:
        root = self._image_folder(document)
        files = [confined(root, image.name, f"{document.file}: image {image.id}") for image in document.images]
        missing = [file for file in files if not file.is_file()]
        if missing:
            raise DataError(f"{document.file}: {len(missing)} of its images are missing: {a_few(missing)}")
        return files

    def _image_folder(self, document: Document) -> Path:
        place, beside = expand(self.path), document.file.parent
        if self.images:
            return folder_at((place if place.is_dir() else beside) / expand(self.images), "folder of images")
        around = [beside, beside / "images", *_folders_of(document.file), beside.parent / "images", beside.parent]
        first = document.images[0]
        for root in around:
            if confined(root, first.name, f"{document.file}: image {first.id}").is_file():
                return root
        raise DataError(
            f"{document.file}: image {first.id}: {first.name} is in none of {', '.join(map(str, around))}; "
            "name the folder with --set data.source.images=..."
        )


def _annotation_files(folder: Path) -> list[Path]:
    """Those in the folder, else those in its `annotations`: of the usual names, else of such a content."""
    for place in (folder, folder / "annotations"):
        found = sorted({file for pattern in PATTERNS for file in place.glob(pattern)})
        if found or (found := [file for file in names_in(place, (".json",)) if _is_coco(file)]):
            return found
    return []


def _is_coco(file: Path) -> bool:
    """Tells whether two of the lists of a file of annotations show at its ends, or one and two keys of its entries."""
    if file.suffix.lower() != ".json" or not file.is_file():
        return False
    seen = begins(file, LOOKED_AT)
    both = seen + ends(file, LOOKED_AT)
    lists, keys = (sum(key in both for key in wanted) for wanted in (LISTS, KEYS))
    return seen.removeprefix(BOM_UTF8).lstrip().startswith(b"{") and 2 * lists + keys >= 4


def _split_in(file: Path) -> str | None:
    """The split that a part of a file's name stands for, such as that of instances_train2017.json."""
    return next((own_split(part) for part in _parts(file) if own_split(part)), None)


def _parts(file: Path) -> list[str]:
    return re.split(r"[_.-]", file.stem)


def _folders_of(file: Path) -> list[Path]:
    """Places for the images of a file of annotations that is called like them: annotations/instances_val2017.json
    goes with val2017/."""
    subset = next((part for part in _parts(file) if own_split(part)), file.stem.removeprefix("instances_"))
    beside = file.parent
    return [
        place / name for place in (beside.parent, beside) for name in (subset, f"images/{subset}", f"{subset}/images")
    ]
