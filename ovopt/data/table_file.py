"""The file of a table, looked at before a library reads it: on what is none, libraries crash or work without end."""

from __future__ import annotations

import csv
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from ovopt.data.content import file_at, read_text
from ovopt.errors import DataError, quoted, shortened
from ovopt.given_file import beyond, open_file
from ovopt.model.ports.extent import check_fits
from ovopt.units import a_few

MARK = b"\xef\xbb\xbf"
"""What a UTF-8 file may begin with."""
DEEPEST = 100
"""Levels of lists and objects in a row of JSON: pyarrow reads them by recursion."""
OPENING, BRACKETS, STRING = b"[{", re.compile(rb"[\[\]{}]"), re.compile(rb'"(?:[^"\\]|\\.)*"')
KEY = "data.source.max_bytes"
SPACE = re.compile(r"\s*")
ROWS_OF_KEYS = (".json", ".jsonl")
"""Suffixes of files whose rows name their columns themselves."""
LOOKED_AT = 20
"""Rows of these, whose keys are looked at."""
WANTED = "not a row: a row of JSON is an object, on a line of its own or in a list"


@dataclass(frozen=True)
class TableLimits:
    """The most that a table may hold. `bytes` are those of a line."""

    columns: int
    rows: int
    bytes: int


def check_table(file: Path, limits: TableLimits) -> None:
    """Raises DataError where a file is not regular, not of the kind that its suffix says, or holds more than the
    limits."""
    file_at(file, "data file")
    check = CHECKS.get(file.suffix.lower())
    columns, rows = check(file, limits) if check else (0, 0)
    check_most(columns, limits.columns, "columns", file)
    check_most(rows, limits.rows, "rows", file)


def holds_rows(file: Path) -> bool:
    """Tell a file of separated values that has more than a header; any other file holds some."""
    if file.suffix.lower() not in (".csv", ".tsv"):
        return True
    with open_file(file, DataError) as stream:
        return sum(1 for _ in islice(filter(bytes.strip, stream), 2)) > 1


def check_columns(files: Sequence[Path], separator: str, encoding: str) -> None:
    """Raises DataError where the files of one table differ in their columns, as far as these stand at the beginning of
    a file. Rows of JSON may leave out some."""
    first = _names_in(files[0], separator, encoding) if len(files) > 1 else None
    for file in files[1:] if first else ():
        names = _names_in(file, separator, encoding)
        more, less = sorted(set(names) - set(first or ())), sorted(set(first or ()) - set(names))
        if (more and less) or ((more or less) and file.suffix.lower() not in ROWS_OF_KEYS):
            raise DataError(
                f"{file}: other columns than {files[0].name} has, which differ in "
                f"{a_few(map(repr, sorted(more + less)))}; give files of the same columns"
            )


def _names_in(file: Path, separator: str, encoding: str) -> list[str]:
    """Names of a file's columns; none where it has to be read as a whole."""
    match file.suffix.lower():
        case ".parquet":
            from pyarrow import parquet

            return list(parquet.read_schema(file).names)
        case ".csv" | ".tsv":
            with file.open(encoding=encoding, errors="replace", newline="") as stream:
                header = next(csv.reader(stream, delimiter=separator), [])
            return [name.removeprefix("\ufeff") for name in header]
        case ".json" | ".jsonl":
            with open_file(file, DataError) as stream:
                return list(dict.fromkeys(key for line in islice(stream, LOOKED_AT) for key in _keys_of(line)))
    return []


def check_most(count: int, most: int, what: str, said: object) -> None:
    """Raises DataError where there are more of the columns, or rows, than the recipe says."""
    if count > most:
        raise DataError(f"{said}: {beyond(count, what, f'data.source.max_{what}', most)}")


def _separated(separator: bytes, file: Path, limits: TableLimits) -> tuple[int, int]:
    return next((line.count(separator) + 1 for _, line in _lines(file, limits)), 0), 0


def _parquet(file: Path, limits: TableLimits) -> tuple[int, int]:
    """A few bytes may stand for any number of values."""
    from pyarrow import parquet

    try:
        found = parquet.read_metadata(file)
    except Exception as error:  # pyarrow raises errors of every kind on files that are not its own
        raise DataError(f"{file}: not a readable .parquet file: {_first_line(error)}") from None
    groups = [found.row_group(place) for place in range(found.num_row_groups)]
    values = [group.column(column).num_values for group in groups for column in range(group.num_columns)]
    check_fits(max(values, default=0), f"{file}: a column", DataError)  # a byte for each value at the least
    return found.num_columns, found.num_rows


def _tar(file: Path, limits: TableLimits) -> tuple[int, int]:
    """A member may say that it is longer than the file."""
    try:
        with tarfile.open(file, "r:") as archive:
            for member in archive:
                if member.issparse():
                    raise DataError(f"{file}: {quoted(member.name)} in it is sparse; write it as a plain file")
                if member.size > limits.bytes:
                    why = beyond(member.size, "bytes", KEY, limits.bytes)
                    raise DataError(f"{file}: {quoted(member.name)} in it: {why}")
    except (OSError, tarfile.TarError) as error:
        raise DataError(f"{file}: not a readable .tar file: {_first_line(error)}") from None
    return 0, 0


def _arrow(file: Path, limits: TableLimits) -> tuple[int, int]:
    """Every offset is checked: pyarrow follows them wherever they lead."""
    import pyarrow

    try:
        with pyarrow.memory_map(str(file)) as source:
            table = _arrow_table(source)
            table.validate(full=True)
            return table.num_columns, table.num_rows
    except Exception as error:
        raise DataError(f"{file}: not a readable .arrow file: {_first_line(error)}") from None


def _arrow_table(source: Any) -> Any:
    """A stream, or a file with an index at its end."""
    from pyarrow import ArrowInvalid, ipc

    try:
        return ipc.open_stream(source).read_all()
    except ArrowInvalid:
        source.seek(0)
        return ipc.open_file(source).read_all()


def _json(file: Path, limits: TableLimits) -> tuple[int, int]:
    """Objects on lines of their own; anything else is read as a whole."""
    columns = rows = 0
    for number, line in _lines(file, limits):
        if not (line.startswith(b"{") and line.endswith(b"}")):
            return _json_document(file, limits, f"{file}:{number}")
        if len(line) > DEEPEST:
            _check_depth(line, file, number)
        columns, rows = columns or _keys(line), rows + 1
    return columns, rows


def _json_document(file: Path, limits: TableLimits, place: str) -> tuple[int, int]:
    """A list of objects, or one object after another. `place` is the line that does not hold one by itself."""
    text = read_text(file, limits.bytes)
    _check_depth(text.encode(), file)
    try:
        values = list(_values(text))
    except (ValueError, RecursionError):
        raise DataError(f"{place}: {WANTED}") from None
    rows = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{place}: {WANTED}")
    return max(map(len, rows), default=0), len(rows)


def _values(text: str) -> Iterator[Any]:
    decoder, rest = json.JSONDecoder(), text.strip()
    place = 0
    while place < len(rest):
        value, place = decoder.raw_decode(rest, place)
        yield value
        place = SPACE.match(rest, place).end()  # type: ignore[union-attr]  # it matches nothing, too


def _keys(line: bytes) -> int:
    """None in what is no object: the library that reads it says so."""
    try:
        return len(json.loads(line))
    except (ValueError, RecursionError):
        return 0


def _keys_of(line: bytes) -> list[str]:
    """Keys of a row; none of what is no object on a line of its own."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return []
    return list(row) if isinstance(row, dict) else []


def _check_depth(text: bytes, file: Path, number: int | None = None) -> None:
    if text.count(b"[") + text.count(b"{") > DEEPEST:
        brackets = BRACKETS.findall(STRING.sub(b"", text))
        depth = max(accumulate(1 if bracket in OPENING else -1 for bracket in brackets), default=0)
        if depth > DEEPEST:
            place = file if number is None else f"{file}:{number}"
            raise DataError(f"{place}: {depth:,} lists and objects inside each other, at most {DEEPEST} are read")


def _lines(file: Path, limits: TableLimits) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, and their numbers."""
    with open_file(file, DataError) as stream:
        for number, line in enumerate(iter(partial(stream.readline, limits.bytes + 1), b""), start=1):
            if len(line) > limits.bytes:
                raise DataError(f"{file}:{number}: a line of {beyond(len(line), 'bytes or more', KEY, limits.bytes)}")
            if found := (line.removeprefix(MARK) if number == 1 else line).strip():
                yield number, found


def _first_line(error: Exception) -> str:
    return shortened(next(iter(str(error).splitlines()), "")) or type(error).__name__


CHECKS: Mapping[str, Callable[[Path, TableLimits], tuple[int, int]]] = {
    ".csv": partial(_separated, b","),
    ".tsv": partial(_separated, b"\t"),
    ".json": _json,
    ".jsonl": _json,
    ".parquet": _parquet,
    ".arrow": _arrow,
    ".tar": _tar,
}
"""The numbers of columns and rows, as far as they can be had, by a file's suffix. They raise DataError where it is not
what the suffix says."""
