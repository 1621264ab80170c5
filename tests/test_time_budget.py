"""A time budget, counted by a clock that is handed in."""

from __future__ import annotations

from ovopt.time_budget import TimeBudget


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_time_is_counted_from_the_construction_on() -> None:
    clock = Clock()
    budget = TimeBudget(10, clock)
    clock.now += 4
    assert (budget.spent_s, budget.left_s, budget.is_over) == (4, 6, False)
    clock.now += 7
    assert (budget.spent_s, budget.left_s, budget.is_over) == (11, 0, True)


def test_the_first_item_is_given_in_any_case_and_no_other_behind_the_end() -> None:
    clock = Clock()
    budget = TimeBudget(0, clock)

    def items():  # type: ignore[no-untyped-def]
        for item in range(5):
            clock.now += 1
            yield item

    assert list(budget.as_long_as_it_lasts(items())) == [0]
    budget = TimeBudget(2, clock)
    assert list(budget.as_long_as_it_lasts(items())) == [0, 1, 2]
