"""A bundle held against the one that was made again."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ovopt.records.base import Record


class Versions(Record):
    """One thing that a result may depend on: as it was, and as it is now."""

    name: str
    then: str | None
    now: str | None


class Rebuilt(Record):
    """A bundle, and the one that was made as its manifest says."""

    schema_: Literal["ovopt.rebuilt/1"] = Field("ovopt.rebuilt/1", alias="schema")
    bundle: str
    output: str
    weights_identical: bool = Field(description="the .bin files, byte for byte")
    graph: Literal["identical", "renumbered", "different"] = Field(
        description="the .xml files; renumbered: equal but for the numbers in names that a process counts"
    )
    versions: tuple[Versions, ...] = Field(description="that differ: of packages, ovopt and the processor")
    labels: tuple[str, ...] = Field(description="what was not as the manifest says, and --force let pass")

    @property
    def same(self) -> bool:
        """True where the bundle was made again."""
        return self.weights_identical and self.graph != "different"
