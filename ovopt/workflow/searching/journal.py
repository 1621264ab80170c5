"""Trials of a search on disk, so that it can go on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from ovopt.errors import OutputError
from ovopt.records.search import Trial
from ovopt.resumable import Lines

SCHEMA = "ovopt.search/2"
"""The first format had no schema."""


class Journal:
    """A file of JSON lines: first what is searched, then a line per trial."""

    def __init__(self, file: Path, subject: str, resume: bool) -> None:
        """`subject` says model, data, recipe and budget in one hash. Raises OutputError where the journal is one of
        something else, or cannot be read or written."""
        self._lines = Lines(file, SCHEMA, subject)
        self._known: dict[str, Trial] = {}
        try:
            if resume and file.is_file():
                self._read()
            self._lines.begin(trial.model_dump_json() for trial in self._known.values())
        except OSError as error:
            raise OutputError(f"{file}: cannot be used: {error.strerror}; choose another -o/--output") from None

    def find(self, name: str, reverted: Sequence[str]) -> Trial | None:
        """The result of this trial, if it was made before."""
        return self._known.get(_key(name, reverted))

    def add(self, trial: Trial) -> None:
        """Write a result down. Raises OutputError where there is no room."""
        self._known[_key(trial.name, trial.reverted)] = trial
        self._lines.add(trial.model_dump_json())

    def _read(self) -> None:
        for line in self._lines.read():
            try:
                trial = Trial.model_validate_json(line)
            except ValidationError:
                break  # the last line of a search that was killed while it wrote
            self._known[_key(trial.name, trial.reverted)] = trial


def _key(name: str, reverted: Sequence[str]) -> str:
    return json.dumps([name, sorted(reverted)])
