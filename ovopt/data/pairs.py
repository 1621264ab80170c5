"""Pairs of samples: how many are to be made, or a file that lists them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import Field, model_validator

from ovopt.data.content import read_text
from ovopt.errors import DataError, quoted
from ovopt.locate import expand
from ovopt.records import Record

YES, NO = ("1", "true", "yes", "same"), ("0", "false", "no", "different")
"""What says of a pair that both are of one kind, or that they are not."""
WORDS = (YES[-1], NO[-1])
"""Those of them that may stand in a header, too."""


class Pairs(Record):
    """Pairs of samples, each of which the model embeds by itself. Labels of the samples say who or what is on them; a
    pair's label is 1 where they are the same, and 0 where not.

    Pairs are drawn from the identities evenly. Those of one split share no identity with those of another; pairs of a
    file do so where all hang together. Identities that a file does not name calibrate.
    """

    same: int | None = Field(
        default=None,
        ge=0,
        description="how many pairs of one identity, altogether; of data that bring splits, of each of these",
    )
    different: int | None = Field(default=None, ge=0, description="how many pairs of two identities")
    file: str | None = Field(
        default=None,
        description="a file that lists them: two samples and 1 or 0 on each line, with commas, tabs or spaces between, "
        "or `pairs.txt` of LFW. Samples are called by their ids, with or without folders and suffixes",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Pairs:
        counts = self.same is not None and self.different is not None
        if counts == (self.file is not None) or (self.same is None) != (self.different is None):
            raise ValueError("give `same` and `different`, or a `file`")
        if counts and not (self.same or self.different):
            raise ValueError("`same` and `different` are both 0")
        return self


class Listed(NamedTuple):
    """A line of a file of pairs: two names of samples, and if they are of one identity."""

    where: str
    first: str
    second: str
    same: bool
    in_words: bool = False
    """Whether that stands there as `same` or `different`."""


def listed_pairs(file: str) -> Sequence[Listed]:
    """Pairs that a file lists, below a header or not. Raises DataError where a line is none, or there is no such
    file."""
    path = expand(file)
    found: list[Listed] = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        pair = _pair(f"{path}:{number}", _cells(line)) if line.strip() else None
        if pair is not None:
            found.append(pair)
        elif line.strip() and number > 1:
            raise DataError(f"{path}:{number}: {quoted(line.strip())} is no pair: two samples, and 1 (the same) or 0")
    if found and found[0].in_words and not any(pair.in_words for pair in found[1:]):
        del found[0]  # a column is called so
    if not found:
        raise DataError(f"{path}: lists no pairs: two samples on each line, and 1 (the same) or 0")
    return found


def _cells(line: str) -> Sequence[str]:
    separator = next((mark for mark in (",", "\t") if mark in line), None)
    if separator is None:
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]


def _pair(where: str, cells: Sequence[str]) -> Listed | None:
    """The pair of a line; None where it is none."""
    numbers = [int(cell) for cell in cells if cell.isdecimal()]
    if len(cells) == 3 and len(set(numbers)) == 2 and min(numbers) > 0 and not cells[0].isdecimal():
        return Listed(where, _lfw(cells[0], numbers[0]), _lfw(cells[0], numbers[1]), True)
    if len(cells) == 4 and len(numbers) == 2 and cells[1].isdecimal() and cells[3].isdecimal():
        return Listed(where, _lfw(cells[0], numbers[0]), _lfw(cells[2], numbers[1]), False)
    for place in (2, 0):  # trials of VoxCeleb have it first
        if len(cells) == 3 and _said(cells[place]):
            first, second = (cell for at, cell in enumerate(cells) if at != place)
            said = cells[place].lower()
            return Listed(where, first, second, said in YES, said in WORDS)
    return None


def _said(cell: str) -> bool:
    return cell.lower() in (*YES, *NO)


def _lfw(name: str, number: int) -> str:
    """The file of a person's image, without suffix."""
    return f"{name}_{number:04d}"
