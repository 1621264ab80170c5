"""A bundle is made again as its manifest says, whatever made it, or refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openvino import opset13 as ops

import ovopt
import ovopt.steps.prune
from ovopt.bundle import read_manifest
from ovopt.errors import RecipeError, UsageError
from ovopt.model.ports.facts import facts
from ovopt.pruning.costs import parameters
from ovopt.recipe import Recipe, load_recipe
from ovopt.steps.embed_preprocessing import EmbedPreprocessing
from ovopt.workflow.applying.work import apply_steps
from ovopt.workflow.beginning.options import Options
from ovopt.workflow.beginning.run import begin
from ovopt.workflow.rebuilding.rebuild import rebuild
from ovopt.workflow.rebuilding.recorded_steps import Embedded
from tests.cli.run import CLASSES, write_data, write_ir
from tests.factories import OLDER, exactly
from tests.workflow.searching.searched import FEW, loud_data, rescuable, speed_by_count

STEPS = ("data.splits.calibration=40", "optimize=[{simplify: {samples: 4}}, {precision: {storage: f16}}, {batch: 2}]")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, and speeds that do not depend on a clock."""
    monkeypatch.setattr("ovopt.workflow.applying.work.quick_speedup", speed_by_count)
    monkeypatch.chdir(tmp_path)
    write_ir(tmp_path / "tiny.xml")
    write_data(tmp_path / "data.npz")
    return tmp_path


def recipe(*settings: str, data: str = "data.npz") -> Recipe:
    return load_recipe("classification", data, settings)


def edited(folder: Path, **changes: Any) -> None:
    """The manifest with some keys changed by hand."""
    file = folder / "ovopt.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def check(bundle: Path, **more: Any) -> None:
    """It is made again, and the second bundle can be made again, too."""
    found = rebuild(bundle, bundle.with_name("again"), **more)
    assert (found.weights_identical, found.same, found.versions, found.labels) == (True, True, (), ())
    first, again = (read_manifest(folder) for folder in (bundle, bundle.with_name("again")))
    assert first is not None
    assert again is not None
    told = [[(step.name, step.parameters, step.made_by) for step in made.steps] for made in (first, again)]
    assert told[0] == told[1]
    assert (again.data, again.recipe, again.preprocess) == (first.data, first.recipe, first.preprocess)


def test_a_quantized_bundle(work: Path) -> None:
    ovopt.quantize("tiny.xml", "int8", recipe=recipe(*FEW), seed=5)
    check(work / "int8")


def test_a_bundle_of_several_steps(work: Path) -> None:
    ovopt.optimize("tiny.xml", "fast", recipe=recipe(*STEPS))
    check(work / "fast")


def test_a_compressed_bundle(work: Path) -> None:
    ovopt.compress("tiny.xml", "small", recipe=recipe(*FEW))
    check(work / "small")


def test_a_pruned_bundle(work: Path) -> None:
    ovopt.prune("tiny.xml", "thin", recipe=recipe(*FEW, "optimize=[{prune: {ratio: 0.3, multiple: 1}}]"))
    check(work / "thin")


def test_the_winner_of_a_search_with_operations_that_stay_exact(work: Path) -> None:
    rescuable(work / "loud.xml")
    loud_data(work / "loud.npz")
    made = ovopt.quantize("loud.xml", "int8", recipe=recipe(*FEW, data="loud.npz"), simplify=False, max_drop=0.01)
    assert made.steps[-1].made_by is not None
    assert made.steps[-1].made_by.reverted == ("wide",)
    check(work / "int8")


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., float]], None]:
    """Put something in the place of the measured speed."""
    return lambda speed: monkeypatch.setattr("ovopt.workflow.applying.work.quick_speedup", speed)


def test_the_winner_of_a_search_though_this_version_has_no_such_candidate(
    work: Path, timed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    quantile = {"statistics_type": "quantile", "aggregator_type": "mean", "quantile_outlier_prob": 0.05}
    changes = {"preset": "mixed", "advanced_parameters": {"activations_range_estimator_params": {"max": quantile}}}
    monkeypatch.setattr("ovopt.workflow.searching.quantize.VARIANTS", {"of yesterday": changes})
    speeds = iter([1.01, 1.5])
    timed(lambda *others: next(speeds, 1.0))
    made = ovopt.quantize("tiny.xml", "int8", recipe=recipe(*FEW), max_drop=0.5).steps[-1].made_by
    assert made is not None
    assert (made.name, made.step, made.settings["preset"]) == ("of yesterday", "quantize", "mixed")
    assert made.settings["advanced_parameters"] == changes["advanced_parameters"]
    monkeypatch.setattr("ovopt.workflow.searching.quantize.VARIANTS", {})
    check(work / "int8")


def test_weights_alone_as_the_winner_of_a_search(work: Path, timed: Any) -> None:
    timed(lambda before, after, *others: 0.9 if facts(after).fake_quantize else 1.2)
    made = ovopt.quantize("tiny.xml", "int8", recipe=recipe(*FEW), max_drop=0.5).steps[-1].made_by
    assert made is not None
    assert (made.name, made.step) == ("int8 weights", "compress")
    check(work / "int8")


def test_a_simplified_model_as_the_winner_of_a_search(work: Path, timed: Any) -> None:
    write_ir(work / "wordy.xml", ending=lambda node: ops.reshape(node, np.array([1, CLASSES]), False))
    timed(lambda before, after, *others: 0.9 if facts(after).fake_quantize else 1.3)
    made = ovopt.quantize("wordy.xml", "int8", recipe=recipe(*FEW), max_drop=0.5).steps[-1].made_by
    assert made is not None
    assert (made.name, made.step, made.settings) == ("not quantized", None, {})
    check(work / "int8")


def test_the_smallest_model_of_a_search(work: Path) -> None:
    made = ovopt.compress("tiny.xml", "small", recipe=recipe(*FEW), simplify=False, max_drop=0.5).steps[-1].made_by
    assert made is not None
    assert (made.step, made.settings["mode"]) == ("compress", "int8_asym")
    check(work / "small")


PRUNE = "optimize=[{prune: {multiple: 1}}]"


def test_the_pruned_winner_of_a_search(work: Path, timed: Any) -> None:
    timed(lambda before, after, *others: parameters(before) / parameters(after))
    made = ovopt.prune("tiny.xml", "thin", recipe=recipe(*FEW, PRUNE), max_drop=0.2).steps[-1].made_by
    assert made is not None
    assert made.name == f"ratio {made.settings['ratio']:.3f}"
    check(work / "thin")


def test_a_winner_that_was_pruned_by_measured_times(work: Path, timed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    measured, real = list[Any](), ovopt.steps.prune.operation_times
    monkeypatch.setattr("ovopt.steps.prune.operation_times", lambda *given: measured.append(given) or real(*given))
    timed(lambda *others: 1.5 if measured else 1.2)
    made = ovopt.prune("tiny.xml", "thin", recipe=recipe(*FEW, PRUNE), max_drop=0.2).steps[-1].made_by
    assert made is not None
    assert made.name.endswith(" by time")
    assert made.settings["ratios"].keys() == {"first"}
    check(work / "thin")
    assert len(measured) == 1


def test_the_least_pruned_model_that_is_fast_enough(work: Path, timed: Any) -> None:
    timed(lambda before, after, *others: parameters(before) / parameters(after))
    ovopt.prune("tiny.xml", "thin", recipe=recipe(*FEW, PRUNE), target_speedup=1.5)
    check(work / "thin")


def test_pruning_by_measured_times_takes_away_the_same_again(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = "optimize=[{prune: {multiple: 1, price: time, ratio: 0.3}}]"
    made = ovopt.prune("tiny.xml", "thin", recipe=recipe(*FEW, steps)).steps[-1].made_by
    assert made is not None
    assert (made.settings["price"], made.settings["ratios"]) == ("multiply_adds", {"first": 0.375})

    def fails(*others: Any) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr("ovopt.steps.prune.operation_times", fails)
    check(work / "thin")


def test_a_pipeline_with_a_search(work: Path) -> None:
    rescuable(work / "loud.xml")
    loud_data(work / "loud.npz")
    steps = "optimize=[simplify, {quantize: {max_drop: 0.01, subset_size: 40}}, {batch: 2}]"
    made = ovopt.optimize("loud.xml", "fast", recipe=recipe(*FEW[:2], steps, data="loud.npz"))
    assert made.steps[1].made_by is not None
    assert made.steps[1].made_by.reverted == ("wide",)
    check(work / "fast")


def test_a_search_of_a_pipeline_that_found_nothing(work: Path, timed: Any) -> None:
    timed(lambda *others: 0.9)
    steps = "optimize=[{quantize: {max_drop: 0.01, allow_no_effect: true}}, {batch: 2}]"
    made = ovopt.optimize("tiny.xml", "fast", recipe=recipe(*FEW[:2], steps))
    assert [step.changed for step in made.steps] == [False, True]
    check(work / "fast")


def test_the_record_of_a_bundle_stands_for_it(work: Path) -> None:
    bundle = ovopt.simplify("tiny.xml", "plain", recipe=recipe(*FEW))
    assert ovopt.write_card(bundle) == Path("plain/README.md")
    assert rebuild(bundle, "again").same


# What an older version wrote


@pytest.mark.parametrize("name", ["search", "thin"])
def test_a_winner_of_an_older_version_is_refused_with_what_to_do(work: Path, name: str) -> None:
    step, model, data, drop = {
        "search": ("quantize", "loud", "loud", 0.01), "thin": ("prune", "tiny", "data", 0.5),
    }[name]  # fmt: skip
    message = (
        f"{OLDER / 'bundle-1' / name}: made by an older version of ovopt, which did not write down the settings of a "
        f"search's winner: make it again with `ovopt {step} {model}.xml --recipe classification "
        f"--data {data}.npz --max-drop {drop} --seed 0 -o {OLDER / 'bundle-1' / name} --force`"
    )
    with pytest.raises(RecipeError, match=exactly(message)):
        rebuild(OLDER / "bundle-1" / name, "again")


@pytest.mark.parametrize("name", ["small", "fast"])
def test_other_bundles_of_an_older_version_are_made_again(work: Path, name: str) -> None:
    rebuild(OLDER / "bundle-1" / name, "again", force=True)
    then, now = (read_manifest(folder) for folder in (OLDER / "bundle-1" / name, work / "again"))
    assert then is not None
    assert now is not None
    assert [(step.name, step.made_by) for step in now.steps] == [(step.name, step.made_by) for step in then.steps]
    assert now.steps[-1].samples_per_inference == then.steps[-1].samples_per_inference


def test_preprocessing_that_was_moved_into_the_model(work: Path) -> None:
    step = Embedded(own=EmbedPreprocessing(), count=1)
    scaled = recipe(*FEW, "preprocess=[{scale: {divisor: 2}}]")
    with begin(["tiny.xml"], scaled, None, Options()) as begun:
        manifest = apply_steps(begun, Path("inside"), [step])
    assert manifest.preprocess is not None
    assert manifest.preprocess.host == ()
    check(work / "inside")


def test_a_step_that_changed_nothing_changes_nothing_again(work: Path) -> None:
    steps = "optimize=[{simplify: {}}, {freeze_shapes: {allow_no_effect: true}}]"
    ovopt.optimize("tiny.xml", "same", recipe=recipe(*FEW, steps))
    check(work / "same")


def test_another_model_is_refused_or_labelled(work: Path) -> None:
    ovopt.quantize("tiny.xml", "int8", recipe=recipe(*FEW))
    write_ir(work / "other.xml", classes=3)
    with pytest.raises(UsageError, match=r"--force makes it all the same:\nother\.xml: sha256 .{12}\.\.\., the bundle"):
        rebuild("int8", "again", model="other.xml")
    assert not (work / "again").exists()
    found = rebuild("int8", "again", model="other.xml", force=True)
    assert (found.same, len(found.labels)) == (False, 1)
    again = read_manifest("again")
    assert again is not None
    assert again.steps[-1].notes[-1] == f"NOT ALIKE: {found.labels[0]}"


def test_other_samples_are_refused(work: Path) -> None:
    ovopt.quantize("tiny.xml", "int8", recipe=recipe(*FEW))
    with np.load(work / "data.npz") as arrays:
        np.savez(work / "other.npz", inputs=arrays["inputs"] * 2, labels=arrays["labels"])
    with pytest.raises(UsageError, match=r"other\.npz: fingerprint .{12}\.\.\., the bundle saw"):
        rebuild("int8", "again", data="other.npz")
    assert not (work / "again").exists()


def test_files_that_moved_are_named_anew(work: Path) -> None:
    ovopt.quantize("tiny.xml", "int8", recipe=recipe(*FEW))
    (work / "there").mkdir()
    for name in ("tiny.xml", "tiny.bin", "data.npz"):
        (work / name).rename(work / "there" / name)
    with pytest.raises(
        UsageError, match=exactly("tiny.xml: no such model file; --model names the original where it is now")
    ):
        rebuild("int8", "again", data="there/data.npz")
    assert rebuild("int8", "again", model="there/tiny.xml", data="there/data.npz", force=True).weights_identical


def test_versions_that_differ_are_told(work: Path) -> None:
    ovopt.quantize("tiny.xml", "int8", recipe=recipe(*FEW))
    machine = json.loads((work / "int8" / "ovopt.json").read_text())["machine"]
    edited(work / "int8", ovopt="0.0.1", machine={**machine, "versions": {**machine["versions"], "nncf": "1.0"}})
    told = {one.name: one.then for one in rebuild("int8", "again").versions}
    assert told == {"ovopt": "0.0.1", "nncf": "1.0"}


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "its manifest lists no steps"),
        ([("melt", {})], "neither this version of ovopt nor an installed package has a step 'melt'"),
        ([("quantize", {"presets": "mixed"})], "its quantize step was made by another version of ovopt: presets: "),
    ],
    ids=["none", "unknown", "key"],
)  # fmt: skip
def test_steps_that_cannot_be_taken_again_are_refused_with_the_reason(
    work: Path, steps: list[tuple[str, dict[str, Any]]], message: str
) -> None:
    ovopt.simplify("tiny.xml", "simple", recipe=recipe(*FEW))
    listed = [{"name": name, "parameters": given, "effect": {"x": 1}, "seconds": 1.0} for name, given in steps]
    edited(work / "simple", steps=listed)
    with pytest.raises(RecipeError) as told:
        rebuild("simple", "again")
    assert message in str(told.value)
