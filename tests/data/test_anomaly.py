"""Folders of normal images and of others, with the regions where they are not normal."""

import pytest

from ovopt.contracts import BadLabel, LabelFile
from ovopt.data.anomaly import Anomaly
from ovopt.errors import DataError
from tests.data.pictures import picture
from tests.factories import exactly


def category(folder, normal="good", mask="{}_mask.png"):
    for name in ("0", "1"):
        picture(folder / f"train/{normal}/{name}.png")
        picture(folder / f"test/{normal}/{name}.png")
        picture(folder / f"test/cut/{name}.jpg")
        picture(folder / "ground_truth/cut" / mask.format(name), mode="L", value=255)
    return folder


def opened(folder, **keys):
    return Anomaly(path=str(folder), **keys).open((), seed=0)


@pytest.mark.parametrize(("normal", "mask"), [("good", "{}_mask.png"), ("ok", "{}.bmp")])
def test_normal_images_are_0_and_others_have_a_region(tmp_path, normal, mask):
    folder = category(tmp_path, normal, mask)
    samples = opened(folder)
    assert Anomaly.recognises(str(folder))
    by_id = dict(zip(samples.ids, zip(samples.labels, samples.splits, strict=True), strict=True))
    assert by_id == {
        f"test/cut/{name}.jpg": (LabelFile(folder / "ground_truth/cut" / mask.format(name), "region"), "test")
        for name in "01"
    } | {f"{split}/{normal}/{name}.png": (0, split) for split in ("train", "test") for name in "01"}
    assert samples.load(samples.ids.index("test/cut/1.jpg")) == (folder / "test/cut/1.jpg").read_bytes()
    assert set(samples.column("defect")) == {normal, "cut"}


def test_without_a_folder_of_regions_others_are_1(tmp_path):
    samples = opened(category(tmp_path), masks="none")
    assert [label for one, label in zip(samples.ids, samples.labels, strict=True) if "cut" in one] == [1, 1]


def test_an_image_whose_region_is_missing_is_a_bad_sample(tmp_path):
    picture(category(tmp_path) / "test/cut/9.png")
    samples = opened(tmp_path)
    label = samples.labels[samples.ids.index("test/cut/9.png")]
    assert label == BadLabel(f"{tmp_path}/test/cut/9.png: no region in ground_truth/cut")


def test_other_folders_are_not_taken_for_it(tmp_path):
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            picture(tmp_path / f"{split}/{name}/a.png")
    assert not Anomaly.recognises(str(tmp_path))
    assert not Anomaly.recognises(str(tmp_path / "none"))
    fault = (
        f"{tmp_path}: no folder of normal images (good, ok, normal) below `train` or `test`, only cat, dog; name it "
        "with --set data.source.normal=..."
    )
    with pytest.raises(DataError, match=exactly(fault)):
        opened(tmp_path)
    assert set(opened(tmp_path, normal="cat").labels) == {0, 1}


def test_the_fingerprint_follows_the_regions(tmp_path):
    before = opened(category(tmp_path)).fingerprint
    picture(tmp_path / "ground_truth/cut/0_mask.png", 99, 99, mode="L")
    assert opened(tmp_path).fingerprint != before
