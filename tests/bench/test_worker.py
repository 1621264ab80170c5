"""What a worker does with a session, without a process around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from ovopt.bench.protocol import Take, TakeLatency, TakeThroughput
from ovopt.bench.worker import Worker, processor_turn
from ovopt.contracts import Pace, Session
from ovopt.errors import ArmLostError
from ovopt.turns import TURN
from tests.factories import exactly

CHANGED = "its output for the same sample changed while it was timed"


class Timed:
    """A session whose outputs the test sets."""

    def __init__(self) -> None:
        self.outputs: dict[int, np.ndarray] = {}
        self.inferred: list[int] = []

    def infer_once(self, index: int) -> int:
        self.inferred.append(index)
        return 1000

    def infer_for(self, seconds: float, first: int) -> Pace:
        return Pace(5, 1000, 10)

    def latest(self) -> Iterator[tuple[int, np.ndarray]]:
        yield from self.outputs.items()


@pytest.fixture
def session() -> Timed:
    return Timed()


@pytest.fixture
def worker(session: Timed) -> Worker:
    made = Worker(None, -1)  # type: ignore[arg-type]
    made._session = session  # type: ignore[assignment]
    return made


def turn(worker: Worker, session: Timed, output: np.ndarray, index: int = 0, command: Any = None) -> None:
    session.outputs = {index: output}
    worker._take(command or TakeLatency(0, 0))


class Third(Take):
    """A turn of another package."""

    def __call__(self, session: Session) -> Any:
        return session.infer_once(3)


def test_a_turn_of_another_package_is_taken_with_the_session_and_its_outputs_are_looked_at(
    worker: Worker, session: Timed
) -> None:
    session.outputs = {3: np.ones((1, 2), np.float32)}
    assert worker._take(Third()) == 1000
    assert session.inferred == [3]
    session.outputs = {3: np.zeros((1, 2), np.float32)}
    with pytest.raises(ArmLostError, match=exactly(CHANGED)):
        worker._take(Third())


FIRST = np.array([[0.1, 2.0, -30.0]], np.float32)


@pytest.mark.parametrize("command", [TakeLatency(0, 0), TakeThroughput(0, 0)], ids=["latency", "throughput"])
@pytest.mark.parametrize(
    "later",
    [FIRST, FIRST * np.float32(1.04), FIRST + np.float32(0.04), -FIRST * np.float32(-1)],
    ids=["the same", "a few per cent off", "a little off", "a copy"],
)
def test_an_output_that_is_nearly_the_same_stands(
    worker: Worker, session: Timed, command: Any, later: np.ndarray
) -> None:
    for output in (FIRST, later, FIRST):
        turn(worker, session, output, command=command)


@pytest.mark.parametrize("command", [TakeLatency(0, 0), TakeThroughput(0, 0)], ids=["latency", "throughput"])
@pytest.mark.parametrize(
    "later",
    [np.zeros_like(FIRST), FIRST[:, ::-1], FIRST * np.float32(1.2), FIRST[0], FIRST[:, :2], np.tile(FIRST, (2, 1))],
    ids=["zeros", "turned", "far off", "another rank", "shorter", "two of it"],
)
def test_an_output_that_changed_costs_the_arm(worker: Worker, session: Timed, command: Any, later: np.ndarray) -> None:
    turn(worker, session, FIRST, command=command)
    with pytest.raises(ArmLostError, match=exactly(CHANGED)):
        turn(worker, session, later, command=command)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_an_output_that_is_no_longer_finite_costs_the_arm(worker: Worker, session: Timed, number: float) -> None:
    turn(worker, session, FIRST)
    with pytest.raises(ArmLostError, match=exactly("NaN or infinity in its output while it was timed")):
        turn(worker, session, np.array([[0.1, number, -30.0]], np.float32))


@pytest.mark.parametrize("number", [np.inf, -np.inf])
def test_an_output_that_was_infinite_from_the_beginning_may_be(worker: Worker, session: Timed, number: float) -> None:
    for _ in range(2):
        turn(worker, session, np.array([[0.1, number, -30.0]], np.float32))


def test_an_output_that_was_held_against_the_originals_may_hold_what_it_held_then(
    worker: Worker, session: Timed
) -> None:
    worker._judged = True
    for _ in range(2):
        turn(worker, session, np.array([[0.1, np.nan, -30.0]], np.float32))


def test_an_output_that_nobody_held_against_another_may_hold_no_nan(worker: Worker, session: Timed) -> None:
    with pytest.raises(ArmLostError, match=exactly("NaN in its output while it was timed")):
        turn(worker, session, np.array([[0.1, np.nan, -30.0]], np.float32))


def test_what_is_compared_with_is_the_first_output_and_not_the_last(worker: Worker, session: Timed) -> None:
    """Small steps add up."""
    for step in range(2):
        turn(worker, session, FIRST * np.float32(1.03**step))
    with pytest.raises(ArmLostError, match=exactly(CHANGED)):
        turn(worker, session, FIRST * np.float32(1.03**2))


def test_every_sample_has_an_output_of_its_own(worker: Worker, session: Timed) -> None:
    for _ in range(2):
        for index in range(3):
            turn(worker, session, FIRST + 10 * index, index)
    session.outputs = {0: FIRST, 2: FIRST}
    with pytest.raises(ArmLostError, match=exactly(CHANGED)):
        worker._take(TakeLatency(0, 0))


def test_the_output_is_kept_though_the_runtime_writes_the_next_one_in_its_place(worker: Worker, session: Timed) -> None:
    shared = FIRST.copy()
    turn(worker, session, shared)
    shared *= 3
    with pytest.raises(ArmLostError, match=exactly(CHANGED)):
        turn(worker, session, shared)


@pytest.mark.parametrize(
    "output",
    [np.zeros((0, 5), np.float32), np.array(3, np.int64), np.arange(6).reshape(2, 3).T, np.array([True, False])],
    ids=["empty", "a scalar", "not contiguous", "boolean"],
)
def test_any_kind_of_output_can_be_looked_at(worker: Worker, session: Timed, output: np.ndarray) -> None:
    for _ in range(2):
        turn(worker, session, output)


class Clock:
    """Seconds of the wall, and nanoseconds of the processor, that pass with every inference."""

    def __init__(self, session: Timed, wall_s: float, processor_ns: int) -> None:
        self._session, self._wall_s, self._processor_ns = session, wall_s, processor_ns

    def wall(self) -> float:
        return self._wall_s * len(self._session.inferred)

    def processor(self) -> int:
        return self._processor_ns * len(self._session.inferred)


@pytest.mark.parametrize(("seconds", "count"), [(0, TURN.least), (0.035, 4), (1.0, 100)])
def test_a_turn_of_processor_time_counts_the_processes_own_and_lasts_as_long_as_the_clock_says(
    session: Timed, seconds: float, count: int
) -> None:
    clock = Clock(session, 0.01, 700)
    found = processor_turn(session, seconds, 5, clock.wall, clock.processor)  # type: ignore[arg-type]
    assert abs(found.samples - count) <= 1
    assert found.samples >= TURN.least
    assert found.elapsed_ns == 700 * found.samples
    assert session.inferred == [5, *range(5, 5 + found.samples)], "the first is discarded, then the samples in turn"
