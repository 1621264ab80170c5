"""Images that go with images."""

import pytest

from ovopt.contracts import LabelFile
from ovopt.data.masks import Masks
from ovopt.errors import DataError
from tests.data.pictures import picture
from tests.factories import exactly


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "sub/b"):
        picture(tmp_path / f"images/{name}.jpg")
        picture(tmp_path / f"masks/{name}.png", mode="L", value=1)
    return tmp_path


def opened(folder, **keys):
    return Masks(path=str(folder), **keys).open((), seed=0)


def test_images_and_masks_are_paired_by_name(folder):
    samples = opened(folder)
    assert Masks.recognises(str(folder))
    assert samples.ids == ("images/a.jpg", "images/sub/b.jpg")
    assert samples.labels == tuple(LabelFile(folder / f"masks/{n}.png", "mask") for n in ("a", "sub/b"))
    assert samples.load(1) == (folder / "images/sub/b.jpg").read_bytes()


def test_labels_can_be_images(tmp_path):
    picture(tmp_path / "low/a.png")
    picture(tmp_path / "high/a.png", 16, 12)
    assert Masks.recognises(str(tmp_path))
    for keys in ({}, {"images": "low", "masks": "high", "target": "image"}):
        assert opened(tmp_path, **keys).labels == (LabelFile(tmp_path / "high/a.png", "image"),)
    assert opened(tmp_path, target="mask").labels == (LabelFile(tmp_path / "high/a.png", "mask"),)


@pytest.mark.parametrize("place", ["masks", "images"])
def test_masks_can_have_a_suffix_even_in_the_same_folder(tmp_path, place):
    for name in ("a", "b"):
        picture(tmp_path / f"images/{name}.jpg")
        picture(tmp_path / f"{place}/{name}_mask.png", mode="L")
    samples = opened(tmp_path, masks=place, suffix="_mask")
    assert samples.ids == ("images/a.jpg", "images/b.jpg")
    assert [label.path.name for label in samples.labels] == ["a_mask.png", "b_mask.png"]


@pytest.mark.parametrize(
    ("extra", "fault"),
    [
        ("images/z.png", "{0}: 1 files have no partner in masks: images/z.png"),
        ("masks/z.png", "{0}: 1 files have no partner in images: masks/z.png"),
        ("images/a.png", "{0}/images: a.jpg and a.png have the same name before the suffix"),
    ],
)
def test_files_without_a_partner_are_an_error(folder, extra, fault):
    picture(folder / extra)
    with pytest.raises(DataError, match=exactly(fault.format(folder))):
        opened(folder)


def test_many_files_without_a_partner_are_an_error_that_names_a_few(folder):
    for i in range(5):
        picture(folder / f"images/z{i}.png")
    message = f"{folder}: 5 files have no partner in masks: images/z0.png, images/z1.png, images/z2.png and 2 more"
    with pytest.raises(DataError, match=exactly(message)):
        opened(folder)


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"images": "x"}, "{0}/x: no such folder"),
        ({"images": "../x"}, "data.source.images: '../x' leads outside {0}; give paths inside it"),
        ({"masks": "/x"}, "data.source.masks: '/x' leads outside {0}; give paths inside it"),
        ({"suffix": "_m"}, "{0}/masks: holds no images that end in _m"),
        ({"images": "void"}, "{0}/void: holds no images"),
    ],
)
def test_folders_that_do_not_fit_are_an_error(folder, keys, fault):
    (folder / "void").mkdir()
    with pytest.raises(DataError, match=exactly(fault.format(folder))):
        opened(folder, **keys)


def test_an_image_that_went_away_is_an_error(folder):
    samples = opened(folder)
    (folder / "images/a.jpg").unlink()
    message = f"{folder / 'images/a.jpg'}: cannot be read: No such file or directory"
    with pytest.raises(DataError, match=exactly(message)):
        samples.load(0)


def test_the_fingerprint_follows_the_labels(folder):
    before = opened(folder).fingerprint
    picture(folder / "masks/a.png", 99, 99, mode="L")
    assert opened(folder).fingerprint != before


@pytest.mark.parametrize(
    ("pairs", "splits"),
    [
        ((("img/a.jpg", "ann/a.png"),), None),
        ((("image/a.jpg", "label/a.png"), ("image/b.jpg", "label/b.png")), None),
        ((("images/train/a.jpg", "masks/train/a.png"), ("images/val/a.jpg", "masks/val/a.png")), ("train", "val")),
        ((("images/training/a.jpg", "annotations/training/a.png"),), ("training",)),
        (
            (
                ("leftImg8bit/train/x/x_1_leftImg8bit.png", "gtFine/train/x/x_1_gtFine_labelIds.png"),
                ("leftImg8bit/val/y/y_1_leftImg8bit.png", "gtFine/val/y/y_1_gtFine_labelIds.png"),
            ),
            ("train", "val"),
        ),
        ((("train/a.jpg", "train_masks/a_mask.gif"), ("val/b.jpg", "val_masks/b_mask.gif")), ("train", "val")),
        ((("test/a.png", "testannot/a.png"),), ("test",)),
        ((("a.jpg", "a_mask.png"), ("sub/b.jpg", "sub/b_mask.png")), None),
        ((("1_sat.jpg", "1_mask.png"), ("2_sat.jpg", "2_mask.png")), None),
        ((("train/a.jpg", "train/a_mask.png"), ("valid/b.jpg", "valid/b_mask.png")), ("train", "valid")),
        ((("images/a.jpg", "masks/a_seg.png"),), None),
    ],
)
def test_usual_folders_and_names_are_found(tmp_path, pairs, splits):
    for image, mask in pairs:
        picture(tmp_path / image)
        picture(tmp_path / mask, mode="L")
    assert Masks.recognises(str(tmp_path))
    samples = opened(tmp_path)
    assert samples.ids == tuple(image for image, _ in pairs)
    assert samples.labels == tuple(LabelFile(tmp_path / mask, "mask") for _, mask in pairs)
    assert samples.splits == splits


@pytest.mark.parametrize(
    ("pairs", "target", "splits"),
    [
        ((("rgb/0.png", "depth/0.png"),), "values", None),
        ((("rgb/0.jpg", "depth/0_depth.png"),), "values", None),
        ((("LR/a.png", "HR/a.png"),), "image", None),
        ((("Set5_LR/ax4.png", "Set5_HR/a.png"),), "image", None),
        ((("DIV2K_valid_LR_bicubic/X2/0801x2.png", "DIV2K_valid_HR/0801.png"),), "image", ("valid",)),
        (
            (
                ("D_train_LR_bicubic/X2/0001x2.png", "D_train_HR/0001.png"),
                ("D_valid_LR_bicubic/X2/0801x2.png", "D_valid_HR/0801.png"),
            ),
            "image",
            ("train", "valid"),
        ),
        ((("Noisy/a.png", "Clean/a.png"),), "image", None),
    ],
)
def test_words_in_the_names_of_folders_tell_what_goes_with_what(tmp_path, pairs, target, splits):
    for image, label in pairs:
        picture(tmp_path / image)
        picture(tmp_path / label, mode="L" if target == "values" else "RGB")
    assert Masks.recognises(str(tmp_path))
    samples = opened(tmp_path)
    assert samples.ids == tuple(image for image, _ in pairs)
    assert samples.labels == tuple(LabelFile(tmp_path / label, target) for _, label in pairs)
    assert samples.splits == splits


def test_of_several_labels_of_an_image_the_likeliest_is_taken_unless_another_is_named(tmp_path):
    picture(tmp_path / "leftImg8bit/x_leftImg8bit.png")
    for name in ("color", "instanceIds", "labelIds", "labelTrainIds"):
        picture(tmp_path / f"gtFine/x_gtFine_{name}.png", mode="L")
    assert [label.path.name for label in opened(tmp_path).labels] == ["x_gtFine_labelTrainIds.png"]
    assert [label.path.name for label in opened(tmp_path, suffix="_gtFine_color").labels] == ["x_gtFine_color.png"]


def test_endings_of_most_names_are_taken_so_that_the_others_are_named(tmp_path):
    for name in ("a", "b", "c"):
        picture(tmp_path / f"images/{name}.jpg")
        if name != "c":
            picture(tmp_path / f"masks/{name}_mask.png", mode="L")
    with pytest.raises(DataError, match=exactly(f"{tmp_path}: 1 files have no partner in masks: images/c.jpg")):
        opened(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ("images/a.jpg", "labels/a.txt"),
        ("cat/a.jpg", "dog/a_mask.jpg"),
        ("images/a.jpg",),
        ("low_rise/a.jpg", "high_rise/a.jpg"),
        ("rgb/a.jpg", "depth/b.jpg"),
    ],
)
def test_other_folders_are_not_recognised(tmp_path, names):
    for name in names:
        picture(tmp_path / name)
    assert not Masks.recognises(str(tmp_path))
    assert not Masks.recognises(str(tmp_path / "images/a.jpg"))
