"""GGUF files: what is computed, what is said of their weights, and what is refused."""

import json
import struct

import numpy as np
import openvino as ov
import pytest

from ovopt.errors import ModelError
from ovopt.model.files import gguf as reading
from ovopt.model.files.opened import OpenedModel
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from ovopt.transforms.text import Tokenize
from tests.cli import run
from tests.factories import exactly
from tests.model.files import gguf_files

IDS = np.array([[1, 14, 13, 12, 9, 4, 5]])
LINE = "the cat at the bath "


@pytest.fixture(scope="module")
def packages():
    """All that reading takes."""
    for name in ("torch", "transformers", "gguf", "accelerate"):
        pytest.importorskip(name)


@pytest.fixture(scope="module", params=[False, True], ids=["f32", "q8"])
def tiny(packages, request, tmp_path_factory):
    """A model of transformers, the file that holds the same, and whether it is quantized."""
    model = gguf_files.llama()
    file = gguf_files.write(tmp_path_factory.mktemp("gguf") / "tiny-llama.gguf", model, request.param)
    return model, file, request.param


def expected_of(model, ids):
    import torch

    with torch.no_grad():
        return model(input_ids=torch.from_numpy(ids)).logits.numpy()


@pytest.mark.filterwarnings("ignore")
def test_it_computes_what_its_weights_say_and_tells_how_they_are_stored(tiny, tmp_path, capfd):
    model, file, quantized = tiny
    read = read_model(file)
    assert capfd.readouterr().err == ""
    assert [port.name for port in facts(read).inputs] == ["input_ids", "attention_mask"]
    compiled = ov.compile_model(read, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    answer = compiled({"input_ids": IDS, "attention_mask": np.ones_like(IDS)})[0]
    np.testing.assert_allclose(answer, expected_of(model, IDS), rtol=1e-3, atol=1e-4)
    said = "Q8_0 weights (GGUF, computed in floating point)" if quantized else None
    assert facts(read).quantization == said
    assert facts(read_model(OpenedModel(file).readable(tmp_path, {}))).quantization == said


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("asked", "before"), [(None, []), (False, []), (True, [1])])
def test_its_tokenizer_is_in_the_file(packages, tmp_path, asked, before):
    file = gguf_files.write(tmp_path / "tiny-llama.gguf", gguf_files.llama(), False, add_bos=asked)
    wanted = [*before, 11, 13, 12, 9, 12, 14, 9, 4, 3, 10, 9]  # the, Ġc, at, Ġ, at, Ġthe, Ġ, b, a, th, Ġ
    for place in (file, file.parent):
        assert Tokenize(tokenizer=str(place))(LINE)["input_ids"].tolist() == wanted


@pytest.mark.filterwarnings("ignore")
def test_the_recipe_of_language_models_gives_its_perplexity(tiny, tmp_path):
    import torch

    model, file, quantized = tiny
    (tmp_path / "text.txt").write_text(LINE.strip() + "\n")
    ids = np.array([[11, 13, 12, 9, 12, 14, 9, 4, 3, 10]])
    scores = torch.from_numpy(expected_of(model, ids)[0]).double().log_softmax(-1)
    wanted = float(np.exp(-np.mean([scores[i, token] for i, token in enumerate(ids[0, 1:])])))
    ran = run.ovopt(
        "evaluate", file, "--data", "text.txt", "-q", "--format", "json", "--set", "data.source.chars=null",
        "--property", "INFERENCE_PRECISION_HINT=f32", cwd=tmp_path,
    )  # fmt: skip
    assert ran.code == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["arms"][0]["accuracy"]["perplexity"]["value"] == pytest.approx(wanted, rel=1e-3)
    assert any("Q8_0 weights" in note for note in found["notes"]) == quantized


def test_a_file_that_is_something_else_is_an_error(packages, tmp_path):
    file = tmp_path / "model.gguf"
    file.write_bytes(b"something else")
    message = f"{file}: not a GGUF file, whatever its suffix says; download or copy it again"
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(file)


@pytest.mark.parametrize("kept", [4, 30, 2000, -100])
def test_a_file_that_is_cut_off_is_an_error(tiny, tmp_path, kept):
    file = tmp_path / "model.gguf"
    file.write_bytes(tiny[1].read_bytes()[:kept])
    with pytest.raises(ModelError, match=exactly(f"{file}: damaged or cut off; download or copy it again")):
        read_model(file)


@pytest.mark.filterwarnings("ignore")
def test_an_architecture_that_transformers_does_not_read_is_an_error_of_one_line(tiny, tmp_path):
    file = tmp_path / "model.gguf"
    content = tiny[1].read_bytes()
    file.write_bytes(
        content.replace(b"\x05\x00\x00\x00\x00\x00\x00\x00llama", b"\x05\x00\x00\x00\x00\x00\x00\x00alpha")
    )
    with pytest.raises(ModelError) as told:
        read_model(file)
    assert str(told.value).startswith(f"{file}: transformers cannot load it: ")
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize("missing", reading.NEEDED)
def test_a_missing_package_says_what_to_install(tmp_path, monkeypatch, missing):
    monkeypatch.setattr(reading, "installed", lambda name: name != missing)
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=exactly(f"{file}: {missing} is needed to read it: pip install 'ovopt[hf]'")):
        read_model(file)


def test_a_damaged_file_holds_no_tokenizer(packages, tmp_path):
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=exactly(f"{file}: damaged or cut off; download or copy it again")):
        Tokenize(tokenizer=str(file))("a")


def _entry(kind, value):
    return struct.pack("<QQQ9sI", 0, 1, 9, b"general.x", kind) + value


@pytest.mark.parametrize(
    "header",
    [
        struct.pack("<QQ", 0, 1 << 60),
        struct.pack("<QQ", 1 << 60, 0),
        _entry(9, struct.pack("<IQ", 0, 1 << 60)),
        _entry(9, struct.pack("<IQ", 8, 1 << 60)),
        _entry(9, struct.pack("<IQ", 9, 1) * 5000),
        _entry(8, struct.pack("<Q", 1 << 62)),
        _entry(99, b"\1"),
    ],
)
def test_lengths_that_the_file_does_not_have_are_an_error_before_they_take_memory(packages, tmp_path, header):
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + struct.pack("<I", 3) + header + bytes(100))
    with pytest.raises(ModelError, match=exactly(f"{file}: damaged or cut off; download or copy it again")):
        read_model(file)
