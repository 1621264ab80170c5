"""A report format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from ovopt.records import Comparison


@dataclass(frozen=True)
class View:
    """Width in characters, and colours, of the place where a report is shown."""

    width: int
    colour: bool


class Report(ABC):
    """A format: a pure function from the comparison to text."""

    name: ClassVar[str]
    mark: ClassVar[str | None] = None
    """Text at the beginning of every such report, so that a newer one may replace it; None where there is none."""

    @abstractmethod
    def render(self, comparison: Comparison, view: View) -> str:
        """The whole report."""
