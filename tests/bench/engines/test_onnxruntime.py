from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from ovopt.bench.engines.onnxruntime import OnnxRuntime
from ovopt.contracts import Placement
from ovopt.errors import ModelError, SettingsError
from tests.bench.engines import samples as s
from tests.cli import run
from tests.factories import exactly

THREADS = {"INFERENCE_NUM_THREADS": "2"}
MISSING = "the reference onnxruntime is not installed: pip install 'ovopt[onnxruntime]'"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    pytest.importorskip("onnxruntime", reason="the extra `onnxruntime` brings it")
    return run.write_onnx(tmp_path / "tiny.onnx")


def placement(model: Path, **changed: Any) -> Placement:
    return Placement(**{"model": model, "shapes": {}, "outputs": (0,), "device": "CPU", **changed})


@pytest.mark.parametrize("requests", [None, 2])
def test_outputs_are_the_models(model: Path, requests: int | None) -> None:
    given = s.samples()
    s.check_outputs(OnnxRuntime(placement(model)).open(THREADS, given, requests), given)


@pytest.mark.parametrize("requests", [1, 3])
def test_every_inference_is_counted_once(model: Path, requests: int) -> None:
    given = s.samples()
    session = OnnxRuntime(placement(model)).open(THREADS, given, requests)
    s.check_timing(session, given, requests)
    s.check_answers(session, given)


def test_serving_answers_every_request(model: Path) -> None:
    s.check_serving(OnnxRuntime(placement(model)).open(THREADS, s.samples(), 2))


def test_settings_are_what_the_session_was_made_with(model: Path) -> None:
    found = OnnxRuntime(placement(model)).open({"INFERENCE_NUM_THREADS": "4"}, s.samples(), 2).effective()
    assert (found.device, found.inference_precision, found.hint) == ("CPU", "f32", "none")
    assert (found.streams, found.threads, found.requests) == (2, 4, 2)


def test_a_start_makes_a_session_and_infers(model: Path) -> None:
    found = OnnxRuntime.start(placement(model), THREADS, s.samples()[0])
    assert found.read_ns == 0, "reading is part of making the session"
    assert min(found.compile_ns, found.infer_ns) > 0
    assert 0 < found.before_bytes <= found.peak_bytes
    assert not found.from_cache


def test_it_is_not_audited(model: Path) -> None:
    found = OnnxRuntime(placement(model)).audit({}, s.samples())
    assert (found.ops_by_precision, found.time_by_precision) == ({}, {})


def test_another_format_is_refused() -> None:
    said = "model.xml: ONNX Runtime reads .onnx files; give one: --reference onnxruntime=FILE"
    with pytest.raises(ModelError, match=exactly(said)):
        OnnxRuntime(placement(Path("model.xml")))


def test_shapes_are_refused() -> None:
    said = "model.shapes: ONNX Runtime takes the shapes of the samples; leave them out"
    with pytest.raises(SettingsError, match=exactly(said)):
        OnnxRuntime(placement(Path("model.onnx"), shapes={"x": (1, 16)}))


@pytest.fixture
def without_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)


@pytest.mark.usefixtures("without_onnxruntime")
def test_a_session_without_the_extra_names_what_to_install() -> None:
    with pytest.raises(SettingsError, match=exactly(MISSING)):
        OnnxRuntime(placement(Path("model.onnx"))).open({}, s.samples(), None)


@pytest.mark.usefixtures("without_onnxruntime")
def test_a_start_without_the_extra_names_what_to_install() -> None:
    with pytest.raises(SettingsError, match=exactly(MISSING)):
        OnnxRuntime.start(placement(Path("model.onnx")), {}, s.samples()[0])
