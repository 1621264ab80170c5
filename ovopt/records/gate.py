"""Budgets, and the decision that they lead to."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ovopt.records.base import Record

Verdict = Literal["pass", "fail", "inconclusive"]


class QualityBudget(Record):
    """How much quality may be lost, in the metric's own unit."""

    max_drop: float = Field(ge=0)


class SpeedBudget(Record):
    """How much faster the optimized model must be."""

    min_speedup: float = Field(gt=0)


class SizeBudget(Record):
    """How large the optimized model may be, as a share of the original."""

    max_ratio: float = Field(gt=0)


class Budgets(Record):
    """Limits that make a comparison a gate."""

    accuracy: dict[str, QualityBudget] = Field(default={})
    latency: SpeedBudget | None = None
    throughput: SpeedBudget | None = None
    size: SizeBudget | None = None


class Check(Record):
    """One budget, judged."""

    candidate: str
    budget: str
    limit: float
    estimate: float
    low: float
    high: float
    unit: str
    verdict: Verdict
    note: str = ""


class Gate(Record):
    """The decision. With several candidates, the verdict is that of the best one."""

    verdict: Verdict | None = Field(description="None where no budget was given")
    checks: tuple[Check, ...]
    candidates: dict[str, Verdict] = Field(description="the verdict of each candidate")
    ship: str | None = Field(description="the arm to ship; None where the measurement cannot say")
    reason: str
