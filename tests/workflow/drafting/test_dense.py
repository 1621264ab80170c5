"""Drafts for maps, regions of what is wrong, luma, 16 bits and series."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import openvino as ov
import pandas as pd
import pytest
from openvino import opset13 as ops
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from ovopt.errors import UsageError
from ovopt.workflow.drafting.figure import NO_DEPTH_RIGHT
from tests.factories import exactly
from tests.workflow.drafting.test_layouts import drafted, given, model_of, steps, value

RNG = np.random.default_rng(0)


def written(pixels: np.ndarray, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)


def twice(channels: int) -> ov.Model:
    """Each pixel as four."""
    low = given("low", 1, channels, 12, 16)
    return model_of([low], high=ops.interpolate(low, np.array([24, 32]), "nearest", "sizes", axes=np.array([2, 3])))


def test_folders_of_normal_images_and_others_are_judged_by_score_and_map(tmp_path: Path) -> None:
    for split, kind, count in (("train", "good", 4), ("test", "good", 4), ("test", "cut", 4)):
        for place in range(count):
            pixels, region = RNG.integers(0, 90, (12, 16, 3), np.uint8), np.zeros((12, 16), np.uint8)
            if kind == "cut":
                region[3:7, 4:9], pixels[3:7, 4:9] = 255, 200
                written(region, tmp_path / f"set/ground_truth/cut/{place}_mask.png")
            written(pixels, tmp_path / f"set/{split}/{kind}/{place}.png")
    image = given("image", 1, 3, 12, 16)
    found = ops.reduce_mean(image, np.array([1]), keep_dims=True)
    made = drafted(
        tmp_path, model_of([image], map=found, score=ops.reduce_max(found, np.array([1, 2, 3]))), tmp_path / "set"
    )
    assert made.sections["task"] == "anomaly-detection"
    assert made.sections["model"] == {"output": [1, 0]}
    assert [value(made, metric) for metric in ("image_auroc", "pixel_auroc", "pro")] == [1, 1, 1]
    assert made.figure is not None
    assert made.figure.n == 8
    shutil.rmtree(tmp_path / "set/ground_truth")
    made = drafted(tmp_path, model_of([image], map=found), tmp_path / "set")
    assert made.sections["task"] == "anomaly-detection"
    assert value(made, "image_auroc") == 1


def test_a_network_of_luma_is_compared_with_the_luma_of_targets_in_colours(tmp_path: Path) -> None:
    for place in range(6):
        low = RNG.integers(0, 256, (12, 16, 3), np.uint8)
        written(low, tmp_path / f"set/low/{place}.png")
        written(np.kron(low, np.ones((2, 2, 1), np.uint8)), tmp_path / f"set/high/{place}.png")
    made = drafted(tmp_path, twice(1), tmp_path / "set")
    assert steps(made)[0] == {"decode_image": {"mode": "Y"}}
    assert made.sections["metrics"][0] == {"psnr": {"y_only": True, "luma": "full"}}
    assert value(made, "psnr") > 50  # Pillow rounds luma to bytes


def test_images_of_16_bits_keep_them(tmp_path: Path) -> None:
    expected = []
    for place in range(6):
        low = RNG.integers(0, 65536, (12, 16), np.uint16)
        high = np.clip(np.kron(low, np.ones((2, 2))) + RNG.normal(0, 20, (24, 32)), 0, 65535).astype(np.uint16)
        written(low, tmp_path / f"set/low/{place}.png")
        written(high, tmp_path / f"set/high/{place}.png")
        expected.append(peak_signal_noise_ratio(high, np.kron(low, np.ones((2, 2), np.uint16)), data_range=65535))
    made = drafted(tmp_path, twice(1), tmp_path / "set")
    assert steps(made)[:2] == [{"decode_image": {"mode": "own"}}, {"scale": 65535}]
    assert value(made, "psnr") == pytest.approx(np.mean(expected), abs=1e-3)


def test_arrays_of_16_bits_keep_them(tmp_path: Path) -> None:
    low = RNG.integers(0, 65536, (8, 1, 12, 16), np.uint16)
    high = np.clip(np.kron(low, np.ones((2, 2))) + RNG.normal(0, 200, (8, 1, 24, 32)), 0, 65535).astype(np.uint16)
    np.savez(tmp_path / "set.npz", x=low, y=high)
    expected = [
        peak_signal_noise_ratio(one, np.kron(two, np.ones((1, 2, 2))).astype(np.uint16), data_range=65535)
        for one, two in zip(high, low, strict=True)
    ]
    made = drafted(tmp_path, twice(1), tmp_path / "set.npz")
    assert steps(made) == [{"scale": 65535}]
    assert value(made, "psnr") == pytest.approx(np.mean(expected), abs=1e-3)


def test_rows_of_times_are_asked_about_and_make_a_series(tmp_path: Path) -> None:
    hours = pd.date_range("2024-01-01", periods=120, freq="h")
    file = tmp_path / "load.csv"
    pd.DataFrame({"date": hours, "load": np.tile(np.arange(1.0, 7), 20)}).to_csv(file, index=False)
    seen = given("seen", 1, 12, 1)
    model = model_of([seen], next=ops.strided_slice(seen, [0, 0, 0], [1, 6, 1], [1, 1, 1], [0] * 3, [0] * 3))
    fault = (
        f"{file}: a row is of one time (date), and the model takes 'seen' f32[1,12,1]: are the rows a series that goes "
        "on; add --task forecasting"
    )
    with pytest.raises(UsageError, match=exactly(fault)):
        drafted(tmp_path, model, file)
    made = drafted(tmp_path, model, file, task="forecasting")
    assert made.sections["data"]["source"] == {"kind": "series", "path": str(file), "horizon": 6}
    assert value(made, "smape") == 0
    assert value(made, "mae") == 0


def test_depths_are_read_as_the_settings_say(tmp_path: Path) -> None:
    for place in range(6):
        depth = RNG.integers(500, 9000, (12, 16), np.uint16)
        written(depth, tmp_path / f"set/depth/{place}.png")
        nearness = np.uint8(np.rint(depth / 10000 * 255))
        written(np.stack([nearness] * 3, axis=-1), tmp_path / f"set/rgb/{place}.png")
    image = given("image", 1, 3, 12, 16)
    far = ops.multiply(ops.reduce_mean(image, np.array([1]), keep_dims=False), np.float32(10))
    for scale in ("scale: 0.001", "scale: 1"):
        source = f"data.source={{kind: masks, images: rgb, masks: depth, target: values, {scale}}}"
        made = drafted(tmp_path, model_of([image], depth=far), tmp_path / "set", settings=[source])
        assert made.sections["task"] == "depth"
        assert made.figure is not None
        if scale == "scale: 1":
            assert made.figure.doubts == (NO_DEPTH_RIGHT,)
        else:
            assert {"scale": 255} in steps(made)
            assert value(made, "abs_rel") < 0.01
            assert value(made, "delta1") == 1
            assert not made.figure.doubts


@pytest.mark.parametrize("scale", [0.001, 1 / 256, 1 / 5000, 1])
def test_the_unit_of_depths_is_tried(tmp_path: Path, scale: float) -> None:
    for place in range(6):
        nearness = RNG.integers(20, 256, (12, 16), np.uint8)
        metres = nearness / 255 * (10 if scale < 1 else 100)
        written(np.uint16(np.rint(metres / scale)), tmp_path / f"set/depth/{place}.png")
        written(np.stack([nearness] * 3, axis=-1), tmp_path / f"set/rgb/{place}.png")
    image = given("image", 1, 3, 12, 16)
    far = ops.multiply(ops.reduce_mean(image, np.array([1]), keep_dims=False), np.float32(10 if scale < 1 else 100))
    made = drafted(tmp_path, model_of([image], depth=far), tmp_path / "set")
    assert made.sections["task"] == "depth"
    assert made.sections["data"]["source"].get("scale", 1) == scale
    assert value(made, "abs_rel") < 0.01
    assert made.recipe().data.source is not None
