"""Images with objects, or masks, as the Pascal VOC data set has them."""

import numpy as np
import pytest

from ovopt.contracts import BadLabel, LabelFile
from ovopt.data.voc import Voc, holds_both
from ovopt.errors import DataError
from tests.data.pictures import picture
from tests.factories import exactly

OBJECT = (
    "<object><name>{0}</name><difficult>{1}</difficult><bndbox><ymin>2</ymin><xmin>1.0</xmin><xmax>3</xmax>"
    "<ymax>5</ymax></bndbox><part><name>head</name><bndbox/></part></object>"
)
SIZE = "<size><width>8</width><height>6</height><depth>3</depth></size>"


def annotate(root, name, *objects, images="JPEGImages", annotations="Annotations", size=SIZE):
    """An image and its XML file."""
    picture(root / images / f"{name}.jpg")
    file = root / annotations / f"{name}.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"<annotation><filename>x.jpg</filename>{size}{''.join(objects)}</annotation>")
    return file


def listed(root, kind="Main", **lists):
    folder = root / "ImageSets" / kind
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")


def opened(folder, **keys):
    return Voc(path=str(folder), **keys).open((), seed=0)


@pytest.fixture
def folder(tmp_path):
    annotate(tmp_path, "a", OBJECT.format("dog", 0), OBJECT.format("cat", 1))
    annotate(tmp_path, "b")
    annotate(tmp_path, "c", OBJECT.format("emu", 0))
    return tmp_path


def test_samples_are_the_images_and_labels_their_boxes(folder):
    samples = opened(folder)
    assert Voc.recognises(str(folder))
    assert (samples.ids, samples.splits) == (("JPEGImages/a.jpg", "JPEGImages/b.jpg", "JPEGImages/c.jpg"), None)
    assert samples.classes == ("cat", "dog", "emu")
    first, second, _ = samples.labels
    np.testing.assert_array_equal(first.corners, [[1, 2, 3, 5]] * 2)
    assert (first.classes.tolist(), first.difficult.tolist(), first.size) == ([1, 0], [False, True], (8, 6))
    assert second.corners.shape == (0, 4)
    assert samples.load(2) == (folder / "JPEGImages/c.jpg").read_bytes()


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ({"train": ["a", "c"], "val": ["b"], "trainval": ["a", "b", "c"]}, {"a": "train", "b": "val", "c": "train"}),
        ({"trainval": ["a"], "test": ["c"]}, {"a": "train", "c": "test"}),
        ({"train": ["a  1", "b -1"], "cat_train": ["a -1"], "default": ["c"]}, {"a": "train", "b": "train"}),
        ({"val": ["a.jpg", ""]}, {"a": "val"}),
    ],
)
def test_lists_of_images_are_the_datas_own_splits(folder, lists, expected):
    listed(folder, **lists)
    samples = opened(folder)
    assert dict(zip(samples.ids, samples.splits, strict=True)) == {
        f"JPEGImages/{name}.jpg": split for name, split in expected.items()
    }


@pytest.mark.parametrize("top", ["VOC2012", "VOCdevkit/VOC2012"])
def test_the_folder_of_the_years_holds_the_images_of_all(tmp_path, top):
    first, second = tmp_path / top.replace("2012", "2007"), tmp_path / top
    for root, name in ((first, "a"), (second, "b")):
        annotate(root, name, OBJECT.format("dog", 0))
        listed(root, train=[name])
    assert Voc.recognises(str(tmp_path))
    samples = opened(tmp_path)
    assert samples.ids == tuple(str(place.relative_to(tmp_path)) for place in (
        first / "JPEGImages/a.jpg", second / "JPEGImages/b.jpg"
    ))  # fmt: skip
    assert samples.splits == ("train", "train")


@pytest.mark.parametrize(
    ("images", "annotations"), [("images", "annotations"), ("images", "annotations/xmls"), (".", "."), ("set", "set")]
)
def test_other_folders_are_found_and_files_beside_each_other(tmp_path, images, annotations):
    annotate(tmp_path, "a", OBJECT.format("dog", 0), images=images, annotations=annotations)
    assert Voc.recognises(str(tmp_path))
    assert opened(tmp_path).classes == ("dog",)


def test_folders_of_splits_with_files_beside_each_other_are_such(tmp_path):
    for split in ("train", "valid"):
        annotate(tmp_path, "a", OBJECT.format("dog", 0), images=split, annotations=split)
    samples = opened(tmp_path)
    assert (samples.ids, samples.splits) == (("train/a.jpg", "valid/a.jpg"), ("train", "valid"))


@pytest.mark.parametrize(
    "size", ["", "<size><width>0</width><height>0</height></size>", "<size><width>x</width></size>"]
)
def test_an_image_of_unknown_size_is_measured(tmp_path, size):
    annotate(tmp_path, "a", OBJECT.format("dog", 0), size=size)
    assert opened(tmp_path).labels[0].size == (8, 6)


@pytest.mark.parametrize(
    ("objects", "fault"),
    [
        ("<object/>", "object 1: has no name"),
        (
            "<object><name>a</name></object>",
            "object 1 (a): bndbox must hold four numbers, not xmin '', ymin '', xmax '', ymax ''",
        ),
        (
            OBJECT.format("a", 0) + OBJECT.format("a", 0).replace("1.0", "nine"),
            "object 2 (a): bndbox must hold four numbers, not xmin 'nine', ymin '2', xmax '3', ymax '5'",
        ),
        (
            OBJECT.format("a", 0).replace("1.0", "9"),
            "object 1 (a): the box (9, 2, 3, 5) has no area; remove or mend it",
        ),
        (
            OBJECT.format("a", 0).replace("<xmax>3", "<xmax>30"),
            "object 1 (a): the box (1, 2, 30, 5) reaches outside the image of 8x6; remove or mend it",
        ),
    ],
)
def test_an_object_that_cannot_be_makes_its_sample_a_bad_one(folder, objects, fault):
    file = annotate(folder, "b", objects)
    labels = opened(folder).labels
    assert labels[1] == BadLabel(f"{file}: {fault}")
    assert sum(isinstance(label, BadLabel) for label in labels) == 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<annotation>", ":1: not valid XML: no element found"),
        ("<annotations/>", ": not an annotation of Pascal VOC, but 'annotations'"),
        (
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><annotation>&b;</annotation>",
            ": not plain XML: it declares a document type ('a'); remove <!DOCTYPE ...>",
        ),
    ],
)
def test_xml_that_is_no_annotation_makes_its_sample_a_bad_one(folder, text, fault):
    file = folder / "Annotations/b.xml"
    file.write_text(text)
    assert opened(folder).labels[1] == BadLabel(f"{file}{fault}")


def test_an_image_without_an_xml_file_is_a_bad_sample(folder):
    (folder / "Annotations/b.xml").unlink()
    image = folder / "JPEGImages/b.jpg"
    assert opened(folder).labels[1] == BadLabel(
        f"{image}: no b.xml tells its objects; one that has none has such a file, too"
    )


def test_xml_files_without_an_image_are_an_error(folder):
    (folder / "JPEGImages/b.jpg").unlink()
    message = f"{folder / 'Annotations'}: 1 files have no image in {folder / 'JPEGImages'}: b"
    with pytest.raises(DataError, match=exactly(message)):
        opened(folder)


def test_two_images_of_one_name_are_an_error(folder):
    picture(folder / "JPEGImages/a.png")
    message = f"{folder / 'JPEGImages'}: a.jpg and a.png have the same name before the suffix; rename one"
    with pytest.raises(DataError, match=exactly(message)):
        opened(folder)


@pytest.mark.parametrize(
    ("lists", "file", "fault"),
    [
        ({"train": ["a", "x", "y"]}, "train", "2 of its images are missing: x, y"),
        ({"train": ["a"], "val": ["a"]}, "val", "a is in train.txt, too; an image belongs to one split"),
    ],
)
def test_lists_that_do_not_fit_are_an_error(folder, lists, file, fault):
    listed(folder, **lists)
    with pytest.raises(DataError, match=exactly(f"{folder / 'ImageSets/Main' / file}.txt: {fault}")):
        opened(folder)


def test_masks_are_labels_where_they_are_asked_for_or_there_are_no_boxes(folder, tmp_path_factory):
    alone = tmp_path_factory.mktemp("alone")
    for root in (folder, alone):
        for name in ("a", "c"):
            picture(root / f"JPEGImages/{name}.jpg")
            picture(root / f"SegmentationClass/{name}.png", mode="P", value=1)
        listed(root, "Segmentation", train=["c"], val=["a"])
    assert Voc.recognises(str(alone))
    for samples, root in ((opened(folder, target="masks"), folder), (opened(alone), alone)):
        assert samples.labels == tuple(LabelFile(root / f"SegmentationClass/{name}.png", "mask") for name in ("a", "c"))
        assert (samples.ids, samples.splits) == (("JPEGImages/a.jpg", "JPEGImages/c.jpg"), ("val", "train"))
        assert samples.classes == ()
        assert holds_both(root) == (root == folder)
    listed(alone, "Segmentation", train=["c", "x"], val=["a"])
    message = f"{alone / 'ImageSets/Segmentation/train.txt'}: 1 of its masks are missing: x"
    with pytest.raises(DataError, match=exactly(message)):
        opened(alone)


def test_a_mask_without_an_image_is_an_error(tmp_path):
    picture(tmp_path / "JPEGImages/a.jpg")
    picture(tmp_path / "SegmentationClass/b.png", mode="P")
    message = f"{tmp_path / 'SegmentationClass'}: 1 files have no image in {tmp_path / 'JPEGImages'}: b"
    with pytest.raises(DataError, match=exactly(message)):
        opened(tmp_path)


def test_folders_of_other_things_are_not_recognised(tmp_path):
    picture(tmp_path / "images/a.png")
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations/a.xml").write_text("<page/>")
    assert not Voc.recognises(str(tmp_path))
    for target, what in (("boxes", "XML files of objects"), ("masks", "SegmentationClass")):
        with pytest.raises(DataError, match=exactly(f"{tmp_path}: holds no images with {what}")):
            opened(tmp_path, target=target)


def test_the_fingerprint_follows_the_annotations_and_the_masks(folder):
    before = opened(folder).fingerprint
    annotate(folder, "b", OBJECT.format("dog", 0))
    assert opened(folder).fingerprint != before
    picture(folder / "SegmentationClass/a.png", mode="P")
    before = opened(folder, target="masks").fingerprint
    picture(folder / "SegmentationClass/a.png", 80, 60, mode="P")
    assert opened(folder, target="masks").fingerprint != before
