"""Files that Paddle's tools write beside an exported model."""

import numpy as np
import pytest
import yaml

from tests.model.described.folders import file_of, model_of, picture, prepared, published, recipe_of

PICTURE = [("x", (1, 3, -1, -1), np.float32)]
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "axis": -1}
CLASSIFIER = """
Global: {model_name: PP-LCNet_x1_0}
PreProcess:
  transform_ops:
  - ResizeImage: {resize_short: 36}
  - CropImage: {size: 32}
  - NormalizeImage:
      channel_num: 3
      mean: [0.485, 0.456, 0.406]
      order: ''
      scale: 0.00392156862745098
      std: [0.229, 0.224, 0.225]
  - ToCHWImage: null
PostProcess:
  Topk:
    topk: 5
    label_list: [tench, goldfish, 1840]
"""
DETECTOR = """
mode: paddle
arch: YOLO
draw_threshold: 0.5
Preprocess:
- {type: Resize, interp: 2, keep_ratio: false, target_size: [48, 64]}
- {type: NormalizeImage, is_scale: true, mean: [0.0, 0.0, 0.0], std: [1.0, 1.0, 1.0], norm_type: none}
- {type: Permute}
label_list: [person, car]
"""
READER = """
PreProcess:
  transform_ops:
  - DecodeImage: {channel_first: false, img_mode: BGR}
  - MultiLabelEncode: {gtc_encode: NRTRLabelEncode}
  - RecResizeImg: {image_shape: [3, 48, 320]}
  - KeepKeys: {keep_keys: [image, label_ctc]}
PostProcess:
  name: CTCLabelDecode
  character_dict: [a, b, ':']
"""
SEGMENTER = """
Deploy:
  input_shape: [1, 3, 512, 1024]
  model: model.pdmodel
  transforms:
  - {type: Resize, target_size: [64, 32]}
  - {type: Normalize}
"""


def linear(image, height, width):
    """An image by OpenCV's linear filter, computed from four neighbours in numpy."""
    values = np.asarray(image, np.float64)
    for axis, new in enumerate((height, width)):
        old = values.shape[axis]
        places = (np.arange(new) + 0.5) * old / new - 0.5
        first = np.floor(places).astype(int)
        share = (places - first).reshape([-1 if one == axis else 1 for one in range(3)])
        low, high = (np.take(values, np.clip(first + step, 0, old - 1), axis) for step in (0, 1))
        values = low * (1 - share) + high * share
    return np.rint(values)


def test_a_classifier_is_prepared_as_by_its_predictor(tmp_path):
    found = published(tmp_path, {"inference.yml": CLASSIFIER}, model_of(PICTURE))
    assert (found.task, found.classes) == ("classification", ("tench", "goldfish", "1840"))
    assert found.doubts == ()
    assert found.said["preprocess"] == "inference.yml: ResizeImage, CropImage, NormalizeImage, ToCHWImage"
    image = picture(75, 50)
    resized = linear(image, 54, 36)
    expected = (resized[11:43, 2:34] / 255 - IMAGENET["mean"]) / IMAGENET["std"]
    np.testing.assert_allclose(prepared(found, file_of(image)), expected.transpose(2, 0, 1), atol=0.02)


def test_a_detector_tells_its_size_classes_and_constant_inputs(tmp_path):
    inputs = [
        ("image", (1, 3, 48, 64), np.float32),
        ("im_shape", (1, 2), np.float32),
        ("scale_factor", (1, 2), np.float32),
    ]
    found = published(tmp_path, {"inference.yml": DETECTOR}, model_of(inputs, (("boxes", 6), ("count", 1))))
    assert (found.task, found.classes, found.output) == ("detection", ("person", "car"), 0)
    assert found.postprocess == ({"detections": ["class", "score", "x0", "y0", "x1", "y1"]},)
    assert found.inputs == {"im_shape": (48, 64), "scale_factor": 1.0}
    assert found.preprocess == (
        "decode_image",
        {"resize": {"size": [48, 64], "interpolation": "bicubic", "antialias": False}},
        {"scale": 255},
        {"layout": "chw"},
    )
    assert found.doubts == ()
    recipe_of(found)


def test_inputs_that_follow_the_image_are_said(tmp_path):
    inputs = [("image", (1, 3, -1, -1), np.float32), ("scale_factor", (1, 2), np.float32)]
    assert published(tmp_path, {"infer_cfg.yml": DETECTOR}, model_of(inputs)).doubts == (
        "infer_cfg.yml: the inputs scale_factor follow the image's size; fix it with --shape",
    )


def test_a_detector_may_keep_the_aspect_ratio(tmp_path):
    kept = DETECTOR.replace("keep_ratio: false", "keep_ratio: true").replace("{type: Permute}", "{type: PadStride}")
    found = published(tmp_path, {"inference.yml": kept}, model_of(PICTURE))
    resize = {"shorter_side": 48, "longest": 64, "rounding": "nearest", "interpolation": "bicubic", "antialias": False}
    assert found.preprocess == (
        "decode_image",
        {"resize": resize},
        {"scale": 255},
        {"pad": {"multiple_of": 32}},
        {"layout": "chw"},
    )
    assert prepared(found, file_of(picture(30, 60))).shape == (3, 32, 64)


def test_a_reader_of_lines_fills_short_ones_and_brings_its_characters(tmp_path):
    found = published(tmp_path, {"inference.yml": READER}, model_of([("x", (1, 3, 48, -1), np.float32)]))
    assert found.task == "recognition"
    assert found.postprocess == ({"ctc_greedy": {"characters": ["a", "b", ":"], "space": True}},)
    assert found.doubts == ()
    line = prepared(found, file_of(picture(24, 50)))
    assert line.shape == (3, 48, 320)
    expected = linear(picture(24, 50), 48, 100)[..., ::-1] / 127.5 - 1
    np.testing.assert_allclose(line[:, :, :100], expected.transpose(2, 0, 1), atol=0.01)
    assert (line[:, :, 100:] == 0).all()
    recipe_of(found)


def test_a_segmenter_writes_the_width_first(tmp_path):
    found = published(tmp_path, {"deploy.yaml": SEGMENTER}, model_of(PICTURE))
    assert found.task == "segmentation"
    assert found.preprocess == (
        "decode_image",
        {"resize": {"size": [32, 64], "antialias": False}},
        {"scale": 255},
        {"normalize": {"mean": [0.5] * 3, "std": [0.5] * 3, "axis": -1}},
        {"layout": "chw"},
    )


def test_a_scale_may_be_a_fraction(tmp_path):
    written = CLASSIFIER.replace("0.00392156862745098", "1.0/127.5")
    assert {"scale": 127.5} in published(tmp_path, {"inference.yml": written}, model_of(PICTURE)).preprocess


@pytest.mark.parametrize(
    ("operations", "doubts"),
    [
        ([{"Wobble": {"by": 3}}], ["inference.yml: Wobble: not understood, and left out"]),
        ([{"CropImage": {"size": "x"}}], ["inference.yml: CropImage: size: 'x' is not understood"]),
        (
            [{"ResizeImage": {"size": 8, "interpolation": 9}}],
            ["inference.yml: ResizeImage: interpolation: 9 is not understood"],
        ),
        ([{"CropImage": {"size": 8, "odd": 1}}], ["inference.yml: CropImage: not understood: odd"]),
        (["text", {"a": 1, "b": 2}, 3], []),
    ],
)
def test_what_is_not_understood_is_said(operations, doubts, tmp_path):
    text = yaml.safe_dump({"PreProcess": {"transform_ops": [*operations, {"ToCHWImage": None}]}})
    assert list(published(tmp_path, {"inference.yml": text}, model_of(PICTURE)).doubts) == doubts


def test_a_broken_file_is_a_doubt(tmp_path):
    found = published(tmp_path, {"inference.yml": "PreProcess: {"}, model_of(PICTURE))
    assert len(found.doubts) == 1
    assert found.doubts[0].startswith(f"{tmp_path}/inference.yml:")
