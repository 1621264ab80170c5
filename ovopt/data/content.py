"""Contents of files: bytes, text, tables, and fingerprints of them."""

from __future__ import annotations

import csv
import hashlib
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ovopt.errors import DataError
from ovopt.given_file import LARGEST, check_file, open_file, read_file

LOG = logging.getLogger("ovopt")


def _known_encoding(name: str) -> str:
    try:
        "a".encode(name)
    except LookupError:
        raise ValueError(f"{name!r} is no encoding; known are utf-8, latin-1, cp1252, utf-16 ...") from None
    return name


Encoding = Annotated[str, AfterValidator(_known_encoding)]
MaxBytes = Annotated[int, Field(gt=0, description="a larger file is refused")]
"""A source's key for it, which messages about such a file name."""


@cache
def say(remark: str) -> None:
    """Log what a reader should know of how data are read, once."""
    LOG.warning(remark)


def file_at(file: Path, what: str) -> Path:
    """The file. Raises DataError where there is no such one, or it is not regular; `what` names it in messages."""
    return check_file(file, what, DataError)


def folder_at(folder: Path, what: str = "folder") -> Path:
    """The folder. Raises DataError where there is no such one; `what` names it in messages."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such {what}")
    return folder


def read_bytes(file: Path, limit: int = LARGEST) -> bytes:
    """Bytes of a file. Raises DataError where it is not regular, cannot be read, or has more of them than `limit`."""
    return read_file(file, DataError, limit, "data.source.max_bytes")


def read_text(file: Path, limit: int = LARGEST) -> str:
    """Text of a file, without the mark that UTF-8 files may begin with. Raises DataError where it is none, and as
    `read_bytes`."""
    try:
        return read_bytes(file, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: not UTF-8 text (byte {error.start})") from None


def read_table(file: Path, columns: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Rows of a .csv or .tsv file below its header, each as `file:line` and its cells. The first of the named `columns`
    holds files below the table's folder. Raises DataError where a row has fewer cells than `columns`, there is no
    header, or the file cannot be read.
    """
    lines = read_text(file).splitlines(keepends=True)
    rows = csv.reader(lines, delimiter="\t" if file.suffix.lower() == ".tsv" else ",", strict=True)
    try:
        for place, row in enumerate(rows):
            where = f"{file}:{rows.line_num}"
            if row and len(row) < len(columns):
                raise DataError(f"{where}: {len(row)} columns, not {len(columns)} ({', '.join(columns)})")
            if row and place == 0 and os.path.isfile(file.parent / row[0]):
                raise DataError(f"{where}: the first line names a sample; write a header such as {','.join(columns)}")
            if row and place:
                yield where, row
    except csv.Error as error:
        raise DataError(f"{file}:{rows.line_num}: not readable as a table: {error}") from None


def hash_of(file: Path) -> str:
    """SHA-256 of a file's bytes, a block at a time. Raises DataError where it cannot be read."""
    with open_file(file, DataError) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_of_names(ids: Sequence[str], files: Sequence[Path], *more: str) -> str:
    """SHA-256 of many files' names and sizes, and of `more` that tells two data sets apart. Raises DataError where a
    file is gone."""
    digest = hashlib.sha256()
    for name, file in zip(ids, files, strict=True):
        try:
            digest.update(f"{name}\0{file.stat().st_size}\0".encode(errors="surrogateescape"))
        except OSError as error:
            raise DataError(f"{file}: cannot be read: {error.strerror}") from None
    for text in more:
        digest.update(f"{text}\0".encode())
    return digest.hexdigest()


def samples_first(labels: Any, count: int) -> Any:
    """Labels [samples, ...] of labels that stand the other way round, [1, samples] or [classes, samples]; all others as
    they are."""
    shape: Any = getattr(labels, "shape", ())
    return labels.T if len(shape) == 2 and shape[0] != count == shape[1] else labels


def common_length(arrays: Mapping[str, Any], said: str) -> int:
    """Number of samples along the first axis of each of these arrays. Raises DataError, which begins with `said`, where
    they differ in it."""
    lengths = {name: len(array) if getattr(array, "ndim", 1) else 0 for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise DataError(f"{said}: the arrays differ in their number of samples ({told})")
    return next(iter(lengths.values()), 0)
