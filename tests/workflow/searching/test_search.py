"""What came of a candidate, and which one wins."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ovopt.records.search import Trial
from ovopt.turns import LEAST_SPEEDUP
from ovopt.workflow.searching.search import settled, state_of, unjudged, winner


def trial(name: str = "one", **changed: Any) -> Trial:
    facts = {"drop": 0.0, "low": -0.01, "high": 0.005, "n": 100, "state": "kept", "speedup": 2.0, "seconds": 1.0}
    return Trial(name=name, **{**facts, **changed})


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [
        (-0.02, -0.01, "kept"),
        (-0.02, 0.0099, "kept"),
        (-0.02, 0.01, "kept"),
        (-0.02, 0.0101, "open"),
        (0.01, 0.02, "open"),
        (0.0101, 0.02, "missed"),
        (0.01, 0.01, "kept"),
    ],
)
def test_an_interval_is_on_one_side_of_the_budget_or_open(low: float, high: float, state: str) -> None:
    assert state_of(low, high, 0.01) == state


@pytest.mark.parametrize(
    ("state", "drop", "wanted"),
    [
        ("kept", 0.0, True),
        ("kept", 0.0099, True),
        ("open", 0.005, True),
        ("open", -0.2, True),
        ("open", 0.0051, False),
        ("missed", 0.0, False),
        ("missed", 0.02, False),
    ],
)
def test_what_stays_open_may_ship_within_half_the_budget(state: Any, drop: float, wanted: bool) -> None:
    assert trial(state=state, drop=drop).acceptable(0.01) is wanted


def test_under_a_budget_of_nothing_an_estimate_of_no_loss_is_enough() -> None:
    assert trial(state=state_of(-0.01, 0.01, 0.0), drop=0.0).acceptable(0.0)
    assert not trial(state=state_of(-0.01, 0.01, 0.0), drop=0.0001).acceptable(0.0)


def test_the_fastest_acceptable_candidate_wins() -> None:
    trials = [
        trial("slow", speedup=1.5),
        trial("fast", speedup=1.9),
        trial("lossy", speedup=9.0, state="missed"),
        trial("unsure", speedup=8.0, state="open", drop=0.009),
        trial("untimed", speedup=None),
    ]
    assert winner(trials, 0.01) is trials[1]


@pytest.mark.parametrize(("speedup", "wins"), [(LEAST_SPEEDUP, True), (LEAST_SPEEDUP - 1e-9, False), (0.5, False)])
def test_a_gain_within_the_noise_is_none(speedup: float, wins: bool) -> None:
    assert (winner([trial(speedup=speedup)], 0.01) is not None) is wins


@pytest.mark.parametrize("trials", [[], [trial(speedup=None)], [trial(state="missed")]], ids=["none", "untimed", "bad"])
def test_there_may_be_no_winner(trials: list[Trial]) -> None:
    assert winner(trials, 0.01) is None


def test_of_equally_fast_ones_the_first_wins() -> None:
    trials = [trial("first"), trial("second")]
    assert winner(trials, 0.01) is trials[0]


def test_the_smallest_acceptable_candidate_wins_where_size_is_aimed_at() -> None:
    trials = [
        trial("fast", speedup=9.0, size_ratio=0.5),
        trial("small", speedup=0.8, size_ratio=0.26),
        trial("lossy", size_ratio=0.1, state="missed"),
        trial("unsure", size_ratio=0.1, state="open", drop=0.009),
        trial("of unknown size"),
    ]
    assert winner(trials, 0.01, "size") is trials[1]


@pytest.mark.parametrize(("ratio", "wins"), [(0.99, True), (1.0, False), (1.2, False), (None, False)])
def test_what_is_not_smaller_does_not_win_where_size_is_aimed_at(ratio: float | None, wins: bool) -> None:
    assert (winner([trial(size_ratio=ratio)], 0.01, "size") is not None) is wins


def test_of_two_of_a_size_the_more_exact_one_wins() -> None:
    trials = [trial("plain", size_ratio=0.3001, drop=0.004), trial("corrected", size_ratio=0.3004, drop=0.001)]
    assert winner(trials, 0.01, "size") is trials[1]


@pytest.mark.parametrize("aim", ["speed", "size"])
def test_what_was_not_judged_does_not_win(aim: Any) -> None:
    one = unjudged("slow", ["head"], 5.0, 1.0).model_copy(update={"size_ratio": 0.1})
    assert winner([one], 0.01, aim) is None
    assert one.reverted == ("head",)


def test_a_line_of_an_older_journal_is_still_read() -> None:
    line = (
        '{"name":"recipe","reverted":[],"drop":0.0,"low":0.0,"high":0.0,"n":9,"state":"kept","speedup":2,"seconds":1}'
    )
    assert Trial.model_validate_json(line).size_ratio is None


@pytest.mark.parametrize(
    ("speeds", "missed", "exact", "wanted"),
    [
        ([], (), None, False),
        ([2.0], (), None, True),
        ([2.0], (0,), None, False),
        ([1.01], (), None, False),
        ([1.5], (), 1.49, False),
        ([None], (), None, False),
        ([2.0, 2.0], (), None, True),
        ([1.5, 2.0], (), None, True),
        ([2.0, None], (), None, True),
        ([1.0, 1.0], (), None, True),
        ([2.0, 2.0], (0, 1), None, False),
        ([2.0, 2.1], (1,), None, True),
        ([2.0, 3.0], (1,), None, True),
        ([None, None], (), None, True),
        ([0.8, 0.8], (0, 1), None, True),
        ([1.05, 0.8], (0, 1), None, False),
        ([1.3, 1.3], (0, 1), 1.5, True),
        ([1.6, 1.3], (0, 1), 1.5, False),
    ],
    ids=str,
)
def test_it_is_settled_when_the_first_pays_or_one_of_two_is_acceptable_or_none_is_fast_enough(
    speeds: list[float | None], missed: tuple[int, ...], exact: float | None, wanted: bool
) -> None:
    trials = [trial(str(i), speedup=s, state="missed" if i in missed else "kept") for i, s in enumerate(speeds)]
    assert settled(trials, 0.01, exact) is wanted


TRIALS = st.lists(
    st.builds(
        trial,
        speedup=st.none() | st.floats(0.1, 10),
        drop=st.floats(-0.1, 0.1),
        state=st.sampled_from(["kept", "missed", "open"]),
    ),
    max_size=8,
)


@given(TRIALS, st.floats(0, 0.1))
def test_the_winner_is_what_a_search_through_all_finds(trials: list[Trial], max_drop: float) -> None:
    best: Trial | None = None
    for one in trials:
        may_ship = one.state == "kept" or (one.state == "open" and one.drop <= max_drop / 2)
        if may_ship and (one.speedup or 0) >= 1.02 and (best is None or one.speedup > best.speedup):  # type: ignore[operator]
            best = one
    assert winner(trials, max_drop) is best


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_figures_are_finite(number: float) -> None:
    with pytest.raises(ValidationError):
        trial(drop=number)
