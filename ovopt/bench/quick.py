"""A rough speed-up in a moment, in this process: good for a step's report, not for a verdict."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from ovopt.contracts import Tensors
from ovopt.model.read import core

if TYPE_CHECKING:
    import openvino

REPLICAS = 4
TURN_S = 0.05
LEAST = 3


def quick_speedup(before: openvino.Model, after: openvino.Model, sample: Tensors, device: str = "CPU") -> float | None:
    """Geometric mean over a few compiled pairs of the ratio of their median latencies, in turns; None where one of them
    does not run."""
    try:
        ratios = [_ratio(before, after, sample, device, swapped=bool(i % 2)) for i in range(REPLICAS)]
    except RuntimeError:
        return None
    return float(np.exp(np.mean(np.log(ratios))))


def _ratio(before: openvino.Model, after: openvino.Model, sample: Tensors, device: str, swapped: bool) -> float:
    order = (after, before) if swapped else (before, after)
    requests = [core().compile_model(model, device, {"PERFORMANCE_HINT": "LATENCY"}) for model in order]
    running = [compiled.create_infer_request() for compiled in requests]
    for request in running:
        request.infer(list(sample))
    turns = [[_turn(request) for request in running] for _ in range(3)]
    first, second = np.median(turns, axis=0)
    return float(second / first if swapped else first / second)


def _turn(request: openvino.InferRequest) -> float:
    request.infer()
    times: list[float] = []
    until = time.perf_counter() + TURN_S
    while len(times) < LEAST or time.perf_counter() < until:
        request.infer(share_outputs=True)
        times.append(request.latency)
    return float(np.median(times))
