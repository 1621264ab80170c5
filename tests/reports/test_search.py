"""A search in words."""

from __future__ import annotations

from typing import Any

from ovopt.records.search import Gain, SearchOutcome, Trial
from ovopt.reports.steps import refusal, standing
from tests.workflow.searching.test_search import trial


def outcome(*trials: Trial, **more: Any) -> SearchOutcome:
    facts: dict[str, Any] = {"aim": "speed", "max_drop": 0.01, "metric": "top1", "unit": "share", "samples": 60}
    return SearchOutcome(**{**facts, "trials": trials, "smallest": None, **more})


def test_a_refusal_names_the_most_exact_candidates_first() -> None:
    wide = trial("wide", drop=0.3, speedup=None, reverted=("a", "b"))
    assert refusal(outcome(wide, trial("near", drop=0.02, speedup=1.5))).splitlines() == [
        "ship the original: none of 2 candidates is faster and keeps top1 within 1.0 points on 60 tuning samples; "
        "the best of them:",
        "  near: -2.0 points, 1.50x",
        "  wide, 2 operations reverted: -30.0 points, -",
    ]


def test_a_refusal_without_a_candidate_tells_what_went_wrong() -> None:
    assert refusal(outcome(fault="recipe: nncf.quantize failed: no; it works without smoothing")).splitlines()[1:] == [
        "  no candidate could be made",
        "  recipe: nncf.quantize failed: no; it works without smoothing",
    ]


def test_a_refusal_ends_with_what_else_helps() -> None:
    small = trial("int8", size_ratio=0.25, drop=0.0, speedup=0.9)
    gains = (Gain(kind="f32", speedup=1.3), Gain(kind="fixed shapes", speedup=1.4))
    assert refusal(outcome(small, smallest=small, gains=gains)).splitlines()[2:] == [
        "next best:",
        "  int8: 0.25x the size, +0.0 points, 0.90x; `ovopt compress --max-drop 0.01` looks for the smallest",
        "  no change but execution in f32: 1.30x; `--property INFERENCE_PRECISION_HINT=f32` sets it",
        "  fixed shapes, where all samples have those of one: 1.40x; the step freeze_shapes does it",
    ]
    assert "next best:" not in refusal(outcome(small, smallest=small, aim="size"))


def test_the_standing_counts_and_names_the_best() -> None:
    assert standing(None, 2, "speed") == "2 tried, none yet"
    assert standing(trial(speedup=1.2), 3, "speed") == "3 tried, best one: 1.20x"
    assert standing(trial(size_ratio=0.3), 3, "size") == "3 tried, best one: 0.30x the size"
