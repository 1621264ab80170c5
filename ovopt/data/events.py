"""Recordings with what happens in them, and when."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, DataSource, Samples
from ovopt.data.content import MaxBytes, file_at, folder_at, hash_of, hash_of_names, read_bytes, read_table
from ovopt.data.images import files_below
from ovopt.errors import DataError, quoted, shortened
from ovopt.given_file import LARGEST
from ovopt.locate import confined, expand, optional, shown
from ovopt.model.ports.extent import check_fits
from ovopt.records import Port
from ovopt.units import a_few

AUDIO = frozenset({".aif", ".aiff", ".flac", ".mp3", ".ogg", ".opus", ".wav"})
COLUMNS = ("file", "onset_s", "offset_s", "class")
ROUNDING = 1e-6
"""Of a frame."""
LONGEST = 1000
"""Characters of a class."""
Event = tuple[float, float, int]


class Events(DataSource):
    """A folder of recordings and a table of events: notes, words, sounds.

    The table has a header and the columns file, onset in seconds, offset in seconds, class. A sample is the audio
    file's bytes; its label is a list of (onset, offset, class index), in the order of time, or, with a `frame_rate`, an
    array that says which classes are active in each frame: frame i is the time i / frame_rate. A recording that the
    table does not name has no events. Where classes are numbers, the index is the number less `first_class`; where they
    are names, the sorted names are the source's own classes.
    """

    name: ClassVar[str] = "events"
    priority: ClassVar[int] = 10
    path: str = Field(description="the folder of recordings")
    events: str = Field(default="events.csv", description="the table inside the folder, .csv or .tsv")
    frame_rate: float | None = Field(
        default=None, gt=0, description="frames per second: labels become arrays [frames, classes] of 0 and 1"
    )
    class_count: int | None = Field(default=None, gt=0, description="classes of such an array; default: the named ones")
    first_class: int = Field(default=0, description="the number of the class with index 0; a piano's notes begin at 21")
    max_bytes: MaxBytes = LARGEST

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder with `events.csv`."""
        return (expand(path) / "events.csv").is_file()

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all recordings with their events, or with frames [frames, classes] of 0 and 1. Raises DataError
        where recordings or the table are missing or broken."""
        root = folder_at(expand(self.path))
        table = file_at(confined(root, self.events, "data.source.events"), "table of events")
        files = files_below(root, AUDIO)
        if not files:
            raise DataError(f"{root}: holds no recordings ({', '.join(sorted(AUDIO))})")
        rows = [_Row(where, cells, root) for where, cells in read_table(table, COLUMNS)]
        lone = sorted({row.file for row in rows} - set(files))
        if lone:
            raise DataError(f"{table}: {len(lone)} of its recordings are missing: {a_few(lone)}")
        labels = {row.label for row in rows}
        classes = () if all(label.removeprefix("-").isdecimal() for label in labels) else tuple(sorted(labels))
        place_of = {label: place for place, label in enumerate(classes)}
        found: dict[Path, list[Event]] = {file: [] for file in files}
        for row in rows:
            found[row.file].append((row.onset, row.offset, self._index(row, place_of)))
        ids = tuple(shown(file.relative_to(root)) for file in files)
        return Samples(
            source=str(root),
            ids=ids,
            labels=tuple(self._label(file, sorted(events), len(classes)) for file, events in found.items()),
            load=lambda index: read_bytes(files[index], self.max_bytes),
            fingerprint=hash_of_names(ids, files, hash_of(table)),
            classes=classes,
        )

    def _label(self, file: Path, events: list[Event], known: int) -> list[Event] | Array:
        if self.frame_rate is None:
            return events
        count = self.class_count or known
        if not count:
            raise DataError(f"{file}: how many classes has a frame? Say it with --set data.source.class_count=...")
        shape = (_frame(_seconds(file), self.frame_rate), count)
        check_fits(math.prod(shape), f"{file}: its frames of labels", DataError)
        frames = np.zeros(shape, np.uint8)
        for onset, offset, index in events:
            if index >= count:
                raise DataError(f"{file}: an event of class index {index}, but data.source.class_count is {count}")
            frames[_frame(onset, self.frame_rate) : _frame(offset, self.frame_rate), index] = 1
        return frames

    def _index(self, row: _Row, place_of: Mapping[str, int]) -> int:
        if place_of:
            return place_of[row.label]
        index = int(row.label) - self.first_class
        if index < 0:
            raise DataError(f"{row.where}: class {row.label} is below data.source.first_class {self.first_class}")
        return index


class _Row:
    """A line of the table."""

    def __init__(self, where: str, cells: Sequence[str], root: Path) -> None:
        self.where = where
        self.file = confined(root, cells[0], where)
        self.label = cells[3].strip()
        try:
            self.onset, self.offset = float(cells[1]), float(cells[2])
        except ValueError:
            raise DataError(
                f"{where}: onset and offset are seconds, not {quoted(cells[1])} and {quoted(cells[2])}"
            ) from None
        if not (0 <= self.onset < self.offset < math.inf):
            given = shortened(f"{cells[1]} to {cells[2]}")
            raise DataError(f"{where}: an event begins at 0 or later and ends after that, not {given}")
        if not 0 < len(self.label) <= LONGEST:
            raise DataError(f"{where}: the class is {'too long' if self.label else 'empty'}")


def _frame(seconds: float, rate: float) -> int:
    """The first frame at this time or later. The product of a frame's own time and the rate may exceed it by rounding:
    64.224 * 31.25 is a little more than 2007."""
    return math.ceil(seconds * rate - ROUNDING)


def _seconds(file: Path) -> float:
    """A recording's length, from its header alone."""
    soundfile = optional("soundfile", f"{file}: reading its length needs soundfile", "audio")
    try:
        return float(soundfile.info(str(file_at(file, "recording"))).duration)
    except (OSError, RuntimeError) as error:
        raise DataError(f"{file}: not a readable recording: {str(error).splitlines()[0]}") from None
