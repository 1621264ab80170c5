"""Hugging Face folders: what is converted by which package, and what is refused."""

import json
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import openvino as ov
import pytest

from ovopt.errors import ModelError
from ovopt.model.files import huggingface
from ovopt.model.files.opened import OpenedModel
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from tests.factories import exactly
from tests.models import conv_model, saved

NARROW = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


def folder_with(folder, **config):
    """A folder whose weights nobody looks into."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"architectures": ["BertForSequenceClassification"], **config}))
    (folder / "pytorch_model.bin").write_bytes(b"weights")
    return folder


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        (
            {"architectures": None},
            "/config.json: names no `architectures`, so the class of the model is not known; add them",
        ),
        (
            {"auto_map": {"AutoModel": "modeling.Own"}},
            ": comes with code of its own, which would run; allow that with --trust",
        ),
        (
            {"is_encoder_decoder": True},
            ": an encoder and a decoder, which are models of their own; export them with `optimum-cli export openvino "
            "--model {folder} OUTPUT` and give one of its .xml files",
        ),
    ],
)
def test_a_configuration_that_cannot_be_converted_is_an_error(tmp_path, config, fault):
    folder = folder_with(tmp_path / "m", **config)
    with pytest.raises(ModelError, match=exactly(f"{folder}{fault.format(folder=folder)}")):
        read_model(folder)


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"num_hidden_layers": 1001}, "num_hidden_layers"),
        ({"text_config": {"hidden_size": 1001}}, "hidden_size"),
        ({"max_position_embeddings": 1001}, "max_position_embeddings"),
    ],
)
def test_sizes_that_no_model_has_are_refused_before_one_is_built(tmp_path, monkeypatch, config, key):
    monkeypatch.setattr(huggingface, "LARGEST", 1000)
    folder = folder_with(tmp_path / "m", **config)
    message = f"{folder}/config.json: {key} is 1001, which no model has; download the file again"
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(folder)


def test_a_configuration_that_is_no_json_is_an_error(tmp_path):
    folder = folder_with(tmp_path / "m")
    (folder / "config.json").write_text("{")
    why = "Expecting property name enclosed in double quotes"
    with pytest.raises(ModelError, match=exactly(f"{folder}/config.json:1: not valid JSON: {why}; download it again")):
        read_model(folder)


def test_without_transformers_the_command_that_installs_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface, "installed", lambda package: False)
    folder = folder_with(tmp_path / "m")
    with pytest.raises(
        ModelError, match=exactly(f"{folder}: transformers is needed to read it: pip install 'ovopt[hf]'")
    ):
        read_model(folder)


@pytest.fixture
def optimum(monkeypatch):
    """A stand-in for optimum-intel that exports the models in `makes`, and keeps how it was called."""
    stand_in = SimpleNamespace(makes=["openvino_model"], calls=[], fault=None)

    def main_export(folder, output, **how):
        if stand_in.fault:
            raise stand_in.fault
        stand_in.calls.append((folder, how))
        for name in stand_in.makes:
            saved(conv_model(), huggingface.Path(output), name)

    exporters = SimpleNamespace(main_export=main_export)
    monkeypatch.setitem(sys.modules, "optimum.exporters.openvino", exporters)
    monkeypatch.setitem(sys.modules, "optimum.intel", SimpleNamespace(OVConfig=lambda dtype: dtype))
    monkeypatch.setattr(huggingface, "installed", lambda package: package.startswith("optimum"))
    return stand_in


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        ("BertForSequenceClassification", "text-classification"),
        ("LlamaForCausalLM", "text-generation-with-past"),
        ("GPT2LMHeadModel", "text-generation-with-past"),
        ("ViTModel", "feature-extraction"),
        ("SomethingElse", "auto"),
    ],
)
def test_optimum_exports_in_f32_for_the_task_of_the_architecture(tmp_path, optimum, architecture, task):
    folder = folder_with(tmp_path / "m", architectures=[architecture])
    assert facts(read_model(folder)).inputs == facts(conv_model()).inputs
    assert optimum.calls == [(str(folder), {"task": task, "trust_remote_code": False, "ov_config": "fp32"})]


def test_an_exported_model_computes_after_its_scratch_folder_is_gone(tmp_path, optimum):
    picture = np.random.default_rng(0).random((1, 3, 8, 8), np.float32)
    read, original = (
        ov.compile_model(m, "CPU")(picture)[0] for m in (read_model(folder_with(tmp_path / "m")), conv_model())
    )
    np.testing.assert_array_equal(read, original)


def test_code_of_the_model_runs_with_trust(tmp_path, optimum):
    read_model(folder_with(tmp_path / "m", auto_map={"AutoModel": "modeling.Own"}), trust=True)
    assert optimum.calls[0][1]["trust_remote_code"] is True


@pytest.mark.parametrize(
    ("makes", "said"),
    [
        (
            ["openvino_encoder_model", "openvino_decoder_model"],
            "openvino_decoder_model.xml, openvino_encoder_model.xml",
        ),
        ([], "no model"),
    ],
)
def test_an_export_to_several_models_is_an_error(tmp_path, optimum, makes, said):
    optimum.makes = makes
    folder = folder_with(tmp_path / "m")
    message = (
        f"{folder}: exports to {said}; use `optimum-cli export openvino --model {folder} OUTPUT` and give one file"
    )
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(folder)


def test_an_export_that_fails_is_an_error_of_one_line(tmp_path, optimum):
    optimum.fault = ValueError("no such task.\nAt length.")
    folder = folder_with(tmp_path / "m")
    message = f"{folder}: optimum-intel cannot export it: ValueError: no such task"
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(folder)


@pytest.fixture
def transformers(monkeypatch):
    """The package itself, without optimum-intel."""
    pytest.importorskip("torch")
    package = pytest.importorskip("transformers")
    monkeypatch.setattr(huggingface, "installed", lambda name: "optimum" not in name and find_spec(name) is not None)
    return package


def kept(model, folder):
    """The model, in evaluation, and its folder."""
    model.eval().save_pretrained(folder)
    return model, folder


def bert(transformers, folder):
    config = transformers.BertConfig(vocab_size=20, max_position_embeddings=32, num_labels=3, **NARROW)
    return kept(transformers.BertForSequenceClassification(config), folder)


def vit(transformers, folder):
    config = transformers.ViTConfig(image_size=16, patch_size=8, num_labels=3, **NARROW)
    return kept(transformers.ViTForImageClassification(config), folder)


def llama(transformers, folder):
    config = transformers.LlamaConfig(vocab_size=20, num_key_value_heads=2, **NARROW)
    return kept(transformers.LlamaForCausalLM(config), folder)


def wav2vec2(transformers, folder):
    layers = {"conv_dim": (8, 8), "conv_stride": (5, 2), "conv_kernel": (10, 3), "num_feat_extract_layers": 2}
    positions = {"num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2}
    config = transformers.Wav2Vec2Config(vocab_size=12, **layers, **positions, **NARROW)
    return kept(transformers.Wav2Vec2ForCTC(config), folder)


IDS = {"input_ids": np.arange(5)[None], "attention_mask": np.ones((1, 5), np.int64)}
PICTURE = {"pixel_values": np.random.default_rng(0).random((1, 3, 16, 16), np.float32)}
SOUND = {"input_values": np.random.default_rng(0).random((1, 800), np.float32)}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("make", "inputs"), [(bert, IDS), (vit, PICTURE), (llama, IDS), (wav2vec2, SOUND)])
def test_a_model_of_transformers_computes_what_it_should(tmp_path, transformers, capfd, make, inputs):
    import torch

    model, folder = make(transformers, tmp_path / "m")
    capfd.readouterr()
    read = read_model(folder)
    assert capfd.readouterr().err == ""
    assert [port.name for port in facts(read).inputs] == list(inputs)
    assert facts(read).outputs[0].name == "logits"
    if make is vit:
        assert facts(read).inputs[0].shape == (None, 3, None, None)
    with torch.no_grad():
        expected = model(**{name: torch.from_numpy(value) for name, value in inputs.items()}).logits.numpy()
    answer = ov.compile_model(read, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(inputs)[0]
    np.testing.assert_allclose(answer, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_a_folder_is_converted_to_an_ir_once(tmp_path, transformers):
    _, folder = bert(transformers, tmp_path / "m")
    (tmp_path / "scratch").mkdir()
    made = OpenedModel(folder).readable(tmp_path / "scratch", {"input_ids": (1, 8), "attention_mask": (1, 8)})
    assert [list(port.shape) for port in read_model(made).inputs] == [[1, 8], [1, 8]]


@pytest.mark.filterwarnings("ignore")
def test_weights_that_cannot_be_loaded_are_an_error_of_one_line(tmp_path, transformers):
    folder = folder_with(tmp_path / "m", model_type="bert")
    with pytest.raises(ModelError) as told:
        read_model(folder)
    assert str(told.value).startswith(f"{folder}: transformers cannot load it: ")
    assert len(str(told.value).splitlines()) == 1


def test_an_architecture_that_transformers_does_not_know_is_an_error(tmp_path, transformers):
    folder = folder_with(tmp_path / "m", architectures=["NoSuchModel"])
    message = f"{folder}: transformers {transformers.__version__} knows no NoSuchModel; install a version that does"
    with pytest.raises(ModelError, match=exactly(message)):
        read_model(folder)


@pytest.mark.filterwarnings("ignore")
def test_a_model_whose_input_is_not_known_is_an_error(tmp_path, transformers):
    _, folder = bert(transformers, tmp_path / "m")
    model = SimpleNamespace(config=None, main_input_name="waves")
    message = (
        f"{folder}: no example is known for its input 'waves'; install optimum-intel, or export it with `optimum-cli "
        f"export openvino --model {folder} OUTPUT`"
    )
    with pytest.raises(ModelError, match=exactly(message)):
        huggingface._example(folder, model)


OWN = """
import torch
from transformers import PretrainedConfig, PreTrainedModel
class OwnConfig(PretrainedConfig):
    model_type = "own"
class Own(PreTrainedModel):
    config_class = OwnConfig
    main_input_name = "pixel_values"
    def __init__(self, config):
        super().__init__(config)
        self.layer = torch.nn.Conv2d(3, 2, 1)
        self.post_init()
    def forward(self, pixel_values):
        return self.layer(pixel_values)
"""


@pytest.mark.filterwarnings("ignore")
def test_a_model_with_code_of_its_own_is_read_with_trust_alone(tmp_path, transformers, monkeypatch):
    from safetensors.numpy import save_file

    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    own = {"AutoConfig": "modeling.OwnConfig", "AutoModel": "modeling.Own"}
    folder = folder_with(tmp_path / "m", architectures=["Own"], model_type="own", auto_map=own, image_size=4)
    (folder / "modeling.py").write_text(OWN)
    weights = {"layer.weight": np.ones((2, 3, 1, 1), np.float32), "layer.bias": np.zeros(2, np.float32)}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="comes with code of its own"):
        read_model(folder)
    answer = ov.compile_model(read_model(folder, trust=True), "CPU")(np.ones((1, 3, 4, 4), np.float32))[0]
    np.testing.assert_allclose(answer, np.full((1, 2, 4, 4), 3))
