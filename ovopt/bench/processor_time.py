"""What the processor's time went into, from /proc/stat: the share that a hypervisor took away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STAT = Path("/proc/stat")
STEAL, COUNTED = 7, 8


@dataclass(frozen=True)
class ProcessorTime:
    """Ticks since the system started, over all cores."""

    steal: int
    whole: int

    def steal_share_since(self, earlier: ProcessorTime) -> float:
        """Share of the time in between that was taken away."""
        return (self.steal - earlier.steal) / max(self.whole - earlier.whole, 1)


def processor_time(stat: Path = STAT) -> ProcessorTime | None:
    """Now; None where the system does not count it."""
    if not stat.is_file():
        return None
    ticks = [int(word) for word in stat.read_text().split("\n", 1)[0].split()[1 : COUNTED + 1]]
    return ProcessorTime(steal=ticks[STEAL], whole=sum(ticks))
