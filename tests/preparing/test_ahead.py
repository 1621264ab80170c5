"""Samples prepared ahead of their use: in order, a bounded number, and kept while they fit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovopt.errors import DataError
from ovopt.preparing.host_preparation import AHEAD, Cache, Inferences, ahead

WORKERS = 2


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ovopt.preparing.host_preparation.os.cpu_count", lambda: WORKERS)


class Loader:
    """Makes a sample of its index, and remembers what it was asked for."""

    def __init__(self, act: Callable[[int], None] = lambda index: None, size: int = 1) -> None:
        self.asked: list[int] = []
        self._act, self._size, self._lock = act, size, threading.Lock()

    def __call__(self, index: int) -> Inferences:
        with self._lock:
            self.asked.append(index)
        self._act(index)
        return ((np.full(self._size, index, np.uint8),),)


def value(prepared: Inferences) -> int:
    return int(prepared[0][0][0])


@pytest.mark.parametrize("count", [0, 1, AHEAD * WORKERS, AHEAD * WORKERS + 1, 50])
def test_every_index_comes_once_and_in_order(count: int) -> None:
    indices = list(range(count, 0, -1))
    loader = Loader()
    assert [(index, value(call.result())) for index, call in ahead(loader, indices)] == [(i, i) for i in indices]
    assert sorted(loader.asked) == sorted(indices)


def test_the_order_is_kept_where_calls_end_in_another() -> None:
    """Every even call waits for the odd one behind it."""
    ended = [threading.Event() for _ in range(20)]

    def act(index: int) -> None:
        if index % 2 == 0:
            assert ended[index + 1].wait(30)
        ended[index].set()

    assert [(i, value(call.result())) for i, call in ahead(Loader(act), range(20))] == [(i, i) for i in range(20)]


def test_no_more_is_loaded_than_a_few_samples_per_thread_ahead_of_what_was_taken() -> None:
    loader = Loader()
    for taken, (index, call) in enumerate(ahead(loader, range(200)), start=1):
        assert value(call.result()) == index
        assert len(loader.asked) <= taken + AHEAD * WORKERS


def test_who_stops_early_leaves_the_rest_alone() -> None:
    """The one that is under way in each thread ends; what waits is not begun."""
    go, loaded = threading.Event(), Loader(lambda index: None if index == 0 else assert_soon(go))
    stream = ahead(loaded, range(200))
    assert value(next(stream)[1].result()) == 0
    stream.close()  # type: ignore[attr-defined]
    go.set()
    assert len(loaded.asked) <= 1 + WORKERS


def assert_soon(event: threading.Event) -> None:
    assert event.wait(30)


def test_an_error_is_told_at_its_place_and_the_others_come() -> None:
    def act(index: int) -> None:
        if index % 3 == 0:
            raise DataError(f"sample {index}")

    found = []
    for index, call in ahead(Loader(act), range(20)):
        try:
            found.append((index, value(call.result())))
        except DataError as error:
            found.append((index, str(error)))
    assert found == [(i, f"sample {i}" if i % 3 == 0 else i) for i in range(20)]


def assert_both(meeting: threading.Barrier) -> None:
    assert meeting.wait() in (0, 1)


# Cache


def test_what_fits_is_prepared_once() -> None:
    cache, loader = Cache(10), Loader()
    for _ in range(3):
        assert [value(cache.get(index, loader)) for index in range(10)] == list(range(10))
    assert loader.asked == list(range(10))


def test_what_came_first_stays_and_the_rest_is_prepared_anew() -> None:
    cache, loader = Cache(25), Loader(size=10)
    for _ in range(2):
        assert [value(cache.get(index, loader)) for index in range(4)] == [0, 1, 2, 3]
    assert loader.asked == [0, 1, 2, 3, 2, 3]


def test_a_small_sample_fits_behind_one_that_did_not() -> None:
    cache, large, small = Cache(10), Loader(size=11), Loader(size=10)
    cache.get(0, large)
    cache.get(0, large)
    cache.get(1, small)
    cache.get(1, small)
    assert (large.asked, small.asked) == ([0, 0], [1])


def test_without_room_nothing_is_kept() -> None:
    cache, loader = Cache(0), Loader()
    cache.get(0, loader)
    cache.get(0, loader)
    assert loader.asked == [0, 0]


def test_every_tensor_of_every_part_counts() -> None:
    asked = []

    def load(index: int) -> Inferences:
        asked.append(index)
        return ((np.zeros(4, np.uint8), np.zeros(4, np.uint8)), (np.zeros(4, np.uint8), np.zeros(4, np.uint8)))

    cache = Cache(31)
    for index in (0, 1, 0, 1):
        cache.get(index, load)
    assert asked == [0, 1, 1], "two of 16 bytes do not fit into 31"


def test_a_sample_that_fails_is_not_kept() -> None:
    def fail(index: int) -> Inferences:
        raise DataError("not today")

    cache, loader = Cache(10), Loader()
    with pytest.raises(DataError, match=r"\Anot today\Z"):
        cache.get(0, fail)
    assert value(cache.get(0, loader)) == 0


@given(
    sizes=st.lists(st.integers(0, 20), min_size=1, max_size=8),
    order=st.lists(st.integers(0, 7), max_size=30),
    limit=st.integers(0, 60),
)
@settings(deadline=None)
def test_the_limit_is_never_passed(sizes: list[int], order: list[int], limit: int) -> None:
    """Against the plain rule: a sample is kept if, when it came, it fitted beside those that are kept."""
    cache = Cache(limit)
    asked: list[int] = []
    wanted: list[int] = []
    kept: dict[int, int] = {}

    def load(index: int) -> Inferences:
        asked.append(index)
        return ((np.zeros(sizes[index], np.uint8),),)

    for index in (i % len(sizes) for i in order):
        if index not in kept:
            wanted.append(index)
            if sum(kept.values()) + sizes[index] <= limit:
                kept[index] = sizes[index]
        assert cache.get(index, load)[0][0].nbytes == sizes[index]
    assert asked == wanted


def test_a_sample_that_several_threads_ask_for_takes_its_room_once() -> None:
    both = threading.Barrier(2, timeout=30)
    cache, meeting, loader = Cache(2), Loader(lambda index: assert_both(both)), Loader()
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(cache.get, 0, meeting) for _ in range(2)]
        assert [value(call.result()) for call in calls] == [0, 0]
    cache.get(1, loader)
    cache.get(1, loader)
    assert loader.asked == [1], "there was room for a second sample"
