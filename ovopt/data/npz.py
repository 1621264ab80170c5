"""Arrays in one file: `.npz` with inputs and labels, or `.npy` with inputs alone."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ovopt.contracts import DataSource, Samples
from ovopt.data.locate import expand
from ovopt.errors import DataError, did_you_mean
from ovopt.records import Port

LABEL_KEYS = ("labels", "label", "y", "targets", "target")
Arrays = dict[str, NDArray[Any]]


class Npz(DataSource):
    """An `.npz` with one array per model input (first axis: samples) and, optionally, one of labels."""

    name: ClassVar[str] = "npz"
    kind: Literal["npz"] = "npz"
    path: str
    inputs: str | None = Field(default=None, description="the key of the input array; default: what is no label")
    labels: str | None = Field(default=None, description=f"the key of the labels; default: {', '.join(LABEL_KEYS)}")

    @classmethod
    def recognises(cls, path: str) -> bool:
        """By suffix."""
        return path.lower().endswith((".npz", ".npy"))

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Map the file's arrays to the model's inputs."""
        file = expand(self.path)
        arrays = _read(file)
        label_key = self._label_key(arrays, file)
        contents = self._inputs(arrays, label_key, file)
        count = _common_length({**contents, **({label_key: arrays[label_key]} if label_key else {})}, file)

        def load(index: int) -> Any:
            if len(contents) == 1:
                return next(iter(contents.values()))[index]
            return {key: array[index] for key, array in contents.items()}

        return Samples(
            source=str(file),
            ids=tuple(f"{file.name}#{i}" for i in range(count)),
            labels=tuple(arrays[label_key].tolist()) if label_key else None,
            load=load,
            fingerprint=hashlib.sha256(file.read_bytes()).hexdigest(),
        )

    def _label_key(self, arrays: Arrays, file: Path) -> str | None:
        if self.labels is None:
            return next((key for key in LABEL_KEYS if key in arrays), None)
        if self.labels not in arrays:
            raise DataError(f"{file}: no array {self.labels!r}; {did_you_mean(self.labels, arrays)}")
        return self.labels

    def _inputs(self, arrays: Arrays, label_key: str | None, file: Path) -> Arrays:
        if self.inputs is not None and self.inputs not in arrays:
            raise DataError(f"{file}: no array {self.inputs!r}; {did_you_mean(self.inputs, arrays)}")
        chosen = {k: a for k, a in arrays.items() if (k == self.inputs if self.inputs else k != label_key)}
        if not chosen:
            raise DataError(f"{file}: holds no array of inputs, only {', '.join(arrays) or 'nothing'}")
        return chosen


def _read(file: Path) -> Arrays:
    if not file.is_file():
        raise DataError(f"{file}: no such data file")
    try:
        if file.suffix.lower() == ".npy":
            return {"inputs": np.load(file, allow_pickle=False, mmap_mode="r")}
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as loaded:
            arrays = {key: loaded[key] for key in loaded.files}
    except (ValueError, OSError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{file}: not a readable NumPy file: {error}") from None
    foreign = [key for key, value in arrays.items() if not isinstance(value, np.ndarray)]
    if foreign:
        raise DataError(f"{file}: not a NumPy file: {foreign[0]!r} in it is no array")
    return arrays


def _common_length(arrays: Arrays, file: Path) -> int:
    lengths = {key: len(array) if array.ndim else 0 for key, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        said = ", ".join(f"{key}: {n}" for key, n in lengths.items())
        raise DataError(f"{file}: the arrays differ in their number of samples ({said})")
    count = next(iter(lengths.values()))
    if count == 0:
        raise DataError(f"{file}: holds no samples")
    return count
