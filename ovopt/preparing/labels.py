"""Labels of samples in the form that metrics take: class indices, texts, boxes and masks in the model's own pixels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ovopt.contracts import Array, BadLabel, Boxes, LabelFile, Samples
from ovopt.data.images import image_size
from ovopt.errors import DataError, did_you_mean
from ovopt.preparing.class_labels import names_option
from ovopt.preparing.host_preparation import HostPreparation
from ovopt.preparing.label_files import read_label_file
from ovopt.preparing.moving import moved
from ovopt.preparing.painting import BACKGROUND, is_painted, painted
from ovopt.recipe import Recipe

TEXT_TASKS = ("recognition", "transcription", "question-answering", "translation")
"""Tasks whose labels are texts, not names of classes."""
DETECTION, REGRESSION = "detection", "regression"
"""Tasks whose labels are boxes, and numbers."""
CHANNELS = (1, 3, 4)
"""Of an image."""
SHOWN_NAMES = 20


@dataclass(frozen=True)
class Labels:
    """Labels of a recipe's samples."""

    samples: Samples
    recipe: Recipe
    preparation: HostPreparation
    """All of `preprocess`: boxes and masks move as their image does."""
    first: int = 0
    """The number of the model's first class."""

    def read(self, index: int) -> Any:
        """A class index where the recipe lists the classes; boxes [n, 4] (x0, y0, x1, y1) in the pixels of the model's
        input; a mask [height, width] moved as its image is, an image [height, width, channels], or numbers [height,
        width] in their own size, or cut and padded as their image is, NaN around it.

        Raises DataError where the label cannot be read or names no class, SettingsError where Pillow is missing.
        """
        assert self.samples.labels is not None, "asked for labels of unlabelled data"
        label = self.samples.labels[index]
        if self.recipe.task == DETECTION and isinstance(label, list | np.ndarray):
            label = self._of_rows(label, index)
        match label:
            case Boxes():
                return self._painted(label, index) if is_painted(self.recipe, label) else self._boxes(label, index)
            case LabelFile():
                return self._of_file(label, index)
            case str():
                return self._class_or_text(label, index)
            case int() if self.samples.classes and self.recipe.data.classes:
                return self._class_or_text(self.samples.classes[label], index)
            case int() if self.first and not isinstance(label, bool):
                return label - self.first
        return label

    @property
    def indices(self) -> list[int]:
        """Class indices of all samples, as far as labels are numbers and no names stand for them."""
        if self.samples.classes or self.recipe.data.classes:
            return []
        numbers = (label for label in self.samples.labels or () if _is_number(label))
        return [int(label) - self.first for label in numbers]

    def take_work(self, index: int) -> bool:
        """True where the label takes reading, or moving as its image is."""
        label = None if self.samples.labels is None else self.samples.labels[index]
        rows = self.recipe.task == DETECTION and isinstance(label, list | np.ndarray)
        return rows or isinstance(label, LabelFile | Boxes | BadLabel)

    def _of_file(self, label: LabelFile, index: int) -> Array:
        read = read_label_file(label)
        if label.kind == "image":
            return read
        if label.kind == "values" and self.preparation.only_resizes((read.shape[1], read.shape[0])):
            return read
        self._check_size(read, label.path, index)
        moved = self.preparation.mask(read)
        if label.kind == "region":  # pixels around the image are neither 0 nor 1
            return np.where(moved > 1, -1, moved.astype(np.int8))
        if label.kind == "values":
            inside = self.preparation.mask(np.ones(read.shape, np.uint8)) == 1
            return np.where(inside, moved, np.nan)
        return moved

    def _check_size(self, mask: Array, path: Path, index: int) -> None:
        content, own = self.samples.load(index), (mask.shape[1], mask.shape[0])
        size = image_size(self.samples.ids[index], content) if isinstance(content, bytes) else own
        if size != own:
            raise DataError(f"{path}: {own[0]}x{own[1]} pixels, but its image has {size[0]}x{size[1]}")

    def _of_rows(self, label: Any, index: int) -> Boxes:
        """Boxes of an array [n, 4] of x0, y0, x1, y1, or [n, 5] with a class; numbers up to 1 are shares of the image.
        Rows without area, or of a negative class, only fill the array up."""
        rows = np.asarray(label, np.float64)
        if rows.ndim != 2 or rows.shape[1] not in (4, 5):
            raise DataError(f"{self.samples.ids[index]}: the label {list(rows.shape)} is no rows x0, y0, x1, y1, class")
        corners, classes = rows[:, :4], rows[:, 4] if rows.shape[1] == 5 else np.zeros(len(rows))
        real = (corners[:, 2:] > corners[:, :2]).all(1) & (classes >= 0)
        size = self._size(index)
        corners = corners[real] * (np.array([*size, *size]) if corners.max(initial=0) <= 1 else 1)
        return Boxes(corners, classes[real].astype(np.int64), np.zeros(int(real.sum()), np.bool_), size)

    def _size(self, index: int) -> tuple[int, int]:
        """Width and height of a sample's image."""
        content = self.samples.load(index)
        if isinstance(content, bytes):
            return image_size(self.samples.ids[index], content)
        sizes = np.shape(next(iter(content.values())) if isinstance(content, Mapping) else content)
        if len(sizes) < 2:
            raise DataError(f"{self.samples.ids[index]}: boxes lie in an image, and the sample is {list(sizes)}")
        height, width = sizes[:2] if len(sizes) == 3 and sizes[-1] in CHANNELS else sizes[-2:]
        return int(width), int(height)

    def _boxes(self, boxes: Boxes, index: int) -> Boxes:
        wanted = frozenset[str]().union(*(metric.looks_at for metric in self.recipe.metrics))
        try:
            seen = moved(boxes, self.preparation.transforms, wanted)
        except DataError as error:
            raise DataError(f"{self.samples.ids[index]}: {error}") from None
        if not self.samples.classes or not self.recipe.data.classes:
            return seen
        classes = [self._class_or_text(self.samples.classes[c], index) for c in seen.classes]
        return replace(seen, classes=np.array(classes, dtype=np.int64))

    def _painted(self, boxes: Boxes, index: int) -> Array:
        names, known = self.samples.classes, self.recipe.data.classes
        if names and known and BACKGROUND not in known:
            raise DataError(
                f"`data.classes` lacks {BACKGROUND!r}, the class of pixels that no object covers; add it at its place, "
                f"as in {names_option((BACKGROUND, *known))}"
            )
        own = np.unique(boxes.classes).tolist()
        ids = {c: int(self._class_or_text(names[c], index)) if names and known else c for c in own}
        background = (known or names).index(BACKGROUND) if known or names else 0
        try:
            return painted(boxes, ids, background, self.preparation)
        except DataError as error:
            raise DataError(f"{self.samples.ids[index]}: {error}") from None

    def _class_or_text(self, label: str, index: int) -> int | float | str:
        classes = self.recipe.data.classes
        if self.recipe.task == REGRESSION and (number := as_number(label)) is not None:
            return number
        if label in classes:
            return classes.index(label)
        if self.recipe.task in TEXT_TASKS:
            return label
        if not classes and _is_number(label):
            return int(label) - self.first
        hint = did_you_mean(label, classes) if classes else self._names_wanted()
        raise DataError(f"{self.samples.ids[index]}: unknown class {label!r}; {hint}")

    def _names_wanted(self) -> str:
        names = self.samples.classes or sorted({label for label in self.samples.labels or () if isinstance(label, str)})
        said = "the labels are names, which have no order of their own; list them in the order of the model's outputs"
        if len(names) > SHOWN_NAMES:
            return f"{said} under `data.classes`, or give there a text file with one of the {len(names):,} on each line"
        return f"{said}, as in {names_option(names)}"


def as_number(text: str) -> float | None:
    """The finite number that a text is; None for any other."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _is_number(label: Any) -> bool:
    return isinstance(label, int) or (isinstance(label, str) and label.lstrip("-").isdecimal())
