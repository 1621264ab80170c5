"""The command line with speeds that do not depend on a clock, which stops at the candidate that it is told."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import ovopt.workflow.applying.work
import ovopt.workflow.searching.contest
from ovopt.cli.main import main
from tests.workflow.searching.searched import head_is_slow, speed_by_count

PAUSE, PAUSED = "OVOPT_TEST_PAUSE", "paused"
seen: list[int] = []


def speed(*given: Any) -> float | None:
    """Waits for a signal at the candidate whose number is in the environment."""
    seen.append(1)
    if len(seen) == int(os.environ.get(PAUSE, "0")):
        print(PAUSED, file=sys.stderr, flush=True)
        time.sleep(600)
    return speed_by_count(*given)


if __name__ == "__main__":
    vars(ovopt.workflow.applying.work)["quick_speedup"] = speed
    vars(ovopt.workflow.searching.contest)["operation_times"] = head_is_slow
    main()
