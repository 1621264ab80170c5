"""Films: single frames of them, or clips of several."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.contracts import DataSource, Parts, Samples
from ovopt.data.content import file_at, hash_of, hash_of_names, read_table
from ovopt.data.film import FILMS, frame_count, frames_of
from ovopt.data.images import files_below
from ovopt.errors import DataError, quoted
from ovopt.locate import confined, expand, shown
from ovopt.records import Port
from ovopt.units import a_few

LOOKED_AT = 100
"""Files of a folder that tell if it holds films."""
BESIDE = frozenset({".csv", ".json", ".md", ".tsv", ".txt"})
"""Suffixes of files that may lie beside films."""


class Video(DataSource):
    """Films, in a folder or one alone. A sample is one of every so many frames: uint8 [height, width, 3] in RGB; or,
    with `clip`, so many frames as parts, of which the transform `stack` makes one array.

    A label is the first folder below `path`, or that of a table: of each film (file, label), or of single frames, which
    alone are samples then (file, frame, label). Frames of one film belong together: `data.group: film` keeps them on
    one side of a split. Needs the extra `video`.
    """

    name: ClassVar[str] = "video"
    layout: ClassVar[str] = "films"
    priority: ClassVar[int] = 15
    path: str = Field(description="a folder of films, or one film")
    every: int | None = Field(
        default=None,
        gt=0,
        description="frames from the beginning of one sample to that of the next; default: 30, or the length of a clip",
    )
    clip: int | None = Field(default=None, gt=0, le=1024, description="frames of a sample; default: one, not as parts")
    stride: int = Field(default=1, gt=0, description="frames from one to the next within a clip")
    clips: int | None = Field(
        default=None, gt=0, description="samples of each film, spread evenly over it; one is in its middle"
    )
    label: Literal["folder", "none"] = Field(
        default="folder", description="where the label comes from, where there is no table"
    )
    labels: str | None = Field(
        default=None,
        description="a .csv or .tsv table in the folder, with a header: file and label, or file, frame, label",
    )

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A film, or a folder in which nothing but films and texts lie."""
        place = expand(path)
        if place.is_dir():
            suffixes = {file.suffix.lower() for file in islice(_walked(place), LOOKED_AT)}
            return bool(suffixes & FILMS) and suffixes <= FILMS | BESIDE
        return place.suffix.lower() in FILMS

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all films. Raises DataError where there are none, or the table does not fit them."""
        place = expand(self.path)
        root = place if place.is_dir() else file_at(place, "film").parent
        films = files_below(place, FILMS) if place.is_dir() else [place]
        if not films:
            raise DataError(f"{place}: holds no films ({', '.join(sorted(FILMS))})")
        table = self._table(root, films) if self.labels else {}
        takes = [take for film in films for take in self._takes(film, root, table)]
        if not takes:
            raise DataError(f"{root / (self.labels or '')}: names none of the films")
        names = [shown(take.film.relative_to(root)) for take in takes]
        ids = tuple(f"{name}@{take.start}" for name, take in zip(names, takes, strict=True))
        labels = [take.label for take in takes]
        return Samples(
            source=str(place),
            ids=ids,
            labels=None if all(label is None for label in labels) else tuple(labels),
            load=lambda index: takes[index].content(),
            fingerprint=hash_of_names(
                [shown(film.relative_to(root)) for film in films],
                films,
                f"{self.every} {self.clip} {self.stride} {self.clips}",
                *([hash_of(root / self.labels)] if self.labels else []),
            ),
            columns={"film": lambda: names},
        )

    def _table(self, root: Path, films: Sequence[Path]) -> Mapping[Path, Mapping[int | None, str]]:
        """Film -> frame (None: all of it) -> label."""
        table = file_at(confined(root, self.labels or "", "data.source.labels"), "table of labels")
        found: dict[Path, dict[int | None, str]] = {}
        for where, cells in read_table(table, ("file", "label")):
            film = confined(root, cells[0], where)
            frame = _number(cells[1], where) if len(cells) > 2 else None
            known = found.setdefault(film, {})
            if frame in known or (known and (None in known) != (frame is None)):
                raise DataError(f"{where}: {cells[0]} has a label already")
            known[frame] = cells[2 if len(cells) > 2 else 1].strip()
        if missing := sorted(found.keys() - set(films)):
            raise DataError(f"{table}: {len(missing)} of its films are missing: {a_few(missing)}")
        return found

    def _takes(self, film: Path, root: Path, table: Mapping[Path, Mapping[int | None, str]]) -> Iterator[_Take]:
        if self.labels and film not in table:
            return
        said: Mapping[int | None, str | None] = table.get(film, {None: self._folder(film, root)})
        steps = [step * self.stride for step in range(self.clip or 1)]
        if frames := sorted(frame for frame in said if frame is not None):
            yield from (_Take(film, frame, steps, said[frame], bool(self.clip)) for frame in frames)
            return
        for start in self._starts(film, steps[-1] + 1):
            yield _Take(film, start, steps, said[None], bool(self.clip))

    def _starts(self, film: Path, length: int) -> Sequence[int]:
        """The first frames of a film's samples. Of a film that cannot be read it is the first, which then says so."""
        try:
            last = max(0, frame_count(film) - length)
        except DataError:
            return [0]
        if self.clips == 1:
            return [last // 2]
        if self.clips:
            return list(dict.fromkeys(np.linspace(0, last, self.clips).astype(int).tolist()))
        return range(0, last + 1, self.every or (length if self.clip else 30))

    def _folder(self, film: Path, root: Path) -> str | None:
        inside = film.relative_to(root).parts
        return inside[0] if self.label == "folder" and len(inside) > 1 else None


@dataclass(frozen=True)
class _Take:
    """Frames of a film that make a sample: those so many `steps` behind its `start`."""

    film: Path
    start: int
    steps: Sequence[int]
    label: str | None
    as_parts: bool

    def content(self) -> Any:
        """One frame [height, width, 3], or several as parts; the last one again and again behind the end of a film."""
        last = self.start + self.steps[-1]
        if self.as_parts and last > self.start:
            last = min(last, max(self.start, frame_count(self.film) - 1))
        frames = frames_of(self.film, [min(self.start + step, last) for step in self.steps])
        return Parts(frames) if self.as_parts else frames[0]


def _number(cell: str, where: str) -> int:
    if not cell.strip().isdecimal():
        raise DataError(f"{where}: the frame is a number from 0 on, not {quoted(cell)}")
    return int(cell)


def _walked(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))
