"""Images that go with images: masks of class ids, what a model should make of them, or a number for each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from ovopt.contracts import DataSource, LabelFile, Samples
from ovopt.data.content import MaxBytes, folder_at, hash_of_names, read_bytes
from ovopt.data.images import SUFFIXES, files_below
from ovopt.errors import DataError
from ovopt.given_file import LARGEST
from ovopt.locate import confined, expand, shown
from ovopt.records import Port
from ovopt.units import a_few

LABELS = SUFFIXES | {".npy"}
"""Suffixes of label files."""


class Masks(DataSource):
    """Pairs of images, for segmentation and for image-to-image models: `images/a/x.jpg` and `masks/a/x.png`.

    A sample is the image file's bytes, its label the other file. Both folders must hold the same names, apart from the
    suffixes. For a model that makes images: `images: low, masks: high, target: image`; for one that gives a number for
    each pixel, such as a depth: `images: rgb, masks: depth, target: values, scale: 0.001`.
    """

    name: ClassVar[str] = "masks"
    layout: ClassVar[str] = "images and masks of the same names"
    priority: ClassVar[int] = 65
    path: str = Field(description="the folder that holds both")
    images: str = Field(default="images", description="the folder of the model's inputs")
    masks: str = Field(default="masks", description="the folder of the labels")
    target: Literal["mask", "region", "image", "values"] = Field(
        default="mask",
        description="what a label is: a mask of class ids, a region of all that is not 0, an image of its file's own "
        "channels and depth (of 16 bits in each of three channels, the upper 8), or a number for each pixel (an image "
        "of one channel of 8, 16 or 32 bits, or an .npy file)",
    )
    channels: Literal["RGB", "L", "Y"] | None = Field(
        default=None,
        description="channels of a target image: L is one of brightness, Y the luma of YCbCr, both as Pillow has them; "
        "by default the file's own",
    )
    scale: float = Field(default=1.0, gt=0, description="what numbers are multiplied by: 0.001 makes metres of mm")
    suffix: str = Field(default="", description="what a label's name has after the image's, such as _mask")
    max_bytes: MaxBytes = LARGEST

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder with `images` and `masks`."""
        root = expand(path)
        return (root / "images").is_dir() and (root / "masks").is_dir()

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all images with their partners. Raises DataError where a file has none."""
        root = expand(self.path)
        images = self._by_name(confined(root, self.images, "data.source.images"), "")
        masks = self._by_name(confined(root, self.masks, "data.source.masks"), self.suffix, LABELS)
        if self.suffix and self.images == self.masks:
            images = {name: file for name, file in images.items() if not name.endswith(self.suffix)}
        for names, others, place in ((images, masks, self.masks), (masks, images, self.images)):
            lone = [file.relative_to(root) for name, file in names.items() if name not in others]
            if lone:
                raise DataError(f"{root}: {len(lone)} files have no partner in {place}: {a_few(lone)}")
        files = list(images.values())
        ids = tuple(shown(file.relative_to(root)) for file in files)
        labels = [masks[name] for name in images]
        return Samples(
            source=str(root / self.images),
            ids=ids,
            labels=tuple(LabelFile(file, self.target, self.channels, self.scale) for file in labels),
            load=lambda index: read_bytes(files[index], self.max_bytes),
            fingerprint=hash_of_names((*ids, *ids), (*files, *labels)),
        )

    def _by_name(self, folder: Path, suffix: str, kinds: frozenset[str] = SUFFIXES) -> dict[str, Path]:
        """Files by their name from the folder on, without suffixes."""
        found: dict[str, Path] = {}
        for file in files_below(folder_at(folder), kinds):
            name = str(file.relative_to(folder).with_suffix(""))
            if not name.endswith(suffix):
                continue
            key = name.removesuffix(suffix)
            if key in found:
                raise DataError(f"{folder}: {found[key].name} and {file.name} have the same name before the suffix")
            found[key] = file
        if not found:
            raise DataError(f"{folder}: holds no images{f' that end in {suffix}' if suffix else ''}")
        return found
