"""Halving the gap between what does and what does not."""

from __future__ import annotations

import pytest

from ovopt.bisection import Bracket


def tried(bracket: Bracket, limit: float, rising: bool) -> int:
    count = 0
    while bracket.next is not None:
        bracket.tell(bracket.next <= limit if rising else bracket.next >= limit)
        count += 1
    return count


@pytest.mark.parametrize("limit", [0.05, 0.3, 0.555, 0.89])
@pytest.mark.parametrize("rising", [True, False])
def test_the_best_share_is_found_to_the_finest_gap(limit: float, rising: bool) -> None:
    bracket = Bracket(0.3, 0.9, 0.02, rising)
    assert tried(bracket, limit, rising) <= 8
    assert bracket.best is not None
    assert bracket.best == pytest.approx(limit, abs=0.02)
    assert bracket.best <= limit if rising else bracket.best >= limit


def test_where_nothing_does_there_is_no_best() -> None:
    bracket = Bracket(0.3, 0.9, 0.02)
    tried(bracket, 0.0, rising=True)
    assert bracket.best is None


def test_a_start_outside_is_the_middle() -> None:
    assert Bracket(0.7, 0.4, 0.02).next == 0.2
