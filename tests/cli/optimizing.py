"""The command line with speeds that do not depend on a clock."""

from __future__ import annotations

import ovopt.workflow.applying.work
from ovopt.cli.main import main
from tests.workflow.searching.searched import speed_by_count

if __name__ == "__main__":
    vars(ovopt.workflow.applying.work)["quick_speedup"] = speed_by_count
    main()
