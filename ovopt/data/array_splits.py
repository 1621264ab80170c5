"""The splits that a file of arrays tells: by the names of its arrays, an array of names, or arrays of truth values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ovopt.data.array_file import ArrayFile
from ovopt.data.own_splits import usual_split
from ovopt.errors import DataError

SPLIT_KEYS = ("split", "splits", "subset")
WORDS = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True)
class ToldSplits:
    """Arrays that tell the split of each sample: one of names, or of truth values (`is_train`, `test_mask`)."""

    file: ArrayFile
    inputs: Sequence[str]
    """Names of the model's inputs."""
    choice: str | None
    """The array of names that the recipe names."""

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Those of the arrays."""
        return (*([self._named] if self._named else ()), *self._masks)

    @cached_property
    def _named(self) -> str | None:
        if self.choice is not None:
            return self.file.known(self.choice, self.file.keys)
        return next((key for key in self.file.keys if key.lower() in SPLIT_KEYS and key not in self.inputs), None)

    @cached_property
    def _masks(self) -> dict[str, str]:
        """Array -> the split of the samples for which it is true."""
        found = {key: _split_in(key) for key in self.file.keys if key not in self.inputs and _split_in(key)}
        entries = {key: self.file.find(key) for key in found}
        return {key: found[key] for key, one in entries.items() if one.dtype.kind == "b" and len(one.shape) == 1}

    def names(self, count: int) -> tuple[str, ...]:
        """The split of each sample; none where no array tells. Raises DataError where one has not a name, or a truth
        value, for each."""
        if self._named:
            return tuple(self._names_in(self._named, count))
        return tuple(self._of_masks(count)) if self._masks else ()

    def _names_in(self, key: str, count: int) -> list[str]:
        names = np.asarray(self.file.find(key).read())
        names = names.astype(str) if names.dtype.kind == "O" else names
        if names.dtype.kind not in "US" or names.shape not in ((count,), (count, 1)):
            raise DataError(
                f"{self.file.said}: the array {key!r} is {names.dtype} {list(names.shape)}, where the name of a split "
                f"is wanted for each of {count:,} samples; write names, as of np.array(['train', 'test'])[{key}]"
            )
        return [one.decode(errors="replace") if isinstance(one, bytes) else one for one in names.ravel().tolist()]

    def _of_masks(self, count: int) -> list[str]:
        names = np.full(count, "unused" if len(self._masks) > 1 else self._other, dtype=object)
        for key, split in self._masks.items():
            mask = np.asarray(self.file.find(key).read())
            if len(mask) != count:
                raise DataError(f"{self.file.said}: {len(mask):,} values in {key!r}, and {count:,} samples")
            names[mask] = split
        return [str(name) for name in names]

    @property
    def _other(self) -> str:
        """The split of what the one array of truth values leaves."""
        (split,) = self._masks.values()
        return "test" if usual_split(split) == "calibration" else "train"


def split_of_key(key: str) -> tuple[str, str]:
    """The split that a key names at its beginning or end, and what is left of it: `x_train`, `test/images`."""
    words = [word for word in WORDS.split(key) if word]
    for place in (-1, 0):
        if words and usual_split(words[place]):
            split = words.pop(place)
            return split, "_".join(words)
    return "", key


def _split_in(key: str) -> str:
    """`train` of `is_train`, `test` of `test_mask`; empty for other names."""
    return next((word for word in WORDS.split(key) if word and usual_split(word)), "")
