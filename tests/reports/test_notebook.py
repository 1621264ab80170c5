"""Records as a notebook shows them."""

from __future__ import annotations

import re

import ovopt.workflow  # noqa: F401  what comes from there shows itself
from ovopt.records import Comparison, Decision, Gate, SizeRatio
from ovopt.reports.rows import candidates_of, table_rows
from ovopt.reports.verdict import verdict_of
from tests.factories import comparison
from tests.reports.diagnosed import PROBLEM, diagnosis, layer
from tests.reports.samples import HOSTILE, full


def shown(whole: Comparison) -> str:
    found = whole._repr_html_()
    assert found
    return found


def texts(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_a_comparison_shows_the_table_of_the_page_below_its_verdict() -> None:
    whole = full()
    text = texts(shown(whole).replace("&#x27;", "'"))
    assert text.startswith(f"{verdict_of(whole).headline} ")
    assert shown(whole).count("<tr>") == 1 + len(list(table_rows(whole, candidates_of(whole))))
    for said in ("original int8 int4", "1.40x [1.39, 1.41]", "by stage, ms", "jitter p50 0.250 ms"):
        assert said in text


def test_an_evaluation_shows_its_metrics() -> None:
    whole = comparison({"int8": 0.5})
    evaluated = whole.model_copy(update={"pairs": (), "gate": Gate(decision=Decision(kind="evaluated"))})
    assert "Evaluated, not compared." in texts(shown(evaluated))
    assert "top1 94.0 % 93.7 %" in texts(shown(evaluated))


def test_a_diagnosis_shows_its_problems_with_the_lines_that_mend_them_and_its_layers() -> None:
    found = diagnosis(layer("b", own=0.02, alone=0.03), layer("a", own=0.01, alone=0.05), problems=(PROBLEM,))
    html = found._repr_html_()
    assert html
    assert PROBLEM.said in html
    assert html.count("<tr>") == 3
    assert html.index(">a<br>f32 jit_f32 -&gt; int8 jit_I8") < html.index(">b<br>"), "the worst first"
    assert PROBLEM.fix
    lines = [f"     {line}" for line in PROBLEM.fix.recipe.splitlines()]
    assert "<br>".join(lines).replace("'", "&#x27;") in html, "with their indentation, to be copied"
    assert "No problem found. " in texts(diagnosis(layer("a", own=0.0))._repr_html_() or "")


def test_hostile_names_stay_text_and_nothing_runs() -> None:
    whole = comparison({"int8": 0.5})
    for name in filter(str.strip, HOSTILE):
        arms = (*whole.arms[:2], whole.arms[2].model_copy(update={"name": name, "lost": name}))
        tags = re.findall(r"</?(\w+)", shown(whole.model_copy(update={"arms": arms})))
        tags += re.findall(r"</?(\w+)", diagnosis(layer(name, own=0.1), problems=(PROBLEM,))._repr_html_() or "")
        assert set(tags) <= {"div", "b", "table", "thead", "tbody", "tr", "th", "td", "span", "br"}


def test_other_records_show_their_plain_text() -> None:
    assert SizeRatio(ratio=0.5)._repr_html_() is None
