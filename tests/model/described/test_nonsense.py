"""Files that say what cannot be: each is a doubt, none ends in an error, and what is left can be read as a recipe."""

import copy
import random

import numpy as np
import openvino as ov
import pytest
import yaml

from ovopt.model.described.describe import described
from ovopt.model.files.opened import OpenedModel
from tests.model.described.folders import TOKENS, model_of, recipe_of
from tests.model.described.test_huggingface import POOLING, VOCABULARY
from tests.model.described.test_paddle import CLASSIFIER, DETECTOR, READER, SEGMENTER
from tests.model.described.test_timm import SIDES
from tests.model.described.test_ultralytics import METADATA

NONSENSE = [None, 0, -1, 3.5, 1e300, 10**30, "", "a", "1/0", True, [], {}, [0, 0], [-1, 8], [None], {"0": "a"}, [[1]]]
DOCUMENTS = {
    "inference.yml": [yaml.safe_load(text) for text in (CLASSIFIER, DETECTOR, READER)],
    "deploy.yaml": [yaml.safe_load(SEGMENTER)],
    "metadata.yaml": [METADATA],
    "transforms.json": [{"crop_size": [32], "resize_size": [40], "mean": [0.5] * 3, "std": [0.5] * 3}],
    "config.json": [
        {"architecture": "x", "pretrained_cfg": {**SIDES, "crop_pct": 0.9}},
        {"architectures": ["Wav2Vec2ForCTC"], "id2label": {"0": "a", "1": "b"}, "pad_token_id": 0},
    ],
    "preprocessor_config.json": [
        {"image_processor_type": "YolosImageProcessor", "size": {"shortest_edge": 8, "longest_edge": 9}},
        {"image_processor_type": "DPTImageProcessor", "keep_aspect_ratio": True, "ensure_multiple_of": 2, "size": 8},
        {"image_processor_type": "PoolFormerImageProcessor", "crop_pct": 0.9, "image_mean": [0.5] * 3},
        {"feature_extractor_type": "WhisperFeatureExtractor", "sampling_rate": 16000, "hop_length": 160},
    ],
    "tokenizer_config.json": [{"model_max_length": 128, "padding_side": "left"}],
    "sentence_bert_config.json": [{"max_seq_length": 12}],
    "1_Pooling/config.json": [POOLING],
    "vocab.json": [VOCABULARY],
}
MODELS = [
    model_of(),
    model_of([("x", (1, 3, 8, 9), np.float32)]),
    model_of([("x", (1, 8, 8, 3), np.uint8)]),
    model_of(TOKENS),
    model_of([("input_values", (1, 100), np.float32)]),
]


def places(values, above=()):
    """Ways to all values of a document but itself."""
    if above:
        yield above
    inner = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in inner:
        yield from places(value, (*above, key))


def broken(document, chance):
    """A document with some of its values replaced."""
    document = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        *above, last = chance.choice([*places(document)])
        part = document
        for key in above:
            part = part[key]
        part[last] = copy.deepcopy(chance.choice(NONSENSE))
    return document


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder for each model."""
    made = [tmp_path_factory.mktemp("model") for _ in MODELS]
    for folder, model in zip(made, MODELS, strict=True):
        ov.save_model(model, folder / "openvino_model.xml")
        (folder / "tokenizer.json").write_text("{}")
        (folder / "1_Pooling").mkdir()
    return made


@pytest.mark.parametrize("seed", range(25))
def test_nonsense_in_a_file_never_ends_in_an_error(seed, folders):
    chance = random.Random(seed)
    folder = chance.choice(folders)
    for name in DOCUMENTS:
        (folder / name).unlink(missing_ok=True)
    for name in chance.sample([*DOCUMENTS], 3):
        document = broken(chance.choice(DOCUMENTS[name]), chance)
        (folder / name).write_text(yaml.safe_dump(document, default_flow_style=True, width=10**6), encoding="utf-8")
    recipe_of(described(OpenedModel(folder)))


def test_a_size_that_no_image_has_prepares_nothing(folders):
    for name in DOCUMENTS:
        (folders[0] / name).unlink(missing_ok=True)
    (folders[0] / "metadata.yaml").write_text(yaml.safe_dump({**METADATA, "imgsz": [0, 8]}))
    found = described(OpenedModel(folders[0]))
    assert found.preprocess == ()
    assert found.doubts == ("metadata.yaml: task, imgsz: a size that no image has; nothing is prepared by it",)


def test_a_division_by_nothing_leaves_values_as_they_are(folders):
    for name in DOCUMENTS:
        (folders[0] / name).unlink(missing_ok=True)
    written = CLASSIFIER.replace("std: [0.229, 0.224, 0.225]", "std: [0.229, 0, 0.225]")
    (folders[0] / "inference.yml").write_text(written)
    found = described(OpenedModel(folders[0]))
    assert found.preprocess[-2:] == ({"cast": "float32"}, {"layout": "chw"})
    assert found.doubts == (
        "inference.yml: ResizeImage, CropImage, NormalizeImage, ToCHWImage: mean, deviation and scale do not fit each "
        "other; values go in as they are",
    )
