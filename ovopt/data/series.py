"""Series over time: windows of what came before and what came next."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, BadLabel, DataSource, Future, Samples
from ovopt.data.content import MaxBytes, hash_of
from ovopt.data.separated import Written, written
from ovopt.data.table_file import TableLimits, check_table
from ovopt.errors import DataError, did_you_mean
from ovopt.given_file import LARGEST
from ovopt.locate import expand
from ovopt.records import Port

TIMES = ("time", "timestamp", "date", "datetime", "ds")
"""What columns of times are called."""
NAMES = ("unique_id", "item_id", "series_id")
"""What columns that tell series apart are called."""
SUFFIXES = (".csv", ".tsv", ".parquet")
PARTS = ("train", "val", "test")
Share = float | int


class Series(DataSource):
    """A table with a row for each time, oldest first or with a column of times: one series in each column of numbers,
    or many, one below the other, told apart by a column.

    A sample is the window of `context` times before a moment: float32 [context], or [context, columns] of several
    columns. Its label is the `horizon` times from that moment on, of the same columns. Windows are never shuffled: the
    last times of every series are `test`, those before `val`, and all before those `train`, the splits of its own; no
    horizon reaches from one into the next.
    """

    name: ClassVar[str] = "series"
    path: str = Field(description=f"the table: {', '.join(SUFFIXES)}")
    context: int | None = Field(
        default=None, gt=0, description="times that the model sees; default: as many as its input takes"
    )
    horizon: int | None = Field(default=None, gt=0, description="times that it foretells; must be given")
    step: int | None = Field(
        default=None, gt=0, description="times from one window to the next; default: the horizon, so that none overlap"
    )
    time: str | None = Field(default=None, description=f"the column of times; default: {', '.join(TIMES)}, or none")
    series: str | None = Field(
        default=None, description=f"the column that tells series apart; default: {', '.join(NAMES)}, or none"
    )
    values: str | tuple[str, ...] | None = Field(
        default=None, description="the columns of values; default: all others that hold numbers"
    )
    val: Share = Field(default=0.1, ge=0, description="the share of times, or how many, that are `val`")
    test: Share = Field(default=0.2, ge=0, description="the share of times, or how many, that are `test`")
    season: int = Field(default=1, gt=0, description="times of a season, by whose changes `mase` divides: 24 of hours")
    standardize: bool = Field(
        default=False, description="subtract the mean and divide by the deviation of each series' training times"
    )
    max_bytes: MaxBytes = LARGEST
    max_columns: int = Field(default=10_000, gt=0, description="a table of more columns is refused")
    max_rows: int = Field(default=10_000_000, gt=0, description="a table of more rows is refused")

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all windows. Raises DataError where the table lacks a column, or no series is long enough."""
        file = expand(self.path)
        check_table(file, TableLimits(self.max_columns, self.max_rows, self.max_bytes))
        if file.suffix.lower() not in SUFFIXES:
            raise DataError(f"{file}: a series is read from {', '.join(SUFFIXES)}")
        table = _Columns(_read(file), file)
        histories = list(self._histories(table))
        context, horizon = self._lengths(histories[0].values.shape[1:] if histories else (), inputs, file)
        windows = [window for history in histories for window in self._windows(history, context, horizon)]
        if not windows:
            longest = max((len(history.values) for history in histories), default=0)
            raise DataError(
                f"{file}: no series has a window of {context} and {horizon} times; the longest has {longest}"
            )

        def load(index: int) -> Array:
            content = windows[index].seen(context)
            if not np.isfinite(content).all():
                raise DataError(f"{windows[index].name}: a value is missing among the {context} times before")
            return content.astype(np.float32)

        return Samples(
            source=str(file),
            ids=tuple(window.name for window in windows),
            labels=tuple(window.label(horizon) for window in windows),
            load=load,
            fingerprint=hash_of(file),
            splits=tuple(window.part for window in windows),
            columns={"series": lambda: [window.history.name for window in windows]},
        )

    def _histories(self, table: _Columns) -> Iterator[_History]:
        time = table.named(self.time, TIMES, "time")
        apart = table.named(self.series, NAMES, "series")
        listed = (self.values,) if isinstance(self.values, str) else self.values
        values = table.numbers(listed, {time, apart})
        for name, rows in table.by(apart):
            order = rows if time is None else rows[np.argsort(table.times(time)[rows], kind="stable")]
            moments = order if time is None else table.texts(time)[order]
            history = _History(name, values[order], moments, self._borders(len(order)), self.season)
            yield history.standardized() if self.standardize else history

    def _borders(self, count: int) -> tuple[int, int]:
        """The first times of `val` and of `test` among so many."""
        val, test = (math.ceil(x * count) if isinstance(x, float) else x for x in (self.val, self.test))
        return max(0, count - test - val), max(0, count - test)

    def _lengths(self, columns: Sequence[int], inputs: Sequence[Port], file: Path) -> tuple[int, int]:
        """Times that the model sees and foretells. Raises DataError where neither recipe nor model tells them."""
        context = self.context or _context(inputs, columns)
        for key, given, what in (("context", context, "sees"), ("horizon", self.horizon, "foretells")):
            if given is None:
                raise DataError(f"{file}: --set data.source.{key}=... says how many times the model {what}")
        return context or 0, self.horizon or 0

    def _windows(self, history: _History, context: int, horizon: int) -> Iterator[_Window]:
        ends = (*history.borders, len(history.values))
        for part, begin, end in zip(PARTS, (0, *history.borders), ends, strict=True):
            for moment in range(max(begin, context), end - horizon + 1, self.step or horizon):
                yield _Window(history, moment, part)


@dataclass(frozen=True)
class _History:
    """One series: values [times] or [times, columns], the names of its times, and where `val` and `test` begin."""

    name: str
    values: Array
    moments: Array
    borders: tuple[int, int]
    season: int

    def standardized(self) -> _History:
        """The same with mean 0 and deviation 1 before `val` begins."""
        trained = self.values[: self.borders[0]]
        if not len(trained):
            raise DataError(f"{self.name or 'the series'}: has no training times to standardize by; lower val or test")
        mean, deviation = np.nanmean(trained, axis=0), np.nanstd(trained, axis=0)
        values = (self.values - mean) / np.where(deviation > 0, deviation, 1)
        return _History(self.name, values, self.moments, self.borders, self.season)

    @cached_property
    def _changes(self) -> tuple[Array, Array]:
        """Sums of the changes from season to season up to each time [times + 1, ...], and how many they are."""
        changes = np.abs(self.values[self.season :] - self.values[: -self.season])
        known = np.isfinite(changes)
        start = np.zeros((self.season + 1, *self.values.shape[1:]))
        sums, counts = (np.cumsum(side, axis=0, dtype=np.float64) for side in (np.where(known, changes, 0), known))
        return np.concatenate([start, sums]), np.concatenate([start, counts])

    def change(self, moment: int) -> Array:
        """Mean absolute change from season to season before a moment, [] or [columns]; 0 where there is none."""
        sums, counts = (side[moment] for side in self._changes)
        return np.asarray(np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0))


@dataclass(frozen=True)
class _Window:
    """A moment of a series, from which on it is foretold."""

    history: _History
    moment: int
    part: str

    @property
    def name(self) -> str:
        """`store 7@2024-03-01`."""
        return f"{self.history.name}@{self.history.moments[self.moment]}"

    def seen(self, context: int) -> Array:
        """Values [context, ...] before."""
        return self.history.values[self.moment - context : self.moment]

    def label(self, horizon: int) -> Future | BadLabel:
        """Values [horizon, ...] from the moment on."""
        values = self.history.values[self.moment : self.moment + horizon]
        if not np.isfinite(values).all():
            return BadLabel(f"{self.name}: a value is missing among the {horizon} times to be foretold")
        return Future(values, self.history.change(self.moment))


def _context(inputs: Sequence[Port], columns: Sequence[int]) -> int | None:
    """The length of the model's input, beside its batch and the columns; None where that is open."""
    shape = list((inputs[0].shape or ())[1:]) if inputs else []
    if len(shape) > 1:
        width = columns[0] if columns else 1
        shape = shape[: shape.index(width)] + shape[shape.index(width) + 1 :] if width in shape else []
    return shape[0] if len(shape) == 1 else None


def _read(file: Path) -> Any:
    """The table of a file. Raises DataError where it is none."""
    import pandas as pd

    try:
        if file.suffix.lower() == ".parquet":
            return pd.read_parquet(file)
        return pd.read_csv(file, **written(file, Written()).arguments)
    except (ValueError, OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: not a readable table: {next(iter(str(error).splitlines()), '')}") from None


@dataclass(frozen=True)
class _Columns:
    """A pandas table, and the columns of it that make series."""

    frame: Any
    file: Path

    def named(self, given: str | None, usual: Sequence[str], key: str) -> str | None:
        """The column that the recipe names, or one of the usual name. Raises DataError where there is no such one."""
        known = [str(name) for name in self.frame.columns]
        if given is not None and given not in known:
            raise DataError(f"{self.file}: data.source.{key}: no column {given!r}; {did_you_mean(given, known)}")
        return given or next((name for name in known if name.lower() in usual), None)

    def numbers(self, given: Sequence[str] | None, others: set[str | None]) -> Array:
        """Float64 [rows] or [rows, columns] of the named columns, or of all that hold numbers. Raises DataError where a
        column holds none."""
        numeric = [str(name) for name in self.frame.select_dtypes("number").columns if name not in others]
        for name in given or ():
            self.named(name, (), "values")
            if name not in numeric:
                raise DataError(f"{self.file}: the column {name!r} of data.source.values holds no numbers")
        chosen = list(given or [name for name in numeric if not name.startswith("Unnamed")])
        if not chosen:
            raise DataError(f"{self.file}: holds no column of numbers beside time and series")
        values = self.frame[chosen].to_numpy(np.float64)
        return np.asarray(values[:, 0] if len(chosen) == 1 else values)

    def times(self, column: str) -> Array:
        """Times [rows] as they follow each other. Raises DataError where they are none."""
        import pandas as pd

        found = self.frame[column]
        if pd.api.types.is_numeric_dtype(found):
            return np.asarray(found)
        try:
            return np.asarray(pd.to_datetime(found).astype("int64"))
        except (ValueError, TypeError) as error:
            said = next(iter(str(error).splitlines()), "")
            raise DataError(
                f"{self.file}: the column {column!r} holds no times: {said}; --set data.source.time=... names another"
            ) from None

    def texts(self, column: str) -> Array:
        """Times [rows] as they are written."""
        return np.asarray(self.frame[column].astype(str), dtype=object)

    def by(self, column: str | None) -> Iterator[tuple[str, Array]]:
        """Rows of each series by its name; all rows where no column tells them apart."""
        if column is None:
            yield self.file.stem, np.arange(len(self.frame))
            return
        for name, rows in self.frame.groupby(column, sort=True).indices.items():
            yield str(name), np.sort(rows)
