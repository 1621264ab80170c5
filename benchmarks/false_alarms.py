"""How often a model is called faster or slower than itself; at most 5 % are wanted.

Real comparisons hold one small model against itself. Simulated ones use the same statistics and stopping rule on a
machine with a bias of every compiled instance, drift over the whole comparison, and bursts of stolen time.

    python benchmarks/false_alarms.py [REAL] [SIMULATED]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from models import convolutions

import ovopt
from ovopt.comparison import judged
from ovopt.stats import speedup_interval
from ovopt.turns import LEAST_REPLICAS, why_stop

PRECISION = 0.02
BUDGET_S, BLOCK_S, ROUNDS = 60.0, 1.5, 7
REAL_BUDGET_S = 8.0


def main() -> None:
    real, simulated = (int(a) for a in (sys.argv[1:] + ["40", "1000"][len(sys.argv) - 1 :]))
    words = [simulate(seed) for seed in range(simulated)]
    report("simulated", words)
    with tempfile.TemporaryDirectory() as folder:
        file = convolutions(Path(folder) / "model.xml", 4, 16, 24)
        report("real", [compare_with_itself(file, seed) for seed in range(real)])


def report(kind: str, words: list[str]) -> None:
    wrong = sum(word != "no clear difference" for word in words)
    share = f" ({wrong / len(words):.1%})" if words else ""
    print(f"{kind}: {wrong} false alarms in {len(words)} comparisons of a model with itself{share}")


def compare_with_itself(file: Path, seed: int) -> str:
    """The verdict of a real comparison."""
    plan = ovopt.Plan(scenarios=("latency",), time_budget_s=REAL_BUDGET_S, precision=PRECISION)
    result = ovopt.compare(file, [file], plan=plan, seed=seed)
    return result.pairs[0].latency.verdict


def simulate(seed: int) -> str:
    """The verdict on a simulated machine, blocks added until the stopping rule ends it."""
    rng = np.random.default_rng(seed)
    bias, noise = rng.uniform(0, 0.04), rng.uniform(0.005, 0.08)
    bursts, drift = rng.choice([0, 0.05, 0.15]), rng.uniform(-0.3, 0.3)
    tables = [np.empty((0, ROUNDS)) for _ in range(3)]
    replicas = 0
    while True:
        when = drift * (replicas * ROUNDS + np.arange(ROUNDS)) / (ROUNDS * BUDGET_S / BLOCK_S)
        for arm in range(3):
            times = when + rng.normal(0, bias) + rng.normal(0, noise, ROUNDS)
            times += (rng.random(ROUNDS) < bursts) * rng.exponential(0.5, ROUNDS)
            tables[arm] = np.vstack([tables[arm], np.exp(times)])
        replicas += 1
        if replicas < LEAST_REPLICAS:
            continue
        widths = {str(arm): speedup_interval(tables[0], tables[arm]).relative_half_width for arm in (1, 2)}
        if why_stop(replicas, widths, PRECISION, replicas * BLOCK_S, BUDGET_S):
            return judged(tables[0], tables[1], tables[2]).verdict


if __name__ == "__main__":
    main()
