"""The arrays of a file by name, and what a recipe says about them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
from pydantic import Field

from ovopt.errors import DataError, did_you_mean, shortened

T = TypeVar("T")
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


def readable(file: Path, kind: str, call: Callable[[], T]) -> T:
    """The answer of a call that reads a file. Raises DataError, which says that it is no readable one of this kind, for
    whatever goes wrong."""
    try:
        return call()
    except DataError:
        raise
    except Exception as error:  # libraries raise errors of every kind on files that are not their own
        raise DataError(f"{file}: not a readable {kind}: {shortened(str(error)) or type(error).__name__}") from None


class StoredArray:
    """An array in its file, of which entries are read as they are asked for."""

    def __init__(self, file: Path, kind: str, array: Any) -> None:
        self._file, self._kind, self._array = file, kind, array
        self.ndim, self.shape = array.ndim, array.shape

    def __len__(self) -> int:
        return int(self.shape[0]) if self.shape else 0

    def __getitem__(self, index: int) -> Any:
        return self._read(index)

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return readable(self._file, self._kind, lambda: np.asarray(self._array[...], dtype))

    def _read(self, places: int | slice) -> Any:
        return readable(self._file, self._kind, lambda: self._array[places])
