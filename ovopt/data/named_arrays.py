"""Samples of arrays that a file holds by name: which are inputs, which are labels, and the splits that they tell."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate
from typing import Any

import numpy as np
from pydantic import Field

from ovopt.contracts import DataSource, Samples
from ovopt.data.array_file import (
    LABEL_KEYS,
    ArrayChoice,
    ArrayFile,
    ArrayLimits,
    Entry,
    InputArrays,
    LabelArray,
    SplitArray,
)  # fmt: skip
from ovopt.data.array_splits import ToldSplits, split_of_key
from ovopt.data.content import common_length, samples_first
from ovopt.errors import DataError, quoted
from ovopt.given_file import beyond
from ovopt.records import Port

INPUT_KEYS = ("x", "inputs", "input", "images", "image", "data", "features")
CLASS_KEYS = ("classes", "class_names", "label_names", "labels_names")
LENGTHS = (
    "give arrays of one length, or name those that belong together: data.source.inputs that of samples, "
    "data.source.labels that of labels"
)


class ArraySource(DataSource):
    """Source of arrays that a file holds by name."""

    path: str
    inputs: InputArrays = None
    labels: LabelArray = None
    split: SplitArray = None
    max_bytes: int = Field(default=4 << 30, gt=0, description="a larger sample is refused")
    max_samples: int = Field(default=10_000_000, gt=0, description="a file of more samples is refused")

    def samples_of(self, file: ArrayFile, ports: Sequence[Port]) -> Samples:
        """Samples of a file's arrays as the recipe chooses them. Raises DataError as `NamedArrays.samples`."""
        choice = ArrayChoice(self.inputs, self.labels, self.split)
        return NamedArrays(file, ports, choice, ArrayLimits(self.max_bytes, self.max_samples)).samples()


@dataclass(frozen=True)
class NamedArrays:
    """Samples of a file's arrays, for a model with these inputs."""

    file: ArrayFile
    ports: Sequence[Port]
    choice: ArrayChoice
    limits: ArrayLimits

    def samples(self) -> Samples:
        """Entries of the arrays along their first axis, split by split. Raises DataError where an array is missing or
        broken, or the arrays of a split differ in length."""
        read = {split: self._read(split) for split in self._parts}
        counts = {split: part.count for split, part in read.items()}
        if not sum(counts.values()):
            raise DataError(f"{self.file.said}: holds no samples")
        ends, parts = [*accumulate(counts.values())], [*read.values()]

        def load(index: int) -> Any:
            place = bisect_right(ends, index)
            return parts[place].load(index - ends[place] + parts[place].count)

        labels = [part.labels for part in parts]
        own = tuple(split for split, count in counts.items() for _ in range(count))
        own = self._told.names(counts[""]) or own if "" in counts else own
        columns = {} if "" not in read else self._columns(counts[""])
        return Samples(
            source=self.file.said,
            ids=tuple(f"{split or self.file.name}#{i}" for split, count in counts.items() for i in range(count)),
            labels=None if all(one is None for one in labels) else tuple(_filled(labels, [*counts.values()])),
            load=load,
            fingerprint=self.file.fingerprint(),
            classes=self._classes(),
            splits=own if len(set(own)) > 1 else None,
            keys=tuple(map(str, range(ends[-1]))),
            columns=columns,
        )

    @cached_property
    def _told(self) -> ToldSplits:
        return ToldSplits(self.file, [port.name for port in self.ports], self.choice.split)

    @cached_property
    def _parts(self) -> dict[str, dict[str, str]]:
        """Split -> what an array is called in it -> its key; the split has no name where the keys tell none."""
        keys = [key for key in self.file.keys if key not in (*self._told.keys, *self._class_keys)]
        named = {*self._named_inputs.values(), self.choice.labels} - {None}
        divided = {key: split_of_key(key) for key in keys}
        found: dict[str, dict[str, str]] = {}
        for key, (split, base) in divided.items():
            if split:
                found.setdefault(split, {})[base] = key
        bases = {base for part in found.values() for base in part}
        ports = {port.name for port in self.ports}
        if not found or named - bases or ports & {key for key in keys if divided[key][0]}:
            return {"": {key: key for key in keys}}
        return found

    @cached_property
    def _class_keys(self) -> list[str]:
        return [key for key in self.file.keys if key.lower() in CLASS_KEYS and self.file.find(key).dtype.kind in "US"]

    @cached_property
    def _named_inputs(self) -> dict[str, str]:
        """Input name -> array, as the recipe says."""
        inputs = self.choice.inputs or {}
        return dict(inputs) if isinstance(inputs, Mapping) else {inputs: inputs}

    def _read(self, split: str) -> _Part:
        keys = self._parts[split]
        label = self._label(split)
        inputs = self._inputs(split, label)
        wanted = [*inputs.values(), *([label] if label else [])]
        entries = {name: self.file.find(keys[name]) for name in wanted}
        self._check_sizes(entries)
        arrays = {name: entry.read() for name, entry in entries.items()}
        if label:
            samples = entries[next(iter(inputs.values()))].count
            arrays[label] = _labels_of(arrays[label], len(entries[label].shape), samples)
        try:
            count = common_length({keys[name]: array for name, array in arrays.items()}, self.file.said)
        except DataError as error:
            raise DataError(f"{error}; {LENGTHS}") from None
        found = {name: arrays[array] for name, array in inputs.items()}
        alone = len(found) == 1 and not isinstance(self.choice.inputs, Mapping)
        return _Part(count, found, _as_python(arrays[label]) if label else None, alone)

    def _label(self, split: str) -> str | None:
        """The array of labels, as it is called in a split; None where the split has none."""
        every = dict.fromkeys(name for part in self._parts.values() for name in part)
        lower = {name.lower(): name for name in reversed([*every])}
        named = self.choice.labels and self.file.known(self.choice.labels, every)
        label = (
            named or next((lower[key] for key in LABEL_KEYS if key in lower), None) or self._unnamed_labels([*every])
        )
        return label if label in self._parts[split] else None

    def _unnamed_labels(self, known: Sequence[str]) -> str | None:
        """The one array more than the model has inputs, where it holds a number or a name for each sample: the second
        of `numpy.savez(file, samples, labels)`."""
        if len(known) != len(self.ports) + 1:
            return None
        names = {port.name for port in self.ports}
        part = next(iter(self._parts.values()))
        shapes = {name: self.file.find(part[name]).shape for name in known if name in part}
        found = [name for name, shape in shapes.items() if name not in names and (len(shape) == 1 or shape[1:] == (1,))]
        return found[0] if len(found) == 1 else None

    def _inputs(self, split: str, label: str | None) -> dict[str, str]:
        """Input name -> what its array is called in a split."""
        known = [name for name in self._parts[split] if name != label]
        for name in self._named_inputs.values():
            self.file.known(name, known if not split else self._in_split(split, known))
        if self._named_inputs:
            return self._named_inputs
        if not known:
            said = ", ".join(self._parts[split]) or "nothing"
            raise DataError(f"{self.file.said}: holds no array of inputs, only {said}")
        names = [port.name for port in self.ports]
        usual = [name for name in known if name.lower() in INPUT_KEYS] if len(names) == 1 else []
        chosen = names if set(names) <= set(known) else usual if len(usual) == 1 else known
        return {name: name for name in chosen}

    def _in_split(self, split: str, known: Sequence[str]) -> Sequence[str]:
        missing = [name for name in self._named_inputs.values() if name not in known]
        if missing:
            raise DataError(f"{self.file.said}: the split {split!r} has no array {missing[0]!r}, which others have")
        return known

    def _check_sizes(self, entries: Mapping[str, Entry]) -> None:
        said, limits = self.file.said, self.limits
        for name, entry in entries.items():
            if entry.count > limits.samples:
                raise DataError(f"{said}: {beyond(entry.count, 'samples', 'data.source.max_samples', limits.samples)}")
            self._check_size(entry.size_bytes // (entry.count or 1), f"{said}: a sample of {quoted(name)} takes")
        unpacked = sum(entry.size_bytes for entry in entries.values() if entry.unpacks)
        self._check_size(unpacked, f"{said}: its compressed arrays take")

    def _check_size(self, size_bytes: int, taker: str) -> None:
        if size_bytes > self.limits.bytes:
            raise DataError(f"{taker} {beyond(size_bytes, 'bytes', 'data.source.max_bytes', self.limits.bytes)}")

    def _classes(self) -> tuple[str, ...]:
        names = (np.asarray(self.file.find(key).read()) for key in self._class_keys[:1])
        return next((tuple(map(_text, array.tolist())) for array in names if array.ndim == 1), ())

    def _columns(self, count: int) -> dict[str, Callable[[], Sequence[Any]]]:
        """Arrays of one value for each sample."""

        def values(key: str) -> Sequence[Any]:
            entry = self.file.find(key)
            if entry.shape != (count,):
                raise DataError(
                    f"{self.file.said}: {quoted(key)} is an array {list(entry.shape)}, where one value is wanted for "
                    f"each of {count:,} samples"
                )
            return list(map(_plain, np.asarray(entry.read()).tolist()))

        return {key: partial(values, key) for key in self.file.keys}


@dataclass(frozen=True)
class _Part:
    """The arrays of a split. A sample is a mapping unless one input is `alone`."""

    count: int
    inputs: Mapping[str, Any]
    labels: Sequence[Any] | None
    alone: bool

    def load(self, index: int) -> Any:
        loaded = {name: _native(array[index]) for name, array in self.inputs.items()}
        return next(iter(loaded.values())) if self.alone else loaded


def _labels_of(array: Any, dims: int, count: int) -> Any:
    return samples_first(np.asarray(array), count) if dims <= 2 else array  # larger ones stay in their file


def _as_python(array: Any) -> Sequence[Any]:
    """Labels of samples: numbers, names and rows as Python's own; masks and images stay arrays in the file."""
    return tuple(array) if array.ndim > 2 else tuple(array.tolist())


def _native(value: Any) -> Any:
    """An array of its own, in the order of bytes that the machine has."""
    array = np.array(value)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _filled(labels: Sequence[Sequence[Any] | None], counts: Sequence[int]) -> Iterator[Any]:
    for one, count in zip(labels, counts, strict=True):
        yield from [None] * count if one is None else one


def _plain(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _text(value: Any) -> str:
    return str(_plain(value))
