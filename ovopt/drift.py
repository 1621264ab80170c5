"""Two stored comparisons side by side: what moved between them, and whether they may be held together at all. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ovopt import units
from ovopt.errors import UsageError
from ovopt.records import Arm, Comparison


def unlike(then: Comparison, now: Comparison) -> list[str]:
    """What of machine and settings differs, a line each."""
    lines = [
        f"machine: {name} was {before}, is {after}"
        for name, before, after in _pairs(then.machine.model_dump(), now.machine.model_dump())
    ]
    settings = ("device", "hint", "properties")
    before, after = (run.settings.model_dump(include=set(settings)) for run in (then, now))
    return lines + [f"settings: {name} was {old}, is {new}" for name, old, new in _pairs(before, after)]


def drift(then: Comparison, now: Comparison, force: bool) -> list[str]:
    """The figures of arms that both runs have, a line each, then what is unlike.

    Raises UsageError for runs of unlike machines or settings unless `force`: their absolute times are not comparable.
    """
    differences = unlike(then, now)
    if differences and not force:
        raise UsageError("the two runs are not alike; --force shows them all the same:\n  " + "\n  ".join(differences))
    earlier = {arm.name: arm for arm in then.arms if not arm.lost}
    lines = [line for arm in now.arms if arm.name in earlier for line in _moved(earlier[arm.name], arm)]
    label = [f"NOT ALIKE, {difference}" for difference in differences]
    return [f"then {then.created}, now {now.created}", *label, *lines]


def _moved(then: Arm, now: Arm) -> Iterator[str]:
    if then.latency and now.latency:
        before, after = then.latency.p50_ms, now.latency.p50_ms
        factor = units.factor(after / before)
        yield f"{now.name}: latency p50 {units.milliseconds(before)} -> {units.milliseconds(after)} ({factor})"
    if then.throughput and now.throughput:
        slow, fast = then.throughput.samples_per_s, now.throughput.samples_per_s
        yield f"{now.name}: throughput {units.rate(slow)} -> {units.rate(fast)} ({units.factor(fast / slow)})"
    for name, quality in now.accuracy.items():
        if name in then.accuracy:
            before, after = then.accuracy[name].value, quality.value
            said = " -> ".join(units.quality(value, quality.unit) for value in (before, after))
            yield f"{now.name}: {name} {said} ({units.points(after - before, quality.unit)})"


def _pairs(then: dict[str, object], now: dict[str, object]) -> list[tuple[str, object, object]]:
    return [(key, then[key], now[key]) for key in now if then.get(key) != now[key]]
