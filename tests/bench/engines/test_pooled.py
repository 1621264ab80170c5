"""A session over any function, from several threads."""

from __future__ import annotations

import threading
import time as real
from typing import Any

import numpy as np
import pytest

from ovopt.bench.engines import pooled
from ovopt.bench.engines.pooled import PooledSession
from tests.bench.engines import samples as s

SAMPLES = [(np.full((1, 2), i, np.float32),) for i in range(5)]


def doubled(tensors: Any) -> np.ndarray:
    return 2 * tensors[0]


def session(requests: int = 2, call: Any = doubled) -> PooledSession:
    return PooledSession(call, SAMPLES, threads=4, requests=requests, precision="f32")


@pytest.mark.parametrize("requests", [1, 2, 9])
def test_outputs_come_in_order_and_without_their_batch(requests: int) -> None:
    found = list(session(requests).outputs())
    assert [index for index, _ in found] == list(range(5))
    np.testing.assert_array_equal([value for _, value in found], [[2 * i, 2 * i] for i in range(5)])


def test_no_more_calls_than_requests_are_under_way() -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    def call(tensors: Any) -> np.ndarray:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        real.sleep(0.002)
        with lock:
            at_once -= 1
        return tensors[0]

    assert session(3, call).answer_all(SAMPLES[i % 5] for i in range(30)) == 30
    assert 1 < most <= 3


def test_a_call_that_fails_is_told_and_frees_its_place() -> None:
    def call(tensors: Any) -> np.ndarray:
        if tensors[0][0, 0] == 3:
            raise ValueError("no threes")
        return tensors[0]

    made = session(1, call)
    with pytest.raises(ValueError, match=r"\Ano threes\Z"):
        made.answer_all(iter(SAMPLES))
    assert made.answer_all(iter(SAMPLES[:3])) == 3


def test_serving_answers_every_request() -> None:
    s.check_serving(session())


class SlowNote:
    """The module's clock, on which threads of the pool take a while to look."""

    def perf_counter_ns(self) -> int:
        if threading.current_thread() is not threading.main_thread():
            real.sleep(0.02)
        return real.perf_counter_ns()


def test_serving_ends_when_the_last_wait_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A future's result is there before its callbacks have run."""
    monkeypatch.setattr(pooled, "time", SlowNote())
    assert min(session(1).serve((0.0, 0.001), first=0)) > 0
