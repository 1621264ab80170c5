"""Intervals of an arm's own medians and percentiles."""

import numpy as np
import pytest
from scipy.special import bdtr

from ovopt.intervals import Spread, median_spread, percentile_spread, ratio_spread

SIMULATED = 300


def replicas(
    rng: np.random.Generator, count: int, each: int, bias: float = 0.03, tail: float = 0.03
) -> list[np.ndarray]:
    """Times of compiled instances that differ from each other, some of them far slower."""
    slow = (rng.random((count, each)) < tail) * rng.exponential(0.3, (count, each))
    logs = rng.normal(0, bias, (count, 1)) + rng.normal(0, 0.03, (count, each)) + slow
    return list(np.exp(logs))


def truth(share: float) -> float:
    rng = np.random.default_rng(99)
    return float(np.quantile(np.concatenate(replicas(rng, 4000, 50)), share))


def test_the_estimate_is_the_plain_median_or_quantile_of_all_figures() -> None:
    groups = replicas(np.random.default_rng(0), 6, 200)
    assert median_spread(groups).estimate == np.median(np.concatenate(groups))
    assert percentile_spread(groups, 0.99).estimate == np.quantile(np.concatenate(groups), 0.99)


def test_the_interval_of_a_median_holds_the_truth() -> None:
    rng, true = np.random.default_rng(1), truth(0.5)
    found = [median_spread(replicas(rng, 6, 100)) for _ in range(SIMULATED)]
    assert np.mean([s.low <= true <= s.high for s in found if s.low and s.high]) == pytest.approx(0.95, abs=0.035)


@pytest.mark.parametrize(("share", "count", "each"), [(0.9, 12, 100), (0.99, 12, 200), (0.99, 36, 100)])
def test_the_interval_of_a_percentile_holds_the_truth(share: float, count: int, each: int) -> None:
    rng, true = np.random.default_rng(2), truth(share)
    found = [percentile_spread(replicas(rng, count, each), share) for _ in range(SIMULATED)]
    held = [(s.low is None or s.low <= true) and (s.high is None or true <= s.high) for s in found]
    assert np.mean(held) >= 0.88
    assert np.mean([s.high is not None for s in found]) > 0.8


def test_independent_figures_have_the_exact_order_statistics_interval() -> None:
    """Of many replicas with one figure each, the design effect is 1 and Student's t is nearly normal."""
    figures = np.arange(1.0, 2001.0)
    np.random.default_rng(3).shuffle(figures)
    found = percentile_spread([np.array([value]) for value in figures], 0.9)
    low, high = np.searchsorted(bdtr(np.arange(2001), 2000, 0.9), [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=3)
    assert found.high == pytest.approx(high + 1, abs=3)


def test_replicas_that_differ_count_for_fewer_figures() -> None:
    rng = np.random.default_rng(4)
    alike, apart = (percentile_spread(replicas(rng, 60, 100, bias, 0.0), 0.9) for bias in (0.0, 0.1))
    assert np.log(apart.high / apart.low) > 3 * np.log(alike.high / alike.low)


def test_too_few_figures_leave_a_tail_without_a_bound_and_say_how_many_replicas_would_do() -> None:
    groups = replicas(np.random.default_rng(5), 6, 20)
    found = percentile_spread(groups, 0.99)
    assert found.high is None
    assert found.low is not None
    more = percentile_spread(replicas(np.random.default_rng(6), 2 * found.enough, 20), 0.99)
    assert more.high is not None


@pytest.mark.parametrize("of", [median_spread, lambda groups: percentile_spread(groups, 0.9)])
def test_one_replica_has_no_interval(of) -> None:
    found = of([np.array([1.0, 2.0, 3.0])])
    assert (found.low, found.high, found.enough) == (None, None, 2)


def test_the_bounds_of_a_ratio_add_up_in_squares_on_the_log_scale() -> None:
    found = ratio_spread(Spread(2.0, 1.8, 2.2, 6, 2), Spread(1.0, 0.95, 1.1, 8, 3))
    assert found.estimate == 2
    assert found.low == pytest.approx(2 * np.exp(-np.hypot(np.log(2 / 1.8), np.log(1.1))))
    assert found.high == pytest.approx(2 * np.exp(np.hypot(np.log(1.1), np.log(1 / 0.95))))
    assert (found.replicas, found.enough) == (6, 3)


def test_a_ratio_has_no_bound_where_one_of_its_figures_has_none() -> None:
    found = ratio_spread(Spread(2.0, 1.8, None, 6, 9), Spread(1.0, 0.95, 1.1, 6, 2))
    assert found.high is None
    assert found.low is not None
