"""The history: comparisons kept in one SQLite file, so that a model's figures can be followed from version to version.

SQLite, because it comes with Python, keeps everything in one file that can be copied, writes whole or not at all, lets
several processes add at once, and answers from its tables without reading the comparisons, which hold megabytes of raw
values. Every comparison is kept whole (compressed), so that it can be reported, gated and compared with again.
"""

from __future__ import annotations

import hashlib
import sqlite3
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import Field, ValidationError

from ovopt.bench.machine import machine
from ovopt.documents import ordinal
from ovopt.drift import compare_runs, refuse_unlike, unlike, unlike_machines
from ovopt.errors import OutputError, UsageError, did_you_mean, quoted, shortened
from ovopt.given_file import LARGEST, check_path
from ovopt.records import Comparison, Record
from ovopt.records.model import Count
from ovopt.trend import Point, machine_name, points_of
from ovopt.workflow.beginning.options import as_path
from ovopt.workflow.stored.comparison_file import parse_comparison, read_comparison
from ovopt.workflow.stored.recompute import check_unchanged

R = TypeVar("R", bound=Record)
APPLICATION = 0x6F766F70
"""`ovop`: SQLite's own place to say whose file it is."""
LAYOUT = 1
ANOTHER = "name another with --store"
PATIENCE_S = 30.0
"""How long to wait for another process that writes."""
TABLES = """
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE, added TEXT NOT NULL, created TEXT NOT NULL,
  original TEXT NOT NULL, verdict TEXT, comparison BLOB NOT NULL);
CREATE TABLE points (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, arm TEXT NOT NULL, path TEXT NOT NULL,
  figure TEXT NOT NULL, value REAL NOT NULL, low REAL, high REAL, unit TEXT NOT NULL, created TEXT NOT NULL,
  ovopt TEXT NOT NULL, openvino TEXT NOT NULL, nncf TEXT NOT NULL, recipe TEXT NOT NULL, model TEXT NOT NULL,
  machine TEXT NOT NULL, settings TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX by_figure ON points (figure, arm);
"""


class Run(Record):
    """An entry of the history."""

    id: Count
    created: str
    original: str = Field(description="the original's file")
    verdict: str | None
    points: tuple[Point, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Added:
    """The entry of a file, new or there already."""

    file: str
    run: int
    new: bool


class History:
    """A store of comparisons in an SQLite file. Nothing is created before the first comparison is added."""

    def __init__(self, path: str | Path) -> None:
        self.path = as_path("path", path)

    def add(self, files: Sequence[str | Path]) -> list[Added]:
        """Keep the comparisons of these files: all of them, or none where one cannot be used. What is there already
        stays as it is."""
        read = [(str(file), read_comparison(file)) for file in files]
        for said, comparison in read:
            check_unchanged(comparison, said)
        with self._writing() as db:
            return [self._insert(db, said, comparison) for said, comparison in read]

    def remove(self, runs: Sequence[int]) -> None:
        """Forget entries. UsageError where one does not exist; then all stay."""
        self._must_exist()
        with self._writing() as db:
            for run in runs:
                if not db.execute("DELETE FROM runs WHERE id = ?", (str(run),)).rowcount:
                    raise UsageError(f"{self.path}: no entry {run}; `ovopt history` lists them")

    def runs(self, model: str | None = None) -> list[Run]:
        """All entries in the order of time, or those in which a model takes part."""
        found: dict[int, list[Point]] = {}
        for point in self.points():
            found.setdefault(point.run, []).append(point)
        with self._reading() as db:
            rows = db.execute("SELECT id, created, original, verdict FROM runs ORDER BY created, id").fetchall()
        fields = ("id", "created", "original", "verdict")
        runs = [self._sound(Run, row[0], fields, row, points=tuple(found.get(row[0], ()))) for row in rows]
        if model is None:
            return runs
        chosen = [run for run in runs if any(_is(point, model) for point in run.points)]
        return chosen or self._no_model(model, [point for run in runs for point in run.points])

    def points(self, figure: str | None = None, model: str | None = None) -> list[Point]:
        """The points of a figure (`latency.p50`, or a metric's own name) and of a model: an arm's name, a part of the
        file's path, or the beginning of its SHA-256. UsageError where there is none, with what there is."""
        with self._reading() as db:
            columns = ", ".join(Point.model_fields)
            rows = db.execute(f"SELECT {columns} FROM points ORDER BY created, run, rowid").fetchall()
        points = [self._sound(Point, row[0], Point.model_fields, row) for row in rows]
        if figure is not None:
            chosen = [point for point in points if figure in (point.figure, point.figure.removeprefix("accuracy."))]
            if not chosen:
                known = sorted({point.figure for point in points})
                raise UsageError(f"{self.path}: no figure {figure!r}; {did_you_mean(figure, known)}")
            points = chosen
        if model is None:
            return points
        return [point for point in points if _is(point, model)] or self._no_model(model, points)

    def comparison(self, run: int) -> Comparison:
        """A whole comparison. Raises UsageError where there is no such entry, or it is damaged."""
        with self._reading() as db:
            row = db.execute("SELECT comparison FROM runs WHERE id = ?", (str(run),)).fetchone()
            if row is None:
                raise UsageError(f"{self.path}: no entry {run}; `ovopt history` lists them")
        return self._unpacked(run, row[0])

    def _unpacked(self, run: int, stored: bytes) -> Comparison:
        try:
            unpacking = zlib.decompressobj()
            content = unpacking.decompress(stored, LARGEST)
        except (zlib.error, TypeError) as error:
            raise self._damaged(run, str(error)) from None
        if not unpacking.eof:
            raise self._damaged(run, "it is cut off, or too large")
        return parse_comparison(content, f"{self.path}, entry {run}")

    def _sound(self, kind: type[R], run: int, fields: Iterable[str], row: Sequence[Any], **more: Any) -> R:
        """A row of a table as a record. Raises UsageError, which names the entry, where its values are damaged."""
        try:
            return kind(**dict(zip(fields, row, strict=True)), **more)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise self._damaged(run, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None

    def _damaged(self, run: object, why: str) -> UsageError:
        return UsageError(f"{self.path}: entry {quoted(run)} is damaged ({why}); remove it and add it again")

    def last_of(self, original: str | Path, machine: str) -> int:
        """The newest entry of an original, found by its path or its file's name; of this machine if there is one.

        Raises UsageError where the original has none.
        """
        runs = self.runs()
        of_it = [run for run in runs if run.original == str(original)]
        of_it = of_it or [run for run in runs if Path(run.original).name == Path(original).name]
        if not of_it:
            known = {run.original for run in runs}
            raise UsageError(f"{self.path}: no entry of {original}; {did_you_mean(str(original), known)}")
        here = [run for run in of_it if run.points[0].machine == machine]
        return (here or of_it)[-1].id

    def _no_model(self, model: str, points: Sequence[Point]) -> NoReturn:
        known = {name for point in points for name in (point.arm, point.path)}
        raise UsageError(f"{self.path}: no model {model!r}; {did_you_mean(model, known)}")

    def _insert(self, db: sqlite3.Connection, said: str, comparison: Comparison) -> Added:
        digest = _digest(comparison)
        there = db.execute("SELECT id FROM runs WHERE digest = ?", (digest,)).fetchone()
        if there:
            return Added(said, there[0], new=False)
        earlier = db.execute("SELECT id, comparison FROM runs WHERE created = ?", (comparison.created,))
        for run, stored in earlier.fetchall():
            if _digest(self._unpacked(run, stored)) == digest:  # it was kept by a version that digests otherwise
                return Added(said, run, new=False)
        content = zlib.compress(comparison.model_dump_json(by_alias=True).encode())
        run = db.execute(
            "INSERT INTO runs (digest, added, created, original, verdict, comparison) VALUES (?, ?, ?, ?, ?, ?)",
            (
                digest,
                datetime.now(UTC).isoformat(timespec="seconds"),
                comparison.created,
                comparison.arms[0].model.path,
                comparison.gate.verdict,
                content,
            ),
        ).lastrowid
        assert run is not None
        marks = ", ".join("?" * len(Point.model_fields))
        db.executemany(
            f"INSERT INTO points ({', '.join(Point.model_fields)}) VALUES ({marks})",
            [tuple(point.model_dump().values()) for point in points_of(comparison, run)],
        )
        return Added(said, run, new=True)

    def _must_exist(self) -> None:
        if not self._is_there() or not self.path.stat().st_size:
            raise UsageError(f"{self.path}: no such history; `ovopt history add FILE` begins one")

    def _is_there(self) -> bool:
        """True where there is a file. Raises OutputError where it is something else, or cannot be looked at."""
        try:
            if stat.S_ISREG(self.path.stat().st_mode):
                return True
        except FileNotFoundError:
            return False
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be used: {error.strerror}; {ANOTHER}") from None
        raise OutputError(f"{self.path}: is no regular file; {ANOTHER}")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        self._must_exist()
        with self._open("ro") as db:
            self._check(db)
            yield db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._is_there()
        if not self.path.parent.is_dir():
            raise OutputError(f"{self.path}: cannot be written: the folder {self.path.parent} does not exist")
        with self._open("rwc") as db:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("BEGIN IMMEDIATE")
            try:
                if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    for statement in (
                        *TABLES.split(";\n"),
                        f"PRAGMA application_id = {APPLICATION}",
                        f"PRAGMA user_version = {LAYOUT}",
                    ):
                        db.execute(statement)
                self._check(db)
                self._check_whole(db)
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # a full disk has ended it already
                    db.execute("ROLLBACK")
                raise

    def _check(self, db: sqlite3.Connection) -> None:
        owner, layout = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        if owner != APPLICATION:
            raise UsageError(f"{self.path}: not a history of ovopt; name another with --store")
        if layout != LAYOUT:
            raise UsageError(
                f"{self.path}: written by a newer ovopt (layout {layout}, this one knows {LAYOUT}); update"
            )

    def _check_whole(self, db: sqlite3.Connection) -> None:
        """Nothing is written into a damaged file."""
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(" ".join(found.split()))

    @contextmanager
    def _open(self, mode: str) -> Iterator[sqlite3.Connection]:
        """A connection; what SQLite says becomes a message that names the store."""
        db: sqlite3.Connection | None = None
        try:
            db = sqlite3.connect(
                f"{self.path.resolve().as_uri()}?mode={mode}", uri=True, timeout=PATIENCE_S, isolation_level=None
            )
            yield db
        except sqlite3.OperationalError as error:
            code = error.sqlite_errorcode & 0xFF  # the rest says which of its kind
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise OutputError(
                    f"{self.path}: another process has been writing for {PATIENCE_S:.0f} s; try again"
                ) from None
            room = "make room there, or " if code == sqlite3.SQLITE_FULL else ""
            raise OutputError(f"{self.path}: cannot be used: {error}; {room}{ANOTHER}") from None
        except sqlite3.DatabaseError as error:
            raise UsageError(
                f"{self.path}: damaged, or no history of ovopt ({error}); restore it, or name another with --store"
            ) from None
        finally:
            if db:
                db.close()


def _digest(comparison: Comparison) -> str:
    """SHA-256 of the measurement: judged under other budgets it is the same one."""
    measured = comparison.model_dump_json(include={"created", "machine", "data", "settings", "arms"})
    return hashlib.sha256(measured.encode()).hexdigest()


def _is(point: Point, model: str) -> bool:
    return model == point.arm or model in point.path or (len(model) >= 6 and point.model.startswith(model[:12]))


@dataclass(frozen=True)
class Since:
    """An earlier run that a new one is held against."""

    run: str
    then: Comparison
    force: bool

    @classmethod
    def of(cls, run: str | None, original: str | Path, store: str | Path, force: bool) -> Since | None:
        """The run that `--against` names: a comparison file, an entry of the history, or `last`, the newest entry of
        the same original. UsageError, before anything is measured, where its machine is unlike, unless `force`.
        """
        if run is None:
            return None
        history, here = History(store), machine()
        if check_path(Path(run), UsageError).is_file():
            then = read_comparison(run)
        elif run == "last":
            then = history.comparison(history.last_of(original, machine_name(here)))
        elif (number := ordinal(run)) is not None:
            then = history.comparison(number)
        else:
            raise UsageError(
                f"--against {shortened(run)}: neither a comparison file, nor the number of an entry, nor `last`"
            )
        refuse_unlike(unlike_machines(then.machine, here), force)
        return cls(run, then, force)

    def noted(self, now: Comparison) -> Comparison:
        """The new comparison with notes of what moved; where the runs are unlike and nothing is forced, of that."""
        differences = [] if self.force else unlike(self.then, now)
        lines = [f"not held together: {line}" for line in differences] or compare_runs(self.then, now, force=self.force)
        return now.model_copy(update={"notes": (*now.notes, *(f"since {self.run}: {line}" for line in lines))})

    def refuse_unlike(self, now: Comparison) -> None:
        """UsageError where the settings turned out to be others, unless it is forced."""
        refuse_unlike(unlike(self.then, now), self.force)
