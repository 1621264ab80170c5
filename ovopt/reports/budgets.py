"""Budgets in words: their names, limits and what was measured. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ovopt import units
from ovopt.budgets.checks import metric_of
from ovopt.records import Check, Comparison, Verdict
from ovopt.reports.rows import title_of

WORDS: Mapping[Verdict, str] = {"pass": "kept", "fail": "MISSED", "inconclusive": "OPEN"}

DROP: Mapping[Verdict, str] = {"pass": "kept", "fail": "lost", "inconclusive": "open"}
GAIN: Mapping[Verdict, str] = {"pass": "gain as expected", "fail": "gain unexpected", "inconclusive": "gain open"}


def checks_of(comparison: Comparison, candidate: str) -> list[Check]:
    """One candidate's budgets."""
    return [check for check in comparison.gate.checks if check.candidate == candidate]


def budget_name(check: Check) -> str:
    """`accuracy.top1.max_drop` as `top1`, `latency.p99.max_ms` as `latency p99`."""
    metric = metric_of(check)
    return title_of(" ".join(check.budget.split(".")[:-1]) if metric is None else metric)


def limit_text(check: Check) -> str:
    """`a loss of at most 1.0 points`, `at least 1.50x`."""
    limit = check.budget.rpartition(".")[2]
    if is_drop(check):
        return f"a loss of at most {_amount(check, check.limit)}"
    if limit == "max_gain":
        return f"a gain of at most {_amount(check, check.limit)}"
    return f"{'at most' if limit.startswith('max') else 'at least'} {_amount(check, check.limit)}"


def measured_text(check: Check) -> str:
    """The estimate with its interval; a change of quality with its sign, + is better."""
    low, high = check.low, check.high
    sign = -1.0 if is_drop(check) else 1.0
    if is_drop(check) or check.budget.endswith(".max_gain"):
        change = _signed(check, sign * check.estimate)
        if low is None or high is None:
            return change
        ends = sorted((sign * low, sign * high))
        return f"{change} [{bound_text(check, ends[0])}, {bound_text(check, ends[1])}]"
    said = _amount(check, check.estimate)
    if low is None or high is None or low == high:
        return said
    if check.unit == "x":
        return f"{said} {units.factor_interval(low, high)}"
    return f"{said} [{_amount(check, low)}, {_amount(check, high)}]"


def is_drop(check: Check) -> bool:
    """Tell a limit on a loss of quality from the others."""
    return check.budget.startswith("accuracy.") and check.budget.endswith("drop")


def _signed(check: Check, value: float) -> str:
    return f"{100 * value:+.1f} %" if check.unit == "relative" else units.points(value, check.unit)


def bound_text(check: Check, value: float) -> str:
    """A change of quality with its sign, without its unit."""
    return f"{100 * value:+.1f}" if check.unit == "relative" else units.quality_delta(value, check.unit)


def _amount(check: Check, value: float) -> str:
    known = {"x": units.factor, "ms": units.milliseconds, "/s": units.rate, "relative": units.share}
    if check.unit in known:
        return known[check.unit](value)
    if check.unit == "bytes":
        return units.size(round(value))
    return units.points(value, check.unit).lstrip("+")


def check_text(check: Check) -> str:
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
