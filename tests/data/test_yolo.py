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
        ("0", "1 columns, not 5 (class cx cy w h)"),
        ("0 .5 .5 x .5", "not all numbers (class cx cy w h): 0 .5 .5 x .5"),
        ("0 .5 1.5 .5 .5", "cx, cy, w and h are shares of the image, from 0 to 1, not .5 1.5 .5 .5"),
        ("0 .5 -.5 .5 .5", "cx, cy, w and h are shares of the image, from 0 to 1, not .5 -.5 .5 .5"),
        ("0 .5 nan .5 .5", "cx, cy, w and h are shares of the image, from 0 to 1, not .5 nan .5 .5"),
        ("0 .5 .5 .5 0", "the box (2, 3, 6, 3) has no area; remove or mend it"),
        ("0 .9 .5 .9 .5", "the box (3.6, 1.5, 10.8, 4.5) reaches outside the image of 8x6; remove or mend it"),
        ("-1 .5 .5 .5 .5", "the class must be a whole number from 0 on, not '-1'"),
        ("1.5 .5 .5 .5 .5", "the class must be a whole number from 0 on, not '1.5'"),
        (
            "0 4 3 2 2",
            "cx, cy, w and h are shares of the image, from 0 to 1, not 4 3 2 2; divide pixels by the image's width "
            "and height (8x6)",
        ),
        ("0 .2 .2 .6 .2 1.5 .8", "cx, cy, w and h are shares of the image, from 0 to 1, not .2 .2 .6 .2 1.5 .8"),
        ("0 .2 .2 .6 .2 .4 .2", "the box (1.6, 1.2, 4.8, 1.2) has no area; remove or mend it"),
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


@pytest.mark.parametrize(
    "text",
    [
        "1\t0.5\t0.5\t0.25\t0.5",
        "\ufeff1 0.5 0.5 0.25 0.5\r\n\r\n",
        "1.0 0.5 0.5 0.25 0.5",
        "1 0.5 0.5 0.25 0.5 0.93",
        "1 0.375 0.25 0.625 0.25 0.625 0.75 0.375 0.75",
        "1 0.375 0.5 0.5 0.25 0.625 0.5 0.5 0.75 0.4 0.6",
        "1 0.375 0.5 0.5 0.25 0.625 0.5 0.5 0.75 0.93",
    ],
)
def test_the_same_box_is_read_of_every_way_to_write_it(tmp_path, text):
    picture(tmp_path / "images/a.png")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/a.txt").write_text(text, encoding="utf-8", newline="")
    (boxes,) = opened(tmp_path).labels
    np.testing.assert_allclose(boxes.corners, [[3, 1.5, 5, 4.5]])
    assert boxes.classes.tolist() == [1]


@pytest.mark.parametrize("points", ["0.4 0.4 2 0.6 0.5 1", "0.4 0.4 2 0.6 0.5 1 0.93"])
def test_key_points_behind_a_box_are_no_outline(tmp_path, points):
    picture(tmp_path / "images/a.png")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/a.txt").write_text(f"0 0.5 0.5 0.25 0.5 {points}")
    (tmp_path / "data.yaml").write_text("names: [cat]\nkpt_shape: [2, 3]\n")
    (boxes,) = opened(tmp_path).labels
    np.testing.assert_allclose(boxes.corners, [[3, 1.5, 5, 4.5]])


def shown_in(root, *names, text="0 .5 .5 .5 .5"):
    """Images with a text of a box each, in YOLO's usual places."""
    for name in names:
        picture(root / name)
        file = (root / name.replace("images/", "labels/", 1)).with_suffix(".txt")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("images/train/a.png", "images/val/b.png"), ("train", "val")),
        (("images/train2017/a.png", "images/val2017/sub/b.png"), ("train", "val")),
        (("train/images/a.png", "valid/images/b.png"), ("train", "valid")),
        (("images/a/a.png", "images/val/b.png"), None),
        (("images/a.png", "images/b.png"), None),
        (("obj/a.png", "obj/b.png"), None),
    ],
)
def test_folders_that_are_called_like_splits_are_the_datas_own(tmp_path, names, splits):
    shown_in(tmp_path, *names)
    samples = opened(tmp_path)
    assert Yolo.recognises(str(tmp_path))
    assert (samples.ids, samples.splits) == (names, splits)
    assert [len(boxes.classes) for boxes in samples.labels] == [1, 1]


@pytest.mark.parametrize("place", ["images", "images/val"])
def test_a_folder_of_images_goes_with_its_labels(tmp_path, place):
    shown_in(tmp_path, f"{place}/a.png", "images/train/b.png")
    (tmp_path / "data.yaml").write_text("names: [cat]")
    folder = tmp_path / place
    assert Yolo.recognises(str(folder))
    samples = opened(folder)
    assert set(samples.ids) == {name for name in (f"{place}/a.png", "images/train/b.png") if name.startswith(place)}
    assert samples.classes == ("cat",)


@pytest.mark.parametrize(
    "content",
    [
        "train: images/first\nval: images/second\n",
        "path: .\ntrain: [images/first]\nval: ./images/second\n",
        "path: ../somewhere/else\ntrain: ../images/first\nval: ../images/second\n",
        "path: images\ntrain: first\nval: second\ntest:\n",
        "train: first.txt\nval: images/second\n",
        "train: /content/sets/first\nval: images/second\ntest: images/first\n",
        "train: /content/sets/images/first\nval: C:\\\\me\\\\images\\\\second\n",
    ],
)
def test_what_a_description_lists_are_the_datas_own_splits(tmp_path, content):
    shown_in(tmp_path, "images/first/a.png", "images/second/b.png", "images/c.png")
    (tmp_path / "first.txt").write_text("./images/first/a.png\n\n")
    (tmp_path / "data.yaml").write_text(f"{content}names: [cat]\n")
    for path in (tmp_path, tmp_path / "data.yaml"):
        assert Yolo.recognises(str(path))
        samples = opened(path)
        found = dict(zip(samples.ids, samples.splits, strict=True))
        first = "test" if "test: images" in content else "train"
        assert found == {"images/first/a.png": first, "images/second/b.png": "val"}
        assert samples.classes == ("cat",)


def test_a_description_whose_places_are_nowhere_leaves_what_lies_there(tmp_path):
    shown_in(tmp_path, "images/a.png")
    (tmp_path / "data.yaml").write_text("train: ../train/images\nval: /home/me/x\nnames: [cat]\n")
    samples = opened(tmp_path)
    assert (samples.ids, samples.splits, samples.classes) == (("images/a.png",), None, ("cat",))


def test_a_list_is_read_as_darknet_writes_it(tmp_path):
    shown_in(tmp_path, "obj_train_data/a.png")
    (tmp_path / "train.txt").write_text("data/obj_train_data/a.png\n")
    (tmp_path / "set.yaml").write_text("train: train.txt\nnames: [cat]\n")
    samples = opened(tmp_path)
    assert (samples.ids, samples.splits, samples.classes) == (("obj_train_data/a.png",), ("train",), ("cat",))


def test_a_list_of_images_that_are_missing_is_an_error(tmp_path):
    shown_in(tmp_path, "images/a.png")
    (tmp_path / "val.txt").write_text("images/a.png\nimages/b.png\n/etc/passwd\n")
    (tmp_path / "data.yaml").write_text("val: val.txt\nnames: [cat]\n")
    message = f"{tmp_path / 'val.txt'}: 2 of its images are missing: images/b.png, /etc/passwd"
    with pytest.raises(DataError, match=exactly(message)):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("lists", "splits", "remark"),
    [
        (
            "train: images\nval: all.txt",
            ("train", "train"),
            "`val` lists the images of `train` again; they are one split, and training images judge where no others do",
        ),
        (
            "train: nowhere\nval: all.txt\ntest: images",
            ("val", "val"),
            "`test` lists the images of `val` again; they are one split",
        ),
    ],
)
def test_images_that_two_splits_list_as_a_whole_are_one_split_and_that_is_said(tmp_path, caplog, lists, splits, remark):
    shown_in(tmp_path, "images/a.png", "images/b.png")
    (tmp_path / "all.txt").write_text("images/b.png\nimages/a.png\n")
    (tmp_path / "data.yaml").write_text(f"{lists}\nnames: [cat]\n")
    assert opened(tmp_path).splits == splits
    assert caplog.messages == [f"{tmp_path / 'data.yaml'}: {remark}"]


def test_an_image_that_two_splits_list_is_an_error(tmp_path):
    shown_in(tmp_path, "images/a.png", "images/b.png")
    (tmp_path / "list.txt").write_text("images/a.png\n")
    (tmp_path / "data.yaml").write_text("train: images\nval: list.txt\nnames: [cat]\n")
    message = (
        f"{tmp_path / 'data.yaml'}: {tmp_path / 'images/a.png'} is listed twice (train and val); an image belongs to "
        "one split, and once"
    )
    with pytest.raises(DataError, match=exactly(message)):
        opened(tmp_path)


@pytest.mark.parametrize("text", ["hello world and so on", "1", "", "1 2 3 4 x"])
def test_images_with_other_texts_beside_them_are_not_recognised(tmp_path, text):
    shown_in(tmp_path, "a.png", text=text)
    assert not Yolo.recognises(str(tmp_path))


def test_broken_descriptions_are_not_recognised(tmp_path):
    (tmp_path / "data.yaml").write_text("names: [")
    (tmp_path / "other.yaml").write_text("a: 1")
    assert not any(Yolo.recognises(str(tmp_path / name)) for name in ("data.yaml", "other.yaml", "none.yaml"))


def label_of(root, line, described=None):
    """The label of an image of 8 x 6 pixels with this line, below this `data.yaml`."""
    picture(root / "images/a.png")
    (root / "labels").mkdir()
    (root / "labels/a.txt").write_text(line)
    if described:
        (root / "data.yaml").write_text(described)
    return opened(root).labels[0]


def test_an_outline_is_its_points_in_pixels(tmp_path):
    label = label_of(tmp_path, "1 0.25 0.5 0.5 0.25 0.75 0.5 0.5 1 0.9\n0 0.5 0.5 0.5 0.5")
    assert [polygon.tolist() for polygon in label.outlines[0]] == [[[2, 3], [4, 1.5], [6, 3], [4, 6]]]
    assert label.outlines[1] == ()


@pytest.mark.parametrize(
    ("line", "described", "points"),
    [
        ("0 .5 .5 .5 .5 .25 .5 2 .5 .5 0", "kpt_shape: [2, 3]", [[2, 3, 2], [4, 3, 0]]),
        ("0 .5 .5 .5 .5 .25 .5 2 .5 .5 0 .93", "kpt_shape: [2, 3]", [[2, 3, 2], [4, 3, 0]]),
        ("0 .5 .5 .5 .5 .25 .5 .5 .5", "kpt_shape: [2, 2]", [[2, 3, 1], [4, 3, 1]]),
        ("0 .5 .5 .5 .5 .25 .5 -1 -1 .93", "kpt_shape: [2, 2]", [[2, 3, 1], [-8, -6, 0]]),
        ("0 .5 .5 .5 .5 .25 .5 2 .5 .5 1 0 0 0", None, [[2, 3, 2], [4, 3, 1], [0, 0, 0]]),
    ],
)
def test_key_points_are_those_that_follow_a_box(tmp_path, line, described, points):
    label = label_of(tmp_path, line, f"names: [cat]\n{described}" if described else None)
    assert label.key_points.tolist() == [points]
    assert label.corners.tolist() == [[2, 1.5, 6, 4.5]]
    assert label.outlines is None


@pytest.mark.parametrize(
    "described", ["kpt_shape: [2, 4]", "kpt_shape: [0, 3]", "kpt_shape: 17", "kpt_shape: [2, '3']"]
)
def test_key_points_of_another_shape_are_none(tmp_path, described):
    label = label_of(tmp_path, "0 .25 .5 .5 .25 .75 .5 .5 1", f"names: [cat]\n{described}")
    assert label.key_points is None
    assert len(label.outlines[0][0]) == 4


def test_another_number_of_key_points_than_is_described_makes_its_sample_a_bad_one(tmp_path):
    label = label_of(tmp_path, "0 .5 .5 .5 .5 .2 .2 2 .5 .5", "names: [cat]\nkpt_shape: [2, 3]")
    fault = "10 columns, not 5 and 3 for each of 2 key points (class cx cy w h, then x y v ...), which `kpt_shape` in "
    assert label == BadLabel(f"{tmp_path / 'labels/a.txt'}:1: {fault}data.yaml names")


def test_splits_whose_images_were_not_downloaded_are_left_out(tmp_path):
    shown_in(tmp_path, "images/val2017/a.png")
    (tmp_path / "labels/train2017").mkdir()
    (tmp_path / "labels/train2017/b.txt").write_text("0 .5 .5 .5 .5")
    assert (opened(tmp_path).ids, opened(tmp_path).splits) == (("images/val2017/a.png",), ("val",))
    for split, name in (("train", "b"), ("val", "a")):
        (tmp_path / f"{split}2017.txt").write_text(f"./images/{split}2017/{name}.png\n")
    (tmp_path / "coco.yaml").write_text("path: ../coco\ntrain: train2017.txt\nval: val2017.txt\nnames: {0: cat}\n")
    samples = opened(tmp_path)
    assert (samples.ids, samples.splits, samples.classes) == (("images/val2017/a.png",), ("val",), ("cat",))
