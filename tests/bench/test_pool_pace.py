"""The pace of a pool that is kept full, on a simulated clock."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import chain, repeat

import pytest

from ovopt.bench.request_loops import LEAST_CYCLES, pace
from ovopt.contracts import Pace


class Pool:
    """Requests that answer after so many nanoseconds each, as in the runtime: `start` waits for a free one."""

    def __init__(self, requests: int, takes: Iterator[int]) -> None:
        self.now, self._takes = 0, takes
        self._free = [0] * requests
        self.begun = 0

    def clock_ns(self) -> int:
        return self.now

    def start(self) -> None:
        self.now = max(self.now, heapq.heappop(self._free))
        heapq.heappush(self._free, self.now + next(self._takes))
        self.begun += 1


def measured(pool: Pool, requests: int, seconds: float) -> Pace:
    return pace(pool.start, requests, seconds, pool.clock_ns)


@pytest.mark.parametrize("seconds", [0, 0.01, 0.04, 0.5])
@pytest.mark.parametrize("requests", [1, 2, 3, 8])
def test_requests_that_answer_together_are_counted_as_they_answer(requests: int, seconds: float) -> None:
    found = measured(Pool(requests, repeat(28_000_000)), requests, seconds)
    assert found.elapsed_ns / found.inferences == pytest.approx(28_000_000 / requests)


@pytest.mark.parametrize("requests", [2, 3, 8])
def test_requests_that_answer_one_after_the_other_do_too(requests: int) -> None:
    """A pool that fills and runs dry would idle for half an inference here: 11 % of so short a turn."""
    first = (28_000_000 * (i + 1) // requests for i in range(requests))
    found = measured(Pool(requests, chain(first, repeat(28_000_000))), requests, 0.0)
    assert found.elapsed_ns / found.inferences == pytest.approx(28_000_000 / requests, rel=1e-6)


@pytest.mark.parametrize("seconds", [0, 0.3])
def test_it_ends_at_the_first_whole_cycle_behind_the_time_and_tells_what_it_took(seconds: float) -> None:
    pool = Pool(2, repeat(20_000_000))
    found = measured(pool, 2, seconds)
    cycles = max(LEAST_CYCLES, round(seconds / 0.02))
    assert (found.inferences, found.begun) == (2 * cycles, pool.begun)
    assert found.begun == 2 * cycles + 3
