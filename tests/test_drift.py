"""Two stored comparisons side by side."""

from typing import Any

import numpy as np
import pytest

from ovopt import stats, units
from ovopt.comparison import quality_of
from ovopt.drift import changes, compare_runs, unlike
from ovopt.errors import UsageError
from ovopt.records import Comparison, Footprint, Memory
from tests.factories import TOP1, comparison, exactly, rows

THEN = comparison({"int8": 0.55})
NOW = comparison({"int8": 1.1})


def on(run: Comparison, **machine: Any) -> Comparison:
    return run.model_copy(update={"machine": run.machine.model_copy(update=machine)})


def under(run: Comparison, **settings: Any) -> Comparison:
    return run.model_copy(update={"settings": run.settings.model_copy(update=settings)})


def footprint(peak_bytes: int) -> Footprint:
    return Footprint(before_bytes=0, compiled_bytes=0, peak_bytes=peak_bytes, raw_bytes=((0, 0, peak_bytes),))


def with_rows(run: Comparison, after: np.ndarray) -> Comparison:
    """The candidate with other right-or-wrong outcomes."""
    arms = list(run.arms)
    arms[2] = arms[2].model_copy(update={"accuracy": {"top1": quality_of(after, TOP1, 0)}})
    return run.model_copy(update={"arms": tuple(arms)})


ELSEWHERE = on(NOW, cores=64)


def test_runs_of_one_machine_and_the_same_settings_are_alike() -> None:
    assert unlike(THEN, NOW) == []


def test_what_moved_is_told_for_every_arm_of_both_runs() -> None:
    lines = compare_runs(THEN, NOW, force=False)
    moved = NOW.arms[2].latency.p50_ms / THEN.arms[2].latency.p50_ms
    (line,) = [line for line in lines if line.startswith("int8: latency")]
    assert line.endswith(f"({moved:.2f}x)")
    (same,) = [line for line in lines if line.startswith("original, as before: ")]
    assert "throughput" in same
    assert not any(line.startswith("control") for line in lines), "it shows noise, and no model"


def test_memory_is_told_in_binary_bytes_and_what_did_not_move_in_one_line() -> None:
    def peak(run: Comparison, size: int) -> Comparison:
        arm = run.arms[2].model_copy(update={"memory": Memory(by_hint={"latency": footprint(size)})})
        return run.model_copy(update={"arms": (*run.arms[:2], arm)})

    lines = compare_runs(peak(THEN, 64 << 20), peak(THEN, 96 << 20), force=False)
    assert "int8: memory 64.0 MiB -> 96.0 MiB (1.50x)" in lines
    assert sum(line.startswith("int8, as before: ") for line in lines) == 1


def test_accuracy_on_the_same_samples_moves_with_a_paired_interval() -> None:
    before, after = rows(1000, range(60)), rows(1000, range(20, 90))
    counts = stats.PairedCounts(both=910, lost=30, gained=20, neither=40)
    interval = stats.paired_share_difference(counts)
    lines = compare_runs(with_rows(THEN, before), with_rows(NOW, after), force=False)
    assert (
        "int8: top1 94.0 % -> 93.0 % (-1.0 points "
        + (f"{units.quality_interval(interval.low, interval.high, 'share')})")
        in lines
    )


def test_accuracy_on_other_samples_is_not_held_together() -> None:
    other = NOW.model_copy(update={"data": NOW.data.model_copy(update={"fingerprint": "1" * 64})})
    lines = compare_runs(THEN, other, force=False)
    assert "other samples: accuracy is not held together" in lines
    assert not any(": top1 " in line for line in lines)


def test_a_metric_that_is_no_share_moves_without_an_interval() -> None:
    def with_lists(run: Comparison) -> Comparison:
        arms = list(run.arms)
        quality = arms[2].accuracy["top1"].model_copy(update={"rows": tuple([1.0, 2.0] for _ in range(1000))})
        arms[2] = arms[2].model_copy(update={"accuracy": {"top1": quality}})
        return run.model_copy(update={"arms": tuple(arms)})

    lines = compare_runs(with_lists(THEN), with_lists(NOW), force=False)
    assert any(line.startswith("int8, as before: ") and line.endswith("top1 93.7 %") for line in lines)


@pytest.mark.parametrize(
    ("now", "word"), [({"int8": 0.55}, "no clear difference"), ({"int8": 1.1}, "lower"), ({"int8": 0.3}, "higher")]
)
def test_speed_ups_are_held_together_by_their_intervals(now: dict[str, float], word: str) -> None:
    lines = compare_runs(THEN, comparison(now), force=False)
    (line,) = [line for line in lines if line.startswith("int8: speed-up in latency")]
    assert line.endswith(f": {word}")


def test_unlike_machines_are_refused() -> None:
    message = (
        f"the two runs are not alike; --force shows them all the same:\n  machine: cores was {NOW.machine.cores}, is 64"
    )
    with pytest.raises(UsageError, match=exactly(message)):
        compare_runs(NOW, ELSEWHERE, force=False)


def test_forced_unlike_machines_are_labelled() -> None:
    assert f"NOT ALIKE, machine: cores was {NOW.machine.cores}, is 64" in compare_runs(NOW, ELSEWHERE, force=True)


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        ({"processor": "Other"}, ["machine: processor was Example processor, is Other"]),
        ({"memory_bytes": 16 << 30}, ["machine: memory was 8.00 GiB, is 16.0 GiB"]),
        ({"memory_bytes": (8 << 30) + (20 << 20)}, []),
        ({"versions": {"openvino": "2027.1"}}, []),
        ({"system": "Linux 7.0"}, []),
    ],
)
def test_hardware_must_be_alike_and_software_may_differ(changed: dict[str, Any], lines: list[str]) -> None:
    assert unlike(NOW, on(NOW, **changed)) == lines


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"properties": {"NUM_STREAMS": "2"}}, "settings: properties was {}, is {'NUM_STREAMS': '2'}"),
        ({"device": "GPU"}, "settings: device was CPU, is GPU"),
        ({"hint": "LATENCY"}, "settings: hint was None, is LATENCY"),
    ],
)
def test_unlike_settings_are_refused(changed: dict[str, Any], line: str) -> None:
    assert unlike(THEN, under(NOW, **changed)) == [line]


def test_what_changed_of_software_models_and_recipe_is_told() -> None:
    later = on(THEN, system="Linux 7.0", versions={"python": "3.11.7", "openvino": "2027.1", "nncf": "4.0"})
    arms = list(later.arms)
    arms[2] = arms[2].model_copy(update={"model": arms[2].model.model_copy(update={"sha256": "1" * 64})})
    recipe = {**later.recipe, "task": "classification"}
    later = later.model_copy(update={"arms": tuple(arms), "recipe": recipe, "ovopt": "0.2.0"})
    assert changes(THEN, later) == [
        "ovopt 0.1.0 -> 0.2.0",
        "system Linux 6.1 -> Linux 7.0",
        "nncf none -> 4.0",
        "openvino 2026.4.1 -> 2027.1",
        "the model int8, other content",
        "the recipe",
    ]
    assert "changed: openvino 2026.4.1 -> 2027.1" in compare_runs(THEN, later, force=False)


def test_other_budgets_change_no_figure() -> None:
    assert (
        changes(THEN, THEN.model_copy(update={"recipe": {**THEN.recipe, "budgets": {"size": {"max_ratio": 1}}}})) == []
    )
