"""When requests arrive, and how they are sent off."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from ovopt.bench.request_loops import Demand, arrivals, send_off

Process = Literal["poisson", "constant"]


class Clock:
    """Nanoseconds: looking takes 100 of them, giving way to other threads 200, sleeping what is asked for and a little
    more, work what the test says."""

    LOOK = 100
    GIVE_WAY = 200
    OVERSLEPT = 300_000

    def __init__(self) -> None:
        self.now = 5_000_000_000

    def clock_ns(self) -> int:
        self.now += self.LOOK
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += int(seconds * 1e9) + self.OVERSLEPT if seconds else self.GIVE_WAY


@pytest.fixture
def clock() -> Clock:
    return Clock()


def sent(clock: Clock, arrivals_s: tuple[float, ...], work_ns: int) -> np.ndarray:
    """Index, scheduled and called nanoseconds since the start of each call, shape [calls, 3]."""
    began, calls = clock.now, []

    def send(index: int, scheduled: int) -> None:
        calls.append((index, scheduled - began, clock.now - began))
        clock.now += work_ns

    send_off(arrivals_s, send, clock.clock_ns, clock.sleep)
    return np.array(calls)


def test_constant_arrivals_are_evenly_spaced() -> None:
    np.testing.assert_allclose(arrivals(50, 0.1, "constant", np.random.default_rng(0)), [0.02, 0.04, 0.06, 0.08, 0.1])


def test_poisson_arrivals_have_exponential_gaps_of_the_wanted_mean() -> None:
    gaps = np.diff(arrivals(200, 100, "poisson", np.random.default_rng(1)), prepend=0)
    n = len(gaps)
    assert n == 20_000
    assert (gaps > 0).all()
    assert gaps.mean() == pytest.approx(1 / 200, rel=4 / np.sqrt(n))
    assert gaps.std() == pytest.approx(1 / 200, rel=0.05), "the standard deviation is the mean"
    assert np.mean(gaps > 1 / 200) == pytest.approx(np.exp(-1), abs=0.02)


@pytest.mark.parametrize("process", ["poisson", "constant"])
def test_arrivals_follow_from_the_seed_and_rise(process: Process) -> None:
    first, again = (arrivals(30, 2, process, np.random.default_rng(7)) for _ in range(2))
    assert first == again
    assert list(first) == sorted(first)


@pytest.mark.parametrize("process", ["poisson", "constant"])
def test_there_is_at_least_one_arrival(process: Process) -> None:
    assert len(arrivals(0.001, 1, process, np.random.default_rng(0))) == 1


@pytest.mark.parametrize(("share", "kept"), [(0.5, True), (0.9, True), (0.99, False)])
def test_a_limit_is_kept_at_its_percentile(share: float, kept: bool) -> None:
    waits_ns = [1_000_000] * 95 + [50_000_000] * 5
    assert Demand(limit_ms=10, share=share).keeps(waits_ns) is kept


def test_a_wait_of_exactly_the_limit_is_kept() -> None:
    assert Demand(limit_ms=2, share=0.99).keeps([2_000_000] * 10)


def test_without_a_limit_nothing_is_kept() -> None:
    assert not Demand().keeps([1])


@pytest.mark.parametrize("process", ["poisson", "constant"])
def test_no_call_is_early_and_their_order_is_that_of_the_arrivals(clock: Clock, process: Process) -> None:
    times = arrivals(300, 1, process, np.random.default_rng(3))
    calls = sent(clock, times, work_ns=0)
    np.testing.assert_array_equal(calls[:, 0], np.arange(len(times)))
    assert (calls[:, 2] >= calls[:, 1]).all()
    np.testing.assert_allclose(calls[:, 1], np.array(times) * 1e9, atol=2 * Clock.LOOK)


def test_a_sleep_that_takes_too_long_does_not_make_a_call_late(clock: Clock) -> None:
    calls = sent(clock, (0.01, 0.02, 0.03), work_ns=0)
    assert (calls[:, 2] - calls[:, 1] <= 2 * Clock.LOOK + Clock.GIVE_WAY).all()


def test_a_late_call_keeps_its_scheduled_time(clock: Clock) -> None:
    """Every call takes ten gaps: call k goes out at the end of its predecessor, and its schedule does not move."""
    gap, work = 1_000_000, 10_000_000
    calls = sent(clock, tuple((k + 1) * gap / 1e9 for k in range(20)), work)
    np.testing.assert_allclose(calls[:, 1], (np.arange(20) + 1) * gap, atol=2 * Clock.LOOK)
    np.testing.assert_allclose(calls[:, 2], gap + np.arange(20) * work, atol=1000 * Clock.LOOK)
    late = calls[:, 2] - calls[:, 1]
    assert (np.diff(late) > 0).all(), "a queue that grows shows in every wait"


def test_a_burst_is_sent_at_once(clock: Clock) -> None:
    calls = sent(clock, (0.01,) * 5, work_ns=50)
    assert len(set(calls[:, 1])) == 1
    assert calls[-1, 2] - calls[0, 2] < 100 * Clock.LOOK
