"""Resize, crop and pad: against Pillow, torchvision's and Ultralytics' rules, OpenVINO and scikit-image."""

import math

import numpy as np
import openvino as ov
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openvino import opset13
from PIL import Image
from skimage.transform import resize as skimage_resize

from ovopt.errors import DataError
from ovopt.transforms.geometry import CenterCrop, Pad, Resize
from tests.factories import exactly

RANDOM = np.random.default_rng(0)
PILLOW = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "area": Image.Resampling.BOX,
}
sides = st.integers(1, 40)


def _image(height, width, channels=3, dtype=np.uint8):
    values = RANDOM.integers(0, 256, (height, width, channels)).astype(dtype)
    return values[..., 0] if channels == 0 else values


def _plane(height, width):
    return RANDOM.integers(0, 256, (height, width)).astype(np.uint8)


@settings(deadline=None)
@given(sides, sides, sides, sides, st.sampled_from(sorted(PILLOW)))
def test_bytes_resized_equal_pillow_exactly(height, width, new_height, new_width, interpolation):
    image = _image(height, width)
    done = Resize(size=(new_height, new_width), interpolation=interpolation)(image)
    expected = np.asarray(Image.fromarray(image).resize((new_width, new_height), PILLOW[interpolation]))
    assert done.dtype == np.uint8
    np.testing.assert_array_equal(done, expected)


@pytest.mark.parametrize("interpolation", PILLOW)
def test_an_image_of_one_channel_or_none_equals_pillow(interpolation):
    plane = _plane(21, 17)
    expected = np.asarray(Image.fromarray(plane).resize((8, 9), PILLOW[interpolation]))
    transform = Resize(size=(9, 8), interpolation=interpolation)
    np.testing.assert_array_equal(transform(plane), expected)
    np.testing.assert_array_equal(transform(plane[..., np.newaxis])[..., 0], expected)


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_each_channel_is_resized_by_itself(channels):
    image = _image(21, 17, channels)
    done = Resize(size=(9, 8))(image)
    for i in range(channels):
        np.testing.assert_array_equal(done[..., i], np.asarray(Image.fromarray(image[..., i]).resize((8, 9), 2)))


@pytest.mark.parametrize("interpolation", PILLOW)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_equal_pillows_floating_point_mode(interpolation, dtype):
    image = RANDOM.normal(size=(20, 31, 3)).astype(dtype)
    done = Resize(size=(7, 40), interpolation=interpolation)(image)
    assert done.dtype == dtype
    for i in range(3):
        plane = Image.fromarray(image[..., i].astype(np.float32))
        np.testing.assert_array_equal(done[..., i], np.asarray(plane.resize((40, 7), PILLOW[interpolation])))


def test_other_integers_are_rounded_and_kept_within_their_limits():
    image = RANDOM.integers(0, 65536, (16, 16), np.uint16)
    done = Resize(size=(40, 40), interpolation="bicubic")(image)
    exact = np.asarray(Image.fromarray(image.astype(np.float32)).resize((40, 40), Image.Resampling.BICUBIC))
    assert done.dtype == np.uint16
    assert exact.max() > 65535
    np.testing.assert_array_equal(done, np.clip(np.rint(exact), 0, 65535))


def _by_openvino(image, size, mode):
    data = opset13.parameter([1, image.shape[2], *image.shape[:2]], np.float32)
    node = opset13.interpolate(
        data,
        np.array(size, np.int64),
        mode,
        "sizes",
        coordinate_transformation_mode="half_pixel",
        cube_coeff=-0.75,
        axes=np.array([2, 3], np.int64),
    )
    compiled = ov.Core().compile_model(ov.Model([node], [data]), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled(image.transpose(2, 0, 1)[np.newaxis])[0][0].transpose(1, 2, 0)


@pytest.mark.parametrize(("interpolation", "mode"), [("bilinear", "linear_onnx"), ("bicubic", "cubic")])
@pytest.mark.parametrize("size", [(9, 13), (30, 20), (40, 61)])
def test_without_antialias_floats_equal_openvinos_interpolation(interpolation, mode, size):
    image = RANDOM.random((30, 41, 3), np.float32)
    done = Resize(size=size, interpolation=interpolation, antialias=False)(image)
    np.testing.assert_allclose(done, _by_openvino(image, size, mode), atol=1e-5)


def test_without_antialias_bytes_are_rounded():
    image = _image(33, 27)
    done = Resize(size=(10, 12), antialias=False)(image)
    exact = skimage_resize(
        image.astype(float), (10, 12), order=1, anti_aliasing=False, mode="edge", preserve_range=True
    )
    assert done.dtype == np.uint8
    assert np.abs(done - exact).max() <= 0.501


def test_an_image_of_the_right_size_stays_as_it_is():
    image = _image(8, 9)
    assert Resize(size=(8, 9), interpolation="bicubic")(image) is image


def _torchvision_resized(height, width, shorter):
    """Source: torchvision `_compute_resized_output_size`: (long, short) by int(size * long / short)."""
    short, long = (width, height) if width <= height else (height, width)
    new_short, new_long = shorter, int(shorter * long / short)
    return (new_long, new_short) if width <= height else (new_short, new_long)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 64))
def test_the_shorter_side_is_rounded_as_torchvision_does(height, width, shorter):
    size = Resize(shorter_side=shorter).moved(np.zeros((0, 2)), (width, height))[1]
    assert size[::-1] == _torchvision_resized(height, width, shorter)


def _detr_resized(height, width, size, longest, step):
    """Source: transformers `get_size_with_aspect_ratio` of DETR; YOLOS cuts both sides down to a multiple of 16."""
    raw = None
    if max(height, width) / min(height, width) * size > longest:
        raw = longest * min(height, width) / max(height, width)
        size = round(raw)
    long = int((raw or size) * max(height, width) / min(height, width))
    new = (size, size) if height == width else (long, size) if width < height else (size, long)
    return tuple(max(step, side // step * step) for side in new)


@given(st.integers(20, 300), st.integers(20, 300), st.integers(30, 64), st.integers(64, 100), st.sampled_from([1, 16]))
def test_the_longer_side_may_be_limited_as_in_detr(height, width, shorter, longest, step):
    transform = Resize(shorter_side=shorter, longest=longest, multiple_of=step)
    assert transform.plan(height, width).outer == _detr_resized(height, width, shorter, longest, step)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"size": 3, "longest": 4}, "`longest` and `rounding` go with `shorter_side`"),
        ({"longer_side": 3, "rounding": "nearest"}, "`longest` and `rounding` go with `shorter_side`"),
        ({"size": 3, "multiple_of": 2}, "`multiple_of` goes with `shorter_side` and `closest`"),
        ({"size": 3, "align": "start"}, "`align` goes with `letterbox`"),
    ],
)
def test_a_key_of_another_way_to_resize_is_refused(fields, why):
    with pytest.raises(ValueError, match=why):
        Resize(**fields)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 64))
def test_to_a_shorter_side_the_other_may_be_rounded_as_paddlepaddle_does(height, width, shorter):
    """Source: PaddleClas `ResizeImage`: percent = resize_short / min(h, w), w = int(round(w * percent))."""
    percent = float(shorter) / min(width, height)
    plan = Resize(shorter_side=shorter, rounding="nearest").plan(height, width)
    assert plan.outer == tuple(max(1, round(side * percent)) for side in (height, width))


def _dpt_resized(height, width, wanted, multiple):
    """Source: transformers `get_resize_output_image_size` of DPT."""
    by_height, by_width = wanted[0] / height, wanted[1] / width
    if abs(1 - by_width) < abs(1 - by_height):
        by_height = by_width
    else:
        by_width = by_height
    return tuple(max(multiple, round(side / multiple) * multiple) for side in (by_height * height, by_width * width))


@given(st.integers(8, 300), st.integers(8, 300), st.integers(28, 64), st.integers(28, 64), st.sampled_from([1, 14]))
def test_the_side_that_changes_less_is_met_as_in_dpt(height, width, new_height, new_width, multiple):
    plan = Resize(closest=(new_height, new_width), multiple_of=multiple).plan(height, width)
    assert plan.outer == _dpt_resized(height, width, (new_height, new_width), multiple)


def test_a_letterboxed_image_may_stand_at_the_top_left():
    image = _image(20, 10)
    done = Resize(letterbox=(20, 30), align="start", fill=7)(image)
    np.testing.assert_array_equal(done[:, :10], image)
    assert (done[:, 10:] == 7).all()


@pytest.mark.parametrize(
    ("size", "aspect", "inner"),
    [
        ((20, 11), (1, 1), (11, 11)),
        ((11, 20), (1, 1), (11, 11)),
        ((30, 20), (3, 4), (15, 20)),
        ((9, 40), (3, 4), (9, 12)),
    ],
)
def test_the_largest_part_of_an_aspect_is_cut_from_the_middle(size, aspect, inner):
    image = _image(*size)
    top, left = ((old - new) // 2 for old, new in zip(size, inner, strict=True))
    done = CenterCrop(aspect=aspect, rounding="down")(image)
    np.testing.assert_array_equal(done, image[top : top + inner[0], left : left + inner[1]])


@pytest.mark.parametrize("fields", [{}, {"size": 3, "aspect": (1, 1)}])
def test_a_crop_has_a_size_or_an_aspect(fields):
    with pytest.raises(ValueError, match="give either size or aspect"):
        CenterCrop(**fields)


@pytest.mark.parametrize(("old", "new", "first"), [(35, 24, 5), (33, 24, 4), (24, 24, 0), (7, 10, 2), (8, 10, 1)])
def test_half_a_pixel_of_a_crop_may_be_rounded_down(old, new, first):
    """Source: transformers `center_crop`: (old - new) // 2, and ceil((new - old) / 2) in front of a smaller image."""
    plan = CenterCrop(size=new, rounding="down").plan(old, old)
    assert (plan.top, plan.left) == ((-first, -first) if old > new else (first, first))


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 64))
def test_to_a_height_the_width_is_rounded_as_paddleocr_does(height, width, new):
    """Source: PaddleOCR `resize_norm_img`: ratio = w / float(h), resized_w = int(math.ceil(imgH * ratio))."""
    size = Resize(height=new).moved(np.zeros((0, 2)), (width, height))[1]
    assert size == (math.ceil(new * (width / float(height))), new)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 64))
def test_the_longer_side_is_met_and_the_aspect_ratio_kept(height, width, longer):
    new_width, new_height = Resize(longer_side=longer).moved(np.zeros((0, 2)), (width, height))[1]
    assert max(new_height, new_width) == longer
    ratio = longer / max(height, width)
    for new, old in ((new_height, height), (new_width, width)):
        assert new == 1 or abs(new - old * ratio) <= 0.5 + 1e-9


def _torchvision_center_crop(image, size):
    """Source: torchvision `center_crop`, in numpy."""
    height, width = image.shape[:2]
    rows, columns = size
    if rows > height or columns > width:
        left = (columns - width) // 2 if columns > width else 0
        top = (rows - height) // 2 if rows > height else 0
        right = (columns - width + 1) // 2 if columns > width else 0
        bottom = (rows - height + 1) // 2 if rows > height else 0
        image = np.pad(image, [(top, bottom), (left, right), *[(0, 0)] * (image.ndim - 2)])
        height, width = image.shape[:2]
    top = round((height - rows) / 2.0)
    left = round((width - columns) / 2.0)
    return image[top : top + rows, left : left + columns]


@given(sides, sides, sides, sides)
def test_a_centre_crop_is_torchvisions(height, width, rows, columns):
    image = _image(height, width) | 1
    done = CenterCrop(size=(rows, columns))(image)
    np.testing.assert_array_equal(done, _torchvision_center_crop(image, (rows, columns)))


@pytest.mark.parametrize(("height", "width"), [(427, 640), (640, 427), (300, 300), (233, 501)])
def test_the_classic_evaluation_of_imagenet_is_torchvisions(height, width):
    image = _image(height, width)
    done = CenterCrop(size=224)(Resize(shorter_side=256)(image))
    rows, columns = _torchvision_resized(height, width, 256)
    resized = np.asarray(Image.fromarray(image).resize((columns, rows), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(done, _torchvision_center_crop(resized, (224, 224)))


def _ultralytics_letterbox(height, width, new_shape):
    """Size of the image, and margins (top, bottom, left, right). Source: Ultralytics `LetterBox`, centred, with
    `auto=False`."""
    r = min(new_shape[0] / height, new_shape[1] / width)
    new_unpad = round(width * r), round(height * r)
    dw, dh = new_shape[1] - new_unpad[0], new_shape[0] - new_unpad[1]
    dw /= 2
    dh /= 2
    margins = round(dh - 0.1), round(dh + 0.1), round(dw - 0.1), round(dw + 0.1)
    return new_unpad, margins


@settings(deadline=None, max_examples=60)
@given(st.integers(8, 90), st.integers(8, 90), st.integers(16, 64), st.integers(16, 64))
def test_a_letterbox_is_ultralytics_geometry(height, width, rows, columns):
    image = _image(height, width)
    done = Resize(letterbox=(rows, columns), fill=(1, 2, 3))(image)
    new_unpad, (top, bottom, left, right) = _ultralytics_letterbox(height, width, (rows, columns))
    assert done.shape == (rows, columns, 3)
    inner = np.asarray(Image.fromarray(image).resize(new_unpad, Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(done[top : rows - bottom, left : columns - right], inner)
    canvas = done.copy()
    canvas[top : rows - bottom, left : columns - right] = (1, 2, 3)
    assert (canvas == (1, 2, 3)).all()


def test_a_letterbox_is_filled_with_114():
    assert Resize(letterbox=8)(np.zeros((4, 8, 3), np.uint8))[0, 0].tolist() == [114] * 3


@given(sides, sides, st.integers(1, 20))
def test_padding_to_multiples_adds_as_little_as_possible(height, width, step):
    image = _image(height, width)
    done = Pad(multiple_of=step, fill=7)(image)
    assert [side % step for side in done.shape[:2]] == [0, 0]
    assert done.shape[0] - height < step
    assert done.shape[1] - width < step
    np.testing.assert_array_equal(done[:height, :width], image)
    assert (done[height:] == 7).all()
    assert (done[:, width:] == 7).all()


def test_margins_are_where_they_are_said_to_be():
    image = _image(3, 4)
    done = Pad(left=1, top=2, right=3, bottom=4, fill=(9, 8, 7))(image)
    assert done.shape == (9, 8, 3)
    np.testing.assert_array_equal(done[2:5, 1:5], image)
    assert done[0, 0].tolist() == done[-1, -1].tolist() == [9, 8, 7]


def test_padding_to_a_size_can_centre():
    done = Pad(size=(6, 9), align="center")(np.ones((3, 4), np.float32))
    expected = np.zeros((6, 9))
    expected[1:4, 2:6] = 1
    np.testing.assert_array_equal(done, expected)


def test_an_image_that_needs_no_margin_stays_as_it_is():
    image = _image(8, 16)
    assert Pad(multiple_of=8)(image) is image


GEOMETRIES = [
    Resize(size=(48, 64)),
    Resize(size=(128, 96), interpolation="nearest"),
    Resize(shorter_side=50),
    Resize(longer_side=64),
    Resize(letterbox=(64, 96)),
    Resize(letterbox=(96, 64), antialias=False),
    CenterCrop(size=(40, 60)),
    CenterCrop(size=(120, 50)),
    Pad(multiple_of=32),
    Pad(size=(130, 140), align="center"),
    Pad(left=3, top=5),
]
RECTANGLES = [(10, 20, 60, 55), (0, 0, 80, 70), (33, 31, 47, 45)]


def _box_of(shape):
    """x0, y0, x1, y1 of what is set in a plane."""
    rows, columns = (np.flatnonzero(shape.any(axis)) for axis in (1, 0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


@pytest.mark.parametrize("transform", GEOMETRIES, ids=repr)
@pytest.mark.parametrize("box", RECTANGLES)
def test_a_moved_box_is_the_box_of_the_moved_rectangle(transform, box):
    x0, y0, x1, y1 = box
    image = np.zeros((70, 80), np.float32)
    image[y0:y1, x0:x1] = 1
    done = transform.model_copy(update={"fill": 0.0})(image)
    corners, size = transform.moved(np.array([box], np.float64).reshape(2, 2), (80, 70))
    assert size == done.shape[::-1]
    assert np.abs(corners.clip(0, size).ravel() - _box_of(done > 0.5)).max() <= 1


@pytest.mark.parametrize("transform", GEOMETRIES, ids=repr)
def test_a_mask_moves_as_its_image_does(transform):
    mask = np.zeros((70, 80), np.uint8)
    mask[20:55, 10:60] = 3
    mask[30:40, 30:50] = 7
    done = transform.masked(mask)
    image = transform.model_copy(update={"fill": -1.0})((mask == 3).astype(np.float32))
    assert done.shape == image.shape
    assert set(np.unique(done)) <= {0, 3, 7, 255}
    np.testing.assert_array_equal(done == 255, image == -1)
    agreement = (done == 3) == (image > 0.5)
    assert agreement.mean() > 0.97


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "int64", "bool"])
def test_a_mask_keeps_its_ids_in_any_type(dtype):
    mask = RANDOM.integers(0, 2, (6, 8)).astype(dtype)
    done = Resize(size=(12, 16)).masked(mask)
    assert done.dtype == dtype
    np.testing.assert_array_equal(done, mask.repeat(2, 0).repeat(2, 1))


@pytest.mark.parametrize("dtype", ["bool", "int8"])
def test_a_mask_whose_type_cannot_hold_the_fill_gets_a_wider_one(dtype):
    done = Pad(left=1).masked(np.ones((2, 2), dtype))
    assert done.tolist() == [[255, 1, 1]] * 2


def test_the_fill_of_masks_can_be_chosen():
    assert Pad(left=1, mask_fill=-1).masked(np.ones((1, 1), np.uint8)).tolist() == [[-1, 1]]


def test_a_target_image_moves_like_a_mask():
    assert CenterCrop(size=4).masked(_image(8, 8)).shape == (4, 4, 3)


def test_points_outside_the_crop_lie_outside_of_the_canvas():
    points, size = CenterCrop(size=10).moved(np.array([[0, 0], [20, 90], [50, 50]]), (100, 100))
    assert size == (10, 10)
    assert points.tolist() == [[-45, -45], [-25, 45], [5, 5]]


def test_no_points_stay_no_points():
    assert Resize(size=8).moved(np.zeros((0, 2)), (4, 4))[0].shape == (0, 2)


@pytest.mark.parametrize("transform", [Resize(size=4), CenterCrop(size=4), Pad(size=16)])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"bytes", "wants an array, not bytes; decode the file first"),
        (None, "wants an array of numbers, not NoneType"),
        (np.zeros(5), "wants an image of height, width, channels, not shape [5]"),
        (np.zeros((0, 5, 3)), "wants an image of height, width, channels, not shape [0, 5, 3]"),
        (np.zeros((1, 5, 5, 3)), "wants an image of height, width, channels, not shape [1, 5, 5, 3]"),
        (
            np.zeros((3, 9, 9)),
            "shape [3, 9, 9] seems to have its channels first; put `layout` behind, or `layout: hwc` before",
        ),
    ],
)
def test_content_that_is_no_image_is_an_error(transform, content, message):
    with pytest.raises(DataError, match=exactly(f"{transform.name}: {message}")):
        transform(content)


@pytest.mark.parametrize(
    ("transform", "content", "message"),
    [
        (Pad(size=4), np.zeros((5, 3)), "pad: an image of 5 x 3 is larger than 4 x 4; resize it"),
        (
            Pad(left=1, fill=(1, 2)),
            np.zeros((5, 5, 3)),
            "pad: `fill` has 2 values for an image of 3 channels",
        ),
        (
            Resize(letterbox=8, fill=0.5),
            np.zeros((4, 8, 3), np.uint8),
            "resize: `fill` 0.5 is no value of an image of uint8",
        ),
        (
            Resize(shorter_side=2048),
            np.zeros((1, 4096), np.uint8),
            "resize: 1 x 4096 would become 2048 x 8388608, which is too large; leave the sample out",
        ),
    ],
)
def test_an_image_that_does_not_fit_is_an_error(transform, content, message):
    with pytest.raises(DataError, match=exactly(message)):
        transform(content)
