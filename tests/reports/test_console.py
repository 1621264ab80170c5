"""What a person reads first."""

import re

import pytest

from ovopt.contracts import View
from ovopt.records import Budgets, Efficiency, Execution, Reference, Speeds
from ovopt.reports.console import Console
from tests.factories import arm, comparison, effective, speed
from tests.reports.samples import full

TOP1 = Budgets.model_validate({"accuracy": {"top1": {"max_drop": 0.01}}, "latency": {"min_speedup": 1.5}})
FULL = full()
ESCAPE = "\x1b"
ONE = comparison(budgets=TOP1)
TWO = comparison({"plain-int8": 1.2, "recipe-int8": 0.55}, TOP1)
LOST = comparison({"int8": 0.55}, TOP1, {"int4": "killed by signal 9 (out of memory?)"})
ALL_LOST = comparison({}, TOP1, {"int4": "killed by signal 9"}, control=None)
AGREEING = comparison(labelled=False)
LONG = comparison({"a-model-with-a-very-long-name-" * 3: 0.55, "b": 0.7, "c": 0.8, "d": 1.5}, TOP1)


def render(whole=ONE, width=120, colour=False):
    return Console().render(whole, View(width, colour))


def squeezed(text):
    return " ".join(text.split())


def row(text, label):
    """The lines of the table that begin with a label, one per table."""
    return [line.split(label, 1)[1].strip() for line in text.splitlines() if line.strip().startswith(label)]


every = pytest.mark.parametrize(
    "whole", [ONE, TWO, LOST, ALL_LOST, AGREEING, LONG], ids=["one", "two", "lost", "all lost", "agreeing", "long"]
)


@every
@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(whole, width):
    lines = render(whole, width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)


@every
def test_without_colour_the_text_is_plain(whole, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert ESCAPE not in render(whole)


def test_with_colour_the_words_are_the_same():
    coloured = render(colour=True)
    assert ESCAPE in coloured
    assert squeezed(re.sub(r"\x1b\[[\d;]*m", "", coloured)) == squeezed(render())


@every
def test_the_same_comparison_gives_the_same_text_that_ends_with_a_newline(whole):
    assert render(whole) == render(whole)
    assert render(whole).endswith("\n")


def test_the_advice_comes_first_with_the_accuracy_and_the_speed():
    whole = comparison()
    pair = whole.pairs[0]
    delta, speed_up = pair.accuracy["top1"], pair.latency
    first, second = render(whole, 200).splitlines()[1:3]
    assert first.split("  ")[1:3] == ["Ship int8.", first.split("  ")[2]]
    assert f"top1 {100 * delta.delta:+.1f} points, interval {100 * delta.low:+.1f} ... {100 * delta.high:+.1f}" in first
    assert f"{speed_up.estimate:.2f}x faster [{speed_up.low:.2f}, {speed_up.high:.2f}]" in second
    assert "at this machine's default precision (f32)" in second


def test_an_open_decision_is_given_in_the_gates_own_words():
    text = squeezed(render(ONE, 200))
    assert text.startswith("Not decided yet. ")
    assert ONE.gate.reason.removeprefix("Not decided: ")[:60] in text


def test_a_terminal_is_not_steered_by_a_name():
    assert ESCAPE not in render(comparison({"\x1b[2Jname": 0.5}))


@pytest.mark.parametrize(("whole", "word"), [(ONE, "INCONCLUSIVE"), (TWO, "INCONCLUSIVE"), (AGREEING, None)])
def test_the_gates_verdict_stands_below_the_advice(whole, word):
    text = render(whole)
    assert ("Gate: " in text) == (word is not None)
    assert word is None or f"Gate: {word}" in text


def test_every_candidate_has_its_verdict():
    assert row(render(TWO, 200), "verdict")[0].split() == ["FAIL", "INCONCLUSIVE"]


def test_the_figures_of_the_table_are_those_of_the_comparison():
    text = render(ONE, 200)
    delta, speeds = ONE.pairs[0].accuracy["top1"], ONE.pairs[0]
    assert row(text, "top1")[0].startswith("94.0 %  ")
    assert (
        f"{100 * delta.candidate:.1f} %  {100 * delta.delta:+.1f} [{100 * delta.low:+.1f}, {100 * delta.high:+.1f}]"
        in row(text, "top1")[0]
    )
    assert f"{delta.flips.lost} lost, {delta.flips.gained} gained" in row(text, "flips")[0]
    for label, found in (("latency p50", speeds.latency), ("throughput", speeds.throughput)):
        assert f"{found.estimate:.2f}x [{found.low:.2f}, {found.high:.2f}]" in row(text, label)[0]
    assert f"{ONE.arms[0].latency.p50_ms:.2f} ms" in row(text, "latency p50")[0]
    assert "2.60 MB  0.27x" in row(text, "size")[0]
    assert "f32 70 %, int8 30 %" in row(text, "executed in")[0]


def test_a_percentile_that_the_values_do_not_support_is_not_printed():
    assert "p99" not in render()


def test_small_shares_of_time_are_left_out():
    executed = Execution(ops_by_precision={}, time_by_precision={"int8": 96.0, "f32": 4.0})
    whole = comparison(arms=(arm(execution=executed), *ONE.arms[1:]))
    assert row(render(whole), "executed in")[0].startswith("int8 96 %  ")


def test_agreement_is_said_as_such():
    text = render(AGREEING, 200)
    assert "(agreement)" in row(text, "cosine")[0]
    assert "with the original" in row(text, "cosine")[0]


def test_a_narrow_terminal_stacks_the_candidates():
    wide, narrow = render(TWO, 120), render(TWO, 80)
    assert len(row(wide, "latency p50")) == 1
    assert len(row(narrow, "latency p50")) == 2
    header = [line.split() for line in narrow.splitlines() if line.split()[:1] == ["original"]]
    assert header == [["original", "plain-int8"], ["original", "recipe-int8"]]


def test_a_lost_arm_is_shown_with_the_reason():
    text = render(LOST, 200)
    assert "killed by signal 9 (out of memory?)" in row(text, "lost")[0]
    assert "int4" in text


@pytest.mark.parametrize("name", ["control", "original-f32"])
def test_a_lost_arm_without_a_column_is_named_with_the_reason(name):
    lost = arm(name, "control" if name == "control" else "reference", lost="it hung\nfor good")
    text = squeezed(render(comparison(arms=(*ONE.arms, lost))))
    assert f"{name}: lost, it hung for good" in text


def test_a_reference_is_shown_with_its_precision_and_threads():
    native = arm("onnxruntime", "reference", engine="onnxruntime", effective={"latency": effective(threads=3)})
    assert "onnxruntime: onnxruntime, f32, 3 threads" in squeezed(render(comparison(arms=(*ONE.arms, native))))


def test_the_stages_and_the_percentiles_under_load_are_named():
    shown = squeezed(render(FULL, 200))
    assert "decode 0.100, preprocess 0.400," in shown
    assert "inference 1.00, postprocess 0.0500" in shown
    assert "100 /s: p50 2.00 ms, p90 3.00 ms, p99 -" in shown


def test_without_a_counter_the_reason_is_said_once():
    found = Efficiency(
        samples_per_s_per_core=250, samples_per_s_per_gib=None, joules_per_sample=None, energy="no such counter"
    )
    arms = [one.model_copy(update={"efficiency": found}) for one in ONE.arms]
    text = squeezed(render(comparison(arms=tuple(arms))))
    assert text.count("250 /s per core") > 1
    assert text.count("efficiency: no energy, no such counter") == 1


def test_where_nothing_was_compared_that_is_said():
    text = squeezed(render(ALL_LOST))
    assert text.startswith("Nothing was compared. int4: killed by signal 9 Gate: INCONCLUSIVE")
    assert "control (A/A): lost, so noise is unknown" in text


def test_the_noise_of_the_machine_is_shown_and_how_it_was_measured():
    control = ONE.control.latency
    text = squeezed(render())
    assert f"noise: latency {control.estimate:.2f}x [{control.low:.2f}, {control.high:.2f}], throughput " in text
    assert "6 replicas, 30 rounds, precision reached" in text


def test_each_figure_of_the_noise_stands_with_its_own_number_of_replicas():
    latency, *others = ONE.settings.measured.items()
    longer = latency[1].model_copy(update={"replicas": 9, "rounds": 45})
    settings = ONE.settings.model_copy(update={"measured": {latency[0]: longer, **dict(others)}})
    text = squeezed(render(ONE.model_copy(update={"settings": settings})))
    assert re.search(
        r"noise: latency \S+ \[[^]]+\] \(9 replicas, 45 rounds, precision reached\); "
        r"throughput .* \(6 replicas, 30 rounds, precision reached\)",
        text,
    )


def test_the_settings_that_took_effect_are_shown():
    text = render(ONE, 200)
    assert "latency: CPU, f32, 1 stream, 2 threads, 1 request, hint LATENCY" in text
    assert "throughput: CPU, f32, 2 streams, 2 threads, 2 requests, hint THROUGHPUT" in text
    assert "the original runs in f32, this device's default or your setting" in text


def test_what_the_references_say_stands_beside():
    native = Reference(engine="onnxruntime", speeds=Speeds(latency=speed(3.9)), largest_difference=0.0004)
    pair = ONE.pairs[0].model_copy(update={"against": {"onnxruntime": Speeds(latency=speed(7.7))}})
    text = render(comparison(references={"onnxruntime": native}, pairs=(pair,)))
    (line,) = row(text, "against onnxruntime")
    assert line.split("  ")[0] == "3.90x [3.89, 3.91]"
    assert "7.70x [7.69, 7.71]" in line
    assert "onnxruntime: outputs within 0.0 % of the original's largest (tolerance 2.0 %)" in squeezed(text)


def test_a_reference_with_other_outputs_is_told_apart():
    native = Reference(engine="onnxruntime", speeds=None, largest_difference=0.3)
    text = squeezed(render(comparison(references={"onnxruntime": native})))
    assert "onnxruntime: outputs NOT the same: they differ by 30.0 % of the original's largest" in text


def test_an_open_budget_and_what_the_samples_could_have_shown_are_footnotes():
    (check,) = [check for check in ONE.gate.checks if check.verdict == "inconclusive"]
    delta = ONE.pairs[0].accuracy["top1"]
    text = squeezed(render(ONE, 200))
    assert f"int8, accuracy.top1.max_drop: {check.note}" in text
    smallest = f"{100 * delta.minimum_detectable_drop:.1f} points"
    assert f"int8, top1: 1,000 samples would have shown a drop of {smallest}" in text


def test_no_clear_difference_is_explained():
    whole = comparison({"int8": 1.09})
    why = whole.pairs[0].latency.why
    assert whole.pairs[0].latency.verdict == "no clear difference"
    assert f"int8, latency: no clear difference; {why}" in squeezed(render(whole, 200))


def test_too_few_replicas_are_not_dressed_up_as_an_interval():
    unknown = speed(1.0).model_copy(update={"low": None, "high": None})
    pair = ONE.pairs[0].model_copy(update={"latency": unknown})
    assert "not measured long enough" in row(render(comparison(pairs=(pair,))), "latency p50")[0]


def test_notes_are_shown():
    assert "as in the manifest of out" in render(comparison(notes=("recipe as in the manifest of out",)))


def test_a_name_with_brackets_or_colons_is_shown_as_it_is():
    whole = comparison({"net[v2]": 0.55, "a:smile:b": 0.6})
    header = next(line for line in render(whole, 200).splitlines() if line.split()[:1] == ["original"])
    assert header.split() == ["original", "net[v2]", "a:smile:b"]


def test_the_settings_of_the_original_stand_for_all():
    whole = comparison(arms=(arm(effective={"latency": effective(streams=7)}), *ONE.arms[1:]))
    assert "7 streams" in render(whole)
