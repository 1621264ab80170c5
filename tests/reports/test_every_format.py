"""Any comparison that can be stored can be shown, in every format, and read back."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from functools import cache
from xml.etree import ElementTree as ET

import pytest
from hypothesis import Phase, given, settings
from markdown_it import MarkdownIt

from ovopt.contracts import Report, View, plugins
from ovopt.records import Comparison, Decision, Ground
from ovopt.reports.cells import clean, one_line
from ovopt.reports.csv import Line
from ovopt.reports.html import SCRIPTS
from ovopt.reports.page import page_file
from tests.factories import comparison
from tests.reports.reading import Page
from tests.reports.samples import BUDGETS, HOSTILE, comparisons, full, many_layers

FORMATS = ("console", "csv", "evaluation", "html", "json", "junit", "markdown")
MEBIBYTE = 1 << 20
COMMENT = 65_536
PLAIN = View(width=80, colour=False)


def rendered(name: str, whole: Comparison) -> str:
    return plugins("ovopt.reports", Report)[name]().render(whole, PLAIN)


@cache
def hostile() -> Comparison:
    """Every hostile name as a candidate, a class, a sample and a note."""
    names = [name for name in HOSTILE if name.strip()]
    whole = full()
    arms = {arm.name: arm for arm in whole.arms}
    pair = whole.pairs[0]
    made = [arms["int8"].model_copy(update={"name": name}) for name in names]
    wrong = dict.fromkeys(names, 0.0)
    found = [
        arm.model_copy(
            update={
                "accuracy": {
                    n: q.model_copy(update={"by_class": wrong, "worst": wrong}) for n, q in arm.accuracy.items()
                }
            }
        )
        for arm in (arms["original"], arms["control"], *made)
    ]
    pairs = tuple(pair.model_copy(update={"candidate": name}) for name in names)
    checks = tuple(
        check.model_copy(update={"candidate": name, "note": name})
        for name in names
        for check in whole.gate.checks
        if check.candidate == "int8"
    )
    gate = whole.gate.model_copy(
        update={
            "checks": checks,
            "candidates": dict.fromkeys(names, "inconclusive"),
            "ship": names[0],
            "decision": Decision(kind="open", grounds=(Ground(candidate=names[1], kind="open", metrics=names),)),
            "reason": names[1],
        }
    )
    return whole.model_copy(
        update={"arms": tuple(found), "pairs": pairs, "gate": gate, "notes": tuple(names), "recipe": {"x": names[0]}}
    )


WHOLE = {
    "full": full(),
    "one candidate": comparison(budgets=BUDGETS),
    "agreement only": comparison(labelled=False),
    "an arm lost": comparison({"int8": 0.55}, BUDGETS, {"int4": "killed by signal 9"}),
    "all lost": comparison({}, BUDGETS, {"int4": "killed by signal 9"}, control=None),
    "five hundred layers": many_layers(),
    "hostile names": hostile(),
}
every_whole = pytest.mark.parametrize("whole", WHOLE.values(), ids=WHOLE)


@pytest.mark.parametrize("name", FORMATS)
@every_whole
def test_two_renderings_are_the_same_text_with_a_line_end(name: str, whole: Comparison) -> None:
    if name == "json" and whole is WHOLE["hostile names"]:
        pytest.skip("a lone surrogate has no JSON form, so no file holds one")
    first = rendered(name, whole)
    assert first == rendered(name, whole.model_copy(deep=True))
    assert first.endswith("\n") or name == "json"


@cache
def own_scripts() -> list[str]:
    return [page_file(name) for name in SCRIPTS]


def well_formed_page(whole: Comparison) -> Page:
    text = rendered("html", whole)
    page = Page(text)
    assert len(text.encode()) < 5 * MEBIBYTE
    assert page.scripts == own_scripts()
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert not [v for tag, name, v in page.attributes if name == "src" and tag != "img"]
    assert not [v for _, name, v in page.attributes if name == "href" and not v.startswith("#")]
    assert [tag for tag, times in Counter(page.ids).items() if times > 1] == []
    targets = {v[1:] for _, name, v in page.attributes if name == "href"}
    assert targets <= set(page.ids)
    return page


@every_whole
def test_every_page_is_small_and_well_formed(whole: Comparison) -> None:
    page = well_formed_page(whole)
    assert page.tags.count("h1") == 1
    assert len(page.data) == page.tags.count("figure")


def comment(whole: Comparison) -> str:
    text = rendered("markdown", whole)
    assert len(text) < COMMENT
    return text


def names_no_one(text: str) -> None:
    """Rendered as GitHub does, it holds neither pictures nor links, calls nobody, and its HTML is its own."""
    shown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)
    page = re.findall(r"<(/?\w+)", shown)
    assert {tag.lstrip("/") for tag in page} <= {
        *("h2", "p", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "br", "details", "summary"),
        *("pre", "code"),
    }
    running = re.sub(r"<pre>.*?</pre>", "", shown, flags=re.DOTALL)
    assert "@someone" not in running
    assert not re.search(r"https://\w", running)


@every_whole
def test_every_comment_fits_and_brings_no_markup(whole: Comparison) -> None:
    names_no_one(comment(whole))


def table_of(whole: Comparison) -> list[dict[str, str]]:
    found = list(csv.DictReader(io.StringIO(rendered("csv", whole), newline=""), strict=True))
    for line in found:
        assert list(line) == [*Line.__dataclass_fields__]
        for key in ("low", "high"):
            assert line[key] == "" or float(line[key]) is not None
    return found


def check_page(whole: Comparison) -> None:
    page = well_formed_page(whole)
    for arm in whole.arms:
        if arm.role in ("baseline", "candidate"):
            assert one_line(arm.name) in page.text


def check_table(whole: Comparison) -> None:
    found = table_of(whole)
    sizes = [int(line["value"]) for line in found if line["figure"] == "size" and line["role"] in ROLES]
    assert sizes == [arm.model.size_bytes for arm in whole.arms]


def check_test_report(whole: Comparison) -> None:
    suites = ET.fromstring(rendered("junit", whole))
    cases = list(suites.iter("testcase"))
    assert int(suites.get("tests", "")) == len(cases)
    shown = {arm.name for arm in whole.arms if arm.role == "candidate"}
    if shown:
        judged = [case for case in cases if case.find("skipped") is None and case.get("name") != "has a result"]
        wanted = [check for check in whole.gate.checks if check.candidate in shown]
        assert sorted(case.get("name", "") for case in judged) == sorted(one_line(check.budget) for check in wanted)
        assert int(suites.get("failures", "")) == sum(check.verdict == "fail" for check in wanted)


def check_file(whole: Comparison) -> None:
    text = rendered("json", whole)
    assert Comparison.model_validate_json(text).model_dump_json(by_alias=True) == text


def check_plain(whole: Comparison) -> None:
    for name in set(FORMATS) - {"json"}:
        text = rendered(name, whole)
        assert text == rendered(name, whole)
        assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff]", text), name


CHECKS = (
    check_page,
    lambda whole: names_no_one(comment(whole)),
    check_table,
    check_test_report,
    check_file,
    check_plain,
)


@settings(max_examples=30, phases=(Phase.explicit, Phase.generate))
@given(comparisons())
def test_any_comparison_can_be_shown_in_every_format_and_read_back(whole: Comparison) -> None:
    for check in CHECKS:
        check(whole)


ROLES = ("baseline", "candidate", "control", "reference")


def test_hostile_names_are_told_apart_only_by_what_shows() -> None:
    assert clean("a\u202eb\x00c\x1b") == "a�b�c�"
    assert one_line(" two\r\nlines\t ") == "two lines"
    assert clean("ordinary, ünïcödé, 日本語, نموذج 🚀\n") == "ordinary, ünïcödé, 日本語, نموذج 🚀\n"
