"""The bytes of a file: arrays, and windows of the bytes themselves."""

from __future__ import annotations

import io
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Transform
from ovopt.errors import DataError


class Npy(Transform):
    """Read the bytes of an `.npy` file as its array."""

    name: ClassVar[str] = "npy"
    decodes: ClassVar[bool] = True

    def __call__(self, content: Any) -> Array:
        """The array."""
        if not isinstance(content, bytes):
            raise DataError(f"npy: wants a file's bytes, not a {type(content).__name__}")
        try:
            return np.asarray(np.lib.format.read_array(io.BytesIO(content), allow_pickle=False))
        except Exception as error:  # NumPy raises errors of every kind on files that are not its own
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
