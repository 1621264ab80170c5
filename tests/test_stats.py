"""Intervals and tests, recomputed from their definitions or with scipy.stats."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from ovopt import stats
from ovopt.stats import RESAMPLES, Interval, PairedCounts, Rough, bootstrap, bounds_of, midway, paired_bootstrap
from tests.factories import exactly

counts = st.builds(PairedCounts, *[st.integers(0, 400)] * 4).filter(lambda c: c.n > 0)
few = settings(deadline=None, max_examples=25)
SHAPE = (6, 5)


@st.composite
def turns(draw, shape=SHAPE):
    seed = draw(st.integers(0, 2**32 - 1))
    return np.exp(np.random.default_rng(seed).normal(0, 0.05, shape))


# shares ---------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_a_share_is_scipys_wilson_interval(case):
    successes, n = case
    theirs = scipy_stats.binomtest(successes, n).proportion_ci(method="wilson")
    ours = stats.wilson(successes, n)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= ours.low <= ours.estimate == successes / n <= ours.high <= 1


def _wilson_by_roots(successes: int, n: int) -> tuple[float, float]:
    """Where (p - x)^2 = z^2 x (1 - x) / n."""
    z, p = scipy_stats.norm.ppf(0.975), successes / n
    low, high = sorted(np.roots([1 + z * z / n, -2 * p - z * z / n, p * p]).real)
    return low, high


def _newcombe(e: int, f: int, g: int, h: int) -> tuple[float, float]:
    """Method 10, letter by letter as in the paper: the interval of (f - g) / n."""
    n = e + f + g + h
    l2, u2 = _wilson_by_roots(e + f, n)
    l3, u3 = _wilson_by_roots(e + g, n)
    a, b, c, d = e + f, g + h, e + g, f + h
    if 0 in (a, b, c, d):
        phi = 0.0
    else:
        numerator = e * h - f * g
        if numerator > n / 2:
            numerator -= n / 2
        elif numerator >= 0:
            numerator = 0
        phi = numerator / math.sqrt(a * b * c * d)
    dl2, du2 = (e + f) / n - l2, u2 - (e + f) / n
    dl3, du3 = (e + g) / n - l3, u3 - (e + g) / n
    below = math.sqrt(max(0, dl2**2 - 2 * phi * dl2 * du3 + du3**2))
    above = math.sqrt(max(0, du2**2 - 2 * phi * du2 * dl3 + dl3**2))
    return (f - g) / n - below, (f - g) / n + above


@given(counts)
def test_a_paired_difference_is_newcombes_method_10(c):
    theirs = _newcombe(c.both, c.gained, c.lost, c.neither)
    ours = stats.paired_share_difference(c)
    assert (ours.low, ours.high) == pytest.approx(np.clip(theirs, -1, 1), abs=1e-7)


def test_a_paired_difference_is_the_published_one():
    ours = stats.paired_share_difference(PairedCounts(both=36, gained=12, lost=2, neither=0))
    assert (round(ours.estimate, 4), round(ours.low, 4), round(ours.high, 4)) == (0.2, 0.0569, 0.3404)


@given(counts)
def test_a_paired_difference_holds_its_estimate_and_turns_its_sign_with_the_models(c):
    ours = stats.paired_share_difference(c)
    turned = stats.paired_share_difference(PairedCounts(c.both, c.gained, c.lost, c.neither))
    assert -1 <= ours.low <= ours.estimate <= ours.high <= 1
    assert (turned.estimate, turned.low, turned.high) == pytest.approx((-ours.estimate, -ours.high, -ours.low))


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_p_value_of_flips_is_that_of_a_fair_coin(lost, gained):
    expected = scipy_stats.binomtest(lost, lost + gained).pvalue if lost + gained else 1.0
    assert stats.mcnemar(lost, gained) == pytest.approx(expected, rel=1e-9)


# speed-ups ------------------------------------------------------------------------------------------------------------


@given(turns(), turns())
@few
def test_a_speedup_of_few_replicas_is_the_mean_of_their_medians_with_students_t(baseline, candidate):
    assume(not np.array_equal(baseline, candidate))
    found = stats.speedup_interval(baseline, candidate)
    medians = np.median(np.log(baseline / candidate), axis=1)
    assume(medians.std() > 1e-9)
    theirs = scipy_stats.ttest_1samp(medians, 0).confidence_interval(0.95)
    assert found.estimate == pytest.approx(math.exp(medians.mean()))
    assert (found.low, found.high) == pytest.approx((math.exp(theirs.low), math.exp(theirs.high)))
    assert found.low <= found.estimate <= found.high


@pytest.mark.parametrize("replicas", [10, 14, 25, 60])
def test_of_ten_replicas_and_more_a_fifth_is_trimmed_on_either_side(replicas):
    """The interval of scipy's trimmed mean: Winsorized variance, degrees of freedom of what is kept."""
    rng = np.random.default_rng(replicas)
    ratios = np.exp(rng.standard_t(2, (replicas, 3)) / 20)
    found = stats.speedup_interval(ratios, np.ones_like(ratios))
    medians = np.median(np.log(ratios), axis=1)
    assert found.estimate == pytest.approx(math.exp(scipy_stats.trim_mean(medians, 0.2)))
    cut = int(0.2 * replicas)
    winsorized = np.asarray(scipy_stats.mstats.winsorize(medians, (cut / replicas, cut / replicas)))
    kept = replicas - 2 * cut
    half = scipy_stats.t.ppf(0.975, kept - 1) * winsorized.std(ddof=1) / ((kept / replicas) * math.sqrt(replicas))
    assert math.log(found.high / found.estimate) == pytest.approx(half)
    assert math.log(found.estimate / found.low) == pytest.approx(half)


def test_a_burst_in_one_round_moves_nothing():
    rng = np.random.default_rng(1)
    baseline, candidate = np.exp(rng.normal(0, 0.02, (2, 12, 3)))
    calm = stats.speedup_interval(baseline, candidate)
    baseline[:, 1] *= np.where(rng.random(12) < 0.5, 1, 1 + 1e-9)
    baseline[3, 0] *= 50
    struck = stats.speedup_interval(baseline, candidate)
    assert struck.estimate == pytest.approx(calm.estimate, abs=0.01)


@given(turns(), turns())
@few
def test_swapping_the_arms_inverts_the_speedup(baseline, candidate):
    there = stats.speedup_interval(baseline, candidate)
    back = stats.speedup_interval(candidate, baseline)
    assert (back.estimate, back.low, back.high) == pytest.approx((1 / there.estimate, 1 / there.high, 1 / there.low))


@given(turns(), turns(), st.floats(1e-6, 1e6))
@few
def test_a_speedup_does_not_depend_on_the_unit_of_time(baseline, candidate, scale):
    plain = stats.speedup_interval(baseline, candidate)
    scaled = stats.speedup_interval(baseline * scale, candidate * scale)
    assert (scaled.estimate, scaled.low, scaled.high) == pytest.approx((plain.estimate, plain.low, plain.high))


@given(turns(), st.floats(0.1, 10))
@few
def test_a_candidate_that_is_always_so_much_faster_has_no_spread(baseline, factor):
    found = stats.speedup_interval(baseline, baseline / factor)
    assert (found.estimate, found.low, found.high) == pytest.approx((factor, factor, factor))


def test_an_arm_is_exactly_as_fast_as_itself():
    values = np.linspace(1, 2, 30).reshape(SHAPE)
    assert stats.speedup_interval(values, values) == Interval(1.0, 1.0, 1.0)


@given(turns(), turns(), st.floats(0.5, 0.98))
@few
def test_a_lower_level_gives_a_narrower_interval(baseline, candidate, level):
    wide, narrow = (stats.speedup_interval(baseline, candidate, at) for at in (0.99, level))
    assert wide.low <= narrow.low <= narrow.estimate <= narrow.high <= wide.high
    assert narrow.level == level


def test_one_replica_gives_no_interval():
    with pytest.raises(ValueError, match=exactly("an interval needs at least two replicas")):
        stats.speedup_interval(np.ones((1, 5)), np.ones((1, 5)))


def test_intervals_cover_the_truth_though_every_compiled_instance_has_a_bias_of_its_own():
    rng = np.random.default_rng(2024)
    covered = pooled = 0
    for _ in range(300):
        bias = rng.normal(0, 0.02, (2, SHAPE[0], 1))
        baseline, candidate = np.exp(bias + rng.normal(0, 0.01, (2, *SHAPE)))
        found = stats.speedup_interval(baseline, candidate)
        naive = stats.speedup_interval(baseline.reshape(-1, 1), candidate.reshape(-1, 1))
        covered += found.low <= 1 <= found.high
        pooled += naive.low <= 1 <= naive.high
    assert covered >= 0.93 * 300
    assert pooled < 0.8 * 300, "rounds are no replicas: pooling them must not look as good"


# the rest -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "least"), [(0.90, 29), (0.95, 59), (0.99, 299)])
def test_a_percentile_needs_as_many_values_as_bound_it(share, least):
    values = np.random.default_rng(0).random(least)
    assert 1 - share**least >= 0.95 > 1 - share ** (least - 1)
    assert stats.percentile(values, share) == pytest.approx(np.percentile(values, 100 * share))
    assert stats.percentile(values[1:], share) is None


def test_three_percent_of_flips_in_1855_samples_show_a_drop_of_one_point():
    assert stats.minimum_detectable_drop(1855, round(0.03 * 1855)) == pytest.approx(0.01, abs=1e-4)


@given(st.integers(10, 10_000), st.integers(0, 10))
def test_the_detectable_drop_is_a_sum_of_two_normal_quantiles(n, discordant):
    reach = scipy_stats.norm.ppf(0.95) + scipy_stats.norm.ppf(0.80)
    assert stats.minimum_detectable_drop(n, discordant) == pytest.approx(reach * math.sqrt(max(1, discordant) / n / n))


def test_the_width_of_an_interval_is_taken_on_the_log_scale():
    assert Interval(1.0, math.exp(-0.03), math.exp(0.01)).relative_half_width == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("low", "high", "held"), [(0.9, 1.1, True), (1.0, 1.1, True), (0.9, 0.99, False), (1.01, 2, False)]
)
def test_an_interval_holds_one_up_to_its_bounds(low, high, held):
    assert Interval((low * high) ** 0.5, low, high).holds_one is held


def test_the_noise_of_a_control_is_half_its_width_or_its_farther_bound():
    assert Interval(1.0, math.exp(-0.03), math.exp(0.01)).noise == pytest.approx(0.02)
    assert Interval(1.02, math.exp(0.01), math.exp(0.03)).noise == pytest.approx(0.03)
    assert Interval(0.98, math.exp(-0.05), math.exp(-0.01)).noise == pytest.approx(0.05)


def test_the_bootstrap_of_a_mean_is_as_wide_as_its_standard_error():
    values = np.random.default_rng(0).normal(5, 2, 400)
    found = stats.bootstrap(np.mean, values, seed=0)
    assert found.estimate == values.mean()
    half = scipy_stats.norm.ppf(0.975) * scipy_stats.sem(values)
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_a_paired_bootstrap_draws_the_same_samples_for_both():
    values = np.random.default_rng(0).normal(5, 2, 400)
    found = stats.paired_bootstrap(np.mean, values, values + 0.5, seed=0)
    assert (found.estimate, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))


def defined(table):
    """Undefined where all that was drawn is alike."""
    return float(table.mean()) if len(set(table.tolist())) > 1 else float("nan")


def test_resamples_on_which_a_metric_is_undefined_do_not_count():
    table = np.array([1.0, 2.0, 4.0])
    found = bootstrap(defined, table, seed=3)
    rng = np.random.default_rng(3)
    drawn = [defined(table[rng.integers(3, size=3)]) for _ in range(RESAMPLES)]
    known = [value for value in drawn if not np.isnan(value)]
    assert 0 < len(known) < RESAMPLES
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(known, [0.025, 0.975])))
    paired = paired_bootstrap(defined, table, table + 1, seed=3)
    assert (paired.estimate, paired.low, paired.high) == pytest.approx((1, 1, 1))


def test_a_metric_that_no_resample_defines_has_no_width():
    found = bootstrap(
        lambda table: float(len(table) if list(table) == sorted(set(table)) else np.nan), np.arange(40.0), 0
    )
    assert (found.estimate, found.low, found.high) == (40, 40, 40)


def test_an_interval_holds_its_estimate_though_the_resamples_miss_it():
    """The largest of many is seldom drawn above itself; the smallest distance is mostly drawn as zero."""
    table = np.array([0.0, 1.0, 3.0, 7.0])
    found = bootstrap(lambda values: float(np.diff(np.sort(values)).min()), table, 0)
    assert found.low <= found.estimate == 1 <= found.high


def test_rows_that_are_all_the_same_have_no_interval_and_take_no_draws():
    def value(rows):
        assert len(rows) == 40
        return float(rows.mean())

    assert bootstrap(value, np.full(40, 0.7), seed=0) == Interval(*[pytest.approx(0.7)] * 3)
    candidate = np.random.default_rng(0).random(40)
    found = paired_bootstrap(lambda rows: float(rows.mean()), np.ones(40), candidate, seed=0)
    alone = bootstrap(lambda rows: float(rows.mean()), candidate, seed=0)
    assert (found.low, found.high) == pytest.approx((alone.low - 1, alone.high - 1))


def test_a_quick_estimate_is_a_number_that_has_bounds():
    found = Rough(1.5, 1.23456, 1.8)
    assert found == 1.5
    assert f"{found:.2f}" == "1.50"
    assert bounds_of(found) == (1.235, 1.8)
    assert bounds_of(1.5) is None
    assert bounds_of(None) is None


def test_midway_of_two_quick_estimates_lies_between_their_bounds():
    found = midway(Rough(2.0, 1.0, 4.0), Rough(8.0, 4.0, 16.0))
    assert found == 4.0
    assert bounds_of(found) == (2.0, 8.0)
    assert midway(Rough(2.0, 1.0, 4.0), 8.0) == 4.0
    assert bounds_of(midway(Rough(2.0, 1.0, 4.0), 8.0)) is None
