"""Work that can be interrupted: one hash of all that it depends on, and files that are whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ovopt.errors import OutputError


def digest(*parts: object, arrays: Iterable[NDArray[Any]] = ()) -> str:
    """SHA-256, in hexadecimal, of the texts of all parts, and of arrays of any shapes, with shape and type."""
    found = hashlib.sha256("\0".join(map(str, parts)).encode())
    for array in arrays:
        found.update(str((array.shape, array.dtype)).encode())
        found.update(array.tobytes())
    return found.hexdigest()


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A scratch file beside `file` that takes its place when the block ends well. It always has the same name: who goes
    on replaces what a kill left half written."""
    scratch = file.with_name(f".{file.name}")
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield scratch
        os.replace(scratch, file)
    finally:
        with suppress(OSError):
            scratch.unlink()


@dataclass(frozen=True)
class Lines:
    """A file of JSON lines that only grows: a head that says of what, and a line for every result."""

    file: Path
    schema: str
    subject: str
    """`digest` of all that the results depend on."""

    def read(self) -> Sequence[str]:
        """The lines behind the head. Raises OutputError where they are about something else, or in another format."""
        first, *rest = self.file.read_text(encoding="utf-8", errors="replace").split("\n")
        head = _mapping(first)
        if "subject" in head and head.get("schema") != self.schema:
            raise OutputError(f"{self.file}: made by another version of ovopt; leave --resume out to begin anew")
        if head != self._head:
            raise OutputError(f"{self.file}: of another model, data, recipe or budget; leave --resume out")
        return rest

    def begin(self, lines: Iterable[str]) -> None:
        """Write the file anew with these lines."""
        with replacing(self.file) as scratch:
            scratch.write_text("\n".join([json.dumps(self._head), *lines, ""]), encoding="utf-8")

    def add(self, line: str) -> None:
        """Append a line. Raises OutputError where there is no room for it."""
        try:
            with self.file.open("a", encoding="utf-8") as stream:
                stream.write(line + "\n")
        except OSError as error:
            raise OutputError(
                f"{self.file}: cannot be written: {error.strerror}; make room there, and --resume goes on"
            ) from None

    @property
    def _head(self) -> dict[str, str]:
        return {"schema": self.schema, "subject": self.subject}


def _mapping(line: str) -> dict[str, Any]:
    with suppress(ValueError):
        found = json.loads(line)
        if isinstance(found, dict):
            return found
    return {}
