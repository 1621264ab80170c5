"""Images with a LabelMe file of objects each."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from ovopt.arrays.regions import mask_of
from ovopt.contracts import BadLabel
from ovopt.data.labelme import LabelMe
from ovopt.errors import DataError
from tests.data.pictures import picture
from tests.factories import exactly

SHAPES = [
    {"label": "dog", "shape_type": "polygon", "points": [[1, 2], [3, 2.5], [2, 5]], "group_id": None},
    {"label": "cat", "shape_type": "rectangle", "points": [[6, 4], [2, 1]], "difficult": True},
    {"label": "nose", "shape_type": "point", "points": [[2, 2]]},
    {"label": "cat", "shape_type": "circle", "points": [[4, 3], [5, 3]]},
]


def shape(file, shapes=SHAPES, image="a.jpg", size=(8, 6), **more):
    """A file of LabelMe."""
    file.parent.mkdir(parents=True, exist_ok=True)
    sides = {"imageWidth": size[0], "imageHeight": size[1]} if size else {}
    content = {"version": "5.4.1", "flags": {}, "shapes": shapes, "imagePath": image, "imageData": "iVBO", **sides}
    file.write_text(json.dumps({**content, **more}))
    return file


@pytest.fixture
def folder(tmp_path):
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "b.jpg")
    shape(tmp_path / "a.json")
    shape(tmp_path / "b.json", [], image="b.jpg")
    return tmp_path


def opened(folder):
    return LabelMe(path=str(folder)).open((), seed=0)


def test_an_object_has_the_box_around_its_shape(folder):
    (folder / "settings.json").write_text('{"a": 1}')
    samples = opened(folder)
    assert LabelMe.recognises(str(folder))
    assert (samples.ids, samples.splits, samples.classes) == (("a.jpg", "b.jpg"), None, ("cat", "dog"))
    first, second = samples.labels
    np.testing.assert_allclose(first.corners, [[1, 2, 3, 5], [2, 1, 6, 4], [3, 2, 5, 4]])
    assert (first.classes.tolist(), first.difficult.tolist(), first.size) == ([1, 0, 0], [False, True, False], (8, 6))
    assert second.corners.shape == (0, 4)
    assert samples.load(1) == (folder / "b.jpg").read_bytes()


def test_shapes_of_one_class_and_group_are_one_object(folder):
    shapes = [
        {"label": "dog", "points": [[1, 1], [2, 1], [1, 2]], "group_id": 1},
        {"label": "dog", "points": [[4, 1], [5, 1], [4, 5]], "group_id": 1},
        {"label": "cat", "points": [[1, 1], [2, 1], [1, 2]], "group_id": 1},
    ]
    shape(folder / "a.json", shapes)
    np.testing.assert_array_equal(opened(folder).labels[0].corners, [[1, 1, 5, 5], [1, 1, 2, 2]])


def encoded(mask):
    """A mask as LabelMe writes it."""
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_polygons_circles_and_masks_are_outlines(folder):
    mask = np.array([[1, 0, 1], [0, 1, 1]], bool)
    region = {"label": "cat", "shape_type": "mask", "points": [[2, 3], [4, 4]], "mask": encoded(mask)}
    shape(folder / "a.json", [*SHAPES, region])
    polygon, rectangle, circle, last = opened(folder).labels[0].outlines
    np.testing.assert_array_equal(polygon[0], [[1, 2], [3, 2.5], [2, 5]])
    np.testing.assert_array_equal(rectangle[0], [[2, 1], [6, 1], [6, 4], [2, 4]])
    np.testing.assert_allclose(np.hypot(*(circle[0] - [4, 3]).T), 1)
    expected = np.zeros((6, 8), np.uint8)
    expected[3:5, 2:5] = mask
    np.testing.assert_array_equal(mask_of(last), expected)


def test_boxes_alone_have_no_outlines(folder):
    shape(folder / "a.json", SHAPES[1:3])
    assert opened(folder).labels[0].outlines is None


def test_the_outline_of_a_group_is_that_of_all_its_shapes(folder):
    one = {"label": "dog", "points": [[1, 1], [2, 1], [1, 2]], "group_id": 1}
    box = {"label": "dog", "shape_type": "rectangle", "points": [[4, 1], [5, 5]], "group_id": 1}
    shape(folder / "a.json", [one, box])
    ((first, second),) = opened(folder).labels[0].outlines
    np.testing.assert_array_equal(first, one["points"])
    np.testing.assert_array_equal(second, [[4, 1], [5, 1], [5, 5], [4, 5]])


@pytest.mark.parametrize(
    ("mask", "points", "fault"),
    [
        ("x", [[2, 3], [4, 4]], "the mask is no readable image: "),
        (
            encoded(np.ones((7, 8), bool)),
            [[0, 0], [7, 6]],
            "the mask is larger than its image of 8x6; remove or mend it",
        ),
        (
            encoded(np.ones((2, 3), bool)),
            [[6, 3], [8, 4]],
            "the mask (3x2 at 6, 3) reaches outside the image of 8x6; remove or mend it",
        ),
    ],
)
def test_a_mask_that_cannot_be_makes_its_sample_a_bad_one(folder, mask, points, fault):
    file = shape(folder / "a.json", [{"label": "cat", "shape_type": "mask", "points": points, "mask": mask}])
    assert opened(folder).labels[0].why.startswith(f"{file}: shape 1 (cat): {fault}")


def test_a_mask_in_a_group_makes_its_sample_a_bad_one(folder):
    mask = {"shape_type": "mask", "points": [[2, 3], [4, 4]], "mask": encoded(np.ones((2, 3), bool))}
    file = shape(folder / "a.json", [{"label": "cat", "group_id": 1, **mask}] * 2)
    assert opened(folder).labels[0] == BadLabel(
        f"{file}: shape 1 (cat): a mask that is in a group; give each object a group of its own, or none"
    )


def test_a_list_of_classes_gives_their_order(folder):
    (folder / "labels.txt").write_text("__ignore__\n_background_\ndog\nemu\ncat\n")
    samples = opened(folder)
    assert samples.classes == ("dog", "emu", "cat")
    assert samples.labels[0].classes.tolist() == [0, 2, 2]


def test_a_class_that_the_list_lacks_makes_its_sample_a_bad_one(folder):
    (folder / "labels.txt").write_text("cat\n")
    file = folder / "a.json"
    assert opened(folder).labels[0] == BadLabel(
        f"{file}: shape 1 (dog): 'dog' is none of the classes that the data lists"
    )


@pytest.mark.parametrize(
    ("file", "said", "image"),
    [
        ("json/a.json", "..\\images\\a.jpg", "images/a.jpg"),
        ("json/a.json", "C:\\me\\set\\a.jpg", "images/a.jpg"),
        ("set/a.json", "/home/me/x/a.jpg", "set/a.jpg"),
        ("a.json", "", "a.png"),
        ("a.json", "gone.jpg", "a.png"),
        ("a.json", "../../a.jpg", "a.jpg"),
    ],
)
def test_an_image_is_found_where_its_file_says_or_beside_it(tmp_path, file, said, image):
    picture(tmp_path / image)
    shape(tmp_path / file, image=said)
    assert LabelMe.recognises(str(tmp_path))
    assert opened(tmp_path).ids == (image,)


def test_folders_that_are_called_like_splits_are_such(tmp_path):
    for split in ("train", "test"):
        picture(tmp_path / split / "a.jpg")
        shape(tmp_path / split / "a.json")
    samples = opened(tmp_path)
    assert dict(zip(samples.ids, samples.splits, strict=True)) == {"train/a.jpg": "train", "test/a.jpg": "test"}


def test_an_image_of_unknown_size_is_measured(folder):
    shape(folder / "a.json", size=None)
    assert opened(folder).labels[0].size == (8, 6)


def test_an_image_without_a_file_is_a_bad_sample(folder):
    picture(folder / "c.jpg")
    picture(folder / "elsewhere/d.jpg")
    samples = opened(folder)
    assert samples.ids == ("a.jpg", "b.jpg", "c.jpg")
    assert samples.labels[2] == BadLabel(
        f"{folder / 'c.jpg'}: no c.json tells its objects; one that has none has such a file, too"
    )


@pytest.mark.parametrize(
    ("shapes", "fault"),
    [
        ("x", "'shapes' must be a list of objects"),
        ([{"points": [[1, 2], [3, 4]]}], "shape 1: has no label"),
        ([{"label": "a", "points": [[1, 2]]}], "shape 1 (a): points must be a list of x and y, not [[1, 2]]"),
        (
            [{"label": "a", "points": [[1, "x"], [2, 2]]}],
            "shape 1 (a): points must be a list of x and y, not [[1, 'x'], [2, 2]]",
        ),
        (
            [{"label": "a", "points": [[1, 2], [1, 4]]}],
            "shape 1 (a): the box (1, 2, 1, 4) has no area; remove or mend it",
        ),
    ],
)
def test_a_shape_that_cannot_be_makes_its_sample_a_bad_one(folder, shapes, fault):
    file = shape(folder / "a.json", shapes)
    labels = opened(folder).labels
    assert labels[0] == BadLabel(f"{file}: {fault}")
    assert not isinstance(labels[1], BadLabel)


def test_images_that_are_missing_are_an_error(folder):
    (folder / "a.jpg").unlink()
    with pytest.raises(DataError, match=exactly(f"{folder}: 1 images are missing: a.jpg of a.json")):
        opened(folder)


def test_an_image_with_two_files_is_an_error(folder):
    shape(folder / "other.json")
    message = f"{folder / 'a.jpg'}: has two files, a.json and other.json; keep one of them"
    with pytest.raises(DataError, match=exactly(message)):
        opened(folder)


def test_json_that_is_none_is_an_error_with_its_line(folder):
    (folder / "a.json").write_text('{"flags": {}, "shapes": [\n')
    with pytest.raises(DataError, match=exactly(f"{folder / 'a.json'}:2: not valid JSON: Expecting value")):
        opened(folder)


def test_a_link_to_an_image_elsewhere_is_refused(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "x.png"
    picture(elsewhere)
    (folder / "a.jpg").unlink()
    (folder / "a.jpg").symlink_to(elsewhere)
    message = f"{folder / 'a.json'}: imagePath: 'a.jpg' leads outside {folder}; give paths inside it"
    with pytest.raises(DataError, match=exactly(message)):
        opened(folder)


def test_other_folders_are_not_recognised(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    assert not LabelMe.recognises(str(tmp_path))
    assert not LabelMe.recognises(str(tmp_path / "a.json"))
    with pytest.raises(DataError, match=exactly(f"{tmp_path}: holds no files of LabelMe")):
        opened(tmp_path)


def test_the_fingerprint_follows_the_shapes(folder):
    before = opened(folder).fingerprint
    shape(folder / "b.json", SHAPES, image="b.jpg")
    assert opened(folder).fingerprint != before
