"""Models of the hub: a snapshot of links in its cache, and exports in a folder below the configuration."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from ovopt.model.described.describe import described
from ovopt.model.files import locate
from ovopt.model.files.opened import OpenedModel
from ovopt.workflow.beginning.recipe_choice import Beside

CONFIG = {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "bad", "1": "good"}}


def classifier(file):
    """An ONNX model of tokens with two scores."""
    ends = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"]),
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 2]),
    ]
    two = helper.make_tensor("two", TensorProto.FLOAT, [1, 2], [1.0, 2.0])
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats"], ["mean"], keepdims=1),
        helper.make_node("Mul", ["mean", "two"], ["logits"]),
    ]
    graph = helper.make_graph(nodes, "tiny", ends[:1], ends[1:], [two])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), file)


@pytest.fixture
def snapshot(tmp_path):
    """A folder of the hub's cache, whose files are links to others."""
    blobs = tmp_path / "models--org--name" / "blobs"
    folder = tmp_path / "models--org--name" / "snapshots" / "0123"
    (folder / "onnx").mkdir(parents=True)
    blobs.mkdir()
    classifier(blobs / "a")
    for name, content in (("config.json", CONFIG), ("tokenizer.json", {}), ("tokenizer_config.json", {})):
        (blobs / name[:8]).write_text(json.dumps(content))
        (folder / name).symlink_to(f"../../blobs/{name[:8]}")
    (folder / "onnx" / "model.onnx").symlink_to("../../../blobs/a")
    return folder


@pytest.mark.parametrize("path", ["hf:org/name", "{snapshot}", "{snapshot}/onnx/model.onnx", "{snapshot}/onnx"])
def test_what_stands_above_an_export_is_its_description(path, snapshot, monkeypatch):
    monkeypatch.setattr(locate, "fetch", lambda name: snapshot)
    model = OpenedModel(path.format(snapshot=snapshot))
    found = described(model)
    assert (found.task, found.classes) == ("classification", ("bad", "good"))
    assert found.said["task"] == "config.json: architectures"
    assert found.data == ("hf:stanfordnlp/imdb",)
    assert found.doubts == ()
    (entry,) = found.preprocess
    filled = Beside(model).filled(entry["tokenize"]["tokenizer"])
    assert np.all([(snapshot / "tokenizer.json").samefile(f"{filled}/tokenizer.json")])
