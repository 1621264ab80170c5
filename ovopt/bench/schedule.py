"""When to measure what, and when to stop: pure decisions, no clocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovopt.turns import TURN

LEAST_REPLICAS = 6
"""An interval over fewer compiled instances hides their own bias, which is a few percent."""
MOST_REPLICAS = 60
MOST_ROUNDS = 7
"""An odd number has a median that disturbed rounds do not move."""


@dataclass(frozen=True)
class Schedule:
    """How a block (one replica of every arm) is spent."""

    slice_s: float
    rounds: int


def plan_block(inference_s: Sequence[float], opening_s: float, budget_s: float, least: int = 4) -> Schedule:
    """As many rounds per block, up to seven, as let `LEAST_REPLICAS` blocks fit the budget; at least one.

    `inference_s` holds one inference's time for each arm, `opening_s` the time that compiling all of them took; a turn
    takes `least` inferences at least.
    """
    round_s = sum(max(TURN.seconds, least * t) for t in inference_s)
    available = budget_s / LEAST_REPLICAS - opening_s
    return Schedule(TURN.seconds, max(1, min(MOST_ROUNDS, int(available / round_s))) if inference_s else 1)


def why_stop(
    replicas: int, half_widths: Mapping[str, float], precision: float, spent_s: float, budget_s: float
) -> str | None:
    """Why measuring ends now, or None to go on.

    The decision looks at the widths of the intervals and never at where they lie, so that stopping does not favour
    one answer; and never before `LEAST_REPLICAS`, so that a width that came out small by luck does not end it.

    A further block must fit the budget, taking the blocks so far as a measure.
    """
    if replicas < 2:
        return None
    block_s = spent_s / replicas
    if spent_s + block_s > budget_s:
        return "time budget"
    if replicas >= MOST_REPLICAS:
        return f"{MOST_REPLICAS} replicas"
    if replicas >= LEAST_REPLICAS and half_widths and max(half_widths.values()) <= precision:
        return "precision reached"
    return None
