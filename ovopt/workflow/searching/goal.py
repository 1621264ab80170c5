"""The goal of a search, and what it starts from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ovopt.contracts import Step
from ovopt.records.search import Aim
from ovopt.time_budget import Clock
from ovopt.workflow.applying.work import Work


@dataclass(frozen=True)
class Goal:
    """How much quality may be lost, in the metric's own unit, and how long the search may take."""

    max_drop: float
    time_budget_s: float = 600.0
    resume: bool = False
    """Go on from the journal of an interrupted search."""
    aim: Aim = "speed"
    """What the best candidate is best at."""
    clock: Clock = time.perf_counter

    def may_replace(self, output: Path, force: bool) -> bool:
        """Whether a bundle of that name may be replaced: by force, or because the interrupted search wrote it."""
        return force or (self.resume and journal_file(output).is_file())


@dataclass(frozen=True)
class Assignment:
    """Everything that candidates are made of, and the bundle that the best of them becomes."""

    work: Work
    before: Sequence[Step]
    """Steps that are applied to the original at once, whatever the candidate."""
    output: Path
    force: bool = False


def journal_file(output: Path) -> Path:
    """The journal beside the bundle, which is replaced as a whole."""
    return output.with_name(f"{output.name}.search.jsonl")
