"""A check in words: the figure, its interval and its budget."""

from __future__ import annotations

from collections.abc import Mapping

from ovopt import units
from ovopt.records import Check, Verdict

DROP: Mapping[Verdict, str] = {"pass": "kept", "fail": "lost", "inconclusive": "open"}
GAIN: Mapping[Verdict, str] = {"pass": "gain as expected", "fail": "gain unexpected", "inconclusive": "gain open"}


def said_check(check: Check) -> str:
    """`top1 kept (-0.2 points [-0.4, +0.1], budget -1.0)`, `latency p99 7.10 ms [6.90 ms, 7.40 ms], budget at most
    8.00 ms`."""
    section, *place, key = check.budget.split(".")
    if section == "accuracy":
        return _said_quality(check, ".".join(place), key)
    name = " ".join([section, *place]).replace("_", " ")
    bound = "at most" if key.startswith("max_") else "at least"
    limit = units.figure(check.limit, check.unit)
    return f"{name} {units.figure(check.estimate, check.unit)}{_interval(check)}, budget {bound} {limit}"


def _interval(check: Check) -> str:
    if check.low is not None and check.low == check.high:
        return ""
    if check.unit == "x" and check.low is not None and check.high is not None:
        return f" {units.factor_interval(check.low, check.high)}"
    low, high = ("unknown" if bound is None else units.figure(bound, check.unit) for bound in (check.low, check.high))
    return f" [{low}, {high}]"


def _said_quality(check: Check, metric: str, key: str) -> str:
    """A drop is said as the change that it is: with a minus."""
    word, sign = (GAIN[check.verdict], 1) if key == "max_gain" else (DROP[check.verdict], -1)
    signed = (sign * (value or 0.0) + 0.0 for value in (check.estimate, check.low, check.high, check.limit))
    estimate, low, high, limit = signed
    low, high = sorted((low, high))
    if check.unit == "relative":
        unit, said = "share", f"{units.quality_delta(estimate, 'share')} % of the original's"
    else:
        unit, said = check.unit, units.points(estimate, check.unit)
    interval = units.quality_interval(low, high, unit)
    return f"{metric} {word} ({said} {interval}, budget {units.quality_delta(limit, unit)})"
