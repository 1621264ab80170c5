"""A comparison as parameters, metrics and tags of a tracker's runs."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import HealthCheck, given, settings

from ovopt.records import Comparison
from ovopt.reports.tracked import DIGEST, LONGEST_NAME, LONGEST_PARAM, TrackedRun, digest_of, tracked_runs
from tests.factories import comparison
from tests.reports.samples import BUDGETS, STORED, comparisons, full

WHOLE = full()


def run_of(name: str, whole: Comparison = WHOLE) -> TrackedRun:
    return next(run for run in tracked_runs(whole) if run.name == name)


def test_each_candidate_is_a_run_and_the_control_and_the_original_are_none() -> None:
    assert [run.name for run in tracked_runs(WHOLE)] == ["int8", "int4"]


def test_a_benchmark_without_candidates_is_the_run_of_its_model() -> None:
    (run,) = tracked_runs(comparison({}))
    assert run.name == "original"
    assert run.metrics["latency.p50_ms"] == pytest.approx(1.09, rel=0.01)
    assert not any(name.startswith("baseline.") for name in run.metrics)


def test_metrics_are_the_figures_of_the_file() -> None:
    arm = next(arm for arm in WHOLE.arms if arm.name == "int4")
    pair = next(pair for pair in WHOLE.pairs if pair.candidate == "int4")
    assert pair.latency
    assert pair.first_inference
    assert pair.end_to_end
    assert pair.memory
    delta, top1 = pair.accuracy["top1"], arm.accuracy["top1"]
    assert delta.flips
    metrics = run_of("int4").metrics
    expected = {
        "accuracy.top1": top1.value,
        "accuracy.top1.low": top1.low,
        "accuracy.top1.high": top1.high,
        "accuracy.top1.delta": delta.delta,
        "accuracy.top1.delta.low": delta.low,
        "accuracy.top1.delta.high": delta.high,
        "accuracy.top1.flips.lost": delta.flips.lost,
        "accuracy.top1.flips.gained": delta.flips.gained,
        "latency.speedup": pair.latency.estimate,
        "latency.speedup.low": pair.latency.low,
        "latency.speedup.high": pair.latency.high,
        "first_inference.cold.speedup": pair.first_inference.cold.estimate,
        "first_inference.cached.speedup.high": pair.first_inference.cached.high,
        "end_to_end.speedup": pair.end_to_end.sequential.estimate,
        "end_to_end.pipelined.speedup.low": pair.end_to_end.pipelined.low,
        "memory.latency.ratio": pair.memory.by_hint["latency"],
        "memory_bytes": 120 << 20,
        "size_bytes": arm.model.size_bytes,
        "size.ratio": pair.size.ratio,
        "processor_time_ms": 0.9,
        "baseline.size_bytes": WHOLE.arms[0].model.size_bytes,
        "baseline.accuracy.top1": WHOLE.arms[0].accuracy["top1"].value,
    }
    assert {name: metrics.get(name) for name in expected} == expected


def test_a_speed_up_without_an_interval_has_no_bounds() -> None:
    (pair,) = comparison({"int8": 0.5}).pairs
    assert pair.latency
    bare = pair.model_copy(update={"latency": pair.latency.model_copy(update={"low": None, "high": None})})
    metrics = run_of("int8", comparison({"int8": 0.5}, pairs=(bare,))).metrics
    assert {name for name in metrics if name.startswith("latency.speedup")} == {"latency.speedup"}


def test_parameters_are_settings_recipe_versions_machine_and_data() -> None:
    recipe = {"family": "example", "metrics": ["top1", "top5"], "optimize": [{"quantize": {"preset": "mixed"}}]}
    made = full(recipe={**recipe, "description": "", "model": None})
    params = run_of("int8", made).params
    expected = {
        "engine": "openvino",
        "model": "int8/model.xml",
        "settings.device": "CPU",
        "settings.time_budget_s": "60.0",
        "recipe.metrics": '["top1", "top5"]',
        "recipe.optimize.0.quantize.preset": "mixed",
        "version.ovopt": "0.1.0",
        "version.openvino": "2026.4.1",
        "machine.processor": "Example processor",
        "machine.virtual": "false",
        "data.splits.gate": "1000",
        "effective.throughput.streams": "2",
    }
    assert {name: params.get(name) for name in expected} == expected
    assert not {"settings.hint", "recipe.description", "recipe.model"} & set(params)


def test_tags_are_what_a_run_is_looked_for_by() -> None:
    whole = comparison({"int8": 0.55, "int4": 0.4}, BUDGETS)
    tags = run_of("int4", whole).tags
    assert tags == {
        DIGEST: digest_of(whole),
        "ovopt.arm": "int4",
        "ovopt.verdict": whole.gate.candidates["int4"],
        "ovopt.ships": str(whole.gate.ship == "int4").lower(),
        "ovopt.model_sha256": "0" * 64,
        "ovopt.baseline_sha256": "0" * 64,
        "ovopt.recipe": "example",
        "mlflow.note.content": whole.gate.reason,
    }


def test_without_budgets_there_is_no_verdict_to_look_for() -> None:
    assert not {"ovopt.verdict", "ovopt.ships"} & set(run_of("int8", comparison({"int8": 0.5})).tags)


def test_a_lost_candidate_is_a_failed_run_with_its_reason() -> None:
    run = run_of("broken", comparison({"int8": 0.5}, BUDGETS, lost={"broken": "killed by signal 9"}))
    assert (run.status, run.tags["ovopt.lost"]) == ("FAILED", "killed by signal 9")
    assert not any(not name.startswith("baseline.") for name in run.metrics)


def test_the_run_has_the_time_of_the_measurement() -> None:
    assert run_of("int8").created_ms == 1_767_225_600_000
    assert run_of("int8", full(created="some day")).created_ms is None


def test_the_digest_is_of_the_content_whatever_the_file_looks_like() -> None:
    again = Comparison.model_validate_json(WHOLE.model_dump_json(by_alias=True, indent=2))
    assert digest_of(again) == digest_of(WHOLE)
    assert digest_of(WHOLE.model_copy(update={"created": "2026-01-02T00:00:00+00:00"})) != digest_of(WHOLE)


def test_names_that_become_the_same_are_kept_apart() -> None:
    params = run_of("int8", full(recipe={"a/b": "one", "a:b": "two", "c" * 400: "long"})).params
    assert {value for name, value in params.items() if name.startswith("recipe.")} == {"one", "two", "long"}
    assert max(map(len, params)) == LONGEST_NAME


@pytest.mark.parametrize("name", STORED, ids=range(len(STORED)))
def test_hostile_names_become_names_that_a_tracker_takes(name: str) -> None:
    whole = full(recipe={"family": name, "labels": {name: name, "x": [name]}})
    _fits(tracked_runs(whole))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(comparisons())
def test_any_comparison_that_could_be_stored_fits_a_tracker(whole: Comparison) -> None:
    """But for the figures whose interval needs raw values, which random ones often lack."""
    bare = dict.fromkeys(("latency", "throughput", "processor_time", "end_to_end", "first_inference"))
    arms = tuple(arm.model_copy(update=bare) for arm in whole.arms)
    _fits(tracked_runs(whole.model_copy(update={"arms": arms})))


def _fits(runs: list[TrackedRun]) -> None:
    """MLflow's own rules, and those of the databases behind it."""
    assert runs
    for run in runs:
        assert run.name.strip()
        assert all(re.fullmatch(r"[\w. -]{1,250}", name, re.ASCII) for name in [*run.params, *run.metrics])
        assert all(0 < len(value) <= LONGEST_PARAM and "\x00" not in value for value in run.params.values())
        assert all(map(math.isfinite, run.metrics.values()))
        assert all(len(value) <= 5000 and "\x00" not in value for value in run.tags.values())
        " ".join([run.name, *run.params.values(), *run.tags.values()]).encode()
