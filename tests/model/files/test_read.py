"""Reading models, and what is said where they cannot be read."""

from importlib.util import find_spec

import numpy as np
import openvino as ov
import pytest

from ovopt.errors import ModelError
from ovopt.model.files.opened import OpenedModel
from ovopt.model.files.read import read_model
from ovopt.model.native import core, reason
from tests.factories import exactly
from tests.model.files import formats
from tests.models import conv_model, saved


@pytest.fixture
def file(tmp_path):
    return saved(conv_model((-1, 3, 8, 8)), tmp_path)


def test_a_model_is_read_from_a_file_or_a_bundle(file):
    assert [op.get_type_name() for op in read_model(file).get_ordered_ops()] == [
        op.get_type_name() for op in read_model(file.parent).get_ordered_ops()
    ]


def test_there_is_one_core():
    assert core() is core()


def test_inputs_are_fixed_to_the_shapes_given(file):
    assert list(read_model(file, {"picture": (2, 3, 8, 8)}).input(0).shape) == [2, 3, 8, 8]


@pytest.mark.parametrize(
    ("shapes", "fault"),
    [
        (
            {"picture": (1, 4, 8, 8)},
            "cannot take the shapes picture: [1, 4, 8, 8] (its own: 'picture' [?,3,8,8]): Data batch channel count (4) "
            "does not match filter input channel count (3)",
        ),
        ({"photo": (1, 3)}, "has no input 'photo'; known: picture"),
    ],
)
def test_shapes_that_the_model_cannot_take_are_an_error(file, shapes, fault):
    with pytest.raises(ModelError, match=exactly(f"{file}: {fault}")):
        read_model(file, shapes)


def test_a_missing_model_is_an_error(tmp_path):
    with pytest.raises(ModelError, match=exactly(f"{tmp_path / 'm.onnx'}: no such model file")):
        read_model(tmp_path / "m.onnx")


def _half(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _within_an_element(file):
    text = file.read_bytes()
    file.write_bytes(text[: text.index(b"<layer ") + 5])


def _half_the_weights(file):
    _half(file.with_suffix(".bin"))


def _no_weights(file):
    file.with_suffix(".bin").write_bytes(b"")


def _junk(file):
    file.write_bytes(b"junk")


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_within_an_element, "Error parsing start element tag at offset "),
        (_half_the_weights, "Incorrect weights in bin file; export or copy it again"),
        (_no_weights, "Incorrect weights in bin file; export or copy it again"),
        (_junk, "it is damaged, or not what its suffix says; export or copy it again"),
    ],
)
def test_a_broken_model_is_an_error_of_one_line_and_nothing_else_is_printed(file, capfd, spoil, fault):
    spoil(file)
    with pytest.raises(ModelError) as told:
        read_model(file)
    assert str(told.value).startswith(f"{file}: OpenVINO cannot read it: {fault}")
    assert len(str(told.value).splitlines()) == 1
    assert capfd.readouterr() == ("", "")


def test_an_onnx_file_of_junk_is_an_error(tmp_path):
    file = tmp_path / "m.onnx"
    file.write_bytes(b"junk")
    with pytest.raises(ModelError) as told:
        read_model(file)
    assert str(told.value) == (
        f"{file}: OpenVINO cannot read it: it is damaged, or not what its suffix says; export or copy it again"
    )


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            RuntimeError("Exception from src/a.cpp:1:\nCheck 'x' failed at b.cpp:2:\nWhat went wrong.\n"),
            "What went wrong",
        ),
        (RuntimeError("Exception from src/a.cpp:1"), "Exception from src/a.cpp:1"),
        (RuntimeError(""), "RuntimeError"),
        (RuntimeError("plain"), "plain"),
        (RuntimeError("Exception from x.cpp:1:\nstd::bad_alloc"), "there is not enough memory for it"),
    ],
)
def test_the_reason_is_the_telling_line(error, line):
    assert reason(error) == line


@pytest.mark.parametrize("make", [formats.frozen, formats.saved_model, formats.paddle, formats.tflite])
def test_a_model_of_another_framework_computes_what_it_should(tmp_path, make):
    if make is formats.tflite:
        pytest.importorskip("flatbuffers")
    x = np.random.default_rng(0).standard_normal((1, 3)).astype(np.float32)
    file = make(tmp_path)
    compiled = ov.compile_model(read_model(file), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    np.testing.assert_allclose(compiled(x)[0], formats.expected(x), rtol=1e-6)
    assert OpenedModel(file).readable(tmp_path / "not needed", {}) == file


def test_a_quantized_tflite_model_computes_what_it_should(tmp_path):
    pytest.importorskip("flatbuffers")
    x = np.array([[8, -16, 24]], np.int8)
    y = ov.compile_model(read_model(formats.tflite(tmp_path, quantized=True)), "CPU")(x)[0]
    np.testing.assert_array_equal(y, np.clip(np.round(formats.expected(x / 8) / 0.5) - 128, -128, 127))


@pytest.mark.parametrize("make", [formats.frozen, formats.saved_model, formats.paddle])
def test_a_dynamic_model_of_another_framework_takes_shapes(tmp_path, make):
    file = make(tmp_path, shape=(-1, 3))
    assert [str(port.get_partial_shape()) for port in read_model(file, {"0": ("1..8", 3)}).inputs] == ["[1..8,3]"]


@pytest.mark.parametrize(
    ("make", "part", "fault"),
    [
        (formats.frozen, "frozen.pb", "it is damaged, or not what its suffix says"),
        (formats.saved_model, "saved/saved_model.pb", "[TensorFlow Frontend] Saved Model cannot be parsed"),
        (formats.paddle, "inference.pdmodel", "Model can't be parsed"),
        (
            formats.paddle,
            "inference.pdiparams",
            "File containing constant with name w wasn't successfully read",
        ),
        (formats.tflite, "m.tflite", None),
    ],
)
def test_a_model_of_another_framework_that_is_cut_off_is_an_error_of_one_line(tmp_path, capfd, make, part, fault):
    if make is formats.tflite:
        pytest.importorskip("flatbuffers")
    file = make(tmp_path)
    whole = (tmp_path / part).read_bytes()
    (tmp_path / part).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError) as told:
        read_model(file)
    assert str(told.value).startswith(f"{file}: OpenVINO cannot read it: {fault or 'TensorFlow Lite Frontend: '}")
    assert str(told.value).endswith("; export or copy it again")
    assert len(str(told.value).splitlines()) == 1
    assert capfd.readouterr() == ("", "")


def test_a_model_with_a_tokenizer_inside_is_an_error_that_says_so(file):
    text = file.read_text()
    file.write_text(text.replace('type="MatMul" version="opset1"', 'type="StringTensorUnpack" version="extension"'))
    message = (
        f"{file}: holds StringTensorUnpack, which OpenVINO does not know: it needs an extension library, which ovopt "
        "does not load: where that is openvino-tokenizers, give the model without its tokenizer, and put `tokenize` "
        "into the recipe's `preprocess`; where it is another, convert the model again in standard operations"
    )
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(file)


def test_a_factory_is_not_called_without_trust(tmp_path):
    (tmp_path / "make.py").write_text("raise SystemExit('it ran')")
    reference = f"{tmp_path}/make.py:build"
    message = f"{reference}: to read it is to run the code in {tmp_path}/make.py; allow that with --trust"
    for path in (reference, tmp_path / "make.py:build"):
        with pytest.raises(ModelError, match=exactly(message)):
            read_model(path)


MAKES_OPENVINO = """
import openvino as ov
import sibling
calls = []
def build():
    calls.append(1)
    x = ov.opset13.parameter([-1, 3], name="x")
    return ov.Model([ov.opset13.relu(x)], [x], f"{sibling.NAME} {len(calls)}")
def fails():
    raise ValueError("no such thing.")
def number():
    return 3
"""


@pytest.fixture
def factory(tmp_path):
    (tmp_path / "make.py").write_text(MAKES_OPENVINO)
    (tmp_path / "sibling.py").write_text("NAME = 'made'")
    return tmp_path / "make.py"


def test_a_factory_makes_a_model_with_trust_and_it_is_kept_until_a_file_changes(factory):
    first, second = (read_model(f"{factory}:build", trust=True) for _ in range(2))
    assert first.get_friendly_name() == second.get_friendly_name() == "made 1"
    first.reshape([1, 3])
    assert str(read_model(f"{factory}:build", trust=True).input(0).get_partial_shape()) == "[?,3]"
    factory.write_text(MAKES_OPENVINO.replace("[-1, 3]", "[-1, 3, 3]"))
    assert len(read_model(f"{factory}:build", trust=True).input(0).get_partial_shape()) == 3


def test_a_converted_model_is_an_ir_that_any_process_reads_without_trust(factory, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    file = OpenedModel(f"{factory}:build", trust=True).readable(scratch, {"0": (2, 3)})
    assert file.parent == scratch
    assert list(read_model(file).input(0).shape) == [2, 3]
    written = file.stat().st_mtime_ns
    assert OpenedModel(f"{factory}:build", trust=True).readable(scratch, {"0": (2, 3)}) == file
    assert file.stat().st_mtime_ns == written
    assert OpenedModel(f"{factory}:build", trust=True).readable(scratch, {"0": (4, 3)}) != file


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        ("fails", "{file}:fails: the function fails: ValueError: no such thing"),
        ("biuld", "{file}: has no function 'biuld'; did you mean 'build'?"),
    ],
)
def test_a_factory_that_fails_is_an_error(factory, function, fault):
    with pytest.raises(ModelError, match=exactly(fault.format(file=factory))):
        read_model(f"{factory}:{function}", trust=True)


def test_a_factory_whose_code_fails_is_an_error(factory):
    factory.write_text("import nothing_of_that_name")
    message = f"{factory}: the code fails: ModuleNotFoundError: No module named 'nothing_of_that_name'"
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(f"{factory}:build", trust=True)


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed")
@pytest.mark.parametrize("name", ["m.pt", "m.pt2", "m.pth"])
def test_without_torch_its_models_are_an_error(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    message = f"{tmp_path / name}: PyTorch is needed to read it: pip install 'ovopt[torch]'"
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(tmp_path / name)


@pytest.mark.parametrize("word", [b"Convolution", b"picture"])
def test_names_that_are_no_text_are_an_error(file, word):
    file.write_bytes(file.read_bytes().replace(b'"' + word, b'"\xff' + word[1:]))
    message = f"{file}: names in it are no UTF-8 text; export or copy it again"
    with pytest.raises(ModelError, match=exactly(message)):
        assert OpenedModel(file).facts
