"""The catalogue that all reports, budgets and histories go through."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from ovopt.contracts import View
from ovopt.drift import compare_runs
from ovopt.errors import UsageError
from ovopt.figures import DECIDING, FIXED, KEYED, figures_of
from ovopt.records import Comparison
from ovopt.reports.csv import Csv
from ovopt.reports.remarks import noise
from ovopt.reports.rows import candidates_of, table_rows
from ovopt.reports.tracked import tracked_runs
from ovopt.trend import points_of
from tests.factories import comparison, exactly
from tests.reports.samples import full

WHOLE = full()
ARM = WHOLE.arms[2]
PAIR = WHOLE.pairs[0]
SPEEDUPS = {
    *("latency", "throughput", "processor_time", "end_to_end", "end_to_end.pipelined"),
    *("first_inference.cold", "first_inference.cached", "jitter.p50"),
}


def spreadsheet(whole: Comparison) -> set[tuple[str, str]]:
    return {
        (line["role"], line["figure"]) for line in csv.DictReader(io.StringIO(Csv().render(whole, View(80, False))))
    }


def test_every_row_finds_its_place_in_the_records() -> None:
    absent = {figure.key for figure in FIXED if figure.of(ARM) is None}
    assert absent == {"latency.p90", "latency.p95", "latency.p99", "efficiency.energy"} - _supported()
    assert {figure.pair_key for figure in figures_of(WHOLE.arms) if figure.speedup(PAIR)} == SPEEDUPS


def _supported() -> set[str]:
    return {f"latency.p{p}" for p in (90, 95, 99) if ARM.latency and getattr(ARM.latency, f"p{p}_ms") is not None}


def test_keys_and_titles_are_unique() -> None:
    figures = figures_of(WHOLE.arms)
    assert len({figure.key for figure in figures}) == len(figures)
    assert len({figure.name for figure in figures}) == len(figures)


def test_all_who_show_speed_ups_show_the_same_ones() -> None:
    whole = WHOLE.model_copy(update={"control": PAIR})
    titles = {key.replace("_", " ").replace(".", " ") for key in SPEEDUPS}
    assert {p.figure.removesuffix(".speedup") for p in points_of(whole) if p.figure.endswith(".speedup")} == SPEEDUPS
    metrics = tracked_runs(whole)[0].metrics
    assert {name.removesuffix(".speedup") for name in metrics if name.endswith(".speedup")} == SPEEDUPS
    for role in ("pair", "control"):
        found = {figure for owner, figure in spreadsheet(whole) if owner == role and figure.endswith(" speedup")}
        assert {figure.removesuffix(" speedup") for figure in found} == titles
    moved = {line.partition("speed-up in ")[2] for line in compare_runs(whole, whole) if "speed-up in" in line}
    assert all(any(line.startswith(f"{title} ") for line in moved) for title in titles)
    assert all(f"{title} " in noise(whole).text for title in titles)


def test_a_scenario_of_another_package_stands_in_table_spreadsheet_history_and_tracker() -> None:
    rows = {row.label: [cell.figure for cell in row.cells] for row in table_rows(WHOLE, candidates_of(WHOLE))}
    assert rows["jitter p50"] == ["0.250 ms"] * 3
    assert {("baseline", "jitter p50"), ("pair", "jitter p50 speedup")} <= spreadsheet(WHOLE)
    [point] = [p for p in points_of(WHOLE) if (p.arm, p.figure) == ("int8", "jitter.p50")]
    assert (point.value, point.low, point.high, point.unit) == (0.25, 0.2, 0.3, "ms")
    assert tracked_runs(WHOLE)[0].metrics["jitter.p50_ms"] == 0.25
    assert Comparison.model_validate_json(WHOLE.model_dump_json(by_alias=True)) == WHOLE


@pytest.mark.parametrize("key", ["latency.p50", "throughput", "processor_time", "end_to_end", "end_to_end.pipelined"])
def test_a_figure_is_the_median_of_its_raw_values(key: str) -> None:
    figure = KEYED[key]
    assert figure.raw
    values = np.concatenate([list(values) for values in figure.raw(ARM)])
    assert figure.of(ARM) == pytest.approx(np.median(values))
    assert figure.spread(ARM).estimate == pytest.approx(figure.of(ARM))


def test_starts_are_replicas_of_their_own() -> None:
    spread = KEYED["first_inference.cold"].spread(ARM)
    assert (spread.estimate, spread.replicas) == (pytest.approx(6e-6), 3)


def test_memory_is_the_largest_peak_of_all_hints() -> None:
    assert KEYED["memory"].of(ARM) == 120 << 20
    assert KEYED["memory"].ratio(PAIR) == 0.9


def test_latency_and_throughput_decide() -> None:
    assert [figure.pair_key for figure in DECIDING] == ["latency", "throughput"]


def test_missing_raw_values_are_named() -> None:
    arm = comparison().arms[0]
    assert arm.latency
    bare = arm.model_copy(update={"latency": arm.latency.model_copy(update={"raw_ns": ()})})
    message = (
        "original: the raw values of latency are missing, and a budget of it needs them; judge the file as ovopt wrote "
        "it, or measure again"
    )
    with pytest.raises(UsageError, match=exactly(message)):
        KEYED["latency.p50"].spread(bare)
