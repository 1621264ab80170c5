"""The JSON Schema of recipes accepts what ovopt reads, and refuses what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from ovopt.contracts import DataSource, Metric, plugins
from ovopt.errors import RecipeError
from ovopt.locate import shipped
from ovopt.recipe import SECTIONS, TASK_METRICS, Recipe, parse_recipe, reference
from ovopt.recipe.reference import recipe_schema

jsonschema = pytest.importorskip("jsonschema", reason="the extra `dev` brings jsonschema")

SHIPPED = sorted(shipped("recipes").glob("*.yaml"))
CHOSEN = [(section, name) for section, found in SECTIONS.items() for name in plugins(*found)]


@cache
def schema() -> dict[str, Any]:
    return recipe_schema()


@cache
def validator() -> Any:
    return jsonschema.Draft202012Validator(schema())


def recipe(**values: Any) -> dict[str, Any]:
    return {"ovopt": 1, "family": "example", **values}


def is_read(values: dict[str, Any]) -> bool:
    try:
        parse_recipe(values, "r.yaml")
    except RecipeError:
        return False
    return True


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(inner)


def test_it_is_a_schema_of_the_dialect_that_it_names() -> None:
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert jsonschema.validators.validator_for(schema()) is jsonschema.Draft202012Validator
    jsonschema.Draft202012Validator.check_schema(schema())


def test_every_reference_leads_somewhere() -> None:
    known = {f"#/$defs/{name}" for name in schema()["$defs"]}
    assert {node["$ref"] for node in nodes(schema()) if "$ref" in node} <= known


def test_classes_of_one_name_in_two_packages_are_two_definitions(monkeypatch: pytest.MonkeyPatch) -> None:
    class First(Metric):
        a: int

    class Second(Metric):
        b: int

    for number, kind in enumerate((First, Second)):
        kind.__module__, kind.__name__ = f"package_{number}.metrics", "Same"
    kinds = {"first": First, "second": Second}
    monkeypatch.setattr(reference, "plugins", lambda *found: kinds if found[1] is Metric else plugins(*found))
    described = jsonschema.Draft202012Validator(recipe_schema())
    assert described.is_valid(recipe(metrics=[{"first": {"a": 1}}, {"second": {"b": 1}}]))
    assert not described.is_valid(recipe(metrics=[{"second": {"a": 1}}]))


def test_every_key_is_there_and_no_other_is_allowed() -> None:
    assert schema()["properties"].keys() == Recipe.model_fields.keys()
    assert schema()["additionalProperties"] is False
    assert set(schema()["required"]) == {"ovopt", "family"}


def test_every_plugin_and_every_source_is_described_by_its_docstring() -> None:
    described = " ".join(node["description"] for node in nodes(schema()) if isinstance(node.get("description"), str))
    kinds = [kind for found in SECTIONS.values() for kind in plugins(*found).values()]
    for kind in (*kinds, *plugins("ovopt.data", DataSource).values()):
        assert (kind.__doc__ or "?").splitlines()[0] in described


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_recipe_fits(file: Any) -> None:
    found = validator().iter_errors(yaml.safe_load(file.read_text(encoding="utf-8")))
    assert [f"{error.json_path}: {error.message}" for error in found] == []


@pytest.mark.parametrize(("section", "name"), CHOSEN)
def test_a_plugin_without_keys_fits_unless_one_must_be_given(section: str, name: str) -> None:
    """That one of two keys must be given is said when the recipe is read."""
    kind = plugins(*SECTIONS[section])[name]
    complete = not any(field.is_required() for field in kind.model_fields.values())
    for entry in (name, {name: None}, {name: {}}):
        values = recipe(**{section: [entry]})
        assert validator().is_valid(values) == complete, entry
        assert complete or not is_read(values)


@pytest.mark.parametrize(("section", "name"), CHOSEN)
def test_a_plugin_with_an_unknown_key_does_not_fit(section: str, name: str) -> None:
    assert not validator().is_valid(recipe(**{section: [{name: {"no such key": 1}}]}))


@pytest.mark.parametrize("kind", plugins("ovopt.data", DataSource))
def test_a_source_fits_by_its_kind_alone(kind: str) -> None:
    for source in ({"kind": kind}, {"kind": kind, "path": "a"}, {"kind": kind, "path": "a", "pth": "b"}):
        values = recipe(data={"source": source})
        assert validator().is_valid(values) == is_read(values), source


@pytest.mark.parametrize("task", TASK_METRICS)
def test_every_task_fits(task: str) -> None:
    assert validator().is_valid(recipe(task=task))


@pytest.mark.parametrize(
    "values",
    [
        {"metrics": ["top1", "top5", {"top_k": {"k": 3}}, {"mae": None}]},
        {"preprocess": [{"cast": "float32"}, {"cast": {"dtype": "float32"}}, {"scale": 255}, {"center_crop": 224}]},
        {"runtime": {"hint": "latency"}},
        {"runtime": {"hint": "THROUGHPUT", "requests": 2, "properties": {"A": True, "B": 2, "C": "x"}}},
        {"runtime": {"hint": None}},
        {"model": {"shapes": {"x": [1, "?", "1..8"]}, "output": [0, "boxes"], "state": {"h": "h_next"}}},
        {"model": {"output": "scores", "inputs": {"rate": 16000}}},
        {"match": {"inputs": [[None, 3, 224, 224]], "operations": ["Convolution"]}},
        {"data": {"splits": {"calibration": 300, "tuning": 0.25, "gate": "rest"}, "classes": ["cat", "dog"]}},
        {"data": {"classes": "{model}/names.txt"}},
        {"data": {"source": {"kind": "files", "path": ["a", "b"], "rename": {"py": "python", "c": 3}}}},
        {"budgets": {"accuracy": {"top1": {"max_drop": 0.01}}, "size": {"max_ratio": 0.5}}},
        {"optimize": ["quantize", {"quantize": {"preset": "mixed", "ignored_scope": {"types": ["Softmax"]}}}]},
    ],
    ids=str,
)
def test_what_ovopt_reads_fits(values: dict[str, Any]) -> None:
    assert is_read(recipe(**values))
    assert [error.json_path for error in validator().iter_errors(recipe(**values))] == []


@pytest.mark.parametrize(
    "values",
    [
        {"optimise": []},
        {"ovopt": 2},
        {"family": 5},
        {"task": "regressing"},
        {"runtime": {"devise": "CPU"}},
        {"runtime": {"hint": "quick"}},
        {"runtime": {"requests": 0}},
        {"metrics": ["top2"]},
        {"metrics": "top1"},
        {"metrics": ["top_k"]},
        {"preprocess": ["sepia"]},
        {"preprocess": ["cast"]},
        {"preprocess": [{"cast": "float128"}]},
        {"preprocess": [{"normalize": {"mean": [0.5]}}]},
        {"preprocess": [{"scale": 255, "cast": "float32"}]},
        {"postprocess": ["sotfmax"]},
        {"postprocess": {"softmax": {}}},
        {"optimize": ["quantise"]},
        {"optimize": [{"quantize": 8}]},
        {"optimize": [{"quantize": {"preset": "fast"}}]},
        {"optimize": [{"quantize": {"subset_size": "many"}}]},
        {"optimize": [{"quantize": {"ignored_scope": {"name": ["a"]}}}]},
        {"data": ["a"]},
        {"data": {"split": {}}},
        {"data": {"splits": {"gate": [[1]]}}},
        {"data": {"source": {"path": "a.npz"}}},
        {"data": {"source": {"kind": "nzp", "path": "a.npz"}}},
        {"data": {"source": {"kind": "npz", "path": "a.npz", "label": "y"}}},
        {"data": {"source": "a.npz"}},
        {"match": {"nam": "x"}},
        {"model": {"output": [[1]]}},
        {"model": {"shapes": {"x": 3}}},
        {"budgets": {"size": {"max_ratio": -1}}},
        {"budgets": {"accuracy": {"top1": {"max_dorp": 0.1}}}},
        {"budgets": {"accuracy": {"top1": 0.1}}},
    ],
    ids=str,
)
def test_what_ovopt_refuses_does_not_fit(values: dict[str, Any]) -> None:
    assert not is_read(recipe(**values))
    assert not validator().is_valid(recipe(**values))


@pytest.mark.parametrize("key", ["ovopt", "family"])
def test_a_recipe_says_its_schema_and_its_family(key: str) -> None:
    assert not validator().is_valid({name: value for name, value in recipe().items() if name != key})
