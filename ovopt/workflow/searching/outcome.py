"""The outcome of a search in words, and what else makes the model faster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ovopt import units
from ovopt.turns import LEAST_SPEEDUP
from ovopt.workflow.applying.tuning_quality import Validator
from ovopt.workflow.searching.trial import Aim, Trial, winner

if TYPE_CHECKING:
    import openvino

    from ovopt.contracts import Tensors
    from ovopt.workflow.searching.contest import Contest

SHOWN = 5


def doubts(trial: Trial, unit: str) -> Iterator[str]:
    """What the tuning samples leave open of a candidate that won."""
    if trial.state != "kept":
        yield (
            f"{trial.n} tuning samples leave the budget open: {units.points(-trial.drop, unit)} "
            f"{units.quality_interval(-trial.high, -trial.low, unit)}; `ovopt compare` decides"
        )
    if trial.speedup is not None and trial.speedup < 1 / LEAST_SPEEDUP:
        yield f"smaller, and slower than the original: {units.factor(trial.speedup)}"


def refusal(trials: Sequence[Trial], validator: Validator, max_drop: float, aim: Aim, offers: Sequence[str]) -> str:
    """Why the original ships: the most exact candidates with their figures, and what else helps."""
    unit = validator.metric.unit
    best = sorted(trials, key=lambda trial: trial.drop)[:SHOWN]
    offers = [*([] if aim == "size" else _smaller(trials, unit, max_drop)), *offers]
    lines = [
        f"ship the original: none of {len(trials)} candidates is {'faster' if aim == 'speed' else 'smaller'} and keeps "
        f"{validator.metric.label} within {units.points(-max_drop, unit)} on {validator.samples} tuning samples; the "
        "best of them:",
        *([f"  {_told(trial, unit, aim)}" for trial in best] or ["  no candidate could be made"]),
        *(["next best:"] if offers else []),
        *(f"  {offer}" for offer in offers),
    ]
    return "\n".join(lines)


def _smaller(trials: Sequence[Trial], unit: str, max_drop: float) -> Iterator[str]:
    """The smallest candidate that keeps the budget, though it is no faster."""
    best = winner(trials, max_drop, "size")
    if best is not None:
        change, size = units.points(-best.drop, unit), units.factor(best.size_ratio or 1.0)
        speed = units.factor(best.speedup) if best.speedup else "not timed"
        way = f"`ovopt compress --max-drop {max_drop:g}` looks for the smallest"
        yield f"{best.name}: {size} the size, {change}, {speed}; {way}"


def _told(trial: Trial, unit: str, aim: Aim) -> str:
    name = f"{trial.name}{f', {len(trial.reverted)} operations reverted' if trial.reverted else ''}"
    size = f", {units.factor(trial.size_ratio)} the size" if aim == "size" and trial.size_ratio else ""
    speed = units.factor(trial.speedup) if trial.speedup else units.MISSING
    return f"{name}: {units.points(-trial.drop, unit)}{size}, {speed}"


PRECISION = "INFERENCE_PRECISION_HINT"


def faster_otherwise(contest: Contest) -> Iterator[str]:
    """What makes the model faster without changing what it computes: another precision, fixed shapes."""
    start, materials = contest.start, contest.materials
    exact = materials.speedup(contest.original, start, {PRECISION: "f32"})
    if exact and exact >= LEAST_SPEEDUP:
        yield f"no change but execution in f32: {units.factor(exact)}; `--property {PRECISION}=f32` sets it"
    fixed = _fixed(start, materials.calibration[0])
    gain = materials.speedup(contest.original, fixed) if fixed else None
    if gain and gain >= LEAST_SPEEDUP:
        yield f"fixed shapes, where all samples have those of one: {units.factor(gain)}; the step freeze_shapes does it"


def _fixed(model: openvino.Model, sample: Tensors) -> openvino.Model | None:
    """A copy with the shapes of a sample; None where they are fixed already, or it cannot have them."""
    if not any(port.get_partial_shape().is_dynamic for port in model.inputs):
        return None
    fixed = model.clone()
    try:
        fixed.reshape({place: list(array.shape) for place, array in enumerate(sample)})
    except RuntimeError:
        return None
    return fixed
