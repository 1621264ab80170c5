"""Samples that a Python program hands over: arrays, a table, a data set of NNCF's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ovopt.contracts import Samples
from ovopt.data.columns import LabelQuestionError
from ovopt.data.content import common_length, samples_first
from ovopt.data.joined import joined, lacking
from ovopt.data.table import Table, samples_of
from ovopt.errors import DataError
from ovopt.records import Port

SOURCE = "data in memory"
HASHED = 64
"""So many samples, evenly over all, make the fingerprint of a data set that loads each one as it is asked for."""
GIVEN = (
    "give an nncf.Dataset, a datasets.Dataset or DatasetDict, a pair (samples, labels), or a list of samples, each an "
    "array, a mapping of input names to arrays, or a tuple of arrays in the model's order"
)


def is_prepared(data: Any) -> bool:
    """Tells whether the samples are model inputs already, as those of an `nncf.Dataset` are."""
    return hasattr(data, "get_inference_data")


def open_in_memory(data: Any, inputs: Sequence[Port]) -> Samples:
    """The samples of a data set in memory, for a model with these inputs. Raises DataError for what is none."""
    if hasattr(data, "column_names"):
        return _of_tables(data, inputs)
    if is_prepared(data):
        held = _of_nncf(data)
    else:
        samples, labels = data if isinstance(data, tuple) and len(data) == 2 else (data, None)
        samples = _sequence(samples)
        held = _Held(samples, None if labels is None else samples_first(_sequence(labels), len(samples)))
    return held.samples(inputs)


def _of_tables(data: Any, inputs: Sequence[Port]) -> Samples:
    """Samples of a `datasets.Dataset`, or of each split of a `DatasetDict`."""
    tables = dict(data) if isinstance(data, Mapping) else {"": data}
    if not all(hasattr(table, "__len__") for table in tables.values()):
        raise DataError(
            "data: a stream, whose rows have no places; give datasets.Dataset.from_list(list(data.take(1000)))"
        )
    told = hashlib.sha256("".join(f"{name}\0{table._fingerprint}\0" for name, table in tables.items()).encode())
    fingerprint = told.hexdigest() if isinstance(data, Mapping) else str(data._fingerprint)
    table = Table(
        joined(tables, "data"),
        "a data set in memory",
        fingerprint,
        parts={name: len(table) for name, table in tables.items() if name},
        lacking=lacking(tables),
    )
    try:
        return samples_of(table, inputs)
    except LabelQuestionError as error:
        renamed = f"data.rename_column({error.columns[0]!r}, 'label')"
        raise DataError(f"data: which column is the label? {error.why}; rename it, as in {renamed}") from None


@dataclass(frozen=True)
class _Held:
    """Samples one by one, and what makes a content of each."""

    items: Sequence[Any]
    labels: Sequence[Any] | None
    content: Callable[[Any], Any] = lambda item: item

    def samples(self, inputs: Sequence[Port]) -> Samples:
        count = len(self.items)
        if not count:
            raise DataError("data: holds no samples")
        if self.labels is not None and len(self.labels) != count:
            raise DataError(f"data: {count} samples and {len(self.labels)} labels; give a label for each sample")
        labels = None if self.labels is None else tuple(map(_plain, self.labels))
        names = [port.name for port in inputs]
        return Samples(
            source=SOURCE,
            ids=tuple(f"sample {index}" for index in range(count)),
            labels=labels,
            load=lambda index: _by_name(self.content(self.items[index]), names, f"sample {index}"),
            fingerprint=self._fingerprint(labels),
        )

    def _fingerprint(self, labels: Sequence[Any] | None) -> str:
        count, hashed = len(self.items), hashlib.sha256()
        every = isinstance(self.items, list | tuple | np.ndarray | _Columns)
        for index in range(count) if every else sorted(set(np.linspace(0, count - 1, HASHED).astype(int).tolist())):
            for piece in _pieces(self.items[index]):
                hashed.update(piece)
        for piece in _pieces([count, labels]):
            hashed.update(piece)
        return hashed.hexdigest()


@dataclass(frozen=True)
class _Columns:
    """Arrays by the name of the input, of which each holds all samples."""

    arrays: Mapping[str, Any]

    def __len__(self) -> int:
        return common_length(self.arrays, "data")

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {name: array[index] for name, array in self.arrays.items()}


def _of_nncf(data: Any) -> _Held:
    """An item of the source is a sample and its label, or a mapping with a label, where its transform makes the model's
    inputs of it; a source that has no places, such as a data loader, is gone through once and kept."""
    source, transform = data._data_source, data._transform_func
    if not (hasattr(source, "__getitem__") and hasattr(source, "__len__")):
        source = list(source)
    if transform is None:
        return _Held(source, None)
    labels = [_label(source[index]) for index in range(len(source))]
    return _Held(source, None if any(label is None for label in labels) else labels, transform)


def _label(item: Any) -> Any:
    """The label of an item as data loaders give it; None where it has none that is one."""
    if isinstance(item, Mapping):
        item = (None, next((item[key] for key in ("label", "labels", "target") if key in item), None))
    if not isinstance(item, tuple | list) or len(item) != 2:
        return None
    return item[1] if np.size(item[1]) == 1 else None


def _sequence(values: Any) -> Any:
    if isinstance(values, Mapping):
        return _Columns(values)
    if isinstance(values, str | bytes | set) or not (hasattr(values, "__len__") and hasattr(values, "__getitem__")):
        raise DataError(f"data: {type(values).__name__} is not a sequence of samples; {GIVEN}")
    return values


def _plain(label: Any) -> Any:
    """A number as Python's own; anything else as it is."""
    return np.asarray(label).item() if hasattr(label, "dtype") and np.size(label) == 1 else label


def _by_name(content: Any, names: Sequence[str], sample_id: str) -> Any:
    """Several arrays by the names of the model's inputs."""
    if not isinstance(content, tuple):
        return content
    if len(content) == len(names):
        return content[0] if len(names) == 1 else dict(zip(names, content, strict=True))
    raise DataError(
        f"{sample_id}: {len(content)} arrays, the model wants {len(names)} inputs; samples and their labels are given "
        "as a pair: (samples, labels)"
    )


def _pieces(value: Any) -> Iterator[bytes]:
    """Bytes that differ where values do."""
    if isinstance(value, Mapping):
        value = [*value.items()]
    if isinstance(value, list | tuple):
        yield f"{type(value).__name__}{len(value)}".encode()
        for one in value:
            yield from _pieces(one)
    elif hasattr(value, "dtype") and hasattr(value, "shape"):
        array = np.ascontiguousarray(value)
        yield f"{array.dtype}{array.shape}".encode()
        yield array.tobytes()
    else:
        yield value if isinstance(value, bytes) else repr(value).encode()
