"""The table over many models: every figure recomputed, every state shown, in every format."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import pytest
from markdown_it import MarkdownIt
from pydantic import ValidationError

import ovopt.workflow  # noqa: F401  what comes from there shows itself
from ovopt.contracts import View
from ovopt.records.sweep import Sweep, SweepRow, Value
from ovopt.reports.cells import one_line
from ovopt.reports.leaderboard import FORMATS, cells, header, headline, page, summary
from tests.factories import MACHINE, delta, speed
from tests.reports.reading import Page
from tests.reports.samples import HOSTILE

PLAIN = View(width=200, colour=False)


def row(name: str = "a", ships: str | None = "optimized", latency: float | None = 2.0, **more: Any) -> SweepRow:
    facts: dict[str, Any] = {
        "name": name,
        "model": f"{name}.xml",
        "steps": "quantize",
        "state": "optimized",
        "said": "the fastest that keeps its budgets",
        "ships": ships,
        "speedups": {} if latency is None else {"latency": speed(latency)},
        "original": Value(metric="top1", value=0.94, low=0.92, high=0.96, unit="share"),
        "optimized": Value(metric="top1", value=0.938, low=0.92, high=0.95, unit="share"),
        "change": delta(-0.002, -0.01, 0.006),
        "size_ratio": 0.26,
        "verdict": "pass",
        "seconds": 3.0,
    }
    return SweepRow(**{**facts, **more})


FAILED = row("broken", None, None, state="failed", said="model.xml: no such file", original=None, optimized=None,
             change=None, size_ratio=None, verdict=None)  # fmt: skip
KEPT = row("kept", "original", 0.5, said="slower")


def table(*rows: SweepRow, **more: Any) -> Sweep:
    facts: dict[str, Any] = {
        "ovopt": "0.1.0",
        "created": "2026-01-01T00:00:00+00:00",
        "suite": "suite.yaml",
        "title": "Mine",
        "machine": MACHINE,
        "scenarios": ("latency", "throughput"),
        "planned": len(rows),
        "rows": rows,
    }
    return Sweep(**{**facts, **more})


def test_the_mean_is_geometric_and_counts_an_original_that_ships_as_one() -> None:
    found = table(row("a", latency=2.0), row("b", latency=3.0), KEPT, FAILED).mean_speedup("latency")
    assert found is not None
    assert found[0] == pytest.approx((2.0 * 3.0 * 1.0) ** (1 / 3))
    assert found[1] == 3


def test_a_scenario_that_was_not_measured_has_no_mean() -> None:
    whole = table(row(), scenarios=("latency",))
    assert whole.mean_speedup("throughput") is None
    assert table(FAILED).mean_speedup("latency") is None


def test_speedups_of_all_scenarios_have_a_column_by_their_names_in_the_catalogue() -> None:
    starts = {"latency": speed(2.0), "first_inference.cold": speed(1.5)}
    whole = table(row(speedups=starts), scenarios=("latency", "end_to_end"))
    found = ("latency", "end to end", "end to end pipelined", "first inference cold")
    assert header(whole)[6:-3] == found
    assert cells(whole, whole.rows[0])[6:-3] == ("2.00x [1.99, 2.01]", "-", "-", "1.50x [1.49, 1.51]")
    assert "Shippable speed-up in first inference cold: 1.50x" in "\n".join(summary(whole))


def test_a_notebook_shows_the_table() -> None:
    shown = table(row("<b>a</b>"), KEPT)._repr_html_()
    assert shown is not None
    assert shown.startswith("<div><b>1 of 2 models ship optimized.</b>")
    assert "&lt;b&gt;a&lt;/b&gt;" in shown
    assert "<b>a</b>" not in shown
    assert shown.count("<tr>") == 3


def test_a_speed_of_zero_has_no_place_in_a_geometric_mean() -> None:
    assert table(row("a", latency=0.0), row("b", latency=4.0)).mean_speedup("latency") == (pytest.approx(4.0), 1)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_figure_that_is_not_finite_is_no_figure(value: float) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        row(size_ratio=value)


def test_the_headline_counts_what_ships_of_what_did_not_fail() -> None:
    assert headline(table(row(), KEPT, FAILED)) == "1 of 2 models ship optimized."
    assert headline(table(FAILED)) == "0 of 0 models ship optimized."


def test_the_summary_names_failures_and_what_is_still_to_come() -> None:
    assert summary(table(row(), FAILED, planned=5)) == [
        "1 of 1 model ship optimized.",
        "Shippable speed-up in latency: 2.00x (geometric mean over 1 model; the original counts as 1).",
        "Failed, and not counted: broken.",
        "2 of 5 models so far.",
    ]


@pytest.mark.parametrize(
    "whole",
    [table(), table(FAILED), table(row(), KEPT, FAILED), table(row(change=None, latency=None))],
    ids=["empty", "one failing", "all states", "hardly measured"],
)
@pytest.mark.parametrize("name", ["page", *FORMATS])
def test_any_table_can_be_shown_twice_the_same(whole: Sweep, name: str) -> None:
    shown = [page(whole) if name == "page" else FORMATS[name](whole, PLAIN) for _ in range(2)]
    assert shown[0] == shown[1]
    assert all(one.name in shown[0] for one in whole.rows)
    assert "None" not in shown[0]
    assert "nan" not in shown[0].casefold().split()


def test_the_console_shows_figures_with_intervals_and_reasons() -> None:
    lines = FORMATS["console"](table(row(), KEPT, FAILED), PLAIN).splitlines()
    figures = " ".join(lines[1].split())
    assert figures == "a top1 94.0 % 93.8 % -0.2 [-1.0, +0.6] 2.00x [1.99, 2.01] - 0.26x optimized pass"
    assert lines[-2:] == ["kept: slower", "broken: failed: model.xml: no such file"]


def test_the_csv_holds_plain_numbers() -> None:
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](table(row(), KEPT, FAILED), PLAIN))))
    assert [one["latency_shippable"] for one in rows] == ["2.0", "1.0", ""]
    assert float(rows[0]["change"]) == pytest.approx(-0.002)
    assert float(rows[0]["original_low"]) == 0.92
    assert rows[2]["said"] == "model.xml: no such file"


def test_the_json_is_the_file() -> None:
    whole = table(row(), FAILED)
    assert Sweep.model_validate_json(FORMATS["json"](whole, PLAIN)) == whole
    assert json.loads(FORMATS["json"](whole, PLAIN))["schema"] == "ovopt.sweep/2"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_shown_and_acts_nowhere(name: str) -> None:
    whole = table(row(name, said=name, model=name), row("b", None, state="failed", said=name), title=name, suite=name)
    found = Page(page(whole))
    assert "script" not in found.tags
    assert "img" not in found.tags
    assert not [value for _, key, value in found.attributes if key.startswith("on")]
    if name.strip():
        assert one_line(name)[:3] in found.text
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(FORMATS["markdown"](whole, PLAIN))
    assert "<script" not in shown
    assert "<img" not in shown
    assert shown.count("<tr>") == 3
    assert "\u202e" not in FORMATS["console"](whole, PLAIN)


def test_a_narrow_terminal_breaks_no_title_and_no_name() -> None:
    drawn = FORMATS["console"](
        table(row("basic-pitch", speedups={"latency": speed(2.0), "throughput": speed(1.29)}), KEPT), View(100, False)
    ).splitlines()
    assert drawn[0].split() == [
        *("model", "metric", "original", "optimized", "change", "latency", "throughput", "size", "ships", "gate"),
    ]
    assert all(len(line) <= 100 for line in drawn[:4])
    assert "basic-pitch" in drawn[1]
