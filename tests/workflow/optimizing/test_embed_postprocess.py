"""Postprocessing inside the model: what a bundle says of it, and how it goes on to be used."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

import ovopt
from ovopt.bundle import read_manifest
from ovopt.contracts import Way
from ovopt.errors import DataError, ModelError, RecipeError, UsageError
from ovopt.model.files.read import read_model
from ovopt.model.ports.attach import POSTPROCESS_PREFIX
from ovopt.model.ports.facts import facts
from ovopt.records import Manifest, Port
from ovopt.reports.card import card
from ovopt.stats import Interval
from ovopt.workflow.applying import host
from tests.factories import exactly
from tests.models import conv_model, saved

CLASSES = 5
SAMPLES = 40
RECIPE = """
ovopt: 1
family: maps
data:
  source: {kind: npz, path: DATA}
  splits: {calibration: 8, tuning: 8, gate: rest}
preprocess: [{scale: 2}]
postprocess: [softmax, drop_first, {threshold: 0.1}]
metrics: [cosine]
runtime: {properties: {INFERENCE_PRECISION_HINT: f32}}
"""
NAMES = ["softmax", "drop_first", "threshold"]


@pytest.fixture(autouse=True)
def measured_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is measured depends on the machine; postprocessing pays here, preprocessing does not."""

    def speedups(ways: Sequence[Way], *_: Any) -> list[Interval]:
        return [Interval(1.2, 1.1, 1.3) if ways[0].answer else Interval(0.9, 0.8, 1.0)] * (len(ways) - 1)

    monkeypatch.setattr(host, "way_speedups", speedups)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model, a recipe, and arrays with class ids."""
    saved(conv_model(classes=CLASSES), tmp_path)
    rng = np.random.default_rng(0)
    pictures = rng.standard_normal((SAMPLES, 3, 8, 8)).astype(np.float32)
    np.savez(tmp_path / "data.npz", inputs=pictures, labels=rng.integers(0, CLASSES, SAMPLES))
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("DATA", str(tmp_path / "data.npz")))
    return tmp_path


def embedded(folder: Path, *overrides: str, name: str = "inside", model: str = "model.xml") -> Manifest:
    options = overrides
    return ovopt.embed(folder / model, folder / name, recipe=folder / "recipe.yaml", settings=options, postprocess=True)


def names(entries: Sequence[dict[str, Any]]) -> list[str]:
    return [name for entry in entries for name in entry]


def test_the_manifest_says_what_is_inside_and_what_the_caller_still_does(folder: Path) -> None:
    manifest = embedded(folder, "postprocess=[softmax, {threshold: 0.1}, max_parts]")
    said = manifest.postprocess
    assert said is not None
    assert names(said.embedded) == ["softmax", "threshold"]
    assert names(said.host) == ["max_parts"]
    assert said.output == Port(name="scores", shape=(1, CLASSES), dtype="i64")
    assert facts(read_model(folder / "inside")).outputs == (said.output,)
    assert read_manifest(folder / "inside") == manifest
    assert manifest.preprocess is None
    assert [step.name for step in manifest.steps] == ["embed_postprocessing", "embed_preprocessing"]
    assert manifest.steps[0].decoded == 2


def test_a_manifest_of_before_is_still_read(folder: Path) -> None:
    embedded(folder, "postprocess=[max_parts]")
    file = folder / "inside" / "ovopt.json"
    raw = json.loads(file.read_text())
    del raw["postprocess"]
    for step in raw["steps"]:
        del step["decoded"]
    file.write_text(json.dumps(raw))
    found = read_manifest(folder / "inside")
    assert found is not None
    assert found.postprocess is None


def test_accuracy_is_the_same_wherever_decoders_run(folder: Path) -> None:
    overrides = ("metrics=[top1, cosine, sqnr]", "postprocess=[softmax, {slice: {axis: 0}}, l2_normalise]")
    manifest = embedded(folder, *overrides)
    assert manifest.postprocess is not None
    assert manifest.postprocess.host == ()
    for models in (["model.xml", "inside"], ["inside", "model.xml"]):
        found = ovopt.evaluate([folder / model for model in models])
        first, second = found.arms
        assert first.accuracy["top1"].rows == second.accuracy["top1"].rows
        assert first.accuracy["top1"].n == SAMPLES - 16
        assert second.accuracy["cosine"].value == pytest.approx(1, abs=1e-6)
        assert second.accuracy["sqnr"].value > 60


def test_a_comparison_says_how_the_models_differ(folder: Path) -> None:
    overrides = ("metrics=[top1]", "postprocess=[softmax, {slice: {axis: 0}}]")
    embedded(folder, *overrides)
    plan = ovopt.Plan(scenarios=("latency",), time_budget_s=1)
    found = ovopt.compare(folder / "model.xml", [folder / "inside"], plan=plan)
    assert not [arm.lost for arm in found.arms if arm.lost]
    assert found.pairs[0].accuracy["top1"].delta == 0
    assert {arm.name: arm.embedded for arm in found.arms}["inside"] == ("softmax", "slice")
    assert (
        "inside does softmax, slice itself: its inference holds more, and what the host does behind the other models "
        "is not timed"
    ) in found.notes
    reference = found.references.get("original-f32")
    assert reference is None or (reference.largest_difference or 0) < 0.1


def test_agreement_is_left_out_where_class_ids_are_all_that_is_left(folder: Path) -> None:
    overrides = ("metrics=[mae, cosine, top1_agreement]", "postprocess=[argmax]")
    embedded(folder, *overrides)
    found = ovopt.evaluate([folder / "model.xml", folder / "inside"])
    original, inside = found.arms
    assert list(original.accuracy) == list(inside.accuracy) == ["mae"]
    assert original.accuracy["mae"].rows == inside.accuracy["mae"].rows
    assert (
        "cosine, top1_agreement: left out, because a model does argmax itself, and no scores are left to agree behind "
        "it"
    ) in found.notes


def test_a_search_by_agreement_does_not_start_from_class_ids(folder: Path) -> None:
    embedded(folder, "postprocess=[argmax]")
    options = ("optimize.quantize.max_drop=0.01",)
    with pytest.raises(DataError, match="cosine: no scores are left to agree behind the decoders"):
        ovopt.quantize(folder / "inside", folder / "int8", settings=options)


def test_a_quantized_bundle_still_does_its_part_exactly(folder: Path) -> None:
    embedded(folder, "postprocess=[l2_normalise, softmax]")
    manifest = ovopt.quantize(folder / "inside", folder / "int8")
    assert manifest.postprocess is not None
    assert names(manifest.postprocess.embedded) == ["l2_normalise", "softmax"]
    operations = read_model(folder / "int8").get_ordered_ops()
    assert [op for op in operations if op.get_type_name() == "FakeQuantize"]
    own = [op for op in operations if op.get_friendly_name().startswith(POSTPROCESS_PREFIX)]
    assert own
    assert not [v for op in own for v in op.input_values() if v.get_node().get_type_name() == "FakeQuantize"]
    found = ovopt.evaluate([folder / "model.xml", folder / "int8"])
    assert found.arms[1].accuracy["cosine"].value > 0.9


def test_a_quantized_model_takes_decoders_in(folder: Path) -> None:
    ovopt.quantize(folder / "model.xml", folder / "int8", recipe=folder / "recipe.yaml")
    manifest = embedded(folder, model="int8")
    assert manifest.postprocess is not None
    assert names(manifest.postprocess.embedded) == NAMES


def test_more_is_taken_in_on_top_and_then_nothing_is_left(folder: Path) -> None:
    """The manifest is made to say that a decoder was left, as an older version without its operations would."""
    embedded(folder, "postprocess=[softmax, drop_first]", name="first")
    raw = json.loads((folder / "first" / "ovopt.json").read_text())
    raw["postprocess"]["host"] = [{"threshold": {"score": 0.1}}]
    raw["recipe"]["postprocess"] = [*raw["postprocess"]["embedded"], *raw["postprocess"]["host"]]
    (folder / "first" / "ovopt.json").write_text(json.dumps(raw))
    second = ovopt.embed(folder / "first", folder / "second", postprocess=True)
    assert second.postprocess is not None
    assert names(second.postprocess.embedded) == NAMES
    assert second.postprocess.host == ()
    with pytest.raises(RecipeError, match="no `postprocess` left on the host to embed"):
        ovopt.embed(folder / "second", folder / "third", postprocess=True)


@pytest.mark.parametrize("override", ["postprocess=[softmax, {threshold: 0.2}]", "model.output=-1"])
def test_another_postprocess_than_the_one_inside_is_refused(folder: Path, override: str) -> None:
    embedded(folder)
    said = (
        f"{folder / 'inside'}: a part of the `postprocess` that it was made with is inside the model, and this "
        "recipe's, or its `model.output`, is another; leave recipe out to go by its own, or make it again with this "
        "recipe"
    )
    for models in (["model.xml", "inside"], ["inside"]):
        with pytest.raises(ModelError, match=exactly(said)):
            ovopt.evaluate([folder / model for model in models], recipe=folder / "recipe.yaml", settings=(override,))


def test_a_recipe_embeds_behind_quantize_and_judges_what_is_behind_the_decoders(folder: Path) -> None:
    options = ("optimize=[quantize, embed_postprocessing]", "postprocess=[softmax]")
    manifest = ovopt.optimize(folder / "model.xml", folder / "out", recipe=folder / "recipe.yaml", settings=options)
    assert manifest.postprocess is not None
    assert names(manifest.postprocess.embedded) == ["softmax"]
    first, second = manifest.steps
    assert second.standing is not None
    assert first.standing is not None
    assert second.standing.agreement["cosine"] > 0.9
    ids = ("optimize=[embed_postprocessing]", "postprocess=[argmax]")
    manifest = ovopt.optimize(folder / "model.xml", folder / "ids", recipe=folder / "recipe.yaml", settings=ids)
    assert manifest.steps[0].standing is not None
    assert manifest.steps[0].standing.agreement["cosine"] == 1  # the same ids


@pytest.mark.parametrize("second", ["quantize", "simplify"])
def test_a_step_that_judges_by_the_outputs_comes_first(folder: Path, second: str) -> None:
    options = (f"optimize=[embed_postprocessing, {second}]",)
    said = (
        f"optimize[1].{second} stands behind optimize[0].embed_postprocessing: {second} judges by the model's own "
        f"outputs, and embed_postprocessing has put others in their place; put {second} first"
    )
    with pytest.raises(RecipeError, match=exactly(said)):
        ovopt.optimize(folder / "model.xml", folder / "out", recipe=folder / "recipe.yaml", settings=options)


def test_a_model_with_other_outputs_has_no_partners_to_diagnose(folder: Path) -> None:
    embedded(folder)
    said = (
        f"{folder / 'inside'}: a part of the postprocessing is inside this model, so that its layers have no partners; "
        "diagnose the bundle that it was made from"
    )
    with pytest.raises(UsageError, match=exactly(said)):
        ovopt.diagnose(folder / "model.xml", folder / "inside")


def test_a_mask_among_the_inputs_is_used_in_the_model(tmp_path: Path) -> None:
    """Token vectors are pooled; padding counts for nothing."""
    ids, mask = (ops.parameter([-1, -1], np.int64, name=name) for name in ("input_ids", "attention_mask"))
    for one, name in ((ids, "input_ids"), (mask, "attention_mask")):
        one.output(0).set_names({name})
    table = np.random.default_rng(0).standard_normal((10, 4)).astype(np.float32)
    vectors = ops.gather(table, ids, np.int32(0))
    vectors = ops.add(vectors, ops.unsqueeze(ops.multiply(ops.convert(mask, "f32"), np.float32(0.1)), np.int32(2)))
    vectors.output(0).set_names({"vectors"})
    saved(ov.Model([vectors], [ids, mask], "tokens"), tmp_path)
    rng = np.random.default_rng(1)
    lengths = rng.integers(2, 7, SAMPLES)
    masks = (np.arange(6) < lengths[:, None]).astype(np.int64)
    np.savez(tmp_path / "data.npz", input_ids=rng.integers(0, 10, (SAMPLES, 6)), attention_mask=masks)
    (tmp_path / "recipe.yaml").write_text(
        RECIPE.replace("DATA", str(tmp_path / "data.npz")).replace("[{scale: 2}]", "[]")
    )
    manifest = embedded(tmp_path, "postprocess=[mean_pool, l2_normalise]")
    assert manifest.postprocess is not None
    assert manifest.postprocess.output == Port(name="vectors", shape=(None, 4), dtype="f32")
    assert manifest.postprocess.host == ()
    found = ovopt.evaluate([tmp_path / "model.xml", tmp_path / "inside"])
    assert found.arms[1].accuracy["cosine"].value == pytest.approx(1, abs=1e-6)


def test_both_ends_go_into_one_model_and_are_made_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "way_speedups", lambda ways, *_: [Interval(2, 1.9, 2.1)] * (len(ways) - 1))
    manifest = embedded(folder, "postprocess=[softmax]")
    assert manifest.preprocess is not None
    assert manifest.postprocess is not None
    assert names(manifest.preprocess.embedded) == ["scale"]
    found = ovopt.evaluate([folder / "model.xml", folder / "inside"])
    assert found.arms[1].accuracy["cosine"].value == pytest.approx(1, abs=1e-6)
    assert not [note for note in found.notes if "left out" in note]
    ovopt.rebuild(folder / "inside", folder / "again")
    again = read_manifest(folder / "again")
    assert again is not None
    assert (again.preprocess, again.postprocess) == (manifest.preprocess, manifest.postprocess)


def test_the_card_says_what_the_model_gives_and_what_is_still_to_be_done(folder: Path) -> None:
    manifest = embedded(folder, "postprocess=[softmax, max_parts]")
    text = card(manifest, "inside").partition("## How to run it")[2].partition("## Limits")[0]
    assert "The model gives `'scores' f32[1,5]`." in text
    assert '1. `{"max_parts": {}}`' in text
    assert "softmax" not in text
