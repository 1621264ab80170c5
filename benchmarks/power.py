"""How often a true difference of about 3 % is found within 60 seconds; at least 80 % are wanted.

One network has 32 equal convolutions, the other 33. The true ratio is taken from all comparisons together.

    python benchmarks/power.py [COMPARISONS]
"""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path

from models import convolutions

import ovopt

LAYERS = 32
BUDGET_S = 60.0


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    found = []
    with tempfile.TemporaryDirectory() as folder:
        base = convolutions(Path(folder) / "base.xml", LAYERS, 32, 24)
        more = convolutions(Path(folder) / "more.xml", LAYERS + 1, 32, 24)
        for seed in range(count):
            plan = ovopt.Plan(scenarios=("latency",), time_budget_s=BUDGET_S, precision=0.005)
            pair = ovopt.compare(base, [more], plan=plan, seed=seed).pairs[0].latency
            found.append(pair)
            print(f"  {pair.estimate:.3f} [{pair.low:.3f}, {pair.high:.3f}] {pair.verdict}: {pair.why}", flush=True)
    hits = sum(pair.verdict == "slower" for pair in found)
    overall = math.exp(sum(math.log(pair.estimate) for pair in found) / count)
    print(f"{hits} of {count} comparisons found the difference ({hits / count:.0%}); overall ratio {overall:.3f}")


if __name__ == "__main__":
    main()
