"""From raw values to figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from ovopt.comparison import (
    MetricKind,
    differing_settings,
    quality_delta,
    quality_of,
    rows_array,
    speedup,
)
from ovopt.errors import DataError
from ovopt.records import Turn
from ovopt.stats import Interval
from tests.factories import (
    AGREEMENT,
    ERROR,
    TOP1,
    arm,
    comparison,
    effective,
    exactly,
    latency_of,
    latency_turns,
    rows,
    throughput_of,
    throughput_turns,
)


def test_latency_is_recomputed_from_its_raw_values():
    turns = latency_turns(1.09, noise=0.2)
    found = latency_of(turns)
    flat = sorted(ns / 1e6 for rounds in turns for turn in rounds for ns in turn)
    assert found.n == len(flat) == 120
    assert found.p50_ms == pytest.approx((flat[59] + flat[60]) / 2)
    assert found.p90_ms == pytest.approx(flat[107] + 0.1 * (flat[108] - flat[107]))
    assert found.p95_ms == pytest.approx(flat[113] + 0.05 * (flat[114] - flat[113]))
    assert found.p99_ms is None, "120 values bound no 99th percentile"
    assert found.mean_ms == pytest.approx(sum(flat) / 120)
    assert (found.min_ms, found.max_ms) == (flat[0], flat[-1])
    assert [[list(turn) for turn in rounds] for rounds in found.raw_ns] == turns


def test_latency_takes_turns_of_different_lengths():
    assert latency_of([[[1_000_000], [2_000_000, 6_000_000]]]).mean_ms == pytest.approx(3.0)


def test_throughput_is_that_of_the_median_turn():
    turns = throughput_turns(900, noise=0.2)
    found = throughput_of(turns)
    rates = sorted(200 / (turn.elapsed_ns / 1e9) for rounds in turns for turn in rounds)
    assert found.samples_per_s == pytest.approx((rates[14] + rates[15]) / 2)
    assert found.n == 30 * 200
    assert found.raw == tuple(tuple(rounds) for rounds in turns)


def test_throughput_is_samples_by_elapsed_time():
    assert throughput_of([[Turn(samples=50, elapsed_ns=250_000_000)]]).samples_per_s == pytest.approx(200)


CALM = Interval(1.0, 0.98, 1.01)


@pytest.mark.parametrize(
    ("interval", "control", "verdict", "why"),
    [
        (Interval(1.5, 1.4, 1.6), CALM, "faster", "the interval lies clear of 1"),
        (Interval(0.5, 0.4, 0.6), CALM, "slower", "the interval lies clear of 1"),
        (Interval(1.5, 1.4, 1.6), None, "faster", "the interval lies clear of 1; without a control"),
        (Interval(1.1, 0.9, 1.3), CALM, "no clear difference", "the interval holds 1"),
        (Interval(1.0, 1.0, 1.0), CALM, "no clear difference", "the interval holds 1"),
        (
            Interval(1.02, 1.01, 1.03),
            Interval(1.0, 0.97, 1.02),
            "no clear difference",
            "the control (A/A) reaches as far: [0.97, 1.02]",
        ),
        (
            Interval(0.98, 0.97, 0.99),
            Interval(1.02, 1.01, 1.03),
            "no clear difference",
            "the control (A/A) reaches as far: [1.01, 1.03]",
        ),
        (Interval(1.05, 1.04, 1.06), Interval(1.0, 0.96, 1.04), "faster", "the interval lies clear of 1"),
        (Interval(0.9, 0.89, 0.91), Interval(1.02, 1.01, 1.03), "slower", "the interval lies clear of 1"),
        (
            None,
            CALM,
            "no clear difference",
            "fewer than two replicas: give more time with --time-budget",
        ),
    ],
)
def test_a_speedup_needs_an_interval_clear_of_1_and_a_control_that_is_calm(interval, control, verdict, why):
    found = speedup(interval, control)
    assert (found.verdict, found.why) == (verdict, why)
    expected = (interval.estimate, interval.low, interval.high) if interval else (1.0, None, None)
    assert (found.estimate, found.low, found.high, found.level) == (*expected, 0.95)


@pytest.mark.parametrize(
    ("interval", "verdict", "why"),
    [
        (CALM, "no clear difference", "the interval holds 1"),
        (
            Interval(1.03, 1.02, 1.04),
            "faster",
            "the interval lies clear of 1; without a control",
        ),
        (
            Interval(0.97, 0.96, 0.98),
            "slower",
            "the interval lies clear of 1; without a control",
        ),
        (None, "no clear difference", "fewer than two replicas: give more time with --time-budget"),
    ],
)
def test_without_a_control_the_interval_alone_decides(interval, verdict, why):
    found = speedup(interval, None)
    assert (found.verdict, found.why) == (verdict, why)


@given(st.floats(0.2, 5), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_no_effect_within_the_control_is_ever_called_a_difference(estimate, spread, noise):
    control = Interval(1.0, np.exp(-noise), np.exp(noise))
    found = speedup(Interval(estimate, estimate * np.exp(-spread), estimate * np.exp(spread)), control)
    if found.verdict != "no clear difference":
        assert abs(np.log(estimate)) > max(noise, spread) * (1 - 1e-9)
        assert (found.verdict == "faster") == (estimate > 1)


def test_a_share_has_the_mean_of_its_rows_and_a_wilson_interval():
    found = quality_of(rows(200, range(12)), TOP1, seed=0)
    theirs = scipy_stats.binomtest(188, 200).proportion_ci(method="wilson")
    assert (found.value, found.n, found.unit) == (0.94, 200, "share")
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert list(found.rows) == [0.0] * 12 + [1.0] * 188


def test_any_other_metric_has_its_own_value_and_a_bootstrap_interval():
    values = np.random.default_rng(0).gamma(2, 1, 300)
    found = quality_of(values, ERROR, seed=0)
    assert (found.value, found.unit) == (pytest.approx(values.mean()), "px")
    half = 1.96 * scipy_stats.sem(values)
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), abs=0.15 * half)


def test_a_share_is_compared_sample_by_sample():
    before, after = rows(1000, range(50)), rows(1000, range(20, 90))
    found = quality_delta(before, after, TOP1, seed=0)
    assert (found.baseline, found.candidate, found.n) == (0.95, 0.93, 1000)
    assert found.delta == pytest.approx(-0.02)
    assert (found.flips.lost, found.flips.gained) == (40, 20)
    assert found.flips.p_value == pytest.approx(scipy_stats.binomtest(20, 60).pvalue)
    reach = scipy_stats.norm.ppf(0.95) + scipy_stats.norm.ppf(0.80)
    assert found.minimum_detectable_drop == pytest.approx(reach * 60**0.5 / 1000)
    assert found.verdict == "lower"
    assert found.drop == (-found.delta, -found.high, -found.low)


def test_a_share_without_flips_has_not_changed():
    quality = quality_of(rows(500, range(20)), TOP1, 0)
    found = quality_delta(quality.rows, quality.rows, TOP1, seed=0)
    assert (found.delta, found.flips.lost, found.flips.gained, found.flips.p_value) == (0.0, 0, 0, 1.0)
    assert found.low <= 0 <= found.high
    assert found.verdict == "no clear difference"


def test_a_metric_of_numbers_is_compared_without_flips_and_in_its_own_direction():
    values = np.random.default_rng(0).gamma(2, 1, 300)
    found = quality_delta(values, values + 0.1, ERROR, seed=0)
    assert (found.delta, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))
    assert (found.flips, found.minimum_detectable_drop, found.verdict) == (None, None, "higher")
    assert found.drop == (found.delta, found.low, found.high), "more error is worse"


def test_agreement_is_compared_with_the_baseline_that_agrees_with_itself():
    after = np.full(100, 0.99)
    found = quality_delta(np.ones(100), after, AGREEMENT, seed=0)
    assert (found.kind, found.candidate, found.verdict) == ("agreement", pytest.approx(0.99), "lower")


def _pinned(name, role="candidate", **changed):
    return arm(name, role, effective={"latency": effective(**changed)})


def test_arms_with_the_same_settings_do_not_differ():
    assert differing_settings(comparison().arms) == []


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("device", "GPU", "latency: device differs (original: CPU, int8: GPU)"),
        ("inference_precision", "bf16", "latency: inference_precision differs (original: f32, int8: bf16)"),
        ("streams", 4, "latency: streams differs (original: 1, int8: 4)"),
        ("threads", 1, "latency: threads differs (original: 2, int8: 1)"),
        ("requests", 8, "latency: requests differs (original: 1, int8: 8)"),
    ],
)
def test_a_setting_that_arms_do_not_share_is_named(setting, value, said):
    arms = [_pinned("original", "baseline"), _pinned("int8", **{setting: value})]
    assert differing_settings(arms) == [said]


def test_references_and_lost_arms_may_run_otherwise():
    reference = _pinned("original-f32", "reference", inference_precision="bf16")
    lost = _pinned("broken", threads=7).model_copy(update={"lost": "killed"})
    assert differing_settings([_pinned("original", "baseline"), reference, lost]) == []


@pytest.mark.parametrize(
    ("given_rows", "shape"),
    [([1.0, 0.0], (2,)), ([[1, 2], [3, 4], [5, 6]], (3, 2)), ([[[1.0]], [[2.0]]], (2, 1, 1)), ([], (0,))],
)
def test_rows_of_one_length_are_an_array_of_floats(given_rows, shape):
    table = rows_array(given_rows)
    assert (table.dtype, table.shape) == (np.float64, shape)
    np.testing.assert_array_equal(table, np.array(given_rows, float))


def test_rows_of_different_lengths_are_lists_of_their_own():
    ragged = [[1.0], [], [[2.0, 3.0], [4.0]]]
    table = rows_array(ragged)
    assert (table.dtype, table.shape) == (object, (3,))
    assert table.tolist() == ragged
    assert table[np.array([2, 0])].tolist() == [ragged[2], ragged[0]], "a resample is an index into it"


def test_rows_are_kept_so_that_the_value_follows_from_them_again():
    def longest(table):
        return float(max(map(len, table)))

    kind = MetricKind("longest", "", False, "accuracy", "bootstrap", longest)
    quality = quality_of([[1.0], [], [2.0, 3.0]], kind, 0)
    assert (quality.value, quality.n, quality.higher_is_better) == (2, 3, False)
    assert longest(rows_array(quality.rows)) == 2


@pytest.mark.parametrize(("kind", "better"), [(TOP1, True), (ERROR, False), (AGREEMENT, True)])
def test_a_quality_says_which_way_is_better(kind, better):
    assert quality_of(rows(10, [1]), kind, 0).higher_is_better is better


def test_a_metric_without_a_value_on_these_samples_is_an_error_that_names_it():
    kind = MetricKind("auroc", "", True, "accuracy", "bootstrap", lambda table: float("nan"))
    said = "auroc has no value on these 3 samples (a single class, or all the same)"
    with pytest.raises(DataError, match=exactly(said)):
        quality_of([1.0, 2.0, 3.0], kind, 0)


def test_a_metric_that_some_resamples_leave_undefined_has_an_interval():
    """As a metric of two classes on a resample that drew but one."""

    def contrast(table):
        ones, zeros = table[table[:, 0] == 1, 1], table[table[:, 0] == 0, 1]
        return float(ones.mean() - zeros.mean()) if len(ones) and len(zeros) else float("nan")

    kind = MetricKind("contrast", "", True, "accuracy", "bootstrap", contrast)
    before = quality_of([[1, 5.0], [0, 1.0], [1, 6.0], [0, 3.0]], kind, 0)
    after = quality_of([[1, 4.0], [0, 1.0], [1, 5.0], [0, 3.0]], kind, 0)
    assert before.low <= before.value == 3.5 <= before.high
    delta = quality_delta(before.rows, after.rows, kind, 0)
    assert delta.delta == pytest.approx(-1)
    assert delta.low <= delta.delta <= delta.high
    assert np.isfinite([delta.low, delta.high]).all()


@pytest.mark.parametrize(
    ("row", "said"),
    [("abc", "'abc'"), ({}, "{}"), (1j, "1j"), ([1, {}], "[1, {}]"), (10**400, f"1{'0' * 37}...{'0' * 39}")],
)
def test_a_row_that_is_neither_a_number_nor_a_list_of_numbers_is_refused(row, said):
    with pytest.raises(DataError, match=exactly(f"a row must be a number or a list of numbers, not {said}")):
        rows_array([1.0, row])


def test_rows_of_numbers_and_lists_stay_as_they_are():
    assert rows_array([0.5, [1, [2]]]).tolist() == [0.5, [1, [2]]]
