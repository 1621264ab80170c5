"""Data that come as several parts, each a split of the data set's own."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import numpy as np
from pydantic import ConfigDict, Field, ValidationError

from ovopt.contracts import Boxes, DataSource, Samples, plugins
from ovopt.data.recognition import settings_of
from ovopt.data.split import own_splits_in, usual_split
from ovopt.errors import DataError, did_you_mean
from ovopt.locate import expand
from ovopt.records import Port

Part: TypeAlias = str | dict[str, Any]
"""A path, whose kind its content shows, or the settings of a source."""
SHOWN = 4


class OwnSplits(DataSource):
    """Data that come as parts, each of them a split of its own: folders `train`, `val` and `test` below one, or files.

    Each part may be of any kind of source; keys that this kind has not are settings of every part, such as
    `suffixes: [.png]`. Classes are put together by their names.
    """

    model_config = ConfigDict(extra="allow")
    name: ClassVar[str] = "splits"
    priority: ClassVar[int] = 60
    path: str | None = Field(
        default=None,
        description="the folder that holds them, each under a usual name: train, val, valid, validation, dev, test ...",
    )
    parts: dict[str, Part | tuple[Part, ...]] = Field(
        default={}, description="name of the split -> path, source, or several; default: what lies in `path`"
    )
    each: str | None = Field(default=None, description="the kind of every part; default: what each part shows")

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder in which nothing but splits lie, or at least two of them."""
        root = expand(path)
        if not root.is_dir():
            return False
        found = own_splits_in(root)
        folders = {place for place in root.iterdir() if place.is_dir() and not place.name.startswith(".")}
        return bool(found) and (len({usual_split(name) for name in found}) > 1 or folders == set(found.values()))

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all parts. Raises DataError where there is none, or a part cannot be read."""
        opened = [
            (name, self._source(part, name).open(inputs, seed))
            for name, parts in self._parts().items()
            for part in parts
        ]
        return _together(opened, self._said())

    def _parts(self) -> dict[str, Sequence[Part]]:
        if self.parts:
            return {name: part if isinstance(part, tuple) else (part,) for name, part in self.parts.items()}
        if self.path is None:
            raise DataError("data.source: give `parts`, or the `path` of a folder that holds them")
        root = expand(self.path)
        found: dict[str, Sequence[Part]] = {name: (str(place),) for name, place in own_splits_in(root).items()}
        if not found:
            raise DataError(f"{root}: holds no folder or file that is called like a split, such as train, val or test")
        return found

    def _source(self, part: Part, name: str) -> DataSource:
        shared = {**(self.model_extra or {}), **({"kind": self.each} if self.each else {})}
        settings = settings_of(part, shared, "data.source.each") if isinstance(part, str) else {**shared, **part}
        if isinstance(part, str) and settings["kind"] != self.each:
            settings = {**(self.model_extra or {}), **settings}
        kind, known = settings.pop("kind", None), plugins("ovopt.data", DataSource)
        if kind not in known or kind == self.name:
            raise DataError(f"data.source.parts.{name}: no kind of source for a part: {did_you_mean(str(kind), known)}")
        try:
            source: DataSource = known[kind].model_validate(settings)
            return source
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(map(str, first["loc"]))
            raise DataError(f"data.source.{key}: {first['msg'].lower()} (part {name}, of kind {kind})") from None

    def _said(self) -> str:
        if self.path is not None:
            return str(expand(self.path))
        return ", ".join(
            f"{name}={Path(part).name if isinstance(part, str) else part.get('path', part.get('kind'))}"
            for name, parts in self._parts().items()
            for part in parts
        )


def _together(opened: Sequence[tuple[str, Samples]], said: str) -> Samples:
    """The samples of all parts in their order."""
    ends = list(accumulate(len(samples) for _, samples in opened))
    classes = tuple(dict.fromkeys(name for _, samples in opened for name in samples.classes))
    labelled = [_labels(samples, classes) for _, samples in opened]

    def load(index: int) -> Any:
        part = bisect_right(ends, index)
        samples = opened[part][1]
        return samples.load(index - ends[part] + len(samples))

    digest = hashlib.sha256()
    for name, samples in opened:
        digest.update(f"{name}\0{samples.fingerprint}\0".encode())
    return Samples(
        source=said,
        ids=tuple(f"{name}/{one}" for name, samples in opened for one in samples.ids),
        labels=tuple(label for labels in labelled for label in labels) if any(s.labels for _, s in opened) else None,
        load=load,
        fingerprint=digest.hexdigest(),
        classes=classes,
        class_count=max((samples.class_count or 0 for _, samples in opened), default=0) or None,
        splits=tuple(name for name, samples in opened for _ in samples.ids),
        keys=tuple(
            f"{place}/{key}" for place, (_, samples) in enumerate(opened) for key in samples.keys or samples.ids
        ),
        random=any(samples.random for _, samples in opened),
    )


def _labels(samples: Samples, classes: Sequence[str]) -> Sequence[Any]:
    """Labels whose indices count `classes`, those of all parts."""
    if samples.labels is None:
        return [None] * len(samples)
    if not samples.classes or samples.classes == tuple(classes[: len(samples.classes)]):
        return samples.labels
    place = np.array([classes.index(name) for name in samples.classes], dtype=np.int64)
    return [_moved(label, place) for label in samples.labels]


def _moved(label: Any, place: np.ndarray[Any, Any]) -> Any:
    if isinstance(label, Boxes):
        return replace(label, classes=place[label.classes])
    if isinstance(label, int) and not isinstance(label, bool) and 0 <= label < len(place):
        return int(place[label])
    return label
