"""Metadata inside a TensorFlow Lite file."""

import json

import pytest

from ovopt.model.described.describe import described
from ovopt.model.described.flatbuffer import BrokenBufferError, Table
from ovopt.model.files.opened import OpenedModel
from tests.model.described.folders import file_of, picture, prepared, recipe_of

pytest.importorskip("flatbuffers")
from tests.model.described.tflite_files import metadata, tflite

LABELS = {"labels.txt": b"cat\nbig dog\nfish\n"}


def read(file):
    """The description of a file."""
    return described(OpenedModel(file))


def test_normalization_and_labels_are_read(tmp_path):
    found = read(tflite(tmp_path, metadata([127.5], [127.5], "labels.txt"), LABELS))
    assert found.preprocess == (
        "decode_image",
        {"resize": {"size": 8, "antialias": False}},
        {"normalize": {"mean": [127.5] * 3, "std": [127.5] * 3, "axis": -1}},
    )
    assert found.classes == ("cat", "big dog", "fish")
    assert found.said == {
        "preprocess": "the model's metadata: NormalizationOptions",
        "classes": "labels.txt in the model",
    }
    assert found.doubts == ()
    recipe_of(found)
    assert prepared(found, file_of(picture(20, 30))).shape == (8, 8, 3)


def test_each_channel_may_have_its_own_mean_and_numbers_are_as_they_were_meant(tmp_path):
    found = read(tflite(tmp_path, metadata([123.68, 116.78, 103.94], [1, 1, 1])))
    assert found.preprocess[2] == {"normalize": {"mean": [123.68, 116.78, 103.94], "std": [1.0] * 3, "axis": -1}}


def test_a_deviation_alone_is_a_scale(tmp_path):
    assert read(tflite(tmp_path, metadata([0], [255]))).preprocess[2] == {"scale": 255}


def test_a_file_of_labels_that_is_missing_is_said(tmp_path):
    found = read(tflite(tmp_path, metadata([0], [255], "names.txt"), LABELS))
    assert (found.classes, found.doubts) == (
        (),
        ("the model's metadata: the file 'names.txt' is missing in the model",),
    )


def test_a_deviation_of_zero_is_not_used(tmp_path):
    found = read(tflite(tmp_path, metadata([0], [0])))
    assert found.preprocess == ()
    assert found.doubts == ("the model's metadata: NormalizationOptions: mean [0.0] and std [0.0] are not understood",)


def test_metadata_of_ultralytics_in_the_archive_are_read(tmp_path):
    names = {"author": "Ultralytics", "task": "classify", "imgsz": [8, 8], "names": {"0": "a", "1": "b", "2": "c"}}
    found = read(tflite(tmp_path, files={"metadata.json": json.dumps(names).encode()}))
    assert (found.task, found.classes) == ("classification", ("a", "b", "c"))
    assert found.said["task"] == "metadata.json in the model: task"


def test_a_model_without_metadata_is_described_by_nothing(tmp_path):
    found = read(tflite(tmp_path))
    assert (found.said, found.doubts) == ({}, ())


def test_metadata_that_are_cut_off_are_a_doubt(tmp_path):
    found = read(tflite(tmp_path, b"\xff" * 64))
    assert found.doubts == ("the model's metadata: cut off; they are not used",)


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_no_buffer_leads_outside_itself(cut):
    content = metadata([127.5], [127.5], "labels.txt")[:cut]
    try:
        graphs = Table.root(content).tables(3)
        units = graphs[0].tables(2)[0].tables(4)
        assert units[0].table(1).numbers(0, "f") == (127.5,)
    except (BrokenBufferError, IndexError):
        assert cut < len(metadata([127.5], [127.5], "labels.txt"))
