"""How much of a ranked list must be reverted: few looks, and nothing that need not be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovopt.bisection import first_that_holds, shortest_prefix, thinned


class Asked:
    """A predicate that counts its looks."""

    def __init__(self, holds: Callable[[Sequence[str]], bool]) -> None:
        self._holds = holds
        self.looks: list[tuple[str, ...]] = []

    def __call__(self, names: Sequence[str]) -> bool:
        self.looks.append(tuple(names))
        return self._holds(names)


def names(count: int) -> list[str]:
    return [f"op{i}" for i in range(count)]


def needing(*wanted: str) -> Asked:
    return Asked(lambda given: set(wanted) <= set(given))


@pytest.mark.parametrize("count", range(1, 40))
def test_the_shortest_prefix_is_found_wherever_it_ends(count: int) -> None:
    ranked = names(count)
    for length in range(1, count + 1):
        asked = needing(ranked[length - 1])
        assert shortest_prefix(ranked, asked) == tuple(ranked[:length])
        assert len(asked.looks) <= 2 * math.ceil(math.log2(count)) + 2
        assert len(set(asked.looks)) == len(asked.looks)


@pytest.mark.parametrize("count", range(1, 40))
def test_where_the_whole_list_is_not_enough_there_is_none(count: int) -> None:
    asked = Asked(lambda given: False)
    assert shortest_prefix(names(count), asked) is None
    assert asked.looks[-1] == tuple(names(count))
    assert len(asked.looks) <= math.ceil(math.log2(count)) + 1


def test_an_empty_list_is_only_looked_at_once() -> None:
    asked = Asked(lambda given: False)
    assert shortest_prefix([], asked) is None
    assert asked.looks == [()]


@given(st.integers(1, 3000), st.data())
def test_about_two_log_n_looks_find_the_shortest_prefix(count: int, data: st.DataObject) -> None:
    ranked = names(count)
    length = data.draw(st.integers(1, count))
    asked = Asked(lambda given: len(given) >= length)
    assert shortest_prefix(ranked, asked) == tuple(ranked[:length])
    assert len(asked.looks) <= 2 * math.ceil(math.log2(length)) + 2
    assert all(list(look) == ranked[: len(look)] for look in asked.looks)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_whatever_the_predicate_the_prefix_holds_and_one_shorter_was_seen_to_fail(answers: list[bool]) -> None:
    asked = Asked(lambda given: answers[len(given) - 1])
    found = shortest_prefix(names(len(answers)), asked)
    if found is None:
        assert not answers[-1]
        return
    assert answers[len(found) - 1]
    assert len(found) == 1 or (found[:-1] in asked.looks and not answers[len(found) - 2])


FAMILIES = st.lists(st.sets(st.sampled_from(names(9)), min_size=1, max_size=5), min_size=1, max_size=4)


@given(FAMILIES, st.permutations(names(9)))
def test_what_is_left_holds_is_a_subset_and_can_spare_nothing(enough: list[set[str]], ranked: list[str]) -> None:
    asked = Asked(lambda given: any(wanted <= set(given) for wanted in enough))
    prefix = shortest_prefix(ranked, asked)
    assert prefix is not None
    left = thinned(prefix, asked)
    assert asked(left)
    assert [name for name in prefix if name in left] == list(left)
    for name in left if len(left) > 1 else ():
        assert not asked([other for other in left if other != name])


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_few_needed_ones_among_many_are_found_exactly(size: int) -> None:
    chosen = names(12)
    for wanted in combinations(chosen, size):
        asked = needing(*wanted)
        assert thinned(chosen, asked) == wanted
        assert len(asked.looks) <= 2 * len(chosen)


def test_where_all_are_needed_all_stay() -> None:
    chosen = names(7)
    assert thinned(chosen, needing(*chosen)) == tuple(chosen)


def test_where_none_is_needed_one_stays_the_least_exact() -> None:
    assert thinned(names(7), Asked(lambda given: True)) == ("op0",)


@pytest.mark.parametrize("chosen", [[], ["op0"]], ids=["none", "one"])
def test_nothing_is_asked_of_a_set_that_cannot_shrink(chosen: list[str]) -> None:
    asked = Asked(lambda given: True)
    assert thinned(chosen, asked) == tuple(chosen)
    assert asked.looks == []


@given(st.lists(st.booleans(), min_size=64, max_size=64), st.integers(1, 30))
def test_an_unreliable_predicate_still_ends_with_what_was_seen_to_hold(answers: list[bool], count: int) -> None:
    asked = Asked(lambda given: answers[hash(tuple(given)) % 64])
    chosen = names(count)
    left = thinned(chosen, asked)
    assert left == tuple(chosen) or left in asked.looks
    assert set(left) <= set(chosen)
    assert left


@given(st.integers(0, 40), st.integers(0, 45))
def test_the_first_place_from_which_on_all_hold_is_found_in_few_looks(count: int, first: int) -> None:
    looked: list[int] = []

    def holds(place: int) -> bool:
        looked.append(place)
        return place >= first

    assert first_that_holds(count, holds) == (first if first < count else None)
    assert len(looked) == len(set(looked)) <= count.bit_length()


@pytest.mark.parametrize("most", [0, 1, 3, 7, None])
def test_the_step_back_ends_after_so_many_looks_with_what_holds(most: int | None) -> None:
    asked = needing("op2", "op11")
    left = thinned(names(16), asked, most)
    assert {"op2", "op11"} <= set(left)
    assert most is None or len(asked.looks) == most
    assert (left == ("op2", "op11")) is (most is None)
