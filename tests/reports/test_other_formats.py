"""Comment, spreadsheet, test report, page: what they hold."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree as ET

from ovopt.contracts import View
from ovopt.records import Comparison, Decision, Gate
from ovopt.reports.csv import Csv
from ovopt.reports.html import Html
from ovopt.reports.junit import Junit
from ovopt.reports.markdown import Markdown
from ovopt.reports.verdict import verdict_of
from tests.factories import comparison
from tests.reports.reading import Page
from tests.reports.samples import BUDGETS, full

PLAIN = View(80, False)
FULL = full()
NO_GATE = Gate(decision=Decision(kind="measured"))


def cases(whole: Comparison) -> dict[tuple[str, str], ET.Element]:
    suites = ET.fromstring(Junit().render(whole, PLAIN))
    return {(suite.get("name", ""), case.get("name", "")): case for suite in suites for case in suite.iter("testcase")}


def test_every_budget_of_every_candidate_is_a_test_case() -> None:
    found = cases(FULL)
    assert list(found) == [(check.candidate, check.budget) for check in FULL.gate.checks]
    kinds = {"pass": {"system-out"}, "fail": {"failure"}, "inconclusive": {"error"}}
    for check in FULL.gate.checks:
        case = found[check.candidate, check.budget]
        assert {child.tag for child in case} == kinds[check.verdict]
        assert "allowed" in "".join(case.itertext())


def test_a_lost_arm_is_an_error_and_no_budget_a_skipped_case() -> None:
    found = cases(comparison({"int8": 0.5}, lost={"int4": "killed by signal 9"}))
    assert found["int8", "budgets"].find("skipped") is not None
    error = found["int4", "has a result"].find("error")
    assert error is not None
    assert (error.get("type"), error.text) == ("lost", "killed by signal 9")


def test_the_counts_of_the_suites_add_up() -> None:
    suites = ET.fromstring(Junit().render(FULL, PLAIN))
    for key in ("tests", "failures", "errors", "skipped"):
        assert int(suites.get(key, "")) == sum(int(suite.get(key, "")) for suite in suites)


def lines(whole: Comparison) -> dict[tuple[str, str, str], dict[str, str]]:
    table = csv.DictReader(io.StringIO(Csv().render(whole, PLAIN)))
    return {(line["subject"], line["role"], line["figure"]): line for line in table}


def test_a_spreadsheet_has_the_raw_numbers() -> None:
    found = lines(FULL)
    first, one = FULL.arms[0], FULL.pairs[0]
    assert first.latency
    assert first.end_to_end
    assert one.latency
    assert float(found["original", "baseline", "latency p50"]["value"]) == first.latency.p50_ms
    assert float(found["original", "baseline", "end to end decode"]["value"]) == first.end_to_end.decode_ms
    assert float(found["original", "baseline", "throughput"]["value"]) > 0
    assert float(found["original", "baseline", "processor time"]["value"]) == 0.9
    assert float(found["original", "baseline", "wait at 100/s p90"]["value"]) == 3.0
    assert float(found["int8", "candidate", "highest rate with p90 within 5 ms"]["value"]) == 200
    assert ("original", "baseline", "highest rate with p90 within 5 ms") not in found
    assert int(found["original", "baseline", "memory latency peak"]["value"]) == 120 << 20
    change = found["int8", "pair", "top1 change"]
    delta = one.accuracy["top1"]
    assert [float(change[key]) for key in ("value", "low", "high")] == [delta.delta, delta.low, delta.high]
    speedup = found["int8", "pair", "latency speedup"]
    assert (float(speedup["value"]), speedup["verdict"]) == (one.latency.estimate, one.latency.verdict)
    assert found["int8", "budget", "latency.min_speedup"]["value"] == "1.5"
    assert ("original", "baseline", "latency p99") not in found


def test_a_spreadsheet_runs_no_name_as_a_formula() -> None:
    found = lines(comparison({"=1+1": 0.5, "-x": 0.5}))
    assert ("'=1+1", "candidate", "size") in found
    assert ("'-x", "candidate", "size") in found


def test_a_comment_opens_with_the_verdict_and_has_every_candidate() -> None:
    text = Markdown().render(FULL, PLAIN)
    mark, _, headline, _, sentence = text.splitlines()[:5]
    assert mark == "<!-- ovopt report -->"
    assert headline == f"## ❔ {verdict_of(FULL).headline}"
    assert sentence.startswith("int4 answers" if "int4 answers" in verdict_of(FULL).sentence else "int8 answers")
    assert "|  | original | int8 | int4 |" in text
    assert text.count("<details>") == text.count("</details>") == 2


def test_a_comment_with_many_candidates_takes_several_tables_and_ends_before_it_is_too_long() -> None:
    few = Markdown().render(comparison({f"c{i}": 0.5 for i in range(9)}, BUDGETS), PLAIN)
    assert few.count("|  | original | c") == 3
    many = Markdown().render(comparison({f"candidate-{i}-{'x' * 100}": 0.5 for i in range(200)}), PLAIN)
    assert len(many) < 65_536
    assert many.endswith("The rest is left out to fit a comment; `ovopt report` shows all.\n")


def test_the_page_holds_the_figures_of_the_comparison() -> None:
    text = Page(Html().render(FULL, PLAIN)).text
    one, delta = FULL.pairs[0], FULL.pairs[0].accuracy["top1"]
    assert one.latency
    for said in (
        verdict_of(FULL).headline,
        verdict_of(FULL).sentence,
        f"{one.latency.estimate:.2f}x [{one.latency.low:.2f}, {one.latency.high:.2f}]",
        f"{100 * delta.delta:+.1f} [{100 * delta.low:+.1f}, {100 * delta.high:+.1f}]",
        "Example processor",
        "photos/0002.jpg",
        "Convolution|jit_I8",
        "500 /s per core",
        "p90 within 5.00 ms at no rate tried",
        "p90 within 5.00 ms up to 200 /s",
    ):
        assert said in text


def test_a_benchmark_and_an_evaluation_have_a_page_too() -> None:
    measured = FULL.model_copy(update={"pairs": (), "gate": NO_GATE, "control": None})
    benchmark = measured.model_copy(update={"arms": tuple(a for a in measured.arms if a.role != "control")})
    assert "ovopt benchmark" in Page(Html().render(benchmark, PLAIN)).text
    nothing = {"scenarios": (), "measured": {}}
    evaluation = benchmark.model_copy(update={"settings": benchmark.settings.model_copy(update=nothing)})
    assert "ovopt evaluate" in Page(Html().render(evaluation, PLAIN)).text
