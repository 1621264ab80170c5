"""Tables through Hugging Face `datasets`: local files and folders, and the hub."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from ovopt.contracts import DataSource, Samples
from ovopt.data.cells import undecoded
from ovopt.data.columns import LABELS, SPLITS, Choice, LabelKind
from ovopt.data.content import Encoding, MaxBytes, hash_of, hash_of_names, say
from ovopt.data.images import files_below
from ovopt.data.joined import joined, lacking
from ovopt.data.loading import LoadError, causes, configurations, guarded, hash_of_rows, loaded, spooled
from ovopt.data.separated import Written, not_text_in, written
from ovopt.data.shards import (
    BUILDERS,
    holds_tables,
    is_pattern,
    is_saved,
    is_webdataset,
    saved_files,
    saved_parts,
    shards_of,
)  # fmt: skip
from ovopt.data.table import Table, samples_of
from ovopt.data.table_file import TableLimits, check_columns, check_most, check_table, holds_rows
from ovopt.errors import DataError, did_you_mean
from ovopt.given_file import LARGEST, check_path
from ovopt.locate import confined, expand, shown
from ovopt.records import Port
from ovopt.units import a_few

if TYPE_CHECKING:
    import datasets


HUB = "hf:"


class HuggingFace(DataSource):
    """A table: rows are samples, columns are inputs and label. Its files, and the splits of its own that their names or
    a column tell, are found: `train-00000-of-00002.parquet`, `data/test.csv`, `val/*.jsonl`, what `save_to_disk` wrote,
    the tar shards of WebDataset, a data set on the hub.

    Where `inputs` is left out: the columns that are called like the model's inputs; that of a usual name (image, text
    ...); the columns of files, of texts or of numbers, as the model takes. Several columns of numbers become one
    vector, or one input each where the model has several inputs; several columns of text stay a mapping. Images and
    recordings are handed on as a file's bytes, for `preprocess` to decode, and so are files that a column names, which
    must lie beside the table or below. `outer.inner` is a column inside of another.
    """

    name: ClassVar[str] = "hf"
    priority: ClassVar[int] = 62
    path: str = Field(
        description="a .parquet, .csv, .tsv, .json(l), .arrow or WebDataset .tar file, a folder of them, a pattern "
        "such as `shards/{000000..000009}.tar` or `val-*.parquet`, `hf:NAME` on the hub, or a folder for `builder`"
    )
    builder: Literal["imagefolder", "audiofolder", "text"] | None = Field(
        default=None, description="how to read a folder of images or recordings (with metadata.csv), or a text file"
    )
    config: str | None = Field(default=None, description="the hub data set's configuration")
    split: str | tuple[str, ...] | None = Field(
        default=None, description="only this split of the data set's own, or these; default: all of them"
    )
    split_column: str | None = Field(
        default=None,
        description=f"the column that names the split of each row; default: {', '.join(SPLITS)}, where its values are "
        "usual names of splits",
    )
    inputs: str | tuple[str, ...] | dict[str, str] | None = Field(
        default=None, description="the input column, several, or a mapping of the model's input names to columns"
    )
    label: str | None = Field(
        default=None,
        description=f"the column of labels; default: {', '.join(LABELS)}, else that of classes, or the one column more "
        "than the model takes",
    )
    target: LabelKind = Field(
        default="mask",
        description="what a label is that is a file: a mask of class ids, a region of all that is not 0, an image, or "
        "a number for each pixel",
    )
    scale: float = Field(default=1.0, gt=0, description="what numbers of pixels are multiplied by: 0.001 makes m of mm")
    boxes: Literal["xywh", "xyxy"] | None = Field(
        default=None,
        description="the numbers of a box in a column of objects: a corner with width and height, or two corners; "
        "default: what fits into the images",
    )
    rename: dict[str, str | int] = Field(
        default={}, description="label as found -> class name or index; rows with other labels are left out"
    )
    separator: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="what separates the columns of a .csv; default: as it lies",
    )
    decimal: Literal[".", ","] | None = Field(
        default=None, description="the decimal mark of a .csv; default: as it lies"
    )
    encoding: Encoding | None = Field(default=None, description="of a .csv that is not UTF-8, such as latin-1")
    streaming: bool = Field(
        default=False, description="read row by row into a temporary file, without loading the whole data set"
    )
    take: int | None = Field(default=None, gt=0, description="only the first so many rows, of each split")
    max_bytes: MaxBytes = LARGEST
    max_columns: int = Field(default=10_000, gt=0, description="a table of more columns is refused")
    max_rows: int = Field(default=10_000_000, gt=0, description="a table of more rows is refused")

    @classmethod
    def recognises(cls, path: str) -> bool:
        """True for the suffixes of tables, also in patterns, for tar files and folders of tables, and for `hf:NAME`."""
        if path.startswith(HUB):
            return True
        place = expand(path)
        suffix = place.suffix.lower()
        if suffix == ".tar":
            return is_webdataset(place) if place.is_file() else is_pattern(path)
        return holds_tables(place) if place.is_dir() else suffix in BUILDERS

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of the table's rows. Raises DataError where it cannot be loaded or lacks a column."""
        place = None if self.path.startswith(HUB) else expand(self.path)
        said = self.path if place is None else str(place)
        found = self._on_the_hub() if place is None else self._on_disk(place)
        parts = {name: self._limited(table) for name, table in self._of_splits(found, said).items()}
        rows = joined(parts, said)
        check_most(len(rows.column_names), self.max_columns, "columns", said)
        check_most(len(rows), self.max_rows, "rows", said)
        table = Table(
            rows,
            said,
            self._fingerprint(parts, place),
            parts={name: len(part) for name, part in parts.items() if name},
            lacking=lacking(parts),
            root=place if place is None or place.is_dir() else place.parent,
        )
        only = _listed(self.split or ())
        choice = Choice(
            self.inputs,
            self.label,
            self.rename,
            self.split_column,
            self.target,
            corners=self.boxes,
            only=only,
            scale=self.scale,
        )
        return samples_of(table, inputs, choice)

    @property
    def _said(self) -> str:
        return self.path if self.path.startswith(HUB) else Path(self.path).name

    def _on_the_hub(self) -> dict[str, Any]:
        """Tables by split. Raises DataError where the data set has configurations, and the recipe names none."""
        hub = {"path": self.path.removeprefix(HUB), "name": self.config}
        try:
            if self.split is None:
                return _by_split(self._loaded(**hub))
            return {split: self._loaded(**hub, split=split) for split in _listed(self.split)}
        except LoadError as error:
            unnamed = self.config is None and isinstance(error.__cause__, ValueError)
            names = configurations(self.path.removeprefix(HUB)) if unnamed else []
            if len(names) < 2:
                raise
            first = f"--set data.source.config={names[0]}"
            raise DataError(f"{self.path}: has configurations; choose one, as {first}: {a_few(names, 10)}") from error

    def _on_disk(self, place: Path) -> dict[str, Any]:
        """Tables by split; one without a split of its own has an empty name."""
        if place.is_dir() and self.builder is not None:
            return self._of_a_builder(place, self.builder)
        if place.is_dir() and is_saved(place):
            return {name: self._saved(folder) for name, folder in saved_parts(place).items()}
        shards = shards_of(place)
        if self.builder is None and shards.suffix not in BUILDERS:
            raise DataError(f"{place}: unknown kind of file; known: {', '.join(sorted(BUILDERS))}")
        if shards.left_out:
            names = [shown(file.relative_to(place)) for file in shards.left_out]
            say(f"{place}: left out, as other files are called like splits: {a_few(names)}")
        for file in shards.all:
            check_table(file, self._table_limits)
        return {name: self._table(files, shards.suffix) for name, files in shards.files.items()}

    @property
    def _table_limits(self) -> TableLimits:
        return TableLimits(self.max_columns, sys.maxsize if self.streaming else self.max_rows, self.max_bytes)

    def _of_a_builder(self, place: Path, builder: str) -> dict[str, Any]:
        check_path(place, DataError)
        if builder != "audiofolder":
            return _by_split(self._loaded(path=builder, data_dir=str(place)))
        if not (place / "metadata.csv").is_file():
            raise DataError(f"{place}: holds no metadata.csv; `kind: files` reads folders of recordings without one")
        table = self._loaded(path="csv", data_files=str(place / "metadata.csv"), split="train")
        return {"": _with_recordings(table, place)}

    def _saved(self, folder: Path) -> Any:
        """The folder that `save_to_disk` wrote, of which every file lies inside the folder."""
        for file in saved_files(folder):
            check_table(file, self._table_limits)
        import datasets

        return guarded(self._said, lambda: datasets.Dataset.load_from_disk(str(folder)))

    def _table(self, files: Sequence[Path], suffix: str) -> Any:
        """The table of a split's files, which have the same columns."""
        builder = self.builder or BUILDERS[suffix]
        arguments: dict[str, Any] = self._written(files[0]).arguments if builder == "csv" else {}
        if "names" not in arguments:
            check_columns(files, arguments.get("sep", ","), arguments.get("encoding", "utf-8"))
        try:
            return self._loaded(path=builder, data_files=[*map(str, files)], split="train", **arguments)
        except LoadError as error:
            if not any(map(holds_rows, files)):
                raise DataError(f"{a_few(files)}: holds no samples") from None
            self._check_encoding(error, files)
            if self.streaming or builder not in ("csv", "json"):
                raise
        # Types were guessed from the first rows: now each file at once, and the widest of them.
        whole = {"chunksize": self.max_rows} if builder == "csv" else {}
        each = {
            file.name: self._loaded(path=builder, data_files=[str(file)], split="train", **arguments, **whole)
            for file in files
        }
        return joined(each, self._said)

    def _written(self, file: Path) -> Written:
        said = Written(self.separator, self.decimal, self.encoding)
        found = written(file, said)
        if told := found.differs(file, said):
            say(f"{file}: read {told}")
        return found

    def _check_encoding(self, error: LoadError, files: Sequence[Path]) -> None:
        if any(isinstance(one, UnicodeError) for one in causes(error.__cause__)):
            for file in files:
                if line := not_text_in(file, self.encoding or "utf-8"):
                    raise DataError(
                        f"{file}:{line}: not {self.encoding or 'UTF-8'} text; say how it is written, as in "
                        "--set data.source.encoding=latin-1"
                    ) from None

    def _of_splits(self, parts: Mapping[str, Any], said: str) -> dict[str, Any]:
        """The splits that the recipe asks for. Raises DataError where there is no such one."""
        if self.split is None:
            return dict(parts)
        wanted = _listed(self.split)
        if parts.keys() == {""}:
            return dict(parts)  # a column of it may name them
        for name in wanted:
            if name not in parts:
                raise DataError(f"{said}: no split {name!r}; {did_you_mean(name, list(parts))}")
        return {name: parts[name] for name in wanted}

    def _limited(self, table: Any) -> Any:
        if self.streaming:
            return spooled(undecoded(table).take(self.take or self.max_rows + 1), self._said)
        return table if self.take is None else table.select(range(min(self.take, len(table))))

    def _loaded(self, **arguments: Any) -> Any:
        return loaded(self._said, streaming=self.streaming, **arguments)

    def _fingerprint(self, parts: Mapping[str, datasets.Dataset], place: Path | None) -> str:
        if place is None:
            each = {name: hash_of_rows(t) if self.streaming else str(t._fingerprint) for name, t in parts.items()}
            return next(iter(each.values())) if len(each) == 1 else _digest(each)
        if place.is_dir() and self.builder is not None:
            files = files_below(place, None)
            return hash_of_names([shown(file.relative_to(place)) for file in files], files)
        if place.is_file():
            return hash_of(place)
        found = (
            [file for folder in saved_parts(place).values() for file in saved_files(folder)]
            if is_saved(place)
            else shards_of(place).all
        )
        return _digest({str(number): hash_of(file) for number, file in enumerate(found)})


def _listed(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else [*value]


def _by_split(loaded: Any) -> dict[str, Any]:
    """Tables by split; one by itself has an empty name."""
    return dict(loaded) if isinstance(loaded, Mapping) else {"": loaded}


def _digest(parts: Mapping[str, str]) -> str:
    return hashlib.sha256("".join(f"{name}\0{part}\0" for name, part in parts.items()).encode()).hexdigest()


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
