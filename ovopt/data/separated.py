"""Form of a file of separated values: its separator, its decimal mark, its encoding."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ovopt.errors import DataError
from ovopt.given_file import open_file
from ovopt.units import a_few

SEPARATORS = {".csv": ",;\t|", ".tsv": "\t,;|"}
"""By suffix, the likeliest first."""
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LOOKED_AT, ROWS = 64 << 10, 50
"""Bytes and rows at the beginning of a file, which tell how all of it is written."""
WITH_COMMA, WITH_POINT = (re.compile(rf"[+-]?\d*[{mark}]\d+(e[+-]?\d+)?", re.IGNORECASE) for mark in ",.")
MISSING = ("", "NA", "N/A", "n/a", "nan", "NaN", "-nan", "-NaN", "null", "NULL", "None", "<NA>", "#N/A", "?")
"""What stands for nothing in a column of numbers."""
WIDE = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
"""What a file may begin with, and the encoding that it tells."""


@dataclass(frozen=True)
class Written:
    """The form of a file of separated values; None for what the file itself tells."""

    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    columns: Mapping[str, bool] = field(default_factory=dict, compare=False)
    """Name of each column, and whether it holds numbers."""
    headed: bool = True
    """False where the first line is a row."""
    spaced: bool = False
    """True where a space follows every separator."""

    @property
    def arguments(self) -> dict[str, Any]:
        """As `pandas.read_csv` takes them. In a column of texts, `NA` or `None` are texts; nothing is nothing."""
        named = {"sep": self.separator, "decimal": self.decimal, "encoding": self.encoding}
        missing = {name: MISSING if is_number else ("",) for name, is_number in self.columns.items()}
        return {
            **{name: value for name, value in named.items() if value is not None},
            **(
                {"na_values": {name: [*values] for name, values in missing.items()}, "keep_default_na": False}
                if missing
                else {}
            ),
            **({} if self.headed else {"names": [*self.columns]}),
            **({"skipinitialspace": True} if self.spaced else {}),
        }

    def differs(self, file: Path, said: Written) -> str:
        """Words for what is not as usual, and that the recipe does not say; empty where nothing is."""
        usual = SEPARATORS.get(file.suffix.lower(), ",")[0]
        signs = [
            f"{NAMES.get(self.separator or '', repr(self.separator))} between columns" * (self.separator != usual),
            "a decimal comma" * (self.decimal == ","),
        ]
        given = (said.separator, said.decimal)
        told = [sign for sign, one in zip(signs, given, strict=True) if sign and one is None]
        encoding = f"as {self.encoding}" if self.encoding != "utf-8" and said.encoding is None else ""
        names = "" if self.headed else f"without a header, with columns called {a_few(self.columns, 2)}"
        return ", ".join(filter(None, [f"with {' and '.join(told)}" if told else "", encoding, names]))


def written(file: Path, said: Written) -> Written:
    """The form of a .csv or .tsv file, as far as the recipe has not said it. Raises DataError where it cannot be
    read."""
    with open_file(file, DataError) as stream:
        content = stream.read(LOOKED_AT)
    encoding = said.encoding or next((name for mark, name in WIDE if content.startswith(mark)), "utf-8")
    text = content.decode(encoding, errors="replace").removeprefix("\ufeff")
    lines = text.splitlines(keepends=True)
    whole = lines[:-1] if len(content) == LOOKED_AT and len(lines) > 1 else lines
    likeliest = SEPARATORS.get(file.suffix.lower(), SEPARATORS[".csv"])
    separator = said.separator or next((one for one in likeliest if _divides(whole, one)), likeliest[0])
    decimal = said.decimal or ("," if separator != "," and _with_decimal_comma(whole, separator) else ".")
    rows = _rows(whole, separator)
    headed = not rows or not _is_row(rows[0], decimal)
    names = rows[0] if rows and headed else [f"column_{place}" for place in range(1, len(rows[0]) + 1)] if rows else []
    spaced = len(names) > 1 and all(row[1:] and all(cell.startswith(" ") for cell in row[1:]) for row in rows)
    cells = zip(*rows[headed:], strict=False) if len(rows) > headed else ((),) * len(names)
    numbers = [_are_numbers(column, decimal) for column in cells]
    columns = {name.strip() if spaced else name: number for name, number in zip(names, numbers, strict=False)}
    return Written(separator, decimal, encoding, columns, headed, spaced)


def not_text_in(file: Path, encoding: str = "utf-8") -> int | None:
    """The first line that is not text in this encoding; None where all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with open_file(file, DataError) as stream:
        for number, line in enumerate(stream, start=1):
            try:
                decoder.decode(line)
            except UnicodeDecodeError:
                return number
    return None


def _divides(lines: Sequence[str], separator: str) -> bool:
    """Tell a separator that makes several cells of every row, as many as of the first."""
    counts = {len(row) for row in _rows(lines, separator)}
    return len(counts) == 1 and max(counts) > 1


def _with_decimal_comma(lines: Sequence[str], separator: str) -> bool:
    cells = [cell.strip() for row in _rows(lines, separator) for cell in row]
    return any(map(WITH_COMMA.fullmatch, cells)) and not any(map(WITH_POINT.fullmatch, cells))


def _is_row(first: Sequence[str], decimal: str) -> bool:
    """Tell a first line of values from one of names: it holds a number with a decimal mark, or a number twice."""
    fractions = WITH_COMMA if decimal == "," else WITH_POINT
    numbers = [cell.strip() for cell in first if _is_number(cell, decimal)]
    return any(map(fractions.fullmatch, numbers)) or len(set(numbers)) < len(numbers)


def _are_numbers(cells: Sequence[str], decimal: str) -> bool:
    """Tell a column of numbers, where some may be missing."""
    there = [cell for cell in cells if cell.strip() not in MISSING]
    return all(_is_number(cell, decimal) for cell in there)


def _is_number(cell: str, decimal: str) -> bool:
    try:
        float(cell.replace(decimal, "."))
    except ValueError:
        return False
    return True


def _rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    """None where they are no rows of this separator."""
    try:
        rows = [row for row in csv.reader(lines, delimiter=separator, strict=True) if row]
    except csv.Error:
        return []
    return rows[:ROWS]
