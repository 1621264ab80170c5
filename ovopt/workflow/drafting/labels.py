"""The form that the labels of a data set have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from ovopt.contracts import BadLabel, Boxes, Future, LabelFile, Samples
from ovopt.preparing.class_labels import class_labels
from ovopt.preparing.labels import as_number

Kind = Literal[
    "none", "boxes", "mask", "region", "image", "values", "defect", "future", "class", "name", "number", "flags",
    "numbers", "ids", "tags", "array", "other",
]  # fmt: skip
LOOKED_AT = 20_000
DEFECT = "defect"
"""The column of samples of which some are normal."""
ARRAYS_LOOKED_AT = 64
NEW_TEXTS = 0.5
"""Names of classes come again; of texts more than this share are new."""


@dataclass(frozen=True)
class Labels:
    """The form of labels, as far as they were looked at."""

    kind: Kind
    distinct: tuple[Any, ...] = ()
    """Of classes and names: each that occurs, in order."""
    count: int | None = None
    """The number of classes where the form tells it: of names, of one-hot rows."""
    shape: tuple[int | None, ...] = ()
    """Of arrays: sizes that all have; None where they differ."""
    first: Any = None
    n: int = 0
    """The number of samples that have one."""

    @property
    def classes(self) -> int:
        """The number of classes that the labels tell of: as many as occur, or as the highest index says."""
        if self.count:
            return self.count
        return int(self.distinct[-1]) + 1 if self.kind == "class" and self.distinct else len(self.distinct)

    @property
    def are_texts(self) -> bool:
        """True where they seem to be free text and no names of classes."""
        return self.kind == "name" and self.count == 0


def labels_of(samples: Samples) -> Labels:
    """The form of a data set's labels."""
    given = samples.labels or ()
    known = [label for label in given[:LOOKED_AT] if label is not None and not isinstance(label, BadLabel)]
    if not known:
        return Labels("none")
    made = _form(known, samples)
    return replace(made, n=len(known))


def _form(known: Sequence[Any], samples: Samples) -> Labels:
    first = known[0]
    if isinstance(first, Boxes):
        return Labels("boxes", count=len(samples.classes) or None, first=_fullest(known))
    if files := [label for label in known if isinstance(label, LabelFile)]:
        return Labels(files[0].kind, first=files[0])
    if DEFECT in samples.columns:
        return Labels("defect", first=first)
    if isinstance(first, Future):
        return Labels("future", shape=np.shape(first.values), first=first)
    if not isinstance(first, int | float | str | bytes | list | tuple | np.ndarray | np.generic):
        return Labels("other", first=first)
    found = class_labels(known)
    return _of_classes(found.labels, found.count, samples.classes) or _of_arrays(known[:ARRAYS_LOOKED_AT])


def _fullest(labels: Sequence[Any]) -> Any:
    """The first label whose objects have most: key points, outlines, boxes."""
    return max(
        labels, key=lambda one: (one.key_points is not None) + (one.outlines is not None) + (len(one.classes) > 0)
    )


def _of_classes(labels: Sequence[Any], count: int | None, names: Sequence[str]) -> Labels | None:
    if all(isinstance(label, str) for label in labels):
        distinct = tuple(sorted(set(labels)))
        texts = len(distinct) > max(2, NEW_TEXTS * len(labels))
        if all(name.lstrip("-").isdecimal() for name in distinct):
            numbers = tuple(sorted(set(map(int, distinct))))
            return Labels("class", numbers, first=labels[0])
        if all(as_number(name) is not None for name in distinct):
            return Labels("number", first=labels[0])
        return Labels("name", distinct, 0 if texts else len(distinct), first=labels[0])
    if all(isinstance(label, int) for label in labels):
        distinct = tuple(sorted({label for label in labels if label >= 0}))
        return Labels("class", distinct, len(names) or count, first=labels[0])
    if all(isinstance(label, int | float) for label in labels):
        return Labels("number", first=labels[0])
    return None


def _of_arrays(labels: Sequence[Any]) -> Labels:
    try:
        arrays = [np.asarray(label) for label in labels]
    except ValueError:  # ragged
        return Labels("other", first=labels[0])
    if len({array.ndim for array in arrays}) > 1 or any(array.dtype.kind not in "biufU" for array in arrays):
        return Labels("other", first=labels[0])
    sizes = [set(along) for along in zip(*(array.shape for array in arrays), strict=True)]
    shape = tuple(next(iter(found)) if len(found) == 1 else None for found in sizes)
    return Labels(_array_kind(arrays, shape), shape=shape, first=labels[0])


def _array_kind(arrays: Sequence[np.ndarray[Any, Any]], shape: tuple[int | None, ...]) -> Kind:
    if len(shape) != 1:
        return "array"
    kinds = {array.dtype.kind for array in arrays if array.size}
    if "U" in kinds:
        return "tags"
    if shape[0] is not None and all(np.isin(array, (0, 1)).all() for array in arrays):
        return "flags"
    return "numbers" if "f" in kinds else "ids"
