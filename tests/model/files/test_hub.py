"""Models of the Hugging Face hub, without a network."""

import huggingface_hub
import pytest
from huggingface_hub import errors

from ovopt.errors import ModelError
from ovopt.model.files.hub import fetch, wanted
from ovopt.model.files.locate import locate
from tests.factories import exactly


class _Hub:
    """A hub that holds one repository, and keeps what it is asked for."""

    def __init__(self, folder, files, fault=None):
        self.folder, self.files, self.fault = folder, files, fault
        self.cached = False
        self.asked = []

    def list_repo_files(self, repository, revision=None):
        if self.fault:
            raise self.fault
        self.asked.append((repository, revision))
        return self.files

    def download(self, repository, revision=None, allow_patterns=None, local_files_only=False):
        if local_files_only and not self.cached:
            raise errors.LocalEntryNotFoundError("nothing")
        self.asked.append((repository, revision, allow_patterns))
        return str(self.folder)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    fetch.cache_clear()
    made = _Hub(tmp_path, ["config.json", "model.onnx", "model.safetensors"])
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: made)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", made.download)
    yield made
    fetch.cache_clear()


def _hub_error(kind):
    error = kind.__new__(kind)
    Exception.__init__(error, "told at length\nby the hub")
    return error


def test_a_name_is_fetched_once_and_is_then_a_folder(hub, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"model")
    assert locate("hf:org/name@v1") == locate("hf:org/name@v1") == tmp_path / "model.onnx"
    assert [asked[:2] for asked in hub.asked] == [("org/name", "v1")] * 2, "the list of files, then the files"


@pytest.mark.parametrize(
    ("files", "first"),
    [
        (["openvino_model.xml", "openvino_model.bin", "model.onnx"], "openvino_model.*"),
        (["model.safetensors", "onnx/model.onnx"], "onnx/model.onnx*"),
        (["model.onnx", "onnx/model.onnx"], "model.onnx*"),
        (["pytorch_model.bin", "model-00001-of-00002.safetensors"], "model*.safetensors"),
        (["pytorch_model.bin", "tf_model.h5"], "pytorch_model*.bin"),
    ],
)
def test_of_several_forms_the_one_that_is_read_soonest_is_fetched(files, first):
    assert wanted("hf:a/b", files)[0] == first
    assert "*.json" in wanted("hf:a/b", files)


@pytest.mark.parametrize(
    ("name", "files", "fault"),
    [
        (
            "hf:a/b",
            ["readme.md", "sub/model.onnx"],
            "holds no weights; name one with safetensors, ONNX or OpenVINO files at its root",
        ),
        (
            "hf:a/b",
            ["m-q4.gguf", "m-q8.gguf"],
            "holds GGUF files; fetch one and give its path: `hf download a/b m-q4.gguf`",
        ),
        (
            "hf:a/b@v1",
            ["m.gguf"],
            "holds GGUF files; fetch one and give its path: `hf download a/b --revision v1 m.gguf`",
        ),
    ],
)
def test_a_repository_without_a_model_that_is_read_is_an_error(hub, name, files, fault):
    hub.files = files
    with pytest.raises(ModelError, match=exactly(f"{name}: the repository {fault}")):
        fetch(name)


@pytest.mark.parametrize("name", ["hf:", "hf:a/b/c", "hf:a b", "hf:a/b@", "hf:../../etc"])
def test_a_name_that_is_none_is_an_error(name):
    with pytest.raises(ModelError, match=exactly(f"{name}: write hf:ORG/NAME or hf:ORG/NAME@REVISION")):
        fetch(name)


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        (errors.RepositoryNotFoundError, "the hub has no such model, or it is private (`hf auth login`)"),
        (errors.RevisionNotFoundError, "the model has no revision 'v9' on the hub"),
        (
            errors.GatedRepoError,
            "the hub wants you to accept this model's terms first; do so on its page, then `hf auth login`",
        ),
    ],
)
def test_what_the_hub_refuses_is_an_error_of_one_line(hub, kind, fault):
    hub.fault = _hub_error(kind)
    with pytest.raises(ModelError, match=exactly(f"hf:a/b@v9: {fault}")):
        fetch("hf:a/b@v9")


def test_without_a_network_the_cache_is_enough(hub, tmp_path):
    hub.fault, hub.cached = ConnectionError("no route"), True
    assert fetch("hf:a/b") == tmp_path


def test_without_a_network_and_a_cached_copy_it_is_an_error(hub):
    hub.fault = ConnectionError("no route to the hub.\nat length")
    message = (
        "hf:a/b: not in the local cache, and the hub cannot be reached (ConnectionError: no route to the hub); fetch "
        "it with a network, or give a folder"
    )
    with pytest.raises(ModelError, match=exactly(message)):
        fetch("hf:a/b")
