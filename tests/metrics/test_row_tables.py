"""What metrics with rows of several tuples share."""

import numpy as np
import pytest

from ovopt.metrics.row_tables import Remembered, flattened, tuples
from tests.metrics.support import rows_of


@pytest.mark.parametrize(
    "rows", [[[1, 2], [3, 4]], [[[1, 2]], [[3, 4]]], [[[1, 2], [3, 4]], []], [[], [[1, 2], [3, 4]]], [[[1, 2], [3, 4]]]]
)
def test_the_tuples_of_rows_of_any_length_stand_one_under_the_other(rows):
    assert tuples(rows_of(rows), 2).tolist() == [[1, 2], [3, 4]]


def test_no_tuples_are_an_empty_table():
    assert tuples(rows_of([[], []]), 3).shape == flattened([[], []], 3).shape == (0, 3)


def test_a_table_is_made_once_for_all_draws_of_the_same_rows():
    made = []
    known = Remembered(lambda rows: made.append(len(rows)) or list(rows))
    rows = [[i] for i in range(5)]
    for drawn in ([0, 1, 2, 3, 4], [3, 3, 0, 0, 1]):
        table, places = known.find([rows[i] for i in drawn])
        assert [table[place] for place in places] == [[i] for i in drawn]
    assert made == [0, 5]


def test_two_sets_of_rows_in_turn_share_a_table():
    made = []
    known = Remembered(lambda rows: made.append(len(rows)) or list(rows))
    before, after = [[i] for i in range(5)], [[i] for i in range(5)]
    for rows in (before, after, before[:3], after[2:]):
        table, places = known.find(rows)
        assert all(table[place] is row for place, row in zip(places, rows, strict=True))
    assert made == [0, 5, 10]


def test_rows_of_long_ago_are_forgotten():
    sizes = []
    known = Remembered(lambda rows: sizes.append(len(rows)) or list(rows))
    for _ in range(20):
        rows = [[i] for i in range(5)]
        table, places = known.find(rows)
        assert [table[place] for place in places] == rows
    assert max(sizes) == 20


def test_rows_of_the_same_content_are_rows_of_their_own_and_the_same_row_may_come_twice():
    row, twin = [1], [1]
    table, places = Remembered(list).find([row, twin, row])
    assert table == [[1], [1]]
    assert np.array_equal(places, [0, 1, 0])
