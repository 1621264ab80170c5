"""Images with objects in COCO's format."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovopt.arrays import regions
from ovopt.contracts import BadLabel
from ovopt.data.coco import Coco
from ovopt.data.images import clipped
from ovopt.errors import DataError, quoted
from ovopt.locate import shipped
from ovopt.preparing.moving import moved
from ovopt.preparing.prepared import prepare
from ovopt.recipe import DataSection, Recipe
from ovopt.records import Port
from tests.data.pictures import picture
from tests.factories import exactly

IMAGES = [
    {"id": 7, "file_name": "a.png", "width": 8, "height": 6},
    {"id": 3, "file_name": "sub/b.png", "width": 8, "height": 6},
    {"id": 5, "file_name": "c.png"},
]
CATEGORIES = [{"id": 9, "name": "dog"}, {"id": 2, "name": "cat"}]
ANNOTATIONS = [
    {"id": 1, "image_id": 7, "category_id": 9, "bbox": [1, 2, 3, 4], "iscrowd": 0},
    {"id": 2, "image_id": 5, "category_id": 2, "bbox": [0.5, 0, 2, 2]},
    {"id": 3, "image_id": 7, "category_id": 2, "bbox": [0, 0, 8, 6], "iscrowd": 1},
]


def write(folder, name="annotations.json", images=IMAGES, annotations=ANNOTATIONS, categories=CATEGORIES):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return file


def draw(folder):
    return [picture(folder / image["file_name"], value=place) for place, image in enumerate(IMAGES)]


@pytest.fixture
def folder(tmp_path):
    draw(tmp_path)
    write(tmp_path)
    return tmp_path


def opened(folder, **keys):
    return Coco(path=str(folder), **keys).open((), seed=0)


def test_samples_are_the_images_and_labels_their_boxes(folder):
    samples = opened(folder)
    assert samples.ids == ("a.png", "sub/b.png", "c.png")
    assert samples.classes == ("cat", "dog")
    assert [samples.load(i) for i in range(3)] == draw(folder)
    first, second, third = samples.labels
    np.testing.assert_array_equal(first.corners, [[1, 2, 4, 6], [0, 0, 8, 6]])
    assert (first.classes.tolist(), first.crowd.tolist(), first.size) == ([1, 0], [False, True], (8, 6))
    assert (second.corners.shape, second.classes.shape, second.crowd.shape) == ((0, 4), (0,), (0,))
    np.testing.assert_array_equal(third.corners, [[0.5, 0, 2.5, 2]])
    assert third.size == (8, 6)
    assert (first.corners.dtype, second.classes.dtype, second.crowd.dtype) == (np.float64, np.int64, np.bool_)


@pytest.mark.parametrize(
    ("annotations", "images"),
    [
        ("annotations.json", "."),
        ("_annotations.coco.json", "."),
        ("annotations.json", "images"),
        ("annotations/instances_val2017.json", "val2017"),
        ("annotations/instances_val2017.json", "images/val2017"),
        ("annotations/instances_x.json", "images"),
    ],
)
def test_usual_layouts_are_found(tmp_path, annotations, images):
    file = write(tmp_path, annotations)
    draw(tmp_path / images)
    assert Coco.recognises(str(tmp_path))
    assert Coco.recognises(str(file))
    assert opened(tmp_path).ids == opened(file).ids == ("a.png", "sub/b.png", "c.png")


def test_annotations_and_images_can_be_named(tmp_path):
    write(tmp_path, "x/mine.json")
    draw(tmp_path / "pictures")
    assert not Coco.recognises(str(tmp_path))
    assert len(opened(tmp_path, annotations="x/mine.json", images="pictures")) == 3
    assert len(opened(tmp_path / "x" / "mine.json", images=str(tmp_path / "pictures"))) == 3


@pytest.mark.parametrize("name", ["mine.json", "t.csv", "nowhere"])
def test_other_paths_are_not_recognised(tmp_path, name):
    (tmp_path / "mine.json").write_text("{}")
    assert not Coco.recognises(str(tmp_path / name))


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        ([-1, -0.5, 9, 7], [0, 0, 8, 6]),
        ([0, 0, 8, 6], [0, 0, 8, 6]),
        ([7.5, 5.5, 8.5, 6.5], [7.5, 5.5, 8, 6]),
    ],
)
def test_a_box_that_reaches_out_by_a_pixel_is_clipped(corners, expected):
    assert clipped(corners, (8, 6), "x") == expected


@given(st.tuples(*[st.floats(-3, 12)] * 4))
def test_a_box_is_clipped_to_its_image_or_refused(corners):
    x0, y0, x1, y1 = corners
    out = max(-x0, -y0, x1 - 8, y1 - 6)
    try:
        found = clipped(corners, (8, 6), "x")
    except DataError:
        assert x0 >= x1 or y0 >= y1 or out > 1 or x1 <= 0 or y1 <= 0 or x0 >= 8 or y0 >= 6
        return
    assert found == [max(x0, 0), max(y0, 0), min(x1, 8), min(y1, 6)]
    assert found[0] < found[2]
    assert found[1] < found[3]
    assert out <= 1


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"bbox": [1, 1, 0, 2]}, "annotation 4 (a.png): the box (1, 1, 1, 3) has no area; remove or mend it"),
        ({"bbox": [4, 4, -2, 2]}, "annotation 4 (a.png): the box (4, 4, 2, 6) has no area; remove or mend it"),
        (
            {"bbox": [1, 1, float("nan"), 2]},
            "annotation 4 (a.png): the box (1, 1, nan, 3) has no area; remove or mend it",
        ),
        (
            {"bbox": [1, 1, 9, 2]},
            "annotation 4 (a.png): the box (1, 1, 10, 3) reaches outside the image of 8x6; remove or mend it",
        ),
        (
            {"bbox": [8.2, 1, 0.5, 2]},
            "annotation 4 (a.png): the box (8.2, 1, 8.7, 3) lies outside the image of 8x6; remove or mend it",
        ),
        ({"bbox": [1, 2, 3]}, "annotation 4 (a.png): bbox must be four numbers (x, y, width, height), not [1, 2, 3]"),
        (
            {"bbox": [10**400, 2, 3, 4]},
            "annotation 4 (a.png): bbox must be four numbers (x, y, width, height), not "
            f"[1{'0' * 37}...{'0' * 39}, 2, 3, 4]",
        ),
        ({"bbox": None}, "annotation 4 (a.png): bbox must be four numbers (x, y, width, height), not None"),
        ({"category_id": 4}, "annotation 4 (a.png): no category has the id 4"),
    ],
)
def test_an_annotation_that_cannot_be_makes_its_sample_a_bad_one(folder, changed, fault):
    file = write(folder, annotations=[*ANNOTATIONS, {**ANNOTATIONS[0], "id": 4, **changed}])
    samples = opened(folder)
    assert samples.labels[samples.ids.index("a.png")] == BadLabel(f"{file}: {fault}")
    assert sum(isinstance(label, BadLabel) for label in samples.labels) == 1


def test_a_sample_with_a_bad_label_is_refused_at_once_or_left_out(folder):
    bad = {**ANNOTATIONS[0], "id": 4, "bbox": [1, 1, 9, 2]}
    write(folder, annotations=[*ANNOTATIONS, bad])

    def prepared(policy):
        data = DataSection(source=Coco(path=str(folder)), on_bad_sample=policy, splits={"gate": "rest"})
        return prepare(Recipe(ovopt=1, family="x", data=data), [Port(name="x", shape=(1, 6, 8, 3), dtype="u8")], 0)

    with pytest.raises(DataError, match=r"\Aa\.png: .*; remove or mend it; --on-bad-sample skip leaves such samples"):
        prepared("refuse")
    assert {name: sample.kind for name, sample in prepared("skip").facts.left_out.items()} == {"a.png": "label"}


def test_an_annotation_of_no_image_is_an_error(folder):
    file = write(folder, annotations=[*ANNOTATIONS, {**ANNOTATIONS[0], "id": 4, "image_id": 8}])
    with pytest.raises(DataError, match=exactly(f"{file}: annotation 4: no image has the id 8")):
        opened(folder)


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ({"images": []}, "holds no images"),
        ({"images": "x"}, "not in COCO's format: 'images' must be a list of objects"),
        ({"annotations": [1]}, "not in COCO's format: 'annotations' must be a list of objects"),
        ({"categories": None}, "not in COCO's format: 'categories' must be a list of objects"),
        ({"images": [{"id": 1}]}, "image 1: must have an id and a file_name"),
        ({"images": [IMAGES[0], IMAGES[0]]}, "image 7: the id occurs twice (a.png, a.png)"),
        ({"categories": [{"id": "x"}]}, "category 'x': must have a whole number as id, and a name"),
        ({"categories": [*CATEGORIES, {"id": 3, "name": "cat"}]}, "category 3 (cat): the id or the name occurs twice"),
    ],
)
def test_a_document_that_is_not_coco_is_an_error(folder, parts, fault):
    file = write(folder, **parts)
    with pytest.raises(DataError, match=exactly(f"{file}: {fault}")):
        opened(folder)


def test_json_that_is_none_is_an_error_with_its_line(folder):
    (folder / "annotations.json").write_text("{\n  'a'")
    message = f"{folder / 'annotations.json'}:2: not valid JSON: Expecting property name enclosed in double quotes"
    with pytest.raises(DataError, match=exactly(message)):
        opened(folder)


def test_missing_images_are_an_error(folder):
    (folder / "c.png").unlink()
    message = f"{folder / 'annotations.json'}: 1 of its images are missing: {folder / 'c.png'}"
    with pytest.raises(DataError, match=exactly(message)):
        opened(folder)


def test_images_that_are_nowhere_are_an_error(tmp_path):
    file = write(tmp_path)
    with pytest.raises(DataError) as told:
        opened(tmp_path)
    assert str(told.value).startswith(f"{file}: image 7: a.png is in none of {tmp_path}, {tmp_path / 'images'}, ")
    assert str(told.value).endswith("; name the folder with --set data.source.images=...")


@pytest.mark.parametrize("name", ["../a.png", "/etc/passwd"])
def test_an_image_outside_the_folder_is_refused(folder, name):
    file = write(folder, images=[*IMAGES, {"id": 1, "file_name": name, "width": 1, "height": 1}])
    message = f"{file}: image 1: {name!r} leads outside {folder}; give paths inside it"
    with pytest.raises(DataError, match=exactly(message)):
        opened(folder)


def test_an_unreadable_image_of_unknown_size_is_a_bad_sample(folder):
    (folder / "c.png").write_bytes(b"junk")
    assert BadLabel(f"{folder / 'c.png'}: not a readable image") in opened(folder).labels


def test_an_image_that_went_away_is_an_error(folder):
    samples = opened(folder)
    (folder / "a.png").unlink()
    with pytest.raises(DataError, match=exactly(f"{folder / 'a.png'}: cannot be read: No such file or directory")):
        samples.load(0)


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({}, "{0}: holds several files of annotations (instances_a.json, instances_b.json); name one with --set "
         "data.source.annotations=..."),
        ({"annotations": "x.json"}, "{0}/x.json: no such file of annotations"),
        ({"annotations": "instances_a.json", "images": "x"}, "{0}/x: no such folder of images"),
        ({"annotations": "../x.json"}, "data.source.annotations: '../x.json' leads outside {0}; give paths inside it"),
    ],
)  # fmt: skip
def test_annotations_that_cannot_be_found_are_an_error(tmp_path, keys, fault):
    write(tmp_path, "instances_b.json")
    write(tmp_path, "instances_a.json")
    with pytest.raises(DataError, match=exactly(fault.format(tmp_path))):
        opened(tmp_path, **keys)


def test_a_folder_without_annotations_or_no_folder_is_an_error(tmp_path):
    message = f"{tmp_path}: holds no file of annotations; name one with --set data.source.annotations=..."
    with pytest.raises(DataError, match=exactly(message)):
        opened(tmp_path)
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'x'}: no such folder or file")):
        opened(tmp_path / "x")


def test_the_fingerprint_follows_annotations_and_images(folder):
    before = opened(folder).fingerprint
    assert opened(folder).fingerprint == before
    write(folder, annotations=ANNOTATIONS[:2])
    after = opened(folder).fingerprint
    assert after != before
    picture(folder / "a.png", 30, 30)
    assert opened(folder).fingerprint not in (before, after)


def test_the_boxes_are_those_that_pycocotools_reads(capsys):
    from pycocotools.coco import COCO

    samples = opened(shipped("calibration_data") / "shapes")
    oracle = COCO(shipped("calibration_data") / "shapes" / "annotations.json")
    for image, boxes in zip(oracle.loadImgs(oracle.getImgIds()), samples.labels, strict=True):
        found = oracle.loadAnns(oracle.getAnnIds(imgIds=image["id"]))
        corners = [[x, y, x + w, y + h] for x, y, w, h in (entry["bbox"] for entry in found)]
        np.testing.assert_array_equal(boxes.corners, corners)
        names = [oracle.cats[entry["category_id"]]["name"] for entry in found]
        assert [samples.classes[index] for index in boxes.classes] == names
    capsys.readouterr()


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("image_id", [7], "annotation 4: no image has the id [7]"),
        ("image_id", {"a": 1}, "annotation 4: no image has the id {'a': 1}"),
        ("image_id", None, "annotation 4: no image has the id None"),
    ],
)
def test_an_id_of_an_image_that_can_be_none_is_an_error(folder, key, value, fault):
    file = write(folder, annotations=[*ANNOTATIONS, {**ANNOTATIONS[0], "id": 4, key: value}])
    with pytest.raises(DataError, match=exactly(f"{file}: {fault}")):
        opened(folder)


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("category_id", [9], "no category has the id [9]"),
        ("category_id", {}, "no category has the id {}"),
        ("bbox", [[1], 2, 3, 4], "bbox must be four numbers (x, y, width, height), not [[1], 2, 3, 4]"),
        ("bbox", [1e308, 0, 1e308, 1], "the box (1e+308, 0, inf, 1) has no area; remove or mend it"),
    ],
)
def test_values_of_an_annotation_that_can_be_none_spoil_its_sample(folder, key, value, fault):
    file = write(folder, annotations=[{**ANNOTATIONS[0], key: value}])
    assert opened(folder).labels[0] == BadLabel(f"{file}: annotation 1 (a.png): {fault}")


def test_an_image_of_absurd_size_is_measured_by_its_file(folder):
    write(folder, images=[{**IMAGES[0], "width": 10**300, "height": 5}], annotations=[])
    assert opened(folder).labels[0].size == (8, 6)


def test_a_file_name_that_no_system_takes_is_an_error(folder):
    for name, why in (("x" * 10_000, "File name too long"), ("a\0b", "embedded null byte")):
        file = write(folder, images=[{**IMAGES[0], "file_name": f"sub/{name}"}], annotations=[])
        with pytest.raises(DataError, match=exactly(f"{file}: image 7: {quoted(f'sub/{name}')} can be no file: {why}")):
            opened(folder)


def test_ids_are_whole_numbers_of_any_sign_and_as_tables_write_them(tmp_path):
    draw(tmp_path)
    images = [{**IMAGES[0], "id": -7.0}, {**IMAGES[1], "id": "b"}]
    kept = [{**ANNOTATIONS[0], "image_id": -7, "category_id": -2.0}, {**ANNOTATIONS[0], "image_id": "b"}]
    categories = [{"id": 9.0, "name": "dog"}, {"id": -2, "name": "cat"}]
    write(tmp_path, images=images, annotations=kept, categories=categories)
    samples = opened(tmp_path)
    assert samples.classes == ("cat", "dog")
    assert [boxes.classes.tolist() for boxes in samples.labels] == [[0], [1]]


BLOCKS = [{"id": 0, "name": "blocks", "supercategory": "none"}] + [
    {"id": place, "name": name, "supercategory": "blocks"} for place, name in ((1, "blue"), (2, "red"))
]


@pytest.mark.parametrize(
    ("categories", "used", "classes"),
    [
        (BLOCKS, (1, 2), ("blue", "red")),
        (BLOCKS, (1,), ("blue", "red")),
        (BLOCKS, (0, 2), ("blocks", "blue", "red")),
        ([BLOCKS[0], {**BLOCKS[1], "supercategory": "x"}], (1,), ("blocks", "blue")),
        ([{"id": 1, "name": "person", "supercategory": "person"}], (), ("person",)),
        ([], (), ()),
    ],
)
def test_a_heading_over_all_categories_is_no_class(tmp_path, categories, used, classes):
    draw(tmp_path)
    write(tmp_path, annotations=[{**ANNOTATIONS[0], "category_id": key} for key in used], categories=categories)
    samples = opened(tmp_path)
    assert samples.classes == classes
    names = {category["id"]: category["name"] for category in categories}
    assert [classes[index] for index in samples.labels[0].classes] == [names[key] for key in used]


def test_an_outline_without_a_box_has_the_box_around_it(folder):
    outlines = [[1, 2, 3.5, 2, 3, 5], [2, 1, 4, 1, 4, 2]]
    write(folder, annotations=[{"id": 1, "image_id": 7, "category_id": 9, "segmentation": outlines}])
    np.testing.assert_array_equal(opened(folder).labels[0].corners, [[1, 1, 4, 5]])


def test_two_images_of_one_name_are_an_error(folder):
    file = write(folder, images=[*IMAGES, {**IMAGES[0], "id": 8}])
    with pytest.raises(
        DataError, match=exactly(f"{file}: image 8: a.png is the file of another image, too; keep one of them")
    ):
        opened(folder)


@pytest.mark.parametrize(
    ("train", "val", "images"),
    [
        ("annotations/instances_train2017.json", "annotations/instances_val2017.json", ("train2017", "val2017")),
        ("annotations/train.json", "annotations/val.json", ("images/train", "images/val")),
        ("train.json", "val.json", ("train", "val")),
        ("my_train_coco.json", "my_val_coco.json", ("images", "images")),
        ("annotations_train.json", "annotations_val.json", (".", ".")),
    ],
)
def test_a_file_of_each_split_makes_them_the_datas_own(tmp_path, train, val, images):
    cats = [{"id": 2, "name": "cat"}]
    write(tmp_path, train, IMAGES[:1], ANNOTATIONS[:1])
    write(tmp_path, val, IMAGES[:1], [{**ANNOTATIONS[1], "image_id": 7}], cats)
    contents = [picture(tmp_path / place / "a.png", value=value) for value, place in enumerate(images)]
    samples = opened(tmp_path)
    assert Coco.recognises(str(tmp_path))
    assert (samples.ids, samples.splits) == (("train/a.png", "val/a.png"), ("train", "val"))
    assert samples.classes == ("cat", "dog")
    assert [boxes.classes.tolist() for boxes in samples.labels] == [[1], [0]]
    assert [samples.load(index) for index in range(2)] == (contents if images[0] != images[1] else contents[1:] * 2)


def test_of_several_files_those_are_taken_whose_images_are_there(tmp_path):
    write(tmp_path, "annotations/instances_train2017.json")
    write(tmp_path, "annotations/instances_val2017.json")
    draw(tmp_path / "val2017")
    samples = opened(tmp_path)
    assert samples.ids == ("a.png", "sub/b.png", "c.png")
    assert samples.source == str(tmp_path / "annotations/instances_val2017.json")


@pytest.mark.parametrize("name", ["mine.json", "annotations/anything.json"])
def test_annotations_of_any_name_are_known_by_what_they_hold(tmp_path, name):
    file = write(tmp_path, name)
    draw(tmp_path)
    assert Coco.recognises(str(tmp_path))
    assert Coco.recognises(str(file))
    assert len(opened(tmp_path)) == 3


@pytest.mark.parametrize(
    "content", ['{"a": 1}', '[{"images": 1, "annotations": 2}]', '{"file_name": "a", "bbox": []}', ""]
)
def test_other_json_is_not_recognised(tmp_path, content):
    (tmp_path / "annotations.json").write_text(content)
    assert not Coco.recognises(str(tmp_path))
    assert not Coco.recognises(str(tmp_path / "annotations.json"))


def test_long_annotations_are_known_by_their_ends(tmp_path):
    text = json.dumps({"info": {}, "images": IMAGES * 9000, "categories": CATEGORIES})
    (tmp_path / "a.json").write_text(text)
    assert Coco.recognises(str(tmp_path / "a.json"))


def labels_of(folder, **facts):
    """Labels of the first image, whose first annotation has these facts, too."""
    write(folder, annotations=[{**ANNOTATIONS[0], **facts}, *ANNOTATIONS[1:]])
    return opened(folder).labels[0]


def test_outlines_are_polygons_or_run_lengths(folder):
    polygons = [[1, 2, 4, 2, 4, 6], [1, 4, 2, 4, 2, 6.5, 1, 5]]
    label = labels_of(folder, segmentation=polygons)
    assert [polygon.ravel().tolist() for polygon in label.outlines[0]] == polygons
    assert label.outlines[1] == ()
    mask = np.zeros((6, 8), int)
    mask[2:6, 1:4] = 1
    region = regions.of_mask(mask)
    assert labels_of(folder, segmentation={"counts": region.counts.decode(), "size": [6, 8]}).outlines == (region, ())
    runs = [8, 4, 2, 4, 2, 4, 24]
    assert labels_of(folder, segmentation={"counts": runs, "size": [6, 8]}).outlines == (region, ())


@pytest.mark.parametrize(
    "segmentation",
    [None, [], {}, "x", [[]], [[1, 2, 3, 4]], [[1, 2, 3, 4, 5, "x"]], [[1, 2, 3, 4, 5, 10**309]],
     [[[1, 2], [3, 4], [5, 6]]], [[1, 2, 3, 4, 5, 10**400]], {"counts": None, "size": [6, 8]},
     {"counts": [1.5], "size": [6, 8]}, 7],
)  # fmt: skip
def test_what_is_no_outline_leaves_the_box(folder, segmentation):
    label = labels_of(folder, segmentation=segmentation)
    assert label.outlines is None
    assert label.corners.tolist() == [[1, 2, 4, 6], [0, 0, 8, 6]]


def test_key_points_come_with_areas_and_are_none_where_an_object_has_none(folder):
    label = labels_of(folder, keypoints=[1, 2, 2, 3, 4, 0], area=7.5)
    assert label.key_points.tolist() == [[[1, 2, 2], [3, 4, 0]], [[0, 0, 0], [0, 0, 0]]]
    np.testing.assert_array_equal(label.areas, [7.5, np.nan])
    for nothing in (None, []):
        assert labels_of(folder, keypoints=nothing).key_points is None


@pytest.mark.parametrize("keypoints", [[1, 2], "abc", [1, 2, "x"], [[1, 2, 3]], {"a": 1}, 7, [1, 2, 1e300]])
def test_key_points_of_another_form_make_their_sample_a_bad_one(folder, keypoints):
    fault = f"keypoints must be x, y and visibility of each point, not {quoted(keypoints)}"
    assert labels_of(folder, keypoints=keypoints) == BadLabel(
        f"{folder / 'annotations.json'}: annotation 1 (a.png): {fault}"
    )


def test_masks_are_those_that_pycocotools_makes(folder, capsys):
    from pycocotools.coco import COCO

    polygons = [[1, 2, 4, 2, 4, 6], [5, 0.5, 7.5, 1, 6, 4]]
    write(folder, annotations=[{**ANNOTATIONS[0], "segmentation": polygons}])
    reference = COCO(str(folder / "annotations.json"))
    (outline,) = moved(opened(folder).labels[0], [], {"outlines"}).outlines
    assert outline.counts == reference.annToRLE(reference.loadAnns(1)[0])["counts"]
