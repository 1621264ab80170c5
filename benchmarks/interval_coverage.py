"""How often the interval of a speed-up holds the truth, for four ways to make it, on simulated noise.

The simulated machine gives every compiled instance a bias of its own, every turn noise, and some turns a burst, as
measured on shared virtual machines. The true ratio is 1. Prints coverage (95 % is asked for) and mean half-width of:

- ovopt: `ovopt.stats.speedup_interval`, medians over rounds, a trimmed mean over replicas
- means: Student's t over the replicas' means
- hierarchical: a bootstrap over replicas, then over the rounds within them
- rounds: a bootstrap over all rounds as if they were independent

    python benchmarks/interval_coverage.py
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from ovopt.stats import speedup_interval

COMPARISONS = 1000
RESAMPLES = 1000
CASES = (
    # replicas, rounds, bias of an instance, noise of a turn, share of turns in a burst
    (6, 5, 0.02, 0.03, 0.0),
    (6, 5, 0.02, 0.03, 0.1),
    (3, 3, 0.02, 0.03, 0.0),
    (6, 3, 0.02, 0.03, 0.0),
    (6, 1, 0.00, 0.05, 0.0),
    (12, 3, 0.02, 0.03, 0.1),
    (36, 3, 0.02, 0.03, 0.02),
    (36, 3, 0.02, 0.03, 0.15),
    (36, 3, 0.03, 0.10, 0.05),
)


def main() -> None:
    print("replicas rounds  bias noise bursts   ovopt           means           hierarchical    rounds")
    for case in CASES:
        rng = np.random.default_rng(0)
        found = [one_comparison(rng, *case) for _ in range(COMPARISONS)]
        cells = []
        for method in range(4):
            covered = np.mean([low <= 0 <= high for low, high in (f[method] for f in found)])
            width = np.mean([(high - low) / 2 for low, high in (f[method] for f in found)])
            cells.append(f"{100 * covered:5.1f} % +-{100 * width:4.1f} %")
        replicas, rounds, bias, noise, bursts = case
        print(f"{replicas:8} {rounds:6} {bias:5.2f} {noise:5.2f} {bursts:6.2f}   " + "  ".join(cells))


def one_comparison(
    rng: np.random.Generator, replicas: int, rounds: int, bias: float, noise: float, bursts: float
) -> list[tuple[float, float]]:
    """The bounds, on the log scale, of one simulated A/A comparison."""
    arms = [simulated(rng, replicas, rounds, bias, noise, bursts) for _ in range(2)]
    logs = arms[0] - arms[1]
    ours = speedup_interval(np.exp(arms[0]), np.exp(arms[1]))
    means = logs.mean(axis=1)
    half = stdtrit(replicas - 1, 0.975) * means.std(ddof=1) / replicas**0.5
    drawn = rng.integers(replicas, size=(RESAMPLES, replicas, 1))
    within = rng.integers(rounds, size=(RESAMPLES, replicas, rounds))
    flat = logs.ravel()[rng.integers(logs.size, size=(RESAMPLES, logs.size))]
    return [
        (float(np.log(ours.low)), float(np.log(ours.high))),
        (float(means.mean() - half), float(means.mean() + half)),
        tuple(np.quantile(logs[drawn, within].mean(axis=(1, 2)), [0.025, 0.975])),
        tuple(np.quantile(flat.mean(axis=1), [0.025, 0.975])),
    ]


def simulated(
    rng: np.random.Generator, replicas: int, rounds: int, bias: float, noise: float, bursts: float
) -> np.ndarray:
    """Log time of each turn of one arm."""
    own = rng.normal(0, bias, (replicas, 1))
    burst = (rng.random((replicas, rounds)) < bursts) * rng.exponential(0.5, (replicas, rounds))
    return own + rng.normal(0, noise, (replicas, rounds)) + burst


if __name__ == "__main__":
    main()
