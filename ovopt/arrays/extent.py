"""Extent of a model's output over samples, and the parts of it that have a scale of their own. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
MOST_CHANNELS = 1024
"""A longer axis holds places rather than channels."""
GAP = 10.0
"""Ranges that are so many times smaller than the next larger ones are on another scale."""
NEGLIGIBLE = 1e-3
"""Channels that reach no further than this share of the largest value are noise beside it, unless they are shares."""
LEAST_SHARE = 0.01
"""Channels of shares (0 to 1) that stay below are noise too."""
OBSERVED = 30
"""From so many values of each channel on, their ranges can be told apart."""


class Extent:
    """The lowest and the highest value at every place of an output [...], over all samples that were added. Where
    samples differ in length, along the first dimension together."""

    def __init__(self) -> None:
        self.samples = 0
        """Samples that were not empty."""
        self.known = True
        """False where outputs differ in more than their length."""
        self.lengths_differ = False
        self.low: Floats = np.empty(0)
        self.high: Floats = np.empty(0)

    def add(self, values: Floats) -> None:
        """One more sample's output [...]; what is no number is passed over."""
        if not values.size or not self.known:
            return
        low = high = np.asarray(values)
        if not self.samples:
            self.low, self.high = low.copy(), high.copy()
        else:
            if low.shape != self.low.shape:
                low, high = self._together(low)
            if self.known:
                np.fmin(self.low, low, out=self.low)
                np.fmax(self.high, high, out=self.high)
        self.samples += 1

    def _together(self, values: Floats) -> tuple[Floats, Floats]:
        """Both without the first dimension's length."""
        self.lengths_differ = True
        if not values.ndim or values.ndim != self.low.ndim or values.shape[1:] != self.low.shape[1:]:
            self.known = False
            return values, values
        self.low, self.high = self.low.min(axis=0, keepdims=True), self.high.max(axis=0, keepdims=True)
        return values.min(axis=0, keepdims=True), values.max(axis=0, keepdims=True)

    @property
    def is_single(self) -> bool:
        """True where every sample got one value."""
        return self.known and self.samples > 0 and self.low.size == 1 and not self.lengths_differ

    @property
    def is_constant(self) -> bool:
        """True where every sample got the same output."""
        return self.known and self.samples > 1 and bool(np.all(_same(self.low, self.high)))

    def channels(self, axis: int) -> tuple[Floats, Floats]:
        """The lowest and the highest value [n] along an axis; infinite ones are left out."""
        others = tuple(other for other in range(self.low.ndim) if other != axis)
        low, high = (np.where(np.isfinite(side), side, np.nan) for side in (self.low, self.high))
        return np.fmin.reduce(low, axis=others), np.fmax.reduce(high, axis=others)

    def constant_channels(self, axis: int) -> NDArray[np.bool_]:
        """The channels [n] along an axis that every sample got the same values in."""
        others = tuple(other for other in range(self.low.ndim) if other != axis)
        return np.asarray(_same(self.low, self.high).all(axis=others))


def _same(low: Floats, high: Floats) -> NDArray[np.bool_]:
    return np.asarray((low == high) | (np.isnan(low) & np.isnan(high)))


@dataclass(frozen=True)
class Division:
    """Channels along an axis of an output, in groups of one scale each."""

    axis: int
    groups: tuple[tuple[int, ...], ...]


def division(extent: Extent) -> Division | None:
    """The division of an output by its channels' ranges; None where one scale fits all, or too little was seen."""
    if not extent.known or not extent.samples:
        return None
    for axis in reversed(range(int(extent.lengths_differ), extent.low.ndim)):
        count = extent.low.shape[axis]
        if 2 <= count <= MOST_CHANNELS and extent.samples * extent.low.size >= OBSERVED * count:
            groups = scale_groups(*extent.channels(axis), extent.constant_channels(axis))
            if len(groups) > 1:
                return Division(axis, groups)
    return None


def scale_groups(low: Floats, high: Floats, constant: NDArray[np.bool_]) -> tuple[tuple[int, ...], ...]:
    """Channels [n] by the scale of their ranges, in their order: pixels apart from shares, and whatever is `GAP` times
    larger than the next. Large ones that are constant stand apart from those that tell samples apart."""
    reach = np.fmax(np.abs(low), np.abs(high))
    live = np.flatnonzero(~constant & (high > low))
    if not len(live):
        return (tuple(range(len(low))),)
    ranges = high - low
    order = live[np.argsort(-ranges[live], kind="stable")]
    groups: list[list[int]] = [[int(order[0])]]
    for place, channel in enumerate(order[1:], 1):
        if _begins_group(groups[-1], order[place:], low, high, ranges):
            groups.append([])
        groups[-1].append(int(channel))
    groups = _without_noise(groups, low, high, reach)
    fixed = np.flatnonzero(~np.isin(np.arange(len(low)), live))
    heavy = [int(c) for c in fixed if reach[c] * GAP >= np.nanmax(reach[live])]
    groups[-1] += [int(c) for c in fixed if c not in heavy]
    return tuple(sorted(tuple(sorted(group)) for group in [*groups, heavy] if group))


def _begins_group(group: list[int], rest: NDArray[np.integer], low: Floats, high: Floats, ranges: Floats) -> bool:
    """True where the first of the rest is on another scale than the group: shares stay together, however rare."""
    if _shares(group, low, high):
        return False
    pixels = np.fmax(np.abs(low[group]), np.abs(high[group])).max() > GAP
    return bool(ranges[rest[0]] * GAP < ranges[group].min() or (pixels and _shares(list(rest), low, high)))


def _shares(channels: list[int], low: Floats, high: Floats) -> bool:
    return bool(low[channels].min() >= -LEAST_SHARE and high[channels].max() <= 1 + LEAST_SHARE)


def _without_noise(groups: list[list[int]], low: Floats, high: Floats, reach: Floats) -> list[list[int]]:
    """The groups, of which one that nobody would miss goes with the one before it."""
    kept = [groups[0]]
    for group in groups[1:]:
        largest = reach[group].max()
        noise = largest < (LEAST_SHARE if _shares(group, low, high) else NEGLIGIBLE * np.nanmax(reach))
        kept[-1] = kept[-1] + group if noise else kept[-1]
        kept += [] if noise else [group]
    return kept
