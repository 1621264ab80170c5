"""Which recipe a run goes by, with its data and seed, and where they come from if nobody named them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.bundle import read_manifest
from ovopt.match import best_match
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from ovopt.recipe import Recipe, load_recipe, parse_recipe, with_data
from ovopt.workflow.beside import Beside
from ovopt.workflow.options import Options, as_recipe

if TYPE_CHECKING:
    from ovopt.workflow.options import Data


@dataclass(frozen=True)
class Chosen:
    """A recipe and a seed. `why` is empty where the user named the recipe."""

    recipe: Recipe
    seed: int
    why: str


def choose(
    recipe: Recipe | str | Path | None, data: Data, models: Sequence[str | Path], options: Options, guess: bool
) -> Chosen:
    """The recipe that was named; else that of the first bundle among the models; else, where a `guess` is wanted, the
    one whose `match` fits the first model and that has data or was given some; else the generic one."""
    seed = options.seed or 0
    if recipe is not None:
        return Chosen(as_recipe(recipe, data, options, Beside(models[0], options.trust).filled), seed, "")
    found = _of_a_bundle(data, models, options) or (_matching(data, models[0], options) if guess else None)
    return found or Chosen(as_recipe(None, data, options, Beside(models[0], options.trust).filled), seed, "")


def _of_a_bundle(data: Data, models: Sequence[str | Path], options: Options) -> Chosen | None:
    for manifest in [read_manifest(path) for path in models]:
        if manifest and manifest.data and manifest.recipe.get("data", {}).get("source"):
            what = "recipe, data and seed" if data is None else "recipe and seed"
            said = f"{what} as in the manifest of {manifest.model.path}"
            raw = with_data(manifest.recipe, str(data)) if isinstance(data, str | Path) else manifest.recipe
            seed = manifest.data.seed if options.seed is None else options.seed
            return Chosen(parse_recipe(raw, f"{manifest.model.path}/ovopt.json", options.overrides), seed, said)
    return None


def _matching(data: Data, model: str | Path, options: Options) -> Chosen | None:
    path = data if isinstance(data, str | Path) else None
    matched = best_match(Path(model), facts(read_model(model, trust=options.trust)))
    if matched:
        recipe = load_recipe(matched.name, path, options.overrides, Beside(model, options.trust).filled)
        if recipe.data.source or data is not None:
            why = f"recipe {matched.name}, because {matched.why}; --recipe generic takes no such guess"
            return Chosen(recipe, options.seed or 0, why)
    return None
