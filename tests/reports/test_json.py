"""The comparison file."""

import json

import pytest

from ovopt.contracts import View
from ovopt.records import Comparison
from ovopt.reports.json import Json
from tests.factories import comparison


@pytest.mark.parametrize("whole", [comparison(), comparison({}, lost={"int8": "killed"})], ids=["measured", "lost"])
def test_the_report_is_the_whole_comparison(whole):
    text = Json().render(whole, View(width=80, colour=True))
    assert json.loads(text)["schema"] == "ovopt.comparison/2"
    assert Comparison.model_validate_json(text) == whole


def test_raw_values_are_in_it_so_that_anyone_can_recompute():
    arm = json.loads(Json().render(comparison(), View(80, False)))["arms"][0]
    flat = sorted(ns for rounds in arm["latency"]["raw_ns"] for turn in rounds for ns in turn)
    assert arm["latency"]["p50_ms"] == pytest.approx((flat[59] + flat[60]) / 2e6)
    assert sum(arm["accuracy"]["top1"]["rows"]) / 1000 == arm["accuracy"]["top1"]["value"]
