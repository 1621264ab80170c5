"""How much more measuring settles an open budget. Numbers in, numbers out.

An interval's half-width shrinks with the square root of what is measured: `w(m) = w(n) * sqrt(n / m)`. It clears a
limit at the distance `d` from the estimate once `w(m) <= d`, but only if the estimate stays where it is, which it does
in half of all repetitions. With room for its moves, four of five clear it: `m` is the least number with
`w(m) * (1 + z_.80 / z_.975) <= d`.

Source: the sample size of a test with a given power, for example Chow, Shao and Wang, Sample Size Calculations in
Clinical Research (2008), section 3.2; with few replicas Student's t takes the place of z: Hahn and Meeker, Statistical
Intervals (1991), chapter 8.
"""

from __future__ import annotations

import math

from ovopt.stats import LEVEL

POWER = 0.8
"""How often the additional measurement settles it, if the true figure is the estimated one."""


def settling_samples(estimate: float, reach: float, limit: float, n: int) -> int | None:
    """How many samples in all bring the bound, now `reach` from the estimate, clear of `limit`; None if none do."""
    distance = abs(estimate - limit)
    return math.ceil(n * (reach * _room() / distance) ** 2) if distance else None


def settling_replicas(estimate: float, bound: float, limit: float, replicas: int, most: int) -> int | None:
    """How many replicas in all bring `bound` clear of `limit`, positive figures on the log scale; None where `most` of
    them do not."""
    distance, reach = abs(math.log(estimate / limit)), abs(math.log(estimate / bound))
    wanted = reach * _room() / _half_width(replicas)
    return next((k for k in range(replicas + 1, most + 1) if wanted * _half_width(k) <= distance), None)


def precision_at(relative_half_width: float, replicas: int, wanted: int) -> float:
    """The relative half-width that `wanted` replicas bring, from that of `replicas`."""
    return relative_half_width * _half_width(wanted) / _half_width(replicas)


def _half_width(replicas: int) -> float:
    """Of a mean's interval, in standard deviations of one replica."""
    from scipy.special import stdtrit

    return float(stdtrit(replicas - 1, (1 + LEVEL) / 2)) / math.sqrt(replicas)


def _room() -> float:
    from scipy.special import ndtri

    return 1 + float(ndtri(POWER) / ndtri((1 + LEVEL) / 2))
