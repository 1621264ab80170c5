"""Tasks with a value for each pixel, from folders as data sets leave them to figures."""

import json

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio
from sklearn.metrics import roc_auc_score

from tests.cli.run import ovopt

F32 = ("--property", "INFERENCE_PRECISION_HINT=f32")


def model(file, shape, build):
    given = ops.parameter(shape, np.float32, name="x")
    given.output(0).set_names({"x"})
    results = []
    for name, node in build(given).items():
        node.output(0).set_names({name})
        results.append(ops.result(node))
    ov.save_model(ov.Model(results, [given]), file, compress_to_fp16=False)


def scored(pixels):
    """The brightest pixel, and all of them."""
    return {"score": ops.reduce_max(pixels, np.array([1, 2, 3])), "map": ops.relu(pixels)}


def twice(pixels):
    """Each pixel as four."""
    return {"y": ops.interpolate(pixels, np.array([12, 16]), "nearest", "sizes", axes=np.array([2, 3]))}


def values(ran):
    assert ran.code == 0, ran.stderr
    return {name: one["value"] for name, one in json.loads(ran.stdout)["arms"][0]["accuracy"].items()}


def saved(pixels, file):
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)


def test_anomalies_of_a_folder_as_mvtec_has_it_are_judged_on_its_own_test_images(tmp_path):
    rng = np.random.default_rng(0)
    maps, regions, highest = [], [], []
    for place, defect in enumerate(["train/good"] * 4 + ["test/good"] * 5 + ["test/cut"] * 5):
        pixels, region = rng.integers(0, 120, (12, 16), np.uint8), np.zeros((12, 16), np.uint8)
        if defect == "test/cut":
            region[2:6, 3:9] = 255
            pixels[2:6, 3:9] += 60
            saved(region, tmp_path / f"data/ground_truth/cut/{place}_mask.png")
        saved(pixels, tmp_path / f"data/{defect}/{place}.png")
        if defect.startswith("test"):
            maps.append(pixels / np.float32(255))
            regions.append(region > 0)
            highest.append((pixels.max(), region.any()))
    model(tmp_path / "m.xml", [1, 1, 12, 16], scored)
    recipe = (
        "ovopt: 1\nfamily: example\ntask: anomaly-detection\nmodel: {output: [score, map]}\n"
        "preprocess: [{decode_image: L}, {scale: 255}, {layout: chw}]\nmetrics: [image_auroc, pixel_auroc]\n"
    )
    (tmp_path / "r.yaml").write_text(recipe)
    ran = ovopt("evaluate", "m.xml", "-r", "r.yaml", "--data", "data", "--format", "json", *F32, cwd=tmp_path)
    scores, labels = zip(*highest, strict=True)
    expected = {
        "image_auroc": roc_auc_score(labels, scores),
        "pixel_auroc": roc_auc_score(np.ravel(regions), np.ravel(maps)),
    }
    assert values(ran) == pytest.approx(expected, abs=1e-6)


def test_luma_and_16_bits_and_depths_need_no_tricks(tmp_path):
    rng = np.random.default_rng(1)
    deep = [rng.integers(0, 65536, (12, 16), np.uint16) for _ in range(4)]
    for place, target in enumerate(deep):
        saved(target, tmp_path / f"data/high/{place}.png")
        saved(target[::2, ::2], tmp_path / f"data/low/{place}.png")
    model(tmp_path / "m.xml", [1, 1, 6, 8], twice)
    head = "ovopt: 1\nfamily: example\ndata: {source: {kind: masks, path: data, images: low, masks: high, "
    prepared = "preprocess: [{decode_image: own}, {scale: 65535}, {layout: chw}]\n"
    figures = {
        "image": "target: image}}\ntask: image-to-image\npostprocess: [image]\nmetrics: [psnr]\n",
        "depth": "target: values, scale: 0.001}}\ntask: depth\nmetrics: [{abs_rel: {align: median, low: 1}}]\n",
    }
    found = {}
    for name, rest in figures.items():
        (tmp_path / f"{name}.yaml").write_text(head + rest + prepared)
        words = ("evaluate", "m.xml", "-r", f"{name}.yaml", "--split", "all", "--format", "json", *F32)
        found |= values(ovopt(*words, cwd=tmp_path))
    nearest = [np.kron(target[::2, ::2], np.ones((2, 2))) for target in deep]
    ratios = [peak_signal_noise_ratio(t.astype(float), n, data_range=65535) for t, n in zip(deep, nearest, strict=True)]
    errors = []
    for target, image in zip(deep, nearest, strict=True):
        known = target >= 1000
        truth, depth = target[known] / 1000, image[known] / 1000
        depth = np.maximum(depth * np.median(truth) / np.median(depth), 1)
        errors.append(np.mean(np.abs(depth - truth) / truth))
    assert found == pytest.approx({"psnr": np.mean(ratios), "abs_rel": np.mean(errors)}, rel=1e-5)
