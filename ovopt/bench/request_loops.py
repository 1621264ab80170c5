"""Loops of requests: open, when requests arrive and how they are sent off; closed, the pace of a pool that is kept
full. No clock of their own, so that they can be simulated."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal

import numpy as np

from ovopt.contracts import Pace

SPIN_S = 0.0005
"""Sleeping is only good to about this; the rest of the wait is spent looking at the clock."""


@dataclass(frozen=True)
class Demand:
    """The load to serve: these rates (samples/s), or the highest rate whose percentile `share` keeps `limit_ms`."""

    process: Literal["poisson", "constant"] = "poisson"
    rates: tuple[float, ...] = ()
    limit_ms: float | None = None
    share: float = 0.99

    def keeps(self, waits_ns: Sequence[int]) -> bool:
        """Tell whether so much waiting, in nanoseconds, is within the limit."""
        return self.limit_ms is not None and float(np.quantile(waits_ns, self.share)) / 1e6 <= self.limit_ms


@dataclass
class Served:
    """The load that one arm served: rates asked for, each with nanoseconds from every scheduled arrival to its
    answer."""

    demand: Demand
    points: list[tuple[float, list[int]]] = field(default_factory=list)

    @property
    def rising(self) -> Sequence[tuple[float, list[int]]]:
        """From the lowest rate on."""
        return sorted(self.points, key=lambda point: point[0])

    @property
    def highest(self) -> float | None:
        """The highest rate up to which all keep the limit."""
        kept = takewhile(lambda point: self.demand.keeps(point[1]), self.rising)
        return max((rate for rate, _ in kept), default=None)


def arrivals(
    rate: float, seconds: float, process: Literal["poisson", "constant"], rng: np.random.Generator
) -> tuple[float, ...]:
    """Arrival times in seconds from the start: one every `1 / rate`, or with exponential gaps of that mean."""
    count = max(1, int(rate * seconds))
    gaps = np.full(count, 1 / rate) if process == "constant" else rng.exponential(1 / rate, count)
    return tuple(np.cumsum(gaps).tolist())


def send_off(
    arrivals_s: Sequence[float],
    send: Callable[[int, int], None],
    clock_ns: Callable[[], int] = time.perf_counter_ns,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Call `send(index, scheduled_ns)` at each arrival, or as soon after as the calls before it allow.

    `scheduled_ns` is on this clock: latency counts from there, not from the call.
    """
    began = clock_ns()
    for index, arrival in enumerate(arrivals_s):
        scheduled = began + int(arrival * 1e9)
        ahead_s = (scheduled - clock_ns()) / 1e9
        if ahead_s > SPIN_S:
            sleep(ahead_s - SPIN_S)
        while clock_ns() < scheduled:
            sleep(0)  # answers are noted by other threads, which the interpreter would keep waiting
        send(index, scheduled)


LEAST_CYCLES = 3
"""Answers of each request, so that one that was disturbed is not all there is."""


def pace(
    start: Callable[[], object], requests: int, seconds: float, clock_ns: Callable[[], int] = time.perf_counter_ns
) -> Pace:
    """Keep the pool full for about `seconds`, and for three answers of each request at least.

    `start` begins an inference as soon as a request is free. The clock runs from the first answer to a later one, a
    whole number of answers per request apart: a pool that fills and runs dry idles, which costs a turn of few
    inferences several percent, and requests that answer together would else be counted by luck.
    """
    for _ in range(requests + 1):
        start()
    began = now = clock_ns()
    deadline, cycles = began + int(seconds * 1e9), 0
    while now < deadline or cycles < LEAST_CYCLES:
        for _ in range(requests):
            start()
        cycles += 1
        now = clock_ns()
    return Pace(cycles * requests, now - began, cycles * requests + requests + 1)
