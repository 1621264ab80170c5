"""Configurations of Hugging Face: task, classes, decoders, tokenizers and feature extractors."""

import io

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.model.described.huggingface import TASKS
from ovopt.recipe import TASK_METRICS
from tests.model.described.folders import TOKENS, model_of, prepared, published, recipe_of

NAMES = {"0": "cat", "1": "dog", "2": "fish"}
RECORDING = (("input_values", (-1, -1), np.float32),)


def test_every_task_is_one_of_recipes():
    assert {*TASKS.values()} <= {*TASK_METRICS}


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        ("ViTForImageClassification", "classification"),
        ("BertForSequenceClassification", "classification"),
        ("Wav2Vec2ForSequenceClassification", "classification"),
        ("BertForTokenClassification", "token-classification"),
        ("YolosForObjectDetection", "detection"),
        ("SegformerForSemanticSegmentation", "segmentation"),
        ("Wav2Vec2ForCTC", "transcription"),
        ("GPT2LMHeadModel", "language-modelling"),
        ("Wav2Vec2ForXVector", "verification"),
    ],
)
def test_the_architecture_tells_the_task(architecture, task, tmp_path):
    found = published(tmp_path, {"config.json": {"architectures": [architecture], "model_type": "any"}})
    assert (found.task, found.said["task"]) == (task, "config.json: architectures")
    recipe_of(found)


def test_classes_stand_in_the_order_of_their_ids(tmp_path):
    names = {"10": "k", **{str(i): chr(97 + i) for i in range(10)}}
    config = {"architectures": ["ViTForImageClassification"], "id2label": names}
    found = published(tmp_path, {"config.json": config})
    assert found.classes == tuple("abcdefghijk")
    assert found.said["classes"] == "config.json: id2label"


@pytest.mark.parametrize(
    "names", [{"0": "LABEL_0", "1": "LABEL_1"}, {"0": "cat", "2": "dog"}, {"0": "cat"}, {"a": "cat"}]
)
def test_names_that_are_made_up_or_lack_some_are_none(names, tmp_path):
    config = {"architectures": ["ViTForImageClassification"], "id2label": names}
    assert published(tmp_path, {"config.json": config}).classes == ()


def test_one_score_is_a_regression(tmp_path):
    config = {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"}}
    found = published(tmp_path, {"config.json": config})
    assert (found.task, found.said["task"]) == ("regression", "config.json: id2label")


def test_several_classes_of_a_sample_are_said(tmp_path):
    config = {
        "architectures": ["BertForSequenceClassification"],
        "id2label": NAMES,
        "problem_type": "multi_label_classification",
    }
    found = published(tmp_path, {"config.json": config})
    assert (found.task, found.postprocess, found.classes) == (None, ("sigmoid",), ("cat", "dog", "fish"))
    assert found.doubts == (
        "config.json: problem_type: a sample may be of several classes, each of them judged by itself",
    )


def test_detectors_bring_their_decoder_outputs_and_the_mask_of_the_whole_image(tmp_path):
    model = model_of(
        [("pixel_values", (1, 3, 8, 8), np.float32), ("pixel_mask", (1, 8, 8), np.int64)],
        [("pred_boxes", 4), ("logits", 4)],
    )
    config = {"architectures": ["DetrForObjectDetection"], "id2label": NAMES}
    found = published(tmp_path, {"config.json": config}, model)
    assert found.postprocess == ("detr",)
    assert found.output == ("logits", "pred_boxes")
    assert found.inputs == {"pixel_mask": 1}


def test_detectors_without_a_class_for_nothing_count_every_class(tmp_path):
    config = {"architectures": ["RTDetrV2ForObjectDetection"]}
    found = published(tmp_path, {"config.json": config})
    assert found.postprocess == ({"detr": {"activation": "sigmoid"}},)
    assert (found.output, found.inputs) == (None, {})
    recipe_of(found)


def test_an_architecture_that_tells_no_task_is_a_doubt(tmp_path):
    found = published(tmp_path, {"config.json": {"architectures": ["OddForPoetry"]}})
    assert found.task is None
    assert found.doubts == ("config.json: architectures: OddForPoetry tells no task of a recipe",)


def test_a_config_of_another_tool_is_not_taken_for_one(tmp_path):
    found = published(tmp_path, {"config.json": {"learning_rate": 3}})
    assert (found.said, found.doubts) == ({}, ())


def texts(folder, files, inputs=TOKENS, outputs=(("logits", 3),)):
    return published(folder, {"tokenizer.json": {"model": {}}, **files}, model_of(inputs, outputs))


def test_a_tokenizer_is_named_by_the_models_folder(tmp_path):
    found = texts(tmp_path, {"tokenizer_config.json": {"model_max_length": 128, "pad_token": "[PAD]"}})
    assert found.preprocess == ({"tokenize": {"tokenizer": "{model}", "max_length": 128}},)
    assert (found.tokenizer, found.max_length) == (tmp_path / "tokenizer.json", 128)
    assert found.said["max_length"] == "tokenizer_config.json: model_max_length"
    assert found.said["preprocess"] == "tokenizer.json, tokenizer_config.json: model_max_length"


def test_a_tokenizer_without_a_limit_takes_that_of_the_positions(tmp_path):
    config = {"model_type": "bert", "max_position_embeddings": 512, "pad_token_id": 0}
    limitless = {"model_max_length": 10**30}
    assert texts(tmp_path / "a", {"config.json": config, "tokenizer_config.json": limitless}).max_length == 512
    config = {"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}
    assert texts(tmp_path / "b", {"config.json": config}).max_length == 512


def test_a_model_of_fixed_length_is_filled_up(tmp_path):
    inputs = [("input_ids", (1, 64), np.int64), ("attention_mask", (1, 64), np.int64)]
    found = texts(tmp_path, {"tokenizer_config.json": {"model_max_length": 512, "padding_side": "left"}}, inputs)
    assert found.preprocess == (
        {"tokenize": {"tokenizer": "{model}", "max_length": 64, "pad": "max_length", "pad_side": "left"}},
    )
    assert found.said["max_length"] == "the model's input"


def test_a_tokenizer_that_only_transformers_reads_is_said(tmp_path):
    found = published(tmp_path, {"spiece.model": "x", "tokenizer_config.json": {}}, model_of(TOKENS))
    assert found.preprocess == ()
    assert found.doubts == (
        "spiece.model: a tokenizer of a kind that only transformers reads; let it write the tokenizer.json: "
        f"AutoTokenizer.from_pretrained('{tmp_path}').save_pretrained(FOLDER)",
    )


def test_a_model_of_answers_reads_questions_and_windows_of_their_texts(tmp_path):
    outputs = (("start_logits", 12), ("end_logits", 12))
    files = {
        "config.json": {"architectures": ["BertForQuestionAnswering"]},
        "tokenizer_config.json": {"model_max_length": 512},
    }
    found = texts(tmp_path, files, outputs=outputs)
    assert (found.task, found.output) == ("question-answering", ("start_logits", "end_logits"))
    assert found.postprocess == ("answer_span",)
    assert found.preprocess == (
        {
            "tokenize": {
                "tokenizer": "{model}",
                "max_length": 384,
                "columns": ["question", "context"],
                "stride": 128,
                "offsets": True,
            }
        },
    )
    assert found.data == ("hf:rajpurkar/squad",)
    recipe_of(found)


POOLING = {"word_embedding_dimension": 3, "pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}


def vectors():
    """A model that gives a vector of three numbers for each token."""
    given = ops.parameter([-1, -1], np.int64, name="input_ids")
    given.output(0).set_names({"input_ids"})
    node = ops.multiply(ops.unsqueeze(ops.convert(given, "f32"), np.array(2)), np.ones((1, 1, 3), np.float32))
    node.output(0).set_names({"last_hidden_state"})
    return ov.Model([node], [given], "vectors")


@pytest.mark.parametrize(
    ("pooling", "pool"),
    [
        (POOLING, "mean_pool"),
        ({"pooling_mode_cls_token": True}, "cls_pool"),
        ({"pooling_mode": "mean"}, "mean_pool"),
        ({"pooling_mode": "cls"}, "cls_pool"),
    ],
)
def test_sentence_transformers_say_how_sentences_are_pooled(pooling, pool, tmp_path):
    files = {
        "tokenizer.json": {},
        "1_Pooling/config.json": pooling,
        "sentence_bert_config.json": {"max_seq_length": 64},
    }
    found = published(tmp_path, files, vectors())
    assert (found.task, found.max_length, found.doubts) == ("similarity", 64, ())
    assert found.postprocess == (pool, "cosine_of_parts")
    assert [decoder.name for decoder in recipe_of(found).postprocess] == [pool, "cosine_of_parts"]


def test_a_model_that_pools_by_itself_needs_no_pooling(tmp_path):
    outputs = (("token_embeddings", 3), ("sentence_embedding", 3))
    found = texts(tmp_path, {"1_Pooling/config.json": POOLING}, outputs=outputs)
    assert (found.output, found.postprocess) == ("sentence_embedding", ("cosine_of_parts",))


def test_a_pooling_without_a_decoder_is_said(tmp_path):
    found = published(tmp_path, {"tokenizer.json": {}, "1_Pooling/config.json": {"pooling_mode": "max"}}, vectors())
    assert found.postprocess == ()
    assert found.doubts == ("1_Pooling/config.json: pooling_mode_max_tokens: no decoder pools like this",)


@pytest.mark.parametrize("normalize", [True, False])
def test_raw_samples_are_prepared_as_by_transformers(normalize, tmp_path):
    transformers = pytest.importorskip("transformers")
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=normalize, sampling_rate=8000)
    extractor.save_pretrained(tmp_path)
    found = published(tmp_path, {}, model_of(RECORDING))
    signal = np.random.default_rng(0).normal(0.1, 0.2, 900).astype(np.float32)
    assert found.rate == 8000
    assert found.doubts == ()
    heard = recorded(found, signal, 8000)
    np.testing.assert_allclose(heard, extractor(signal, sampling_rate=8000)["input_values"][0], atol=1e-6)


def test_a_spectrogram_is_prepared_as_by_transformers(tmp_path):
    transformers = pytest.importorskip("transformers")
    extractor = transformers.WhisperFeatureExtractor(feature_size=40, chunk_length=2)
    extractor.save_pretrained(tmp_path)
    found = published(tmp_path, {}, model_of([("input_features", (1, 40, 200), np.float32)]))
    signal = np.random.default_rng(0).normal(0, 0.2, 9000).astype(np.float32)
    assert found.doubts == ()
    expected = extractor(signal, sampling_rate=16000)["input_features"][0]
    np.testing.assert_allclose(recorded(found, signal, 16000), expected, atol=2e-5)


def recorded(found, signal, rate):
    """What becomes of the samples of a recording of one channel."""
    soundfile = pytest.importorskip("soundfile")
    buffer = io.BytesIO()
    soundfile.write(buffer, signal, rate, format="WAV", subtype="FLOAT")
    return prepared(found, buffer.getvalue())


VOCABULARY = {"<pad>": 0, "<s>": 1, "|": 2, "E": 3, "T": 4}


def speech(folder, vocabulary, width=5):
    files = {"config.json": {"architectures": ["Wav2Vec2ForCTC"], "pad_token_id": 0}, "vocab.json": vocabulary}
    return published(folder, files, model_of(RECORDING, (("logits", width),)))


def test_a_head_of_characters_brings_them_without_special_tokens(tmp_path):
    found = speech(tmp_path, VOCABULARY)
    assert found.task == "transcription"
    assert found.postprocess == ({"ctc_greedy": {"characters": ["", " ", "E", "T"], "blank": 0}},)
    (decoder,) = recipe_of(found).postprocess
    scores = np.eye(5, dtype=np.float32)[[4, 4, 0, 4, 1, 2, 3, 0]]
    assert decoder(scores, {}) == "TT E"


def test_the_blank_may_stand_elsewhere_and_scores_may_have_no_token(tmp_path):
    found = speech(tmp_path, {"A": 0, "B": 1, "[PAD]": 2}, 4)
    assert found.postprocess == ({"ctc_greedy": {"characters": ["A", "B", ""], "blank": 2}},)


@pytest.mark.parametrize("vocabulary", [{"<pad>": 0, "b": 7}, {"a": 0, "<pad>": 9}])
def test_characters_that_do_not_fit_the_scores_are_not_used(vocabulary, tmp_path):
    found = speech(tmp_path, vocabulary, 2)
    assert found.postprocess == ()
    assert found.doubts == ("vocab.json: 2 tokens do not fit the model's 2 scores; it is not used",)


def test_features_that_are_not_known_are_said(tmp_path):
    config = {"feature_extractor_type": "OddFeatureExtractor", "sampling_rate": 16000}
    found = published(tmp_path, {"preprocessor_config.json": config}, model_of(RECORDING))
    assert (found.rate, found.preprocess) == (16000, ())
    assert found.doubts == (
        "preprocessor_config.json: OddFeatureExtractor is not known; the features that it makes are not prepared",
    )
