"""Steps and searches in words: what took effect, where the model stands behind it; why the original ships, what else
helps, what the winner leaves open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ovopt import units
from ovopt.contracts import Metric
from ovopt.records import Standing, StepReport
from ovopt.records.search import Gain, SearchOutcome, Trial
from ovopt.turns import LEAST_SPEEDUP

SHOWN = 5
"""Candidates that a refusal names: the most exact ones."""


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
    """Size, agreement and rough speed of the model behind a step. Agreement has four digits, and is 1 only where
    nothing differs that the metric sees."""
    parts = [units.size(standing.size_bytes)]
    floored = {name: min(value, 0.9999) if value < 1 else value for name, value in standing.agreement.items()}
    agreement = [f"{name.replace('_', ' ')} {value:.4f}" for name, value in floored.items()]
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


def refusal(outcome: SearchOutcome) -> str:
    """Reasons to ship the original: the most exact candidates with their figures, and what else helps."""
    best = sorted(outcome.trials, key=lambda trial: trial.drop)[:SHOWN]
    offers = [*_smaller(outcome), *map(_faster, outcome.gains)]
    better = "faster" if outcome.aim == "speed" else "smaller"
    limit = units.points(-outcome.max_drop, outcome.unit, _places(outcome))
    lines = [
        f"ship the original: none of {len(outcome.trials)} candidates is {better} and keeps {outcome.metric} within "
        f"{limit} on {outcome.samples} tuning samples; the best of them:",
        *([f"  {_told(trial, outcome)}" for trial in best] or ["  no candidate could be made"]),
        *([f"  {outcome.fault}"] if outcome.fault else []),
        *(["next best:"] if offers else []),
        *(f"  {offer}" for offer in offers),
    ]
    return "\n".join(lines)


def doubts(trial: Trial, unit: str) -> Iterator[str]:
    """Notes on a winner: what the tuning samples leave open, and what it costs."""
    if trial.state != "kept":
        yield (
            f"{trial.n} tuning samples leave the budget open: {units.points(-trial.drop, unit)} "
            f"{units.quality_interval(-trial.high, -trial.low, unit)}; `ovopt compare` decides"
        )
    if trial.speedup is not None and trial.speedup < 1 / LEAST_SPEEDUP:
        yield f"smaller, and slower than the original: {units.factor(trial.speedup)}"


def may_lose(limit: float, metric: Metric) -> str:
    """The limit of a search: `top1 may lose 1.0 points`, `wer may rise by 0.01`."""
    verb = "lose" if metric.higher_is_better else "rise by"
    return f"{metric.label} may {verb} {units.points(limit, metric.unit, units.places_for(limit, ())).lstrip('+')}"


def standing(best: Trial | None, tried: int, aim: str) -> str:
    """The state of a search in a few words, for its bar."""
    if best is None:
        return f"{tried} tried, none yet"
    size = aim == "size"
    figure = units.factor((best.size_ratio if size else best.speedup) or 0.0)
    return f"{tried} tried, best {figure}{' the size' if size else ''}"


def _told(trial: Trial, outcome: SearchOutcome) -> str:
    name = f"{trial.name}{f', {len(trial.reverted)} operations reverted' if trial.reverted else ''}"
    size = f", {units.factor(trial.size_ratio)} the size" if outcome.aim == "size" and trial.size_ratio else ""
    speed = units.factor(trial.speedup) if trial.speedup else units.MISSING
    return f"{name}: {_change(trial, outcome)}{size}, {speed}"


def _smaller(outcome: SearchOutcome) -> Iterator[str]:
    """The smallest candidate that keeps the budget, though it is no faster."""
    best = outcome.smallest
    if best is not None and outcome.aim == "speed":
        size = units.factor(best.size_ratio or 1.0)
        speed = units.factor(best.speedup) if best.speedup else "not timed"
        way = f"`ovopt compress --max-drop {outcome.max_drop:g}` looks for the smallest"
        yield f"{best.name}: {size} the size, {_change(best, outcome)}, {speed}; {way}"


def _change(trial: Trial, outcome: SearchOutcome) -> str:
    return units.points(0.0 - trial.drop, outcome.unit, _places(outcome))  # never -0.0


def _places(outcome: SearchOutcome) -> int:
    return units.places_for(outcome.max_drop, [trial.drop for trial in outcome.trials])


def _faster(gain: Gain) -> str:
    speed = units.factor(gain.speedup)
    if gain.kind == "f32":
        return f"no change but execution in f32: {speed}; `--property INFERENCE_PRECISION_HINT=f32` sets it"
    return f"fixed shapes, where all samples have those of one: {speed}; the step freeze_shapes does it"
