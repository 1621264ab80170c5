"""What the page shows: charts, tables, provenance."""

from __future__ import annotations

import shlex
from itertools import pairwise

import numpy as np
import pytest
import yaml

from ovopt.cli.app import app
from ovopt.contracts import View
from ovopt.recipe import parse_recipe
from ovopt.records import Effective, Latency, LeftOutSample, LoadLimit, Quality
from ovopt.reports import provenance
from ovopt.reports.charts import colours, executed, latency_distributions, memory, served_load, short, stages
from ovopt.reports.html import Html
from ovopt.reports.tables import MOST, flips, long_tables
from ovopt.reports.tradeoff import tradeoffs
from tests.factories import ERROR, arm, comparison, delta, pair, rows, speed
from tests.reports.diagnosed import PROBLEM
from tests.reports.samples import BUDGETS, DOT, full, many_layers

FULL = full()
LIMIT = LoadLimit(percentile=99, limit_ms=5, searched=True, highest_rate_per_s=None)


def test_the_trade_off_has_a_point_per_candidate_with_both_intervals_and_every_limit() -> None:
    [chart] = tradeoffs(FULL)
    one, change, speedup = FULL.pairs[0], FULL.pairs[0].accuracy["top1"], FULL.pairs[0].latency
    assert speedup is not None
    point = chart.data["points"][0]
    assert (point["x1"], point["x"], point["x2"]) == (speedup.low, speedup.estimate, speedup.high)
    assert (point["y1"], point["y"], point["y2"]) == tuple(100 * v for v in (change.low, change.delta, change.high))
    assert [found["label"] for found in chart.data["points"]] == [one.candidate for one in FULL.pairs]
    assert chart.data["yLimits"] == [-1.0]
    assert chart.data["xLimits"] == [1.5]
    control = FULL.control.latency if FULL.control else None
    assert control
    assert chart.data["noise"] == [control.low, control.high]
    assert one.candidate in chart.summary
    assert chart.rows[0][0] == one.candidate


def test_every_metric_has_a_trade_off_and_the_budgeted_come_first() -> None:
    one = pair("int8", speed(2.0), accuracy={"a": delta(0, -0.1, 0.1), "top1": delta(0, -0.1, 0.1)})
    whole = FULL.model_copy(update={"pairs": (one,)})
    assert [chart.title for chart in tradeoffs(whole)] == ["Speed against top1", "Speed against a"]


def test_where_less_is_better_the_limit_lies_above() -> None:
    error = delta(0.5, 0.2, 0.8, unit=ERROR.unit, higher_is_better=False)
    budget = FULL.gate.checks[0].model_copy(update={"budget": "accuracy.error.max_drop", "limit": 0.3})
    gate = FULL.gate.model_copy(update={"checks": (budget,)})
    whole = FULL.model_copy(update={"pairs": (pair("int8", speed(2.0), accuracy={"error": error}),), "gate": gate})
    [chart] = tradeoffs(whole)
    assert (chart.data["up"], chart.data["yLimits"]) == (False, [0.3])


def test_without_a_speed_or_a_metric_there_is_no_trade_off() -> None:
    assert not list(tradeoffs(FULL.model_copy(update={"pairs": (pair("int8", accuracy={"top1": delta(0, 0, 0)}),)})))
    assert not list(tradeoffs(FULL.model_copy(update={"pairs": (pair("int8", speed(2.0)),)})))


def test_a_latency_curve_peaks_where_the_values_lie() -> None:
    [chart] = latency_distributions(FULL)
    for shown, measured in zip(chart.data["arms"], FULL.arms, strict=True):
        heights = np.array(shown["curve"])
        assert measured.latency
        assert heights[np.argmax(heights[:, 1]), 0] == pytest.approx(measured.latency.p50_ms, rel=0.05)
        assert heights[:, 1].max() == 1
    assert "control" in [found["label"] for found in chart.data["arms"]]


def test_a_million_inferences_take_no_more_room_than_ten() -> None:
    [few, many] = (chart for whole in (comparison(), many_layers()) for chart in latency_distributions(whole))
    assert len(str(many.data)) < 1.5 * len(str(few.data))


@pytest.mark.parametrize("raw", [(), ((),), (((),),)])
def test_without_values_there_is_no_curve(raw: tuple) -> None:
    empty = Latency(p50_ms=1, p90_ms=None, p95_ms=None, p99_ms=None, mean_ms=1, min_ms=1, max_ms=1, n=0, raw_ns=raw)
    assert not list(latency_distributions(comparison({}, arms=(arm(latency=empty),), control=None)))


def test_one_single_value_has_a_curve_too() -> None:
    one = Latency(
        p50_ms=1, p90_ms=None, p95_ms=None, p99_ms=None, mean_ms=1, min_ms=1, max_ms=1, n=1, raw_ns=(((10**6,),),)
    )
    [chart] = latency_distributions(comparison({}, arms=(arm(latency=one),), control=None))
    assert max(height for _, height in chart.data["arms"][0]["curve"]) == 1


def test_stages_are_stacked_in_their_order_and_named_with_their_figures() -> None:
    chart, _ = stages(FULL)
    assert chart.header == ("", "decode", "preprocess", "inference", "postprocess", "in all")
    assert chart.rows[0] == ("original", "0.100 ms", "0.400 ms", "1.00 ms", "0.0500 ms", "1.55 ms")
    assert [part["value"] for part in chart.data["bars"][0]["parts"]] == [0.1, 0.4, 1.0, 0.05]


def test_a_cache_that_was_not_used_is_said_so() -> None:
    first = FULL.arms[0].first_inference
    assert first
    missed = first.model_copy(update={"cached": first.cached.model_copy(update={"from_cache": 1})})
    _, chart = stages(FULL.model_copy(update={"arms": (FULL.arms[0].model_copy(update={"first_inference": missed}),)}))
    assert [row[0] for row in chart.rows] == ["original, cold", "original, cached, but not loaded from the cache"]


def test_memory_is_divided_into_what_added_it() -> None:
    [chart] = memory(FULL)
    assert chart.rows[0] == ("original, latency hint", "60.0 MiB", "40.0 MiB", "20.0 MiB", "120 MiB")


def test_precisions_have_one_colour_in_both_charts() -> None:
    spent, ran = executed(FULL)
    assert [(key.colour, key.label) for key in spent.keys] == [(key.colour, key.label) for key in ran.keys]
    assert spent.rows[0] == ("original", "400 µs", "600 µs", "1,000 µs")


def test_waits_are_shown_rate_by_rate() -> None:
    [chart] = served_load(FULL)
    assert chart.rows[:2] == (
        ("original", "100 /s", "2.00 ms", "3.00 ms", "-", "9.00 ms"),
        ("original", "200 /s", "2.00 ms", "3.00 ms", "-", "9.00 ms"),
    )


def test_what_was_not_measured_has_no_chart() -> None:
    assert [chart for make in (stages, memory, served_load) for chart in make(comparison())] == []


def test_every_arm_has_a_colour_and_the_candidates_differ() -> None:
    found = colours(FULL)
    assert list(found) == [one.name for one in FULL.arms]
    assert len({found[name] for name in ("original", "control", "int8", "int4")}) == 4


def test_a_name_is_cut_where_it_would_run_over() -> None:
    assert short("a" * 100) == "a" * 39 + "…"
    assert short(" two\nlines ") == "two lines"
    assert short("") == "(no name)"


def test_the_samples_that_flipped_are_those_whose_rows_differ() -> None:
    found = [flip for flip in flips(FULL) if flip.candidate == "int8"]
    before, after = (np.array(one.accuracy["top1"].rows) for one in (FULL.arms[0], FULL.arms[2]))
    for outcome, turned in (("lost", (before == 1) & (after == 0)), ("gained", (before == 0) & (after == 1))):
        wanted = [f"photos/{index:04}.jpg" for index in np.flatnonzero(turned)]
        assert [flip.sample for flip in found if flip.outcome == outcome] == wanted
    flipped = FULL.pairs[0].accuracy["top1"].flips
    assert flipped
    assert len(found) == flipped.lost + flipped.gained


def test_samples_that_were_left_out_have_no_row_and_shift_no_name() -> None:
    assert FULL.data
    ids = ("torn", *FULL.data.splits["gate"])
    data = FULL.data.model_copy(
        update={
            "splits": {"gate": ids},
            "left_out": {"torn": LeftOutSample(kind="unreadable", why="torn: not readable")},
        }
    )
    assert list(flips(FULL.model_copy(update={"data": data}))) == list(flips(FULL))


def test_samples_whose_names_are_not_known_are_numbered() -> None:
    [first, *_] = flips(FULL.model_copy(update={"data": None}))
    assert first.sample.startswith("sample ")


def test_classes_of_all_models_stand_side_by_side() -> None:
    tables = {table.id: table for table in long_tables(FULL)}
    assert tables["classes"].header == ("class", "metric", "original", "int8", "int4")
    dog = next(row for row in tables["classes"].rows if row[0].text == "dog")
    assert [entry.text for entry in dog] == ["dog", "top1", "80.0 %", "60.0 %", "50.0 %"]
    assert [entry.value for entry in dog][2:] == pytest.approx([0.8, 0.6, 0.5])


def test_a_table_that_is_too_long_says_how_much_is_missing() -> None:
    quality = FULL.arms[0].accuracy["top1"]
    crowded: Quality = quality.model_copy(update={"by_class": {f"c{i}": 0.5 for i in range(MOST + 7)}})
    first = FULL.arms[0].model_copy(update={"accuracy": {"top1": crowded}})
    tables = {t.id: t for t in long_tables(FULL.model_copy(update={"arms": (first, *FULL.arms[1:])}))}
    assert (len(tables["classes"].rows), tables["classes"].more) == (MOST, 7)


def test_the_command_measures_the_same_again() -> None:
    words = shlex.split(provenance.command(FULL))
    assert words[:5] == ["ovopt", "compare", "original/model.xml", "int8/model.xml", "int4/model.xml"]
    assert words[words.index("--seed") + 1] == "0"
    scenarios = [value for key, value in pairwise(words) if key == "--scenario"]
    assert scenarios == list(FULL.settings.scenarios)
    assert words[words.index("--recipe") + 1] == "recipe.yaml"


@pytest.mark.parametrize(
    ("within", "words"),
    [
        (None, "--rate 100 --rate 200"),
        (LIMIT, "--latency-limit 5 --percentile 99"),
        (LIMIT.model_copy(update={"searched": False}), "--rate 100 --rate 200 --latency-limit 5 --percentile 99"),
    ],
)
def test_the_command_serves_the_same_load(within: LoadLimit | None, words: str) -> None:
    first = FULL.arms[0]
    served = first.served_load.model_copy(update={"within": within})  # type: ignore[union-attr]
    arms = (first.model_copy(update={"served_load": served}), *FULL.arms[1:])
    assert f" {words} " in f" {provenance.command(FULL.model_copy(update={'arms': arms}))} "


def test_every_option_of_the_command_exists() -> None:
    import typer

    known = {o for p in typer.main.get_command(app).commands["compare"].params for o in p.opts}  # type: ignore[attr-defined]
    words = shlex.split(provenance.command(FULL))
    assert {word for word in words if word.startswith("--")} <= known


def test_varied_settings_and_references_are_part_of_the_command() -> None:
    two = arm("NUM_STREAMS=2", "candidate", properties={"NUM_STREAMS": "2"})
    arms = (
        arm("NUM_STREAMS=1", properties={"NUM_STREAMS": "1"}),
        two.model_copy(update={"model": arm("NUM_STREAMS=1").model}),
        arm("onnxruntime", "reference", engine="onnxruntime"),
    )
    words = shlex.split(provenance.command(comparison({}, arms=arms, pairs=(pair("NUM_STREAMS=2"),))))
    assert words[:3] == ["ovopt", "compare", "NUM_STREAMS=1/model.xml"]
    assert words[words.index("--vary") + 1] == "NUM_STREAMS=1,2"
    assert words[words.index("--reference") + 1] == "onnxruntime=onnxruntime/model.xml"
    assert "onnxruntime/model.xml" not in words


def test_the_recipe_below_the_command_is_the_one_of_the_run() -> None:
    whole = comparison(recipe={"ovopt": 1, "family": "fämily: #1", "metrics": ["top1"]})
    found = parse_recipe(yaml.safe_load(provenance.recipe_text(whole)), "a test")
    assert found.resolved()["family"] == "fämily: #1"


def test_settings_of_every_arm_can_be_read_back() -> None:
    found: Effective = FULL.arms[0].effective["latency"]
    assert ("original", "latency", found.device, "f32", "1", "2", "1", "LATENCY") in provenance.effective_rows(FULL)


def test_an_arm_that_flips_nothing_has_no_flips() -> None:
    assert not list(flips(comparison({}, BUDGETS)))
    assert rows(3).sum() == 3


def test_flipped_samples_show_their_image_or_text() -> None:
    table = next(table for table in long_tables(FULL) if table.id == "flips")
    shown = {row[0].text: row[1] for row in table.rows}
    assert shown["photos/0000.jpg"].image == DOT
    assert shown["photos/0060.jpg"].text == "the beginning of a text"
    assert (shown["photos/0061.jpg"].text, shown["photos/0061.jpg"].image) == ("", None)


def test_layers_of_a_diagnosed_candidate_come_worst_first_and_what_mends_them() -> None:
    table = next(table for table in long_tables(FULL) if table.id == "layers")
    assert [(row[0].text, row[1].text) for row in table.rows] == [("int4", "a"), ("int4", "b")]
    assert [cell.text for cell in table.rows[0][3:7]] == ["21.5 dB", "2.0 %", "50.0 %", "25.0 %"]
    page = Html().render(FULL, View(120, False))
    assert PROBLEM.said in page
    assert "What is to blame" not in Html().render(comparison(), View(120, False))
