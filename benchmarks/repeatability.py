"""The same comparison run twice agrees within its intervals.

Prints how many pairs of runs have overlapping intervals, and the ratio of their estimates.

    python benchmarks/repeatability.py [PAIRS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from models import convolutions

import ovopt

BUDGET_S = 20.0


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    agreed = 0
    with tempfile.TemporaryDirectory() as folder:
        base = convolutions(Path(folder) / "base.xml", 8, 32, 24)
        more = convolutions(Path(folder) / "more.xml", 10, 32, 24)
        for index in range(count):
            plan = ovopt.Plan(scenarios=("latency",), time_budget_s=BUDGET_S)
            first, second = (
                ovopt.compare(base, [more], plan=plan, seed=2 * index + i).pairs[0].latency for i in range(2)
            )
            overlap = first.low <= second.high and second.low <= first.high
            agreed += overlap
            said = [f"{pair.estimate:.3f} [{pair.low:.3f}, {pair.high:.3f}]" for pair in (first, second)]
            print("  " + "  ".join(said) + ("  agree" if overlap else "  DISAGREE"), flush=True)
    print(f"{agreed} of {count} pairs of runs agree within their intervals")


if __name__ == "__main__":
    main()
