"""Image processors of Hugging Face: what their files say is what transformers does."""

import json

import numpy as np
import pytest

from tests.model.described.folders import file_of, model_of, picture, prepared, published, recipe_of

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "axis": -1}
HALF = {"mean": [0.5] * 3, "std": [0.5] * 3, "axis": -1}
TURNS = ((60, 91), (91, 60), (50, 150), (48, 48))
"""Heights and widths of images."""
KINDS = [
    ("ViTImageProcessor", {"size": {"height": 32, "width": 40}}),
    ("ViTImageProcessor", {"do_rescale": False, "image_mean": [127.5] * 3, "image_std": [127.5] * 3}),
    ("ViTImageProcessor", {"do_normalize": False, "resample": 0}),
    ("ViTImageProcessor", {"do_resize": False}),
    ("ViTImageProcessor", {"resample": 1}),
    ("DeiTImageProcessor", {}),
    ("BeitImageProcessor", {"do_center_crop": False}),
    ("BitImageProcessor", {"size": {"shortest_edge": 57}, "crop_size": 30}),
    ("CLIPImageProcessor", {"size": {"shortest_edge": 33}, "crop_size": {"height": 30, "width": 22}}),
    ("BlipImageProcessor", {}),
    ("SiglipImageProcessor", {}),
    ("ConvNextImageProcessor", {"size": {"shortest_edge": 30}}),
    ("ConvNextImageProcessor", {"size": {"shortest_edge": 30}, "crop_pct": 0.7}),
    ("ConvNextImageProcessor", {}),
    ("LevitImageProcessor", {}),
    ("PoolFormerImageProcessor", {}),
    ("PvtImageProcessor", {}),
    ("MobileNetV1ImageProcessor", {}),
    ("MobileNetV2ImageProcessor", {"crop_size": 253}),
    ("MobileViTImageProcessor", {"size": {"shortest_edge": 38}, "crop_size": {"height": 32, "width": 32}}),
    ("EfficientNetImageProcessor", {}),
    ("EfficientNetImageProcessor", {"rescale_factor": 1 / 127.5, "rescale_offset": True, "include_top": False}),
    ("SegformerImageProcessor", {}),
    ("DPTImageProcessor", {}),
    ("DPTImageProcessor", {"size": {"height": 70, "width": 98}, "keep_aspect_ratio": True, "ensure_multiple_of": 14}),
    ("DetrImageProcessor", {"size": {"shortest_edge": 80, "longest_edge": 133}}),
    ("ConditionalDetrImageProcessor", {"size": {"shortest_edge": 80, "longest_edge": 133}}),
    ("DeformableDetrImageProcessor", {"size": {"shortest_edge": 80, "longest_edge": 133}}),
    ("GroundingDinoImageProcessor", {"size": {"shortest_edge": 80, "longest_edge": 133}}),
    ("YolosImageProcessor", {"size": {"shortest_edge": 80, "longest_edge": 133}}),
    ("RTDetrImageProcessor", {}),
    ("OwlViTImageProcessor", {}),
]


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_the_preparation_is_that_of_transformers(kind, settings, tmp_path):
    transformers = pytest.importorskip("transformers")
    processor = getattr(transformers, kind)(**settings)
    processor.save_pretrained(tmp_path)
    found = published(tmp_path, {})
    assert found.doubts == ()
    for size in TURNS:
        image = picture(*size)
        expected = processor(image, return_tensors="np")["pixel_values"][0]
        np.testing.assert_allclose(prepared(found, file_of(image)), expected, rtol=0, atol=1e-6)


def test_one_number_as_size_means_what_the_class_means_by_it(tmp_path):
    older = {"feature_extractor_type": "ViTFeatureExtractor", "size": 96, "resample": 2}
    assert published(tmp_path / "vit", {"preprocessor_config.json": older}).preprocess[1] == {"resize": {"size": 96}}
    older = {"feature_extractor_type": "CLIPFeatureExtractor", "size": 96, "crop_size": 90}
    assert published(tmp_path / "clip", {"preprocessor_config.json": older}).preprocess[1:3] == (
        {"resize": {"shorter_side": 96, "interpolation": "bicubic"}},
        {"center_crop": {"size": 90, "rounding": "down"}},
    )
    older = {"feature_extractor_type": "DetrFeatureExtractor", "size": 800, "max_size": 1000}
    assert published(tmp_path / "detr", {"preprocessor_config.json": older}).preprocess[1] == {
        "resize": {"shorter_side": 800, "longest": 1000}
    }


def test_a_description_names_the_keys_that_it_was_read_from(tmp_path):
    config = {"image_processor_type": "ViTImageProcessor", "size": {"height": 8, "width": 8}, "image_std": [0.2] * 3}
    found = published(tmp_path, {"preprocessor_config.json": config})
    assert found.said == {"preprocess": "preprocessor_config.json: size, image_std"}
    assert found.preprocess == (
        "decode_image",
        {"resize": {"size": 8}},
        {"scale": 255},
        {"normalize": {"mean": [0.5] * 3, "std": [0.2] * 3, "axis": -1}},
        {"layout": "chw"},
    )


def test_a_processor_that_is_not_known_is_taken_as_usual_and_said(tmp_path):
    config = {"image_processor_type": "StrangeImageProcessor", "size": 20, "wobble": 3, "do_center_crop": None}
    found = published(tmp_path, {"preprocessor_config.json": config})
    assert found.preprocess[1:4] == ({"resize": {"size": 20}}, {"scale": 255}, {"normalize": IMAGENET})
    assert found.doubts == (
        "preprocessor_config.json: StrangeImageProcessor is not known; its keys are taken as usual",
        "preprocessor_config.json: not understood: wobble",
    )


def test_values_that_cannot_be_used_are_doubts_and_the_defaults_count(tmp_path):
    config = {
        "image_processor_type": "ViTImageProcessor",
        "size": {"height": 8, "depth": 8},
        "image_mean": ["a", None],
        "image_std": [0.5, 0.0, 0.5],
        "rescale_factor": 0,
        "resample": 5,
        "crop_size": -1,
    }
    found = published(tmp_path, {"preprocessor_config.json": config})
    assert found.preprocess[1:4] == ({"resize": {"size": 224}}, {"scale": 255}, {"normalize": HALF})
    assert found.doubts == (
        "preprocessor_config.json: crop_size: -1 is not understood",
        "preprocessor_config.json: image_mean: ['a', None] is not understood",
        "preprocessor_config.json: image_std: [0.5, 0.0, 0.5] is not understood",
        "preprocessor_config.json: rescale_factor: 0 is not understood",
        "preprocessor_config.json: size: {'depth': 8, 'height': 8} is not understood",
        "preprocessor_config.json: resample: Pillow's filter 5 is not known here; bilinear is taken",
    )


def test_the_part_of_a_processors_file_that_is_about_images_counts(tmp_path):
    config = {"image_processor": {"image_processor_type": "RTDetrImageProcessor", "size": {"height": 8, "width": 9}}}
    found = published(tmp_path, {"processor_config.json": config})
    assert found.preprocess[1] == {"resize": {"size": [8, 9]}}
    assert found.said["preprocess"] == "processor_config.json: image_processor: size"


def test_sizes_follow_a_model_of_another_size(tmp_path):
    config = {"image_processor_type": "CLIPImageProcessor", "size": 256, "crop_size": 224}
    model = model_of([("pixel_values", (1, 3, 112, 112), np.float32)])
    found = published(tmp_path, {"preprocessor_config.json": config}, model)
    assert found.preprocess[1:3] == (
        {"resize": {"shorter_side": 128, "interpolation": "bicubic"}},
        {"center_crop": {"size": 112, "rounding": "down"}},
    )
    assert found.doubts == (
        "preprocessor_config.json: size, crop_size: the size is 224 x 224, and the model takes 112 x 112; all sizes "
        "are changed with it",
    )


def test_images_are_squeezed_into_a_model_of_fixed_size_where_the_size_would_follow_theirs(tmp_path):
    model = model_of([("pixel_values", (1, 3, 64, 80), np.float32)])
    found = published(tmp_path, {"preprocessor_config.json": {"image_processor_type": "DetrImageProcessor"}}, model)
    assert found.preprocess[1] == {"resize": {"size": [64, 80]}}
    assert found.doubts == (
        "preprocessor_config.json: the size follows the image's, and the model takes 64 x 80; images are squeezed "
        "into that",
    )


def test_bytes_go_into_a_model_that_takes_bytes(tmp_path):
    model = model_of([("pixel_values", (1, 8, 8, 3), np.uint8)])
    config = {"image_processor_type": "ViTImageProcessor", "size": 8}
    found = published(tmp_path, {"preprocessor_config.json": config}, model)
    assert found.preprocess == ("decode_image", {"resize": {"size": 8}})
    assert found.doubts == (
        "preprocessor_config.json: size: values are normalized, and the model takes bytes; they go in as they are",
    )


def test_images_are_made_grey_for_a_model_of_one_channel(tmp_path):
    model = model_of([("pixel_values", (1, 1, 8, 8), np.float32)])
    config = {"image_processor_type": "ViTImageProcessor", "size": 8}
    found = published(tmp_path, {"preprocessor_config.json": config}, model)
    assert prepared(found, file_of(picture(20, 30))).shape == (1, 8, 8)
    assert found.doubts == ("preprocessor_config.json: size: the model takes one channel; images are made grey",)


def test_labels_that_count_from_one_are_said(tmp_path):
    config = {"image_processor_type": "SegformerImageProcessor", "do_reduce_labels": True}
    assert published(tmp_path, {"preprocessor_config.json": config}).doubts == (
        "preprocessor_config.json: do_reduce_labels: the labels count classes from 1, and 0 is nothing; the model "
        "counts from 0",
    )


@pytest.mark.parametrize(
    ("content", "doubt"),
    [
        ('{"size": 8', "preprocessor_config.json:1: not valid JSON: Expecting ',' delimiter; it is not used"),
        ("[8]", "preprocessor_config.json: holds no mapping; it is not used"),
    ],
)
def test_a_broken_file_is_a_doubt(content, doubt, tmp_path):
    found = published(tmp_path, {"preprocessor_config.json": content})
    assert found.preprocess == ()
    assert found.doubts == (f"{tmp_path}/{doubt}",)


def test_a_model_without_images_has_no_use_for_an_image_processor(tmp_path):
    model = model_of([("features", (1, 4), np.float32)])
    found = published(tmp_path, {"preprocessor_config.json": {"size": 8}}, model)
    assert (found.preprocess, found.doubts) == ((), ())


def test_every_entry_is_one_that_recipes_have(tmp_path):
    found = published(tmp_path, {"preprocessor_config.json": {"image_processor_type": "YolosImageProcessor"}})
    assert [transform.name for transform in recipe_of(found).preprocess] == [
        "decode_image", "resize", "scale", "normalize", "layout",
    ]  # fmt: skip
    assert json.loads(json.dumps(found.preprocess)) == list(found.preprocess)
