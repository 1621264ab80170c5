"""The sentence that says what to ship."""

import math
from statistics import NormalDist

import pytest

from ovopt.gate import judge
from ovopt.records import Budgets, Decision, Gate
from ovopt.reports.decision import reason, with_reason
from tests.factories import arm, comparison, delta, pair, speed

NORMAL = NormalDist()
KEPT, LOST, OPEN = delta(-0.002, -0.004, 0.001), delta(-0.108, -0.13, -0.09), delta(-0.004, -0.02, 0.012)
TOP1 = {"accuracy": {"top1": {"max_drop": 0.01}}}


def advice(pairs, given=None, lost=None):
    gate = judge(pairs, Budgets.model_validate(given or {}), lost or {})
    gone = tuple(arm(name, "candidate", lost=why) for name, why in (lost or {}).items())
    whole = comparison({}).model_copy(update={"pairs": tuple(pairs), "gate": gate, "arms": gone})
    return gate.ship, reason(whole)


def test_ship_what_is_faster_and_keeps_its_accuracy():
    assert advice([pair(latency=speed(1.95), accuracy={"top1": KEPT})], TOP1) == (
        "int8",
        "Ship int8: 1.95x faster, top1 kept (-0.2 points [-0.4, +0.1], budget -1.0).",
    )


def test_ship_what_is_faster_and_shows_no_loss_where_no_budget_was_given():
    assert advice([pair(latency=speed(1.95), accuracy={"top1": OPEN})]) == (
        "int8",
        "Ship int8: 1.95x faster, top1 -0.4 points [-2.0, +1.2].",
    )


def test_ship_what_is_faster_in_throughput_alone():
    measured = pair(latency=speed(1.0), throughput=speed(1.5), accuracy={"top1": KEPT})
    assert advice([measured], TOP1) == (
        "int8",
        "Ship int8: 1.50x faster in throughput, top1 kept (-0.2 points [-0.4, +0.1], budget -1.0).",
    )


def test_ship_what_is_faster_where_nothing_else_was_measured():
    assert advice([pair(latency=speed(1.5))]) == ("int8", "Ship int8: 1.50x faster.")


def test_ship_what_is_smaller_and_not_slower():
    assert advice([pair(latency=speed(1.0), size=0.26)]) == (
        "int8",
        "Ship int8: not clearly faster, 0.26x the size.",
    )


def test_ship_the_faster_one_of_two():
    pairs = [pair("int8", speed(1.5)), pair("int4", speed(1.8)), pair("pruned", speed(1.2))]
    assert advice(pairs) == ("int4", "Ship int4: 1.80x faster.")


@pytest.mark.parametrize(
    ("measured", "fault"),
    [
        ({"latency": speed(0.8)}, "is slower (0.80x)"),
        ({"latency": speed(1.0), "throughput": speed(0.8)}, "is slower in throughput (0.80x)"),
        ({"latency": speed(1.0), "size": 0.95}, "is not clearly faster, 0.95x the size"),
        ({"latency": speed(2.0), "accuracy": {"top1": LOST}}, "loses top1 (-10.8 points [-13.0, -9.0])"),
    ],
)
def test_ship_the_original_where_the_candidate_is_not_worth_it(measured, fault):
    assert advice([pair(**measured)]) == ("original", f"Ship the original: int8 {fault}.")


def test_ship_the_original_where_the_budget_is_missed():
    assert advice([pair(latency=speed(2), accuracy={"top1": LOST})], TOP1) == (
        "original",
        "Ship the original: int8 misses its budget: top1 lost (-10.8 points [-13.0, -9.0], budget -1.0).",
    )


def test_ship_the_original_where_it_is_not_fast_or_small_enough():
    measured = pair(latency=speed(1.2), size=0.5)
    assert advice([measured], {"latency": {"min_speedup": 1.5}, "size": {"max_ratio": 0.4}}) == (
        "original",
        "Ship the original: int8 misses its budget: latency 1.20x [1.19, 1.21], budget at least 1.50x, "
        "size 0.50x, budget at most 0.40x.",
    )


def test_every_candidate_has_its_fault_named():
    pairs = [pair("int8", speed(2), accuracy={"top1": LOST}), pair("f16", speed(0.9), accuracy={"top1": KEPT})]
    assert advice(pairs, TOP1) == (
        "original",
        "Ship the original: int8 misses its budget: top1 lost (-10.8 points [-13.0, -9.0], budget -1.0); "
        "f16 is slower (0.90x).",
    )


def test_a_loss_within_its_budget_is_not_the_fault():
    within = delta(-0.005, -0.008, -0.002)
    assert advice([pair(latency=speed(0.8), accuracy={"top1": within})], TOP1) == (
        "original",
        "Ship the original: int8 is slower (0.80x).",
    )


def test_a_clear_loss_of_a_metric_without_budget_is_not_shipped():
    measured = pair(latency=speed(2), accuracy={"top1": KEPT, "top5": LOST})
    assert advice([measured], TOP1) == (
        "original",
        "Ship the original: int8 loses top5 (-10.8 points [-13.0, -9.0]).",
    )


def test_an_open_budget_says_how_many_samples_would_settle_it():
    room = 1 + NORMAL.inv_cdf(0.8) / NORMAL.inv_cdf(0.975)
    more = math.ceil(1000 * (0.016 * room / 0.006) ** 2) - 1000
    assert advice([pair(latency=speed(2), accuracy={"top1": OPEN})], TOP1) == (
        None,
        "Not decided: int8 is 2.00x faster, but top1 open (-0.4 points [-2.0, +1.2], budget -1.0): "
        f"about {more:,} more samples would settle it.",
    )


def test_an_estimate_on_the_limit_cannot_be_settled_by_samples():
    on_limit = delta(-0.01, -0.02, 0.0)
    assert advice([pair(latency=speed(2), accuracy={"top1": on_limit})], TOP1) == (
        None,
        "Not decided: int8 is 2.00x faster, but top1 open (-1.0 points [-2.0, +0.0], budget -1.0): "
        "the drop lies so near the budget that more samples would hardly settle it.",
    )


def test_an_open_speed_asks_for_time():
    assert advice([pair(latency=speed(1.5))], {"latency": {"min_speedup": 1.5}}) == (
        None,
        "Not decided: int8 is 1.50x faster, but latency 1.50x [1.49, 1.51], budget at least 1.50x: "
        "a longer --time-budget narrows it.",
    )


def test_a_sound_candidate_is_shipped_though_a_faster_one_is_open():
    pairs = [pair("bold", speed(3), accuracy={"top1": OPEN}), pair("safe", speed(2), accuracy={"top1": KEPT})]
    assert advice(pairs, TOP1)[0] == "safe"


def test_agreement_alone_recommends_nothing():
    close = delta(0.0, 0.0, 0.0, kind="agreement", unit="", flips=None, minimum_detectable_drop=None)
    same = delta(-0.02, -0.03, -0.01, kind="agreement")
    assert advice([pair(latency=speed(2), accuracy={"cosine": close, "top1_agreement": same})]) == (
        None,
        "int8 is 2.00x faster and agrees with the original (cosine 0.94, top1 agreement 92.0 %); whether that is "
        "enough only labelled data or a budget can say.",
    )


def test_agreement_of_what_is_not_worth_it_is_said():
    close = delta(0.0, 0.0, 0.0, kind="agreement", unit="", flips=None, minimum_detectable_drop=None)
    assert advice([pair(latency=speed(1.0), size=0.95, accuracy={"cosine": close})]) == (
        "original",
        "Ship the original: int8 is not clearly faster, 0.95x the size (cosine 0.94 with the original).",
    )


def test_agreement_with_a_budget_decides():
    same = delta(-0.002, -0.004, 0.0, kind="agreement")
    given = {"accuracy": {"top1_agreement": {"max_drop": 0.01}}}
    assert advice([pair(latency=speed(2), accuracy={"top1_agreement": same})], given) == (
        "int8",
        "Ship int8: 2.00x faster, top1_agreement kept (-0.2 points [-0.4, +0.0], budget -1.0).",
    )


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        ({}, "Nothing was compared."),
        (
            {"int8": "killed", "int4": "out of memory"},
            "Nothing was compared. int8: killed; int4: out of memory",
        ),
    ],
)
def test_nothing_is_shipped_where_nothing_was_compared(lost, reason):
    assert advice([], TOP1, lost) == (None, reason)


@pytest.mark.parametrize(
    ("kind", "said"), [("measured", "Measured, not compared."), ("evaluated", "Evaluated, not compared.")]
)
def test_what_was_not_compared_says_so(kind, said):
    whole = comparison({}).model_copy(update={"gate": Gate(decision=Decision(kind=kind))})
    assert with_reason(whole).gate.reason == said
