"""A search: its goal, what it starts from, its candidates, and decisions on what came of each."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.contracts import Step
from ovopt.output import Output
from ovopt.records import MadeBy, StepReport
from ovopt.records.search import Aim, State, Trial
from ovopt.time_budget import Clock
from ovopt.turns import LEAST_SPEEDUP
from ovopt.workflow.applying.work import Work

if TYPE_CHECKING:
    import openvino


@dataclass(frozen=True)
class Goal:
    """Limits of a search: quality that may be lost, as people write it, and time."""

    max_drop: float | str
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
    output: Output


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
    return output.parent / f"{output.name}.search.jsonl"


SMALL = 1.06
"""A gain below this is measured twice."""
NOISE = 0.1
"""Share by which a quick measurement may be off."""


def state_of(low: float, high: float, max_drop: float) -> State:
    """The state that an interval of the drop has against the budget."""
    if high <= max_drop:
        return "kept"
    return "missed" if low > max_drop else "open"


def unjudged(name: str, reverted: Sequence[str], speedup: float | None, seconds: float) -> Trial:
    """Trial of a candidate that was timed, and is not worth more than that."""
    return Trial(
        name=name,
        reverted=tuple(reverted),
        drop=0.0,
        low=0.0,
        high=0.0,
        n=0,
        state="slower",
        speedup=speedup,
        seconds=seconds,
    )


def settled(trials: Sequence[Trial], max_drop: float, exact: float | None) -> bool:
    """Tells whether no further way to quantize the whole model is worth its calibration, of which the first quantizes
    the most: that one is acceptable and pays; or one of two is acceptable, or none of two is faster than what loses
    nothing, whose speed-up is `exact` where that is not the original."""
    acceptable = [trial.speedup or 0.0 for trial in trials if trial.acceptable(max_drop)]
    if len(trials) > 1:
        return bool(acceptable) or all((trial.speedup or 0.0) < (exact or 1.0) for trial in trials)
    return any(speedup >= LEAST_SPEEDUP * (exact or 1.0) for speedup in acceptable)


def winner(trials: Iterable[Trial], max_drop: float, aim: Aim = "speed") -> Trial | None:
    """The fastest acceptable candidate that is faster than the original; or the smallest that is smaller, and of two of
    a size the more exact one."""
    ready = [trial for trial in trials if trial.acceptable(max_drop)]
    if aim == "size":
        smaller = [(trial.size_ratio, trial) for trial in ready if (trial.size_ratio or 1) < 1]
        return min(smaller, key=lambda pair: (round(pair[0] or 1, 3), pair[1].drop))[1] if smaller else None
    faster = [trial for trial in ready if trial.speedup is not None and trial.speedup >= LEAST_SPEEDUP]
    return max(faster, key=lambda trial: trial.speedup or 0.0) if faster else None
