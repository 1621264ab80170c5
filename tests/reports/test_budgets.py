"""Budgets in words: the figure, its interval and its limit."""

from __future__ import annotations

import pytest

from ovopt.reports.budgets import check_text
from tests.test_budgets import judged


@pytest.mark.parametrize(
    ("path", "limit", "said"),
    [
        ("accuracy.top1.max_drop", 0.03, "top1 kept (-2.0 points [-3.0, -1.0], budget -3.0)"),
        ("accuracy.top1.max_relative_drop", 0.02, "top1 open (-2.1 % of the original's [-3.2, -1.1], budget -2.0)"),
        ("accuracy.f1.macro.max_gain", 0.01, "f1.macro gain unexpected (+5.0 points [+4.0, +6.0], budget +1.0)"),
        ("accuracy.f1.macro.max_gain", 0.1, "f1.macro gain as expected (+5.0 points [+4.0, +6.0], budget +10.0)"),
        ("latency.min_speedup", 1.5, "latency 2.00x [1.99, 2.01], budget at least 1.50x"),
        ("first_inference.cold.min_speedup", 1, "first inference cold 0.80x [0.79, 0.81], budget at least 1.00x"),
        ("memory.max_bytes", 100 * 2**20, "memory 120 MiB, budget at most 100 MiB"),
        ("size.max_ratio", 0.3, "size 0.26x, budget at most 0.30x"),
    ],
)
def test_a_check_is_said_with_its_figure_interval_and_budget(path: str, limit: float, said: str) -> None:
    assert check_text(judged(path, limit)) == said


def test_an_unknown_bound_is_said_to_be_unknown() -> None:
    words = check_text(judged("latency.p99.max_ms", 9))
    assert words.startswith("latency p99 0.55")
    assert words.endswith("ms, unknown], budget at most 9.00 ms")
