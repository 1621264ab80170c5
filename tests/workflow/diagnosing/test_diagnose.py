"""The diagnosis of models whose faults are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
import yaml
from openvino import opset13 as ops

from ovopt.errors import ModelError
from ovopt.model.files.read import read_model
from ovopt.model.inspect.quantizers import quantized_operations
from ovopt.recipe import parse_recipe
from ovopt.records.diagnosis import Diagnosis, LayerDiagnosis
from ovopt.reports.problem_words import RANDOM
from ovopt.turns import Length
from ovopt.workflow.diagnosing import fixes, layer_evidence
from ovopt.workflow.diagnosing.diagnose import diagnose
from ovopt.workflow.optimizing.steps import quantize
from tests.models import accumulating_model, recurrent_model, saved
from tests.workflow.searching.searched import FEW, loud_data, rescuable, speed_by_count


def without_clocks(patch: pytest.MonkeyPatch) -> None:
    """One compiled instance for the times of layers, and speeds that do not depend on a clock."""
    patch.setattr("ovopt.workflow.diagnosing.layer_evidence.REPLICAS", 1)
    patch.setattr("ovopt.model.inspect.profile.REPLICAS", 1)
    patch.setattr("ovopt.model.inspect.profile.TURN", Length(0.001))
    patch.setattr(fixes, "quick_speedup", lambda before, after, *rest: speed(after) / speed(before))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    without_clocks(monkeypatch)


def speed(model: ov.Model) -> float:
    """The more operations are quantized, the faster."""
    return speed_by_count(model, model) or 0.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`model.xml`, which quantization ruins in the layer `wide`, and the bundle `int8`."""
    made = tmp_path_factory.mktemp("rescuable")
    rescuable(made / "model.xml")
    loud_data(made / "data.npz")
    quantize(
        made / "model.xml",
        made / "int8",
        recipe="classification",
        data=str(made / "data.npz"),
        settings=FEW,
        simplify=False,
    )
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> Diagnosis:
    with pytest.MonkeyPatch.context() as patch:
        without_clocks(patch)
        return diagnose(folder / "model.xml", folder / "int8")


def layer(found: Diagnosis, name: str) -> LayerDiagnosis:
    return next(one for one in found.layers if one.name == name)


# Who is to blame


def test_the_culprit_is_named_with_what_it_costs(found: Diagnosis) -> None:
    problem = found.problems[0]
    assert problem.kind == "accuracy"
    assert problem.layers == ("wide",)
    assert problem.fix is not None
    assert problem.fix.layers == ("wide",)
    assert found.quality is not None
    lost = found.quality.drop[0]
    last = problem.fix.checks[-1].quality
    assert last is not None
    share = "all" if last.drop[0] <= 0 else f"{100 * (lost - last.drop[0]):.1f}"
    assert problem.said.startswith(f"wide costs {share} of the {100 * lost:.1f} points; made again without it: ")


def test_the_fix_is_checked_twice_and_does_what_it_says(found: Diagnosis) -> None:
    fix = found.problems[0].fix
    assert fix is not None
    assert fix.pays
    assert [check.how for check in fix.checks] == ["reverted", "made again"]
    assert found.quality is not None
    for check in fix.checks:
        assert check.quality is not None
        assert check.quality.drop[0] < 0.2 * found.quality.drop[0]
        assert check.speedup is not None
        assert check.cost_ms == pytest.approx(found.optimized.wall_ms * (1 / check.speedup - 1))


def test_the_lines_of_the_recipe_are_a_recipe_that_ignores_the_culprit(found: Diagnosis) -> None:
    fix = found.problems[0].fix
    assert fix is not None
    lines = yaml.safe_load(fix.recipe)
    assert lines["optimize"][0]["quantize"] == {"subset_size": 40, "ignored_scope": {"names": ["wide"]}}
    parse_recipe({"ovopt": 1, "family": "x", **lines}, "the fix")


def test_a_model_made_with_those_lines_has_no_problem_of_accuracy(folder: Path, found: Diagnosis) -> None:
    fix = found.problems[0].fix
    assert fix is not None
    (step,) = yaml.safe_load(fix.recipe)["optimize"]
    override = f"optimize.quantize={step['quantize']}".replace("'", '"')
    quantize(
        folder / "model.xml",
        folder / "mended",
        recipe="classification",
        data=str(folder / "data.npz"),
        settings=[*FEW, override],
        force=True,
        simplify=False,
    )
    again = diagnose(folder / "model.xml", folder / "mended")
    assert [problem for problem in again.problems if problem.kind == "accuracy"] == []
    assert not layer(again, "wide").quantized


def test_the_table_tells_own_from_inherited_errors(found: Diagnosis) -> None:
    wide, head = layer(found, "wide"), layer(found, "head")
    assert wide.error is not None
    assert head.error is not None
    assert wide.error.own == pytest.approx(wide.error.error, rel=1e-3)
    assert wide.error.inherited == pytest.approx(0, abs=1e-3 * wide.error.error)
    assert head.error.own is not None
    assert head.error.inherited > 10 * head.error.own
    assert wide.error.sqnr_db < 10


def test_the_layer_that_alone_ruins_the_output_is_blamed(found: Diagnosis) -> None:
    blames = {one.name: one.blame for one in found.layers if one.blame}
    assert blames.keys() == {"wide", "first", "head"}
    assert blames["wide"].alone > 0.5
    gains = {name: blame.gain or 0.0 for name, blame in blames.items()}
    assert gains["wide"] > 0.75 > max(gains["first"], gains["head"])
    assert max(blames["first"].alone, blames["head"].alone) < 0.1 * blames["wide"].alone


def test_every_layer_says_what_is_executed(folder: Path, found: Diagnosis) -> None:
    quantized = set(quantized_operations(read_model(folder / "int8")))
    for one in found.layers:
        assert one.quantized == (one.name in quantized)
        if one.timed_with is None:
            assert one.original is not None
            assert one.original.precision in ("f32", "bf16", "f16")
    assert layer(found, "wide").optimized is not None
    assert layer(found, "wide").optimized.precision == "int8"  # type: ignore[union-attr]
    told = sum(one.optimized.us for one in found.layers if one.optimized)
    assert told == pytest.approx(found.optimized.ops_us)


def test_the_gate_stays_unseen(found: Diagnosis) -> None:
    assert found.quality is not None
    assert found.quality.n == len(found.data.splits["tuning"]) == 60
    assert found.metric == "top1"
    assert found.samples == 8


def test_a_diagnosis_comes_back_from_json_as_it_was(found: Diagnosis) -> None:
    text = found.model_dump_json(by_alias=True)
    assert Diagnosis.model_validate_json(text) == found
    assert '"schema":"ovopt.diagnosis/1"' in text


def test_a_group_for_each_layer_gives_what_one_group_gives(
    folder: Path, found: Diagnosis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_evidence, "GROUP_BYTES", 1)
    again = diagnose(folder / "model.xml", folder / "int8", time_budget_s=0.01)
    for one in again.layers:
        error = layer(found, one.name).error
        assert one.error is not None
        assert error is not None
        assert one.error.error == pytest.approx(error.error, rel=1e-4, abs=1e-9)


def test_without_time_nothing_is_proposed_that_was_not_checked(folder: Path) -> None:
    found = diagnose(folder / "model.xml", folder / "int8", time_budget_s=0.0)
    (problem,) = (one for one in found.problems if one.kind == "accuracy")
    assert problem.fix is None
    assert all(one.blame is None or one.blame.alone >= 0 for one in found.layers)


# Other models


def two_inputs(bend: float = 0.0, width: int = 6) -> ov.Model:
    """relu(a A) B + b, of any batch; the inner width may be another."""
    rng = np.random.default_rng(1)
    first, second = (rng.standard_normal(shape).astype(np.float32) for shape in ((4, 6), (6, 4)))
    given = [ops.parameter([-1, 4], np.float32, name=name) for name in ("a", "b")]
    for port, name in zip(given, ("a", "b"), strict=True):
        port.output(0).set_names({name})
    node = ops.matmul(given[0], np.ascontiguousarray(first[:, :width]), False, False, name="inner")
    node = ops.matmul(ops.relu(node, name="active"), second[:width] + np.float32(bend), False, False, name="outer")
    node = ops.add(node, given[1], name="sum")
    node.output(0).set_names({"y"})
    return ov.Model([node], given, "two")


def generic(original: Path, optimized: Path | None = None, *settings: str, **more: Any) -> Diagnosis:
    return diagnose(original, optimized, recipe="generic", settings=settings, **more)


def test_several_inputs_and_open_shapes_without_data(tmp_path: Path) -> None:
    original, bent = saved(two_inputs(), tmp_path, "original"), saved(two_inputs(0.3), tmp_path, "bent")
    found = generic(original, bent)
    assert RANDOM in found.notes
    assert {one.name for one in found.layers if one.blame} == {"outer"}
    assert found.problems[0].layers == ("outer",)
    assert found.problems[0].fix is None
    assert found.problems[0].said.endswith(
        "the error comes in at outer; no layer can be reverted by itself: leave the step out, or run it more gently"
    )


def test_a_pruned_model_is_compared_where_shapes_are_the_same(tmp_path: Path) -> None:
    original, pruned = saved(two_inputs(), tmp_path, "original"), saved(two_inputs(width=3), tmp_path, "pruned")
    found = generic(original, pruned)
    assert found.reshaped == ("inner", "active")
    assert layer(found, "inner").error is None
    assert layer(found, "outer").blame is not None
    assert layer(found, "sum").error is not None


def test_layers_without_a_partner_are_listed(tmp_path: Path) -> None:
    model = two_inputs()
    for op in model.get_ordered_ops():
        if op.get_friendly_name() == "active":
            op.set_friendly_name("other")
    found = generic(saved(two_inputs(), tmp_path, "original"), saved(model, tmp_path, "renamed"))
    assert (found.gone, found.new) == (("active",), ("other",))
    assert found.problems == () or all(problem.kind == "speed" for problem in found.problems)


@pytest.mark.parametrize(
    ("model", "settings"),
    [(accumulating_model, ()), (recurrent_model, ("model.state={h: h_next}",))],
    ids=["of the runtime", "among the inputs"],
)
def test_models_with_a_state(tmp_path: Path, model: Any, settings: tuple[str, ...]) -> None:
    path = saved(model(), tmp_path)
    found = generic(path, path, *settings)
    assert all(one.error and one.error.error < 1e-9 for one in found.layers)
    assert not any(problem.kind == "accuracy" for problem in found.problems)


def test_one_model_in_f32_shows_its_times_and_says_so(tmp_path: Path) -> None:
    found = generic(saved(two_inputs(), tmp_path), None, "runtime.properties.INFERENCE_PRECISION_HINT=f32")
    assert found.problems == ()
    assert found.original.precision == found.optimized.precision == "f32"
    assert any("runs this model in f32" in note for note in found.notes)
    assert any(one.optimized and one.optimized.us > 0 for one in found.layers) or found.optimized.ops_us == 0
    assert all(one.error is None for one in found.layers)


def test_models_with_other_inputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="so the same samples cannot go through both"):
        generic(saved(two_inputs(), tmp_path, "a"), saved(accumulating_model(), tmp_path, "b"))
