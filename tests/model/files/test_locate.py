"""Models on disk."""

import hashlib
import json
import struct
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from ovopt.errors import ModelError
from ovopt.model.files.locate import READS, describe, locate
from tests.factories import exactly
from tests.model.files import formats


@pytest.fixture
def model(tmp_path):
    (tmp_path / "model.xml").write_bytes(b"<xml/>")
    (tmp_path / "model.bin").write_bytes(b"weights")
    return tmp_path / "model.xml"


def safetensors(file: Path, size: int = 8) -> Path:
    header = json.dumps({"__metadata__": {}, "w": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]}}).encode()
    file.write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
    return file


def hugging_face(folder: Path) -> Path:
    (folder / "config.json").write_text('{"architectures": ["BertModel"]}')
    safetensors(folder / "model.safetensors")
    return folder


def test_a_model_is_a_file_or_the_model_of_a_bundle(model):
    assert locate(model) == locate(str(model)) == locate(model.parent) == model


def test_a_model_is_described_with_its_weights(model):
    found = describe(model)
    assert found.path == str(model)
    assert found.sha256 == hashlib.sha256(b"<xml/>weights").hexdigest()
    assert found.size_bytes == 13
    assert describe(model.parent).sha256 == found.sha256


def test_the_external_data_of_an_onnx_file_counts(tmp_path):
    for name, content in {"m.onnx": b"graph", "m.onnx.data": b"one", "m.onnx_data": b"two", "other": b"no"}.items():
        (tmp_path / name).write_bytes(content)
    found = describe(tmp_path / "m.onnx")
    assert found.sha256 == hashlib.sha256(b"graphonetwo").hexdigest()
    assert found.size_bytes == 11


def external_onnx(folder: Path, location: str) -> Path:
    onnx = pytest.importorskip("onnx")
    info = [onnx.helper.make_tensor_value_info(name, 1, [1, n]) for name, n in (("x", 3), ("y", 4))]
    weights = onnx.numpy_helper.from_array(formats.WEIGHTS, "w")
    graph = onnx.helper.make_graph([onnx.helper.make_node("MatMul", ["x", "w"], ["y"])], "g", info[:1], info[1:])
    graph.initializer.append(weights)
    weights = graph.initializer[0]
    onnx.external_data_helper.set_external_data(weights, location)
    weights.ClearField("raw_data")
    weights.data_location = onnx.TensorProto.EXTERNAL
    (folder / "m.onnx").write_bytes(onnx.helper.make_model(graph).SerializeToString())
    return folder / "m.onnx"


def test_external_data_is_found_under_the_name_that_the_graph_has_for_it(tmp_path):
    file = external_onnx(tmp_path, "tensors.weights")
    (tmp_path / "tensors.weights").write_bytes(formats.WEIGHTS.tobytes())
    found = describe(file)
    assert found.size_bytes == file.stat().st_size + formats.WEIGHTS.nbytes
    assert found.sha256 == hashlib.sha256(file.read_bytes() + formats.WEIGHTS.tobytes()).hexdigest()


def test_external_data_that_is_missing_is_an_error(tmp_path):
    file = external_onnx(tmp_path, "tensors.weights")
    message = f"{file}: its weights tensors.weights are missing; keep both files side by side"
    with pytest.raises(ModelError, match=exactly(message)):
        locate(file)


def test_external_data_outside_of_the_models_folder_is_left_alone(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    file = external_onnx(tmp_path / "inside", "../secret")
    assert describe(file).size_bytes == file.stat().st_size


def test_without_the_package_onnx_external_data_is_found_by_its_usual_name(tmp_path, monkeypatch):
    file = external_onnx(tmp_path, "tensors.weights")
    present = "ovopt.model.files.integrity.find_spec"
    monkeypatch.setattr(present, lambda name: None if name == "onnx" else find_spec(name))
    (tmp_path / "m.onnx.data").write_bytes(b"12345")
    assert describe(file).size_bytes == file.stat().st_size + 5


def test_every_byte_of_the_weights_changes_the_hash(model):
    before = describe(model).sha256
    model.with_suffix(".bin").write_bytes(b"weightz")
    assert describe(model).sha256 != before


def test_a_saved_model_is_its_folder_with_all_variables(tmp_path):
    folder = formats.saved_model(tmp_path)
    (folder / "variables" / "deep").mkdir(parents=True)
    (folder / "variables" / "variables.index").write_bytes(b"index")
    (folder / "variables" / "deep" / "a").write_bytes(b"data")
    (folder / "keras_metadata.pb").write_bytes(b"not part of it")
    assert locate(folder) == locate(folder / "saved_model.pb") == folder
    graph = (folder / "saved_model.pb").read_bytes()
    assert describe(folder).sha256 == hashlib.sha256(graph + b"data" + b"index").hexdigest()
    assert describe(folder).size_bytes == len(graph) + 9


def test_a_paddle_model_is_a_program_with_its_parameters(tmp_path):
    file = formats.paddle(tmp_path)
    assert locate(file) == locate(tmp_path) == file
    both = file.read_bytes() + file.with_suffix(".pdiparams").read_bytes()
    assert describe(file).sha256 == hashlib.sha256(both).hexdigest()


def test_a_hugging_face_folder_is_its_configuration_and_weights(tmp_path):
    folder = hugging_face(tmp_path)
    (folder / "pytorch_model.bin").write_bytes(b"the same again")
    (folder / "tokenizer.json").write_text("{}")
    assert locate(folder) == folder
    content = b"".join((folder / name).read_bytes() for name in ("config.json", "model.safetensors"))
    assert describe(folder).sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("ready", ["openvino_model.xml", "model.onnx", "onnx/model.onnx"])
def test_a_hugging_face_folder_with_a_model_that_needs_no_conversion_means_that(tmp_path, ready):
    folder = hugging_face(tmp_path)
    (folder / ready).parent.mkdir(exist_ok=True)
    (folder / ready).write_bytes(b"model")
    (folder / "openvino_model.bin").write_bytes(b"weights")
    (folder / "model_quantized.onnx").write_bytes(b"another")
    assert locate(folder) == folder / ready


def test_a_factory_is_its_code_and_its_weights(tmp_path):
    (tmp_path / "make.py").write_bytes(b"code")
    (tmp_path / "w.pt").write_bytes(b"weights")
    reference = f"{tmp_path}/make.py:build@{tmp_path}/w.pt"
    assert str(locate(reference)) == reference
    assert describe(reference).sha256 == hashlib.sha256(b"codeweights").hexdigest()
    assert describe(f"{tmp_path}/make.py:build").sha256 == hashlib.sha256(b"code").hexdigest()


@pytest.mark.parametrize("missing", ["make.py", "w.pt"])
def test_a_factory_without_its_files_is_an_error(tmp_path, missing):
    for name in {"make.py", "w.pt"} - {missing}:
        (tmp_path / name).write_bytes(b"x")
    reference = f"{tmp_path}/make.py:build@{tmp_path}/w.pt"
    with pytest.raises(ModelError, match=exactly(f"{reference}: there is no file {tmp_path / missing}")):
        locate(reference)


def test_the_only_model_in_a_folder_is_meant_and_of_several_one_must_be_named(tmp_path):
    (tmp_path / "b.tflite").write_bytes(b"model")
    (tmp_path / "readme.txt").write_bytes(b"text")
    assert locate(tmp_path) == tmp_path / "b.tflite"
    (tmp_path / "a.onnx").write_bytes(b"model")
    message = f"{tmp_path}: holds several models; give one: a.onnx, b.tflite"
    with pytest.raises(ModelError, match=exactly(message)):
        locate(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("nothing.onnx", None, "no such model file"),
        ("model.foo", b"x", f"unknown model format '.foo'; ovopt reads {READS}"),
        ("model", b"x", f"unknown model format ''; ovopt reads {READS}"),
        ("model.onnx", b"", "the model file is empty; export or copy it again"),
        ("model.xml", b"<xml/>", "its weights model.bin are missing; keep both files side by side"),
        ("model.pdmodel", b"x", "its weights model.pdiparams are missing; keep both files side by side"),
        (
            "model.onnx",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
            "a Git LFS pointer, not the file itself; run `git lfs pull` where it comes from",
        ),
        ("model.tflite", b"\n<!DOCTYPE html><html>", "a web page, not a model; download the file itself"),
        ("model.pb", b"<html lang='en'>", "a web page, not a model; download the file itself"),
        ("model.pt", b"PK\x03\x04 and no more", "cut off, its end is missing; download or copy it again"),
        ("model.bin", b"x", "weights without their graph; give the .xml that goes with them"),
        (
            "model.safetensors",
            b"x",
            "weights without their graph; give the Hugging Face folder with its config.json, or a factory: "
            "FILE.py:FUNCTION",
        ),
        (
            "model-00002-of-00003.gguf",
            b"GGUF",
            "one part of a model in several; join them with `llama-gguf-split --merge`",
        ),
        ("model.pdiparams", b"x", "the parameters of a Paddle program; give the .pdmodel that goes with them"),
        (
            "model.keras",
            b"PK",
            "Keras's own format; write a SavedModel with `model.export(FOLDER)`, and give that folder",
        ),
        ("model.ckpt", b"x", "a training checkpoint; export the model to .pt2 with torch.export.save, or to .onnx"),
        ("model.pkl", b"x", "a pickle is no model format; export the model to .onnx"),
        ("model.py", b"x", "a file of code; name the function in it that makes the model: FILE.py:FUNCTION"),
    ],
)
def test_a_path_that_is_no_model_is_an_error(tmp_path, name, content, fault):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=exactly(f"{tmp_path / name}: {fault}")):
        describe(tmp_path / name)


def test_a_git_lfs_pointer_in_place_of_the_weights_is_an_error(model):
    weights = model.with_suffix(".bin")
    weights.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n")
    message = f"{weights}: a Git LFS pointer, not the file itself; run `git lfs pull` where it comes from"
    with pytest.raises(ModelError, match=exactly(message)):
        locate(model)


@pytest.mark.parametrize("size", [0, 7])
def test_safetensors_that_are_cut_off_are_an_error(tmp_path, size):
    folder = hugging_face(tmp_path)
    file = safetensors(folder / "model.safetensors", size)
    with pytest.raises(ModelError, match=exactly(f"{file}: cut off, its end is missing; download or copy it again")):
        locate(folder)


def test_safetensors_whose_header_is_cut_off_are_an_error(tmp_path):
    folder = hugging_face(tmp_path)
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:20])
    with pytest.raises(ModelError, match="cut off"):
        locate(folder)


def test_a_whole_archive_is_not_cut_off(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.pt", "w") as archive:
        archive.writestr("m/data.pkl", np.zeros(3).tobytes())
    assert locate(tmp_path / "m.pt") == tmp_path / "m.pt"


@pytest.mark.parametrize(
    ("files", "place", "fault"),
    [
        ([], "", f"a folder without a model; ovopt reads {READS}"),
        (["readme.txt"], "", f"a folder without a model; ovopt reads {READS}"),
        (["config.json"], "", f"a folder without a model; ovopt reads {READS}"),
        (
            ["inference.json", "inference.pdiparams"],
            "inference.json",
            "not a model that OpenVINO reads; save a Paddle program as .pdmodel (FLAGS_enable_pir_api=0), or convert "
            "it with paddle2onnx",
        ),
        (["a.gguf", "b.gguf"], "", "holds several models; give one: a.gguf, b.gguf"),
    ],
)
def test_a_folder_without_a_model_is_an_error(tmp_path, files, place, fault):
    for name in files:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ModelError, match=exactly(f"{tmp_path / place}: {fault}")):
        locate(tmp_path)


@pytest.mark.parametrize("end", ['"x"', "[1]", "null", "1e400", "-5", "[" * 5000])
def test_safetensors_whose_header_is_mistyped_are_left_to_their_reader(tmp_path, end):
    header = f'{{"w": {{"dtype": "F32", "shape": [1], "data_offsets": [0, {end}]}}}}'.encode()
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    assert locate(tmp_path) == tmp_path


@pytest.mark.parametrize("suffix", [".onnx", ".pb", ".tflite"])
def test_a_file_larger_than_its_format_allows_is_refused_before_it_is_read(tmp_path, suffix):
    file = tmp_path / f"m{suffix}"
    with file.open("wb") as stream:
        stream.truncate(40_000_000_000)  # of which the disk holds nothing
    message = f"{file}: larger than the 2 GiB that such a file can have; export it with its weights apart"
    with pytest.raises(ModelError, match=exactly(message)):
        locate(file)
