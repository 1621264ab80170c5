"""A candidate of a search, and a search that makes candidates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovopt.contracts import Step
from ovopt.records import MadeBy, StepReport

if TYPE_CHECKING:
    import openvino


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
