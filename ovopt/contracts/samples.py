"""Samples, their labels, and a data source that finds them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from ovopt.errors import DataError, did_you_mean
from ovopt.model.ports.inputs import Array
from ovopt.records import Port, Record


class Parts(tuple[Any, ...]):
    """A sample that takes several inferences: both texts of a pair, the windows of a recording, the frames of a
    sequence. A model with a state keeps it from part to part, and starts every sample anew."""

    __slots__ = ()


@dataclass(frozen=True)
class Samples:
    """The samples of a data source: ids and labels at hand, contents loaded one at a time."""

    source: str
    ids: tuple[str, ...]
    labels: tuple[Any, ...] | None
    """One for each sample, None for one without; or none at all."""
    load: Callable[[int], Any]
    fingerprint: str
    classes: tuple[str, ...] = ()
    """The source's own class names, in the order of the indices in its labels."""
    class_count: int | None = None
    """The number of classes, where the form of the labels tells it."""
    splits: tuple[str, ...] | None = None
    """The split that the data set itself puts each sample in: `train`, `val`, `test` ..."""
    keys: tuple[str, ...] | None = None
    """A sample's place among the splits is drawn by its key, so that the name of a file of many decides nothing; the
    ids where there are none."""
    columns: Mapping[str, Callable[[], Sequence[Any]]] = field(default_factory=dict)
    """What the source says of each sample beside its label, such as who speaks: name -> values, read when asked for."""
    inputs: tuple[str, ...] = ()
    """Names of the columns that contents are made of, in their order, where these are columns of a table."""
    random: bool = False
    """True where contents are drawn at random: statistics of them would ruin a model."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def places(self) -> tuple[str, ...]:
        """Keys that places among the splits are drawn by: a sample's own, or its id by `bare_id`."""
        return self.keys or tuple(bare_id(one, self.source) for one in self.ids)

    def column(self, name: str) -> Sequence[Any]:
        """The source's values of each sample under this name. Raises DataError where it says nothing."""
        if name not in self.columns:
            hint = did_you_mean(name, self.columns) if self.columns else "it has none beside samples and labels"
            raise DataError(f"{self.source}: no column {name!r}; {hint}")
        return self.columns[name]()


def bare_id(sample_id: str, source: str) -> str:
    """An id without the name of the file that holds all samples, which may have been renamed.

    >>> bare_id("train.npz#7", "/data/train.npz"), bare_id("cat/7.png", "/data/cat")
    ('#7', 'cat/7.png')
    """
    bare = sample_id.removeprefix(Path(source).name)
    return bare if bare[:1] in ("#", ":") else sample_id


@dataclass(frozen=True)
class LabelFile:
    """A label that is a file, read where it is needed: a mask of class ids, a region of what is not 0, an image, or a
    number for each pixel."""

    path: Path
    kind: Literal["mask", "region", "image", "values"]
    channels: Literal["RGB", "L", "Y"] | None = None
    """Of an image: those that are wanted; None for the file's own."""
    scale: float = 1.0
    """Of numbers: what those in the file are multiplied by."""
    content: Callable[[], bytes] | None = None
    """Reads the file where it lies inside of another, such as a table; `path` then says where that is."""
    ids: tuple[int, ...] = ()
    """Of a mask: the class id of each value of a pixel, where these are not the ids; those beyond are ignored."""
    colours: tuple[tuple[int, int, int], ...] = ()
    """Of a mask in colour: red, green and blue of each class."""


@dataclass(frozen=True)
class BadLabel:
    """A label that cannot be used, and why: its sample goes the way of any bad sample."""

    why: str


@dataclass(frozen=True, eq=False)
class Future:
    """A label that is what comes next in a series: float64 `values` [times] or [times, series], and by how much each
    series changed in its history from one season to the next, `change` [] or [series], the mean of absolute values."""

    values: Array
    change: Array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.values, dtype, copy=copy)


class DataSource(Record, ABC):
    """A kind of data: npz, files, hf, synthetic ..."""

    name: ClassVar[str]
    priority: ClassVar[int] = 0
    """Of several kinds that recognise a path, the highest takes it: that which asks for more. Of equal ones, whoever
    gives the path chooses."""
    layout: ClassVar[str] = ""
    """What lies in a path of this kind, in a few words."""

    @abstractmethod
    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Find the samples, for a model with these inputs. Raises DataError where there are none."""

    @classmethod
    def recognises(cls, path: str) -> bool:
        """True where `--data PATH` without a kind means this source."""
        return False
