"""Trials of a search on disk, so that it can go on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ovopt.documents import UnreadableError, parse_json
from ovopt.errors import OutputError
from ovopt.output import write_text
from ovopt.records.search import Trial
from ovopt.resumable import replacing

SCHEMA = "ovopt.search/2"
"""The first format had no schema."""


class Journal:
    """A file of JSON lines: first what is searched, then a line per trial."""

    def __init__(self, file: Path, subject: str, resume: bool) -> None:
        """`subject` says model, data, recipe and budget in one hash. Raises OutputError where the journal is one of
        something else, or cannot be read or written."""
        self._file = file
        self._known: dict[str, Trial] = {}
        head = {"schema": SCHEMA, "subject": subject}
        try:
            if resume and file.is_file():
                self._known = {_key(trial.name, trial.reverted): trial for trial in self._read(head)}
            lines = [json.dumps(head), *(trial.model_dump_json() for trial in self._known.values()), ""]
            with replacing(file) as scratch:
                write_text(scratch, "\n".join(lines))
        except OSError as error:
            raise OutputError(f"{file}: cannot be used: {error.strerror}; choose another -o/--output") from None

    def find(self, name: str, reverted: Sequence[str]) -> Trial | None:
        """The result of this trial, if it was made before."""
        return self._known.get(_key(name, reverted))

    def add(self, trial: Trial) -> None:
        """Write a result down. Raises OutputError where there is no room."""
        self._known[_key(trial.name, trial.reverted)] = trial
        try:
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(trial.model_dump_json() + "\n")
        except OSError as error:
            raise OutputError(
                f"{self._file}: cannot be written: {error.strerror}; make room there, and --resume goes on"
            ) from None

    def _read(self, head: dict[str, str]) -> Iterator[Trial]:
        first, *rest = self._file.read_text(encoding="utf-8", errors="replace").split("\n")
        found = _mapping(first)
        if "subject" in found and found.get("schema") != SCHEMA:
            raise OutputError(f"{self._file}: made by another version of ovopt; leave --resume out to begin anew")
        if found != head:
            raise OutputError(f"{self._file}: of another model, data, recipe or budget; leave --resume out")
        with suppress(ValidationError):  # of the last line, where a search was killed while it wrote
            yield from map(Trial.model_validate_json, rest)


def _key(name: str, reverted: Sequence[str]) -> str:
    return json.dumps([name, sorted(reverted)])


def _mapping(line: str) -> dict[str, Any]:
    try:
        found = parse_json(line)
    except UnreadableError:
        return {}
    return found if isinstance(found, dict) else {}
