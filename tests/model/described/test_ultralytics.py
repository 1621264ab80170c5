"""Ultralytics' exports: metadata in an ONNX file and in `metadata.yaml`."""

from pathlib import Path

import numpy as np
import onnx
import openvino as ov
import pytest
import yaml
from onnx import TensorProto, helper
from openvino import opset13 as ops

from ovopt.model.described.describe import described
from ovopt.model.files.opened import OpenedModel
from tests.model.described.folders import file_of, model_of, picture, prepared, published, recipe_of

METADATA = {
    "description": "Ultralytics YOLO11n model trained on coco8.yaml",
    "author": "Ultralytics",
    "version": "8.3.0",
    "stride": 32,
    "task": "detect",
    "batch": 1,
    "imgsz": [32, 48],
    "names": {0: "person", 1: "bird's nest", 2: "traffic light"},
    "args": {"half": False},
    "channels": 3,
    "end2end": False,
}
PICTURE = [("images", (1, 3, 32, 48), np.float32)]


def onnx_file(folder: Path, metadata: dict, shape=(1, 7, 84)) -> Path:
    """An ONNX model with an output of this shape, and metadata as the exporter writes them: `str` of each value."""
    ends = [
        helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 32, 48]),
        helper.make_tensor_value_info("output0", TensorProto.FLOAT, shape),
    ]
    values = helper.make_tensor("zeros", TensorProto.FLOAT, shape, np.zeros(shape, np.float32).ravel())
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Add", ["zeros", "mean"], ["output0"]),
    ]
    made = helper.make_model(
        helper.make_graph(nodes, "yolo", ends[:1], ends[1:], [values]), opset_imports=[helper.make_opsetid("", 13)]
    )
    helper.set_model_props(made, {key: str(value) for key, value in metadata.items()})
    file = folder / "yolo.onnx"
    onnx.save(made, file)
    return file


def rows(*shape: int) -> ov.Model:
    """A model with an output of this shape."""
    given = ops.parameter([1, 3, 32, 48], np.float32, name="images")
    mean = ops.reduce_mean(given, np.array([0, 1, 2, 3]), keep_dims=False)
    return ov.Model([ops.add(ops.constant(np.zeros(shape, np.float32)), mean)], [given], "rows")


def test_the_metadata_of_an_onnx_file_tell_all(tmp_path):
    found = described(OpenedModel(onnx_file(tmp_path, METADATA)))
    assert found.task == "detection"
    assert found.classes == ("person", "bird's nest", "traffic light")
    assert found.preprocess == (
        "decode_image",
        {"resize": {"letterbox": [32, 48], "antialias": False}},
        {"scale": 255},
        {"layout": "chw"},
    )
    assert found.postprocess == ("yolo_v8",)
    assert found.said["classes"] == "the model's metadata: names"
    assert found.doubts == ()
    recipe_of(found)


def test_metadata_beside_a_model_tell_the_same(tmp_path):
    found = published(tmp_path, {"metadata.yaml": yaml.safe_dump(METADATA)}, rows(1, 7, 84))
    assert (found.task, found.classes[2], found.postprocess) == ("detection", "traffic light", ("yolo_v8",))
    assert found.said["task"] == "metadata.yaml: task"


@pytest.mark.parametrize(
    ("shape", "decoder"),
    [
        ((1, 7, 84), "yolo_v8"),
        ((1, 7, 5), "yolo_v8"),
        ((1, 300, 6), "yolo_end_to_end"),
        ((1, 4, 6), "yolo_end_to_end"),
        ((1, 2520, 8), "yolo_v5"),
    ],
)
def test_the_output_tells_the_head(shape, decoder, tmp_path):
    found = published(tmp_path, {"metadata.yaml": yaml.safe_dump(METADATA)}, rows(*shape))
    assert found.postprocess == (decoder,)
    recipe_of(found)


@pytest.mark.parametrize(
    ("change", "shape", "task", "decoder"),
    [
        ({"task": "segment"}, (1, 39, 84), "instance-segmentation", "yolo_v8_seg"),
        ({"task": "segment"}, (1, 38, 6 + 32), "instance-segmentation", "yolo_v8_seg"),
        ({"task": "segment"}, (1, 300, 38), "instance-segmentation", {"yolo_v8_seg": {"end_to_end": True}}),
        (
            {"task": "pose", "kpt_shape": [17, 3], "names": {0: "person"}},
            (1, 56, 84),
            "keypoints",
            "yolo_v8_pose",
        ),
        (
            {"task": "pose", "kpt_shape": [4, 2], "names": {0: "a", 1: "b"}},
            (1, 300, 14),
            "keypoints",
            {"yolo_v8_pose": {"classes": 2, "dimensions": 2, "end_to_end": True}},
        ),
        ({"task": "obb"}, (1, 8, 84), "oriented-detection", "yolo_v8_obb"),
        ({"task": "semantic"}, (1, 3, 84), "segmentation", {"argmax": 0}),
    ],
)
def test_masks_points_and_angles_have_decoders_of_their_own(change, shape, task, decoder, tmp_path):
    found = published(tmp_path, {"metadata.yaml": yaml.safe_dump({**METADATA, **change})}, rows(*shape))
    assert (found.task, found.postprocess) == (task, (decoder,))
    assert found.output == ((0, 1) if task == "instance-segmentation" else None)
    recipe_of(found)


def test_a_classifier_is_cropped_as_its_transforms_do(tmp_path):
    metadata = {**METADATA, "task": "classify", "imgsz": [32, 32]}
    model = model_of([("images", (1, 3, 32, 32), np.float32)])
    found = published(tmp_path, {"metadata.yaml": yaml.safe_dump(metadata)}, model)
    assert (found.task, found.postprocess) == ("classification", ())
    assert found.preprocess[1:] == (
        {"resize": {"shorter_side": 32}},
        {"center_crop": 32},
        {"scale": 255},
        {"layout": "chw"},
    )
    assert prepared(found, file_of(picture(50, 70))).shape == (3, 32, 32)


def test_the_older_repository_writes_strides_and_names_alone(tmp_path):
    file = onnx_file(tmp_path, {"stride": 32, "names": ["cat", "dog", "bird"]}, (1, 2520, 8))
    found = described(OpenedModel(file))
    assert (found.classes, found.postprocess) == (("cat", "dog", "bird"), ("yolo_v5",))


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"task": "dance"}, "metadata.yaml: task: 'dance' is not known"),
        ({"names": {0: "a", 2: "b"}}, "metadata.yaml: names: {0: 'a', 2: 'b'} is not understood"),
        ({"new": 1}, "metadata.yaml: not understood: new"),
        (
            {"head": "RTDETRDecoder"},
            "metadata.yaml: head: boxes and scores in one output, which no decoder reads",
        ),
    ],
)
def test_what_is_not_understood_is_said(change, doubt, tmp_path):
    found = published(tmp_path, {"metadata.yaml": yaml.safe_dump({**METADATA, **change})}, rows(1, 7, 84))
    assert found.doubts == (doubt,)


def test_metadata_of_somebody_else_are_left_alone(tmp_path):
    found = published(tmp_path, {"metadata.yaml": "author: me\ntask: detect\n"}, rows(1, 7, 84))
    assert (found.said, found.doubts) == ({}, ())


def test_an_entry_that_is_no_text_takes_nothing_from_the_others(tmp_path):
    file = onnx_file(tmp_path, {**METADATA, "description": "QQQQ"})
    file.write_bytes(file.read_bytes().replace(b"QQQQ", b"\xff\xfe\xff\xfe"))
    assert described(OpenedModel(file)).task == "detection"
