"""Verdicts, and decisions with their grounds."""

import pytest

from ovopt.errors import UsageError
from ovopt.gate import judge
from ovopt.records import Budgets, Speedup
from tests.factories import delta, exactly, pair, speed

UNKNOWN = Speedup(estimate=1.0, low=None, high=None, level=0.95, verdict="no clear difference", why="too short")
KEPT, LOST, OPEN = delta(-0.002, -0.004, 0.001), delta(-0.108, -0.13, -0.09), delta(-0.004, -0.02, 0.012)


def budgets(**given):
    return Budgets.model_validate(given)


TOP1 = {"accuracy": {"top1": {"max_drop": 0.01}}}


# verdicts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "measured", "check", "verdict"),
    [
        (TOP1, {"accuracy": {"top1": KEPT}}, "accuracy.top1.max_drop", "pass"),
        (TOP1, {"accuracy": {"top1": LOST}}, "accuracy.top1.max_drop", "fail"),
        (TOP1, {"accuracy": {"top1": OPEN}}, "accuracy.top1.max_drop", "inconclusive"),
        ({"latency": {"min_speedup": 1.5}}, {"latency": speed(2)}, "latency.min_speedup", "pass"),
        ({"latency": {"min_speedup": 1.5}}, {"latency": speed(1.4)}, "latency.min_speedup", "fail"),
        ({"latency": {"min_speedup": 1.5}}, {"latency": speed(1.5)}, "latency.min_speedup", "inconclusive"),
        ({"latency": {"min_speedup": 1.5}}, {"latency": UNKNOWN}, "latency.min_speedup", "inconclusive"),
        ({"throughput": {"min_speedup": 1.5}}, {"throughput": speed(2)}, "throughput.min_speedup", "pass"),
        ({"size": {"max_ratio": 0.26}}, {"size": 0.26}, "size.max_ratio", "pass"),
        ({"size": {"max_ratio": 0.25}}, {"size": 0.26}, "size.max_ratio", "fail"),
    ],
)
def test_a_budget_is_kept_missed_or_open(given, measured, check, verdict):
    gate = judge([pair(**measured)], budgets(**given), {})
    assert [(c.candidate, c.budget, c.verdict) for c in gate.checks] == [("int8", check, verdict)]
    assert (gate.verdict, gate.candidates) == (verdict, {"int8": verdict})


@pytest.mark.parametrize(
    ("change", "low", "high", "verdict"),
    [(0.02, 0.012, 0.03, "fail"), (0.0, -0.02, 0.02, "inconclusive"), (-0.02, -0.03, 0.01, "pass")],
)
def test_more_is_worse_where_the_metric_says_so(change, low, high, verdict):
    error = delta(change, low, high, higher_is_better=False, unit="px")
    gate = judge([pair(accuracy={"error": error})], budgets(accuracy={"error": {"max_drop": 0.01}}), {})
    assert gate.verdict == verdict


def test_a_check_holds_the_drop_with_its_interval():
    (check,) = judge([pair(accuracy={"top1": OPEN})], budgets(**TOP1), {}).checks
    assert (check.limit, check.unit) == (0.01, "share")
    assert (check.estimate, check.low, check.high) == pytest.approx((0.004, -0.012, 0.02))


def test_without_budgets_there_is_no_verdict():
    gate = judge([pair(latency=speed(2), accuracy={"top1": KEPT})], Budgets(), {"broken": "killed"})
    assert (gate.verdict, gate.checks, gate.candidates) == (None, (), {})


@pytest.mark.parametrize(
    ("drops", "lost", "verdict"),
    [
        ([KEPT, LOST, OPEN], [], "pass"),
        ([LOST, OPEN], [], "inconclusive"),
        ([LOST, LOST], [], "fail"),
        ([KEPT], ["broken"], "pass"),
        ([LOST], ["broken"], "inconclusive"),
        ([], ["broken"], "inconclusive"),
    ],
)
def test_the_gate_has_the_verdict_of_the_best_candidate_and_a_lost_one_is_open(drops, lost, verdict):
    pairs = [pair(f"c{i}", speed(2), accuracy={"top1": drop}) for i, drop in enumerate(drops)]
    gate = judge(pairs, budgets(**TOP1), dict.fromkeys(lost, "killed"))
    assert gate.verdict == verdict
    words = {id(KEPT): "pass", id(LOST): "fail", id(OPEN): "inconclusive"}
    expected = {f"c{i}": words[id(drop)] for i, drop in enumerate(drops)}
    assert gate.candidates == expected | dict.fromkeys(lost, "inconclusive")


def test_one_missed_budget_outweighs_an_open_one():
    gate = judge([pair(latency=speed(1.2), accuracy={"top1": OPEN})], budgets(**TOP1, latency={"min_speedup": 2}), {})
    assert [check.verdict for check in gate.checks] == ["inconclusive", "fail"]
    assert gate.verdict == "fail"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"accuracy": {"top2": {"max_drop": 0.01}}},
            "budgets.accuracy.top2: this metric was not measured; did you mean 'top1'?",
        ),
        ({"latency": {"min_speedup": 1}}, "budgets.latency: it was not measured; add --scenario latency"),
        ({"throughput": {"min_speedup": 1}}, "budgets.throughput: it was not measured; add --scenario throughput"),
    ],
)
def test_a_budget_for_what_was_not_measured_is_refused(given, message):
    with pytest.raises(UsageError, match=exactly(message)):
        judge([pair(accuracy={"top1": KEPT})], budgets(**given), {})


# decisions ------------------------------------------------------------------------------------------------------------

OTHER = delta(-0.02, -0.03, -0.01, kind="agreement", unit="", flips=None, minimum_detectable_drop=None)


@pytest.mark.parametrize(
    ("pairs", "given", "kind", "ship", "grounds"),
    [
        (
            [pair(latency=speed(2), accuracy={"top1": KEPT})],
            TOP1,
            "ship",
            "int8",
            [("int8", "worth", ("accuracy.top1.max_drop",), ())],
        ),
        ([pair(latency=speed(2), accuracy={"top1": OPEN})], {}, "ship", "int8", [("int8", "worth", (), ("top1",))]),
        ([pair(throughput=speed(1.5))], {}, "ship", "int8", [("int8", "worth", (), ())]),
        (
            [pair("bold", speed(3), accuracy={"top1": OPEN}), pair("bolder", speed(4), accuracy={"top1": OPEN})],
            TOP1,
            None,
            None,
            [("bolder", "open", ("accuracy.top1.max_drop",), ())],
        ),
        (
            [
                pair("bad", speed(2), accuracy={"top1": LOST}),
                pair("slow", speed(0.9), accuracy={"top1": KEPT}),
                pair("other", speed(2), accuracy={"top1": KEPT, "top5": LOST}),
            ],
            TOP1,
            "keep",
            "original",
            [
                ("bad", "missed", ("accuracy.top1.max_drop",), ()),
                ("slow", "no gain", (), ()),
                ("other", "lost", (), ("top5",)),
            ],
        ),
        ([pair(latency=speed(2), accuracy={"cosine": OTHER})], {}, None, None, [("int8", "agrees", (), ("cosine",))]),
        ([], TOP1, "nothing", None, []),
    ],
)
def test_a_decision_names_the_checks_and_metrics_that_it_rests_on(pairs, given, kind, ship, grounds):
    gate = judge(pairs, budgets(**given), {})
    kind = kind or {"open": "open", "agrees": "agreement"}[grounds[0][1]]
    assert (gate.decision.kind, gate.ship) == (kind, ship)
    assert [(g.candidate, g.kind, g.checks, g.metrics) for g in gate.decision.grounds] == grounds
    assert gate.decision.about == (grounds[0][0] if len(grounds) == 1 else None)


# outputs beside those that labels look at ---------------------------------------------------------------------------


def agreed(cosine, beside=True):
    found = delta(cosine - 1, cosine - 1.01, cosine - 0.99, unit="", kind="agreement")
    return found.model_copy(update={"beside": beside, "output": "boxes"})


@pytest.mark.parametrize(("cosine", "verdict"), [(0.99, "pass"), (0.905, "inconclusive"), (0.5, "fail")])
def test_a_budget_of_labels_is_missed_where_another_output_is_destroyed(cosine, verdict):
    gate = judge([pair(accuracy={"top1": KEPT, "cosine": agreed(cosine)})], budgets(**TOP1), {})
    assert [check.budget for check in gate.checks] == ["accuracy.top1.max_drop", "accuracy.cosine.max_drop"]
    assert gate.checks[1].limit == 0.1
    assert gate.verdict == verdict


def test_a_budget_of_its_own_takes_the_place_of_what_is_allowed_beside_labels():
    given = {"accuracy": {"top1": {"max_drop": 0.01}, "cosine": {"max_drop": 0.6}}}
    gate = judge([pair(accuracy={"top1": KEPT, "cosine": agreed(0.5)})], budgets(**given), {})
    assert [check.limit for check in gate.checks] == [0.01, 0.6]
    assert gate.verdict == "pass"


@pytest.mark.parametrize(("beside", "kind"), [(True, "keep"), (False, "agreement")])
def test_without_a_budget_what_destroys_another_output_does_not_ship(beside, kind):
    gate = judge([pair(latency=speed(2), accuracy={"top1": KEPT, "cosine": agreed(0.5, beside)})], Budgets(), {})
    assert (gate.verdict, gate.decision.kind) == (None, kind)


def test_what_agrees_beside_labels_leaves_the_decision_to_them():
    gate = judge([pair(latency=speed(2), accuracy={"top1": KEPT, "cosine": agreed(0.999)})], Budgets(), {})
    assert gate.decision.kind == "ship"
