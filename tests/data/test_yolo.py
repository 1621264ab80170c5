"""Images with objects in YOLO's text format."""

import os

import numpy as np
import pytest

from ovopt.contracts import BadLabel
from ovopt.data.yolo import Yolo
from ovopt.errors import DataError, quoted
from tests.data.pictures import picture
from tests.factories import exactly


@pytest.fixture
def folder(tmp_path):
    picture(tmp_path / "images/a.png")
    picture(tmp_path / "images/val/b.jpg")
    picture(tmp_path / "images/empty.png")
    (tmp_path / "labels/val").mkdir(parents=True)
    (tmp_path / "labels/a.txt").write_text("1 0.5 0.5 0.25 0.5\n\n0 0.25 0.25 0.5 0.5\n")
    (tmp_path / "labels/val/b.txt").write_text("0 0.5 0.5 1 1")
    return tmp_path


def opened(folder, **keys):
    return Yolo(path=str(folder), **keys).open((), seed=0)


def test_samples_are_the_images_and_labels_their_boxes_in_pixels(folder):
    samples = opened(folder)
    assert Yolo.recognises(str(folder))
    assert samples.ids == ("images/a.png", "images/empty.png", "images/val/b.jpg")
    assert samples.load(2) == (folder / "images/val/b.jpg").read_bytes()
    first, empty, third = samples.labels
    np.testing.assert_allclose(first.corners, [[3, 1.5, 5, 4.5], [0, 0, 4, 3]])
    assert (first.classes.tolist(), first.crowd.tolist(), first.size) == ([1, 0], [False, False], (8, 6))
    assert empty.corners.shape == (0, 4)
    np.testing.assert_allclose(third.corners, [[0, 0, 8, 6]])
    assert samples.classes == ()


def test_boxes_are_those_of_the_formula_on_random_numbers(tmp_path):
    rng = np.random.default_rng(0)
    wanted = np.sort(rng.random((50, 2, 2)), axis=1)
    centres, sizes = wanted.mean(axis=1), np.diff(wanted, axis=1)[:, 0]
    picture(tmp_path / "images/x.png", 64, 48)
    (tmp_path / "labels").mkdir()
    lines = [
        " ".join(map(repr, [i % 7, *map(float, [*c, *s])])) for i, (c, s) in enumerate(zip(centres, sizes, strict=True))
    ]
    (tmp_path / "labels/x.txt").write_text("\n".join(lines))
    (boxes,) = opened(tmp_path).labels
    np.testing.assert_allclose(boxes.corners, (wanted * [64, 48]).reshape(-1, 4), atol=1e-9)
    assert boxes.classes.tolist() == [i % 7 for i in range(50)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data.yaml", "names: [cat, dog]"),
        ("data.yaml", "train: x\nnames: {1: dog, 0: cat}"),
        ("../data.yaml", "names: [cat, dog]"),
        ("classes.txt", "cat\ndog\n"),
        ("labels/classes.txt", "cat\ndog\n"),
        ("obj.names", "cat\ndog"),
    ],
)
def test_class_names_are_found(tmp_path, name, text):
    root = tmp_path / "set"
    picture(root / "images/a.png")
    (root / "labels").mkdir()
    (root / "labels/a.txt").write_text("1 .5 .5 .5 .5")
    (root / name).write_text(text)
    assert opened(root).classes == ("cat", "dog")


@pytest.mark.parametrize("text", ["names: {1: cat, 2: dog}", "names: 3", "[]", "names: [[a]]"])
def test_class_names_of_another_form_are_an_error(folder, text):
    (folder / "data.yaml").write_text(text)
    message = f"{folder / 'data.yaml'}: `names` must be a list of class names, or a mapping of 0, 1, 2 ... to them"
    with pytest.raises(DataError, match=exactly(message)):
        opened(folder)


def test_broken_yaml_is_an_error(folder):
    (folder / "data.yaml").write_text("names: [")
    why = "expected the node content, but found '<stream end>'"
    with pytest.raises(DataError, match=exactly(f"{folder / 'data.yaml'}:1: not valid YAML: {why}")):
        opened(folder)


def test_subsets_can_be_named(folder):
    samples = opened(folder, images="images/val", labels="labels/val")
    assert samples.ids == ("images/val/b.jpg",)
    assert len(samples.labels[0].classes) == 1


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("0 .5 .5 .5", "4 columns, not 5 (class cx cy w h)"),
        ("0 .5 .5 .5 .5 .9", "6 columns, not 5 (class cx cy w h)"),
        ("0 .5 .5 x .5", "not all numbers (class cx cy w h): 0 .5 .5 x .5"),
        ("0 .5 1.5 .5 .5", "cx, cy, w and h are shares of the image, from 0 to 1, not .5 1.5 .5 .5"),
        ("0 .5 -.5 .5 .5", "cx, cy, w and h are shares of the image, from 0 to 1, not .5 -.5 .5 .5"),
        ("0 .5 nan .5 .5", "cx, cy, w and h are shares of the image, from 0 to 1, not .5 nan .5 .5"),
        ("0 .5 .5 .5 0", "the box (2, 3, 6, 3) has no area; remove or mend it"),
        ("0 .9 .5 .9 .5", "the box (3.6, 1.5, 10.8, 4.5) reaches outside the image of 8x6; remove or mend it"),
        ("-1 .5 .5 .5 .5", "the class must be a whole number from 0 on, not '-1'"),
        ("1.0 .5 .5 .5 .5", "the class must be a whole number from 0 on, not '1.0'"),
        ("2 .5 .5 .5 .5", "class 2, but only 2 class names are listed; add its name, or mend the line"),
    ],
)
def test_a_line_that_cannot_be_makes_its_sample_a_bad_one(folder, line, fault):
    (folder / "classes.txt").write_text("cat\ndog")
    text = folder / "labels/a.txt"
    text.write_text(f"0 .5 .5 .5 .5\n{line}\n")
    samples = opened(folder)
    assert samples.labels[samples.ids.index("images/a.png")] == BadLabel(f"{text}:2: {fault}")
    assert sum(isinstance(label, BadLabel) for label in samples.labels) == 1


def test_a_text_file_without_its_image_is_an_error(folder):
    (folder / "labels/val/zz.txt").write_text("")
    message = f"{folder / 'labels'}: no image in {folder / 'images'} belongs to val/zz.txt"
    with pytest.raises(DataError, match=exactly(message)):
        opened(folder)


def test_an_unreadable_image_is_a_bad_sample(folder):
    (folder / "images/a.png").write_bytes(b"junk")
    assert BadLabel(f"{folder / 'images/a.png'}: not a readable image") in opened(folder).labels


def test_text_that_is_no_utf8_makes_its_sample_a_bad_one(folder):
    (folder / "labels/a.txt").write_bytes(b"0 \xff")
    assert BadLabel(f"{folder / 'labels/a.txt'}: not UTF-8 text (byte 2)") in opened(folder).labels


def test_missing_folders_and_images_are_an_error(tmp_path):
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'images'}: no such folder")):
        opened(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'images'}: holds no images")):
        opened(tmp_path)
    assert not Yolo.recognises(str(tmp_path))
    with pytest.raises(DataError, match=exactly(f"data.source: '../x' leads outside {tmp_path}; give paths inside it")):
        opened(tmp_path, images="../x")


def test_a_link_that_leads_outside_is_refused(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "x.png"
    picture(elsewhere)
    (folder / "images/link.png").symlink_to(elsewhere)
    message = f"a symbolic link: 'link.png' leads outside {folder / 'images'}; give paths inside it"
    with pytest.raises(DataError, match=exactly(message)):
        opened(folder)


def test_the_fingerprint_follows_the_labels(folder):
    before = opened(folder).fingerprint
    (folder / "labels/a.txt").write_text("1 0.5 0.5 0.25 0.5\n")
    assert opened(folder).fingerprint != before


def test_a_class_of_thousands_of_digits_is_no_class(tmp_path):
    picture(tmp_path / "images/a.png")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/a.txt").write_text("9" * 5000 + " 0.5 0.5 0.2 0.2")
    (label,) = Yolo(path=str(tmp_path)).open((), seed=0).labels
    wrong = f"the class must be a whole number from 0 on, not {quoted('9' * 5000)}"
    assert label == BadLabel(f"{tmp_path / 'labels/a.txt'}:1: {wrong}")


def test_a_pipe_in_place_of_labels_is_not_taken_for_no_objects(tmp_path):
    picture(tmp_path / "images/a.png")
    (tmp_path / "labels").mkdir()
    os.mkfifo(tmp_path / "labels/a.txt")
    (label,) = Yolo(path=str(tmp_path)).open((), seed=0).labels
    wrong = "a pipe, not a file; write what comes out of it to a file, and give that"
    assert label == BadLabel(f"{tmp_path / 'labels/a.txt'}: {wrong}")
