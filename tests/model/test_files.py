"""Models on disk."""

import hashlib

import pytest

from ovopt.errors import ModelError
from ovopt.model.files import describe, locate
from tests.factories import exactly


@pytest.fixture
def model(tmp_path):
    (tmp_path / "model.xml").write_bytes(b"<xml/>")
    (tmp_path / "model.bin").write_bytes(b"weights")
    return tmp_path / "model.xml"


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


def test_every_byte_of_the_weights_changes_the_hash(model):
    before = describe(model).sha256
    model.with_suffix(".bin").write_bytes(b"weightz")
    assert describe(model).sha256 != before


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("nothing.onnx", None, "no such model file"),
        ("model.pt", b"x", "unknown model format '.pt'; ovopt reads .xml, .onnx"),
        ("model", b"x", "unknown model format ''; ovopt reads .xml, .onnx"),
        ("model.onnx", b"", "the model file is empty; export or copy it again"),
        ("model.xml", b"<xml/>", "its weights model.bin are missing; keep both files side by side"),
    ],
)
def test_a_path_that_is_no_model_is_an_error(tmp_path, name, content, fault):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=exactly(f"{tmp_path / name}: {fault}")):
        describe(tmp_path / name)


def test_a_folder_without_a_model_is_an_error(tmp_path):
    message = f"{tmp_path}: a folder without a model.xml; give a model file or an ovopt bundle"
    with pytest.raises(ModelError, match=exactly(message)):
        locate(tmp_path)
