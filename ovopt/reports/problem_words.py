"""The problems that a diagnosis finds, in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ovopt import units
from ovopt.records import QualityDelta
from ovopt.records.diagnosis import Fix, FixCheck
from ovopt.reports.rows import points_of

RANDOM = (
    "random inputs: errors, metric and blame say little about real samples; --data names some, and a bundle brings "
    "those that it was made with"
)


def irreversible(quality: QualityDelta, ranked: Sequence[str]) -> str:
    """Loss of accuracy that no layer can be reverted for; `ranked` are the layers where the error comes in."""
    worst = f"; the error comes in at {units.a_few(ranked)}" if ranked else ""
    return f"{_cost(quality)}{worst}; no layer can be reverted by itself: leave the step out, or run it more gently"


def not_given_back(quality: QualityDelta) -> str:
    """Loss of accuracy that no layer gives back."""
    return f"{_cost(quality)}, and no quantized layer gives any of it back when it is reverted"


def blamed(quality: QualityDelta, fix: Fix) -> str:
    """Loss of accuracy that the layers of a fix are to blame for."""
    unit, last = quality.unit, fix.checks[-1]
    left = drop_of(last)
    whole = units.quality_delta(quality.drop[0], unit).lstrip("+")
    given_back = units.quality_delta(quality.drop[0] - left, unit).lstrip("+")
    share = "all" if left <= 0 else given_back
    name = "points" if unit == "share" else unit
    said = f"{_counted(fix.layers, 'cost')} {share} of the {whole} {name}".rstrip()
    return f"{said}; {_action(fix)}{_time(last)}"


def beyond_budget(quality: QualityDelta, allowed: float, fix: Fix, faster: float) -> str:
    """Loss of accuracy beyond what is allowed, and a fix that brings it within; `faster` is the speed-up of the model
    without it."""
    last = fix.checks[-1]
    limit = units.points(allowed, quality.unit).lstrip("+")
    left = units.points(max(0.0, drop_of(last)), quality.unit).lstrip("+")
    said = f"what is left is beyond {limit}; {_counted(fix.layers, 'cost')} all but {left}; {_action(fix)}{_time(last)}"
    slow = units.factor((last.speedup or 0.0) * faster)
    return said if fix.pays else f"{said}, which does not pay: {slow} the speed of the original"


def slower(names: Sequence[str], lost_us: float, floating: int, fix: Fix | None) -> str:
    """Layers that lose time, so many of them in floating point; without a fix, none of them is quantized."""
    said = f"{_counted(names)} slower than in the original: +{units.milliseconds(lost_us / 1e3)}"
    said += f"; {floating} of them do not run in int8" if floating else ""
    return f"{said}; {_paid(fix) if fix else 'none of them is quantized'}"


def imprecise(precision: str, lost: QualityDelta, names: Sequence[str], fix: Fix) -> str:
    """Loss of accuracy by the device's own precision, the layers where it comes in, and a fix."""
    where = f"the error comes in at {', '.join(names)}"
    return f"{precision} alone costs {points_of(lost)}; {where}; {_in_other_precision(fix.checks[-1])}"


def runs_in_f32(device: str) -> str:
    """Note on a device that loses no precision."""
    return (
        f"{device} runs this model in f32: there is no loss of precision to look at, only time. Where the device can, "
        "--property INFERENCE_PRECISION_HINT=bf16 (or f16) asks for less; name an optimized model to diagnose that"
    )


def drop_of(check: FixCheck) -> float:
    """Loss of accuracy that a fix leaves; infinite where that is not known."""
    return check.quality.drop[0] if check.quality else float("inf")


def _in_other_precision(check: FixCheck) -> str:
    how = "in f32" if check.how == "run so" else "simplified"
    left = units.points(check.quality.delta, check.quality.unit) if check.quality else units.MISSING
    time = f", {units.factor(check.speedup)} the speed" if check.speedup else ""
    return f"{how}: {left}{time}"


def _cost(quality: QualityDelta) -> str:
    return f"the optimization costs {points_of(quality)}"


def _paid(fix: Fix) -> str:
    last = fix.checks[-1]
    if last.speedup is None:
        return "with them reverted, the model does not run"
    if not fix.pays:
        return f"reverting {_who(fix)} does not pay: {units.factor(last.speedup)}"
    return f"{_action(fix)}{units.factor(last.speedup)} the speed, {_time(last)}"


def _action(fix: Fix) -> str:
    how = "revert" if fix.checks[-1].how == "reverted" else "made again without"
    return f"{how} {_who(fix)}: "


def _who(fix: Fix) -> str:
    return "it" if len(fix.layers) == 1 else "them"


def _time(check: FixCheck) -> str:
    if check.cost_ms is None:
        return "does not run"
    return f"{'+' if check.cost_ms >= 0 else '-'}{units.milliseconds(abs(check.cost_ms))}"


def _counted(names: Sequence[str], verb: str = "are") -> str:
    if len(names) == 1:
        return f"{names[0]} {'costs' if verb == 'cost' else 'is'}"
    return f"{len(names)} layers {verb}"
