"""Speed-ups in a moment and in this process: of models, roughly, good for a step's report and not for a verdict; of
ways to divide the work from content to output, in turns."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.bench.machine import waited_ns
from ovopt.contracts import Tensors, Way
from ovopt.model.native import core
from ovopt.stats import Floats, Interval, Rough, speedup_interval
from ovopt.turns import (
    LEAST_REPLICAS,
    QUICK_TURN,
    TURN,
    Length,
    alternated,
    creation_order,
    repeated,
    turn_order,
    why_stop,
)

if TYPE_CHECKING:
    import openvino

REPLICAS = 3
"""Compiled pairs: their mean is off by 6 % at most (`CLEAR`), which tells gains of a tenth."""
KEPT = 1
"""Compiled instances of the baseline that several timings share: the bias of one is the same for all of them."""
CLEAR = 1.1
"""What one pair is off by at most, for all that is decided here; the mean of n pairs by the square root of n less."""
TURNS = 3
"""Of each instance in a pair: more narrow nothing, since the scatter is between instances."""
SLOW_S = 0.1
"""An inference that takes so long is a turn of its own, and of several inputs one turn is enough."""
WAITED = 0.1
"""Share of waiting from which the clock tells about other programs: a long inference waits more often than a short one,
and four times as fast looks like 3 to 13 times."""
BUSY = 1.5
"""What processor time is off by at most then, however many pairs there are."""
WARM_S = 1.0
"""Of several inputs, so many are timed as the first instance answers in this time."""


@dataclass(frozen=True)
class Feed:
    """The inputs that a model is timed on, in turns, and its runtime settings."""

    inputs: Sequence[Tensors]
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pace:
    """A turn's milliseconds of an inference: the median by the clock, and the mean of processor time."""

    elapsed_ms: float
    processor_ms: float
    waited: float
    """Share of the time that threads were ready in which they had no processor."""


@dataclass(frozen=True)
class Running:
    """A compiled instance that has run."""

    request: openvino.InferRequest
    inputs: Sequence[Tensors]
    slow: bool = False
    on_processor: bool = True
    """False where it computes on a device of its own, whose time is no processor's."""

    @classmethod
    def of(cls, model: openvino.Model, feed: Feed, device: str, within_s: float = math.inf) -> Running:
        """It runs the inputs that it answers `within_s` from the first on. RuntimeError where it cannot be compiled or
        run."""
        compiled = core().compile_model(model, device, {"PERFORMANCE_HINT": "LATENCY", **feed.properties})
        request = compiled.create_infer_request()
        ran, began = 0, time.perf_counter()
        for tensors in feed.inputs:
            request.infer(list(tensors))
            ran, spent = ran + 1, time.perf_counter() - began
            if spent >= within_s:
                break
        return cls(request, feed.inputs[:ran], spent >= SLOW_S * ran, device.startswith("CPU"))

    def turn(self, length: Length = QUICK_TURN) -> Pace:
        """The pace of an inference; of all inputs together, where they are several."""
        several = len(self.inputs) > 1
        if several or self.slow:
            length = replace(length, least=1)
        if not self.slow:
            self.request.infer()

        def take(_: int) -> float:
            return sum(self._latency(tensors if several else None) for tensors in self.inputs)

        waited, used = waited_ns(), time.process_time_ns()
        times = repeated(take, length)
        used, waited = time.process_time_ns() - used, max(0, waited_ns() - waited)
        share = waited / max(1, waited + used) if self.on_processor else 0.0
        return Pace(float(np.median(times)), used / len(times) / 1e6, share)

    def _latency(self, tensors: Tensors | None) -> float:
        self.request.infer(list(tensors) if tensors else None, share_outputs=True)
        return float(self.request.latency)


def quick_speedup(
    before: openvino.Model,
    after: openvino.Model,
    fed: Tensors | tuple[Feed, Feed],
    device: str = "CPU",
    least: float = 0.0,
    kept: list[Running] | None = None,
) -> Rough | None:
    """Geometric mean over a few compiled pairs of the ratio of their median latencies, in turns (of their processor
    times, where other programs keep the processors busy), within the bounds of all pairs and of what they are off by;
    None where one of them does not run. Both are timed on the same sample, unless each is `fed` in its own way. It ends
    early where the mean is clearly below `least`. Samples have shapes [batch, ...]. `kept` are instances of `before` of
    an earlier call, and it is given what is made now."""
    first, second = fed if isinstance(fed[0], Feed) else (Feed([fed]), Feed([fed]))
    baselines, most = ([], REPLICAS) if kept is None else (kept, KEPT)
    pairs: list[_Pair] = []
    try:
        if not baselines:
            baselines.append(Running.of(before, first, device, WARM_S))
        first, second = (replace(feed, inputs=feed.inputs[: len(baselines[0].inputs)]) for feed in (first, second))
        while len(pairs) < REPLICAS and not (pairs and _mean(pairs) < least / CLEAR ** len(pairs) ** -0.5):
            replica = len(pairs)
            if len(baselines) <= replica % most:
                baselines.append(Running.of(before, first, device))
            pairs.append(_pair(baselines[replica % most], Running.of(after, second, device), swapped=replica % 2 == 1))
    except RuntimeError:
        return None
    off = BUSY if any(pair.busy for pair in pairs) else CLEAR ** len(pairs) ** -0.5
    ratios = [pair.ratio for pair in pairs]
    return Rough(_mean(pairs), min(ratios) / off, max(ratios) * off)


@dataclass(frozen=True)
class _Pair:
    """A compiled pair: how many times as fast the second is, and whether other programs had the processors."""

    ratio: float
    busy: bool


def _mean(pairs: Sequence[_Pair]) -> float:
    return float(np.exp(np.mean(np.log([pair.ratio for pair in pairs]))))


def _pair(before: Running, after: Running, swapped: bool) -> _Pair:
    turns = 1 if any(running.slow and len(running.inputs) > 1 for running in (before, after)) else TURNS
    takes = {"before": lambda _: before.turn(), "after": lambda _: after.turn()}
    taken = alternated(takes, turns, partial(creation_order, replica=swapped))
    busy = any(np.median([pace.waited for pace in paces]) > WAITED for paces in taken.values())
    first, second = (
        np.median([pace.processor_ms if busy else pace.elapsed_ms for pace in paces]) for paces in taken.values()
    )
    return _Pair(float(first / second), busy)


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
