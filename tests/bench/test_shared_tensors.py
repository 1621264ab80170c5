"""Memory that two sides share: what is put is what is read, and no place is used twice at a time."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import IO

import numpy as np
import pytest

from ovopt.bench.mapped_tensors import COUNT, WORTH_BYTES, Places, TensorReader, shared_file

LARGE = WORTH_BYTES // 4


@pytest.fixture
def shared() -> Iterator[IO[bytes]]:
    with shared_file() as file:
        yield file


def large(value: float) -> tuple[np.ndarray]:
    return (np.full((2, LARGE // 2), value, np.float32),)


def test_what_is_put_is_read_on_the_other_side(shared: IO[bytes]) -> None:
    tensors = (
        np.arange(LARGE, dtype=np.float32).reshape(4, -1),
        np.array([[7]], np.int64),
        np.arange(6, dtype=np.uint8)[::2],
        np.empty((0, 3), np.float16),
        np.array(1.5),
    )
    put = Places(shared.fileno()).put("a", tensors)
    found = TensorReader(shared.fileno()).tensors(pickle.loads(pickle.dumps(put)))
    for mine, theirs in zip(found, tensors, strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)
        assert mine.__array_interface__["data"][0] % mine.dtype.itemsize == 0


def test_what_is_small_is_not_put(shared: IO[bytes]) -> None:
    places = Places(shared.fileno())
    assert places.put("a", (np.zeros(8, np.float32),)) is None
    assert places.put("b", ()) is None


def test_what_does_not_fit_into_the_places_of_the_first_is_not_put(shared: IO[bytes]) -> None:
    places = Places(shared.fileno())
    assert places.put("a", large(0)) is not None
    assert places.put("b", (np.zeros(2 * LARGE, np.float32),)) is None
    assert places.put("c", large(0)) is not None


def test_places_are_used_again_once_they_are_free(shared: IO[bytes]) -> None:
    places, reader = Places(shared.fileno()), TensorReader(shared.fileno())
    puts = [places.put(i, large(i)) for i in range(COUNT)]
    assert places.put("one more", large(-1)) is None
    for i, put in enumerate(puts):
        assert put is not None
        assert (reader.tensors(put)[0] == i).all()
    places.free(3)
    places.free(3)
    places.free("one more")
    again = places.put("one more", large(-1))
    assert again == puts[3]
    assert places.put("two more", large(-1)) is None


def test_a_second_use_of_the_file_may_be_for_other_sizes(shared: IO[bytes]) -> None:
    assert Places(shared.fileno()).put(0, large(1)) is not None
    wider = (np.full(3 * LARGE, 2, np.float32),)
    put = Places(shared.fileno()).put(0, wider)
    assert put is not None
    np.testing.assert_array_equal(TensorReader(shared.fileno()).tensors(put)[0], wider[0])
    put = Places(shared.fileno()).put(0, large(3))
    assert put is not None
    np.testing.assert_array_equal(TensorReader(shared.fileno()).tensors(put)[0], large(3)[0])
