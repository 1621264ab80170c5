"""What a comparison comes to, in words."""

from __future__ import annotations

import re

import pytest

from ovopt.gate import judge
from ovopt.records import Budgets, Check, Comparison, Decision, Gate, Pair, Speeds, Speedup
from ovopt.reports.budgets import budget_name, limit_text, measured_text
from ovopt.reports.decision import reason
from ovopt.reports.rows import candidates_of, table_rows
from ovopt.reports.verdict import key_figures, verdict_of
from tests.factories import comparison, delta, pair, speed

TOP1 = Budgets.model_validate({"accuracy": {"top1": {"max_drop": 0.01}}})
FAST = Budgets.model_validate({"accuracy": {"top1": {"max_drop": 0.01}}, "latency": {"min_speedup": 1.2}})
KEPT, LOST, OPEN = delta(0.001, -0.005, 0.007), delta(-0.2, -0.22, -0.18), delta(-0.004, -0.02, 0.012)


def decided(*pairs: Pair, budgets: Budgets = TOP1) -> Comparison:
    whole = comparison({one.candidate: 0.5 for one in pairs})
    return whole.model_copy(update={"pairs": pairs, "gate": judge(pairs, budgets, {})})


def test_a_candidate_to_ship_is_praised_in_plain_words_and_proved_in_figures() -> None:
    verdict = verdict_of(decided(pair("int8", speed(3.75, 0.08), 0.26, accuracy={"top1": KEPT}), budgets=FAST))
    assert verdict.kind == "ship"
    assert verdict.headline == "Ship int8."
    assert verdict.sentence == (
        "int8 answers 3.75 times as fast as the original and takes 26 % of its space, and keeps the accuracy: top1 is "
        "94.1 %, the original's 94.0 %."
    )
    assert verdict.evidence == (
        "top1 kept (+0.1 points, interval -0.5 ... +0.7, budget -1.0)",
        "3.75x faster [3.67, 3.83] at this machine's default precision (f32)",
        "latency kept (at least 1.20x)",
    )


def test_an_absolute_and_a_relative_budget_are_told_apart() -> None:
    both = Budgets.model_validate({"accuracy": {"top1": {"max_drop": 0.01, "max_relative_drop": 0.02}}})
    evidence = verdict_of(decided(pair("int8", speed(3.75), accuracy={"top1": KEPT}), budgets=both)).evidence
    assert evidence[0].endswith("+0.7, budget -1.0, budget -2.0 %)")


def test_the_speed_against_f32_stands_beside_that_at_the_default_precision() -> None:
    against = {"original-f32": Speeds(latency=speed(7.7))}
    verdict = verdict_of(decided(pair("int8", speed(3.75), accuracy={"top1": KEPT}, against=against)))
    assert verdict.evidence[1].endswith("at this machine's default precision (f32), 7.70x against original-f32")


def test_a_candidate_that_loses_accuracy_leaves_the_original() -> None:
    verdict = verdict_of(decided(pair("int8", speed(2.0), accuracy={"top1": LOST})))
    assert (verdict.kind, verdict.headline) == ("keep", "Ship the original.")
    assert verdict.sentence == (
        "int8 loses too much accuracy: top1 is 74.0 %, the original's 94.0 %, so the original stays."
    )
    assert verdict.evidence[0].startswith("int8 misses its budget: top1 lost")


def test_each_of_several_candidates_is_told_why_not() -> None:
    bad, slow = pair("bad", speed(2.0), accuracy={"top1": LOST}), pair("slow", speed(0.5), accuracy={"top1": KEPT})
    verdict = verdict_of(decided(bad, slow))
    assert verdict.sentence == (
        "None of the 2 candidates should replace it: bad loses too much accuracy: top1 is 74.0 %, the original's "
        "94.0 %; slow is slower than the original (0.500 times its speed)."
    )


def test_of_many_candidates_only_some_are_named() -> None:
    verdict = verdict_of(decided(*(pair(f"c{i}", speed(0.5), accuracy={"top1": KEPT}) for i in range(6))))
    assert verdict.sentence.endswith("c2 is slower than the original (0.500 times its speed); 3 more do no better.")


def test_an_open_budget_says_what_would_settle_it() -> None:
    whole = decided(pair("int8", speed(2.0), accuracy={"top1": OPEN}))
    verdict = verdict_of(whole)
    assert (verdict.kind, verdict.headline) == ("open", "Not decided yet.")
    [check] = whole.gate.checks
    assert verdict.sentence == (
        f"int8 answers 2.00 times as fast as the original, but top1 cannot be judged yet: {check.note}."
    )


def test_agreement_without_labels_decides_nothing() -> None:
    alike = delta(-0.002, -0.004, 0.0, kind="agreement", unit="", flips=None)
    verdict = verdict_of(decided(pair("int8", speed(2.0), accuracy={"cosine": alike}), budgets=Budgets()))
    assert verdict.kind == "open"
    assert verdict.sentence == (
        "int8 answers 2.00 times as fast as the original; agreement with the original "
        "(cosine) 0.938; whether that is enough, only labelled data or a budget can say."
    )


def test_throughput_speaks_where_latency_was_not_measured() -> None:
    verdict = verdict_of(decided(pair("int8", None, 1.0, throughput=speed(2.0), accuracy={"top1": KEPT})))
    assert verdict.sentence.startswith("int8 handles 2.00 times as many samples per second as the original, and")
    assert verdict.evidence[1].startswith("2.00x faster in throughput [1.99, 2.01]")


def test_where_nothing_was_compared_the_lost_are_named() -> None:
    verdict = verdict_of(comparison({}, TOP1, {"int4": "killed by signal 9"}, control=None))
    assert (verdict.kind, verdict.headline) == ("none", "Nothing was compared.")
    assert verdict.sentence == "No result from int4: the reason stands in the table."
    assert verdict.evidence == ("int4: killed by signal 9",)


def test_a_benchmark_has_no_verdict() -> None:
    nothing = Gate(decision=Decision(kind="measured"))
    verdict = verdict_of(comparison({"int8": 0.5}).model_copy(update={"pairs": (), "gate": nothing}))
    assert verdict.headline == "Measured, not compared."
    assert "nobody asked for a verdict" in verdict.sentence


DROP, RELATIVE, GAIN = "accuracy.top1.max_drop", "accuracy.top1.max_relative_drop", "accuracy.top1.max_gain"
WORDED = [
    (DROP, "share", 0.01, (0.202, 0.178, 0.227), "top1: -20.2 points [-22.7, -17.8]", "a loss of at most 1.0 points"),
    (
        RELATIVE,
        "relative",
        0.01,
        (0.02, 0.01, 0.03),
        "top1: -2.0 % of the original's [-3.0, -1.0]",
        "a loss of at most 1.0 %",
    ),
    ("accuracy.v1.5.max_drop", "", 0.5, (0.25, 0, 1), "v1.5: -0.25 [-1, +0]", "a loss of at most 0.5"),
    ("accuracy.wer.max_drop", "", 0.5, (-0.25, -1, 0.5), "wer: +0.25 [-0.5, +1]", "a loss of at most 0.5"),
    (GAIN, "share", 0.05, (0.1, 0.08, 0.12), "top1: +10.0 points [+8.0, +12.0]", "a gain of at most 5.0 points"),
    ("latency.min_speedup", "x", 1.2, (1.5, 1.4, 1.6), "latency: 1.50x [1.40, 1.60]", "at least 1.20x"),
    ("latency.p99.max_ms", "ms", 5, (4, 3.9, 4.1), "latency p99: 4.00 ms [3.90 ms, 4.10 ms]", "at most 5.00 ms"),
    ("throughput.min_samples_per_s", "/s", 900, (1000, None, None), "throughput: 1,000 /s", "at least 900 /s"),
    ("memory.max_bytes", "bytes", 2e6, (1e6, 1e6, 1e6), "memory: 0.954 MiB", "at most 1.91 MiB"),
    ("first_inference.cold.max_ms", "ms", 50, (40, 40, 40), "first inference cold: 40.0 ms", "at most 50.0 ms"),
]


@pytest.mark.parametrize(("budget", "unit", "limit", "measured", "said", "allowed"), WORDED)
def test_a_budget_is_put_into_words(
    budget: str, unit: str, limit: float, measured: tuple, said: str, allowed: str
) -> None:
    estimate, low, high = measured
    facts = {"budget": budget, "unit": unit, "limit": limit, "estimate": estimate, "low": low, "high": high}
    check = Check(candidate="int8", verdict="fail", **facts)
    assert f"{budget_name(check)}: {measured_text(check)}" == said
    assert limit_text(check) == allowed


def test_the_key_figures_are_those_of_the_candidate_to_ship() -> None:
    better, worse = pair("int8", speed(3.75, 0.08), accuracy={"top1": KEPT}), pair("bad", accuracy={"top1": LOST})
    found = [(key.title, key.figure, key.beside, key.tone) for key in key_figures(decided(worse, better))]
    assert found == [
        ("speed, latency", "3.75x", "faster, interval [3.67, 3.83]", "good"),
        ("top1", "94.1 %", "change +0.1 [-0.5, +0.7]", "plain"),
        ("size", "26 %", "of the original's 9.80 MB", "good"),
    ]


def test_several_candidates_of_which_none_ships_have_no_key_figures() -> None:
    assert key_figures(decided(*(pair(name, accuracy={"top1": LOST}) for name in "ab"))) == []


def test_the_key_figures_of_an_open_question_are_those_of_the_most_promising_candidate() -> None:
    fast, slow = (pair(name, speed(factor), accuracy={"top1": OPEN}) for name, factor in (("int4", 2.5), ("int8", 2.0)))
    whole = decided(slow, fast)
    assert verdict_of(whole).about == "int4"
    assert [(key.title, key.figure) for key in key_figures(whole)][:1] == [("speed, latency", "2.50x")]


def test_less_of_an_error_is_good() -> None:
    fewer = delta(-0.1, -0.2, -0.05, higher_is_better=False, unit="", verdict="lower")
    whole = decided(pair("int8", speed(2.0), accuracy={"wer": fewer}), budgets=Budgets())
    tones = {key.title: key.tone for key in key_figures(whole)}
    assert tones["wer"] == "good"


WIDE = Speedup(estimate=1.79, low=0.02, high=189.47, level=0.95, verdict="no clear difference", why="spans 1")
WIDE_BUT_FASTER = WIDE.model_copy(update={"low": 1.05, "high": 9.0, "verdict": "faster"})
WIDE_AND_SLOWER = WIDE.model_copy(update={"low": 0.01, "high": 0.9, "verdict": "slower"})


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (WIDE, "is not clearly faster than the original (not measured long enough)"),
        (WIDE_BUT_FASTER, "is faster than the original, not measured long enough to say how much"),
        (WIDE_AND_SLOWER, "is slower than the original (not measured long enough to say how much)"),
    ],
)
def test_no_sentence_says_a_figure_that_the_table_calls_not_measured(measured: Speedup, sentence: str) -> None:
    against = {"original-f32": Speeds(latency=measured)}
    whole = decided(pair("int8", measured, accuracy={"top1": KEPT}, against=against), budgets=FAST)
    verdict, (shown, *_) = verdict_of(whole), key_figures(whole)
    said = " ".join((reason(whole), verdict.headline, verdict.sentence, *verdict.evidence))
    assert "latency not measured long enough, budget at least 1.20x" in said
    assert not {"1.79", "189", "0.02", "1.05", "9.0", "0.90"} & set(re.findall(r"\d+\.\d+|\d+", said))
    assert (shown.figure, shown.beside, shown.tone) == ("-", "not measured long enough", "doubt")
    alone = verdict_of(decided(pair("int8", measured, accuracy={"top1": KEPT})))
    assert sentence in f"{alone.sentence}"
    assert "speed not measured long enough" in alone.evidence or alone.kind == "keep"


def test_what_was_measured_long_enough_speaks_for_what_was_not() -> None:
    verdict = verdict_of(decided(pair("int8", WIDE, throughput=speed(2.0), accuracy={"top1": KEPT})))
    assert verdict.sentence.startswith("int8 handles 2.00 times as many samples per second as the original")
    assert verdict.evidence[1].startswith("2.00x faster in throughput [1.99, 2.01]")


def test_figures_have_the_digits_that_their_budget_needs() -> None:
    tight = Budgets.model_validate({"accuracy": {"top1": {"max_drop": 0.0005}}})
    whole = decided(pair("int8", speed(2.0), accuracy={"top1": delta(-0.0004, -0.00046, -0.0001)}), budgets=tight)
    assert reason(whole) == "Ship int8: 2.00x faster, top1 kept (-0.040 points [-0.046, -0.010], budget -0.050)."
    verdict = verdict_of(whole)
    assert verdict.sentence.endswith("keeps the accuracy: top1 is 93.960 %, the original's 94.000 %.")
    assert verdict.evidence[0] == "top1 kept (-0.040 points, interval -0.046 ... -0.010, budget -0.050)"
    (row, *_) = table_rows(whole, candidates_of(whole))
    assert [(cell.figure, cell.change) for cell in row.cells][1] == ("93.960 %", "-0.040 [-0.046, -0.010]")
    assert key_figures(whole)[1].figure == "93.960 %"
