"""Check that the figures of a stored comparison follow from its raw values: a gate must not judge edited ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import ovopt
from ovopt import stats
from ovopt.bench.scenario import Scenario, stored
from ovopt.comparison import rows_array
from ovopt.contracts import plugins
from ovopt.errors import UsageError, quoted
from ovopt.model.native import first_line
from ovopt.records import Arm, Comparison, Pair, Quality, Record
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
    except (ArithmeticError, ValueError) as error:  # no figure follows from such raw values
        raise UsageError(f"{said}: its raw values give no figures ({first_line(error)}); {ADVICE}") from None


class _ChangedError(Exception):
    """A figure that does not follow from its raw values."""


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
        raw = _raw(arm, scenario)
        if raw is not None:
            _same(f"arms.{arm.name}.{name}", stored(arm, name), scenario.figures(raw))
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
        found, before, after = stored(pair, name), _raw(baseline, scenario), _raw(candidate, scenario)
        if found is None:
            continue
        if before is None or after is None:
            raise _ChangedError(f"{where}.{name}: the figures that it is about are missing; {ADVICE}")
        _same(f"{where}.{name}", found, scenario.pair(before, after, _raw(control, scenario) if control else None))
    _check_shares(where, pair, baseline, candidate)


def _check_shares(where: str, pair: Pair, baseline: Arm, candidate: Arm) -> None:
    for metric, delta in pair.accuracy.items():
        if metric not in baseline.accuracy or metric not in candidate.accuracy:
            raise _ChangedError(f"{where}.accuracy.{metric}: an arm has no rows of it; {ADVICE}")
        before, after = (_part(arm, metric, delta.output) for arm in (baseline, candidate))
        _close(f"{where}.accuracy.{metric}.baseline", delta.baseline, before.value)
        _close(f"{where}.accuracy.{metric}.candidate", delta.candidate, after.value)
        _close(f"{where}.accuracy.{metric}.delta", delta.delta, after.value - before.value)
        if delta.flips:
            counts = PairedCounts.of(rows_array(before.rows), rows_array(after.rows))
            interval = stats.paired_share_difference(counts)
            for bound in ("low", "high"):
                _close(f"{where}.accuracy.{metric}.{bound}", getattr(delta, bound), getattr(interval, bound))
            for arm, quality in ((baseline, before), (candidate, after)):
                _close(f"arms.{arm.name}.accuracy.{metric}.value", quality.value, float(np.mean(quality.rows)))


def _part(arm: Arm, metric: str, output: str | None) -> Quality:
    """A metric of the output that a change is of: the one whose figure stands for all."""
    whole = arm.accuracy[metric]
    part = whole.outputs.get(output, whole) if output else whole
    _close(f"arms.{arm.name}.accuracy.{metric}.value", whole.value, part.value)
    return part


def _raw(arm: Arm, scenario: Scenario) -> Any:
    """Raw values of a scenario, from the arm's record; None where it was not measured."""
    found = stored(arm, scenario.name)
    if found is None:
        return None
    for place, values in _raw_values(found.model_dump()):
        if not _filled(values):
            raise _ChangedError(
                f"arms.{arm.name}.{scenario.name}{place}: raw values are missing, from which the figures follow; take "
                "the file as ovopt wrote it, or measure again"
            )
    return scenario.restore(found)


def _raw_values(node: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """All raw values below a place, and where they are."""
    for key, value in node.items() if isinstance(node, Mapping) else ():
        if key.startswith("raw"):
            yield place, value
        elif isinstance(value, tuple) and key == "points":
            for point in value:
                yield from _raw_values(point, f"{place}.{point['rate_per_s']:g}")
        else:
            yield from _raw_values(value, place if key == "by_hint" else f"{place}.{key}")


def _filled(values: Any) -> bool:
    return not isinstance(values, tuple) or (bool(values) and all(map(_filled, values)))


def _same(where: str, written: Record, again: Record) -> None:
    """Every number and word of both records; raw values are what they are."""
    ours, theirs = (dict(_leaves(record.model_dump(exclude_none=True))) for record in (again, written))
    for key in sorted(ours.keys() | theirs.keys()):
        _close(f"{where}.{key}", theirs.get(key), ours.get(key))


def _leaves(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{key}.")
        elif not key.startswith("raw") and not isinstance(value, tuple):
            yield f"{path}{key}", value


def _close(where: str, written: Any, again: Any) -> None:
    numbers = isinstance(written, int | float) and isinstance(again, int | float)
    if written == again or (numbers and math.isclose(written, again, rel_tol=TOLERANCE, abs_tol=TOLERANCE)):
        return
    said = [f"{value:.6g}" if isinstance(value, float) else quoted(value) for value in (written, again)]
    raise _ChangedError(f"{where} is {said[0]}, its raw values give {said[1]}; {ADVICE}")
