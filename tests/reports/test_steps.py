"""Steps in words."""

from __future__ import annotations

from typing import Any

from ovopt.records import Standing, StepReport
from ovopt.reports.steps import effect, step_line


def report(**more: Any) -> StepReport:
    facts: dict[str, Any] = {"name": "batch", "parameters": {}, "effect": {}, "seconds": 1.5}
    return StepReport(**{**facts, **more})


def test_everything_that_took_effect_is_counted_figures_at_both_ends() -> None:
    counted = report(
        effect={"constant_bytes": 12345, "channels": {"first": 6}}, samples_per_inference=4, speedup=1.23456
    )
    assert effect(counted) == "samples per inference 4, constant bytes 12,345, channels (first 6), speedup 1.235"


def test_a_line_tells_where_the_model_stands() -> None:
    standing = Standing(size_bytes=3_000_000, agreement={"cosine": 0.99999}, samples=64, speedup=1.5)
    assert step_line(1, report(standing=standing)) == (
        "2. batch: no effect; 3.00 MB, cosine 0.9999 with the original on 64 samples, about 1.50x its speed; 1.5 s"
    )
