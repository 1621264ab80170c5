"""Decisions on trials: whether a budget is kept, whether to go on, which candidate wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ovopt.records.search import Aim, State, Trial
from ovopt.turns import LEAST_SPEEDUP

SMALL = 1.06
"""A gain below this is measured twice."""
NOISE = 0.1
"""Share by which a quick measurement may be off."""


def state_of(low: float, high: float, max_drop: float) -> State:
    """The state that an interval of the drop has against the budget."""
    if high <= max_drop:
        return "kept"
    return "missed" if low > max_drop else "open"


def unjudged(name: str, reverted: Sequence[str], speedup: float | None, seconds: float) -> Trial:
    """Trial of a candidate that was timed, and is not worth more than that."""
    return Trial(
        name=name,
        reverted=tuple(reverted),
        drop=0.0,
        low=0.0,
        high=0.0,
        n=0,
        state="slower",
        speedup=speedup,
        seconds=seconds,
    )


def settled(trials: Sequence[Trial], max_drop: float, exact: float | None) -> bool:
    """Tells whether no further way to quantize the whole model is worth its calibration, of which the first quantizes
    the most: that one is acceptable and pays; or one of two is acceptable, or none of two is faster than what loses
    nothing, whose speed-up is `exact` where that is not the original."""
    acceptable = [trial.speedup or 0.0 for trial in trials if trial.acceptable(max_drop)]
    if len(trials) > 1:
        return bool(acceptable) or all((trial.speedup or 0.0) < (exact or 1.0) for trial in trials)
    return any(speedup >= LEAST_SPEEDUP * (exact or 1.0) for speedup in acceptable)


def winner(trials: Iterable[Trial], max_drop: float, aim: Aim = "speed") -> Trial | None:
    """The fastest acceptable candidate that is faster than the original; or the smallest that is smaller, and of two of
    a size the more exact one."""
    ready = [trial for trial in trials if trial.acceptable(max_drop)]
    if aim == "size":
        smaller = [(trial.size_ratio, trial) for trial in ready if (trial.size_ratio or 1) < 1]
        return min(smaller, key=lambda pair: (round(pair[0] or 1, 3), pair[1].drop))[1] if smaller else None
    faster = [trial for trial in ready if trial.speedup is not None and trial.speedup >= LEAST_SPEEDUP]
    return max(faster, key=lambda trial: trial.speedup or 0.0) if faster else None
