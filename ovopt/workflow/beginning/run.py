"""A use case under way: its opened models, recipe, seed and data, and the stamp of its results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import ovopt
from ovopt.bench.machine import machine
from ovopt.model.files.opened import OpenedModel, opened
from ovopt.preparing.prepared import Prepared, prepare
from ovopt.recipe import Recipe
from ovopt.records import Machine, Manifest, Port, RecipeFile
from ovopt.room import check_room
from ovopt.workflow.beginning.options import Options
from ovopt.workflow.beginning.recipe_choice import choose

if TYPE_CHECKING:
    from ovopt.contracts import Step
    from ovopt.model.files.opened import ModelLike
    from ovopt.workflow.beginning.options import Data, RecipeLike

    S = TypeVar("S", bound=Step)


class Stamp(TypedDict):
    """Origin of a result: version of ovopt, time, machine."""

    ovopt: str
    created: str
    machine: Machine


def stamp(options: Options) -> Stamp:
    """The origin of a result that is made now."""
    created = options.clock().isoformat(timespec="seconds")
    return {"ovopt": ovopt.__version__, "created": created, "machine": machine()}


@dataclass(frozen=True)
class Run:
    """Models in the order given, the first of them the original, and what they are run by."""

    models: tuple[OpenedModel, ...]
    recipe: Recipe
    seed: int
    options: Options
    why: str = ""
    """The reason for the recipe; empty where the user named it."""
    data: Any = None
    """A data set in memory, in place of the recipe's source."""
    recipe_file: RecipeFile | None = None
    made: tuple[Manifest, ...] = ()
    """Of bundles whose samples are to be divided as they were for them, beside those of the models."""

    @property
    def model(self) -> OpenedModel:
        """The first model."""
        return self.models[0]

    @property
    def notes(self) -> list[str]:
        """Remarks on the choice of the recipe, for a result."""
        return [self.why] if self.why else []

    def prepare(self, inputs: Sequence[Port]) -> Prepared:
        """The samples for a model with these inputs. Raises DataError where there are none."""
        made = [*self.made, *(model.manifest for model in self.models if model.manifest)]
        return prepare(self.recipe, inputs, self.seed, self.data, made)

    def step(self, kind: type[S]) -> S:
        """The recipe's own step of this kind; one with its defaults where it has none."""
        return next((step for step in self.recipe.optimize if isinstance(step, kind)), None) or kind()

    def tell(self) -> None:
        """Say why this recipe."""
        for note in self.notes:
            self.options.progress.say(note)


@contextmanager
def begin(
    models: Sequence[ModelLike],
    recipe: RecipeLike,
    data: Data,
    options: Options,
    *,
    guess: bool = True,
) -> Iterator[Run]:
    """Models opened and a recipe chosen, before any work. `guess`: a recipe that fits the first model will do.

    Raises UsageError where an argument is of no use, or the process has no room for a model.
    """
    check_room()
    with opened(models, options.trust) as found:
        chosen = choose(recipe, data, found, options, guess)
        yield Run(found, chosen.recipe, chosen.seed, options, chosen.why, chosen.data, chosen.file)
