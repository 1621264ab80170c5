"""The comparison file itself."""

from __future__ import annotations

from typing import ClassVar

from ovopt.contracts import Report, View
from ovopt.records import Comparison


class Json(Report):
    """Everything, raw values included."""

    name: ClassVar[str] = "json"
    mark: ClassVar[str] = '"ovopt.comparison/'

    def render(self, comparison: Comparison, view: View) -> str:
        """One JSON document."""
        return comparison.model_dump_json(by_alias=True)
