"""Open dimensions, and which sizes waste the least."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovopt.model.ports.open_sizes import frequent_sizes, open_sizes, padded_sizes
from tests.models import adding_model


def zeros(*shapes: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    return tuple(np.zeros(shape, np.float32) for shape in shapes)


def waste(lengths: list[int], sizes: tuple[int, ...]) -> int:
    return sum(min(size for size in sizes if size >= length) - length for length in lengths)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=12), st.integers(1, 4))
def test_no_other_choice_of_as_many_sizes_wastes_less(lengths: list[int], most: int) -> None:
    found = padded_sizes(lengths, most)
    distinct = sorted(set(lengths))
    assert found[-1] == max(lengths)
    assert list(found) == sorted(set(found))
    assert len(found) <= most
    others = [
        (*chosen, distinct[-1])
        for count in range(min(most, len(distinct)))
        for chosen in combinations(distinct[:-1], count)
    ]
    assert waste(lengths, found) == min(waste(lengths, sizes) for sizes in others)


def test_as_many_sizes_as_lengths_waste_nothing() -> None:
    assert padded_sizes([5, 3, 5, 9], 3) == (3, 5, 9)
    assert padded_sizes([5, 3, 5, 9], 8) == (3, 5, 9)


def test_the_most_frequent_sizes_come_in_order() -> None:
    assert frequent_sizes([9, 9, 3, 3, 3, 5], 2) == (3, 9)


def test_what_all_samples_share_is_fixed_and_what_differs_varies() -> None:
    model = adding_model(("a", (-1, 3, -1), np.float32), ("b", (-1, 3, -1), np.float32))
    found = open_sizes(model, [zeros((1, 3, n), (1, 3, n)) for n in (4, 7, 4)])
    assert found.fixed == {(0, 0): 1, (1, 0): 1}
    assert found.varying == {(0, 2): (4, 7, 4), (1, 2): (4, 7, 4)}
    assert found.length == (4, 7, 4)


def test_two_lengths_that_differ_apart_are_no_one_length() -> None:
    model = adding_model(("a", (-1, -1), np.float32), ("b", (-1, -1), np.float32))
    found = open_sizes(model, [zeros((1, n), (1, m)) for n, m in ((4, 1), (7, 7))])
    assert found.length == ()


@pytest.mark.parametrize("sizes", [(2, 3), (2, -1)])
def test_what_the_model_fixes_is_not_asked_for(sizes: tuple[int, int]) -> None:
    found = open_sizes(adding_model(("a", sizes, np.float32)), [zeros((2, 3))])
    assert found.varying == {}
    assert found.fixed == ({(0, 1): 3} if -1 in sizes else {})
