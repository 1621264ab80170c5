"""A session over any function, from several threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from ovopt.bench.engines.pooled import PooledSession
from ovopt.contracts import Key, Tensors
from tests.bench.engines import samples as s

SAMPLES = [(np.full((1, 2), i, np.float32),) for i in range(5)]


def doubled(tensors: Any) -> Any:
    return (2 * tensors[0],)


def session(requests: int = 2, call: Any = doubled) -> PooledSession:
    return PooledSession(call, SAMPLES, threads=4, requests=requests, precision="f32")


@pytest.mark.parametrize("requests", [1, 2, 9])
def test_outputs_come_in_order_and_without_their_batch(requests: int) -> None:
    found = s.answers(session(requests), [((i, 0), tensors) for i, tensors in enumerate(SAMPLES)])
    assert list(found) == [(i, 0) for i in range(5)]
    np.testing.assert_array_equal([value for (value,) in found.values()], [[2 * i, 2 * i] for i in range(5)])


def test_every_chosen_output_is_handed_on() -> None:
    made = session(2, lambda tensors: (2 * tensors[0], tensors[0][0]))
    found = s.answers(made, [((i, part), SAMPLES[i]) for i in range(5) for part in range(2)])
    assert list(found) == [(i, part) for i in range(5) for part in range(2)]
    for (index, _), (first, second) in found.items():
        np.testing.assert_array_equal(first, [2 * index, 2 * index])
        np.testing.assert_array_equal(second, [index, index])


def test_no_more_answers_are_kept_than_requests_need() -> None:
    """Inputs are taken as answers are handed on: a data set need not fit into memory."""
    taken, answered, most = 0, 0, 0

    def items() -> Iterator[tuple[Key, Tensors]]:
        nonlocal taken, most
        for index in range(60):
            taken += 1
            most = max(most, taken - answered)
            yield (index, 0), SAMPLES[0]

    for _ in session(3).answer_each(items()):
        answered += 1
    assert answered == 60
    assert most <= 3 + 2


def test_the_latest_outputs_are_those_of_the_samples_that_were_timed() -> None:
    made = session()
    for index in (1, 7, 3):
        made.infer_once(index)
    found = dict(made.latest())
    assert sorted(found) == [1, 2, 3]
    for index, value in found.items():
        np.testing.assert_array_equal(value, [[2 * index, 2 * index]])


def test_no_more_calls_than_requests_are_under_way() -> None:
    calls, at_once, most, lock = 0, 0, 0, threading.Lock()

    def call(tensors: Any) -> Any:
        nonlocal calls, at_once, most
        with lock:
            calls += 1
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.002)
        with lock:
            at_once -= 1
        return (tensors[0],)

    session(3, call).answer_all(SAMPLES[i % 5] for i in range(30))
    assert calls == 30
    assert 1 < most <= 3


def test_a_call_that_fails_is_told_and_frees_its_place() -> None:
    seen: list[int] = []

    def call(tensors: Any) -> Any:
        seen.append(int(tensors[0][0, 0]))
        if tensors[0][0, 0] == 3:
            raise ValueError("no threes")
        return (tensors[0],)

    made = session(1, call)
    with pytest.raises(ValueError, match=r"\Ano threes\Z"):
        made.answer_all(iter(SAMPLES))
    made.answer_all(iter(SAMPLES[:3]))
    assert seen[-3:] == [0, 1, 2]


def test_serving_answers_every_request() -> None:
    s.check_serving(session())


def slow_clock_ns() -> int:
    """A clock that threads of the pool take a while to look at."""
    if threading.current_thread() is not threading.main_thread():
        time.sleep(0.02)
    return time.perf_counter_ns()


def test_serving_ends_when_the_last_wait_is_noted() -> None:
    """A future's result is there before its callbacks have run."""
    made = PooledSession(doubled, SAMPLES, threads=4, requests=1, precision="f32", clock_ns=slow_clock_ns)
    assert min(made.serve((0.0, 0.001), first=0)) > 0
