"""What memory this process holds."""

from __future__ import annotations

from pathlib import Path


def resident_bytes() -> int:
    """Resident set of this process."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def peak_bytes() -> int:
    """The highest resident set of this process: VmHWM on Linux, for a child's `ru_maxrss` inherits its parent's."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
