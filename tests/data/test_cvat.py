"""Images with objects in CVAT's own format."""

import numpy as np
import pytest

from ovopt.arrays.regions import mask_of
from ovopt.contracts import BadLabel
from ovopt.data.cvat import Cvat
from ovopt.errors import DataError
from tests.data.pictures import picture
from tests.factories import exactly

META = "<version>1.1</version><meta><task><labels>{}</labels></task></meta>"
BOX = '<box label="dog" occluded="0" xtl="1" ytl="2.5" xbr="3" ybr="5" z_order="0"/>'
IMAGES = (
    f'<image id="0" name="a.png" width="8" height="6">{BOX}<points label="nose" points="1,2"/></image>'
    '<image id="1" name="sub/b.png" width="8" height="6"/>'
)


def write(folder, images=IMAGES, labels=("cat", "dog"), names=("a.png", "sub/b.png"), place="images"):
    names_said = "".join(f"<label><name>{name}</name></label>" for name in labels)
    file = folder / "annotations.xml"
    file.write_text(f"<?xml version='1.0'?><annotations>{META.format(names_said)}{images}</annotations>")
    for name in names:
        picture(folder / place / name)
    return file


def opened(folder):
    return Cvat(path=str(folder)).open((), seed=0)


@pytest.mark.parametrize("place", ["images", "."])
def test_samples_are_the_images_and_labels_their_boxes(tmp_path, place):
    file = write(tmp_path, place=place)
    for path in (tmp_path, file):
        samples = opened(path)
        assert Cvat.recognises(str(path))
        assert (samples.ids, samples.splits) == (("a.png", "sub/b.png"), None)
        assert samples.classes == ("cat", "dog")
        first, second = samples.labels
        np.testing.assert_array_equal(first.corners, [[1, 2.5, 3, 5]])
        assert (first.classes.tolist(), first.crowd.tolist(), first.size) == ([1], [False], (8, 6))
        assert second.corners.shape == (0, 4)
        assert samples.load(1) == (tmp_path / place / "sub/b.png").read_bytes()


@pytest.mark.parametrize(
    ("shape", "corners"),
    [
        ('<polygon label="cat" points="1.00,2.00;3.00,2.50;2.00,5.00"/>', [1, 2, 3, 5]),
        ('<mask label="cat" rle="0, 12" left="2" top="1" width="3" height="4"/>', [2, 1, 5, 5]),
        ('<ellipse label="cat" cx="4" cy="3" rx="2" ry="1"/>', [2, 2, 6, 4]),
        ('<ellipse label="cat" cx="4" cy="3" rx="2" ry="1" rotation="90"/>', [3, 1, 5, 5]),
        ('<box label="cat" xtl="3" ytl="1" xbr="5" ybr="5" rotation="90"/>', [2, 2, 6, 4]),
        (
            '<box label="cat" xtl="3" ytl="2" xbr="5" ybr="4" rotation="45"/>',
            [4 - 2**0.5, 3 - 2**0.5, 4 + 2**0.5, 3 + 2**0.5],
        ),
    ],
)
def test_an_object_has_the_box_around_its_shape(tmp_path, shape, corners):
    write(tmp_path, f'<image id="0" name="a.png" width="8" height="6">{shape}</image>')
    np.testing.assert_allclose(opened(tmp_path).labels[0].corners, [corners], atol=1e-12)


def outlines(tmp_path, *shapes):
    write(tmp_path, f'<image id="0" name="a.png" width="8" height="6">{"".join(shapes)}</image>')
    return opened(tmp_path).labels[0].outlines


def test_polygons_masks_and_boxes_are_outlines_unless_all_are_boxes(tmp_path):
    mask = '<mask label="cat" rle="1, 3, 2, 6" left="2" top="1" width="3" height="4"/>'
    polygon = '<polygon label="cat" points="1,2;3,2.5;2,5"/>'
    assert outlines(tmp_path, BOX) is None
    first, second, third = outlines(tmp_path, polygon, BOX, mask)
    np.testing.assert_array_equal(first[0], [[1, 2], [3, 2.5], [2, 5]])
    np.testing.assert_array_equal(second[0], [[1, 2.5], [3, 2.5], [3, 5], [1, 5]])
    expected = np.zeros((6, 8), np.uint8)
    expected[1:5, 2:5] = [[0, 1, 1], [1, 0, 0], [1, 1, 1], [1, 1, 1]]
    np.testing.assert_array_equal(mask_of(third), expected)


def test_a_mask_at_the_corner_is_an_outline(tmp_path):
    (outline,) = outlines(tmp_path, '<mask label="cat" rle="0, 48" left="0" top="0" width="8" height="6"/>')
    assert mask_of(outline).all()


def test_a_turned_box_is_an_oriented_one(tmp_path):
    ((corners,),) = outlines(tmp_path, '<box label="cat" xtl="3" ytl="1" xbr="5" ybr="5" rotation="90"/>')
    np.testing.assert_allclose(corners, [[6, 2], [6, 4], [2, 4], [2, 2]])


def test_a_turned_ellipse_has_the_box_around_its_points(tmp_path):
    write(
        tmp_path, '<image id="0" name="a.png"><ellipse label="cat" cx="4" cy="3" rx="2" ry="1" rotation="30"/></image>'
    )
    around, turned = np.linspace(0, 2 * np.pi, 100_001), np.radians(30)
    x, y = 2 * np.cos(around), np.sin(around)
    x, y = 4 + x * np.cos(turned) - y * np.sin(turned), 3 + x * np.sin(turned) + y * np.cos(turned)
    np.testing.assert_allclose(opened(tmp_path).labels[0].corners, [[x.min(), y.min(), x.max(), y.max()]], atol=1e-6)


def test_tags_are_classes_where_there_are_no_objects(tmp_path):
    tagged = '<image id="{0}" name="{1}"><tag label="{2}"/></image>'
    write(tmp_path, tagged.format(0, "a.png", "dog") + tagged.format(1, "sub/b.png", "cat"))
    assert opened(tmp_path).labels == ("dog", "cat")
    write(tmp_path, tagged.format(0, "a.png", "dog") + '<image id="1" name="sub/b.png"/>')
    assert all(len(label.classes) == 0 for label in opened(tmp_path).labels)


def test_subsets_that_are_called_like_splits_are_such(tmp_path):
    image = '<image id="{0}" name="{1}.png" subset="{2}"/>'
    write(tmp_path, image.format(0, "a", "Train") + image.format(1, "b", "Validation"), names=())
    picture(tmp_path / "images/Train/a.png")
    picture(tmp_path / "images/b.png")
    assert opened(tmp_path).splits == ("Train", "Validation")
    write(tmp_path, image.format(0, "a", "default") + image.format(1, "b", "Train"), names=("a.png",))
    assert opened(tmp_path).splits is None


@pytest.mark.parametrize(
    ("shape", "fault"),
    [
        (
            '<box label="emu" xtl="1" ytl="1" xbr="3" ybr="5"/>',
            "(emu): 'emu' is none of the classes that the data lists",
        ),
        ('<box label="cat" xtl="3" ytl="1" xbr="1" ybr="5"/>', None),
        (
            '<box label="cat" xtl="x" ytl="1" xbr="1" ybr="5"/>',
            "(cat): a box needs its coordinates as numbers, not label='cat', xtl='x', ytl='1', xbr='1', ybr='5'",
        ),
        (
            '<mask label="cat" rle="1, 2" left="2" top="1" width="3" height="4"/>',
            "(cat): rle must hold the runs of 3x4 pixels; remove or mend it",
        ),
        (
            '<mask label="cat" rle="0, 12" left="6" top="1" width="3" height="4"/>',
            "(cat): the mask (3x4 at 6, 1) reaches outside the image of 8x6; remove or mend it",
        ),
        (
            '<mask label="cat" rle="0" left="0" top="0" width="1e9" height="1e9"/>',
            "(cat): rle must hold the runs of 1000000000x1000000000 pixels; remove or mend it",
        ),
        ('<mask label="cat"/>', "(cat): a mask needs its coordinates as numbers, not label='cat'"),
        (
            '<polygon label="cat" points="1;2"/>',
            "(cat): a polygon needs its coordinates as numbers, not label='cat', points='1;2'",
        ),
        (
            '<box label="cat" xtl="1" ytl="1" xbr="30" ybr="5"/>',
            "(cat): the box (1, 1, 30, 5) reaches outside the image of 8x6; remove or mend it",
        ),
    ],
)
def test_an_object_that_cannot_be_makes_its_sample_a_bad_one(tmp_path, shape, fault):
    file = write(tmp_path, f'<image id="0" name="a.png" width="8" height="6">{BOX}{shape}</image>')
    (label,) = opened(tmp_path).labels
    if fault is None:
        np.testing.assert_array_equal(label.corners[1], [1, 1, 3, 5])
    else:
        assert label == BadLabel(f"{file}: image a.png: object 2 {fault}")


@pytest.mark.parametrize(
    ("images", "fault"),
    [
        ('<image id="0" name="x.png"/><image id="1" name="y.png"/>', ": 2 of its images are missing: x.png, y.png"),
        (
            '<image id="0" name="a.png"/><image id="1" name="a.png"/>',
            ": the image a.png occurs twice; keep one of them",
        ),
        ('<track id="0"/>', ": holds tracks of a video; export it as 'CVAT for images 1.1'"),
        ("", ": holds no images"),
        ("<image", ":1: not valid XML: not well-formed (invalid token)"),
    ],
)
def test_a_file_that_does_not_fit_is_an_error(tmp_path, images, fault):
    file = write(tmp_path, images)
    with pytest.raises(DataError, match=exactly(f"{file}{fault}")):
        opened(tmp_path)


def test_an_image_or_subset_outside_the_folder_is_refused(tmp_path):
    file = write(tmp_path, '<image id="7" name="../a.png"/>')
    message = f"{file}: image 7: 'images/../a.png' leads outside {tmp_path}; give paths inside it"
    with pytest.raises(DataError, match=exactly(message)):
        opened(tmp_path)

    file = write(tmp_path, '<image id="7" name="passwd" subset="../../etc"/>')
    message = f"{file}: image 7: 'images/../../etc/passwd' leads outside {tmp_path}; give paths inside it"
    with pytest.raises(DataError, match=exactly(message)):
        opened(tmp_path)


def test_files_of_other_tools_are_not_recognised(tmp_path):
    file = tmp_path / "annotations.xml"
    file.write_text("<annotation/>")
    assert not Cvat.recognises(str(tmp_path))
    assert not Cvat.recognises(str(tmp_path / "none"))
    with pytest.raises(DataError, match=exactly(f"{file}: not CVAT's format, but 'annotation'")):
        opened(tmp_path)


def test_the_fingerprint_follows_the_annotations(tmp_path):
    write(tmp_path)
    before = opened(tmp_path).fingerprint
    write(tmp_path, IMAGES.replace("2.5", "2.6"))
    assert opened(tmp_path).fingerprint != before
