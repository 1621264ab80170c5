"""The recipe: one model family's preparation, metrics, optimizations, runtime settings and budgets.

Sections that list plug-ins (`preprocess`, `postprocess`, `metrics`, `optimize`) hold a name, or a mapping of one name
to its fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, Field, InstanceOf, ValidationError, WithJsonSchema, field_serializer
from pydantic.json_schema import JsonSchemaValue

from ovopt.contracts import DataSource, Decoder, Metric, Step, Transform, plugins
from ovopt.data.split import Splits
from ovopt.errors import DataError, RecipeError, did_you_mean
from ovopt.locate import expand, shipped
from ovopt.recipe.yaml_file import Lines
from ovopt.records import Budgets, Record

R = TypeVar("R", bound=Record)
DEFAULT = "generic"
TASK_METRICS: Mapping[str, tuple[str, ...]] = {
    "classification": ("top1",),
    "detection": ("map", "map50"),
    "segmentation": ("miou", "pixel_accuracy"),
    "image-to-image": ("psnr", "ssim"),
    "similarity": ("spearman", "pearson"),
    "token-classification": ("token_f1",),
    "retrieval": ("recall_at_1", "recall_at_10"),
    "recognition": ("exact_match", "cer"),
    "transcription": ("wer", "cer"),
    "events": ("frame_f1",),
    "verification": ("eer", "auroc"),
    "language-modelling": ("perplexity", "token_agreement"),
    "regression": ("mae", "rmse"),
    "any": ("cosine", "top1_agreement"),
}
"""What a recipe of each task is judged by unless it says otherwise."""
Task = Literal[
    "classification", "detection", "segmentation", "image-to-image", "similarity", "token-classification", "retrieval",
    "recognition", "transcription", "events", "verification", "language-modelling", "regression", "any",
]  # fmt: skip


SECTIONS: Mapping[str, tuple[str, Any]] = {
    "preprocess": ("ovopt.transforms", Transform),
    "postprocess": ("ovopt.decoders", Decoder),
    "metrics": ("ovopt.metrics", Metric),
    "optimize": ("ovopt.steps", Step),
}
"""The sections that list plug-ins: where they are found, and what they are."""


class ModelSection(Record):
    """How the model's ports are used."""

    shapes: dict[str, tuple[int | str, ...]] = Field(
        default={},
        description="input name (or index) -> shape; a dimension is a number, `?` for any, or a range `1..8`",
    )
    batch: int = Field(default=1, gt=0, description="samples per timed inference")
    output: int | str | tuple[int | str, ...] = Field(
        default=0, description="the output that metrics look at, by index or name; several for `postprocess` to join"
    )
    inputs: dict[str, int | float | tuple[int | float, ...]] = Field(
        default={}, description="inputs that are the same for every sample: input name -> value"
    )
    state: dict[str, str] = Field(
        default={},
        description="input name -> output name: what one inference of a sequence hands on to the next; zeros at first",
    )


class Match(Record):
    """How a model of this family is recognised when no recipe is named. All that is given must hold."""

    name: str | None = Field(default=None, description="a regular expression found in the model's folder or file name")
    inputs: tuple[tuple[int | None, ...], ...] = Field(default=(), description="shapes; null fits any size")
    outputs: tuple[tuple[int | None, ...], ...] = Field(default=(), description="shapes; null fits any size")
    operations: tuple[str, ...] = Field(default=(), description="operation types that the model has")
    without: tuple[str, ...] = Field(default=(), description="operation types that the model does not have")


def _of_file(value: Any) -> Any:
    """The lines of a text file, where a path stands in place of names. Without a model, what only it can fill in is
    none."""
    if not isinstance(value, str):
        return value
    if value.startswith(("{model}", "{metadata:")):
        return ()
    try:
        text = expand(value).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, RecipeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ValueError(f"{value}: {why}; list the names, or give a text file with one on each line") from None
    return tuple(line.strip() for line in text.removesuffix("\n").split("\n"))


_NAMES: JsonSchemaValue = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}
ClassNames = Annotated[tuple[str, ...], BeforeValidator(_of_file), WithJsonSchema(_NAMES)]


class DataSection(Record):
    """Which samples there are and how they are divided."""

    source: InstanceOf[DataSource] | None = None
    splits: Splits = Splits()
    classes: ClassNames = Field(
        default=(), description="class names in the order of the model's outputs, or a text file with one on each line"
    )
    on_bad_sample: Literal["refuse", "skip"] = Field(
        default="refuse", description="what to do with a sample that cannot be read or does not fit"
    )

    @field_serializer("source")
    def _dump_source(self, source: DataSource | None) -> dict[str, Any] | None:
        return source.model_dump(mode="json") if source else None


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


class Runtime(Record):
    """Settings that original and optimized share."""

    device: str = "CPU"
    hint: Annotated[
        Literal["LATENCY", "THROUGHPUT", "NONE"] | None,
        # Editors complete the two usual spellings; any case is read.
        BeforeValidator(
            _upper,
            json_schema_input_type=Literal["LATENCY", "THROUGHPUT", "NONE", "latency", "throughput", "none"] | None,
        ),
    ] = Field(default=None, description="performance hint; default: the one that fits the scenario")
    requests: int | None = Field(default=None, gt=0, description="parallel requests; default: the optimal number")
    properties: dict[str, str | int | float | bool] = Field(default={}, description="OpenVINO properties")


class Recipe(Record):
    """A whole recipe."""

    ovopt: Literal[1] = Field(description="the schema's version")
    family: str
    description: str = ""
    match: Match | None = None
    task: Task = "any"
    model: ModelSection = ModelSection()
    data: DataSection = DataSection()
    preprocess: tuple[InstanceOf[Transform], ...] = ()
    postprocess: tuple[InstanceOf[Decoder], ...] = ()
    metrics: tuple[InstanceOf[Metric], ...] = ()
    optimize: tuple[InstanceOf[Step], ...] = ()
    runtime: Runtime = Runtime()
    budgets: Budgets = Budgets()

    @field_serializer(*SECTIONS)
    def _dump_plugins(self, chosen: Sequence[Any]) -> list[dict[str, Any]]:
        return [{plugin.name: plugin.model_dump(mode="json", exclude_defaults=True)} for plugin in chosen]

    def resolved(self) -> dict[str, Any]:
        """The recipe as it would be written in a file, every override applied."""
        return {"ovopt": self.ovopt, **self.model_dump(mode="json", exclude_defaults=True)}


@dataclass(frozen=True)
class Override:
    """One setting of the recipe: `path.to[0].key=value`, the value in YAML, and the option that it came by.

    In a list of plug-ins, a name finds its entry: `optimize.quantize.preset=mixed`. Quotes keep dots together:
    `model.shapes."input.1"=[1,3,8,8]`.
    """

    text: str
    said: str
    """As the user wrote it, for messages."""

    @classmethod
    def of(cls, setting: Override | str) -> Override:
        """A plain text is what `--set` takes."""
        return setting if isinstance(setting, Override) else cls(setting, f"--set {setting}")

    @property
    def keys(self) -> list[str]:
        """The path, part by part."""
        found = re.findall(r'"([^"]+)"|([^.\[\]"]+)', self.text.partition("=")[0])
        return [quoted or plain for quoted, plain in found]

    @property
    def value(self) -> Any:
        """What is set. RecipeError where the text is no setting."""
        if "=" not in self.text or not self.keys:
            raise RecipeError(f"{self.said}: write {'path.to.key=value' if '--set' in self.said else 'KEY=VALUE'}")
        try:
            return yaml.safe_load(self.text.partition("=")[2])
        except yaml.YAMLError:
            raise RecipeError(f"{self.said}: the value is not valid YAML") from None

    def is_about(self, path: str) -> bool:
        """Whether a fault at this key path may be this setting's."""
        mine, theirs = ".".join(key for key in self.keys if not key.isdigit()), re.sub(r"\[\d+\]", "", path)
        return mine == theirs or theirs.startswith(f"{mine}.") or mine.startswith(f"{theirs}.")


Overrides = Sequence[Override | str]


def budget_override(budget: str) -> Override:
    """`--budget accuracy.top1.max_drop=0.01` as a setting of the recipe."""
    return Override(f"budgets.{budget}", f"--budget {budget}")


def load_recipe(
    name: str | Path | None = None,
    data: str | Path | None = None,
    overrides: Overrides = (),
    fill: Callable[[Any], Any] | None = None,
) -> Recipe:
    """The recipe called `name` (a file, one in ./recipes, or one that ovopt ships; default: generic).

    `data` replaces the data source, `overrides` are `path.to.key=value` settings of any key. `fill` makes the
    values that stand for something of the model's.
    """
    file = find_recipe(name or DEFAULT)
    raw, lines = _read_yaml(file)
    if data is not None:
        raw = with_data(raw, str(data))
    return parse_recipe(raw, _said(file), overrides, lines, fill)


def find_recipe(name: str | Path) -> Path:
    """The file of a recipe; RecipeError with the nearest known name."""
    given = Path(name)
    if given.suffix in (".yaml", ".yml"):
        if given.is_file():
            return given
        raise RecipeError(f"{given}: no such recipe file")
    known = known_recipes()
    if str(name) not in known:
        raise RecipeError(f"no recipe is called {str(name)!r}; {did_you_mean(str(name), known)}")
    return known[str(name)]


def known_recipes() -> dict[str, Path]:
    """Every recipe by name: those in ./recipes hide shipped ones of the same name."""
    return {
        file.stem: file for folder in (shipped("recipes"), Path("recipes")) for file in sorted(folder.glob("*.yaml"))
    }


def with_overrides(raw: Mapping[str, Any], overrides: Overrides) -> dict[str, Any]:
    """A recipe's plain values with overrides applied, one after the other."""
    changed = dict(raw)
    for override in overrides:
        setting = Override.of(override)
        value = setting.value
        if setting.keys[0] in SECTIONS and len(setting.keys) > 1 and changed.get(setting.keys[0]) is None:
            changed[setting.keys[0]] = []
        changed = _placed(changed, setting.keys, value, setting.said)
    return changed


def parse_recipe(
    raw: Mapping[str, Any],
    said: str,
    overrides: Overrides = (),
    lines: Lines | None = None,
    fill: Callable[[Any], Any] | None = None,
) -> Recipe:
    """Apply overrides and validate; RecipeError with every fault on a line: file and line or option, key path, what is
    wrong."""
    settings = [Override.of(override) for override in overrides]
    raw = with_overrides(raw, settings)
    raw = fill(raw) if fill else raw
    faults: list[str] = []
    values = dict(raw)
    task = values.get("task", "any")
    values.setdefault("metrics", list(TASK_METRICS.get(task if isinstance(task, str) else "", ())))
    for section, (package, kind) in SECTIONS.items():
        values[section] = _chosen(values.get(section), plugins(package, kind), section, faults)
    if isinstance(values.get("data"), Mapping) and values["data"].get("source") is not None:
        values["data"] = {**values["data"], "source": _source(values["data"]["source"], faults)}
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        found = [fault for fault in error.errors() if fault["type"] != "is_instance_of"]
        faults += _explained(found, values, Recipe, "")
    if faults:
        raise RecipeError("\n".join(f"{_laid_to(fault, said, settings, lines)}: {fault}" for fault in faults))
    return recipe


def parse_budgets(raw: Any, said: str, overrides: Overrides = ()) -> tuple[Budgets, dict[str, Any]]:
    """The `budgets` section of a recipe with overrides applied, and as it would be written; RecipeError as
    `parse_recipe`. The rest of the recipe is not looked at: whoever only judges need not know its plug-ins."""
    settings = [Override.of(override) for override in overrides]
    section = with_overrides({"budgets": raw or {}}, settings)["budgets"]
    faults: list[str] = []
    budgets = _validated(Budgets, section, "budgets", faults)
    if faults:
        raise RecipeError("\n".join(f"{_laid_to(fault, said, settings, None)}: {fault}" for fault in faults))
    return budgets, budgets.model_dump(mode="json", exclude_defaults=True)


def load_record(file: Path, kind: type[R], what: str) -> R:
    """A YAML file of another kind than a recipe, called `what` in messages; RecipeError as `parse_recipe`."""
    if not file.is_file():
        raise RecipeError(f"{file}: no such file")
    raw, lines = _read_yaml(file, what)
    faults: list[str] = []
    found: R = _validated(kind, raw, "", faults)
    if faults:
        raise RecipeError("\n".join(f"{_laid_to(fault, _said(file), (), lines)}: {fault}" for fault in faults))
    return found


def _laid_to(fault: str, file: str, settings: Sequence[Override], lines: Lines | None) -> str:
    """The option that brought a fault about, else the file and the line."""
    path = fault.partition(": ")[0]
    line = lines.of(path) if lines else None
    place = f"{file}:{line}" if line else file
    return next((setting.said for setting in reversed(settings) if setting.is_about(path)), place)


def _read_yaml(file: Path, what: str = "a recipe") -> tuple[dict[str, Any], Lines]:
    try:
        text = file.read_text(encoding="utf-8")
        raw, lines = yaml.safe_load(text), Lines(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}" if mark else str(file)
        raise RecipeError(f"{place}: not valid YAML: {getattr(error, 'problem', None) or error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{file}: cannot be read: {error}") from None
    if not isinstance(raw, dict):
        kind = "empty" if raw is None else "a list" if isinstance(raw, list) else "a plain value"
        raise RecipeError(f"{file}: {what} is a mapping of keys, this is {kind}")
    for key, line in lines.twice():
        raise RecipeError(f"{file}:{line}: {key} is given twice")
    return raw, lines


def _said(file: Path) -> str:
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)


def _chosen(entries: Any, known: Mapping[str, type[Any]], path: str, faults: list[str]) -> list[Any]:
    """The plug-ins that a section lists; faults are added to the list."""
    if entries is None:
        return []
    if not isinstance(entries, list):
        faults.append(f"{path}: must be a list, each entry a name or a mapping of one name to its settings")
        return []
    found = (_one(entry, known, f"{path}[{i}]", faults) for i, entry in enumerate(entries))
    return [plugin for plugin in found if plugin is not None]


def _one(entry: Any, known: Mapping[str, type[Any]], path: str, faults: list[str]) -> Any:
    name, values = (entry, {}) if isinstance(entry, str) else _only_item(entry)
    presets = {key: (kind, v) for kind in known.values() for key, v in getattr(kind, "presets", {}).items()}
    if name in presets:
        kind, preset = presets[name]
        values = {**preset, **values} if isinstance(values, Mapping) else preset if values is None else values
    elif name in known:
        kind = known[name]
    else:
        hint = did_you_mean(str(name), [*known, *presets]) if name else "give a name, or one name with its settings"
        faults.append(f"{path}: unknown {name!r}; {hint}" if name else f"{path}: {hint}")
        return None
    if values is not None and not isinstance(values, Mapping) and getattr(kind, "sole", None):
        values = {kind.sole: values}
    return _validated(kind, {} if values is None else values, f"{path}.{name}", faults)


def _only_item(entry: Any) -> tuple[Any, Any]:
    if isinstance(entry, Mapping) and len(entry) == 1:
        return next(iter(entry.items()))
    return None, None


def _source(raw: Any, faults: list[str]) -> Any:
    known = plugins("ovopt.data", DataSource)
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    if not isinstance(kind, str) or kind not in known:
        faults.append(f"data.source.kind: unknown {kind!r}; {did_you_mean(str(kind), known)}")
        return None
    path = known[kind].model_fields.get("path")
    if path and path.is_required() and "path" not in raw:
        return None  # `--data` brings it
    return _validated(known[kind], raw, "data.source", faults)


def _validated(kind: type[BaseModel], values: Any, path: str, faults: list[str]) -> Any:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        faults += _explained(error.errors(), values, kind, path)
        return None


def _explained(found: Sequence[Any], values: Any, kind: type[BaseModel], prefix: str) -> list[str]:
    """One line per place: a value that fits none of several types is one fault."""
    said: dict[str, str] = {}
    for fault in found:
        loc = fault["loc"] if fault["type"] == "missing" else _present(fault["loc"], values)
        said.setdefault(_path(prefix, loc), _explain({**fault, "loc": loc}, kind, prefix))
    return list(said.values())


def _present(loc: Sequence[str | int], values: Any) -> list[str | int]:
    """The part of a fault's place that the values have: behind it, pydantic names the type that it tried."""
    kept: list[str | int] = []
    for part in loc:
        in_list = isinstance(values, list | tuple) and isinstance(part, int)
        if not in_list and not (isinstance(values, Mapping) and part in values):
            break
        kept.append(part)
        values = values[part]
    return kept


def _explain(fault: Any, kind: type[BaseModel], prefix: str) -> str:
    """One line for a pydantic error: key path, what is wrong, what is allowed."""
    loc = fault["loc"]
    path = _path(prefix, loc)
    match fault["type"]:
        case "extra_forbidden":
            return f"{path}: unknown key; {did_you_mean(str(loc[-1]), _keys_at(kind, loc[:-1]))}"
        case "model_type" | "dict_type":
            keys = ", ".join(_keys_at(kind, loc))
            return f"{path}: must be a mapping ({keys}), not {fault['input']!r}"
        case "missing":
            return f"{path}: must be given"
        case "literal_error":
            allowed = fault["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
            return f"{path}: {fault['input']!r} is not one of {allowed}"
        case "value_error":
            said, given = str(fault["ctx"]["error"]), fault["input"]
            told = isinstance(given, Mapping | list | tuple) or str(given) in said
            return f"{path}: {said}" if told else f"{path}: {said}, not {given!r}"
        case _:
            return f"{path}: {fault['msg'][0].lower()}{fault['msg'][1:]}, not {fault['input']!r}"


def _path(prefix: str, loc: Sequence[str | int]) -> str:
    path = prefix
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _keys_at(kind: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """The keys that are known at a place in a model of records."""
    for part in loc:
        if isinstance(part, str) and part in kind.model_fields:
            kind = next(_records_in(kind.model_fields[part].annotation), kind)
    return list(kind.model_fields)


def _records_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _records_in(inner)


def with_data(raw: Mapping[str, Any], data: str) -> dict[str, Any]:
    """`--data`: another path of the recipe's own kind, or a source of the kind that the path shows."""
    section = dict(raw["data"]) if isinstance(raw.get("data"), Mapping) else {}
    source = section.get("source")
    source = dict(source) if isinstance(source, Mapping) else {}
    known = plugins("ovopt.data", DataSource)
    own, kind = known.get(source.get("kind", "")), recognised(data)
    if own and (own.recognises(data) or (kind and not known[kind].priority and Path(data).is_dir())):
        kind = own.name  # a folder that no kind knows by its content is what the recipe says
    if kind is None:
        if not Path(data).exists():
            raise DataError(f"{data}: no such data")
        raise DataError(f"{data}: no source reads this kind of file; say which with --set data.source.kind=...")
    kept = source if source.get("kind") == kind else {}
    path = data if data.startswith(("hf:", "{")) else str(Path(data).resolve())
    return {**raw, "data": {**section, "source": {**kept, "kind": kind, "path": path}}}


def recognised(data: str) -> str | None:
    """The kind of source that reads this path, if any does."""
    kinds = [kind for kind in plugins("ovopt.data", DataSource).values() if kind.recognises(data)]
    return max(kinds, key=lambda kind: kind.priority).name if kinds else None


def _placed(node: Any, keys: Sequence[str], value: Any, said: str) -> Any:
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(node, list):
        return _placed_in_list(node, key, rest, value, said)
    if node is not None and not isinstance(node, Mapping):
        raise RecipeError(f"{said}: {key!r} is below a plain value")
    return {**(node or {}), key: _placed((node or {}).get(key), rest, value, said)}


def _placed_in_list(node: list[Any], key: str, rest: Sequence[str], value: Any, said: str) -> list[Any]:
    if key.isdigit():
        if int(key) >= len(node):
            raise RecipeError(f"{said}: the list has {len(node)} entries, counted from 0")
        return [_placed(v, rest, value, said) if i == int(key) else v for i, v in enumerate(node)]
    names = [entry if isinstance(entry, str) else _only_item(entry)[0] for entry in node]
    if key not in names:
        return [*node, {key: _placed(None, rest, value, said)}]
    return [
        {key: _placed(entry[key] if isinstance(entry, dict) else None, rest, value, said)} if name == key else entry
        for name, entry in zip(names, node, strict=True)
    ]
