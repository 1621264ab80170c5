"""The recipes for computer vision: each takes a tiny model of its family through the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.metrics import jaccard_score

from ovopt.arrays import regions
from ovopt.locate import shipped
from ovopt.model.ports.facts import facts
from ovopt.recipe import Recipe, find_recipe, load_recipe
from ovopt.recipe.match import best_match
from ovopt.records import ModelFacts, Port
from ovopt.workflow.comparing.evaluate import evaluate
from tests.cli.run import Ran, ovopt
from tests.models import saved
from tests.recipes import models_vision as models

SHAPES = shipped("calibration_data") / "shapes"
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
HALVES = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
PALETTE = np.array([[0.5, 0.5, 0.5], [0.8, 0.2, 0.2], [0.2, 0.8, 0.2], [0.2, 0.2, 0.8]])
"""Grey behind, circles red, squares green, triangles blue."""
CLASSIFIERS = ("resnet", "mobilenet", "efficientnet", "vision-transformer")
EVERY = (*CLASSIFIERS, "yolo", "ssd", "segmentation", "super-resolution")
SHAPED = ("yolo-seg", "yolo-pose", "yolo-obb")
F32 = ("--property", "INFERENCE_PRECISION_HINT=f32")
SIDE, SHORTER = 48, 56
SMALL = {"preprocess.resize.shorter_side": SHORTER, "preprocess.center_crop": SIDE}
MASK_SIDE = 96


@dataclass(frozen=True)
class Family:
    """A recipe with a model and data that fit it."""

    recipe: str
    file: str
    """A name that such a model may well have."""
    build: Callable[[], ov.Model]
    data: str | None
    sets: Mapping[str, Any] = field(default_factory=dict)

    part: str = "all"
    """Of a set of many pixels, the gate's samples suffice."""

    @property
    def options(self) -> list[object]:
        return ["--data", self.data] * bool(self.data) + [
            word for key, value in self.sets.items() for word in ("--set", f"{key}={json.dumps(value)}")
        ]


PAIRS = {"kind": "masks", "path": "{calibration_data}/shapes", "images": "half", "masks": "images", "target": "image"}
FAMILIES = [
    Family("resnet", "resnet18", lambda: models.resnet(SIDE), "colours", SMALL),
    Family("mobilenet", "mobilenet_v3_small", lambda: models.mobilenet(SIDE), "colours", SMALL),
    Family("efficientnet", "efficientnet-lite0", lambda: models.efficientnet_lite(SIDE), "colours", SMALL),
    Family("vision-transformer", "vit_tiny", lambda: models.vision_transformer(SIDE), "colours", SMALL),
    Family("yolo", "best", lambda: models.yolo(640), "objects"),
    Family("ssd", "ssd_tiny", lambda: models.ssd(300), "objects", {"data.classes": ["circle", "square", "triangle"]}),
    Family(
        "segmentation",
        "unet_tiny",
        lambda: models.segmenter(MASK_SIDE, PALETTE, *IMAGENET),
        "regions",
        {"preprocess.resize.size": MASK_SIDE, "data.splits.tuning": 0.5},
        "gate",
    ),
    Family(
        "super-resolution",
        "espcn_x2",
        models.super_resolution,
        None,
        {"data.source": PAIRS, "data.splits.tuning": 0.5},
        "gate",
    ),
]


@dataclass(frozen=True)
class Work:
    """A folder with the pictures and a model of each family."""

    folder: Path
    _bundles: dict[str, Ran] = field(default_factory=dict)

    def quantized(self, family: Family) -> tuple[Path, Ran]:
        """The bundle by the recipe, made once."""
        bundle = self.folder / f"{family.recipe}-int8"
        if family.recipe not in self._bundles:
            words = (f"models/{family.file}.xml", "-r", family.recipe, "-o", bundle, "-q", *family.options)
            self._bundles[family.recipe] = self.run("quantize", *words)
        return bundle, self._bundles[family.recipe]

    def evaluated(self, family: Family) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
        """The original's metrics by name, what was decoded of each sample, and the whole result. No recipe is named."""
        saved_to = f"{family.recipe}.jsonl"
        options = ("--format", "json", "--save-predictions", saved_to, "--split", family.part, *F32, *family.options)
        ran = self.run("evaluate", f"models/{family.file}.xml", *options)
        assert ran.code == 0, ran.stderr
        result = json.loads(ran.stdout)
        lines = [json.loads(line) for line in (self.folder / saved_to).read_text().splitlines()]
        found = {line["id"]: np.asarray(line["prediction"]) for line in lines}
        return result["arms"][0]["accuracy"], found, result

    def run(self, *words: object) -> Ran:
        return ovopt(*words, cwd=self.folder)

    def session(self, family: Family) -> Callable[[np.ndarray], np.ndarray]:
        """The model by OpenVINO alone."""
        return inferring(self.folder / "models" / f"{family.file}.xml")


def inferring(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """The first output of a model, without batch dimensions."""
    compiled = ov.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda tensor: np.array(compiled(tensor[None].astype(np.float32))[0][0])


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = tmp_path_factory.mktemp("work")
    draw_colours(folder / "colours")
    draw_objects(folder / "objects")
    draw_regions(folder / "regions")
    (folder / "models").mkdir()
    for family in FAMILIES:
        saved(family.build(), folder / "models", family.file)
    return Work(folder)


def draw_colours(folder: Path) -> None:
    """Noisy pictures of many sizes, in a folder for their main colour; each fifth lies in the wrong one."""
    rng = np.random.default_rng(0)
    for place in range(24):
        size = rng.integers(60, 90, 2)
        pixels = rng.uniform(0, 160, (*size, 3))
        pixels[..., place % 3] += 90
        chosen = folder / str((place + (place % 5 == 0)) % 3)
        chosen.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(chosen / f"{place:02}.png")


def painted(name: str, palette: np.ndarray, noise: float = 0) -> Image.Image:
    """A picture of the shapes, each class in its own colour."""
    mask = np.asarray(Image.open(SHAPES / "masks" / name))
    pixels = 255 * palette[mask] + noise * np.random.default_rng(int(name[:2])).standard_normal((*mask.shape, 3))
    return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))


def draw_objects(folder: Path) -> None:
    """Shapes in pure colours on black, where no class occurs twice, with their boxes, masks and corners in COCO's
    format; and with boxes for outlines."""
    document = json.loads((SHAPES / "annotations.json").read_text())
    classes = {image["id"]: [] for image in document["images"]}
    for annotation in document["annotations"]:
        classes[annotation["image_id"]].append(annotation["category_id"])
    kept = [key for key, found in classes.items() if len(set(found)) == len(found)][:16]
    document["images"] = [image for image in document["images"] if image["id"] in kept]
    document["annotations"] = [one for one in document["annotations"] if one["image_id"] in kept]
    names = {image["id"]: image["file_name"] for image in document["images"]}
    (folder / "images").mkdir(parents=True)
    for one in document["annotations"]:
        x, y, width, height = one["bbox"]
        mask = np.asarray(Image.open(SHAPES / "masks" / names[one["image_id"]])) == one["category_id"]
        region = regions.of_mask(mask)
        one["segmentation"] = {"size": list(region.size), "counts": region.counts.decode()}
        one["keypoints"] = [x, y, 2, x + width, y + height, 1]
    (folder / "annotations.json").write_text(json.dumps(document))
    for one in document["annotations"]:
        x, y, width, height = one["bbox"]
        one["segmentation"] = [[x, y, x + width, y, x + width, y + height, x, y + height]]
    (folder / "oriented.json").write_text(json.dumps(document))
    pure = np.vstack([np.zeros((1, 3)), np.eye(3)])
    for image in document["images"]:
        painted(image["file_name"], pure).save(folder / "images" / image["file_name"])


def draw_regions(folder: Path) -> None:
    """Shapes in muted colours on grey, with so much noise that some pixels look like another class."""
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for mask in sorted((SHAPES / "masks").iterdir()):
        painted(mask.name, PALETTE, noise=25).save(folder / "images" / mask.name)
        (folder / "masks" / mask.name).write_bytes(mask.read_bytes())


def family_of(recipe: str) -> Family:
    return next(family for family in FAMILIES if family.recipe == recipe)


# Each recipe through the command line


@pytest.mark.parametrize("recipe", CLASSIFIERS)
def test_scores_and_top1_of_a_classifier_are_those_of_pillow_and_openvino_alone(work: Work, recipe: str) -> None:
    family = family_of(recipe)
    metrics, found, result = work.evaluated(family)
    infer = work.session(family)
    files = sorted((work.folder / "colours").rglob("*.png"))
    expected = {str(file.relative_to(work.folder / "colours")): infer(prepared(file, recipe)) for file in files}
    assert found.keys() == expected.keys()
    for name, scores in expected.items():
        np.testing.assert_allclose(found[name], scores, rtol=1e-3, atol=1e-3)
    right = [scores.argmax() == int(name[0]) for name, scores in expected.items()]
    assert metrics["top1"]["value"] == pytest.approx(np.mean(right))
    assert 0.7 < np.mean(right) < 0.9
    assert metrics["top5"]["value"] == 1
    assert result["recipe"]["family"] == recipe


def prepared(file: Path, recipe: str) -> np.ndarray:
    """As torchvision does it: resize the shorter side, crop the middle, normalise. In the layout of the model."""
    image = Image.open(file)
    short = min(image.size)
    cubic = recipe in ("efficientnet", "vision-transformer")
    size = tuple(SHORTER if side == short else int(SHORTER * side / short) for side in image.size)
    resized = image.resize(size, Image.Resampling.BICUBIC if cubic else Image.Resampling.BILINEAR)
    left, top = (round((side - SIDE) / 2) for side in resized.size)
    pixels = np.asarray(resized.crop((left, top, left + SIDE, top + SIDE)), np.float64)
    if recipe == "efficientnet":
        return (pixels - 127) / 128
    mean, std = HALVES if recipe == "vision-transformer" else IMAGENET
    return ((pixels / 255 - mean) / std).transpose(2, 0, 1)


@pytest.mark.parametrize(("recipe", "scale"), [("yolo", 640 / 64), ("ssd", 300 / 64)])
def test_a_detector_finds_every_shape_where_its_label_is(work: Work, recipe: str, scale: float) -> None:
    metrics, found, result = work.evaluated(family_of(recipe))
    document = json.loads((work.folder / "objects" / "annotations.json").read_text())
    names = {image["id"]: image["file_name"] for image in document["images"]}
    boxes = {(names[one["image_id"]], one["category_id"] - 1): one["bbox"] for one in document["annotations"]}
    decoded = {(name, int(row[5])): row for name, rows in found.items() for row in rows.reshape(-1, 6)}
    assert decoded.keys() == boxes.keys()
    for key, (x, y, width, height) in boxes.items():
        np.testing.assert_allclose(decoded[key][:4], scale * np.array([x, y, x + width, y + height]), atol=1)
    assert metrics["map50"]["value"] == 1
    assert metrics["map"]["value"] > 0.95
    assert set(metrics["map"]["by_class"]) == {"circle", "square", "triangle"}
    assert result["recipe"]["family"] == recipe


@pytest.mark.parametrize(
    ("recipe", "build", "side", "metric", "least", "setting"),
    [
        ("yolo-seg", models.yolo_seg, 640, "mask_map", 0.8, "data.source.annotations=annotations.json"),
        ("yolo-pose", models.yolo_pose, 640, "keypoint_map", 0.99, "postprocess.yolo_v8_pose.classes=3"),
        ("yolo-obb", models.yolo_obb, 1024, "oriented_map", 0.9, "data.source.annotations=oriented.json"),
    ],
)
def test_every_shape_is_found_in_its_place(
    work: Work, recipe: str, build: Callable[[int], ov.Model], side: int, metric: str, least: float, setting: str
) -> None:
    chosen = load_recipe(recipe, str(work.folder / "objects"), [setting])
    (arm,) = evaluate(saved(build(side), work.folder, recipe), recipe=chosen, part="all").arms
    values = {name: quality.value for name, quality in arm.accuracy.items()}
    assert values[f"{metric}50"] == 1
    assert least < values[metric] <= 1
    assert values.get("map", 1) > 0.95


def test_the_mean_iou_of_a_segmentation_is_scikit_learns(work: Work) -> None:
    family = family_of("segmentation")
    metrics, found, result = work.evaluated(family)
    infer = work.session(family)
    predicted, labelled = [], []
    assert len(found) == 15
    for file in (work.folder / "regions" / name for name in found):
        size = (MASK_SIDE, MASK_SIDE)
        pixels = np.asarray(Image.open(file).resize(size, Image.Resampling.BILINEAR), np.float64)
        ids = infer(((pixels / 255 - IMAGENET[0]) / IMAGENET[1]).transpose(2, 0, 1)).argmax(0)
        assert np.mean(ids != found[f"images/{file.name}"]) < 1e-3
        predicted.append(ids)
        labelled.append(np.asarray(Image.open(SHAPES / "masks" / file.name).resize(size, Image.Resampling.NEAREST)))
    real, mine = (np.concatenate([ids.ravel() for ids in each]) for each in (labelled, predicted))
    expected = jaccard_score(real, mine, average="macro")
    assert 0.9 < expected < 1
    assert metrics["miou"]["value"] == pytest.approx(expected, abs=1e-4)
    assert metrics["pixel_accuracy"]["value"] == pytest.approx(np.mean(real == mine), abs=1e-4)
    assert result["recipe"]["family"] == "segmentation"


def test_the_figures_of_a_super_resolution_are_scikit_images(work: Work) -> None:
    family = family_of("super-resolution")
    metrics, found, result = work.evaluated(family)
    infer = work.session(family)
    ratios, similarities = [], []
    for file in (SHAPES / name for name in found):
        low = np.asarray(Image.open(file), np.float64).transpose(2, 0, 1) / 255
        made = (255 * infer(low).astype(np.float64)).clip(0, 255).transpose(1, 2, 0)
        np.testing.assert_allclose(found[f"half/{file.name}"], made, atol=0.01)
        real = np.asarray(Image.open(SHAPES / "images" / file.name), np.float64)
        ratios.append(peak_signal_noise_ratio(real, made, data_range=255))
        window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
        similarities.append(structural_similarity(real, made, channel_axis=2, data_range=255, **window))
    assert metrics["psnr"]["value"] == pytest.approx(np.mean(ratios), abs=1e-3)
    assert metrics["ssim"]["value"] == pytest.approx(np.mean(similarities), abs=1e-3)
    assert result["recipe"]["family"] == "super-resolution"


@pytest.mark.parametrize("recipe", EVERY)
def test_the_recipes_settings_quantize_a_model_of_the_family(work: Work, recipe: str) -> None:
    bundle, ran = work.quantized(family_of(recipe))
    assert (ran.code, ran.stderr) == (0, "")
    manifest = json.loads((bundle / "ovopt.json").read_text())
    effects = {step["name"]: step["effect"] for step in manifest["steps"]}
    assert effects["quantize"]["fake_quantize"] > 0
    assert manifest["recipe"]["family"] == recipe


@pytest.mark.parametrize("recipe", ["resnet", "segmentation"])
def test_the_quantized_model_still_does_the_task(work: Work, recipe: str) -> None:
    family = family_of(recipe)
    original, quantized = work.session(family), inferring(work.quantized(family)[0] / "model.xml")
    same = [np.mean(original(one).argmax(0) == quantized(one).argmax(0)) for one in tensors_of(work, recipe)]
    assert np.mean(same) > 0.95


def tensors_of(work: Work, recipe: str) -> list[np.ndarray]:
    if recipe == "resnet":
        return [prepared(file, recipe) for file in sorted((work.folder / "colours").rglob("*.png"))]
    files = sorted((work.folder / "regions" / "images").iterdir())[:10]
    pixels = (np.asarray(Image.open(file).resize((MASK_SIDE, MASK_SIDE)), np.float64) / 255 for file in files)
    return [((image - IMAGENET[0]) / IMAGENET[1]).transpose(2, 0, 1) for image in pixels]


def test_recipes_check_finds_nothing_wrong_at_the_command_line(tmp_path: Path) -> None:
    ran = ovopt("recipes", "check", "resnet", cwd=tmp_path)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.endswith("resnet.yaml: a sound recipe of the family 'resnet'\n")


@pytest.mark.parametrize("recipe", [*EVERY, *SHAPED])
def test_a_recipe_is_sound_and_called_as_its_family(recipe: str) -> None:
    assert load_recipe(recipe).family == recipe


# What the comments promise


def advised(recipe: str) -> list[str]:
    """Every setting that a comment of the recipe shows, as the shell would hand it over."""
    lines = find_recipe(recipe).read_text().splitlines()
    comments = " ".join(line.strip().lstrip("# ") for line in lines if line.strip().startswith("#"))
    found = re.findall(r'--set (?:"((?:[^"\\]|"(?=\{))*?)"(?=[ `:,.;]|$)|([^\s`"]+))', comments)
    return [(quoted or plain).replace("$(ls val | paste -sd,)", "cat,dog") for quoted, plain in found]


@pytest.mark.parametrize(
    ("recipe", "setting"), [(recipe, setting) for recipe in (*EVERY, *SHAPED) for setting in advised(recipe)]
)
def test_a_setting_that_a_comment_shows_is_valid(recipe: str, setting: str) -> None:
    data = "{calibration_data}/shapes"
    assert load_recipe(recipe, data, [setting]) != load_recipe(recipe, data)


def test_comments_show_settings() -> None:
    assert all(advised(recipe) for recipe in (*EVERY, *SHAPED))


# Which family a model is of


@pytest.fixture
def _read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question goes through all recipes."""
    monkeypatch.setattr("ovopt.recipe.match.load_recipe", recipe_called)


@cache
def recipe_called(name: str) -> Recipe:
    return load_recipe(name)


def ports(*shapes: tuple[int | None, ...]) -> tuple[Port, ...]:
    return tuple(Port(name=f"port{i}", shape=shape, dtype="f32") for i, shape in enumerate(shapes))


CHW, HWC = (1, 3, 224, 224), (1, 224, 224, 3)
CONVOLUTIONS = ("Convolution", "GroupConvolution", "Add", "MatMul")
TRANSFORMERS = ("Convolution", "Add", "MatMul", "Softmax")
SCORES, MAP = (1, 1000), (1, 21, 520, 520)
FOUR = ((1,), (1, None, 4), (1, None), (1, None))
KNOWN = [
    ("resnet50.onnx", CHW, (SCORES,), CONVOLUTIONS, "resnet"),
    ("ResNet-18/model.xml", CHW, (SCORES,), CONVOLUTIONS, "resnet"),
    ("resnext50_32x4d.onnx", (None, 3, None, None), ((None, 1000),), CONVOLUTIONS, "resnet"),
    ("mobilenetv2-12.onnx", CHW, (SCORES,), CONVOLUTIONS, "mobilenet"),
    ("mobile_net_v3.xml", CHW, (SCORES,), CONVOLUTIONS, "mobilenet"),
    ("efficientnet-lite4-11.onnx", HWC, (SCORES,), CONVOLUTIONS, "efficientnet"),
    ("efficientnet_lite0.tflite", HWC, (SCORES,), CONVOLUTIONS, "efficientnet"),
    ("vit-base-patch16-224/openvino_model.xml", CHW, (SCORES,), TRANSFORMERS, "vision-transformer"),
    ("vit_b_16.onnx", CHW, (SCORES,), TRANSFORMERS, "vision-transformer"),
    ("best.onnx", (1, 3, 640, 640), ((1, 84, 8400),), CONVOLUTIONS, "yolo"),
    ("yolov8n.xml", (None, 3, 640, 640), ((None, 84, 8400),), CONVOLUTIONS, "yolo"),
    ("yolov8n-seg.onnx", (1, 3, 640, 640), ((1, 116, 8400), (1, 32, 160, 160)), CONVOLUTIONS, "yolo-seg"),
    ("best.onnx", (1, 3, 640, 640), ((1, 38, 8400), (1, 32, 160, 160)), CONVOLUTIONS, "yolo-seg"),
    ("yolo11n-pose.onnx", (1, 3, 640, 640), ((1, 56, 8400),), CONVOLUTIONS, "yolo-pose"),
    ("yolo11n-obb_openvino_model/model.xml", (1, 3, 1024, 1024), ((1, 20, 21504),), CONVOLUTIONS, "yolo-obb"),
    ("ssd_mobilenet_v1_10.onnx", (1, None, None, 3), FOUR, CONVOLUTIONS, "ssd"),
    ("ssd_mobilenet_v2/saved_model.xml", (1, None, None, 3), FOUR, CONVOLUTIONS, "ssd"),
    ("deeplabv3_resnet50.onnx", (1, 3, 520, 520), (MAP,), CONVOLUTIONS, "segmentation"),
    ("lraspp_mobilenet_v3_large.onnx", (1, 3, 520, 520), (MAP,), CONVOLUTIONS, "segmentation"),
    ("segformer-b0.onnx", (1, 3, 512, 512), ((1, 150, 128, 128),), TRANSFORMERS, "segmentation"),
    ("Real-ESRGAN-x4.onnx", (1, 3, None, None), ((1, 3, None, None),), CONVOLUTIONS, "super-resolution"),
    ("srresnet.onnx", (1, 3, 64, 64), ((1, 3, 256, 256),), CONVOLUTIONS, "super-resolution"),
    ("single-image-super-resolution-1032.xml", (1, 3, 64, 64), ((1, 3, 256, 256),), CONVOLUTIONS, "super-resolution"),
    # Others by other preparations or tasks, and none of these.
    ("efficientnet_b0.onnx", CHW, (SCORES,), CONVOLUTIONS, None),
    ("clip-vit-base-patch32/model.xml", CHW, ((1, 512),), TRANSFORMERS, None),
    ("mobilevit_s.onnx", CHW, (SCORES,), CONVOLUTIONS, None),
    ("activity.onnx", CHW, (SCORES,), TRANSFORMERS, None),
    ("resnet_features.onnx", CHW, ((1, 2048, 7, 7),), CONVOLUTIONS, None),
    ("yolov8n-320.onnx", (1, 3, 320, 320), ((1, 84, 2100),), CONVOLUTIONS, None),
    ("segment_anything_encoder.onnx", (1, 3, 1024, 1024), ((1, 256, 64, 64),), TRANSFORMERS, None),
    ("unet_denoiser.onnx", (1, 1, 257, None), ((1, 1, 257, None),), CONVOLUTIONS, None),
    ("model.onnx", CHW, (SCORES,), CONVOLUTIONS, None),
]  # fmt: skip


@pytest.mark.usefixtures("_read_once")
@pytest.mark.parametrize(("file", "given", "made", "operations", "expected"), KNOWN, ids=[file for file, *_ in KNOWN])
def test_a_model_is_recognised_by_name_shapes_and_operations(
    file: str,
    given: tuple[int | None, ...],
    made: tuple[tuple[int | None, ...], ...],
    operations: tuple[str, ...],
    expected: str | None,
) -> None:
    known = ModelFacts(
        inputs=ports(given),
        outputs=ports(*made),
        parameters=0,
        operations=dict.fromkeys(operations, 1),
        precisions={},
    )
    matched = best_match(Path("models") / file, known)
    assert (matched and matched.name) == expected


@pytest.mark.usefixtures("_read_once")
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.recipe)
def test_a_tiny_model_is_recognised_too(family: Family) -> None:
    matched = best_match(Path("models") / f"{family.file}.xml", facts(family.build()))
    assert matched
    assert matched.name == family.recipe


# COCO's ids


def test_the_classes_of_ssd_lie_at_cocos_category_ids() -> None:
    classes = load_recipe("ssd").data.classes
    known = {1: "person", 11: "fire hydrant", 13: "stop sign", 18: "dog", 44: "bottle", 62: "chair", 67: "dining table",
             70: "toilet", 72: "tv", 90: "toothbrush"}  # fmt: skip
    assert {index: classes[index - 1] for index in known} == known
    assert len(classes) == len(set(classes)) == 90
    unused = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83]
    assert [i + 1 for i, name in enumerate(classes) if name.startswith("id ")] == unused
    assert [name for name in classes if name.startswith("id ")] == [f"id {i}" for i in unused]
