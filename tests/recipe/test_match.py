"""Which recipe fits a model that comes without one."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from ovopt.recipe import Match
from ovopt.recipe import match as module
from ovopt.recipe.match import best_match, conditions_met
from ovopt.records import ModelFacts, Port

Shape = Sequence[int | None] | None
MODEL = Path("models/mobilenet_v2.onnx")


def facts(
    inputs: Sequence[Shape] = ((1, 3, 224, 224),), outputs: Sequence[Shape] = ((1, 1000),), **operations: int
) -> ModelFacts:
    def ports(shapes: Sequence[Shape]) -> tuple[Port, ...]:
        return tuple(
            Port(name=f"p{i}", shape=None if shape is None else tuple(shape), dtype="f32")
            for i, shape in enumerate(shapes)
        )

    return ModelFacts(inputs=ports(inputs), outputs=ports(outputs), parameters=0, operations=operations, precisions={})


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ({"name": "mobilenet"}, ["its name fits 'mobilenet'"]),
        ({"name": "MobileNet"}, ["its name fits 'MobileNet'"]),
        ({"name": r"^models/.*\.onnx$"}, [r"its name fits '^models/.*\\.onnx$'"]),
        ({"inputs": [[1, 3, 224, 224]]}, ["its inputs are [1,3,224,224]"]),
        ({"inputs": [[None, 3, None, None]]}, ["its inputs are [?,3,?,?]"]),
        ({"outputs": [[1, 1000]]}, ["its outputs are [1,1000]"]),
        ({"operations": ["Convolution", "Clamp"]}, ["it has Convolution, Clamp"]),
        ({"without": ["LSTMSequence"]}, ["it has no LSTMSequence"]),
        (
            {"name": "net", "inputs": [[1, 3, 224, 224]], "operations": ["Clamp"], "without": ["Softmax"]},
            ["its name fits 'net'", "its inputs are [1,3,224,224]", "it has Clamp", "it has no Softmax"],
        ),
        ({}, []),
    ],
)
def test_all_that_holds_is_said(match: Mapping[str, Any], said: list[str]) -> None:
    assert conditions_met(Match(**match), MODEL, facts(Convolution=52, Clamp=35)) == said


@pytest.mark.parametrize(
    "match",
    [
        {"name": "resnet"},
        {"inputs": [[1, 3, 192, 192]]},
        {"inputs": [[1, 3, 224]]},
        {"inputs": [[1, 3, 224, 224, 1]]},
        {"inputs": [[1, 3, 224, 224], [1]]},
        {"outputs": [[1, 1001]]},
        {"outputs": [[1, 1000], [1, 1000]]},
        {"operations": ["Convolution", "LSTMSequence"]},
        {"without": ["LSTMSequence", "Convolution"]},
        {"name": "mobilenet", "outputs": [[1, 1001]]},
        {"name": "mobilenet", "without": ["Convolution"]},
    ],
    ids=str,
)
def test_one_condition_that_fails_is_enough(match: Mapping[str, Any]) -> None:
    assert conditions_met(Match(**match), MODEL, facts(Convolution=52, Clamp=35)) is None


def test_an_operation_that_was_counted_as_none_is_none() -> None:
    assert conditions_met(Match(operations=("Softmax",)), MODEL, facts(Softmax=0)) is None
    assert conditions_met(Match(without=("Softmax",)), MODEL, facts(Softmax=0)) == ["it has no Softmax"]


def test_a_dynamic_dimension_fits_only_where_any_size_does() -> None:
    found = facts(inputs=[(None, 3, 224, 224)])
    assert conditions_met(Match(inputs=((1, 3, 224, 224),)), MODEL, found) is None
    assert conditions_met(Match(inputs=((None, 3, 224, 224),)), MODEL, found) is not None


def test_a_dynamic_rank_fits_nothing() -> None:
    assert conditions_met(Match(inputs=((None,),)), MODEL, facts(inputs=[None])) is None


def test_the_name_is_that_of_the_file_and_its_folder_and_no_other_folder() -> None:
    assert conditions_met(Match(name="mobilenet"), Path("mobilenet/model.xml"), facts()) is not None
    assert conditions_met(Match(name="mobilenet"), Path("mobilenet/int8/model.xml"), facts()) is None


# The best of all recipes


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose recipes are all that are known."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "recipes"
    folder.mkdir()
    monkeypatch.setattr(module, "known_recipes", lambda: {file.stem: file for file in sorted(folder.glob("*.yaml"))})
    return folder


def write(recipes: Path, **matches: Mapping[str, Any] | None) -> None:
    for name, match in matches.items():
        found = {} if match is None else {"match": match}
        (recipes / f"{name}.yaml").write_text(yaml.safe_dump({"ovopt": 1, "family": name, **found}))


def best(**more: Any) -> tuple[str, str] | None:
    found = best_match(MODEL, facts(**more))
    return (found.name, found.why) if found else None


def test_the_one_that_fits_is_taken_and_says_why(recipes: Path) -> None:
    write(recipes, mine={"name": "mobilenet", "outputs": [[1, 1000]]}, other={"name": "resnet"}, silent=None)
    assert best() == ("mine", "its name fits 'mobilenet' and its outputs are [1,1000]")


def test_where_nothing_fits_there_is_none(recipes: Path) -> None:
    write(recipes, other={"name": "resnet"}, silent=None)
    assert best() is None


def test_a_match_without_a_condition_fits_nothing(recipes: Path) -> None:
    write(recipes, empty={})
    assert best() is None


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"name": "net"}, {"inputs": [[1, 3, 224, 224]], "outputs": [[1, 1000]], "without": ["Softmax"]}),
        ({"inputs": [[1, 3, 224, 224]]}, {"inputs": [[None, 3, 224, 224]]}),
        ({"inputs": [[1, 3, None, None]], "operations": ["Clamp"]}, {"inputs": [[1, 3, None, None]]}),
        ({"operations": ["Clamp"], "without": ["Softmax"]}, {"operations": ["Clamp"]}),
        ({"name": "net", "outputs": [[1, 1000]]}, {"name": "mobilenet_v2"}),
    ],
    ids=str,
)
def test_of_several_the_one_that_asks_for_most_is_taken(
    recipes: Path, better: Mapping[str, Any], worse: Mapping[str, Any]
) -> None:
    for names in (("a", "b"), ("b", "a")):
        write(recipes, **dict(zip(names, (better, worse), strict=True)))
        found = best(Clamp=35)
        assert found is not None
        assert found[0] == names[0]


def test_where_two_fit_equally_well_none_is_taken(recipes: Path) -> None:
    write(recipes, a={"name": "mobile"}, b={"name": "net"}, c={"without": ["Softmax"]})
    assert best() is None


def test_a_broken_recipe_is_said_and_does_not_hide_the_others(recipes: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(recipes, mine={"name": "mobilenet"})
    (recipes / "broken.yaml").write_text("ovopt: 1\nfamily: [\n")
    (recipes / "unknown.yaml").write_text("ovopt: 1\nfamily: x\nmatch: {name: mobilenet}\nzzz: 1\n")
    os.mkfifo(recipes / "pipe.yaml")
    with caplog.at_level(logging.WARNING, "ovopt"):
        assert best() == ("mine", "its name fits 'mobilenet'")
    assert sorted(line.partition(".yaml")[0].rpartition("/")[2] for line in caplog.messages) == [
        "broken", "pipe", "unknown",
    ]  # fmt: skip
    assert all(line.startswith("recipe left out: ") for line in caplog.messages)


def test_magikas_model_is_recognised_by_its_shapes_whatever_its_file_is_called() -> None:
    known = facts([(None, 2048)], [(None, 214)], Convolution=1)
    found = best_match(Path("standard_v3_3/model.onnx"), known)
    assert found is not None
    assert found.name == "magika"
    assert best_match(Path("model.onnx"), facts([(None, 2048)], [(None, 215)], Convolution=1)) is None
