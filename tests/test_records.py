"""The records that are written down."""

import json
import math

import pytest
from pydantic import BaseModel, ValidationError

from ovopt import records
from ovopt.errors import UsageError
from ovopt.records import (
    Budgets,
    Comparison,
    DataFacts,
    LeftOutSample,
    Manifest,
    ModelFile,
    Port,
    Record,
    SizeRatio,
    StepReport,
)
from tests.factories import MACHINE, comparison, exactly

KINDS = [kind for kind in vars(records).values() if isinstance(kind, type) and issubclass(kind, Record)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_record_is_frozen_and_refuses_unknown_keys(kind: type[BaseModel]):
    assert kind.model_config["frozen"]
    assert kind.model_config["extra"] == "forbid"


def test_a_record_cannot_be_changed():
    with pytest.raises(ValidationError, match="Instance is frozen"):
        SizeRatio(ratio=0.5).ratio = 0.4


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        SizeRatio.model_validate({"ratio": 0.5, "ratoi": 0.5})


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_refused(number):
    with pytest.raises(ValidationError, match="Input should be a finite number"):
        SizeRatio(ratio=number)


@pytest.mark.parametrize(
    "given",
    [
        {"latency": {"min_speedup": 0}},
        {"accuracy": {"top1": {"max_drop": -0.1}}},
        {"size": {"max_ratio": 0}},
        {"throughput": {"min_speedup": math.nan}},
    ],
)
def test_a_budget_that_no_model_could_be_judged_by_is_refused(given):
    with pytest.raises(ValidationError, match="1 validation error"):
        Budgets.model_validate(given)


@pytest.mark.parametrize(
    "whole",
    [
        comparison(),
        comparison({"int8": 0.5, "int4": 0.6}, Budgets.model_validate({"latency": {"min_speedup": 1.5}})),
        comparison({}, lost={"int8": "killed"}, control=None),
    ],
    ids=["one candidate", "two candidates and a gate", "all lost"],
)
def test_a_comparison_comes_back_from_json_as_it_was(whole):
    text = whole.model_dump_json(by_alias=True)
    assert json.loads(text)["schema"] == "ovopt.comparison/2"
    assert Comparison.model_validate_json(text) == whole


def test_a_comparison_of_another_schema_is_refused():
    other = {**json.loads(comparison().model_dump_json(by_alias=True)), "schema": "ovopt.comparison/3"}
    with pytest.raises(ValidationError, match=r"Input should be 'ovopt.comparison/2'"):
        Comparison.model_validate_json(json.dumps(other))


def test_a_manifest_comes_back_from_json_as_it_was():
    file = ModelFile(path="model.xml", sha256="0" * 64, size_bytes=10)
    manifest = Manifest(
        ovopt="0.1.0",
        created="2026-01-01T00:00:00+00:00",
        source=file,
        model=file,
        recipe={"ovopt": 1, "family": "example"},
        data=DataFacts(source="a", fingerprint="b", seed=1, splits={"gate": ("a#0", "a#1")}),
        steps=(StepReport(name="quantize", parameters={}, effect={"fake_quantize": 7}, seconds=0.5),),
        machine=MACHINE,
    )
    text = manifest.model_dump_json(by_alias=True)
    assert json.loads(text)["schema"] == "ovopt.bundle/2"
    assert Manifest.model_validate_json(text) == manifest


@pytest.mark.parametrize(
    ("shape", "said"),
    [((None, 3, 8), "'x' f32[?,3,8]"), (None, "'x' f32[...]"), ((), "'x' f32[]")],
)
def test_a_port_is_said_with_its_type_and_shape(shape, said):
    assert str(Port(name="x", shape=shape, dtype="f32")) == said


def test_samples_left_out_by_an_older_version_are_read_without_a_kind() -> None:
    facts = {"source": "a", "fingerprint": "b", "seed": 1, "splits": {}}
    older = DataFacts.model_validate({**facts, "left_out": {"a#3": "a#3: torn"}})
    assert older.left_out == {"a#3": LeftOutSample(kind=None, why="a#3: torn")}
    newer = DataFacts.model_validate({**facts, "left_out": {"a#3": LeftOutSample(kind="label", why="a#3: no class")}})
    assert DataFacts.model_validate_json(newer.model_dump_json()) == newer


def test_a_candidate_is_found_by_its_name_with_its_speed_up():
    whole = comparison({"int8": 0.5, "int4": 0.4})
    assert whole["int4"] is whole.pairs[1]
    assert whole["int4"].latency.speedup == whole.pairs[1].latency.estimate


@pytest.mark.parametrize(
    ("candidates", "name", "why"),
    [
        ({"int8": 0.5}, "int9", "did you mean 'int8'?"),
        ({"int8": 0.5}, "broken", "it was lost: killed"),
        ({}, "int8", "nothing was compared"),
    ],
)
def test_a_name_that_is_no_candidate_is_refused(candidates, name, why):
    whole = comparison(candidates, lost={"broken": "killed"})
    with pytest.raises(UsageError, match=exactly(f"{name}: no candidate of this comparison; {why}")):
        whole[name]
