"""A diagnosis to render."""

from __future__ import annotations

from typing import Any

from ovopt.model.inspect.ignored_scope import Scope, recipe_lines
from ovopt.records import DataFacts, ModelFile
from ovopt.records.diagnosis import (
    Blame,
    Diagnosis,
    Executed,
    Fix,
    FixCheck,
    LayerDiagnosis,
    LayerError,
    Problem,
    Side,
)
from tests.factories import MACHINE
from tests.workflow.diagnosing.test_problems import quality

LONG = "model/" + "block/" * 30
FILE = ModelFile(path="model.onnx", sha256="0" * 64, size_bytes=1000)


def side(wall_ms: float, model: ModelFile = FILE) -> Side:
    return Side(model=model, precision="f32", wall_ms=wall_ms, ops_us=900, reorders=2, reorders_us=10)


def layer(
    name: str, own: float | None = None, alone: float | None = None, us: float = 10, **more: Any
) -> LayerDiagnosis:
    error = LayerError(sqnr_db=21.5, cosine=0.987, error=0.03, own=own) if own is not None else None
    run = Executed(precision="f32", primitive="FullyConnected|jit_f32", us=10, reorders=0, reorders_us=0)
    fast = Executed(precision="int8", primitive="FullyConnected|jit_I8", us=us, reorders=1, reorders_us=1)
    known: dict[str, Any] = {"original": run, "optimized": fast}
    blame = Blame(alone=alone, gain=0.25) if alone is not None else None
    return LayerDiagnosis(name=name, kind="MatMul", quantized=True, error=error, blame=blame, **(known | more))


FIX = Fix(
    layers=(f"{LONG}a", "b"),
    recipe=recipe_lines("quantize", {}, Scope(names=(f"{LONG}a", "b"))),
    checks=(FixCheck(how="reverted", quality=quality(0.01), speedup=0.9, cost_ms=0.1),),
    pays=True,
)
PROBLEM = Problem(kind="accuracy", layers=FIX.layers, said="2 layers cost 10.0 of the 11.0 points", fix=FIX)


def diagnosis(*layers: LayerDiagnosis, **more: Any) -> Diagnosis:
    known: dict[str, Any] = {
        "ovopt": "0.1.0",
        "created": "2026-01-01T00:00:00+00:00",
        "machine": MACHINE,
        "recipe": {},
        "data": DataFacts(source="data.npz", fingerprint="0" * 64, seed=0, splits={}),
        "device": "CPU",
        "properties": {},
        "seed": 0,
        "time_budget_s": 1.0,
        "original": side(2.0),
        "optimized": side(1.0),
        "metric": "top1",
        "quality": quality(0.11),
        "output_error": 0.1,
        "samples": 8,
        "quantizers": 3,
        "layers": layers,
        "reshaped": (),
        "gone": (),
        "new": (),
        "problems": (),
    }
    return Diagnosis(**(known | more))
