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
    samples = opened(tmp_path, images="low", masks="high", target="image")
    assert not Masks.recognises(str(tmp_path))
    assert samples.labels == (LabelFile(tmp_path / "high/a.png", "image"),)


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
