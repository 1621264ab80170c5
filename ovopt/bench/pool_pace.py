"""The pace of a pool of requests that is kept full."""

from __future__ import annotations

import time
from collections.abc import Callable

from ovopt.contracts import Pace

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
