"""Statistics of a comparison: intervals of speed-ups and of paired accuracy. Numbers in, numbers out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEVEL = 0.95
"""Confidence of every interval."""
RESAMPLES = 1000
"""Draws of a bootstrap: bounds at 95 % rest on 25 draws at each end."""
TRIMMED = 0.2
"""Share of replicas that a trimmed mean leaves out at each end."""
LEAST_TRIMMED = 10
"""With fewer replicas, the interval of a trimmed mean covers too little."""


@dataclass(frozen=True)
class Interval:
    """An estimate with the bounds of its interval at the given confidence level."""

    estimate: float
    low: float
    high: float
    level: float = LEVEL

    @property
    def relative_half_width(self) -> float:
        """Half the interval's width on the log scale: 0.02 means about ±2 %."""
        return math.log(self.high / self.low) / 2

    @property
    def holds_one(self) -> bool:
        """True where no difference at all is among what the interval holds."""
        return self.low <= 1 <= self.high

    @property
    def noise(self) -> float:
        """Noise of an interval that should hold 1, on the log scale: half its width, or the farther bound if it does
        not."""
        farthest = max(abs(math.log(self.low)), abs(math.log(self.high)))
        return self.relative_half_width if self.holds_one else farthest


class Rough(float):
    """A quick estimate, which is a number to all who decide by it, with the bounds of what it may be."""

    low: float
    high: float

    def __new__(cls, estimate: float, low: float, high: float) -> Self:
        """The number, with its bounds."""
        made = super().__new__(cls, estimate)
        made.low, made.high = low, high
        return made


def bounds_of(estimate: float | None) -> tuple[float, float] | None:
    """The bounds of a quick estimate, to three digits behind the point; None for a number that has none."""
    return (round(estimate.low, 3), round(estimate.high, 3)) if isinstance(estimate, Rough) else None


def midway(one: float, other: float) -> float:
    """The geometric mean of two estimates of the same, with bounds where both have some."""
    mean = math.sqrt(one * other)
    if isinstance(one, Rough) and isinstance(other, Rough):
        return Rough(mean, math.sqrt(one.low * other.low), math.sqrt(one.high * other.high))
    return mean


@dataclass(frozen=True)
class PairedCounts:
    """Right-or-wrong outcomes of two models on the same samples."""

    both: int
    lost: int
    gained: int
    neither: int

    @classmethod
    def of(cls, before: Floats, after: Floats) -> PairedCounts:
        """Counts of outcomes, 0 or 1 each, of the same samples with both models, [n]."""
        return cls(*(int(np.sum((before == old) & (after == new))) for old, new in ((1, 1), (1, 0), (0, 1), (0, 0))))

    @property
    def n(self) -> int:
        """Samples in all."""
        return self.both + self.lost + self.gained + self.neither


def speedup_interval(baseline: Floats, candidate: Floats, level: float = LEVEL) -> Interval:
    """The speed-up of the candidate with its interval, from the within-round ratios `baseline / candidate`.

    Both arrays hold one positive figure per turn (the median latency), shape [replicas, rounds]. A replica's ratio is
    the median over its rounds, on the log scale, which a burst of stolen time in one round does not move. The replicas
    are what counts as independent: a compiled instance has a bias of its own that no number of rounds averages out.
    Their mean has Student's interval; from ten replicas on, it is the mean without the lowest and highest fifth, with
    the interval that belongs to it. `benchmarks/interval_coverage.py` holds both against others.

    Source: Kalibera and Jones, Rigorous Benchmarking in Reasonable Time (ISMM 2013), sections 6 and 7; Tukey and
    McLaughlin, Less Vulnerable Confidence and Significance Procedures for Location Based on a Single Sample (1963).
    """
    from scipy.special import stdtrit

    logs = np.sort(np.median(np.log(baseline / candidate), axis=1))
    replicas = len(logs)
    if replicas < 2:
        raise ValueError("an interval needs at least two replicas")
    cut = int(TRIMMED * replicas) if replicas >= LEAST_TRIMMED else 0
    kept = replicas - 2 * cut
    centre = float(logs[cut : cut + kept].mean())
    spread = np.clip(logs, logs[cut], logs[cut + kept - 1]).std(ddof=1)
    error = spread * math.sqrt(replicas) / kept
    half = float(stdtrit(kept - 1, (1 + level) / 2) * error)
    return Interval(math.exp(centre), math.exp(centre - half), math.exp(centre + half), level)


def percentile(values: Floats, share: float) -> float | None:
    """The quantile of values [n] at `share`, or None where too few values support it.

    `n` values hold an upper 95 % bound for the quantile only if n >= log(0.05) / log(share): 59 for p95, 299 for p99.

    Source: Wilks, Determination of Sample Sizes for Setting Tolerance Limits (1941).
    """
    if len(values) < math.log(0.05) / math.log(share):
        return None
    return float(np.quantile(values, share))


def wilson(successes: int, n: int) -> Interval:
    """A share with its score interval.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927).
    """
    z = _z(LEVEL)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Interval(p, max(0.0, min(p, centre - half)), min(1.0, max(p, centre + half)))


def paired_share_difference(counts: PairedCounts) -> Interval:
    """The change of the share of right answers, candidate minus baseline, on the same samples.

    Source: Newcombe, Improved Confidence Intervals for the Difference Between Binomial Proportions Based on Paired
    Data, Statistics in Medicine 17 (1998), method 10.
    """
    n = counts.n
    candidate = wilson(counts.both + counts.gained, n)
    baseline = wilson(counts.both + counts.lost, n)
    delta = (counts.gained - counts.lost) / n
    phi = _phi(counts)

    def reach(near: float, far: float) -> float:
        return math.sqrt(max(0.0, near * near - 2 * phi * near * far + far * far))

    below = reach(candidate.estimate - candidate.low, baseline.high - baseline.estimate)
    above = reach(candidate.high - candidate.estimate, baseline.estimate - baseline.low)
    return Interval(delta, max(-1.0, delta - below), min(1.0, delta + above))


def mcnemar(lost: int, gained: int) -> float:
    """Two-sided exact p-value that losses and gains are equally likely.

    Source: McNemar (1947), in its exact binomial form.
    """
    from scipy.special import bdtr

    n = lost + gained
    return 1.0 if n == 0 else min(1.0, 2 * float(bdtr(min(lost, gained), n, 0.5)))


def bootstrap(value: Callable[[NDArray[Any]], float], rows: NDArray[Any], seed: int) -> Interval:
    """A metric over samples with its percentile bootstrap interval; `rows` has one row per sample, [n, ...]. Resamples
    on which the metric is undefined (NaN) do not count."""
    if _all_same(rows):
        return Interval(*[value(rows)] * 3)
    return _percentile_bootstrap(lambda drawn: value(rows[drawn]), len(rows), seed)


def paired_bootstrap(
    value: Callable[[NDArray[Any]], float], baseline: NDArray[Any], candidate: NDArray[Any], seed: int
) -> Interval:
    """The change of a metric, candidate minus baseline, with the same samples drawn for both, [n, ...] each.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    if _all_same(baseline):  # such as agreement with itself: no draw changes it
        known = value(baseline)
        return _percentile_bootstrap(lambda drawn: value(candidate[drawn]) - known, len(baseline), seed)
    return _percentile_bootstrap(lambda drawn: value(candidate[drawn]) - value(baseline[drawn]), len(baseline), seed)


def minimum_detectable_drop(n: int, discordant: int) -> float:
    """The smallest drop of a share that `n` paired samples show with 80 % power at a one-sided 5 %.

    `(z_0.95 + z_0.80) * sqrt(d / n)` with d the share of samples on which the models disagree (at least one of n).

    Source: Connett, Smith and McHugh, Sample size and power for pair-matched case-control studies (1987).
    """
    return (_z(0.90) + _z(0.60)) * math.sqrt(max(discordant, 1)) / n


def _all_same(rows: NDArray[Any]) -> bool:
    return bool(len(rows)) and rows.dtype != object and bool((rows == rows[0]).all())


def _percentile_bootstrap(draw: Callable[[NDArray[np.int64]], float], n: int, seed: int) -> Interval:
    estimate = draw(np.arange(n))
    rng = np.random.default_rng(seed)
    values = np.array([draw(rng.integers(n, size=n)) for _ in range(RESAMPLES)])
    known = values[np.isfinite(values)]
    if not len(known):
        return Interval(estimate, estimate, estimate)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(estimate, float(min(low, estimate)), float(max(high, estimate)))


def _phi(counts: PairedCounts) -> float:
    """Correlation of the two outcomes, with Newcombe's continuity correction for positive values."""
    right = (counts.both + counts.lost) * (counts.neither + counts.gained)
    wrong = (counts.both + counts.gained) * (counts.neither + counts.lost)
    if right * wrong == 0:
        return 0.0
    product: float = counts.both * counts.neither - counts.lost * counts.gained
    if product > 0:
        product = max(product - counts.n / 2, 0)
    return float(product / math.sqrt(right * wrong))


def _z(level: float) -> float:
    """The two-sided normal quantile: 1.96 at 0.95."""
    return NormalDist().inv_cdf((1 + level) / 2)
