"""Budgets in words: their names, limits and what was measured. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ovopt import units
from ovopt.budgets import is_drop, metric_of
from ovopt.records import Check, Comparison, Verdict
from ovopt.records.pairs import told
from ovopt.reports.cells import UNTOLD
from ovopt.reports.rows import places_of, title_of

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
    low, high, places = check.low, check.high, places_of(check)
    sign = -1.0 if is_drop(check) else 1.0
    if is_drop(check) or check.budget.endswith(".max_gain"):
        value = sign * check.estimate + 0.0  # no minus before a zero
        relative = f"{100 * value:+.{places}f} % of the original's"
        change = relative if check.unit == "relative" else units.points(value, check.unit, places)
        if low is None or high is None:
            return change
        ends = sorted((sign * low, sign * high))
        return f"{change} [{bound_text(check, ends[0])}, {bound_text(check, ends[1])}]"
    said = _amount(check, check.estimate)
    if check.unit == "x" and not told(low, high):
        return UNTOLD
    if low == high:
        return said
    if check.unit == "x":
        return units.speedup(check.estimate, low, high)
    return f"{said} [{', '.join('unknown' if bound is None else _amount(check, bound) for bound in (low, high))}]"


def bound_text(check: Check, value: float) -> str:
    """A change of quality with its sign, without its unit."""
    return units.quality_delta(value + 0.0, "share" if check.unit == "relative" else check.unit, places_of(check))


def _amount(check: Check, value: float) -> str:
    if check.unit == "relative":
        return units.share(value, places_of(check))
    budgeted = metric_of(check) is not None
    said = units.points(value, check.unit, places_of(check)).lstrip("+")
    return said if budgeted else units.figure(value, check.unit, check.budget)


def check_text(check: Check, output: str | None = None) -> str:
    """`top1 kept (-0.2 points [-0.4, +0.1], budget -1.0)`, `latency p99 7.10 ms [6.90 ms, 7.40 ms], budget at most
    8.00 ms`."""
    metric = metric_of(check)
    if metric is None:
        return f"{budget_name(check)} {measured_text(check)}, budget {limit_text(check)}"
    word, sign = (DROP[check.verdict], -1) if is_drop(check) else (GAIN[check.verdict], 1)
    where = f" of {output}" if output else ""
    return f"{metric}{where} {word} ({measured_text(check)}, budget {bound_text(check, sign * check.limit)})"
