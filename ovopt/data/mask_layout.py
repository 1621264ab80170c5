"""Folders of images and of the images that go with them, under the names that data sets give them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from ovopt.data.images import SUFFIXES
from ovopt.data.layout import folders_in, names_in, own_split

LABELS = SUFFIXES | {".npy"}
"""Suffixes of label files."""
MASKS = (
    ("images", "masks"), ("image", "mask"), ("images", "mask"), ("imgs", "masks"), ("img", "mask"), ("img", "ann"),
    ("images", "labels"), ("image", "label"), ("images", "annotations"), ("images", "segmentations"),
    ("leftImg8bit", "gtFine"), ("img_dir", "ann_dir"), ("imagesTr", "labelsTr"), ("PNGImages", "PedMasks"),
)  # fmt: skip
PICTURES = (
    ("low", "high"), ("lr", "hr"), ("lq", "hq"), ("lq", "gt"), ("input", "target"), ("inputs", "targets"),
    ("noisy", "clean"), ("blur", "sharp"), ("rain", "norain"), ("hazy", "clear"),
)  # fmt: skip
DEPTHS = (("rgb", "depth"), ("image", "depth"), ("images", "depth"), ("images", "depths"), ("color", "depth"))
"""Folders of images, and of masks, of what a model should make of them, or of depths; in capitals or not."""
INSIDE = frozenset({"lr", "lq", "noisy", "blur", "rgb"})
"""Words that tell of images inside the name of a folder, too: DIV2K_valid_LR_bicubic. Others may name classes."""
BEHIND_SPLIT = ("_masks", "_mask", "_labels", "_label", "annot", "_annot", "_gt")
"""What the folder of masks is called behind that of a split: train and train_masks."""
IMAGE_ENDINGS = ("", "_leftImg8bit", "_sat", "_image", "_img", "_rgb", "_0000", "x2", "x3", "x4", "x8")
LABEL_ENDINGS = (
    "", "_gtFine_labelTrainIds", "_gtFine_labelIds", "_labelTrainIds", "_labelIds", "_mask", "_masks", "_segmentation",
    "_seg", "_label", "_labels", "_gt", "_GT", "_L", "_matte", "_annotation", "_ann", "_lab",
    "_depth",
)  # fmt: skip
"""Endings of names before the suffix, the likelier first."""
WORDS = re.compile(r"[^\W_]+")
FEW = 20
"""So many images of a folder are looked at to find one with a label."""


@dataclass(frozen=True)
class FolderPair:
    """A folder of images and one of labels, which may be the same; the split that both are of, and what labels are."""

    images: Path
    labels: Path
    split: str = ""
    target: Literal["mask", "image", "values"] = "mask"


@dataclass(frozen=True)
class Endings:
    """Endings of the names of images and of labels."""

    image: str
    label: str

    def images_of(self, names: Iterable[str], beside: bool) -> dict[str, str]:
        """Images by the name that they share with their labels; `beside`: these are among them."""
        own = (name for name in names if not (beside and self.label and name.endswith(self.label)))
        return {name.removesuffix(self.image): name for name in own if name.endswith(self.image)}

    def labels_of(self, names: Iterable[str]) -> dict[str, str]:
        """Labels by the name that they share with their images."""
        return {name.removesuffix(self.label): name for name in names if name.endswith(self.label)}


def endings_of(
    images: Sequence[str], labels: Sequence[str], beside: bool, suffix: str | None, image_suffix: str | None
) -> Endings:
    """The endings by which most images have a label, of the usual ones where none is given."""
    image_endings = IMAGE_ENDINGS if image_suffix is None else (image_suffix,)
    label_endings = LABEL_ENDINGS[1 if beside else 0 :] if suffix is None else (suffix,)
    choices = [Endings(image, label) for image, label in product(image_endings, label_endings)]
    return max(choices, key=lambda one: len(one.images_of(images, beside).keys() & one.labels_of(labels).keys()))


def folder_pairs(root: Path) -> list[FolderPair]:
    """Folders that hold an image and its label: under usual names, behind those of splits, or the folder itself."""
    for images, labels in MASKS:
        pair = FolderPair(root / images, root / labels)
        if _go_together(pair):
            return [pair]
    both = FolderPair(root, root)
    return _of_words(root) or list(_of_splits(root)) or ([both] if _go_together(both) else [])


def _of_words(root: Path) -> list[FolderPair]:
    """Folders whose names say what a model is given and what it should make of that."""
    words = {folder: frozenset(WORDS.findall(folder.name.lower())) for folder in _folders(root)}
    for images, labels in (*PICTURES, *DEPTHS):
        given = [folder for folder in words if images in words[folder]]
        wanted = [folder for folder in words if labels in words[folder]]
        found = [
            FolderPair(_innermost(a), _innermost(b), _split_in(words[b]), "values" if "depth" in labels else "image")
            for a, b in product(given, wanted)
            if words[b] - {labels} <= words[a] - {images} and (images in INSIDE or len(words[a]) == 1)
        ]
        if fitting := [pair for pair in found if pair.images != pair.labels and _go_together(pair)]:
            return fitting
    return []


def _folders(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return sorted(place for place in root.iterdir() if place.is_dir() and not place.name.startswith("."))


def _innermost(folder: Path) -> Path:
    """The folder, or where it holds nothing but one other folder, that: of X2/0801x2.png."""
    inside = [place for place in folder.iterdir() if not place.name.startswith(".")]
    is_shell = len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink() and not own_split(inside[0].name)
    return _innermost(inside[0]) if is_shell else folder


def _split_in(words: Iterable[str]) -> str:
    return next((word for word in sorted(words) if own_split(word)), "")


def _of_splits(root: Path) -> Iterator[FolderPair]:
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        split = own_split(folder.name)
        beside = (folder.with_name(folder.name + ending) for ending in BEHIND_SPLIT)
        pairs = (FolderPair(folder, labels, split or "") for labels in beside if split and labels.is_dir())
        yield from (pair for pair in pairs if _go_together(pair))


def _go_together(pair: FolderPair) -> bool:
    """Tells whether one of a few images has a label."""
    if not (pair.images.is_dir() and pair.labels.is_dir()):
        return False
    endings = LABEL_ENDINGS[1:] if pair.images == pair.labels else LABEL_ENDINGS
    for folder in folders_in(pair.images):
        place = pair.labels / folder.relative_to(pair.images)
        listed = map(os.path.splitext, os.listdir(place) if place.is_dir() else ())
        there = {stem for stem, suffix in listed if suffix.lower() in LABELS}
        names = [file.stem for file in names_in(folder, SUFFIXES, FEW)] if there else []
        bases = {name.removesuffix(ending) for name in names for ending in IMAGE_ENDINGS}
        if any(base + ending in there for base in bases for ending in endings):
            return True
    return False
