"""The recipe, data and seed that a run goes by, and what a recipe takes from the model itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from ovopt.contracts import DataSource
from ovopt.data.content import hash_of
from ovopt.data.in_memory import is_prepared
from ovopt.data.splits import are_given, are_parts
from ovopt.errors import RecipeError, did_you_mean
from ovopt.model.files.opened import OpenedModel
from ovopt.recipe import Recipe, find_recipe, load_recipe, parse_recipe, places_in, with_data, without_places
from ovopt.recipe.match import best_match
from ovopt.recipe.own_code import of_bundle, trusted
from ovopt.records import RecipeFile
from ovopt.workflow.beginning.options import Options, check

if TYPE_CHECKING:
    from ovopt.workflow.beginning.options import Data, RecipeLike

Paths: TypeAlias = str | Path | Mapping[str, Any]
"""A path, or those of each of the data's own splits."""
FOLDER, METADATA = "{model}", re.compile(r"\{metadata:(.+)\}")


@dataclass(frozen=True)
class Beside:
    """Fills in a recipe's texts: `{model}` at the beginning is the model's folder, `{metadata:KEY}` the lines that an
    ONNX model's metadata have under a key, such as the characters of a recogniser."""

    model: OpenedModel

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
        path = Path(self.model.path)
        place = self.model.location
        return path if path.is_dir() else place if place.is_dir() else place.parent

    def _lines(self, key: str) -> list[str]:
        if key not in self._metadata:
            hint = did_you_mean(key, self._metadata)
            raise RecipeError(f"{{metadata:{key}}}: {self.model} has no such entry; {hint}")
        return self._metadata[key].removesuffix("\n").split("\n")

    @cached_property
    def _metadata(self) -> Mapping[str, str]:
        """OpenVINO keeps the `metadata_props` of an ONNX model in its rt_info, under `framework`."""
        model = self.model.model
        if not model.has_rt_info("framework"):
            return {}
        entries = model.get_rt_info("framework").value
        return {key: str(getattr(entry, "value", entry)) for key, entry in entries.items()}


@dataclass(frozen=True)
class Chosen:
    """A recipe and a seed, the file that it was read from, and the data set in memory that takes the place of its
    source. `why` is empty where the user named the recipe."""

    recipe: Recipe
    seed: int
    why: str
    data: Any = None
    file: RecipeFile | None = None


def choose(
    recipe: RecipeLike, data: Data, models: Sequence[OpenedModel], options: Options, guess: bool = True
) -> Chosen:
    """The recipe that was named; else that of the first bundle among the models; else, where a `guess` is wanted, the
    one whose `match` fits the first model and that has data or was given some; else the generic one.

    Raises UsageError for a recipe or data of a wrong type, RecipeError and DataError where they cannot be used.
    """
    check("recipe", recipe, "a name, a file or a Recipe", recipe is None or isinstance(recipe, Recipe | str | Path))
    chosen = _with_data(recipe, data, models, options, guess)
    said = chosen.file.path if chosen.file else f"recipe {chosen.recipe.family}"
    return replace(chosen, recipe=trusted(chosen.recipe, options.trust, said))


def _with_data(recipe: RecipeLike, data: Data, models: Sequence[OpenedModel], options: Options, guess: bool) -> Chosen:
    if data is None or is_on_disk(data):
        held = next((model.held for model in models if model.held is not None), None) if data is None else None
        chosen = _chosen(recipe, data, models, options, guess, given=held is not None)
        return chosen if held is None or chosen.recipe.data.source else replace(chosen, data=held)
    chosen = _chosen(recipe, None, models, options, guess, given=True)
    if isinstance(data, DataSource):
        return replace(chosen, recipe=_with_source(chosen.recipe, data))
    bare = _with_source(chosen.recipe, None)
    return replace(chosen, recipe=bare.model_copy(update={"preprocess": ()}) if is_prepared(data) else bare, data=data)


def is_on_disk(data: Any) -> TypeGuard[Paths]:
    """Tell what a recipe can name, a path or the data's own splits as paths and sources, from samples in memory."""
    return isinstance(data, str | Path) or (are_parts(data) and all(map(are_given, data.values())))


def _with_source(recipe: Recipe, source: DataSource | None) -> Recipe:
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"source": source})})


def _chosen(
    recipe: RecipeLike,
    path: Paths | None,
    models: Sequence[OpenedModel],
    options: Options,
    guess: bool,
    given: bool = False,
) -> Chosen:
    """`given`: there is data, beside that of the recipe."""
    seed, fill = options.seed or 0, Beside(models[0]).filled
    if isinstance(recipe, Recipe):
        changed = path is not None or options.overrides
        raw = recipe.resolved() if path is None else with_data(recipe.resolved(), path)
        return Chosen(parse_recipe(raw, "recipe", options.overrides, fill=fill) if changed else recipe, seed, "")
    if recipe is not None:
        return Chosen(load_recipe(recipe, path, options.overrides, fill), seed, "", file=_file(recipe))
    given = given or path is not None
    found = _of_a_bundle(path, models, options, given) or (
        _matching(path, models[0], options, given) if guess else None
    )
    return found or Chosen(load_recipe(None, path, options.overrides, fill), seed, _gone(models))


def _file(name: str | Path) -> RecipeFile:
    file = find_recipe(name)
    return RecipeFile(path=str(file), sha256=hash_of(file))


def _gone(models: Sequence[OpenedModel]) -> str:
    """The remark on a bundle whose own samples are not at hand."""
    made = next((model for model in models if model.manifest and model.manifest.data), None)
    return f"{made} was made with a data set in memory, which is not at hand; --data names samples" if made else ""


def _of_a_bundle(path: Paths | None, models: Sequence[OpenedModel], options: Options, given: bool) -> Chosen | None:
    for model in models:
        manifest, place = model.manifest, Path(model.path)
        if manifest and manifest.data and (given or manifest.recipe.get("data", {}).get("source")):
            what = "recipe and seed" if given else "recipe, data and seed"
            said = f"{what} as in the manifest of {manifest.model.path}"
            if places := places_in(manifest.recipe):
                said += (
                    f", but for {', '.join(places)}: places on disk come from --set runtime.properties.KEY=... alone"
                )
            raw = of_bundle(without_places(manifest.recipe), place if place.is_dir() else place.parent)
            raw = raw if path is None else with_data(raw, path)
            seed = manifest.data.seed if options.seed is None else options.seed
            return Chosen(parse_recipe(raw, f"{manifest.model.path}/ovopt.json", options.overrides), seed, said)
    return None


def _matching(path: Paths | None, model: OpenedModel, options: Options, given: bool) -> Chosen | None:
    matched = best_match(Path(model.name if model.label else model.path), model.facts)
    if matched:
        recipe = load_recipe(matched.name, path, options.overrides, Beside(model).filled)
        if recipe.data.source or given:
            why = f"recipe {matched.name}, because {matched.why}; --recipe generic takes no such guess"
            return Chosen(recipe, options.seed or 0, why, file=_file(matched.name))
    return None
