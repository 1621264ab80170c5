"""Steps in words: what took effect, and where the model stands behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ovopt import units
from ovopt.records import Standing, StepReport


def step_line(place: int, report: StepReport) -> str:
    """A line on a step of a pipeline: what took effect, where the model stands, how long it took."""
    parts = [effect(report) or "no effect"]
    if report.standing:
        parts.append(against_the_original(report.standing))
    return f"{place + 1}. {report.name}: {'; '.join(parts)}; {units.seconds(report.seconds)}"


def effect(report: StepReport) -> str:
    """Everything that took effect, counted."""
    return ", ".join(f"{key.replace('_', ' ')} {_counted(value)}" for key, value in _effects(report))


def against_the_original(standing: Standing) -> str:
    """Size, agreement and rough speed of the model behind a step."""
    parts = [units.size(standing.size_bytes)]
    agreement = [f"{name.replace('_', ' ')} {_floored(value)}" for name, value in standing.agreement.items()]
    if agreement:
        parts.append(f"{', '.join(agreement)} with the original on {standing.samples} samples")
    if standing.speedup:
        parts.append(f"about {units.factor(standing.speedup)} its speed")
    return ", ".join(parts)


def _effects(report: StepReport) -> Iterator[tuple[str, Any]]:
    if report.samples_per_inference:
        yield "samples_per_inference", report.samples_per_inference
    yield from report.effect.items()
    if report.speedup:
        yield "speedup", round(report.speedup, 3)


def _counted(value: Any) -> str:
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{name} {number:,}" for name, number in value.items()) + ")"
    return f"{value:,}"


def _floored(value: float) -> str:
    """Four digits, and 1 only where nothing differs that the metric sees."""
    return f"{min(value, 0.9999) if value < 1 else value:.4f}"
