"""Contents of files: bytes, text, tables, and fingerprints of them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ovopt.errors import DataError


def read_bytes(file: Path) -> bytes:
    """Bytes of a file. Raises DataError where it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from None


def read_text(file: Path) -> str:
    """Text of a file, without the mark that UTF-8 files may begin with. Raises DataError where it is none."""
    try:
        return read_bytes(file).decode("utf-8-sig")
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
            if row and place == 0 and (file.parent / row[0]).is_file():
                raise DataError(f"{where}: the first line names a sample; write a header such as {','.join(columns)}")
            if row and place:
                yield where, row
    except csv.Error as error:
        raise DataError(f"{file}:{rows.line_num}: not readable as a table: {error}") from None


def hash_of(file: Path) -> str:
    """SHA-256 of a file's bytes, a block at a time. Raises DataError where it cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from None


def hash_of_names(ids: Sequence[str], files: Sequence[Path], *more: str) -> str:
    """SHA-256 of many files' names and sizes, and of `more` that tells two data sets apart. Raises DataError where a
    file is gone."""
    digest = hashlib.sha256()
    for name, file in zip(ids, files, strict=True):
        digest.update(f"{name}\0{_size(file)}\0".encode(errors="surrogateescape"))
    for text in more:
        digest.update(f"{text}\0".encode())
    return digest.hexdigest()


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from None
