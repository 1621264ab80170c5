"""The recipe's list of transforms, on the host: from a sample's raw content to the model's input."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

from ovopt.contracts import Array, Tensors
from ovopt.errors import DataError
from ovopt.model.inputs import bind
from ovopt.records import Port, Record


class Transform(Record, ABC):
    """One step of the preparation. Its fields are the recipe's keys."""

    name: ClassVar[str]
    sole: ClassVar[str | None] = None
    """The field that a value without a key means: `cast: float32`."""
    decodes: ClassVar[bool] = False
    """Whether it turns a file's bytes into an array: a stage of its own end to end."""

    @abstractmethod
    def __call__(self, content: Any) -> Any:
        """The transformed content; raise DataError where it does not fit."""


class Cast(Transform):
    """Convert the element type."""

    name: ClassVar[str] = "cast"
    sole: ClassVar[str | None] = "dtype"
    dtype: str = Field(pattern="^(float|int|uint)(8|16|32|64)$", description="a NumPy type: float32, int64 ...")

    def __call__(self, content: Any) -> Array:
        """An array of the type."""
        return _array(content, self.name).astype(self.dtype)


class Scale(Transform):
    """Divide by a number: `scale: 255` takes bytes to 0 ... 1. Gives float32."""

    name: ClassVar[str] = "scale"
    sole: ClassVar[str | None] = "divisor"
    divisor: float = Field(gt=0)

    def __call__(self, content: Any) -> Array:
        """The scaled array."""
        return _array(content, self.name).astype(np.float32) / np.float32(self.divisor)


class Normalize(Transform):
    """Subtract the mean and divide by the deviation, per channel of the given axis. Gives float32."""

    name: ClassVar[str] = "normalize"
    mean: tuple[float, ...]
    std: tuple[float, ...]
    axis: int = Field(default=0, description="the channel axis of a sample without batch dimension")

    @model_validator(mode="after")
    def _same_length(self) -> Normalize:
        if len(self.mean) != len(self.std):
            raise ValueError("mean and std must have the same length")
        return self

    def __call__(self, content: Any) -> Array:
        """The normalized array."""
        array = _array(content, self.name).astype(np.float32)
        shape = [1] * array.ndim
        if not -array.ndim <= self.axis < array.ndim or array.shape[self.axis] != len(self.mean):
            raise DataError(f"normalize: {len(self.mean)} channels on axis {self.axis} of shape {list(array.shape)}")
        shape[self.axis] = len(self.mean)
        mean, std = (np.asarray(v, np.float32).reshape(shape) for v in (self.mean, self.std))
        return np.asarray((array - mean) / std)


class Npy(Transform):
    """Read the bytes of an `.npy` file as its array."""

    name: ClassVar[str] = "npy"
    decodes: ClassVar[bool] = True

    def __call__(self, content: Any) -> Array:
        """The array."""
        if not isinstance(content, bytes):
            raise DataError(f"npy: wants a file's bytes, not a {type(content).__name__}")
        try:
            return np.asarray(np.load(io.BytesIO(content), allow_pickle=False))
        except (ValueError, EOFError, OSError) as error:
            raise DataError(f"npy: not an array file: {error}") from None


class ByteWindow(Transform):
    """The first and last bytes of a file as integer ids, white space stripped, short files padded.

    Ids are the byte values 0 ... 255; `padding` fills behind a short beginning and before a short end. Only the first
    and last `block` bytes are looked at, before stripping.
    """

    name: ClassVar[str] = "byte_window"
    beginning: int = Field(ge=0)
    end: int = Field(ge=0)
    padding: int = 256
    block: int = Field(default=4096, gt=0)

    def __call__(self, content: Any) -> Array:
        """int32 ids, shape [beginning + end]."""
        if not isinstance(content, bytes):
            raise DataError(f"byte_window: wants a file's bytes, not a {type(content).__name__}")
        first = content[: self.block].lstrip()[: self.beginning]
        last = content[-self.block :].rstrip()
        last = last[len(last) - min(self.end, len(last)) :]
        ids = np.full(self.beginning + self.end, self.padding, np.int32)
        ids[: len(first)] = np.frombuffer(first, np.uint8)
        ids[len(ids) - len(last) :] = np.frombuffer(last, np.uint8)
        return ids


@dataclass(frozen=True)
class HostPreparation:
    """All transforms, one after the other; a mapping of inputs is transformed input by input."""

    transforms: tuple[Transform, ...]
    inputs: tuple[Port, ...]

    def decode(self, content: Any) -> Any:
        """The leading transforms that decode."""
        return _run(tuple(takewhile(lambda t: t.decodes, self.transforms)), content)

    def preprocess(self, content: Any, sample_id: str = "sample") -> Tensors:
        """The other transforms, and the fit to the model's inputs. Raises DataError where it does not fit."""
        return bind(_run(tuple(dropwhile(lambda t: t.decodes, self.transforms)), content), self.inputs, sample_id)


def _run(transforms: Sequence[Transform], content: Any) -> Any:
    if isinstance(content, Mapping):
        return {key: _run(transforms, value) for key, value in content.items()}
    for transform in transforms:
        content = transform(content)
    return content


def _array(content: Any, name: str) -> Array:
    if isinstance(content, bytes | str):
        raise DataError(f"{name}: wants an array, not {type(content).__name__}; decode the file first")
    try:
        array = np.asarray(content)
    except ValueError:
        raise DataError(f"{name}: a ragged list is not an array") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name}: wants an array of numbers, not {type(content).__name__}")
    return array
