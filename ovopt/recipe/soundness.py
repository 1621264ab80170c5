"""A recipe that means something: what no single key tells, and no model or sample is needed to see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ovopt.contracts import Metric
from ovopt.contracts.own_code import OwnCode
from ovopt.data.own_splits import SplitError
from ovopt.data.shards import is_there
from ovopt.data.split import check_amounts
from ovopt.errors import RecipeError, did_you_mean, quoted
from ovopt.given_file import check_path
from ovopt.locate import expand
from ovopt.recipe import Override, Overrides, Recipe, find_recipe, load_recipe
from ovopt.recipe.faults import Fault, refuse
from ovopt.recipe.own_code import code_of
from ovopt.recipe.yaml_file import read_yaml, short

FILES = ("tokenizer", "file")
"""Keys of transforms and decoders whose values are paths."""
LATER = ("hf:", "{model}", "{metadata:")
"""What begins so is not on disk, or beside a model that is not known yet."""


def load_sound_recipe(
    name: str | Path, data: str | Path | Mapping[str, Any] | None = None, overrides: Overrides = ()
) -> Recipe:
    """The recipe of this name or file, as `load_recipe` gives it. Raises RecipeError as that, and where its parts do
    not go together; DataError where `data` is nothing that a source reads."""
    recipe, file = load_recipe(name, data, overrides), find_recipe(name)
    refuse(list(_faults(recipe)), short(file), [Override.of(one) for one in overrides], read_yaml(file)[1])
    return recipe


def budget_hint(named: str, metrics: Sequence[Metric]) -> str:
    """A clause on a budget whose metric is none of the recipe's: what that is called there, or the nearest one."""
    own = dict.fromkeys(metric.label for metric in metrics if metric.name == named)
    if own:
        return f"with its parameters it is called {' and '.join(map(repr, own))}"
    return did_you_mean(named, [metric.label for metric in metrics])


def _faults(recipe: Recipe) -> Iterator[Fault]:
    try:
        check_amounts(recipe.data.splits)
    except SplitError as error:
        yield Fault(error.key, error.why)
    labels = [metric.label for metric in recipe.metrics]
    for named in recipe.budgets.accuracy:
        if named not in labels:
            yield Fault(f"budgets.accuracy.{named}", f"not among `metrics`; {budget_hint(named, recipe.metrics)}")
    yield from _lost(recipe.data.source, "path", "data.source")
    yield from (Fault(f"{key}.call", f"{own.file}: there is no such file") for key, own in _lacking(recipe))
    for section in ("preprocess", "postprocess"):
        for place, plugin in enumerate(getattr(recipe, section)):
            for key in FILES:
                yield from _lost(plugin, key, f"{section}[{place}].{plugin.name}")


def _lacking(recipe: Recipe) -> Iterator[tuple[str, OwnCode]]:
    return ((key, own) for key, own in code_of(recipe) if not own.call.startswith(LATER) and not own.file.is_file())


def _lost(plugin: Any, key: str, place: str) -> Iterator[Fault]:
    """The files and folders that a plug-in's key names and that are not there."""
    given = getattr(plugin, key, None)
    for path in given if isinstance(given, tuple) else (given,):
        if isinstance(path, str) and not path.startswith(LATER):
            try:
                found = is_there(check_path(expand(path), RecipeError))
            except RecipeError as error:
                yield Fault(f"{place}.{key}", str(error))
            else:
                if not found:
                    yield Fault(f"{place}.{key}", f"{quoted(path)}: there is no such file or folder")
