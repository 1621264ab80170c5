"""A report format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from ovopt.records import Comparison


@dataclass(frozen=True)
class View:
    """How a report is to be drawn."""

    width: int
    colour: bool


class Report(ABC):
    """A format: a pure function from the comparison to text."""

    name: ClassVar[str]
    mark: ClassVar[str | None] = None
    """What stands at the beginning of every such text, so that a newer one may replace it; None where nothing does."""

    @abstractmethod
    def render(self, comparison: Comparison, view: View) -> str:
        """The whole report."""
