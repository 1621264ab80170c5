"""Images that go with images: masks of class ids, what a model should make of them, or a number for each pixel."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ovopt.contracts import DataSource, LabelFile, Samples
from ovopt.data.content import MaxBytes, folder_at, hash_of_names, read_bytes
from ovopt.data.images import SUFFIXES, files_below
from ovopt.data.layout import splits_of
from ovopt.data.mask_layout import LABELS, FolderPair, endings_of, folder_pairs
from ovopt.data.mask_values import MaskValues, values_of
from ovopt.errors import DataError
from ovopt.given_file import LARGEST
from ovopt.locate import confined, expand, shown
from ovopt.records import Port
from ovopt.units import a_few

IGNORED = 255
"""The class id that metrics leave out."""


class Masks(DataSource):
    """Pairs of images, for segmentation and for image-to-image models: `images/a/x.jpg` and `masks/a/x.png`.

    A sample is the image file's bytes, its label the other file. Both folders must hold the same names, apart from the
    suffixes and what they end in, such as `x_mask.png`, which may lie beside `x.jpg`. For a model that makes images:
    `images: low, masks: high, target: image`; for one that gives a number for each pixel, such as a depth:
    `images: rgb, masks: depth, target: values, scale: 0.001`. Where no folders are named, usual ones are looked for:
    images and labels, leftImg8bit and gtFine, train and train_masks, X_LR and X_HR, rgb and depth ... Folders inside
    that are called like splits are the data's own.
    """

    name: ClassVar[str] = "masks"
    layout: ClassVar[str] = "images and masks of the same names"
    priority: ClassVar[int] = 65
    path: str = Field(description="the folder that holds both")
    images: str = Field(default="images", description="the folder of the model's inputs")
    masks: str = Field(default="masks", description="the folder of the labels")
    target: Literal["mask", "region", "image", "values"] | None = Field(
        default=None,
        description="what a label is: a mask of class ids, a region of all that is not 0, an image of its file's own "
        "channels and depth (of 16 bits in each of three channels, the upper 8), or a number for each pixel (an image "
        "of one channel of 8, 16 or 32 bits, or an .npy file); default: a mask, in folders such as low and high "
        "an image, in rgb and depth a number for each pixel",
    )
    channels: Literal["RGB", "L", "Y"] | None = Field(
        default=None,
        description="channels of a target image: L is one of brightness, Y the luma of YCbCr, both as Pillow has them; "
        "by default the file's own",
    )
    scale: float = Field(default=1.0, gt=0, description="what numbers are multiplied by: 0.001 makes metres of mm")
    rename: dict[Annotated[int, Field(ge=0, le=65535)], Annotated[int, Field(ge=0, le=65535)]] = Field(
        default={},
        description="value in a mask -> class id; other values are ignored (255). Default: the values are "
        "the ids, white is 1 where masks are black and white, and colours are what class_dict.csv or labelmap.txt say",
    )
    suffix: str | None = Field(
        default=None, description="what a label's name ends in, such as _mask; default: the usual one that fits most"
    )
    image_suffix: str | None = Field(
        default=None, description="what an image's name ends in, such as _sat; default: the usual one that fits most"
    )
    max_bytes: MaxBytes = LARGEST

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder with images and masks under usual names."""
        return bool(folder_pairs(expand(path)))

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all images with their partners. Raises DataError where a file has none."""
        root = expand(self.path)
        pairs = [pair for folders in self._folders(root) for pair in self._pairs(folders, root)]
        files, labels = [pair.image for pair in pairs], [pair.label.path for pair in pairs]
        values = self._values(pairs, root)
        ids = tuple(shown(file.relative_to(root)) for file in files)
        return Samples(
            source=str(root / self.images if (root / self.images).is_dir() else root),
            ids=ids,
            labels=tuple(replace(pair.label, ids=values.ids, colours=values.colours) for pair in pairs),
            load=lambda index: read_bytes(files[index], self.max_bytes),
            fingerprint=hash_of_names((*ids, *ids), (*files, *labels), *([values.digest] if values.digest else ())),
            classes=values.names,
            splits=splits_of(pair.split for pair in pairs),
        )

    def _values(self, pairs: Sequence[_Pair], root: Path) -> MaskValues:
        if any(pair.label.kind != "mask" for pair in pairs):
            return MaskValues()
        if self.rename:
            ids = range(max(self.rename) + 1)
            return MaskValues(ids=tuple(self.rename.get(value, IGNORED) for value in ids))
        return values_of([pair.label.path for pair in pairs], root)

    def _folders(self, root: Path) -> list[FolderPair]:
        named = FolderPair(
            confined(root, self.images, "data.source.images"), confined(root, self.masks, "data.source.masks")
        )
        found = [] if self.model_fields_set & {"images", "masks"} else folder_pairs(root)
        return found or [named]

    def _pairs(self, folders: FolderPair, root: Path) -> list[_Pair]:
        """Images with their labels, in the order of their names. Raises DataError where one has no partner."""
        beside = folders.images == folders.labels
        images, labels = _by_name(folders.images, SUFFIXES), _by_name(folders.labels, LABELS)
        endings = endings_of(list(images), list(labels), beside, self.suffix, self.image_suffix)
        image_of, label_of = endings.images_of(images, beside), endings.labels_of(labels)
        for found, folder, ending in (
            (image_of, folders.images, endings.image),
            (label_of, folders.labels, endings.label),
        ):
            if not found:
                raise DataError(f"{folder}: holds no images{f' that end in {ending}' if ending else ''}")
        _refuse_lone([images[image_of[name]] for name in image_of if name not in label_of], folders.labels, root)
        _refuse_lone([labels[label_of[name]] for name in label_of if name not in image_of], folders.images, root)
        return [
            _Pair(
                images[image_of[name]],
                self._label(labels[label_of[name]], folders),
                folders.split or name.rpartition(os.sep)[0].partition(os.sep)[0],
            )
            for name in image_of
        ]

    def _label(self, file: Path, folders: FolderPair) -> LabelFile:
        return LabelFile(file, self.target or folders.target, self.channels, self.scale)


@dataclass(frozen=True)
class _Pair:
    image: Path
    label: LabelFile
    split: str


def _by_name(folder: Path, kinds: frozenset[str]) -> dict[str, Path]:
    """Files by their name from the folder on, without suffixes. Raises DataError where two are alike, or there are
    none."""
    found: dict[str, Path] = {}
    for file in files_below(folder_at(folder), kinds):
        key = str(file.relative_to(folder).with_suffix(""))
        if key in found:
            raise DataError(f"{folder}: {found[key].name} and {file.name} have the same name before the suffix")
        found[key] = file
    if not found:
        raise DataError(f"{folder}: holds no images")
    return found


def _refuse_lone(lone: Sequence[Path], place: Path, root: Path) -> None:
    if lone:
        names = a_few(file.relative_to(root) for file in lone)
        raise DataError(f"{root}: {len(lone)} files have no partner in {place.relative_to(root)}: {names}")
