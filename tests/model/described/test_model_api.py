"""The section `model_info` of rt_info, as exporters write it and OpenVINO reads it back."""

import numpy as np
import pytest

from ovopt.model.described.model_api import DECODERS, TASKS
from ovopt.recipe import TASK_METRICS
from tests.model.described.folders import file_of, model_of, picture, prepared, published, recipe_of

PICTURE = [("image", (1, 3, 24, 40), np.float32)]
OTX = {
    "model_type": "Classification",
    "task_type": "classification",
    "label_info": '{"label_names": ["cat", "big dog"]}',
    "labels": "cat big_dog",
    "label_ids": "cat big_dog",
    "mean_values": "123.675 116.28 103.53",
    "scale_values": "58.395 57.12 57.375",
    "resize_type": "standard",
    "pad_value": "0",
    "reverse_input_channels": "False",
    "multilabel": "False",
    "hierarchical": "False",
    "confidence_threshold": "0.5",
    "optimization_config": "{}",
}
YOLO = {
    "model_type": "YOLO",
    "reverse_input_channels": True,
    "pad_value": 114,
    "scale_values": [255.0],
    "iou_threshold": 0.7,
    "labels": ["person", "traffic_light"],
    "resize_type": "fit_to_window_letterbox",
}


def described_by(folder, info, inputs=PICTURE):
    """The description of a model with this section."""
    model = model_of(inputs)
    for key, value in info.items():
        model.set_rt_info(value, ["model_info", key])
    return published(folder, {}, model)


def test_every_task_and_decoder_is_one_of_recipes():
    assert {*TASKS.values()} <= {*TASK_METRICS}
    from ovopt.contracts import Decoder, plugins

    known = plugins("ovopt.decoders", Decoder)
    assert all((entry if isinstance(entry, str) else next(iter(entry))) in known for entry in DECODERS.values())


def test_a_classifier_of_otx(tmp_path):
    found = described_by(tmp_path, OTX)
    assert (found.task, found.classes) == ("classification", ("cat", "big_dog"))
    assert found.preprocess == (
        "decode_image",
        {"resize": {"size": [24, 40], "antialias": False}},
        {"normalize": {"mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375], "axis": -1}},
        {"layout": "chw"},
    )
    assert found.doubts == ()
    assert found.said["classes"] == "the model's model_info: labels"
    recipe_of(found)


def test_a_detector_of_ultralytics(tmp_path):
    found = described_by(tmp_path, YOLO)
    assert (found.task, found.classes) == ("detection", ("person", "traffic light"))
    assert found.preprocess == (
        "decode_image",
        {"resize": {"letterbox": [24, 40], "antialias": False, "fill": 114}},
        {"scale": 255},
        {"layout": "chw"},
    )
    assert found.doubts == ()


@pytest.mark.parametrize(
    ("kind", "entries"),
    [
        ("standard", ({"resize": {"size": [24, 40], "antialias": False}},)),
        (
            "fit_to_window",
            ({"resize": {"letterbox": [24, 40], "antialias": False, "fill": 7, "align": "start"}},),
        ),
        ("fit_to_window_letterbox", ({"resize": {"letterbox": [24, 40], "antialias": False, "fill": 7}},)),
        (
            "crop",
            (
                {"center_crop": {"aspect": [24, 40], "rounding": "down"}},
                {"resize": {"size": [24, 40], "antialias": False}},
            ),
        ),
    ],
)
def test_each_way_to_resize_has_its_entries(kind, entries, tmp_path):
    found = described_by(tmp_path, {**YOLO, "resize_type": kind, "pad_value": "7"})
    assert found.preprocess[1 : 1 + len(entries)] == entries
    assert prepared(found, file_of(picture(50, 60))).shape == (3, 24, 40)


@pytest.mark.parametrize(
    ("info", "order", "doubts"),
    [
        ({"reverse_input_channels": "True"}, "decode_image", 0),
        ({"reverse_input_channels": "False"}, {"decode_image": "BGR"}, 1),
        ({}, {"decode_image": "BGR"}, 1),
        ({"mean_values": "123.7 116.3 103.5", "scale_values": "58 57 57"}, "decode_image", 0),
        ({"mean_values": "103.5 116.3 123.7"}, {"decode_image": "BGR"}, 1),
        ({"label_info": "{}", "reverse_input_channels": "False"}, "decode_image", 0),
        ({"label_info": "{}", "reverse_input_channels": "True"}, {"decode_image": "BGR"}, 1),
        ({"label_info": "{}", "model_type": "YOLO11", "reverse_input_channels": "True"}, "decode_image", 0),
    ],
)
def test_the_order_of_channels_follows_what_exporters_read(info, order, doubts, tmp_path):
    found = described_by(tmp_path, {"model_type": "Classification", **info})
    assert (found.preprocess[0], len(found.doubts)) == (order, doubts)


def test_a_guess_at_the_order_is_said(tmp_path):
    assert described_by(tmp_path, {"model_type": "ssd", "reverse_input_channels": "False"}).doubts == (
        "the model's model_info: reverse_input_channels: blue is taken to come first, which few models are trained "
        "with",
    )


def test_a_model_with_its_preparation_inside_takes_the_image(tmp_path):
    inputs = [("image", (1, -1, -1, 3), np.uint8)]
    found = described_by(tmp_path, {**OTX, "embedded_processing": "True"}, inputs)
    assert found.preprocess == ("decode_image",)


def test_several_classes_of_a_sample_are_said(tmp_path):
    found = described_by(tmp_path, {**OTX, "multilabel": "True"})
    assert (found.task, found.postprocess) == (None, ("sigmoid",))
    assert found.doubts == (
        "the model's model_info: multilabel: a sample may be of several classes, each of them judged by itself",
    )


def test_what_is_not_understood_is_said(tmp_path):
    found = described_by(tmp_path, {**OTX, "resize_type": "wobble", "model_type": "Poet", "task_type": "", "odd": "1"})
    assert found.doubts == (
        "the model's model_info: resize_type: 'wobble' is not understood",
        "the model's model_info: not understood: odd",
        "the model's model_info: model_type: poet tells no task of a recipe",
    )


def test_a_model_that_takes_no_images_has_no_preparation(tmp_path):
    found = described_by(tmp_path, OTX, [("features", (1, 4), np.float32)])
    assert (found.task, found.preprocess) == ("classification", ())


def test_metadata_of_ultralytics_beside_it_say_more(tmp_path):
    model = model_of(PICTURE)
    for key, value in YOLO.items():
        model.set_rt_info(value, ["model_info", key])
    beside = "author: Ultralytics\ntask: classify\nimgsz: [24, 40]\nnames: {0: a_b, 1: c}\n"
    found = published(tmp_path, {"metadata.yaml": beside}, model)
    assert (found.task, found.classes, found.doubts) == ("classification", ("a_b", "c"), ())


@pytest.mark.parametrize(
    ("outputs", "chosen", "decoder"),
    [
        ((("boxes", 5), ("labels", 1)), ("boxes", "labels"), "detections"),
        (
            (("labels", 1), ("bboxes", 4), ("scores", 1)),
            ("bboxes", "labels", "scores"),
            {"detections": ["x0", "y0", "x1", "y1", "class", "score"]},
        ),
        ((("boxes", 5), ("labels", 1), ("masks", 9)), ("boxes", "labels", "masks"), "mask_rcnn"),
    ],
)
def test_detectors_of_otx_give_boxes_that_they_chose(outputs, chosen, decoder, tmp_path):
    model = model_of(PICTURE, outputs)
    for key, value in {"model_type": "ssd", "task_type": "detection", "label_info": "{}"}.items():
        model.set_rt_info(value, ["model_info", key])
    found = published(tmp_path, {}, model)
    assert (found.task, found.output, found.postprocess) == ("detection", chosen, (decoder,))
    recipe_of(found)
