"""PyTorch models: what is converted, and what is refused."""

import gc
import pickle
import weakref
import zipfile

import numpy as np
import openvino as ov
import pytest

from ovopt.errors import ModelError
from ovopt.model.files.locate import describe
from ovopt.model.files.opened import OpenedModel
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from tests.factories import exactly
from tests.model.files import formats

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")

RAN = "ran"


class Linear(torch.nn.Module):
    """relu(x @ WEIGHTS)."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 4, bias=False)
        self.layer.weight = torch.nn.Parameter(torch.from_numpy(formats.WEIGHTS.T.copy()))

    def forward(self, x):
        return torch.relu(self.layer(x))


class Embedding(torch.nn.Module):
    """Rows of a table, times a factor."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(5, 3)

    def forward(self, ids, factor):
        return self.table(ids) * factor


class Bomb:
    """Leaves a file where it is unpickled."""

    def __init__(self, file) -> None:
        self.file = str(file)

    def __reduce__(self):
        return (open, (self.file, "w"))


def computes(model, tolerance=1e-5):
    x = np.random.default_rng(0).standard_normal((1, 3)).astype(np.float32)
    np.testing.assert_allclose(
        ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(x)[0],
        formats.expected(x),
        rtol=tolerance,
        atol=tolerance,
    )


def exported(folder, dynamic=False):
    shapes = {"x": {0: torch.export.Dim("batch")}} if dynamic else None
    program = torch.export.export(Linear().eval(), (torch.zeros(2 if dynamic else 1, 3),), dynamic_shapes=shapes)
    torch.export.save(program, folder / "m.pt2")
    return folder / "m.pt2"


def scripted(folder, name="m.pt"):
    torch.jit.trace(Linear().eval(), torch.zeros(1, 3)).save(folder / name)
    return folder / name


def test_an_exported_program_keeps_its_shapes(tmp_path):
    assert list(read_model(exported(tmp_path)).input(0).shape) == [1, 3]
    computes(read_model(tmp_path))
    found = facts(read_model(exported(tmp_path, dynamic=True)))
    assert str(found.inputs[0]) == "'x' f32[?,3]"


def test_an_exported_program_takes_shapes(tmp_path):
    model = read_model(exported(tmp_path, dynamic=True), {"x": (1, 3)})
    assert list(model.input(0).shape) == [1, 3]
    computes(model)


@pytest.mark.parametrize("name", ["m.pt", "m.pth"])
def test_torchscript_takes_shapes_by_name_or_index(tmp_path, name):
    file = scripted(tmp_path, name)
    for key in ("x", "0"):
        model = read_model(file, {key: (1, 3)})
        assert str(facts(model).inputs[0]) == "'x' f32[1,3]"
        computes(model)
    assert str(facts(read_model(file, {"x": ("?", 3)})).inputs[0]) == "'x' f32[?,3]"


@pytest.mark.parametrize(
    "make",
    [torch.jit.script, lambda m: torch.jit.trace(m, (torch.zeros(1, 2, dtype=torch.int64), torch.zeros(1, 2, 1)))],
)
def test_what_picks_rows_of_an_embedding_is_an_integer(tmp_path, make):
    module = Embedding().eval()
    make(module).save(tmp_path / "m.pt")
    model = read_model(tmp_path / "m.pt", {"ids": (1, 2), "factor": (1, 2, 1)})
    assert [str(port) for port in facts(model).inputs] == ["'ids' i64[1,2]", "'factor' f32[1,2,1]"]
    ids, factor = np.array([[4, 1]]), np.array([[[2], [3]]], np.float32)
    answer = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([ids, factor])[0]
    np.testing.assert_allclose(answer, module.table.weight.detach().numpy()[ids] * factor, rtol=1e-5)


def test_torchscript_without_shapes_is_an_error(tmp_path):
    message = f"{scripted(tmp_path)}: TorchScript does not say the shapes of its inputs; give --shape x=1,3,224,224"
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(tmp_path / "m.pt")
    torch.jit.script(Embedding().eval()).save(tmp_path / "m.pt")
    message = message.replace("x=", "ids=") + " and those of factor"
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(tmp_path / "m.pt")


def test_torchscript_with_the_shape_of_an_unknown_input_is_an_error(tmp_path):
    with pytest.raises(ModelError, match=exactly(f"{scripted(tmp_path)}: has no input 'y'; known: x")):
        read_model(tmp_path / "m.pt", {"y": (1, 3)})


def test_torchscript_that_does_not_fit_its_shape_is_an_error_of_one_line(tmp_path):
    with pytest.raises(ModelError) as told:
        read_model(scripted(tmp_path), {"x": (1, 5)})
    assert str(told.value).startswith(f"{tmp_path / 'm.pt'}: ")
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize("trust", [False, True])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: {"state_dict": s, "epoch": 3},
        lambda s: {f"module.{key}": value for key, value in s.items()},
    ],
)
def test_a_state_dict_is_an_error_that_names_the_factory_form(tmp_path, wrap, trust):
    torch.save(wrap(Linear().state_dict()), tmp_path / "w.pt")
    message = (
        f"{tmp_path / 'w.pt'}: holds a state dict of 1 tensors, not a model; export the model with torch.export.save "
        "(.pt2), or name a function that builds its module: FILE.py:FUNCTION@w.pt with --trust"
    )
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(tmp_path / "w.pt", trust=trust)


def test_a_file_that_holds_a_tensor_is_an_error(tmp_path):
    torch.save(torch.zeros(3), tmp_path / "w.pt")
    with pytest.raises(ModelError, match=r"w\.pt: holds a Tensor, not a model; "):
        read_model(tmp_path / "w.pt")


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickled_module_is_read_with_trust_alone(tmp_path, legacy):
    file = tmp_path / "m.pth"
    torch.save(Linear(), file, _use_new_zipfile_serialization=not legacy)
    message = (
        f"{file}: a pickled module, which can run code when it is read; export it with torch.export.save (.pt2), or if "
        "you trust its origin, allow that with --trust"
    )
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(file, {"x": (1, 3)})
    computes(read_model(file, {"x": (1, 3)}, trust=True))


def test_a_module_within_a_checkpoint_is_read_with_trust(tmp_path):
    torch.save({"model": Linear(), "epoch": 3}, tmp_path / "m.pt")
    computes(read_model(tmp_path / "m.pt", {"x": (1, 3)}, trust=True))


def test_a_pickled_module_without_shapes_is_an_error(tmp_path):
    torch.save(Linear(), tmp_path / "m.pt")
    message = (
        f"{tmp_path / 'm.pt'}: the shape of its input x is not known; give --shape x=1,3,224,224, or let a factory "
        "return the module and its example inputs"
    )
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(tmp_path / "m.pt", trust=True)


def test_nothing_in_a_pickle_runs_without_trust(tmp_path):
    torch.save({"weights": Bomb(tmp_path / RAN)}, tmp_path / "m.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Bomb(tmp_path / RAN)))
    for name in ("m.pt", "plain.pt"):
        with pytest.raises(ModelError):
            read_model(tmp_path / name)
    assert not (tmp_path / RAN).exists()


@pytest.mark.parametrize("name", ["m.pt", "m.pt2", "m.pth"])
def test_junk_is_an_error_of_one_line(tmp_path, name):
    (tmp_path / name).write_bytes(b"junk")
    with pytest.raises(ModelError) as told:
        read_model(tmp_path / name)
    assert str(told.value).startswith(f"{tmp_path / name}: ")
    assert len(str(told.value).splitlines()) == 1


def test_an_exported_program_that_lacks_parts_is_an_error_of_one_line(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.pt2", "w") as archive:
        archive.writestr("m/archive_format", "pt2")
    with pytest.raises(ModelError) as told:
        read_model(tmp_path / "m.pt2")
    assert str(told.value).startswith(f"{tmp_path / 'm.pt2'}: PyTorch cannot read it: ")
    assert len(str(told.value).splitlines()) == 1


CODE = """
import torch
from tests.model.files.test_pytorch import Embedding, Linear
def empty():
    module = Linear()
    torch.nn.init.zeros_(module.layer.weight)
    return module
def with_example():
    return empty(), {"x": torch.zeros(1, 3)}
def picking():
    return Embedding(), (torch.zeros(1, 2, dtype=torch.int64), torch.zeros(1, 2, 1))
class Coloured(torch.nn.Module):
    def forward(self, image, scale):
        return image * scale
def pictures():
    return Coloured(), {"scale": torch.zeros(1, 3), "image": torch.zeros(1, 3, 4, 3)}
def pictures_in_order():
    return Coloured(), (torch.zeros(1, 3, 4, 3), torch.zeros(1, 3))
def number():
    return 3
"""


@pytest.fixture
def factory(tmp_path):
    (tmp_path / "make.py").write_text(CODE)
    return tmp_path / "make.py"


def test_a_factory_is_filled_with_the_weights(factory, tmp_path):
    torch.save({"state_dict": {f"module.{k}": v for k, v in Linear().state_dict().items()}}, tmp_path / "w.pt")
    computes(read_model(f"{factory}:empty@{tmp_path}/w.pt", {"x": (1, 3)}, trust=True))
    computes(read_model(f"{factory}:with_example@{tmp_path}/w.pt", trust=True))


def test_a_factory_is_filled_with_safetensors(factory, tmp_path):
    pytest.importorskip("safetensors").torch = pytest.importorskip("safetensors.torch")
    pytest.importorskip("safetensors.torch").save_file(Linear().state_dict(), tmp_path / "w.safetensors")
    computes(read_model(f"{factory}:with_example@{tmp_path}/w.safetensors", trust=True))


def test_example_inputs_of_a_factory_say_the_types(factory):
    found = facts(read_model(f"{factory}:picking", trust=True)).inputs
    assert [(port.name, port.dtype) for port in found] == [("ids", "i64"), ("factor", "f32")]


@pytest.mark.parametrize("function", ["pictures", "pictures_in_order"])
def test_images_keep_the_shape_of_their_example_until_another_is_given(factory, function):
    def shapes(**given):
        found = facts(read_model(f"{factory}:{function}", given, trust=True)).inputs
        return {port.name: port.shape for port in found}

    assert shapes() == {"image": (1, 3, 4, 3), "scale": (None, None)}
    assert shapes(image=("?", 3, "?", 3)) == {"image": (None, 3, None, 3), "scale": (None, None)}


@pytest.mark.parametrize(
    ("weights", "fault"),
    [
        ({"other": torch.zeros(3)}, "does not fit the module that the factory makes: Missing key(s) in state_dict: "),
        ({"layer.weight": torch.zeros(2, 2)}, "does not fit the module that the factory makes: size mismatch for "),
        ({"epoch": 3}, "holds no state dict"),
        ("text", "holds no state dict"),
    ],
)
def test_weights_that_do_not_fit_a_factory_are_an_error_of_one_line(factory, tmp_path, weights, fault):
    torch.save(weights, tmp_path / "w.pt")
    with pytest.raises(ModelError) as told:
        read_model(f"{factory}:with_example@{tmp_path}/w.pt", trust=True)
    assert str(told.value).startswith(f"{tmp_path / 'w.pt'}: {fault}")
    assert len(str(told.value).splitlines()) == 1


def test_weights_of_a_factory_are_not_unpickled_even_with_trust(factory, tmp_path):
    torch.save({"weights": Bomb(tmp_path / RAN)}, tmp_path / "w.pt")
    with pytest.raises(ModelError, match="PyTorch cannot read it: UnpicklingError: "):
        read_model(f"{factory}:with_example@{tmp_path}/w.pt", trust=True)
    assert not (tmp_path / RAN).exists()


def test_a_factory_that_makes_no_model_is_an_error(factory):
    message = (
        f"{factory}:number: returns a int; return a torch.nn.Module, a module and its example inputs, or an "
        "openvino.Model"
    )
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(f"{factory}:number", trust=True)


def test_a_converted_model_is_an_ir_with_the_weights_as_they_are(tmp_path):
    file = exported(tmp_path)
    (tmp_path / "scratch").mkdir()
    made = OpenedModel(file).readable(tmp_path / "scratch", {})
    assert made.suffix == ".xml"
    assert "f16" not in facts(read_model(made)).precisions
    computes(read_model(made))
    assert OpenedModel(made).readable(tmp_path / "scratch", {}) == made
    assert describe(file).path == str(file)


def test_an_opened_model_is_converted_once_per_shape_and_freed_with_its_use_case(tmp_path, monkeypatch):
    calls = []
    convert = ov.convert_model
    monkeypatch.setattr(ov, "convert_model", lambda *a, **k: calls.append(1) or convert(*a, **k))
    one = OpenedModel(exported(tmp_path, dynamic=True))
    assert one.model is one.shaped({})
    assert one.shaped({"x": (1, 3)}) is one.shaped({"x": [1, 3]})
    assert str(one.model.input(0).get_partial_shape()) == "[?,3]"
    assert len(calls) == 2
    kept = [weakref.ref(model) for model in (one.model, one.shaped({"x": (1, 3)}))]
    del one
    gc.collect()
    assert [model() for model in kept] == [None, None]


def test_a_model_that_was_read_is_freed_when_its_reader_lets_go(tmp_path, monkeypatch):
    made = []
    convert = ov.convert_model

    def remembered(*args, **settings):
        model = convert(*args, **settings)
        made.append(weakref.ref(model))
        return model

    monkeypatch.setattr(ov, "convert_model", remembered)
    read_model(exported(tmp_path))
    gc.collect()
    assert [model() for model in made] == [None]
