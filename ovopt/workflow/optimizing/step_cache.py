"""The results of a recipe's steps, kept beside the bundle: what has not changed is not done again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationError

from ovopt.errors import ModelError, OutputError
from ovopt.model.files.ir import save_model
from ovopt.model.files.locate import describe
from ovopt.output import new_folder, write_text
from ovopt.records import Record, StepReport

if TYPE_CHECKING:
    import openvino

MARK = "step.json"
OURS = "[0-9][0-9]-*-*"
"""Names of results; whatever else lies in the folder is the user's."""
KEY = 12
"""Characters of a hash that tell folders apart."""


class Entry(Record):
    """`step.json`: what a step made of what."""

    schema_: Literal["ovopt.step/2"] = Field("ovopt.step/2", alias="schema")
    key: str = Field(description="a hash of all that the result depends on")
    sha256: str = Field(description="of the model")
    report: StepReport


@dataclass(frozen=True)
class Found:
    """A kept result."""

    folder: Path
    entry: Entry


class Kept:
    """A folder of results, each named by place, step and the hash of what it was made of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._used: list[Path] = []

    def sweep(self) -> None:
        """Take away what a killed run left half-written. No other run is at it, since the bundle's name is claimed."""
        for left in self.folder.glob(f".{OURS}"):
            shutil.rmtree(left, ignore_errors=True)

    def find(self, place: int, name: str, key: str) -> Found | None:
        """The result, if it was made and is still what it was."""
        folder = self._place(place, name, key)
        try:
            entry = Entry.model_validate_json((folder / MARK).read_text(encoding="utf-8"))
            sound = entry.key == key and describe(folder).sha256 == entry.sha256
        except (OSError, UnicodeDecodeError, ValidationError, ModelError):
            return None
        if not sound:
            return None
        self._used.append(folder)
        return Found(folder, entry)

    def add(self, place: int, key: str, model: openvino.Model, report: Callable[[int], StepReport], name: str) -> Found:
        """Write a result down, whole or not at all. `report` is told the size of the model on disk. Raises OutputError
        where it cannot be written."""
        folder = self._place(place, name, key)
        shutil.rmtree(folder, ignore_errors=True)  # a result that `find` did not take
        try:
            with new_folder(folder, force=False, mark=MARK) as scratch:
                save_model(model, scratch / "model.xml", {})
                written = describe(scratch)
                entry = Entry(key=key, sha256=written.sha256, report=report(written.size_bytes))
                write_text(scratch / MARK, entry.model_dump_json(indent=2, by_alias=True) + "\n")
        except OSError as error:
            raise OutputError(f"{folder}: cannot be written: {error.strerror}; choose another -o/--output") from None
        self._used.append(folder)
        return Found(folder, entry)

    def search(self, place: int, name: str, key: str) -> Path:
        """The folder in which a search for a step's result keeps its own."""
        folder = self._place(place, name, key)
        return folder.with_name(f"{folder.name}.search")

    def tidy(self) -> int:
        """Take away what no step of the finished run has used; the bytes that are left."""
        for folder in self.folder.glob(OURS):
            if folder not in self._used:
                shutil.rmtree(folder, ignore_errors=True)
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    def _place(self, place: int, name: str, key: str) -> Path:
        return self.folder / f"{place + 1:02d}-{name}-{key[:KEY]}"
