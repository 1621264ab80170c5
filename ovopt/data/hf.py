"""Tables through Hugging Face `datasets`: local parquet, csv, json and arrow files, the hub, and memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.contracts import DataSource, Samples
from ovopt.data.locate import expand
from ovopt.errors import DataError, did_you_mean
from ovopt.records import Port

if TYPE_CHECKING:
    import datasets

BUILDERS = {".parquet": "parquet", ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "json", ".arrow": "arrow"}
LABEL_COLUMNS = ("label", "labels", "y", "target")
INPUT_COLUMNS = ("inputs", "input", "image", "text", "audio")
HUB = "hf:"


class HuggingFace(DataSource):
    """A table: rows are samples, columns are inputs and label.

    Where `inputs` is left out: the column of that name (or image, text, audio), else every column that is no label;
    several columns become one vector, or one input each where the model has inputs of these names.
    """

    name: ClassVar[str] = "hf"
    kind: Literal["hf"] = "hf"
    path: str = Field(description="a .parquet, .csv, .json(l) or .arrow file, or `hf:NAME` on the hub")
    config: str | None = Field(default=None, description="the hub data set's configuration")
    split: str = "train"
    inputs: str | tuple[str, ...] | None = None
    label: str | None = None

    @classmethod
    def recognises(cls, path: str) -> bool:
        """By suffix, or `hf:NAME`."""
        return path.startswith(HUB) or Path(path).suffix.lower() in BUILDERS

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Load the table."""
        if self.path.startswith(HUB):
            table, source = self._from_hub(), self.path
            fingerprint = str(table._fingerprint)
        else:
            file = expand(self.path)
            if not file.is_file():
                raise DataError(f"{file}: no such data file")
            table, source = self._from_file(file), str(file)
            fingerprint = hashlib.sha256(file.read_bytes()).hexdigest()
        return samples_of(table, source, fingerprint, inputs, self.inputs, self.label)

    def _from_file(self, file: Path) -> datasets.Dataset:
        options = {"delimiter": "\t"} if file.suffix.lower() == ".tsv" else {}
        return _load(file.name, BUILDERS[file.suffix.lower()], data_files=str(file), split="train", **options)

    def _from_hub(self) -> datasets.Dataset:
        return _load(self.path, self.path.removeprefix(HUB), self.config, split=self.split)


def samples_of(
    table: datasets.Dataset,
    source: str,
    fingerprint: str,
    ports: Sequence[Port],
    inputs: str | Sequence[str] | None = None,
    label: str | None = None,
) -> Samples:
    """The samples of a table in memory."""
    columns = list(table.column_names)
    for wanted in [*([inputs] if isinstance(inputs, str) else inputs or ()), *([label] if label else ())]:
        if wanted not in columns:
            raise DataError(f"{source}: no column {wanted!r}; {did_you_mean(wanted, columns)}")
    label = label or next((c for c in LABEL_COLUMNS if c in columns), None)
    chosen = _input_columns(columns, inputs, label, ports)
    if not chosen or not len(table):
        raise DataError(f"{source}: holds no {'samples' if chosen else 'input columns'}")
    by_name = len(ports) > 1

    def load(index: int) -> Any:
        row = table[index]
        if by_name:
            return {column: row[column] for column in chosen}
        return row[chosen[0]] if len(chosen) == 1 else np.asarray([row[column] for column in chosen])

    return Samples(
        source=source,
        ids=tuple(f"{Path(source).name}#{i}" for i in range(len(table))),
        labels=tuple(table[label]) if label else None,
        load=load,
        fingerprint=fingerprint,
    )


def _input_columns(
    columns: Sequence[str], inputs: str | Sequence[str] | None, label: str | None, ports: Sequence[Port]
) -> list[str]:
    if inputs:
        return [inputs] if isinstance(inputs, str) else list(inputs)
    names = [port.name for port in ports]
    if all(name in columns for name in names):
        return names
    known = next((c for c in INPUT_COLUMNS if c in columns), None)
    return [known] if known else [c for c in columns if c != label]


def _load(name: str, *args: Any, **options: Any) -> datasets.Dataset:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import datasets

    datasets.disable_progress_bars()
    try:
        return datasets.load_dataset(*args, **options)
    except Exception as error:  # the loaders of `datasets` raise errors of every kind
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        cause = error.__cause__ or error.__context__
        detail = f" ({str(cause).strip().splitlines()[0]})" if cause and str(cause).strip() else ""
        raise DataError(f"{name}: cannot be loaded: {first}{detail}") from None
