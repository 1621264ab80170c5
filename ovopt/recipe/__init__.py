"""Recipes of model families: where they are found, how a file becomes one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from ovopt.contracts import DataSource, Metric, plugins
from ovopt.data.recognition import SPLITS, absolute, check_there, settings_of
from ovopt.errors import RecipeError, UsageError, did_you_mean, quoted
from ovopt.given_file import check_file
from ovopt.locate import shipped
from ovopt.recipe.faults import Fault, explain, refuse, validate
from ovopt.recipe.overrides import Override, Overrides, budget_override, only_item, with_overrides
from ovopt.recipe.own_code import beside
from ovopt.recipe.places import places_in, without_places
from ovopt.recipe.sections import SECTIONS, TASK_METRICS, DataSection, Match, ModelSection, Recipe, Runtime, Task
from ovopt.recipe.yaml_file import Lines, read_yaml, short
from ovopt.records import Budgets, Record

__all__ = [
    "SECTIONS", "TASK_METRICS", "DataSection", "Match", "ModelSection", "Override", "Overrides", "Recipe", "Runtime",
    "Task", "budget_override", "find_recipe", "known_recipes", "load_recipe", "load_record", "parse_budgets",
    "parse_recipe", "places_in", "shipped_recipes", "with_data", "with_overrides", "without_places",
]  # fmt: skip

R = TypeVar("R", bound=Record)
DEFAULT = "generic"
MOST = 100
"""Entries of a section that lists plug-ins."""
KIND = ["data", "source", "kind"]
"""The key that decides between two layouts that fit some data."""


def load_recipe(
    name: str | Path | None = None,
    data: str | Path | Mapping[str, Any] | None = None,
    overrides: Overrides = (),
    fill: Callable[[Any], Any] | None = None,
) -> Recipe:
    """The recipe called `name` (a file, one in ./recipes, or one that ovopt ships; default: generic).

    `data` replaces the data source, `overrides` are `path.to.key=value` settings of any key. `fill` makes the
    values that stand for something of the model's. Raises RecipeError where there is no such recipe, and as
    `parse_recipe`; DataError as `with_data`.
    """
    file = find_recipe(name or DEFAULT)
    raw, lines = read_yaml(file)
    settings = [Override.of(override) for override in overrides]
    refuse(list(map(_place_in_file, places_in(raw))), short(file), (), lines)
    raw = beside(raw, file.parent)
    if data is not None:
        raw = with_data(with_overrides(raw, [one for one in settings if one.keys == KIND]), data)
    return parse_recipe(raw, short(file), overrides, lines, fill)


def _place_in_file(key: str) -> Fault:
    return Fault(
        f"runtime.properties.{key}",
        "names a place on disk, which a file may not choose for whoever runs it; take it out, and give "
        f"--set runtime.properties.{key}=... with the command",
    )


def with_data(raw: Mapping[str, Any], data: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's plain values with another path of the source's own kind, or a source of the kind that the path shows.
    A mapping is of the data's own splits: name -> path, or several.

    Raises DataError where there is nothing, or nothing that a source reads.
    """
    section = dict(raw["data"]) if isinstance(raw.get("data"), Mapping) else {}
    source = section.get("source")
    own = dict(source) if isinstance(source, Mapping) else {}
    settings = _of_parts(data, own) if isinstance(data, Mapping) else settings_of(str(data), own)
    if settings["kind"] == SPLITS and own.get("kind") not in (None, SPLITS):
        settings = {**{key: own[key] for key in own if key not in ("kind", "path")}, "each": own["kind"], **settings}
    return {**raw, "data": {**section, "source": settings}}


def _of_parts(data: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: own[key] for key in own if key not in ("path", "parts")} if own.get("kind") == SPLITS else {}
    listed = {name: list(part) if isinstance(part, list | tuple) else [part] for name, part in data.items()}
    parts = {name: [*map(_part, several)] for name, several in listed.items()}
    return {**kept, "kind": SPLITS, "parts": {name: one if len(one) > 1 else one[0] for name, one in parts.items()}}


def _part(part: str | Path | DataSource) -> Any:
    """Raises DataError where it is a path at which there is nothing."""
    if isinstance(part, DataSource):
        return {"kind": part.name, **part.model_dump(mode="json", exclude_defaults=True)}
    check_there(str(part))
    return absolute(str(part))


def find_recipe(name: str | Path) -> Path:
    """The file of a recipe. Raises RecipeError with the nearest known name where there is none, UsageError where
    `name` is no name."""
    if not isinstance(name, str | Path):
        raise UsageError(f"recipe: {name!r} is not a name or a file")
    given = Path(name)
    if given.suffix in (".yaml", ".yml"):
        return check_file(given, "recipe file", RecipeError)
    known = known_recipes()
    if str(name) not in known:
        raise RecipeError(f"no recipe is called {str(name)!r}; {did_you_mean(str(name), known)}")
    return known[str(name)]


def known_recipes() -> dict[str, Path]:
    """Every recipe by name: those in ./recipes hide shipped ones of the same name."""
    return {**shipped_recipes(), **_recipes_in(Path("recipes"))}


def shipped_recipes() -> dict[str, Path]:
    """The recipes that ovopt ships, by name."""
    return _recipes_in(shipped("recipes"))


def _recipes_in(folder: Path) -> dict[str, Path]:
    return {file.stem: file for file in sorted(folder.glob("*.yaml"), key=lambda file: file.stem)}


def parse_recipe(
    raw: Mapping[str, Any],
    said: str,
    overrides: Overrides = (),
    lines: Lines | None = None,
    fill: Callable[[Any], Any] | None = None,
) -> Recipe:
    """The recipe of plain values with overrides applied; `said` names their file in messages.

    Raises RecipeError with every fault on a line: file and line or option, key path, what is wrong, what is allowed.
    """
    settings = [Override.of(override) for override in overrides]
    raw = with_overrides(raw, settings)
    raw = fill(raw) if fill else raw
    faults: list[Fault] = []
    values = dict(raw)
    task = values.get("task", "any")
    values.setdefault("metrics", list(TASK_METRICS.get(task if isinstance(task, str) else "", ())))
    for section, (package, kind) in SECTIONS.items():
        values[section] = _read_plugins(values.get(section), plugins(package, kind), section, faults)
    if isinstance(values.get("data"), Mapping) and values["data"].get("source") is not None:
        values["data"] = {**values["data"], "source": _read_source(values["data"]["source"], faults)}
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        found = [fault for fault in error.errors(include_url=False) if fault["type"] != "is_instance_of"]
        faults += explain(found, values, Recipe, "")
    faults += _repeated(values["metrics"])
    refuse(faults, said, settings, lines)
    return recipe


def _repeated(metrics: Sequence[Metric]) -> Iterator[Fault]:
    """Metrics of one label: results have room for one."""
    for label, times in Counter(metric.label for metric in metrics).items():
        if times > 1:
            yield Fault("metrics", f"{quoted(label)} is listed {times} times")


def _read_plugins(entries: Any, known: Mapping[str, type[Any]], path: str, faults: list[Fault]) -> list[Any]:
    """Makes the plug-ins that a section lists, at this key path; faults are added to the list."""
    if entries is None:
        return []
    if not isinstance(entries, list):
        faults.append(Fault(path, "must be a list, each entry a name or a mapping of one name to its settings"))
        return []
    if len(entries) > MOST:
        faults.append(Fault(path, f"lists {len(entries):,} entries, and at most {MOST} are taken"))
        return []
    found = (_one(entry, known, f"{path}[{i}]", faults) for i, entry in enumerate(entries))
    return [plugin for plugin in found if plugin is not None]


def _one(entry: Any, known: Mapping[str, type[Any]], path: str, faults: list[Fault]) -> Any:
    name, values = (entry, {}) if isinstance(entry, str) else only_item(entry)
    presets = {key: (kind, v) for kind in known.values() for key, v in getattr(kind, "presets", {}).items()}
    if name in presets:
        kind, preset = presets[name]
        values = {**preset, **values} if isinstance(values, Mapping) else preset if values is None else values
    elif name in known:
        kind = known[name]
    else:
        hint = did_you_mean(str(name), [*known, *presets]) if name else "give a name, or one name with its settings"
        faults.append(Fault(path, f"unknown {quoted(name)}; {hint}" if name else hint))
        return None
    if values is not None and not isinstance(values, Mapping) and getattr(kind, "sole", None):
        values = {kind.sole: values}
    return validate(kind, {} if values is None else values, f"{path}.{name}", faults)


def _read_source(raw: Any, faults: list[Fault]) -> Any:
    """The data source of a recipe; None where `--data` is to bring its path, or where there are faults."""
    known = plugins("ovopt.data", DataSource)
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    if not isinstance(kind, str) or kind not in known:
        faults.append(Fault("data.source.kind", f"unknown {quoted(kind)}; {did_you_mean(str(kind), known)}"))
        return None
    path = known[kind].model_fields.get("path")
    if path and path.is_required() and "path" not in raw:
        return None  # `--data` brings it
    return validate(known[kind], {key: raw[key] for key in raw if key != "kind"}, "data.source", faults)


def parse_budgets(raw: Any, said: str, overrides: Overrides = ()) -> tuple[Budgets, dict[str, Any]]:
    """The `budgets` section of a recipe with overrides applied, and as it would be written.

    The rest of the recipe is not looked at: whoever only judges need not know its plug-ins. Raises RecipeError as
    `parse_recipe`.
    """
    settings = [Override.of(override) for override in overrides]
    section = with_overrides({"budgets": raw or {}}, settings)["budgets"]
    faults: list[Fault] = []
    budgets = validate(Budgets, section, "budgets", faults)
    refuse(faults, said, settings, None)
    return budgets, budgets.model_dump(mode="json", exclude_defaults=True)


def load_record(file: Path, kind: type[R], what: str) -> R:
    """The record of a YAML file of another kind than a recipe, called `what` in messages.

    Raises RecipeError where there is no such file, and as `parse_recipe`.
    """
    check_file(file, "file", RecipeError)
    raw, lines = read_yaml(file, what)
    faults: list[Fault] = []
    found: R = validate(kind, raw, "", faults)
    refuse(faults, short(file), (), lines)
    return found
