"""What is made is compiled and run once before it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.contracts import Materials, Step, Stepped
from ovopt.errors import DoesNotRunError, SettingsError
from ovopt.model.files.read import read_model
from ovopt.steps.compress import Compress
from ovopt.steps.quantize import Quantize
from ovopt.steps.simplify import Simplify
from ovopt.workflow.applying.first_run import why_not
from ovopt.workflow.applying.work import apply_steps
from ovopt.workflow.beginning.options import options_of
from ovopt.workflow.beginning.run import begin
from ovopt.workflow.optimizing.pipeline import optimize
from tests.factories import exactly
from tests.models import conv_model, saved

F64 = "CPU plugin does not support f64 for use with oneDNN"
SQUARE = np.random.default_rng(2).standard_normal((16, 16)).astype(np.float32)
HEAD = np.random.default_rng(0).standard_normal((16, 4)).astype(np.float32)


def named(kind: type, name: str, shape: Sequence[int] = (1, 16)) -> ov.op.Parameter:
    given = ops.parameter(list(shape), kind, name=name)
    given.output(0).set_names({name})
    return given


@pytest.fixture
def doubles(tmp_path: Path) -> Path:
    """A model with an input in f64, which NNCF quantizes in f64, and the CPU then does not compile."""
    wide, mask = named(np.float64, "x"), named(np.float32, "mask")
    masked = ops.multiply(ops.convert(wide, "f32"), mask, name="masked")
    first = ops.relu(ops.matmul(masked, SQUARE, False, False, name="first"))
    model = ov.Model([ops.matmul(first, HEAD, False, False, name="head")], [wide, mask], "doubles")
    rng = np.random.default_rng(1)
    np.savez(tmp_path / "d.npz", x=rng.standard_normal((20, 1, 16)), mask=np.float32(rng.uniform(size=(20, 1, 16))))
    return saved(model, tmp_path, "doubles")


class Breaks(Step):
    """Makes a model that compiles and does not run."""

    name = "breaks"
    calibrates = False

    def apply(self, model: ov.Model, materials: Materials) -> Stepped:
        """The model, and to its five values seven others added: a size that is only known when it runs."""
        broken = model.clone()
        result = broken.get_results()[0]
        head = result.input_value(0)
        total = ops.reduce_sum(ops.abs(head), np.array([0, 1]), keep_dims=False)
        seven = ops.convert(ops.minimum(ops.add(total, np.float32(7)), np.float32(7)), "i64")
        others = ops.range(ops.constant(np.int64(0)), seven, ops.constant(np.int64(1)), "f32")
        result.input(0).replace_source_output(ops.add(head, others).output(0))
        broken.validate_nodes_and_infer_types()
        return Stepped(broken, self.record_effect({}))


@pytest.fixture
def apply(tmp_path: Path) -> Callable[..., Any]:
    def applied(model: Path, *steps: Step, data: Path | None = None, **settings: Any) -> Any:
        with begin([model], "generic", data, options_of(settings=settings)) as run:
            return apply_steps(run, tmp_path / "out", steps)

    return applied


def test_the_reason_why_a_model_does_not_run(doubles: Path) -> None:
    good = [np.zeros((1, 16)), np.zeros((1, 16), np.float32)]
    assert why_not(doubles, good, "CPU", {}) is None
    assert why_not(read_model(doubles), None, "CPU", {}) is None
    assert why_not(doubles, [np.zeros((1, 15)), good[1]], "CPU", {}) is not None


def test_a_quantized_model_that_does_not_compile_is_refused_with_what_it_works_without(
    doubles: Path, apply: Callable[..., Any], tmp_path: Path
) -> None:
    data, before = tmp_path / "d.npz", {path.name for path in tmp_path.iterdir()}
    told = f"quantize made a model that does not run on CPU: {F64}; it works without 'masked' (Multiply): "
    option = "optimize.quantize.ignored_scope.names=['masked']"
    with pytest.raises(DoesNotRunError, match=exactly(f'{told}--set "{option}"')):
        apply(doubles, Simplify(), Quantize(), data=data)
    assert {path.name for path in tmp_path.iterdir()} == before
    apply(doubles, Simplify(), Quantize(ignored_scope={"names": ("masked",)}), data=data)
    assert (tmp_path / "out" / "model.xml").is_file()


def test_a_pipeline_says_what_works_too(doubles: Path, tmp_path: Path) -> None:
    option = "optimize.quantize.ignored_scope.names=['masked']"
    told = f"behind quantize, the model does not run: {F64}; it works without 'masked' (Multiply): --set \"{option}\""
    settings = ["optimize=[quantize]"]
    with pytest.raises(DoesNotRunError, match=exactly(told)):
        optimize(doubles, tmp_path / "out", recipe="generic", data=tmp_path / "d.npz", settings=settings)
    assert not (tmp_path / "out").exists()


def test_a_step_whose_model_does_not_run_on_a_sample_leaves_nothing(apply: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(DoesNotRunError, match=r"\Abreaks made a model that does not run on CPU: "):
        apply(saved(conv_model(), tmp_path), Breaks())
    assert not (tmp_path / "out").exists()


def test_a_device_that_is_not_here_is_refused_before_any_work(apply: Callable[..., Any], tmp_path: Path) -> None:
    message = r"\A--set runtime.device NOPE: no such device here; "
    with pytest.raises(SettingsError, match=message):
        apply(saved(conv_model(), tmp_path), Compress(), **{"runtime.device": "NOPE"})
