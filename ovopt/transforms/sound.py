"""A recording in memory, and what transforms of sound ask of their content."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ovopt.arrays.arguments import numbers_of
from ovopt.contracts import Array
from ovopt.errors import DataError


@dataclass(frozen=True, eq=False)
class Sound:
    """A recording: float32 `samples` [frames, channels], nominally -1 ... 1, and how many frames make a second.

    Where an array is needed, a recording of one channel is its samples [frames].
    """

    samples: Array
    rate: int

    @property
    def channels(self) -> int:
        """1 is mono."""
        return int(self.samples.shape[1])

    def with_samples(self, samples: Array) -> Sound:
        """Other samples [frames, channels] at the same rate."""
        return replace(self, samples=samples)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if self.channels != 1:
            raise DataError(f"a recording of {self.channels} channels; put `mono` (or `to_samples`) into `preprocess`")
        return np.array(self.samples[:, 0], dtype, copy=copy)


def signal_of(content: Any, name: str) -> Array:
    """The samples [frames] of a recording of one channel, or of an array; DataError, which begins with the transform's
    name, for anything else."""
    if isinstance(content, Sound) and content.channels != 1:
        raise DataError(f"{name}: a recording of {content.channels} channels; put `mono` before it")
    array = numbers_of(content, name)
    if array.ndim != 1 or not array.size:
        raise DataError(f"{name}: wants the samples of a recording, not an array of shape {list(array.shape)}")
    return array
