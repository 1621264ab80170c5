"""As much as a budget allows, with speeds that do not depend on a clock: parameters before over parameters after."""

from __future__ import annotations

from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

import ovopt
import ovopt.workflow.applying.work
from ovopt.errors import BudgetMissedError, OutputError, UsageError
from ovopt.pruning.costs import parameters
from ovopt.records import Manifest
from ovopt.time_budget import TimeBudget
from ovopt.workflow.optimizing.prune import prune
from tests.cli.run import write_data, write_ir
from tests.factories import exactly

SETTINGS = ("data.splits.calibration=60", "data.splits.tuning=100", "optimize.prune.multiple=1")


@pytest.fixture(autouse=True)
def _speed(monkeypatch: pytest.MonkeyPatch) -> None:
    def speed(before: ov.Model, after: ov.Model, *_others: Any) -> float | None:
        return parameters(before) / parameters(after)

    monkeypatch.setattr(ovopt.workflow.applying.work, "quick_speedup", speed)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    write_ir(tmp_path / "tiny.xml")
    write_data(tmp_path / "data.npz")
    return tmp_path


def pruned(folder: Path, name: str = "out", model: str = "tiny.xml", **more: Any) -> Manifest:
    return prune(
        folder / model,
        folder / name,
        recipe="classification",
        data=folder / "data.npz",
        settings=SETTINGS,
        simplify=False,
        **more,
    )


def test_the_search_removes_as_much_as_keeps_the_budget(given: Path) -> None:
    """Of the eight neurons four are needed at least: each class has one that tells it."""
    manifest = pruned(given, max_drop=0.05)
    (report,) = manifest.steps
    assert report.name == "prune"
    assert report.effect["drop"] <= 0.05
    assert report.speedup > 1.2
    model = ov.Core().read_model(given / "out" / "model.xml")
    kept = next(op for op in model.get_ordered_ops() if op.get_friendly_name() == "first").get_output_shape(0)[1]
    assert 2 <= kept < 8
    assert report.effect["parameters"] == parameters(model) == 20 * kept
    assert (given / "out.search.jsonl").is_file()


def test_a_search_that_goes_on_ends_where_it_ended_before(given: Path) -> None:
    first = pruned(given, max_drop=0.05)
    weights = (given / "out" / "model.bin").read_bytes()
    lines = (given / "out.search.jsonl").read_text().splitlines()
    (given / "out.search.jsonl").write_text("\n".join([*lines[:3], ""]))
    second = pruned(given, max_drop=0.05, resume=True)
    assert (given / "out" / "model.bin").read_bytes() == weights
    assert second.steps[0].effect == first.steps[0].effect
    assert (given / "out.search.jsonl").read_text().splitlines()[:3] == lines[:3]


def test_where_every_neuron_is_needed_the_original_should_ship(given: Path) -> None:
    """With inputs of both signs without any margin, agreement of the scores cannot be kept."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((240, 16)).astype(np.float32)
    compiled = ov.Core().compile_model(given / "tiny.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    labels = np.array([int(compiled([row[None]])[0].argmax()) for row in inputs])
    write_data(given / "data.npz", inputs=inputs, labels=labels)
    with pytest.raises(BudgetMissedError, match=r"^ship the original: none of \d candidates is faster and keeps top1"):
        pruned(given, max_drop=0.0)
    assert not (given / "out").exists()


def test_a_target_gets_the_least_pruning_that_reaches_it(given: Path) -> None:
    (report,) = pruned(given, target_speedup=1.5).steps
    assert report.effect["channels"] == {"first": 5}, "8 / 5 is the first ratio above 1.5"
    assert report.speedup == 1.6


def test_one_lucky_measurement_reaches_no_target(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one of each model is told by a processor that just woke up."""
    seen: set[int] = set()

    def speed(before: ov.Model, after: ov.Model, *_others: Any) -> float | None:
        size = parameters(after)
        lucky = 2.0 if size not in seen else 1.0
        seen.add(size)
        return lucky * parameters(before) / size

    monkeypatch.setattr(ovopt.workflow.applying.work, "quick_speedup", speed)
    (report,) = pruned(given, target_speedup=1.5).steps
    assert report.effect["channels"] == {"first": 5}
    assert report.speedup == 1.6


def test_a_target_beyond_reach_is_refused_with_the_figures(given: Path) -> None:
    with pytest.raises(BudgetMissedError) as raised:
        pruned(given, target_speedup=100.0)
    assert str(raised.value).startswith("no pruned model is 100.00x as fast as the original: the fastest of ")
    assert not (given / "out").exists()


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five minutes between any two looks at the clock."""
    clock = count(step=300)
    budget = partial(TimeBudget, clock=lambda: float(next(clock)))
    monkeypatch.setattr("ovopt.workflow.optimizing.prune.TimeBudget", budget)


@pytest.mark.usefixtures("passing")
def test_a_search_for_a_target_ends_in_time_with_the_best_so_far(given: Path) -> None:
    (report,) = pruned(given, target_speedup=1.1, time_budget_s=250).steps
    assert report.effect["channels"]["first"] < 7, "8 / 7 is the first ratio above 1.1, and would be tried later"
    assert report.speedup == 8 / report.effect["channels"]["first"]


@pytest.mark.usefixtures("passing")
def test_a_target_that_is_not_reached_in_time_is_said_to_be_that(given: Path) -> None:
    message = (
        "the fastest of 1 reaches .*x; the time budget has ended: more may be found in more time \\(--time-budget\\)$"
    )
    with pytest.raises(BudgetMissedError, match=message):
        pruned(given, target_speedup=100.0, time_budget_s=250)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"time_budget_s": 60.0}, "--time-budget: is about a search, and there is none"),
        ({"resume": True}, "--resume: is about a search, and there is none"),
        ({"resume": True, "target_speedup": 2.0}, "--resume: is about a search, and there is none"),
    ],
)
def test_what_is_about_a_search_is_not_ignored_without_one(given: Path, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=exactly(f"{said} without --max-drop; leave it out")):
        pruned(given, **asked)


def test_fine_tuning_is_not_given_seconds(given: Path) -> None:
    message = (
        "--time-budget: fine-tuning takes epochs, not seconds; leave it out, and give fewer of them for less time: "
        "--set optimize.prune_torch.epochs=3"
    )
    with pytest.raises(UsageError, match=exactly(message)):
        pruned(given, fine_tune=True, time_budget_s=60.0)


def test_an_output_that_exists_is_refused_before_any_work(given: Path) -> None:
    (given / "out").mkdir()
    with pytest.raises(OutputError):
        pruned(given, target_speedup=1.5)


def test_no_search_is_made_for_single_zeros(given: Path) -> None:
    with pytest.raises(UsageError, match=r"^prune: single zeros save no time that a search could find"):
        prune(
            given / "tiny.xml",
            given / "out",
            recipe="classification",
            data=given / "data.npz",
            settings=[*SETTINGS, "optimize.prune.kind=unstructured"],
            target_speedup=2.0,
        )


@pytest.mark.parametrize("how", [{"max_drop": 0.05}, {"target_speedup": 2.0}], ids=["drop", "speed"])
def test_no_search_is_made_for_a_training(given: Path, how: dict[str, Any]) -> None:
    message = "prune: single zeros save no time that a search could find; fine-tune at a ratio alone"
    with pytest.raises(UsageError, match=exactly(message)):
        pruned(given, fine_tune=True, **how)


def test_it_is_part_of_the_python_api() -> None:
    assert vars(ovopt.prune)["__wrapped__"] is prune
