"""The recipe, data and seed that a run goes by, and what a recipe takes from the model itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovopt.bundle import read_manifest
from ovopt.errors import RecipeError, did_you_mean
from ovopt.match import best_match
from ovopt.model.files.locate import locate
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from ovopt.recipe import Recipe, load_recipe, parse_recipe, with_data
from ovopt.workflow.options import Options, as_recipe

if TYPE_CHECKING:
    from ovopt.workflow.options import Data

FOLDER, METADATA = "{model}", re.compile(r"\{metadata:(.+)\}")


@dataclass(frozen=True)
class Beside:
    """Fills in a recipe's texts: `{model}` at the beginning is the model's folder, `{metadata:KEY}` the lines that an
    ONNX model's metadata have under a key, such as the characters of a recogniser."""

    model: str | Path
    trust: bool = False

    def filled(self, value: Any) -> Any:
        """The same values with every such text filled in."""
        if isinstance(value, Mapping):
            return {key: self.filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if isinstance(value, str) and value.startswith(FOLDER):
            return str(self._folder / value.removeprefix(FOLDER).lstrip("/"))
        asked = METADATA.fullmatch(value) if isinstance(value, str) else None
        return self._lines(asked[1]) if asked else value

    @property
    def _folder(self) -> Path:
        return Path(self.model) if Path(self.model).is_dir() else locate(self.model).parent

    def _lines(self, key: str) -> list[str]:
        if key not in self._metadata:
            hint = did_you_mean(key, self._metadata)
            raise RecipeError(f"{{metadata:{key}}}: {self.model} has no such entry; {hint}")
        return self._metadata[key].removesuffix("\n").split("\n")

    @cached_property
    def _metadata(self) -> Mapping[str, str]:
        """OpenVINO keeps the `metadata_props` of an ONNX model in its rt_info, under `framework`."""
        model = read_model(self.model, trust=self.trust)
        if not model.has_rt_info("framework"):
            return {}
        entries = model.get_rt_info("framework").value
        return {key: str(getattr(entry, "value", entry)) for key, entry in entries.items()}


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
