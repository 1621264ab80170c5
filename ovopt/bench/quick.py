"""A rough speed-up in a moment, in this process: good for a step's report, not for a verdict."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ovopt.contracts import Tensors
from ovopt.model.read import core

if TYPE_CHECKING:
    import openvino

REPLICAS = 4
CLEAR = 1.15
"""What one pair is off by at most, for all that is decided here."""
TURN_S = 0.05
LEAST = 3


@dataclass(frozen=True)
class Feed:
    """What a model is timed on: inputs, in turns, and its runtime settings."""

    inputs: Sequence[Tensors]
    properties: Mapping[str, str] = field(default_factory=dict)


def quick_speedup(
    before: openvino.Model,
    after: openvino.Model,
    fed: Tensors | tuple[Feed, Feed],
    device: str = "CPU",
    least: float = 0.0,
) -> float | None:
    """Geometric mean over a few compiled pairs of the ratio of their median latencies, in turns; None where one of them
    does not run. Both are timed on the same sample, unless each is `fed` in its own way. It ends early where the mean
    is clearly below `least`."""
    first, second = fed if isinstance(fed[0], Feed) else (Feed([fed]), Feed([fed]))
    logs: list[float] = []
    while len(logs) < REPLICAS and not (logs and np.exp(np.mean(logs)) < least / CLEAR):
        try:
            ratio = _ratio((before, first), (after, second), device, swapped=bool(len(logs) % 2))
        except RuntimeError:
            return None
        logs.append(float(np.log(ratio)))
    return float(np.exp(np.mean(logs)))


def _ratio(
    before: tuple[openvino.Model, Feed], after: tuple[openvino.Model, Feed], device: str, swapped: bool
) -> float:
    order = (after, before) if swapped else (before, after)
    running = [
        (core().compile_model(model, device, {"PERFORMANCE_HINT": "LATENCY", **feed.properties}), feed.inputs)
        for model, feed in order
    ]
    timed = [(compiled.create_infer_request(), inputs) for compiled, inputs in running]
    for request, inputs in timed:
        for tensors in inputs:
            request.infer(list(tensors))
    turns = [[_turn(request, inputs) for request, inputs in timed] for _ in range(3)]
    first, second = np.median(turns, axis=0)
    return float(second / first if swapped else first / second)


def _turn(request: openvino.InferRequest, inputs: Sequence[Tensors]) -> float:
    """The median time of an inference; of all inputs together, where they are several."""
    request.infer()
    times: list[float] = []
    until = time.perf_counter() + TURN_S
    while len(times) < LEAST or time.perf_counter() < until:
        times.append(sum(_latency(request, tensors if len(inputs) > 1 else None) for tensors in inputs))
    return float(np.median(times))


def _latency(request: openvino.InferRequest, tensors: Tensors | None) -> float:
    request.infer(list(tensors) if tensors else None, share_outputs=True)
    return float(request.latency)
