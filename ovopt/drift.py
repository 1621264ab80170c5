"""Two stored comparisons side by side: what moved between them, and whether they may be held together at all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from ovopt import stats, units
from ovopt.errors import UsageError
from ovopt.figures import figures_of
from ovopt.records import Arm, Comparison, Machine, Quality
from ovopt.stats import PairedCounts

SAME_MEMORY = 0.05
"""A virtual machine's memory differs by some pages from start to start."""
HARDWARE = ("processor", "cores", "isa", "virtual")
RUNTIME = ("device", "hint", "properties")


def unlike(then: Comparison, now: Comparison) -> list[str]:
    """Differences of hardware and settings, a line each. Software may differ: its effect is what drift shows."""
    settings = _differing(then.settings, now.settings, RUNTIME)
    return [
        *unlike_machines(then.machine, now.machine),
        *(f"settings: {name} was {old}, is {new}" for name, old, new in settings),
    ]


def unlike_machines(then: Machine, now: Machine) -> list[str]:
    """Differences of the hardware, a line each."""
    lines = [f"machine: {name} was {old}, is {new}" for name, old, new in _differing(then, now, HARDWARE)]
    before, after = then.memory_bytes, now.memory_bytes
    if abs(after / before - 1) > SAME_MEMORY:
        lines.append(f"machine: memory was {units.memory(before)}, is {units.memory(after)}")
    return lines


def refuse_unlike(differences: Iterable[str], force: bool) -> None:
    """UsageError where runs differ, unless `force`: their absolute figures are not comparable."""
    lines = list(differences)
    if lines and not force:
        raise UsageError("the two runs are not alike; --force shows them all the same:\n  " + "\n  ".join(lines))


def compare_runs(then: Comparison, now: Comparison, *, force: bool = False) -> list[str]:
    """Differences and changes, then the figures of arms and pairs that both runs have, a line each.

    Raises UsageError for runs of unlike machines or settings unless `force`.
    """
    differences = unlike(then, now)
    refuse_unlike(differences, force)
    samples = _same_samples(then, now)
    return [
        f"then {units.moment(then.created)}, now {units.moment(now.created)}",
        *(f"NOT ALIKE, {difference}" for difference in differences),
        *(f"changed: {change}" for change in changes(then, now)),
        *([] if samples else ["other samples: accuracy is not held together"]),
        *_speedups(then, now),
        *_figures(then, now, samples),
    ]


def changes(then: Comparison, now: Comparison) -> list[str]:
    """Changes of software, models and recipe: the reasons why figures may have moved."""
    versions = [
        (name, then.machine.versions.get(name, "none"), now.machine.versions.get(name, "none"))
        for name in sorted(then.machine.versions.keys() | now.machine.versions.keys())
    ]
    software = [("ovopt", then.ovopt, now.ovopt), ("system", then.machine.system, now.machine.system), *versions]
    lines = [f"{name} {old} -> {new}" for name, old, new in software if old != new]
    before = {arm.name: arm.model.sha256 for arm in then.arms}
    lines += [
        f"the model {arm.name}, other content"
        for arm in now.arms
        if arm.role != "control" and before.get(arm.name, arm.model.sha256) != arm.model.sha256
    ]
    return lines + (["the recipe"] if _what_counts(then.recipe) != _what_counts(now.recipe) else [])


def _what_counts(recipe: Mapping[str, object]) -> dict[str, object]:
    """Budgets judge figures and change none."""
    return {key: value for key, value in recipe.items() if key not in ("budgets", "description")}


def _differing(then: object, now: object, names: Iterable[str]) -> Iterator[tuple[str, object, object]]:
    for name in names:
        old, new = getattr(then, name), getattr(now, name)
        if old != new:
            yield name, old, new


def _same_samples(then: Comparison, now: Comparison) -> bool:
    if then.data is None or now.data is None:
        return then.data is now.data
    same = then.data.fingerprint == now.data.fingerprint
    return same and then.data.splits.get("gate") == now.data.splits.get("gate")


def _speedups(then: Comparison, now: Comparison) -> Iterator[str]:
    """Against the original of the same run: these hold from one day to the other, for both were interleaved."""
    earlier = {(pair.baseline, pair.candidate): pair for pair in then.pairs}
    both = [(earlier[key], pair) for pair in now.pairs if (key := (pair.baseline, pair.candidate)) in earlier]
    for (before, after), figure in product(both, figures_of((*then.arms, *now.arms))):
        old, new = figure.speedup(before), figure.speedup(after)
        if old and new and old.low and old.high and new.low and new.high:
            word = "lower" if new.high < old.low else "higher" if new.low > old.high else "no clear difference"
            said = " -> ".join(units.speedup(one.estimate, one.low, one.high) for one in (old, new))
            yield f"{after.candidate}: speed-up in {figure.pair_name} {said}: {word}"


def _figures(then: Comparison, now: Comparison, same_samples: bool) -> Iterator[str]:
    """A line for each figure that moved, and for each arm one on those that did not. The control only shows noise."""
    earlier = {arm.name: arm for arm in then.arms if not arm.lost}
    for arm in now.arms:
        if arm.name in earlier and not arm.lost and arm.role != "control":
            before = earlier[arm.name]
            found = [*_moved(before, arm), *(_qualities(before, arm) if same_samples else ())]
            yield from (
                f"{arm.name}: {one.name} {one.then} -> {one.now} ({one.change})" for one in found if one.differs
            )
            same = ", ".join(f"{one.name} {one.still}" for one in found if not one.differs)
            yield from [f"{arm.name}, as before: {same}"] if same else []


@dataclass(frozen=True)
class _Moved:
    """A figure of two runs, as it is told."""

    name: str
    then: str
    now: str
    change: str
    still: str
    """Where it did not move."""

    @property
    def differs(self) -> bool:
        """True where a reader sees a difference."""
        return self.then != self.now


def _moved(then: Arm, now: Arm) -> Iterator[_Moved]:
    for figure in figures_of((then, now)):
        before, after = figure.of(then), figure.of(now)
        if figure.followed and before and after and (figure.raw or before != after):
            old, new = (units.figure(value, figure.unit, figure.name) for value in (before, after))
            yield _Moved(figure.name, old, new, units.factor(after / before), new)


def _qualities(then: Arm, now: Arm) -> Iterator[_Moved]:
    for name, quality in now.accuracy.items():
        if name in then.accuracy:
            before = then.accuracy[name]
            old, new = (units.quality(one.value, quality.unit) for one in (before, quality))
            change, interval = units.points(quality.value - before.value, quality.unit), _interval(before, quality)
            still = f"{new} ({change}{interval})" if interval else new
            yield _Moved(name, old, new, f"{change}{interval}", still)


def _interval(then: Quality, now: Quality) -> str:
    """Interval of the change, where both hold right-or-wrong outcomes of the same samples."""
    outcomes = all(row in (0, 1) for row in (*then.rows, *now.rows))
    if now.unit != "share" or len(then.rows) != len(now.rows) or not outcomes:
        return ""
    interval = stats.paired_share_difference(PairedCounts.of(np.array(then.rows), np.array(now.rows)))
    return f" {units.quality_interval(interval.low, interval.high, 'share')}"
