"""What every use case may be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovopt.contracts import Advance, Progress
from ovopt.recipe import Overrides, Recipe, load_recipe

if TYPE_CHECKING:
    from typing import TypeAlias

    import datasets

    Data: TypeAlias = str | Path | datasets.Dataset | None


class Silent:
    """Progress that nobody watches."""

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator[Advance]:
        """Count nothing."""
        yield lambda amount=1, note="": None

    def say(self, message: str) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Options:
    """How a use case runs, whatever it does."""

    seed: int | None = None
    """Decides splits and every random choice; None is 0, or the seed that made a bundle."""
    force: bool = False
    trust: bool = False
    """Whether code that comes with a model may run: pickled modules, factories, code in a Hugging Face folder."""
    overrides: Overrides = ()
    """`path.to.key=value` settings of the recipe."""
    progress: Progress = field(default_factory=Silent)


def as_recipe(
    recipe: Recipe | str | Path | None, data: Data, options: Options, fill: Callable[[Any], Any] | None = None
) -> Recipe:
    """The recipe, loaded where only its name is given, with data and overrides in their places."""
    if not isinstance(recipe, Recipe):
        return load_recipe(recipe, data if isinstance(data, str | Path) else None, options.overrides, fill)
    if options.overrides or isinstance(data, str | Path):
        raise TypeError("a loaded recipe takes no overrides and no path of data: give them to load_recipe")
    return recipe
