"""An arm's own figures with intervals, from the raw values of its record. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ovopt.intervals import Groups, Spread, median_spread, percentile_spread
from ovopt.errors import UsageError
from ovopt.records import Arm

PERCENTILES: Mapping[str, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
Path = tuple[str, ...]


def own_figure(arm: Arm, figure: Path) -> Spread:
    """`latency.p99`, `first_inference.cold`, `end_to_end` (ms), `throughput`, `end_to_end.pipelined` (samples/s).
    UsageError where the raw values are missing."""
    groups = [group for group in _groups(arm, figure) if len(group)]
    if not groups:
        raise UsageError(
            f"{arm.name}: the raw values of {figure[0]} are missing, and a budget of it needs them; judge the file as "
            "ovopt wrote it, or measure again"
        )
    share = PERCENTILES.get(figure[-1], 0.5)
    return median_spread(groups) if share == 0.5 else percentile_spread(groups, share)


def peak_bytes(arm: Arm) -> int | None:
    """The most memory that the arm took, under whichever hint it is more."""
    return max(f.peak_bytes for f in arm.memory.by_hint.values()) if arm.memory and arm.memory.by_hint else None


def _groups(arm: Arm, figure: Path) -> Groups:
    match figure:
        case ("latency", _) if arm.latency:
            return [_array(ns / 1e6 for turn in rounds for ns in turn) for rounds in arm.latency.raw_ns]
        case ("throughput",) if arm.throughput:
            return [_array(map(_rate, rounds)) for rounds in arm.throughput.raw]
        case ("end_to_end",) if arm.end_to_end:
            return [_array(sum(w) / 1e6 for turn in rounds for w in turn.stages_ns) for rounds in arm.end_to_end.raw]
        case ("end_to_end", "pipelined") if arm.end_to_end:
            return [_array(_rate(turn.pipelined) for turn in rounds) for rounds in arm.end_to_end.raw]
        case ("first_inference", kind) if arm.first_inference:
            return [_array([sum(stages) / 1e6]) for stages in getattr(arm.first_inference, kind).raw_ns]
    return []


def _rate(turn: Any) -> float:
    """Samples per second."""
    return float(turn.samples * 1e9 / turn.elapsed_ns)


def _array(values: Any) -> Any:
    return np.array(list(values), dtype=np.float64)
