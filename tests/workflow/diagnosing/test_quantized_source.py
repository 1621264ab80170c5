"""What an optimized model is held against."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.bundle import read_manifest
from ovopt.model.files.read import read_model
from ovopt.model.inspect.layers import Pairing, by_name
from ovopt.model.inspect.quantizers import quantized_operations
from ovopt.records import Manifest
from ovopt.workflow.diagnosing.diagnose import diagnose
from ovopt.workflow.diagnosing.quantized_source import quantize_step, source_of
from ovopt.workflow.optimizing.steps import quantize
from tests.models import saved
from tests.workflow.diagnosing.test_diagnose import without_clocks

RNG = np.random.default_rng(4)
FEW = ("data.splits.calibration=20", "data.splits.tuning=20", "optimize.quantize.subset_size=20")


def unnamed() -> ov.Model:
    """A product and an exponential whose names the process gives out."""
    given = ops.parameter([1, 4], np.float32, name="x")
    return ov.Model([ops.exp(ops.matmul(given, np.ones((4, 4), np.float32), False, False))], [given], "m")


def normalizing() -> ov.Model:
    """x A, a layer norm that is spelled out, and B behind it: `simplify` makes an MVN of it."""
    given = ops.parameter([1, 16], np.float32, name="x")
    given.output(0).set_names({"x"})
    first, second = (RNG.standard_normal(shape).astype(np.float32) for shape in ((16, 16), (16, 4)))
    node, last = ops.matmul(given, first, False, False, name="first"), np.array([-1])
    apart = ops.subtract(node, ops.reduce_mean(node, last, keep_dims=True, name="mean"), name="apart")
    spread = ops.reduce_mean(ops.multiply(apart, apart, name="square"), last, keep_dims=True, name="variance")
    steady = ops.sqrt(ops.add(spread, np.float32(1e-5), name="steady"), name="deviation")
    node = ops.matmul(ops.divide(apart, steady, name="normal"), second, False, False, name="second")
    node.output(0).set_names({"scores"})
    return ov.Model([node], [given], "normalizing")


@pytest.fixture(scope="module")
def simplified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `model.xml`, and `int8`, which was simplified before it was quantized."""
    folder = tmp_path_factory.mktemp("simplified")
    model = saved(normalizing(), folder)
    inputs = RNG.standard_normal((100, 16)).astype(np.float32)
    np.savez(folder / "data.npz", inputs=inputs, labels=RNG.integers(4, size=100))
    quantize(model, folder / "int8", recipe="classification", data=str(folder / "data.npz"), settings=FEW)
    return folder


def manifest(folder: Path) -> Manifest:
    found = read_manifest(folder / "int8")
    assert found is not None
    return found


def test_names_that_a_process_gives_out_do_not_keep_layers_apart() -> None:
    original, optimized = unnamed(), unnamed()
    assert Pairing.of(original, optimized).shared == ()
    source = source_of(original, optimized, None, [], 0)
    assert [layer.name for layer in Pairing.of(source.model, optimized).shared] == [
        name for name, op in by_name(optimized).items() if op.get_type_name() in ("MatMul", "Exp")
    ]
    assert source.lasting == by_name(original).keys()


def test_names_of_the_users_own_keep_layers_apart() -> None:
    original, optimized = unnamed(), unnamed()
    for model, name in ((original, "one"), (optimized, "two")):
        model.get_results()[0].input_value(0).get_node().set_friendly_name(name)
    pairing = Pairing.of(source_of(original, optimized, None, [], 0).model, optimized)
    assert [layer.name for layer in pairing.gone] == ["one"]
    assert [layer.name for layer in pairing.new] == ["two"]


def test_a_simplified_bundle_is_held_against_the_simplified_original(simplified: Path) -> None:
    original, optimized = read_model(simplified / "model.xml"), read_model(simplified / "int8")
    samples = [(RNG.standard_normal((1, 16)).astype(np.float32),)]
    source = source_of(original, optimized, manifest(simplified), samples, 0)
    assert any(op.get_type_name() == "MVN" for op in source.model.get_ordered_ops())
    assert set(quantized_operations(optimized)) <= by_name(source.model).keys()
    assert source.notes == ("held against the original as `simplify` rewrites it, as the bundle was made",)
    assert Pairing.of(source.model, optimized).gone == ()


def test_how_a_bundle_was_quantized_comes_from_its_manifest(simplified: Path) -> None:
    step = quantize_step(manifest(simplified))
    assert step is not None
    assert step.subset_size == 20
    assert quantize_step(None) is None


def test_a_simplified_bundle_can_be_diagnosed(simplified: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_clocks(monkeypatch)
    found = diagnose(simplified / "model.xml", simplified / "int8", time_budget_s=1)
    assert (found.gone, found.new) == ((), ())
    assert {layer.kind for layer in found.layers if layer.quantized} >= {"MatMul"}
