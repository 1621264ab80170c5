from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ovopt.bench.engines.torch import Torch
from ovopt.contracts import Placement
from ovopt.errors import ModelError, SettingsError
from tests.bench.engines import samples as s
from tests.cli import run
from tests.factories import exactly

THREADS = {"INFERENCE_NUM_THREADS": "2"}
MISSING = "the reference torch is not installed: pip install 'ovopt[torch]'"


def classifier(torch: Any) -> Any:
    """The classifier of the other engines; its second output is the first layer's."""
    first, head = (torch.from_numpy(array.copy()) for array in run.weights())

    class Classifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("first", first)
            self.register_buffer("head", head)

        def forward(self, x):
            active = torch.relu(x @ self.first)
            return active @ self.head, active

    return Classifier().eval()


def write_exported(torch: Any, file: Path) -> None:
    example = (torch.zeros(1, run.WIDTH),)
    torch.export.save(torch.export.export(classifier(torch), example), str(file))


def write_script(torch: Any, file: Path) -> None:
    torch.jit.save(torch.jit.trace(classifier(torch), torch.zeros(1, run.WIDTH)), str(file))


@pytest.fixture(params=[("model.pt2", write_exported), ("model.pt", write_script)], ids=["exported", "script"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    torch = pytest.importorskip("torch", reason="the extra `torch` brings it")
    name, write = request.param
    write(torch, tmp_path / name)
    return tmp_path / name


def placement(model: Path, **changed: Any) -> Placement:
    return Placement(**{"model": model, "shapes": {}, "outputs": (0,), "device": "CPU", **changed})


@pytest.mark.parametrize("requests", [None, 2])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_outputs_are_the_models(model: Path, requests: int | None) -> None:
    given = s.samples()
    s.check_outputs(Torch(placement(model)).open(THREADS, given, requests), given)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_output_is_chosen_by_index(model: Path) -> None:
    session = Torch(placement(model, outputs=(1,))).open(THREADS, s.samples(), None)
    session.run(s.samples()[0])
    assert session.result().shape == (2 * run.CLASSES,)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_inference_is_counted_once(model: Path) -> None:
    given = s.samples()
    session = Torch(placement(model)).open(THREADS, given, 2)
    s.check_timing(session, given, 2)
    s.check_answers(session, given)
    s.check_serving(session)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_threads_are_shared_out_among_the_requests(model: Path) -> None:
    torch = pytest.importorskip("torch")
    found = Torch(placement(model)).open({"INFERENCE_NUM_THREADS": "4"}, s.samples(), 2).effective()
    assert (found.device, found.inference_precision, found.hint) == ("CPU", "f32", "none")
    assert (found.streams, found.threads, found.requests) == (2, 4, 2)
    assert torch.get_num_threads() == 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_start_loads_and_infers(model: Path) -> None:
    found = Torch.start(placement(model), THREADS, s.samples()[0])
    assert min(found.read_ns, found.infer_ns) > 0
    assert found.compile_ns == 0, "nothing is compiled"
    assert 0 < found.before_bytes <= found.peak_bytes
    assert not found.from_cache


@pytest.mark.parametrize("name", ["junk.pt", "junk.pt2"])
@pytest.mark.filterwarnings("ignore")
def test_a_file_that_is_no_model_is_named(tmp_path: Path, name: str) -> None:
    pytest.importorskip("torch", reason="the extra `torch` brings it")
    (tmp_path / name).write_bytes(bytes(range(256)))
    with pytest.raises(ModelError) as caught:
        Torch(placement(tmp_path / name)).open(THREADS, s.samples(), None)
    assert str(caught.value).startswith(f"{tmp_path / name}: PyTorch cannot load it: ")
    assert "\n" not in str(caught.value)


def test_another_format_is_refused() -> None:
    said = "model.onnx: PyTorch reads .pt2 and .pt files; give one: --reference torch=FILE"
    with pytest.raises(ModelError, match=exactly(said)):
        Torch(placement(Path("model.onnx")))


def open_session() -> None:
    Torch(placement(Path("model.pt2"))).open({}, s.samples(), None)


def start() -> None:
    Torch.start(placement(Path("model.pt2")), {}, s.samples()[0])


@pytest.mark.parametrize("run_it", [open_session, start])
def test_without_the_extra_it_names_what_to_install(
    monkeypatch: pytest.MonkeyPatch, run_it: Callable[[], None]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SettingsError, match=exactly(MISSING)):
        run_it()
