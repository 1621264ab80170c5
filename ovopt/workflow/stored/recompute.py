"""Whether the figures of a stored comparison still follow from its raw values: a gate must not judge edited ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import ovopt
from ovopt import stats
from ovopt.bench.open_loop import Demand, Served
from ovopt.bench.scenario import Scenario
from ovopt.contracts import Started, plugins
from ovopt.errors import UsageError
from ovopt.records import Arm, Comparison, Pair, Record, ServedLoad
from ovopt.stats import PairedCounts

TOLERANCE = 1e-6
"""Sums of floats may differ in their last digits from one version of NumPy to the next."""


def check_unchanged(comparison: Comparison, said: str) -> None:
    """Compute every figure of the comparison called `said` again. UsageError with the first that differs, or whose raw
    values are missing.

    Pairs of another version of ovopt are left out: its statistics may have been others. Of metrics that are no shares,
    only the number of rows is looked at.
    """
    try:
        _check(comparison)
    except _ChangedError as fault:
        raise UsageError(f"{said}: {fault}") from None


class _ChangedError(Exception):
    """What does not follow from the raw values."""


def _check(comparison: Comparison) -> None:
    scenarios = {name: kind() for name, kind in plugins("ovopt.bench.scenarios", Scenario).items()}
    for arm in comparison.arms:
        if not arm.lost:
            _check_arm(arm, scenarios)
    arms = {arm.name: arm for arm in comparison.arms}
    control = next((arm for arm in comparison.arms if arm.role == "control" and not arm.lost), None)
    for pair in comparison.pairs:
        missing = {pair.baseline, pair.candidate} - arms.keys()
        if missing:
            raise _ChangedError(f"pairs.{pair.candidate}: there is no arm {missing.pop()!r}; {ADVICE}")
        if comparison.ovopt == ovopt.__version__:
            _check_pair(pair, arms[pair.baseline], arms[pair.candidate], control, scenarios)


ADVICE = "the file was changed after the measurement: take the original one, or measure again"


def _check_arm(arm: Arm, scenarios: Mapping[str, Scenario]) -> None:
    for name, scenario in scenarios.items():
        raw = _raw(arm, name)
        if raw is not None:
            _same(f"arms.{arm.name}.{name}", getattr(arm, name), scenario.figures(raw))
    for metric, quality in arm.accuracy.items():
        if len(quality.rows) != quality.n or not quality.rows:
            raise _ChangedError(
                f"arms.{arm.name}.accuracy.{metric}: {len(quality.rows)} rows of {quality.n} samples; {ADVICE}"
            )


def _check_pair(
    pair: Pair, baseline: Arm, candidate: Arm, control: Arm | None, scenarios: Mapping[str, Scenario]
) -> None:
    where = f"pairs.{pair.candidate}"
    _close(f"{where}.size.ratio", pair.size.ratio, candidate.model.size_bytes / baseline.model.size_bytes)
    for name, scenario in scenarios.items():
        stored, before, after = getattr(pair, name), _raw(baseline, name), _raw(candidate, name)
        if stored is None:
            continue
        if before is None or after is None:
            raise _ChangedError(f"{where}.{name}: the figures that it is about are missing; {ADVICE}")
        _same(f"{where}.{name}", stored, scenario.pair(before, after, _raw(control, name) if control else None))
    _check_shares(where, pair, baseline, candidate)


def _check_shares(where: str, pair: Pair, baseline: Arm, candidate: Arm) -> None:
    for metric, delta in pair.accuracy.items():
        if metric not in baseline.accuracy or metric not in candidate.accuracy:
            raise _ChangedError(f"{where}.accuracy.{metric}: an arm has no rows of it; {ADVICE}")
        before, after = baseline.accuracy[metric], candidate.accuracy[metric]
        _close(f"{where}.accuracy.{metric}.baseline", delta.baseline, before.value)
        _close(f"{where}.accuracy.{metric}.candidate", delta.candidate, after.value)
        _close(f"{where}.accuracy.{metric}.delta", delta.delta, after.value - before.value)
        if delta.flips:
            interval = stats.paired_share_difference(_counts(before.rows, after.rows))
            for bound in ("low", "high"):
                _close(f"{where}.accuracy.{metric}.{bound}", getattr(delta, bound), getattr(interval, bound))
            for arm, quality in ((baseline, before), (candidate, after)):
                _close(f"arms.{arm.name}.accuracy.{metric}.value", quality.value, float(np.mean(quality.rows)))


def _counts(before: Any, after: Any) -> PairedCounts:
    old, new = (np.array(rows, dtype=np.float64) for rows in (before, after))
    counted = [int(np.sum((old == was) & (new == now))) for was, now in ((1, 1), (1, 0), (0, 1), (0, 0))]
    return PairedCounts(*counted)


def _raw(arm: Arm, scenario: str) -> Any:
    """What a worker gave for a scenario, from the arm's record; None where it was not measured."""
    stored: Any = getattr(arm, scenario)
    if stored is None:
        return None
    where = f"arms.{arm.name}.{scenario}"
    match scenario:
        case "latency":
            return _nested(where, stored.raw_ns)
        case "first_inference":
            return {kind: _starts(f"{where}.{kind}", getattr(stored, kind)) for kind in ("cold", "cached")}
        case "memory":
            return {hint: _footprints(f"{where}.{hint}", f.raw_bytes) for hint, f in stored.by_hint.items()}
        case "served_load":
            return _served(where, stored)
    return _nested(where, stored.raw)


def _nested(where: str, raw: Any) -> list[list[Any]]:
    """[replica][round], none of them empty."""
    return [
        [_given(where, turn) if isinstance(turn, tuple) else turn for turn in _given(where, rounds)]
        for rounds in _given(where, raw)
    ]


def _starts(where: str, times: Any) -> list[Started]:
    return [
        Started(read, compiled, infer, 0, 0, 0, index < times.from_cache)
        for index, (read, compiled, infer) in enumerate(_given(where, times.raw_ns))
    ]


def _footprints(where: str, raw: Any) -> list[Started]:
    return [Started(0, 0, 0, before, compiled, peak, False) for before, compiled, peak in _given(where, raw)]


def _served(where: str, load: ServedLoad) -> Served:
    demand, limit = Demand(rates=tuple(point.rate_per_s for point in load.points)), load.within
    if limit:
        rates = () if limit.searched else demand.rates
        demand = Demand(rates=rates, limit_ms=limit.limit_ms, share=limit.percentile / 100)
    return Served(demand, [(p.rate_per_s, list(_given(f"{where}.{p.rate_per_s:g}", p.raw_ns))) for p in load.points])


def _given(where: str, values: Any) -> Any:
    if not len(values):
        raise _ChangedError(
            f"{where}: raw values are missing, from which the figures follow; take the file as ovopt wrote it, or "
            "measure again"
        )
    return values


def _same(where: str, stored: Record, again: Record) -> None:
    """Every number and word of both records; raw values are what they are."""
    ours, theirs = (dict(_leaves(record.model_dump(exclude_none=True))) for record in (again, stored))
    for key in sorted(ours.keys() | theirs.keys()):
        _close(f"{where}.{key}", theirs.get(key), ours.get(key))


def _leaves(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{key}.")
        elif not key.startswith("raw") and not isinstance(value, tuple):
            yield f"{path}{key}", value


def _close(where: str, stored: Any, again: Any) -> None:
    numbers = isinstance(stored, int | float) and isinstance(again, int | float)
    if stored == again or (numbers and math.isclose(stored, again, rel_tol=TOLERANCE, abs_tol=TOLERANCE)):
        return
    said = [f"{value:.6g}" if isinstance(value, float) else repr(value) for value in (stored, again)]
    raise _ChangedError(f"{where} is {said[0]}, its raw values give {said[1]}; {ADVICE}")
