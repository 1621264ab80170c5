"""Data that come as several parts, each a split of the data set's own."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import numpy as np
from pydantic import ConfigDict, Field, ValidationError

from ovopt.contracts import Boxes, DataSource, Samples, plugins
from ovopt.data.own_splits import own_splits_in, usual_split
from ovopt.data.recognition import settings_of
from ovopt.errors import DataError, did_you_mean
from ovopt.locate import expand
from ovopt.records import Port
from ovopt.units import listed

Part: TypeAlias = str | dict[str, Any]
"""A path, whose kind its content shows, or the settings of a source."""
KIND_KEY = "data.source.each"


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
        found = parts_in(root)
        usual = {usual_split(name) for name in found}
        if any(place.is_dir() for places in found.values() for place in places):
            return len(usual) > 1 or {root / name for name in found} == set(_folders(root))
        return len(usual) > 1 and not _folders(root)

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all parts. Raises DataError where there is none, or a part cannot be read."""
        named = self._named()
        opened = [(name, self._source(part, name).open(inputs, seed)) for name, part in named]
        said = ", ".join(f"{name}={_said(part)}" for name, part in named)
        return together(opened, said if self.path is None else str(expand(self.path)))

    def _named(self) -> list[tuple[str, Part]]:
        if self.parts:
            listed = {name: part if isinstance(part, tuple) else (part,) for name, part in self.parts.items()}
            return [(name, part) for name, parts in listed.items() for part in parts]
        if self.path is None:
            raise DataError("data.source: give `parts`, or the `path` of a folder that holds them")
        return [(name, str(place)) for name, place in _one_each(expand(self.path)).items()]

    def _source(self, part: Part, name: str) -> DataSource:
        shared = self.model_extra or {}
        settings = dict(part) if isinstance(part, dict) else {"path": part}
        if "kind" not in settings:
            own = {**shared, "kind": self.each} if self.each else {}
            settings = {**settings_of(str(settings.get("path", "")), own, KIND_KEY), **settings}
        if not self.each:
            settings = {**shared, **settings}
        kind, known = settings.pop("kind"), plugins("ovopt.data", DataSource)
        if kind not in known or kind == self.name:
            raise DataError(
                f"data.source.parts.{name}: {kind!r} is no kind of a part; {did_you_mean(str(kind), known)}"
            )
        try:
            source: DataSource = known[kind].model_validate(settings)
            return source
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(map(str, first["loc"]))
            raise DataError(f"data.source.{key}: {first['msg'].lower()} (part {name}, of kind {kind})") from None


def parts_in(root: Path) -> dict[str, list[Path]]:
    """Own splits that lie in a folder under their usual names: folders, or files of which a source reads each."""
    kinds = plugins("ovopt.data", DataSource).values()
    found = {
        name: [place for place in places if place.is_dir() or any(kind.recognises(str(place)) for kind in kinds)]
        for name, places in own_splits_in(root).items()
    }
    return {name: places for name, places in found.items() if places}


def are_parts(data: Any) -> bool:
    """Tell parts by the names of their splits from the arrays of one data set by the names of the model's inputs."""
    if not isinstance(data, Mapping) or not data or not all(isinstance(name, str) for name in data):
        return False
    parts = [one for part in data.values() for one in _several(part)]
    named = [usual_split(name) is not None for name in data]
    labelled = any(isinstance(one, tuple) for one in parts)
    tables = all(hasattr(one, "column_names") for one in parts)
    places = any(isinstance(one, str | Path | DataSource) for one in parts)
    return places or tables or all(named) or (any(named) and labelled)


def open_parts(data: Mapping[str, Any], open_part: Callable[[Any], Samples]) -> Samples:
    """The samples of parts in memory, each opened by this function: name of the split -> part, or paths or sources."""
    opened = [(name, open_part(one)) for name, part in data.items() for one in _several(part)]
    return together(opened, f"data in memory ({', '.join(data)})")


def are_given(part: Any) -> bool:
    """Tell paths and sources, which a recipe can name, from data in memory."""
    return all(isinstance(one, str | Path | DataSource) for one in _several(part))


def _several(part: Any) -> Sequence[Any]:
    """The parts of one split: several where a list holds nothing but paths and sources."""
    if isinstance(part, list | tuple) and part and all(isinstance(one, str | Path | DataSource) for one in part):
        return part
    return [part]


def together(opened: Sequence[tuple[str, Samples]], said: str) -> Samples:
    """The samples of all parts in their order, each with the name of its split. Columns of tables are taken by name, in
    the order of the first training part, or of the first one. Raises DataError where a part lacks one."""
    leading = min(opened, key=lambda part: usual_split(part[0]) != "calibration")
    opened = [(name, _with_inputs(samples, leading)) for name, samples in opened]
    ends = list(accumulate(len(samples) for _, samples in opened))
    classes = _all_classes([samples.classes for _, samples in opened])
    labelled = [_labels(samples, classes) for _, samples in opened]
    prefixes = _prefixes(opened)
    contents = "".join(sorted(f"{name}\0{samples.fingerprint}\0" for name, samples in opened))

    def load(index: int) -> Any:
        part = bisect_right(ends, index)
        samples = opened[part][1]
        return samples.load(index - ends[part] + len(samples))

    return Samples(
        source=said,
        ids=tuple(
            f"{prefix}/{one}" for prefix, (_, samples) in zip(prefixes, opened, strict=True) for one in samples.ids
        ),
        labels=tuple(label for labels in labelled for label in labels) if any(s.labels for _, s in opened) else None,
        load=load,
        fingerprint=hashlib.sha256(contents.encode()).hexdigest(),
        classes=classes,
        class_count=max((samples.class_count or 0 for _, samples in opened), default=0) or None,
        splits=tuple(name for name, samples in opened for _ in samples.ids),
        keys=tuple(_keys(opened)),
        columns={name: partial(_column, name, opened) for _, samples in opened for name in samples.columns},
        inputs=leading[1].inputs,
        random=any(samples.random for _, samples in opened),
    )


def _with_inputs(samples: Samples, leading: tuple[str, Samples]) -> Samples:
    """Samples whose contents are made of the same columns, in the same order, as those of the leading part."""
    split, wanted, own = leading[0], leading[1].inputs, samples.inputs
    if len(wanted) < 2 or not own or own == wanted:
        return samples
    if lost := [name for name in wanted if name not in own]:
        raise DataError(
            f"{samples.source}: the column {lost[0]!r}, which is an input in {split!r}, is none here; mend one of "
            "them, or name the columns with data.source.inputs"
        )
    places = [own.index(name) for name in wanted]

    def load(index: int) -> Any:
        content = samples.load(index)
        return {name: content[name] for name in wanted} if isinstance(content, Mapping) else content[places]

    return replace(samples, load=load, inputs=wanted)


def _folders(root: Path) -> list[Path]:
    return [place for place in root.iterdir() if place.is_dir() and not place.name.startswith(".")]


def _one_each(root: Path) -> dict[str, Path]:
    """The one place of each own split in a folder."""
    found = parts_in(root)
    if not found:
        raise DataError(f"{root}: holds no folder or file that is called like a split, such as train, val or test")
    for name, places in found.items():
        if len(places) > 1:
            names = listed([place.name for place in places])
            raise DataError(f"{root}: {names} are all called {name}; name those to read: --data {name}={places[0]} ...")
        if places[0].is_dir() and not any(places[0].iterdir()):
            raise DataError(f"{places[0]}: an empty folder; fill or remove it")
    return {name: places[0] for name, places in found.items()}


def _said(part: Part) -> str:
    return Path(part).name if isinstance(part, str) else str(part.get("path", part.get("kind")))


def _prefixes(opened: Sequence[tuple[str, Samples]]) -> list[str]:
    """The beginning of each part's ids: its split's name, and a number where two parts of it call a sample the same."""
    counts = Counter(f"{name}/{one}" for name, samples in opened for one in samples.ids)
    if len(counts) == sum(len(samples) for _, samples in opened):
        return [name for name, _ in opened]
    return [f"{name}/{place}" for place, (name, _) in enumerate(opened, start=1)]


def _keys(opened: Sequence[tuple[str, Samples]]) -> Iterator[str]:
    """Keys that places are drawn by: parts count within their own split, so that their order is free."""
    met = Counter[str]()
    for name, samples in opened:
        met[name] += 1
        yield from (f"{name}/{met[name]}/{key}" for key in samples.places)


def _all_classes(each: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The class names of all parts: sorted where each part has them so, else in the order of the longest list."""
    names = dict.fromkeys(name for classes in sorted(each, key=len, reverse=True) for name in classes)
    return tuple(sorted(names) if all(list(classes) == sorted(classes) for classes in each) else names)


def _column(name: str, opened: Sequence[tuple[str, Samples]]) -> list[Any]:
    """A column's values over all parts; None in those that have no such column."""
    return [
        value
        for _, samples in opened
        for value in (samples.column(name) if name in samples.columns else [None] * len(samples))
    ]


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
