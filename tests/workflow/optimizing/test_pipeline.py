"""All steps of a recipe, from a model file to a bundle; what has not changed is not done again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.bundle import read_manifest
from ovopt.contracts import Stepped
from ovopt.errors import BudgetMissedError, NoEffectError, OutputError, RecipeError, StepError, UsageError
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from ovopt.records import Manifest
from ovopt.steps.quantize import Quantize
from ovopt.steps.simplify import Simplify
from ovopt.workflow.applying import work
from ovopt.workflow.beginning.options import options_of
from ovopt.workflow.beginning.run import begin
from ovopt.workflow.optimizing import pipeline
from ovopt.workflow.optimizing.step_cache import Kept
from ovopt.workflow.searching import contest, quantize
from tests.cli.run import write_data, write_ir
from tests.factories import exactly
from tests.steps.models import encoder, outputs, sentence
from tests.workflow.searching.searched import FEW, hopeless, loud_data, rescuable, speed_by_count
from tests.workflow.searching.test_quantize import Heard

PLAIN = "[simplify, {precision: {storage: f16, samples: 20}}, {batch: 2}]"
UNCHANGED = "unchanged, as of the last run"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_ir(folder / "easy.xml")
    write_data(folder / "easy.npz")
    rescuable(folder / "rescuable.xml")
    hopeless(folder / "hopeless.xml")
    loud_data(folder / "loud.npz")
    return folder


@pytest.fixture(autouse=True)
def timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speeds that depend on the model alone."""
    monkeypatch.setattr(work, "quick_speedup", speed_by_count)
    monkeypatch.setattr(contest, "operation_times", lambda models, *others: [{} for _ in models])
    monkeypatch.setattr(quantize, "VARIANTS", {"mixed": {"preset": "mixed"}})


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Callable[..., tuple[Manifest, list[str]]]:
    """Optimize `model` with these steps; the manifest, and what was said of each step."""

    def optimize(
        steps: str = PLAIN,
        model: str = "easy",
        more: tuple[str, ...] = (),
        resume: bool = False,
        output: str = "fast",
        **options: Any,
    ) -> tuple[Manifest, list[str]]:
        heard = Heard()
        data = made / ("easy.npz" if model == "easy" else "loud.npz")
        few = tuple(setting for setting in FEW if "optimize" not in setting)
        manifest = pipeline.optimize(
            made / f"{model}.xml",
            tmp_path / output,
            recipe="classification",
            data=data,
            settings=[*few, f"optimize={steps}", *more],
            progress=heard,
            resume=resume,
            **options,
        )
        return manifest, [said for said in heard.said if said[:2] in ("1.", "2.", "3.", "4.")]

    return optimize


def weights(manifest: Manifest) -> bytes:
    return (Path(manifest.model.path) / "model.bin").read_bytes()


def fresh(said: list[str]) -> list[bool]:
    """Whether each step was done, rather than taken from the last run."""
    return [not line.endswith(UNCHANGED) for line in said]


# What comes of it


def test_every_step_is_taken_in_order_and_the_manifest_says_where_the_model_stood(run: Any, tmp_path: Path) -> None:
    manifest, said = run()
    assert [step.name for step in manifest.steps] == ["simplify", "precision", "batch"]
    assert [line.split(":")[0] for line in said] == ["1. simplify", "2. precision", "3. batch"]
    standings = [step.standing for step in manifest.steps]
    assert all(one is not None and one.samples == 40 for one in standings)
    assert standings[1].agreement == {"cosine": pytest.approx(1, abs=1e-3), "top1_agreement": 1.0}
    assert standings[1].speedup == 1.0
    assert standings[2].speedup == 2.0  # per sample: `batch` takes two of them in the same time
    model = read_model(tmp_path / "fast")
    assert facts(model).precisions["f16"] > 0
    assert model.input(0).partial_shape[0] == 2
    assert read_manifest(tmp_path / "fast") == manifest


def test_agreement_is_what_the_outputs_say(run: Any, made: Path, tmp_path: Path) -> None:
    """The same cosine, recomputed from the files; behind `batch`, two samples at a time."""
    manifest, _ = run()
    used = [
        np.load(made / "easy.npz")["inputs"][int(i.rpartition("#")[2])] for i in manifest.data.splits["calibration"]
    ]
    models = [ov.compile_model(read_model(path), "CPU") for path in (made / "easy.xml", tmp_path / "fast")]
    before = np.concatenate([models[0](one[None])[0] for one in used])
    after = np.concatenate([models[1](np.stack(used[i : i + 2]))[0] for i in range(0, len(used), 2)])
    cosines = (before * after).sum(1) / np.linalg.norm(before, axis=1) / np.linalg.norm(after, axis=1)
    assert manifest.steps[-1].standing.agreement["cosine"] == pytest.approx(cosines.mean(), abs=1e-6)
    assert manifest.steps[-1].standing.agreement["top1_agreement"] == (before.argmax(1) == after.argmax(1)).mean()


def test_the_model_is_what_the_steps_make_one_by_one(run: Any, made: Path, tmp_path: Path) -> None:
    manifest, _ = run("[{quantize: {subset_size: 20}}]")
    options = options_of(settings=FEW[:2])
    with begin([made / "easy.xml"], "classification", made / "easy.npz", options, guess=False) as begun:
        by_hand = work.apply_steps(begun, tmp_path / "by hand", [Quantize(subset_size=20)])
    assert weights(manifest) == weights(by_hand)


def test_the_original_stays_as_it_is(run: Any, made: Path) -> None:
    before = (made / "easy.xml").read_bytes(), (made / "easy.bin").read_bytes()
    run()
    assert before == ((made / "easy.xml").read_bytes(), (made / "easy.bin").read_bytes())


# What is not done again


def test_a_second_run_takes_all_from_the_first_and_says_so(run: Any) -> None:
    first, said = run()
    assert fresh(said) == [True, True, True]
    second, said = run(force=True)
    assert fresh(said) == [False, False, False]
    assert weights(first) == weights(second)
    assert first.steps == second.steps


@pytest.mark.parametrize(
    ("steps", "more", "wanted"),
    [
        ("[simplify, {precision: {storage: f16, samples: 20}}, {batch: 3}]", (), [False, False, True]),
        ("[simplify, {precision: {storage: f16, samples: 21}}, {batch: 2}]", (), [False, True, False]),
        ("[{simplify: {samples: 5}}, {precision: {storage: f16, samples: 20}}, {batch: 2}]", (), [True, False, False]),
        (PLAIN, ("budgets.size.max_ratio=3",), [False, False, False]),
        (PLAIN, ("runtime.properties.NUM_STREAMS=1",), [True, True, True]),
    ],
    ids=["the last step", "one in the middle", "the same result of the first", "a budget", "a runtime setting"],
)
def test_only_what_depends_on_a_change_is_done_again(
    run: Any, steps: str, more: tuple[str, ...], wanted: list[bool]
) -> None:
    run()
    assert fresh(run(steps, more=more, force=True)[1]) == wanted


def test_other_data_or_another_seed_is_another_run(run: Any, made: Path) -> None:
    run()
    assert fresh(run(force=True, seed=5)[1]) == [True, True, True]


def test_results_that_no_step_uses_any_more_are_taken_away(run: Any, tmp_path: Path) -> None:
    run()
    run("[simplify]", force=True)
    assert [folder.name.split("-")[1] for folder in (tmp_path / "fast.steps").iterdir()] == ["simplify"]


def test_a_damaged_result_is_made_again(run: Any, tmp_path: Path) -> None:
    first, _ = run()
    file = next((tmp_path / "fast.steps").glob("02-*")) / "model.bin"
    file.write_bytes(b"\0" * file.stat().st_size)
    second, said = run(force=True)
    assert fresh(said)[:2] == [False, True]
    assert weights(first) == weights(second)


# Interrupted


@pytest.mark.parametrize("steps_kept", [0, 1, 2])
def test_an_interrupted_run_goes_on_and_ends_where_an_uninterrupted_one_does(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps_kept: int
) -> None:
    whole, _ = run(output="whole")
    add, count = Kept.add, iter(range(9))

    def interrupted(self: Kept, *given: Any) -> Any:
        if next(count) == steps_kept:
            raise KeyboardInterrupt
        return add(self, *given)

    monkeypatch.setattr(Kept, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert not (tmp_path / "fast").exists()
    monkeypatch.setattr(Kept, "add", add)
    again, said = run()
    assert fresh(said) == [False] * steps_kept + [True] * (3 - steps_kept)
    assert weights(again) == weights(whole)
    assert [step.effect for step in again.steps] == [step.effect for step in whole.steps]


def test_an_existing_bundle_is_refused_and_resume_replaces_only_its_own(run: Any, tmp_path: Path) -> None:
    run("[simplify]")
    with pytest.raises(OutputError, match="exists already; choose another -o/--output, or --force to replace it"):
        run("[simplify]")
    run(PLAIN, resume=True)
    shutil.rmtree(tmp_path / "fast.steps")
    with pytest.raises(OutputError, match="exists already"):
        run(PLAIN, resume=True)


# Did it apply


def test_a_step_without_effect_ends_the_run_and_the_steps_before_are_kept(run: Any, tmp_path: Path) -> None:
    with pytest.raises(NoEffectError, match="fold changed nothing"):
        run("[simplify, fold]")
    assert not (tmp_path / "fast").exists()
    assert [folder.name[:11] for folder in (tmp_path / "fast.steps").iterdir()] == ["01-simplify"]


def test_a_step_that_may_have_no_effect_is_a_note(run: Any) -> None:
    manifest, said = run("[{fold: {allow_no_effect: true}}, {batch: 2}]")
    assert manifest.steps[0].notes[0].startswith("fold changed nothing")
    assert said[0].startswith("1. fold: no effect; ")


def test_a_wrong_order_is_refused_before_anything_is_read(run: Any, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"optimize\[1\].simplify stands behind optimize\[0\].quantize"):
        run("[quantize, simplify]")
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_without_steps_says_what_could_stand_there(run: Any) -> None:
    with pytest.raises(RecipeError, match=r"the recipe lists no steps; there could stand, in this order: .*simplify"):
        run("[]")


def test_a_runtime_setting_of_a_step_is_in_the_bundles_recipe(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ovopt.steps import precision

    monkeypatch.setattr(precision, "_executed", lambda model, device, asked: asked.get(precision.HINT, "bf16"))
    manifest, _ = run("[{precision: {execution: f32}}, {batch: 2}]", more=("runtime.properties.NUM_STREAMS=1",))
    assert manifest.recipe["runtime"]["properties"] == {"NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}


@pytest.fixture
def encoded(tmp_path: Path) -> Callable[..., Manifest]:
    """Optimize an encoder whose samples are sentences of 2 to 10 tokens."""
    from datasets import Dataset

    ov.save_model(encoder(), tmp_path / "encoder.xml", compress_to_fp16=False)
    sentences = [sentence(2 + n % 9, n) for n in range(40)]
    rows = {name: [each[i][0].tolist() for each in sentences] for i, name in enumerate(("ids", "mask"))}

    def optimize(steps: str, *more: str) -> Manifest:
        overrides = (f"optimize={steps}", "data.splits={calibration: 20, tuning: 0, gate: rest}", *more)
        options = ("preprocess=[{as_inputs: {ids: ids, mask: mask}}]", *overrides)
        return pipeline.optimize(
            tmp_path / "encoder.xml",
            tmp_path / "fast",
            recipe="generic",
            data=Dataset.from_dict(rows),
            settings=options,
        )

    return optimize


def test_another_output_under_the_same_index_is_refused_and_its_name_is_right(encoded: Any, tmp_path: Path) -> None:
    steps = "[{fold: {outputs: [mean]}}]"
    with pytest.raises(RecipeError, match=r"model.output: 0 means 'tokens' of the original and 'mean' behind fold"):
        encoded(steps)
    manifest = encoded(steps, "model.output=mean")
    wanted = outputs(encoder(), sentence(5))[1]
    assert np.allclose(outputs(read_model(tmp_path / "fast"), sentence(5))[0], wanted, atol=1e-5)
    assert manifest.steps[0].standing.agreement["cosine"] == pytest.approx(1, abs=1e-5)


def test_a_length_that_varies_is_held_side_by_side_and_agrees(
    encoded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "quick_speedup", lambda *given: 1.5)
    manifest = encoded("[freeze_shapes]")
    assert manifest.steps[0].effect["side_by_side"] == 3
    assert manifest.steps[0].standing.agreement == {"cosine": pytest.approx(1, abs=1e-5)}
    model = read_model(tmp_path / "fast")
    for length in (1, 5, 30):
        found, wanted = (outputs(each, sentence(length)) for each in (model, encoder()))
        assert all(np.allclose(*pair, atol=1e-5) for pair in zip(found, wanted, strict=True))


def test_a_step_that_looks_for_operations_is_refused_behind_a_model_side_by_side(
    encoded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "quick_speedup", lambda *given: 1.5)
    said = "freeze_shapes holds the model side by side for several sizes, and simplify, which follows, does not look"
    with pytest.raises(StepError, match=said):
        encoded("[freeze_shapes, simplify]")


# Searches


SEARCH = "[{quantize: {max_drop: 0.01, subset_size: 40}}]"


def test_a_step_with_max_drop_is_a_search(run: Any, tmp_path: Path) -> None:
    manifest, said = run(SEARCH, "rescuable")
    assert manifest.steps[-1].made_by.reverted == ("wide",)
    assert len(said) == 1
    assert [folder.name.split("-")[1] for folder in (tmp_path / "fast.steps").iterdir()] == ["quantize"]
    assert fresh(run(SEARCH, "rescuable", force=True)[1]) == [False]


def test_a_time_budget_without_a_search_is_not_ignored(run: Any) -> None:
    said = "--time-budget: is about a search, and there is none without --max-drop"
    with pytest.raises(UsageError, match=exactly(f"{said}; leave it out")):
        run("[quantize]", time_budget_s=60.0)


def test_an_interrupted_search_goes_on_from_its_journal(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = run(SEARCH, "rescuable", output="whole")
    calls = list[int]()

    def interrupted(*given: Any) -> float | None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return speed_by_count(*given)

    monkeypatch.setattr(work, "quick_speedup", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(SEARCH, "rescuable")
    (journal,) = (tmp_path / "fast.steps").glob("*.search/*.jsonl")
    tried = len(journal.read_text().splitlines()) - 1
    assert tried > 0
    monkeypatch.setattr(work, "quick_speedup", speed_by_count)
    again, _ = run(SEARCH, "rescuable")
    assert weights(again) == weights(whole)
    assert again.steps[-1].made_by == whole.steps[-1].made_by


def test_a_search_that_finds_nothing_says_so_and_may_be_left_out(run: Any) -> None:
    with pytest.raises(BudgetMissedError, match="ship the original"):
        run(SEARCH, "hopeless")
    manifest, said = run("[{quantize: {max_drop: 0.01, allow_no_effect: true}}]", "hopeless")
    assert manifest.steps[0].notes[0].startswith("ship the original")
    assert said[0].startswith("1. quantize: no effect; ")


# The list alone


def test_the_plan_lists_the_steps_and_writes_nothing(made: Path, tmp_path: Path) -> None:
    settings = ["optimize=[{quantize: {preset: mixed}}, {batch: 4}]"]
    planned = pipeline.plan(made / "easy.xml", recipe="classification", data=made / "easy.npz", settings=settings)
    assert [(step.step, step.settings) for step in planned] == [
        ("quantize", {"preset": "mixed"}),
        ("batch", {"size": 4}),
    ]
    assert list(tmp_path.iterdir()) == []
    assert Simplify.stage < Quantize.stage


def test_a_remark_on_the_order_is_with_the_step_that_it_is_about(made: Path) -> None:
    settings = ["optimize=[prune, simplify, {batch: 4}]"]
    planned = pipeline.plan(made / "easy.xml", recipe="classification", data=made / "easy.npz", settings=settings)
    assert [len(step.notes) for step in planned] == [0, 1, 0]


def test_a_step_that_destroys_one_of_several_outputs_shows_it_behind_the_step(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = read_model(made / "easy.xml")
    model.output(0).get_tensor().set_names({"scores"})
    second = ops.negative(model.get_results()[0].input_value(0))
    second.output(0).set_names({"second"})
    model = ov.Model([*model.get_results(), ops.result(second)], model.get_parameters(), "two")
    real = Simplify.run

    def destroyed(step: Simplify, before: ov.Model, materials: Any) -> Stepped:
        after = real(step, before.clone(), materials).model
        last = after.get_results()[1].input_value(0)
        turned = ops.negative(last)
        turned.output(0).set_names({"second"})
        whole = ov.Model([after.get_results()[0], ops.result(turned)], after.get_parameters(), "two")
        return Stepped(whole, step.record_effect({}))

    monkeypatch.setattr(Simplify, "run", destroyed)
    manifest = pipeline.optimize(
        model, tmp_path / "two", recipe="classification", data=made / "easy.npz", settings=("optimize=[simplify]",)
    )
    (step,) = manifest.steps
    assert step.standing is not None
    assert step.standing.agreement == {"cosine": pytest.approx(-1), "top1_agreement": 0}
    assert step.standing.worst == {"cosine": "second", "top1_agreement": "second"}
