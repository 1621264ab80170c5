"""Steps in words."""

from __future__ import annotations

from typing import Any

from ovopt.records import Judged, MadeBy, Manifest, ModelFile, Standing, StepReport
from ovopt.reports.steps import details, effect, result, step_line
from tests.factories import MACHINE

JUDGED = Judged(
    metric="top1", unit="share", drop=0.001, low=-0.004, high=0.006, limit=0.01, samples=400, kept=True, tried=5
)
STANDING = Standing(size_bytes=3_000_000, agreement={"cosine": 0.99999}, samples=64, speedup=1.5)


def report(**more: Any) -> StepReport:
    facts: dict[str, Any] = {"name": "batch", "parameters": {}, "effect": {}, "seconds": 1.5}
    return StepReport(**{**facts, **more})


IDLE = report(name="simplify", changed=False)


def manifest(*steps: StepReport) -> Manifest:
    """Of a bundle of 0.27 times the size."""
    return Manifest(
        ovopt="0",
        created="2026-01-01T00:00:00+00:00",
        source=ModelFile(path="m.onnx", sha256="a", size_bytes=1000),
        model=ModelFile(path="out", sha256="b", size_bytes=270),
        recipe={},
        data=None,
        steps=steps,
        machine=MACHINE,
    )


def test_the_result_of_a_search_is_what_ships_and_what_it_is_worth() -> None:
    found = report(done="8 bits in 49 of 50 convolutions", judged=JUDGED, speedup=1.34)
    assert result(manifest(IDLE, found)) == (
        "Ships: 8 bits in 49 of 50 convolutions. top1 kept (-0.1 points), about 1.34x faster, 0.27x the size."
    )


def test_a_winner_that_the_samples_leave_open_is_no_more_than_that() -> None:
    found = report(done="8 bits in 1 of 1 convolution", judged=JUDGED.model_copy(update={"kept": False}), speedup=0.9)
    assert result(manifest(found)) == (
        "Ships: 8 bits in 1 of 1 convolution. top1 kept as far as 400 samples tell (-0.1 points), about 0.90x the "
        "speed, 0.27x the size."
    )


def test_a_change_has_the_digits_of_its_budget() -> None:
    found = report(done="a", judged=JUDGED.model_copy(update={"drop": 0.0002, "limit": 0.0005}), speedup=1.2)
    assert result(manifest(found)) == "Ships: a. top1 kept (-0.02 points), about 1.20x faster, 0.27x the size."


def test_a_quick_speed_up_is_told_with_its_bounds() -> None:
    found = report(done="8 bits in 1 of 1 convolution", judged=JUDGED, speedup=1.34, speedup_bounds=(1.213, 1.481))
    assert ", about 1.34x [1.21, 1.48] faster, " in result(manifest(found))
    unclear = found.model_copy(update={"speedup_bounds": (0.9, 2.0)})
    assert ", about 1.34x [0.90, 2.00] the speed, " in result(manifest(unclear))
    behind = STANDING.model_copy(update={"speedup_bounds": (1.4, 1.6)})
    assert "about 1.50x [1.40, 1.60] its speed" in step_line(0, report(standing=behind))
    assert (
        effect(report(speedup=1.2, speedup_bounds=(1.0, 1.4)))
        == "about 1.20x [1.00, 1.40] the speed of the model before"
    )


def test_what_nobody_measured_is_said() -> None:
    assert result(manifest(IDLE, report(done="8 bits in 1 of 1 convolution"))) == (
        "Made: 8 bits in 1 of 1 convolution. 0.27x the size, quality and speed not measured yet."
    )
    assert result(manifest(report(done="a place rewritten"), report(done="a state", speedup=1.2))) == (
        "Made: a place rewritten; a state. 0.27x the size, quality and speed not measured yet."
    )
    assert result(manifest(IDLE, report(done="a state", speedup=1.2))) == (
        "Made: a state. about 1.20x faster, 0.27x the size, quality not measured yet."
    )


def test_a_pipeline_ends_where_its_last_step_stands() -> None:
    assert result(manifest(report(name="mine"), report(done="4 samples per inference", standing=STANDING))) == (
        "Made: mine; 4 samples per inference. cosine 0.9999, about 1.50x faster, 0.27x the size."
    )


def test_a_bundle_in_which_nothing_changed() -> None:
    assert result(manifest(IDLE)) == "Made: the model as it was. 0.27x the size, quality and speed not measured yet."


def test_the_details_name_the_winner_and_leave_nothing_told_twice() -> None:
    made_by = MadeBy(name="mixed", step="quantize", reverted=("a",))
    told = {"fake_quantize": 7, "drop": 0.001, "tuning_samples": 400, "size_ratio": 0.3, "tried": 5}
    found = report(name="quantize", effect=told, judged=JUDGED, made_by=made_by, notes=("one",), speedup=1.2345)
    assert list(details(manifest(IDLE, found))) == [
        "simplify, 1.5 s: no effect",
        "quantize, 1.5 s: quantizers 7",
        "  candidate 5 of the search, mixed, 1 operation reverted: top1 -0.1 points [-0.6, +0.4] on 400 tuning samples",
        "  note: one",
    ]


def test_effects_are_told_with_units_and_what_they_were_before() -> None:
    found = report(
        effect={
            "constant_bytes_before": 12345,
            "constant_bytes": 6000,
            "calibration_samples": 0,
            "largest_difference": 3.0517578125e-05,
            "output_cosine": 0.99871,
            "zeros": 0.6,
            "channels_before": {"first": 8},
            "channels": {"first": 6, **{f"c{i}": 4 for i in range(5)}},
        },
        samples_per_inference=4,
        speedup=1.23456,
    )
    assert effect(found) == (
        "constants 12.3 kB -> 6.00 kB, largest difference 3.1e-05, output cosine 0.999, weights that are zero 60.0 %, "
        "channels (first 8 -> 6, c0 4, c1 4, c2 4 and 2 more), samples per inference 4, about 1.23x the speed of the "
        "model before"
    )


def test_a_line_tells_where_the_model_stands() -> None:
    assert step_line(1, report(standing=STANDING, speedup=1.4)) == (
        "2. batch: no effect; 3.00 MB, cosine 0.9999 with the original on 64 samples, about 1.50x its speed; 1.5 s"
    )
    assert step_line(0, report(done="4 samples per inference")) == "1. batch: 4 samples per inference; 1.5 s"
