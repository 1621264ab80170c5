"""Budgets in words: their names, limits and what was measured. Pure."""

from __future__ import annotations

from ovopt import units
from ovopt.budgets.checks import metric_of
from ovopt.records import Check, Comparison
from ovopt.reports.rows import title_of

WORDS = {"pass": "kept", "fail": "MISSED", "inconclusive": "OPEN"}


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
    """Whether it limits a loss of quality."""
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
