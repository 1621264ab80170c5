"""The sections of a recipe that are known before a model is run: its name, its data, what the user asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from ovopt.data.columns import LABELS
from ovopt.data.content import read_table
from ovopt.data.files import by_name, header_of
from ovopt.data.layout import folders_in, names_in
from ovopt.data.own_splits import own_splits_in, usual_split
from ovopt.data.recognition import HUB, other_layouts, settings_of
from ovopt.data.text import SENTENCES
from ovopt.data.voc import holds_both
from ovopt.errors import DataError, UsageError, did_you_mean
from ovopt.given_file import open_file
from ovopt.locate import expand
from ovopt.model.files.opened import OpenedModel
from ovopt.recipe import Override, Overrides, find_recipe, with_data, with_overrides
from ovopt.recipe.yaml_file import read_yaml
from ovopt.workflow.comparing.taking_part import BASELINE, NamedModel
from ovopt.workflow.drafting.draft import Draft
from ovopt.workflow.drafting.question import question

Paths = str | Path | Mapping[str, Any]
"""A path, or those of each of the data's own splits."""
LOOKED_AT = 1 << 16
"""Bytes of a text file."""
SCALES = (1, 2, 4, 8)
"""Sides of an image, of those of its classes for each pixel; cells of detectors are larger."""
SPLITS = "splits"
NAMED = ("hf", "npz", "splits")
"""Kinds of source whose labels have a name."""
TABLES = (".csv", ".tsv")
FOLDERS, ROWS = 20, 20
"""So many folders are looked through for a table of labels, and so many rows of one are held against the files."""
HELP = "`ovopt recipes check` explains what is wrong with it, `ovopt recipes schema` helps editors."


@dataclass(frozen=True)
class Asked:
    """The user's words about the recipe."""

    data: Paths | None = None
    recipe: str | Path | None = None
    """A recipe to start from."""
    task: str | None = None
    label: str | None = None
    settings: Overrides = ()

    @property
    def later(self) -> Overrides:
        """The settings for a draft whose source was found: one that gives all of the source was taken for that."""
        return [one for one in self.settings if Override.of(one).keys != ["data", "source"]]

    def sets(self, section: str) -> bool:
        """True where a setting is about a section, or a key of it."""
        return any(Override.of(setting).keys[:1] == [section] for setting in self.settings)


def started(model: OpenedModel, asked: Asked) -> Draft:
    """The beginning of a recipe. Raises DataError where nothing reads the data, RecipeError where there is no recipe of
    the name to start from, UsageError where there are no data."""
    raw = dict(read_yaml(find_recipe(asked.recipe))[0]) if asked.recipe is not None else {}
    section, said = _without_unlabelled(_with_source(raw, asked))
    if asked.task == "forecasting" and section["source"]["kind"] == "hf":
        section["source"] = _as_series(section["source"], model)
    begun = header(model, raw)
    if section["source"]["kind"] == "voc":
        section["source"] = {**section["source"], **_of_masks(section["source"], model)}
    more = {"task": asked.task, "data": section} if asked.task else {"data": section}
    if isinstance(asked.data, str | Path) and (others := other_layouts(str(asked.data), section["source"]["kind"])):
        said = [*said, others]
    begun = replace(begun, sections={**begun.sections, **more}).with_comments("data", *said)
    return begun.with_settings([*_label_setting(section["source"], asked), *asked.later])


def header(model: OpenedModel, raw: Mapping[str, Any]) -> Draft:
    """The beginning of a recipe: its version, a name, and the sections of one to start from but its data."""
    path = Path(model.name if model.label else model.path)
    whole = path.is_dir() or str(path).startswith(HUB)
    family = (path.resolve().name if whole else path.stem).lower().replace("_", "-")
    sections = {
        "ovopt": 1,
        "family": raw.get("family", family),
        "description": raw.get("description", f"Written for {path.name}; say here what it does."),
        **{key: value for key, value in raw.items() if key not in ("ovopt", "family", "description", "match", "data")},
    }
    return Draft(sections, {"ovopt": (HELP,)})


def _with_source(raw: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    given = with_overrides(raw, [one for one in asked.settings if Override.of(one).keys[:2] == ["data", "source"]])
    if asked.data is None:
        section = given.get("data") or {}
        if not section.get("source"):
            raise question("there are no data", ["--data PATH"])
        return dict(section)
    try:
        made = with_data(given, asked.data)
    except DataError:
        known = given.get("data", {}).get("source", {}).get("kind")
        if not known or not isinstance(asked.data, str | Path):
            raise
        made = {**given, "data": {**given["data"], "source": {**given["data"]["source"], "path": str(asked.data)}}}
    section = dict(made["data"])
    source = section["source"]
    if source["kind"] == "video":
        section.setdefault("group", "film")
    if source["kind"] in ("files", "text") and not {"label", "labels"} & source.keys():
        found = _labels_in if source["kind"] == "files" else _labels_behind
        section["source"] = {**source, **found(expand(source["path"]))}
    return section


def _as_series(source: Mapping[str, Any], model: OpenedModel) -> dict[str, Any]:
    """A table as a series, of which the model foretells as many times as its output is long."""
    outputs = NamedModel(BASELINE, model, {}, {}).facts.outputs
    times = [dim for port in outputs for dim in (port.shape or ())[1:] if dim and dim > 1]
    return {"kind": "series", "path": source["path"], **({"horizon": times[0]} if times else {})}


def _of_masks(source: Mapping[str, Any], model: OpenedModel) -> dict[str, str]:
    """The setting that takes masks where boxes lie too, for a model of one output that has a class for each pixel."""
    if "target" in source:
        return {}
    facts = NamedModel(BASELINE, model, {}, {}).facts
    sides = [port.shape[-2:] for port in facts.inputs if port.shape and len(port.shape) == 4]
    shapes = [port.shape or () for port in facts.outputs]
    if len(shapes) != 1 or len(shapes[0]) not in (3, 4) or len(sides) != 1 or not holds_both(expand(source["path"])):
        return {}
    scales = [side / own if side and own else 1 for side, own in zip(sides[0], shapes[0][-2:], strict=True)]
    return {"target": "masks"} if scales[0] == scales[1] and scales[0] in SCALES else {}


def _without_unlabelled(section: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A root of splits whose parts without labels, such as a contest's test set, only calibrate or are left out; with
    what is said of that."""
    source = section["source"]
    if source["kind"] != SPLITS or "path" not in source or "parts" in source:
        return section, []
    places = own_splits_in(expand(source["path"]))
    flat = [name for name, found in places.items() if all(map(_is_flat, found))]
    gone = [name for name in flat if usual_split(name) != "calibration"]
    if not flat or len(flat) == len(places):
        return section, []
    parts = {name: [_part(place, name in flat) for place in places[name]] for name in places if name not in gone}
    said = [f"Left out, for there are no labels in it: {', '.join(gone)}."] if gone else []
    return {**section, "source": {**{k: v for k, v in source.items() if k != "path"}, "parts": parts}}, said


def _part(place: Path, unlabelled: bool) -> Any:
    return {"kind": "files", "label": "none", "path": str(place)} if unlabelled else str(place)


def _is_flat(place: Path) -> bool:
    """True for a folder of files that no kind of labelled data knows."""
    if not place.is_dir() or settings_of(str(place), {})["kind"] != "files":
        return False
    return _labels_in(place) == {"label": "none"}


def _labels_in(folder: Path) -> dict[str, str]:
    """Settings that find the labels of a folder of files, if not in the names of its folders."""
    if (folder / "labels.csv").is_file():
        return {"labels": "labels.csv"}
    if not any(place.is_dir() for place in folder.iterdir()):
        return {"label": "none"}
    tables = [table for place in islice(folders_in(folder), FOLDERS) for table in names_in(place, TABLES)]
    names = by_name(folder) if tables else {}
    return next((found for table in tables if (found := _labels_of(table, folder, names))), {})


def _labels_of(table: Path, folder: Path, names: Mapping[str, Path]) -> dict[str, str]:
    """Settings for a table whose first column names files and another, of a usual name, their labels."""
    try:
        header = header_of(table)
        rows = [cells for _, cells in islice(read_table(table, header), ROWS)]
    except DataError:
        return {}
    column = next((name for usual in LABELS for name in header[1:] if name.lower() == usual), None)
    if column is None or not rows or not all(row[0] in names or (folder / row[0]).is_file() for row in rows):
        return {}
    return {"labels": str(table.relative_to(folder)), "column": column}


def _labels_behind(file: Path) -> dict[str, str]:
    """Settings that find the labels of a text file, where every line of its beginning has one behind a tab. Sentences
    of tagged words need none."""
    if file.suffix.lower() == SENTENCES:
        return {}
    with open_file(file, DataError) as stream:
        lines = stream.read(LOOKED_AT).decode(errors="replace").splitlines()[:-1]
    cells = [line.rpartition("\t") for line in lines if line.strip()]
    return {"label": "tab"} if cells and all(text.strip() and label.strip() for text, _, label in cells) else {}


def _label_setting(source: Mapping[str, Any], asked: Asked) -> Sequence[Override]:
    """`--label` as a setting of the source. Raises UsageError where that has no columns."""
    if asked.label is None:
        return ()
    if source["kind"] not in NAMED:
        raise UsageError(f"--label {asked.label}: data of the kind {source['kind']} have no columns to choose from")
    npz = source["kind"] == "npz" or ".npz" in str(source.get("parts", ""))
    key = "labels" if npz else "label"
    return (Override(f'data.source.{key}="{asked.label}"', f"--label {asked.label}"),)


def checked_task(task: str | None, known: Sequence[str]) -> None:
    """Raises UsageError for a task that there is not."""
    if task is not None and task not in known:
        raise UsageError(f"--task {task}: no such task; {did_you_mean(task, known)}")
