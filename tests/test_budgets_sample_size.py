"""How much more measuring settles an open budget: recomputed by simulating that much."""

import numpy as np
import pytest

from ovopt.budgets import precision_at, settling_replicas, settling_samples
from ovopt.stats import PairedCounts, paired_share_difference, speedup_interval

SIMULATED = 500


def settled_by_samples(n: int, lost: float, gained: float, limit: float, rng: np.random.Generator) -> float:
    """How often `n` samples clear the limit of the drop, if these are the true shares of flips."""
    shares = (0.9 - lost, lost, gained, 0.1 - gained)
    drawn = rng.multinomial(n, shares, SIMULATED)
    intervals = [paired_share_difference(PairedCounts(*map(int, counts))) for counts in drawn]
    return float(np.mean([-i.low <= limit or -i.high > limit for i in intervals]))


@pytest.mark.parametrize(("lost", "gained", "limit"), [(0.02, 0.015, 0.01), (0.04, 0.02, 0.01), (0.02, 0.02, 0.005)])
def test_so_many_samples_settle_an_open_drop_four_times_of_five(lost: float, gained: float, limit: float) -> None:
    n = 1000
    first = paired_share_difference(
        PairedCounts(int(n * (0.9 - lost)), int(n * lost), int(n * gained), int(n * (0.1 - gained)))
    )
    drop, low, high = -first.estimate, -first.high, -first.low
    assert low <= limit < high, "the first look leaves it open"
    reach = high - drop if drop < limit else drop - low
    wanted = settling_samples(drop, reach, limit, n)
    assert wanted is not None
    rng = np.random.default_rng(0)
    assert settled_by_samples(wanted, lost, gained, limit, rng) == pytest.approx(0.8, abs=0.08)
    assert settled_by_samples(wanted // 2, lost, gained, limit, rng) < 0.65


def settled_by_replicas(replicas: int, ratio: float, bias: float, limit: float, rng: np.random.Generator) -> float:
    """How often so many replicas clear the limit of a speed-up, if this is the true one."""
    cleared = []
    for _ in range(SIMULATED):
        candidate = np.exp(rng.normal(0, bias, (replicas, 1)) + rng.normal(0, 0.01, (replicas, 5)))
        interval = speedup_interval(np.full_like(candidate, ratio), candidate)
        cleared.append(interval.low >= limit or interval.high < limit)
    return float(np.mean(cleared))


@pytest.mark.parametrize(("ratio", "bias", "limit"), [(1.25, 0.05, 1.22), (1.25, 0.04, 1.28), (1.5, 0.05, 1.45)])
def test_so_many_replicas_settle_an_open_speed_up_four_times_of_five(ratio: float, bias: float, limit: float) -> None:
    first = 6
    spread = float(np.hypot(bias, 0.01 * np.sqrt(np.pi / 2 / 5)))
    half = 2.571 * spread / np.sqrt(first)  # Student's t of six replicas
    bound = ratio * np.exp(-half if limit < ratio else half)
    wanted = settling_replicas(ratio, bound, limit, first, 60)
    assert wanted is not None
    assert wanted > first
    rng = np.random.default_rng(0)
    assert 0.68 <= settled_by_replicas(wanted, ratio, bias, limit, rng) <= 0.92
    assert settled_by_replicas(first, ratio, bias, limit, rng) < 0.6


def test_four_times_the_samples_halve_the_width() -> None:
    assert settling_samples(0.0, 0.01, 0.02, 1000) == pytest.approx(settling_samples(0.0, 0.01, 0.01, 1000) / 4, abs=1)


def test_an_estimate_on_the_limit_is_never_settled() -> None:
    assert settling_samples(0.01, 0.01, 0.01, 1000) is None
    assert settling_replicas(1.2, 1.1, 1.2, 6, 60) is None


def test_more_than_a_run_measures_is_not_advised() -> None:
    assert settling_replicas(1.2, 1.1, 1.19, 6, 60) is None
    assert settling_replicas(1.2, 1.1, 1.19, 6, 10_000) is not None


def test_the_precision_that_so_many_replicas_bring_follows_students_t() -> None:
    t = {6: 2.5706, 24: 2.0687}
    expected = 0.02 * (t[24] / np.sqrt(24)) / (t[6] / np.sqrt(6))
    assert precision_at(0.02, 6, 24) == pytest.approx(expected, rel=1e-4)
