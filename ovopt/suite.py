"""The suite: a list of models, and the command that `ovopt sweep` runs on each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from ovopt.errors import UsageError
from ovopt.loss import MaxDrop
from ovopt.recipe import load_record
from ovopt.records import Budgets, Record

Name = Annotated[str, StringConstraints(pattern=r"^\w[\w.-]*$", max_length=80)]
Way = Literal["optimize", "quantize", "compress", "simplify"]
SEARCHES = ("quantize", "compress")
"""Ways that may be held to `max_drop`."""
TABLE, PAGE = "sweep.json", "index.html"
"""What stands beside the folders of the models."""


class Entry(Record):
    """A model, and what is to be done to it. Paths are relative to the current folder, as in recipes."""

    name: Name = Field(description="what the table calls it, and the folder of its results")
    model: str = Field(min_length=1, description="a model file or folder, a bundle, or hf:NAME")
    recipe: str | None = Field(default=None, description="a recipe's name or file; default: the one that fits")
    data: str | dict[str, str | tuple[str, ...]] | None = Field(
        default=None,
        description="samples, as --data takes them, or by the split of each part: {train: a.npz, test: b.npz}; "
        "default: the recipe's",
    )
    steps: Way = Field(default="optimize", description="the command that makes the bundle")
    max_drop: MaxDrop | None = Field(
        default=None,
        description="of quantize and compress: search within this loss, in the metric's own unit, as `1%` of the "
        "original's value, or `budget`, what `budgets` allow",
    )
    simplify: bool = Field(default=True, description="of quantize and compress: rewrite the graph first")
    seed: int | None = Field(default=None, description="decides splits and every random choice; default: the sweep's")
    set: tuple[str, ...] = Field(default=(), description="settings of the recipe: path.to.key=value")
    budgets: Budgets = Field(default=Budgets(), description="in place of the recipe's own")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.name.casefold() in (TABLE, PAGE):
            raise PydanticCustomError("taken", "{name} is the name of a file of the sweep's own", {"name": self.name})
        if self.max_drop is not None and self.steps not in SEARCHES:
            raise PydanticCustomError(
                "no_search",
                "Give max_drop with `steps: quantize` or `steps: compress` ({steps})",
                {"steps": self.steps},
            )
        return self


class Suite(Record):
    """Models, each with what `ovopt sweep` does to it."""

    ovopt: Literal[1] = Field(description="the schema's version")
    title: str = Field(default="", description="the heading of the page")
    models: tuple[Entry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = Counter(entry.name.casefold() for entry in self.models)
        for entry in self.models:
            if names[entry.name.casefold()] > 1:
                raise PydanticCustomError("twice", "Name every model once ({name} is twice)", {"name": entry.name})
        return self


def load_suite(file: str | Path) -> Suite:
    """The suite in a YAML file; RecipeError with every fault on a line: file and line, key path, what is wrong.
    UsageError where `file` is no path."""
    if not isinstance(file, str | Path):
        raise UsageError(f"suite: {file!r} is not a path or an ovopt.Suite")
    return load_record(Path(file), Suite, "a suite")
