"""Lists of class names, model cards, and the data that go with them."""

import numpy as np
import pytest

from ovopt.model.described.usual_data import OF_IMAGES, OF_SOUNDS, OF_TEXTS, TASKS
from ovopt.recipe import TASK_METRICS
from tests.model.described.folders import TOKENS, model_of, published

CIFAR = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def three(*outputs):
    """A model of images with outputs of these widths, three by default."""
    widths = outputs or (3,)
    return model_of(outputs=[(f"out{i}", width) for i, width in enumerate(widths)])


@pytest.mark.parametrize("name", ["labels.txt", "classes.txt", "coco.names", "openvino_model.labels.txt"])
def test_a_list_beside_the_model_names_its_classes(name, tmp_path):
    found = published(tmp_path, {name: "cat\nbig dog\nfish\n"}, three())
    assert (found.classes, found.said["classes"]) == (("cat", "big dog", "fish"), name)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0 cat\n1 big dog\n2 fish", ("cat", "big dog", "fish")),
        ("0: cat\r\n1: big dog\r\n2: fish\r\n", ("cat", "big dog", "fish")),
        ("1 cat\n2 dog\n3 fish", ("1 cat", "2 dog", "3 fish")),
        ("n01440764 tench, Tinca tinca\nn01443537 goldfish\nn01484850 shark", ("n01440764", "n01443537", "n01484850")),
        ("\ufeffcat\ndog\nfish", ("cat", "dog", "fish")),
    ],
)
def test_numbers_that_count_the_lines_are_no_part_of_the_names(text, names, tmp_path):
    assert published(tmp_path, {"labels.txt": text}, three()).classes == names


def test_a_detector_has_as_many_scores_beside_its_boxes(tmp_path):
    assert published(tmp_path, {"classes.txt": "cat\ndog\nfish"}, three(7)).classes == ("cat", "dog", "fish")


def test_one_score_more_is_taken_for_the_background(tmp_path):
    found = published(tmp_path, {"labels.txt": "cat\ndog"}, three())
    assert found.classes == ("background", "cat", "dog")
    assert found.doubts == ("labels.txt: 2 names, and a score more, the first of which is taken for the background",)


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("a\nb\nc\nd\ne", "labels.txt: 5 names, and no output of the model has as many scores; it is not used"),
        ("", "labels.txt: holds no names"),
    ],
)
def test_a_list_that_does_not_fit_the_model_is_not_used(text, doubt, tmp_path):
    found = published(tmp_path, {"labels.txt": text}, three())
    assert (found.classes, found.doubts) == ((), (doubt,))


def test_a_list_that_is_no_text_is_not_used(tmp_path):
    (tmp_path / "labels.txt").write_bytes(b"caf\xe9")
    assert published(tmp_path, {}, three()).doubts == ("labels.txt: not UTF-8 text; it is not used",)


def test_of_two_lists_that_differ_the_tools_own_counts(tmp_path):
    config = {"architectures": ["ViTForImageClassification"], "id2label": {"0": "a", "1": "b", "2": "c"}}
    found = published(tmp_path, {"config.json": config, "labels.txt": "a\nb\nd"}, three())
    assert found.classes == ("a", "b", "c")
    assert found.doubts == ("labels.txt: says other classes than config.json: id2label, which is taken",)


def test_a_card_tells_task_and_data(tmp_path):
    card = "---\npipeline_tag: image-classification\ndatasets:\n- uoft-cs/cifar10\n- food101\n---\n# A model\n"
    found = published(tmp_path, {"README.md": card}, three())
    assert (found.task, found.said["task"]) == ("classification", "README.md: pipeline_tag")
    assert (found.data, found.said["data"]) == (("hf:uoft-cs/cifar10", "hf:food101"), "README.md: datasets")


@pytest.mark.parametrize(
    "card", ["# A model\n", "---\n- a\n---\n", "---\ndatasets: {a: 1}\n---\n", "---\nlicense: mit"]
)
def test_a_card_that_tells_nothing_is_left_alone(card, tmp_path):
    found = published(tmp_path, {"README.md": card}, three())
    assert (found.said, found.data, found.doubts) == ({}, (), ())


def test_a_card_whose_metadata_are_broken_is_a_doubt(tmp_path):
    found = published(tmp_path, {"README.md": "---\ndatasets: [a\n---\n"}, three())
    assert len(found.doubts) == 1
    assert found.doubts[0].startswith("README.md: not valid YAML: ")


def test_the_usual_data_of_a_task_are_named(tmp_path):
    config = {"architectures": ["ViTForImageClassification"]}
    assert published(tmp_path / "a", {"config.json": config}, three(1000)).data == ("hf:ILSVRC/imagenet-1k",)
    config = {"architectures": ["BertForSequenceClassification"]}
    texts = {"config.json": config, "tokenizer.json": {}}
    of_two = model_of(TOKENS, (("logits", 2),))
    assert published(tmp_path / "b", texts, of_two).data == ("hf:stanfordnlp/imdb",)
    config = {"architectures": ["ViTForImageClassification"], "id2label": dict(enumerate(CIFAR))}
    assert published(tmp_path / "c", {"config.json": config}, three()).data == ("hf:uoft-cs/cifar10",)


def test_a_model_of_other_classes_is_not_judged_by_them(tmp_path):
    config = {"architectures": ["ViTForImageClassification"]}
    assert published(tmp_path / "a", {"config.json": config}, three()).data == ()
    assert published(tmp_path / "b", {}, model_of([("x", (1, 4), np.float32)])).data == ()


def test_every_task_here_is_one_of_recipes():
    assert {*TASKS.values(), *OF_IMAGES, *OF_TEXTS, *OF_SOUNDS} <= {*TASK_METRICS}
