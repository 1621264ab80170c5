"""From content to output, in a moment and in this process: ways to divide the work, in turns."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.contracts import Way
from ovopt.model.native import core
from ovopt.stats import Floats, Interval, speedup_interval
from ovopt.turns import LEAST_REPLICAS, TURN, alternated, creation_order, repeated, turn_order, why_stop

if TYPE_CHECKING:
    import openvino

PRECISION = 0.02
"""Half-width of an interval, as a share, that is narrow enough."""
ROUNDS = 5
"""Turns of each way in a replica: an odd number has a median that a disturbed one does not move."""


def way_speedups(
    ways: Sequence[Way],
    contents: Sequence[Any],
    device: str,
    properties: Mapping[str, str],
    budget_s: float,
    seed: int,
) -> list[Interval]:
    """Speed-ups of every way but the first over the first: one content after the other, from decoding to the output.
    Raises RuntimeError where a way does not run.

    Each way is compiled anew for every replica, as often as an honest interval asks for even where that takes longer
    than the budget.
    """
    rng, began = np.random.default_rng(seed), time.perf_counter()
    named = {str(place): way for place, way in enumerate(ways)}
    replicas = list[Floats]()
    while True:
        replicas.append(_replica(named, contents, device, properties, rng, len(replicas)))
        baseline, *others = np.stack(replicas, axis=1)
        found = [speedup_interval(baseline, other) for other in others] if len(replicas) > 1 else []
        widths = {str(place): interval.relative_half_width for place, interval in enumerate(found)}
        spent = time.perf_counter() - began
        if len(replicas) >= LEAST_REPLICAS and why_stop(len(replicas), widths, PRECISION, spent, budget_s):
            return found


def _replica(
    ways: Mapping[str, Way],
    contents: Sequence[Any],
    device: str,
    properties: Mapping[str, str],
    rng: np.random.Generator,
    replica: int,
) -> Floats:
    """Seconds per sample, shape [ways, rounds]."""
    requests: dict[str, openvino.InferRequest] = {}
    for name in creation_order(list(ways), replica):
        requests[name] = core().compile_model(ways[name].model, device, dict(properties)).create_infer_request()
        _turn(ways[name], requests[name], contents, 0)
    firsts = rng.integers(len(contents), size=ROUNDS)
    takes = {
        name: lambda index, name=name: _turn(ways[name], requests[name], contents, int(firsts[index])) for name in ways
    }
    return np.array(list(alternated(takes, ROUNDS, partial(turn_order, rng=rng)).values()))


def _turn(way: Way, request: openvino.InferRequest, contents: Sequence[Any], first: int) -> float:
    """The median way of a sample, behind one that is discarded."""

    def take(index: int) -> float:
        content = contents[(first + index) % len(contents)]
        began = time.perf_counter()
        _infer(way, request, content)
        return time.perf_counter() - began

    take(0)
    return float(np.median(repeated(take, TURN)))


def _infer(way: Way, request: openvino.InferRequest, content: Any) -> None:
    for tensors in way.preparation.preprocess(way.preparation.decode(content)):
        request.infer(dict(enumerate(tensors)), share_inputs=True, share_outputs=True)
        if way.answer:
            way.answer(tensors, tuple(request.get_output_tensor(i).data for i in range(len(request.model_outputs))))
