"""Tables of a FlatBuffer, read by the numbers of their fields, within the buffer's own bounds.

Source: https://flatbuffers.dev/internals/.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST = 1 << 20
"""Elements of a vector of tables."""


class BrokenBufferError(ValueError):
    """A buffer whose offsets lead outside it."""


@dataclass(frozen=True)
class Table:
    """A table at a place of a buffer."""

    buffer: bytes
    place: int

    @classmethod
    def root(cls, buffer: bytes) -> Table:
        """The outermost table. Raises BrokenBufferError where there is none."""
        return cls(buffer, _unpack(buffer, "I", 0))

    def number(self, field: int, kind: str) -> int:
        """A number, in `struct`'s letters; 0 where it is not written."""
        place = self._field(field)
        return 0 if place is None else int(_unpack(self.buffer, kind, place))

    def text(self, field: int) -> str:
        """A text; empty where it is not written."""
        return bytes(self.numbers(field, "B")).decode("utf-8", "replace")

    def table(self, field: int) -> Table | None:
        """A table within this one."""
        place = self._field(field)
        return None if place is None else Table(self.buffer, place + _unpack(self.buffer, "I", place))

    def numbers(self, field: int, kind: str) -> Sequence[Any]:
        """A vector of numbers."""
        begin, count = self._vector(field)
        if begin + count * struct.calcsize(kind) > len(self.buffer):
            raise BrokenBufferError("cut off")
        if kind == "B":
            return self.buffer[begin : begin + count]
        return struct.unpack_from(f"<{count}{kind}", self.buffer, begin)

    def tables(self, field: int) -> list[Table]:
        """A vector of tables."""
        begin, count = self._vector(field)
        if count > MOST:
            raise BrokenBufferError("cut off")
        places = range(begin, begin + 4 * count, 4)
        return [Table(self.buffer, place + _unpack(self.buffer, "I", place)) for place in places]

    def _vector(self, field: int) -> tuple[int, int]:
        """First place and number of elements; none where it is not written."""
        place = self._field(field)
        if place is None:
            return 0, 0
        vector = place + _unpack(self.buffer, "I", place)
        return vector + 4, _unpack(self.buffer, "I", vector)

    def _field(self, field: int) -> int | None:
        """Place of a field, by the table of offsets that stands apart."""
        offsets = self.place - _unpack(self.buffer, "i", self.place)
        slot = 4 + 2 * field
        if slot >= _unpack(self.buffer, "H", offsets):
            return None
        offset = _unpack(self.buffer, "H", offsets + slot)
        return self.place + offset if offset else None


def _unpack(buffer: bytes, kind: str, place: int) -> int:
    if place < 0:
        raise BrokenBufferError("cut off")
    try:
        (value,) = struct.unpack_from(f"<{kind}", buffer, place)
    except struct.error:
        raise BrokenBufferError("cut off") from None
    return int(value)
