"""A search: its goal, what it starts from, and the candidates that it has judged."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.contracts import Step
from ovopt.records import MadeBy, StepReport
from ovopt.records.search import Aim
from ovopt.time_budget import Clock
from ovopt.workflow.applying.work import Work

if TYPE_CHECKING:
    import openvino


@dataclass(frozen=True)
class Goal:
    """Limits of a search: quality that may be lost, in the metric's own unit, and time."""

    max_drop: float
    time_budget_s: float = 600.0
    resume: bool = False
    """Go on from the journal of an interrupted search."""
    aim: Aim = "speed"
    """What the best candidate is best at."""
    clock: Clock = time.perf_counter

    def may_replace(self, output: Path, force: bool) -> bool:
        """True where a bundle of that name may be replaced: by force, or because the interrupted search wrote it."""
        return force or (self.resume and journal_file(output).is_file())


@dataclass(frozen=True)
class Assignment:
    """Everything that candidates are made of, and the bundle that the best of them becomes."""

    work: Work
    before: Sequence[Step]
    """Steps that are applied to the original at once, whatever the candidate."""
    output: Path
    force: bool = False


@dataclass(frozen=True)
class Candidate:
    """A model that may win, and the call that makes it."""

    name: str
    step: Step | None
    """None: the model in front of the search, as it is."""
    make: Callable[[], openvino.Model]
    reverted: tuple[str, ...] = ()
    """Operations that are put back as they were before the step."""

    @property
    def made_by(self) -> MadeBy:
        """The exact arguments, as data."""
        return self.step.record_call(self.name, self.reverted) if self.step else MadeBy(name=self.name, step=None)


class Search(ABC):
    """A search for the best way to take one step."""

    step: Step
    """With the settings that candidates share."""

    @abstractmethod
    def run(self) -> None:
        """Have candidates judged until nothing better is in sight. Raises OutOfTimeError where the time budget ends
        first, StepError or UsageError where the recipe's own settings cannot be taken."""

    @abstractmethod
    def report(self, candidate: Candidate, model: openvino.Model) -> StepReport:
        """The account of how a candidate's model was made, effects counted on it."""

    def cure(self, candidate: Candidate, within_s: float) -> str:
        """The end of the message about a candidate that could not be made: what it can be made without."""
        return ""


def journal_file(output: Path) -> Path:
    """The journal beside the bundle, which is replaced as a whole."""
    return output.with_name(f"{output.name}.search.jsonl")
