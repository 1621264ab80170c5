"""Masks of classes, painted from the outlines of objects: the labels of semantic segmentation that polygons are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ovopt.arrays import regions
from ovopt.contracts import Array, Boxes, Rle, Samples
from ovopt.errors import DataError
from ovopt.preparing.host_preparation import HostPreparation
from ovopt.preparing.moving import moved
from ovopt.recipe import Recipe

SEGMENTATION = "segmentation"
BACKGROUND = "background"
"""The class of pixels that no object covers, the first unless the data has one of this name."""
IGNORED = 255
"""The class id of the pixels of a crowd or a difficult object, which no metric counts."""


def is_painted(recipe: Recipe, label: object) -> bool:
    """True where a label of objects stands for a mask of classes."""
    return recipe.task == SEGMENTATION and isinstance(label, Boxes)


def with_background(samples: Samples, recipe: Recipe) -> Samples:
    """The same samples, of whose classes the background is one, where masks are painted from their labels."""
    labels = samples.labels or ()
    if BACKGROUND in samples.classes or not any(is_painted(recipe, label) for label in labels):
        return samples
    names = classes_with_background(samples.classes) if samples.classes else ()
    return replace(samples, classes=names, labels=tuple(map(_behind, labels)))


def classes_with_background(names: Sequence[str]) -> tuple[str, ...]:
    """Class names, the background's first unless it is among them."""
    return tuple(names) if BACKGROUND in names else (BACKGROUND, *names)


def painted(boxes: Boxes, ids: Mapping[int, int], background: int, preparation: HostPreparation) -> Array:
    """Mask int32 [height, width] in the pixels of the model's input: the id of the class of the last object that covers
    a pixel, or the background's. Raises DataError where an object has no outline."""
    seen = moved(boxes, preparation.transforms, {"outlines"})
    outlines = seen.outlines or ((),) * len(seen.classes)
    lacking = sum(not isinstance(outline, Rle) for outline in outlines)
    if lacking:
        raise DataError(
            f"{lacking} of its {len(outlines)} objects have no outline, of which masks are painted; take data with "
            "polygons or masks of each"
        )
    mask = preparation.mask(np.full(boxes.size[::-1], background, np.int32)).copy()
    for outline, index, optional in zip(outlines, seen.classes.tolist(), seen.optional, strict=True):
        if isinstance(outline, Rle):
            mask[regions.mask_of(outline) == 1] = IGNORED if optional else ids[index]
    return mask


def _behind(label: object) -> object:
    """Objects whose classes count from behind the background."""
    return replace(label, classes=label.classes + 1) if isinstance(label, Boxes) else label
