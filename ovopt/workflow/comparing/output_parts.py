"""Outputs that agreement looks at, and the parts of each that it looks at one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from ovopt.arrays.extent import Division, Extent, division
from ovopt.arrays.pairs import are_ids
from ovopt.contracts import Array, Metric
from ovopt.records import Port

SORTED = "its values are sorted, so that they agree whatever the model answers"
EMPTY = "it is empty for every sample"
SPREADS = 4
"""The range of figures that scatter is about so many times their spread."""
LEAST_SAMPLES = 8
"""Fewer samples may be alike by chance."""
NOTICED = 0.01
"""A channel that ranges over less than this share of the widest one's range is not missed."""


@dataclass(frozen=True)
class Part:
    """Figures or ids of one output that are judged together."""

    name: str
    place: int
    """That of the output among those that are looked at."""
    ids: bool = False
    channels: tuple[int, ...] = ()
    """Along `axis`; all where there are none."""
    axis: int = 0
    scale: tuple[float, float] | None = None
    """Centre and spread of an output of one figure."""
    ordered: bool = False
    """True where its values come sorted."""

    def of(self, outputs: Sequence[Array]) -> Array:
        """The part of an inference's outputs: an output [...] or some of its channels; ids as integers. One figure has
        its place among all samples' for a direction: a plain one would agree with any other of its sign."""
        values = outputs[self.place]
        if self.ids:
            return values if values.dtype.kind in "iub" else np.nan_to_num(values, nan=-1).astype(np.int64)
        if self.scale and values.size == 1:
            centre, spread = self.scale
            return np.array([(float(values.reshape(())) - centre) / spread, 1.0])
        if self.channels and self.axis < values.ndim and max(self.channels) < values.shape[self.axis]:
            return np.take(values, self.channels, self.axis)
        return values

    def suits(self, metric: Metric) -> bool:
        """True where a metric of agreement can tell something of it."""
        return metric.takes_ids if self.ids else not (metric.ranks and (self.scale or self.ordered))


@dataclass
class Seen:
    """One model's answers over all samples, output by output."""

    ports: Sequence[Port]
    kinds: Mapping[str, str] = field(default_factory=dict)
    extents: dict[int, Extent] = field(default_factory=dict)
    ids: set[int] = field(default_factory=set)

    def add(self, outputs: Sequence[Array]) -> None:
        """The outputs [...] of one more inference."""
        for place, values in enumerate(outputs):
            if are_ids(values) or self.kinds.get(self._name(place)) == "indices":
                self.ids.add(place)
            elif values.dtype.kind in "fiub":
                self.extents.setdefault(place, Extent()).add(values)

    def parts(self) -> list[Part]:
        """The parts that can be judged, those of one output behind each other."""
        return [part for place in sorted({*self.extents, *self.ids}) for part in self._parts(place)]

    def silent(self) -> dict[str, str]:
        """Outputs that tell nothing, and why."""
        found = ((place, self._silent(place)) for place in self.extents)
        return {self._name(place): why for place, why in found if why}

    def sorted(self) -> Iterator[str]:
        """Outputs whose values come sorted."""
        return (self._name(place) for place in self.extents if self.kinds.get(self._name(place)) == "sorted")

    def is_frozen(self, part: Part, original: Seen) -> bool:
        """True where a part is the same for every sample, and the original's is not."""
        mine, theirs = self.extents.get(part.place), original.extents.get(part.place)
        if not mine or not theirs or mine.low.shape != theirs.low.shape or mine.samples < LEAST_SAMPLES:
            return False
        if not mine.low.ndim:
            return mine.is_constant and not theirs.is_constant
        channels = list(part.channels or range(mine.low.shape[part.axis]))
        same, before = (one.constant_channels(part.axis)[channels] for one in (mine, theirs))
        return bool(same.all() and not before.all())

    def constant(self) -> Iterator[str]:
        """Outputs that are the same for every sample."""
        return (self._name(place) for place, extent in self.extents.items() if extent.is_constant)

    def gone(self, original: Seen) -> Iterator[str]:
        """Channels that tell samples apart in the original and not here."""
        for place, extent in self.extents.items():
            theirs = original.extents.get(place)
            if theirs and (dead := _dead(extent, theirs)):
                several = "channels" if len(dead) > 1 else "channel"
                yield f"{several} {_spans(dead)} of output {self._name(place)!r}"

    def _parts(self, place: int) -> Iterator[Part]:
        name, extent = self._name(place), self.extents.get(place)
        if place in self.ids or extent is None:
            yield Part(name, place, ids=True)
        elif self._silent(place) is None:
            divided = division(extent)
            for channels in divided.groups if divided else ():
                yield Part(f"{name}[{_spans(channels)}]", place, channels=channels, axis=_axis(divided))
            if not divided:
                yield Part(name, place, scale=_scale(extent), ordered=self.kinds.get(name) == "sorted")

    def _silent(self, place: int) -> str | None:
        others = len(self.extents) + len(self.ids) > 1
        if others and self.kinds.get(self._name(place)) == "sorted":
            return SORTED
        return EMPTY if others and self.extents[place].known and not self.extents[place].samples else None

    def _name(self, place: int) -> str:
        return self.ports[place].name if place < len(self.ports) else f"output {place}"


def _axis(divided: Division | None) -> int:
    return divided.axis if divided else 0


def _scale(extent: Extent) -> tuple[float, float] | None:
    if not extent.is_single or extent.is_constant:
        return None
    low, high = float(extent.low.reshape(())), float(extent.high.reshape(()))
    return ((low + high) / 2, (high - low) / SPREADS) if np.isfinite(high - low) and high > low else None


def _dead(mine: Extent, theirs: Extent) -> list[int]:
    """Channels that became constant, along the first axis that has some."""
    if not (mine.known and theirs.known and mine.low.shape == theirs.low.shape and mine.samples > 1):
        return []
    for axis in reversed(range(int(theirs.lengths_differ), theirs.low.ndim)):
        low, high = theirs.channels(axis)
        ranges = np.nan_to_num(high - low)
        groups = divided.groups if (divided := division(theirs)) and divided.axis == axis else (range(len(low)),)
        widest = np.zeros(len(low))
        for group in groups:
            widest[list(group)] = ranges[list(group)].max()
        lost = mine.constant_channels(axis) & ~theirs.constant_channels(axis)
        if found := np.flatnonzero(lost & (ranges > NOTICED * widest)).tolist():
            return found
    return []


def _spans(channels: Sequence[int]) -> str:
    """`0-3, 7`."""
    runs = [[c for _, c in run] for _, run in groupby(enumerate(channels), lambda pair: pair[1] - pair[0])]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
