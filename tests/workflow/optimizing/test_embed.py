"""Preprocessing inside the model: what a bundle says of it, and how it goes on to be used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ovopt
from ovopt.bundle import preprocessing, read_manifest
from ovopt.contracts import Way
from ovopt.errors import ModelError, RecipeError
from ovopt.model.files.read import read_model
from ovopt.model.inspect.runs import largest_difference, outputs_in_f32
from ovopt.model.ports.attach import PREPROCESS_PREFIX
from ovopt.model.ports.facts import facts
from ovopt.preparing.prepared import prepare
from ovopt.recipe import Recipe, load_recipe
from ovopt.records import Manifest, Port
from ovopt.stats import Interval
from ovopt.workflow.applying import host
from ovopt.workflow.comparing.arms import Timed
from tests.factories import exactly
from tests.models import conv_model, saved

RECIPE = """
ovopt: 1
family: pictures
task: classification
data:
  source: {kind: files, path: PICTURES}
  splits: {calibration: 8, tuning: 8, gate: rest}
preprocess:
  - decode_image
  - center_crop: 8
  - scale: 255
  - normalize: {mean: [0.4, 0.5, 0.6], std: [0.2, 0.2, 0.3], axis: -1}
  - layout: chw
metrics: [top1, cosine]
"""
PICTURES = 36
CLASSES = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, a recipe, and pictures that differ in size."""
    from PIL import Image

    made = tmp_path_factory.mktemp("embed")
    saved(conv_model(classes=CLASSES), made)
    rng = np.random.default_rng(0)
    for i in range(PICTURES):
        file = made / "pictures" / str(i % CLASSES) / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (9 + i % 3, 8 + i % 4, 3)).astype(np.uint8)).save(file)
    (made / "recipe.yaml").write_text(RECIPE.replace("PICTURES", str(made / "pictures")))
    return made


@pytest.fixture(autouse=True)
def always_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is measured depends on the machine; the more is inside, the faster it is here."""

    def speedups(ways: Sequence[Way], *_: Any) -> list[Interval]:
        return [Interval(1 + n, 0.9 + n, 1.1 + n) for n in range(1, len(ways))]

    monkeypatch.setattr(host, "way_speedups", speedups)


@pytest.fixture(scope="module")
def bundle(folder: Path) -> Manifest:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(host, "way_speedups", lambda ways, *_: [Interval(2, 1.9, 2.1)] * (len(ways) - 1))
        return ovopt.embed(folder / "model.xml", folder / "inside", recipe=folder / "recipe.yaml")


def recipe_of(folder: Path, *overrides: str) -> Recipe:
    return load_recipe(folder / "recipe.yaml", None, overrides)


def names(entries: Sequence[dict[str, Any]]) -> list[str]:
    return [name for entry in entries for name in entry]


def test_the_manifest_says_what_the_caller_still_does(folder: Path, bundle: Manifest) -> None:
    said = bundle.preprocess
    assert said is not None
    assert names(said.host) == ["decode_image", "center_crop"]
    assert names(said.embedded) == ["scale", "normalize", "layout"]
    assert said.inputs == (Port(name="picture", shape=(1, 8, 8, 3), dtype="u8"),)
    assert said.whole == (Port(name="picture", shape=(1, 3, 8, 8), dtype="f32"),)
    assert (said.layout, said.colours) == ("NHWC", "RGB")
    assert read_manifest(folder / "inside") == bundle


def test_where_nothing_pays_the_bundle_is_the_model_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "way_speedups", lambda ways, *_: [Interval(1, 0.9, 1.1)] * (len(ways) - 1))
    manifest = ovopt.embed(folder / "model.xml", folder / "outside", recipe=folder / "recipe.yaml")
    assert manifest.preprocess is None
    assert manifest.steps[0].embedded == 0
    assert facts(read_model(folder / "outside")).inputs == facts(conv_model()).inputs


def test_both_are_evaluated_on_the_same_files_each_on_what_it_takes(folder: Path, bundle: Manifest) -> None:
    found = ovopt.evaluate([folder / "model.xml", folder / "inside"], recipe=folder / "recipe.yaml")
    original, embedded = found.arms
    assert original.accuracy["top1"] == embedded.accuracy["top1"]
    assert embedded.accuracy["cosine"].value == pytest.approx(1, abs=1e-6)
    assert original.accuracy["top1"].n == PICTURES - 16


def test_the_bundle_may_come_first(folder: Path, bundle: Manifest) -> None:
    found = ovopt.evaluate([folder / "inside", folder / "model.xml"])
    assert found.arms[1].accuracy["cosine"].value == pytest.approx(1, abs=1e-6)


def test_a_comparison_times_each_on_what_it_takes_and_says_how_they_differ(folder: Path, bundle: Manifest) -> None:
    plan = ovopt.Plan(scenarios=("latency", "end_to_end"), time_budget_s=2)
    found = ovopt.compare(folder / "model.xml", [folder / "inside"], plan=plan)
    assert not [arm.lost for arm in found.arms if arm.lost]
    by_name = {arm.name: arm for arm in found.arms}
    assert by_name["original"].embedded == by_name["control"].embedded == ()
    assert by_name["inside"].embedded == ("scale", "normalize", "layout")
    assert found.pairs[0].end_to_end is not None
    assert (
        "inside does scale, normalize, layout itself: its inference holds more, and end to end compares" in found.notes
    )
    assert found.pairs[0].accuracy["top1"].delta == 0


def test_batches_are_made_of_what_each_takes(folder: Path, bundle: Manifest, tmp_path: Path) -> None:
    from ovopt.bench.mapped_tensors import SampleFile

    prepared = prepare(recipe_of(folder, "model.batch=4"), facts(conv_model()).inputs, 0)
    assert bundle.preprocess is not None
    inside = prepared.with_transforms(prepared.recipe.preprocess[:2], bundle.preprocess.inputs)
    timed = Timed.of(prepared, {"hash": inside}, tmp_path, lambda amount=1, note="": None)
    usual, own = (SampleFile(timed.embedded.get(key, timed.usual).inputs) for key in ("another", "hash"))
    assert len(usual) == len(own) == (PICTURES - 16) // 4
    assert [(t[0].shape, str(t[0].dtype)) for t in (usual[0], own[0])] == [
        ((4, 3, 8, 8), "float32"),
        ((4, 8, 8, 3), "uint8"),
    ]
    wanted = outputs_in_f32(read_model(folder / "model.xml"), [(row[None],) for batch in usual for row in batch[0]])
    found = outputs_in_f32(read_model(folder / "inside"), [(row[None],) for batch in own for row in batch[0]])
    assert largest_difference(found, wanted) < 1e-5


def test_a_quantized_bundle_still_does_its_part_exactly(folder: Path, bundle: Manifest) -> None:
    manifest = ovopt.quantize(folder / "inside", folder / "inside-int8")
    assert manifest.preprocess == bundle.preprocess
    model = read_model(folder / "inside-int8")
    fake = [op for op in model.get_ordered_ops() if op.get_type_name() == "FakeQuantize"]
    assert fake
    own = [op for op in model.get_ordered_ops() if op.get_friendly_name().startswith(PREPROCESS_PREFIX)]
    inner = [value.get_node().get_type_name() for op in own for value in op.input_values()]
    assert "FakeQuantize" not in inner
    found = ovopt.evaluate([folder / "model.xml", folder / "inside-int8"])
    assert found.arms[1].accuracy["cosine"].value > 0.9


def test_a_quantized_model_takes_preprocessing_in(folder: Path) -> None:
    ovopt.quantize(folder / "model.xml", folder / "int8", recipe=folder / "recipe.yaml")
    manifest = ovopt.embed(folder / "int8", folder / "int8-inside")
    assert manifest.preprocess is not None
    assert names(manifest.preprocess.embedded) == ["scale", "normalize", "layout"]
    found = ovopt.evaluate([folder / "int8", folder / "int8-inside"])
    assert found.arms[1].accuracy["cosine"].value > 0.99


def test_what_is_inside_already_stays_inside(folder: Path, bundle: Manifest) -> None:
    manifest = ovopt.embed(folder / "inside", folder / "twice", force=True)
    assert manifest.steps[0].embedded == 0
    assert manifest.preprocess == bundle.preprocess


def test_more_is_taken_in_on_top(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_layout = lambda ways, *_: [Interval(2, 1.9, 2.1), *[Interval(0.5, 0.4, 0.6)] * (len(ways) - 2)]  # noqa: E731
    with monkeypatch.context() as patch:
        patch.setattr(host, "way_speedups", only_layout)
        first = ovopt.embed(folder / "model.xml", folder / "one", recipe=folder / "recipe.yaml")
    second = ovopt.embed(folder / "one", folder / "two")
    assert first.preprocess is not None
    assert second.preprocess is not None
    assert names(first.preprocess.embedded) == ["layout"]
    assert names(second.preprocess.embedded) == ["scale", "normalize", "layout"]
    assert second.preprocess.whole == first.preprocess.whole
    found = ovopt.evaluate([folder / "model.xml", folder / "two"])
    assert found.arms[1].accuracy["cosine"].value == pytest.approx(1, abs=1e-6)


def test_another_preprocess_than_the_one_inside_is_refused(folder: Path, bundle: Manifest) -> None:
    said = (
        f"{folder / 'inside'}: a part of the `preprocess` that it was made with is inside the model, and this recipe's "
        "is another; leave recipe out to go by its own, or make it again with this recipe"
    )
    options = ("preprocess.scale=127",)
    for models in ([folder / "model.xml", folder / "inside"], [folder / "inside"]):
        with pytest.raises(ModelError, match=exactly(said)):
            ovopt.evaluate(models, recipe=folder / "recipe.yaml", settings=options)
    with pytest.raises(ModelError, match=exactly(said)):
        ovopt.quantize(folder / "inside", folder / "never", recipe=folder / "recipe.yaml", settings=options)
    assert not (folder / "never").exists()


def test_shapes_that_the_recipe_gives_are_given_once(folder: Path, tmp_path: Path) -> None:
    saved(conv_model((-1, 3, -1, -1), classes=CLASSES), tmp_path)
    shapes = ("model.shapes.picture=[1,3,8,8]",)
    manifest = ovopt.embed(tmp_path / "model.xml", tmp_path / "inside", recipe=folder / "recipe.yaml", settings=shapes)
    assert manifest.preprocess is not None
    assert manifest.preprocess.inputs[0].shape == (1, 8, 8, 3)
    found = ovopt.evaluate([tmp_path / "model.xml", tmp_path / "inside"])
    assert found.arms[1].accuracy["cosine"].value == pytest.approx(1, abs=1e-6)


def test_without_labels_the_outputs_alone_must_agree(folder: Path) -> None:
    options = ("data.source.label=none",)
    manifest = ovopt.embed(folder / "model.xml", folder / "unlabelled", recipe=folder / "recipe.yaml", settings=options)
    assert manifest.steps[0].embedded == 3
    assert not any("tuning samples" in note for note in manifest.steps[0].notes)


def test_a_recipe_without_preprocessing_writes_nothing(folder: Path) -> None:
    with pytest.raises(RecipeError, match="no `preprocess`"):
        ovopt.embed(folder / "model.xml", folder / "none", recipe="generic")
    assert not (folder / "none").exists()


@pytest.mark.parametrize(
    ("left", "layout", "colours"),
    [
        ("[decode_image]", "NHWC", "RGB"),
        ("[{decode_image: BGR}, {resize: {size: 4}}, {scale: 255}]", "NHWC", "BGR"),
        ("[decode_image, {colour_order: bgr}, {layout: chw}]", "NCHW", "BGR"),
        ("[{layout: hwc}, grayscale]", "NHWC", "L"),
        ("[decode_image, {transpose: [2, 0, 1]}]", None, "RGB"),
        ("[{scale: 2}]", None, None),
    ],
)
def test_layout_and_colours_follow_from_what_is_left_to_the_host(
    left: str, layout: str | None, colours: str | None
) -> None:
    recipe = load_recipe("generic", None, [f"preprocess={left}"])
    recipe = load_recipe("generic", None, [f"preprocess={left[:-1]}, {{clip: {{low: 0}}}}]"])
    port = Port(name="x", shape=(1, 4), dtype="u8")
    found = preprocessing(recipe, len(recipe.preprocess) - 1, [port], [port])
    assert found is not None
    assert (found.layout, found.colours) == (layout, colours)
    assert preprocessing(recipe, len(recipe.preprocess), [port], [port]) is None
