"""Tables through Hugging Face `datasets`: local files and folders, and the hub."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from ovopt.contracts import DataSource, Samples
from ovopt.data.content import MaxBytes, hash_of, hash_of_names
from ovopt.data.images import files_below
from ovopt.data.table import Columns, samples_of, undecoded
from ovopt.data.table_file import TableLimits, check_most, check_table
from ovopt.errors import DataError, did_you_mean
from ovopt.given_file import LARGEST, check_path
from ovopt.locate import confined, expand, shown
from ovopt.records import Port
from ovopt.scratch import scratch_folder

if TYPE_CHECKING:
    import datasets


BUILDERS = {".parquet": "parquet", ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "json", ".arrow": "arrow"}
HUB = "hf:"
SPOOLED_ROWS = 16
"""Rows in memory while a stream is written to its file."""


class HuggingFace(DataSource):
    """A table: rows are samples, columns are inputs and label.

    Where `inputs` is left out: the column of that name (or image, text, audio), else every column that is no label.
    Several columns of numbers become one vector, or one input each where the model has several inputs; several columns
    of text stay a mapping. Images and recordings are handed on as a file's bytes, for `preprocess` to decode.
    """

    name: ClassVar[str] = "hf"
    path: str = Field(
        description="a .parquet, .csv, .tsv, .json(l) or .arrow file, `hf:NAME` on the hub, or a folder for `builder`"
    )
    builder: Literal["imagefolder", "audiofolder", "text"] | None = Field(
        default=None, description="how to read a folder of images or recordings (with metadata.csv), or a text file"
    )
    config: str | None = Field(default=None, description="the hub data set's configuration")
    split: str = "train"
    inputs: str | tuple[str, ...] | dict[str, str] | None = Field(
        default=None, description="the input column, several, or a mapping of the model's input names to columns"
    )
    label: str | None = Field(default=None, description="the column of labels")
    rename: dict[str, str | int] = Field(
        default={}, description="label as found -> class name or index; rows with other labels are left out"
    )
    streaming: bool = Field(
        default=False, description="read row by row into a temporary file, without loading the whole data set"
    )
    take: int | None = Field(default=None, gt=0, description="only the first so many rows")
    max_bytes: MaxBytes = LARGEST
    max_columns: int = Field(default=10_000, gt=0, description="a table of more columns is refused")
    max_rows: int = Field(default=10_000_000, gt=0, description="a table of more rows is refused")

    @classmethod
    def recognises(cls, path: str) -> bool:
        """True for the suffixes of tables, and for `hf:NAME`."""
        return path.startswith(HUB) or Path(path).suffix.lower() in BUILDERS

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of the table's rows. Raises DataError where it cannot be loaded or lacks a column."""
        place = None if self.path.startswith(HUB) else expand(self.path)
        said = self.path if place is None else str(place)
        hub = {"path": self.path.removeprefix(HUB), "name": self.config}
        table = self._loaded(hub if place is None else self._local_arguments(place))
        if place is not None and self.builder == "audiofolder":
            table = _with_recordings(table, place)
        if self.streaming:
            rows = undecoded(table)
            table = _spooled(rows.take(self.take or self.max_rows + 1), self._said)
        elif self.take is not None:
            table = table.select(range(min(self.take, len(table))))
        check_most(len(table.column_names), self.max_columns, "columns", said)
        check_most(len(table), self.max_rows, "rows", said)
        columns = Columns(self.inputs, self.label, self.rename)
        return samples_of(table, said, self._fingerprint(table, place), inputs, columns)

    @property
    def _said(self) -> str:
        return self.path if self.path.startswith(HUB) else Path(self.path).name

    def _local_arguments(self, place: Path) -> dict[str, Any]:
        if not check_path(place, DataError).exists():
            raise DataError(f"{place}: no such data file")
        if place.is_dir():
            if self.builder is None:
                raise DataError(f"{place}: a folder; say how to read it with --set data.source.builder=imagefolder")
            if self.builder == "audiofolder":
                if not (place / "metadata.csv").is_file():
                    raise DataError(
                        f"{place}: holds no metadata.csv; `kind: files` reads folders of recordings without one"
                    )
                return {"path": "csv", "data_files": str(place / "metadata.csv")}
            return {"path": self.builder, "data_dir": str(place)}
        suffix = place.suffix.lower()
        builder = self.builder or BUILDERS.get(suffix)
        if builder is None:
            raise DataError(f"{place}: unknown kind of file; known: {', '.join(sorted(BUILDERS))}")
        rows = sys.maxsize if self.streaming else self.max_rows
        check_table(place, TableLimits(self.max_columns, rows, self.max_bytes))
        options = {"delimiter": "\t"} if suffix == ".tsv" else {}
        return {"path": builder, "data_files": str(place), **options}

    def _loaded(self, arguments: dict[str, Any]) -> Any:
        split = "train" if "data_files" in arguments else self.split
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        import datasets

        silent = datasets.are_progress_bars_disabled()
        datasets.disable_progress_bars()
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # or it warns of every attempt to reach the hub
        try:
            return datasets.load_dataset(**arguments, split=split, streaming=self.streaming)
        except Exception as error:  # the loaders of `datasets` raise errors of every kind
            raise _explained(self._said, error) from None
        finally:
            if not silent:
                datasets.enable_progress_bars()

    def _fingerprint(self, table: datasets.Dataset, place: Path | None) -> str:
        if place is None:
            return hash_of_rows(table) if self.streaming else str(table._fingerprint)
        if place.is_dir():
            files = files_below(place, None)
            return hash_of_names([shown(file.relative_to(place)) for file in files], files)
        return hash_of(place)


def _with_recordings(table: Any, root: Path) -> Any:
    """`audio` in place of `file_name`, and `first` in place of `first_file_name`, as the builder of `datasets` names
    them; that one would need torchcodec and torch."""
    said = f"{root / 'metadata.csv'}"
    columns = {
        c: c.removesuffix("file_name").rstrip("_") or "audio"
        for c in table.column_names
        if f"_{c}".endswith("_file_name")
    }
    if not columns:
        raise DataError(f"{said}: no column 'file_name'; {did_you_mean('file_name', table.column_names)}")

    def with_audio(row: dict[str, Any]) -> dict[str, Any]:
        files = {column: confined(root, str(row[column]), said) for column in columns}
        return {name: {"bytes": None, "path": str(files[column])} for column, name in columns.items()}

    return table.map(with_audio, remove_columns=list(columns))


def hash_of_rows(table: datasets.Dataset) -> str:
    """SHA-256 of a table's values, row by row."""
    digest = hashlib.sha256()
    for row in table:
        digest.update(repr(row).encode())
    return digest.hexdigest()


def _spooled(rows: Any, said: str) -> datasets.Dataset:
    """A stream's rows in a temporary file that is gone when the table is."""
    import datasets
    from datasets.arrow_writer import ArrowWriter

    with scratch_folder() as folder:
        file = folder / "rows.arrow"
        try:
            with ArrowWriter(path=str(file), features=rows.features, writer_batch_size=SPOOLED_ROWS) as writer:
                for row in _embedded(rows):
                    writer.write(row)
                writer.finalize()
        except DataError:
            raise
        except Exception as error:  # a stream's reader raises errors of every kind
            raise _explained(said, error) from None
        return datasets.Dataset.from_file(str(file))


def _embedded(rows: Any) -> Iterator[dict[str, Any]]:
    """Rows with the bytes of the files that they name."""
    from datasets.utils.file_utils import xopen

    for row in rows:
        for column, value in row.items():
            if isinstance(value, dict) and {"bytes", "path"} == set(value) and value["bytes"] is None:
                with xopen(value["path"], "rb") as stream:
                    row[column] = {"bytes": stream.read(), "path": value["path"]}
        yield row


def _explained(name: str, error: Exception) -> DataError:
    """One line for an error of `datasets`."""
    from datasets import config

    chain = list(islice(_chain(error), 20))
    unreached = any(isinstance(e, ConnectionError) for e in chain)
    if any(type(e).__name__ == "OfflineModeIsEnabled" for e in chain) or (unreached and config.HF_HUB_OFFLINE):
        return DataError(
            f"{name}: not in the local cache, and the hub is switched off by HF_HUB_OFFLINE; unset it, or give a file"
        )
    if unreached or any(isinstance(e, TimeoutError) or "ConnectError" in type(e).__name__ for e in chain):
        return DataError(
            f"{name}: the Hugging Face hub cannot be reached, and the local cache does not hold the data set; "
            "connect, or give a file"
        )
    first, *others = (str(e).strip().splitlines()[0] if str(e).strip() else "" for e in chain)
    detail = f" ({others[0]})" if others and others[0] else ""
    return DataError(f"{name}: cannot be loaded: {first or type(error).__name__}{detail}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
