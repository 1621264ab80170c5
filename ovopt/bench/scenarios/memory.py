"""Memory: the resident set of a fresh process before loading, after compiling, and at the most; per hint."""

from __future__ import annotations

from typing import ClassVar

from ovopt.bench.fresh_start import start_arm
from ovopt.bench.scenario import Effort, Found, Scenario, hinted
from ovopt.bench.workers import Crew
from ovopt.contracts import Progress, Started
from ovopt.records import Footprint, Measured, Memory, MemoryRatio

HINTS = ("LATENCY", "THROUGHPUT")
STARTS = 2
Starts = dict[str, list[Started]]


class MemoryScenario(Scenario):
    """Bytes, not noise: two starts per hint, of which the smaller counts."""

    name: ClassVar[str] = "memory"
    weight: ClassVar[float] = 0.2

    def measure(self, crew: Crew, effort: Effort, progress: Progress) -> Found:
        """Every arm under every hint, whatever the time budget: it is a handful of starts."""
        found, started = Found(), crew.clock()
        hints = (effort.hint,) if effort.hint else HINTS
        measured = [name for name in crew.present if crew.arms[name].role != "control"]
        with progress.task("measure memory", total=len(measured) * len(hints) * STARTS) as advance:
            for name in measured:
                starts: Starts = {hint.lower(): [] for hint in hints}
                for hint in list(hints) * STARTS:
                    start = start_arm(crew, name, hinted(hint, crew.arms[name].properties), "the memory measurement")
                    advance()
                    if start:
                        starts[hint.lower()].append(start)
                if name not in crew.lost:
                    found.raw[name] = starts
        found.measured = Measured(
            replicas=STARTS, rounds=STARTS, seconds=round(crew.clock() - started, 1), stopped="all starts made"
        )
        return found

    def figures(self, raw: Starts) -> Memory:
        """Footprints by hint."""
        return Memory(by_hint={hint: _footprint(starts) for hint, starts in raw.items()})

    def restore(self, figures: Memory) -> Starts:
        """The starts again, as far as memory goes."""
        return {
            hint: [Started(0, 0, 0, *raw, from_cache=False) for raw in footprint.raw_bytes]
            for hint, footprint in figures.by_hint.items()
        }

    def pair(self, baseline: Starts, candidate: Starts, control: Starts | None) -> MemoryRatio:
        """The peaks of the processes, by hint."""
        before, after = self.figures(baseline).by_hint, self.figures(candidate).by_hint
        return MemoryRatio(by_hint={hint: after[hint].peak_bytes / before[hint].peak_bytes for hint in before})


def _footprint(starts: list[Started]) -> Footprint:
    raw = tuple(start.resident_bytes for start in starts)
    before, compiled, peak = map(min, zip(*raw, strict=True))
    return Footprint(before_bytes=before, compiled_bytes=compiled, peak_bytes=peak, raw_bytes=raw)
