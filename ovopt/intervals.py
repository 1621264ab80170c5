"""One arm's own figures with intervals: medians and percentiles over replicas. Numbers in, numbers out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ovopt.stats import LEVEL, Floats

Groups = Sequence[Floats]
"""Positive figures by replica: what one compiled instance, or one start, gave."""


@dataclass(frozen=True)
class Spread:
    """A figure, its bounds (None where the measurement supports none), and how it was measured."""

    estimate: float
    low: float | None
    high: float | None
    replicas: int = 0
    enough: int = 0
    """About so many replicas support both bounds."""


def median_spread(groups: Groups) -> Spread:
    """The median over all figures. Each replica's own median says how much it moves: on the log scale, the interval is
    `t[.975, k - 1] * sqrt(sum of (own - overall)^2 / (k - 1) / k)` to both sides, of `k` replicas.

    Source: sectioning; Asmussen and Glynn, Stochastic Simulation (2007), chapter III.5a; Nakayama, Confidence Intervals
    for Quantiles Using Sectioning When Applying Variance-Reduction Techniques (2014).
    """
    from scipy.special import stdtrit

    centre, replicas = float(np.median(np.concatenate(groups))), len(groups)
    if replicas < 2:
        return Spread(centre, None, None, replicas, 2)
    logs = np.log([np.median(group) for group in groups]) - math.log(centre)
    error = math.sqrt(float(logs @ logs) / (replicas - 1) / replicas)
    half = float(stdtrit(replicas - 1, (1 + LEVEL) / 2)) * error
    return Spread(centre, centre * math.exp(-half), centre * math.exp(half), replicas, 2)


def percentile_spread(groups: Groups, share: float) -> Spread:
    """The quantile at `share` over all figures.

    The figures of a replica resemble each other, so `n` of them count for fewer: `n` over the design effect, which is
    the variance of the share of figures below the quantile, from replica to replica, over that of independent ones. The
    exact binomial interval of that share, at the effective number, is read off the sorted figures. Where they do not
    reach far enough, there is no bound.

    Source: Woodruff, Confidence Intervals for Medians and Other Position Measures (1952); the effective number from
    Korn and Graubard, Confidence Intervals for Proportions with Small Expected Number of Positive Counts (1998).
    """
    from scipy.special import betaincinv

    figures, replicas = np.sort(np.concatenate(groups)), len(groups)
    estimate, n = float(np.quantile(figures, share)), len(figures)
    least = math.log((1 - LEVEL) / 2) / math.log(max(share, 1 - share))
    if replicas < 2:
        return Spread(estimate, None, None, replicas, 2)
    effective = _effective_number(groups, estimate, share)
    below, above = share * effective, (1 - share) * effective
    low = float(betaincinv(below, above + 1, (1 - LEVEL) / 2))
    high = float(betaincinv(below + 1, above, (1 + LEVEL) / 2))
    return Spread(
        estimate,
        float(figures[max(0, math.floor(low * n) - 1)]) if (1 - share) ** effective <= (1 - LEVEL) / 2 else None,
        float(figures[min(n - 1, math.ceil(high * n))]) if share**effective <= (1 - LEVEL) / 2 else None,
        replicas,
        math.ceil(replicas * max(1.0, least / effective)),
    )


def ratio_spread(numerator: Spread, denominator: Spread) -> Spread:
    """One figure over another. On the log scale, the squares of the distances to the bounds that matter add up; what
    both share makes the true interval narrower.

    Source: Zou and Donner, Construction of Confidence Limits about Effect Measures (2008).
    """
    estimate = numerator.estimate / denominator.estimate

    def reach(near: float | None, far: float | None) -> float | None:
        if near is None or far is None:
            return None
        return math.hypot(math.log(numerator.estimate / near), math.log(denominator.estimate / far))

    below, above = reach(numerator.low, denominator.high), reach(numerator.high, denominator.low)
    return Spread(
        estimate,
        None if below is None else estimate * math.exp(-below),
        None if above is None else estimate * math.exp(above),
        min(numerator.replicas, denominator.replicas),
        max(numerator.enough, denominator.enough),
    )


def _effective_number(groups: Groups, quantile: float, share: float) -> float:
    from scipy.special import ndtri, stdtrit

    replicas, n = len(groups), sum(map(len, groups))
    surplus = np.array([float(np.sum(group <= quantile)) - share * len(group) for group in groups])
    variance = replicas / (replicas - 1) * float(np.sum((surplus - surplus.mean()) ** 2)) / n**2
    design_effect = max(1.0, variance / (share * (1 - share) / n))
    caution = float(ndtri((1 + LEVEL) / 2) / stdtrit(replicas - 1, (1 + LEVEL) / 2))
    return n / design_effect * caution**2
