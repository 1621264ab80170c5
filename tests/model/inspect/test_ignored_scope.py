"""What NNCF must ignore so that a layer stays in floating point."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import openvino as ov
import pytest
import yaml
from openvino import opset13 as ops

from ovopt.contracts import Materials
from ovopt.model.inspect.ignored_scope import Scope, quantized_readers, recipe_lines, settings_lines, with_scope
from ovopt.model.inspect.layers import by_name
from ovopt.model.inspect.quantizers import quantized_operations
from ovopt.recipe import parse_recipe
from ovopt.steps.quantize import Quantize
from ovopt.workflow.beginning.options import Silent

RNG = np.random.default_rng(2)


def handed_on() -> ov.Model:
    """Two products, with a reshape and a transpose between them, and a third one behind the reshape."""
    given = ops.parameter([1, 16], np.float32, name="x")
    weights = [RNG.standard_normal(shape).astype(np.float32) for shape in ((16, 16), (4, 4), (4, 4))]
    first = ops.matmul(given, weights[0], False, False, name="first")
    square = ops.reshape(ops.relu(first, name="active"), np.array([4, 4]), special_zero=False, name="square")
    turned = ops.transpose(square, np.array([1, 0]), name="turned")
    results = [
        ops.matmul(turned, weights[1], False, False, name="second"),
        ops.matmul(square, weights[2], False, False, name="third"),
    ]
    return ov.Model(results, [given], "handed")


def quantized(model: ov.Model, **parameters: Any) -> ov.Model:
    samples = [(RNG.standard_normal((1, 16)).astype(np.float32),) for _ in range(20)]
    return Quantize.model_validate(parameters).apply(model, Materials(samples, 0, Silent())).model


def scope(layers: Iterable[str], lasting: Iterable[str] | None = None) -> Scope:
    model = handed_on()
    return Scope.of(model, list(layers), set(by_name(model) if lasting is None else lasting))


def test_a_layer_that_computes_is_ignored_itself() -> None:
    assert scope(["first"]).names == ("first",)


def test_what_only_hands_values_on_is_ignored_by_ignoring_what_reads_it() -> None:
    found = scope(["square"])
    assert sorted(found.names) == ["second", "third"]
    assert found.reverted == {"square", "second", "third"}


def test_names_stand_in_the_order_of_execution() -> None:
    assert scope(["third", "first"]).names == ("first", "third")


def test_what_has_no_lasting_name_is_ignored_by_its_type() -> None:
    assert scope(["first", "active"], ["first"]) == Scope(frozenset({"first", "active"}), ("first",), ("Relu",))


def test_nncf_leaves_alone_what_the_lines_say() -> None:
    lines = yaml.safe_load(recipe_lines("quantize", {}, scope(["square"])))
    kept = quantized(handed_on(), **lines["optimize"][0]["quantize"])
    assert "first" in quantized_operations(kept)
    assert not {"square", "turned", "second", "third"} & set(quantized_operations(kept))
    assert {"second", "third"} <= set(quantized_operations(quantized(handed_on())))


def test_the_lines_keep_what_the_step_said_already() -> None:
    known = {"preset": "mixed", "ignored_scope": {"names": ["a"], "patterns": ["b.*"], "types": ["Relu"]}}
    assert with_scope(known, Scope(names=("a", "c"), types=("MVN", "Relu"))) == {
        "preset": "mixed",
        "ignored_scope": {"names": ["a", "c"], "patterns": ["b.*"], "types": ["Relu", "MVN"]},
    }


@pytest.mark.parametrize("names", [("conv1",), ("a: b", "c,d", "#e", "- f"), tuple(f"layer/{i}" for i in range(40))])
def test_the_lines_are_a_recipe_whatever_names_there_are(names: tuple[str, ...]) -> None:
    lines = yaml.safe_load(recipe_lines("quantize", {"preset": "mixed"}, Scope(names=names)))
    (step,) = parse_recipe({"ovopt": 1, "family": "x", **lines}, "lines").optimize
    assert isinstance(step, Quantize)
    assert step.ignored_scope.names == names


def test_short_lists_stand_in_brackets() -> None:
    assert "names: [conv1]\n" in recipe_lines("quantize", {}, Scope(names=("conv1",)))


def test_runtime_settings_as_lines() -> None:
    assert settings_lines({"A": "b"}) == "runtime:\n  properties:\n    A: b\n"


def test_what_reads_a_layer_behind_quantizers() -> None:
    found = quantized_readers(quantized(handed_on()))
    assert found["active"] == {"square"}
