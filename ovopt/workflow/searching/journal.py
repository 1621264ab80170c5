"""What a search has tried so far, on disk, so that it can go on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from ovopt.errors import OutputError
from ovopt.workflow.searching.trial import Trial


class Journal:
    """A file of JSON lines: first what is searched, then a line per trial."""

    def __init__(self, file: Path, subject: str, resume: bool) -> None:
        """`subject` says model, data, recipe and budget in one hash; a journal of something else is refused."""
        self._file = file
        self._known: dict[str, Trial] = {}
        try:
            if resume and file.is_file():
                self._read(subject)
            file.parent.mkdir(parents=True, exist_ok=True)
            known = [trial.model_dump_json() for trial in self._known.values()]
            scratch = file.with_name(f".{file.name}")
            scratch.write_text("\n".join([json.dumps({"subject": subject}), *known, ""]), encoding="utf-8")
            scratch.replace(file)
        except OSError as error:
            raise OutputError(f"{file}: cannot be used: {error.strerror}; choose another -o/--output") from None

    def find(self, name: str, reverted: Sequence[str]) -> Trial | None:
        """The result of this trial, if it was made before."""
        return self._known.get(_key(name, reverted))

    def add(self, trial: Trial) -> None:
        """Write a result down."""
        self._known[_key(trial.name, trial.reverted)] = trial
        try:
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(trial.model_dump_json() + "\n")
        except OSError as error:
            raise OutputError(
                f"{self._file}: cannot be written: {error.strerror}; make room there, and --resume goes on"
            ) from None

    def _read(self, subject: str) -> None:
        first, *rest = self._file.read_text(encoding="utf-8", errors="replace").split("\n")
        if first != json.dumps({"subject": subject}):
            raise OutputError(f"{self._file}: of another model, data, recipe or budget; leave --resume out")
        for line in rest:
            try:
                trial = Trial.model_validate_json(line)
            except ValidationError:
                break  # the last line of a search that was killed while it wrote
            self._known[_key(trial.name, trial.reverted)] = trial


def _key(name: str, reverted: Sequence[str]) -> str:
    return json.dumps([name, sorted(reverted)])
