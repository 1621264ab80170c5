"""The arrays of a file by name, and what a recipe says about them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from ovopt.errors import DataError, did_you_mean

LABEL_KEYS = ("labels", "label", "y", "targets", "target")
InputArrays = Annotated[
    str | dict[str, str] | None,
    Field(
        description="the array of samples, or a mapping of the model's input names to arrays; default: those of the "
        "model's names, a usual one, or what is no label"
    ),
]
LabelArray = Annotated[str | None, Field(description=f"the array of labels; default: {', '.join(LABEL_KEYS)}")]
SplitArray = Annotated[
    str | None, Field(description="the array that names each sample's split; default: split, splits, subset")
]


@dataclass(frozen=True)
class Entry:
    """An array of a file, before it is read."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[], Any]
    """Gives what is indexed along the first axis: an array, in memory or in its file."""
    unpacks: bool = False
    """True where it takes memory once it is read."""

    @property
    def count(self) -> int:
        """Entries along the first axis."""
        return self.shape[0] if self.shape else 0

    @property
    def size_bytes(self) -> int:
        """Bytes of all values."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True)
class ArrayLimits:
    """The most that arrays may hold. `bytes` are those of a sample, and of all that is unpacked."""

    bytes: int
    samples: int


@dataclass(frozen=True)
class ArrayFile:
    """The arrays of a file by name. `find` raises DataError where one cannot be read."""

    said: str
    name: str
    keys: Sequence[str]
    find: Callable[[str], Entry]
    fingerprint: Callable[[], str]

    def known(self, key: str, keys: Collection[str]) -> str:
        """A key that is among others. Raises DataError where it is not."""
        if key not in keys:
            raise DataError(f"{self.said}: no array {key!r}; {did_you_mean(key, keys)}")
        return key


@dataclass(frozen=True)
class ArrayChoice:
    """A recipe's choice of a file's arrays."""

    inputs: str | Mapping[str, str] | None = None
    labels: str | None = None
    split: str | None = None
