"""When to measure what, and when to stop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovopt.bench.schedule import (
    LEAST_REPLICAS,
    MOST_REPLICAS,
    MOST_ROUNDS,
    plan_block,
    why_stop,
)
from ovopt.turns import TURN


@pytest.mark.parametrize(
    ("inference_s", "opening_s", "budget_s", "rounds"),
    [
        ([0.001] * 3, 0.5, 60, MOST_ROUNDS),
        ([0.001] * 3, 0.1, 6 * (0.1 + 3 * 3 * TURN.seconds + 0.05), 3),
        ([0.1] * 2, 0.0, 6 * (2 * 0.8 + 0.05), 2),
        ([5.0] * 3, 30.0, 60, 1),
        ([0.001] * 3, 100.0, 60, 1),
    ],
)
def test_a_block_holds_as_many_rounds_as_let_six_blocks_fit_the_budget(inference_s, opening_s, budget_s, rounds):
    found = plan_block(inference_s, opening_s, budget_s)
    assert (found.rounds, found.slice_s) == (rounds, TURN.seconds)


def test_turns_that_take_more_inferences_leave_room_for_fewer_rounds():
    assert plan_block([0.1] * 2, 0.0, 6 * (2 * 0.8 + 0.05), least=8).rounds == 1


@given(st.lists(st.floats(1e-5, 10), min_size=1, max_size=6), st.floats(0, 60), st.floats(1, 600))
def test_a_plan_keeps_to_the_budget_unless_one_round_is_too_much(inference_s, opening_s, budget_s):
    rounds = plan_block(inference_s, opening_s, budget_s).rounds
    block_s = opening_s + rounds * sum(max(TURN.seconds, 4 * t) for t in inference_s)
    assert 1 <= rounds <= MOST_ROUNDS
    assert rounds == 1 or LEAST_REPLICAS * block_s <= budget_s * (1 + 1e-9)


NARROW, WIDE = {"int8": 0.01, "control": 0.02}, {"int8": 0.01, "control": 0.03}


@pytest.mark.parametrize(
    ("replicas", "widths", "spent_s", "reason"),
    [
        (1, {}, 59, None),
        (1, {}, 600, None),
        (2, NARROW, 20, None),
        (5, NARROW, 20, None),
        (6, NARROW, 20, "precision reached"),
        (6, WIDE, 20, None),
        (6, {}, 20, None),
        (4, WIDE, 48, None),
        (4, WIDE, 48.1, "time budget"),
        (6, NARROW, 59, "time budget"),
        (MOST_REPLICAS - 1, WIDE, 20, None),
        (MOST_REPLICAS, WIDE, 20, f"{MOST_REPLICAS} replicas"),
        (MOST_REPLICAS, NARROW, 20, f"{MOST_REPLICAS} replicas"),
    ],
)
def test_measuring_ends_at_the_precision_the_budget_or_enough_replicas(replicas, widths, spent_s, reason):
    assert why_stop(replicas, widths, precision=0.02, spent_s=spent_s, budget_s=60) == reason
